"""No test of the course touches the progress of the person who runs it."""

import pytest


@pytest.fixture(autouse=True)
def own_progress(monkeypatch, tmp_path):
    monkeypatch.setenv("ADLAB_PROGRESS", str(tmp_path / "progress.json"))
