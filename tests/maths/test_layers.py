"""Every layer, every argument, against differences, the complex step and the battery."""

import pytest

from tests.maths.battery import (
    FLOAT_TYPES,
    check_blocks,
    check_differences,
    check_layer_bytes,
    check_layer_ownership,
    check_value,
)
from tests.registry import NETWORKS_IN_FLOAT64_ALONE, layer_cases

cases = pytest.mark.parametrize("case", layer_cases(), ids=str)
float_types = pytest.mark.parametrize("dtype", FLOAT_TYPES, ids=["float64", "float32"])


@cases
def test_differences(case):
    check_differences(case)


@cases
@float_types
def test_value(case, dtype):
    check_value(case, dtype)


@cases
@float_types
def test_jacobian(case, dtype):
    check_blocks(case, dtype)


@cases
@float_types
def test_ownership(case, dtype):
    check_layer_ownership(case, dtype)


@cases
@float_types
def test_bytes(case, dtype):
    check_layer_bytes(case, dtype)


@pytest.mark.parametrize("case", NETWORKS_IN_FLOAT64_ALONE, ids=str)
@pytest.mark.parametrize("check", [check_value, check_blocks, check_layer_ownership])
def test_network_with_an_array_constant(case, check):
    check_differences(case)
    check(case, float)
