"""What all tests share: fixed seeds, and no exception that hides in a widget callback."""

import logging
import os
import random

import numpy as np
import pytest
from hypothesis import settings

settings.register_profile("local", deadline=None)
settings.register_profile("ci", deadline=None, derandomize=True)
settings.load_profile("ci" if os.environ.get("CI") else "local")


class Swallowed(logging.Handler):
    """Keeps the exceptions that ipywidgets and traitlets log instead of raising.

    `Button.on_click`, `interactive` and messages from a page catch what a callback raises and log
    "Exception in ..." on the logger `traitlets`.
    """

    def __init__(self):
        super().__init__()
        self.messages: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        if "Exception in" in record.getMessage():
            self.messages.append(self.format(record))


@pytest.fixture(autouse=True)
def no_swallowed_exception():
    logger, swallowed = logging.getLogger("traitlets"), Swallowed()
    logger.addHandler(swallowed)
    yield swallowed.messages
    logger.removeHandler(swallowed)
    assert not swallowed.messages, "\n".join(swallowed.messages)


@pytest.fixture(autouse=True)
def seeds():
    random.seed(0)
    np.random.seed(0)  # noqa: NPY002
