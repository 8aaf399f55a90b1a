"""Compiling kernels: where nothing can be kept on disk, and that floats are rounded as numpy rounds them."""

import numpy as np
import pytest

from payload.kernels import compiled

numba = pytest.importorskip("numba")


def test_a_kernel_that_cannot_be_kept_on_disk_is_compiled_all_the_same():
    """Code without a file is refused by numba's cache, as is a folder that may not be written to."""
    names = {}
    exec("def double(x):\n    return 2 * x", names)  # noqa: S102 - that is how code comes to have no file
    with pytest.raises(RuntimeError, match="cannot cache"):
        numba.njit(cache=True)(names["double"])
    double = compiled(names["double"])
    assert double(21) == 42
    assert double.signatures


def sums(a, b, c, found):
    for i in range(a.size):
        found[i] = a[i] * b[i] + c[i]


def test_no_product_and_sum_are_rounded_as_one():
    """Fused, a * a - fl(a * a) would be the error of the product; rounded twice it is 0."""
    a = (1.0 + np.arange(1, 4096) / 8192.0).astype(np.float32)
    found = np.ones_like(a)
    kernel = compiled(sums)
    kernel(a, a, -(a * a), found)
    assert not found.any()
    exact = a.astype(np.float64) ** 2
    assert (exact != (a * a).astype(np.float64)).any()
