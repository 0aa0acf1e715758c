"""Panels: controls over one picture that is redrawn in place, with its numbers in words.

`PANELS` names every panel of the course. A panel that is not in it is found by a test, and every
panel in it is moved through all its settings, with and without a browser.
"""

from adlab.panels.branches import BranchesPanel
from adlab.panels.chain import ChainPanel
from adlab.panels.depth import DepthPanel
from adlab.panels.hello import HelloPanel
from adlab.panels.layers import LayersPanel
from adlab.panels.modes import ModesPanel
from adlab.panels.order import OrderPanel
from adlab.panels.panel import Panel
from adlab.panels.plane import PlanePanel
from adlab.panels.reverse import ReversePanel
from adlab.panels.trust import ChecksPanel

PANELS: dict[str, type[Panel]] = {
    "hello": HelloPanel,
    "plane": PlanePanel,
    "chain": ChainPanel,
    "trust": ChecksPanel,
    "layers": LayersPanel,
    "depth": DepthPanel,
    "order": OrderPanel,
    "reverse": ReversePanel,
    "modes": ModesPanel,
    "branches": BranchesPanel,
}

__all__ = ["PANELS", "Panel"]
