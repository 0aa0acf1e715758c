"""Every kind of Jacobian against a matrix written down by other means; and random expressions."""

import pytest

from tests.maths.battery import FLOAT_TYPES, JACOBIAN_CHECKS, check_bytes
from tests.registry import jacobian_cases

cases = pytest.mark.parametrize("case", jacobian_cases(), ids=str)
float_types = pytest.mark.parametrize("dtype", FLOAT_TYPES, ids=["float64", "float32"])


@cases
@float_types
@pytest.mark.parametrize("read_only", [True, False], ids=["read-only", "writeable"])
@pytest.mark.parametrize("check", JACOBIAN_CHECKS)
def test_kind(case, dtype, read_only, check):
    J, M = case.at(dtype, read_only)
    JACOBIAN_CHECKS[check](J, M, dtype)


@cases
def test_bytes(case):
    J, _ = case.at(float)
    if not hasattr(J, "net") and "network" not in case.name:
        check_bytes(J)
