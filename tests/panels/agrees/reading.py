"""What a test reads off a panel, and differences to hold it against."""

import re
import xml.etree.ElementTree as ET
from collections.abc import Callable

import numpy as np

from adlab.panels.panel import Panel

SVG = "{http://www.w3.org/2000/svg}"
NUMBER = re.compile(r"[-−]?\d+(?:\.\d+)?")
UNRAISED = str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹", "0123456789")
SHOWN = 0.005 + 1e-9  # two decimals are right to half a unit of the last


def numbers(text: str) -> list[float]:
    """The numbers in a text, true minus signs included."""
    return [float(found.replace("−", "-")) for found in NUMBER.findall(text)]


def labels(panel: Panel) -> list[str]:
    """The texts of the picture in the order they are drawn."""
    return ["".join(text.itertext()) for text in ET.fromstring(panel.svg).iter(f"{SVG}text")]


def cells(panel: Panel) -> list[float]:
    """The texts of the picture that are one number with two decimals."""
    return [numbers(text)[0] for text in labels(panel) if re.fullmatch(r"[-−]?\d+\.\d\d", text)]


def differences(g: Callable, x: np.ndarray, step: float = 1e-5) -> np.ndarray:
    """The Jacobian of g at x (n,) by central differences: (m, n)."""
    steps = step * np.eye(x.size)
    return np.stack([(g(x + h) - g(x - h)) / (2 * step) for h in steps], axis=1)
