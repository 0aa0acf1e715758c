"""For every panel a function that checks what the panel shows against numbers made another way.

`AGREES[name](panel)` reads the numbers from the panel's text and picture, as a learner does, and
compares them with numbers computed in `tests/panels/agrees/`: by differences or by plain NumPy,
never by the code that the panel itself calls. A panel of `adlab.panels.PANELS` without an entry
fails `tests/panels/test_panels.py`.
"""

from collections.abc import Callable

from adlab.panels.panel import Panel
from tests.panels.agrees.branches import branches_agree
from tests.panels.agrees.chain import chain_agrees
from tests.panels.agrees.demo import demo_agrees
from tests.panels.agrees.depth import depth_agrees
from tests.panels.agrees.hello import hello_agrees
from tests.panels.agrees.layers import layers_agrees
from tests.panels.agrees.modes import modes_agrees
from tests.panels.agrees.order import order_agrees
from tests.panels.agrees.plane import plane_agrees
from tests.panels.agrees.reverse import reverse_agrees
from tests.panels.agrees.trust import trust_agrees

AGREES: dict[str, Callable[[Panel], None]] = {
    "demo": demo_agrees,
    "hello": hello_agrees,
    "plane": plane_agrees,
    "chain": chain_agrees,
    "trust": trust_agrees,
    "layers": layers_agrees,
    "depth": depth_agrees,
    "order": order_agrees,
    "reverse": reverse_agrees,
    "modes": modes_agrees,
    "branches": branches_agree,
}
