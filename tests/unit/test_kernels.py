"""Compiling kernels: what is kept on disk and where nothing can be; floats are rounded as numpy rounds them."""

from pathlib import Path

import numpy as np
import pytest

from payload.kernels import compiled, sources

numba = pytest.importorskip("numba")


def doubled(number):
    return 2 * number


def test_a_kernel_is_compiled_and_numba_keeps_its_own_settings():
    before = numba.config.CACHE_DIR
    fast = compiled(doubled)
    assert fast.py_func is doubled
    assert before == numba.config.CACHE_DIR


def test_other_sources_have_another_folder(tmp_path):
    (tmp_path / "kernels.py").write_text("x = 1\n")
    (tmp_path / "other.py").write_text("y = 1\n")
    first = sources.__wrapped__(tmp_path)
    assert sources.__wrapped__(tmp_path) == first
    (tmp_path / "other.py").write_text("y = 2\n")
    assert sources.__wrapped__(tmp_path) != first


def test_what_is_compiled_lies_in_the_folder_of_these_sources(tmp_path, monkeypatch):
    monkeypatch.setattr(numba.config, "CACHE_DIR", str(tmp_path))
    assert compiled(doubled)(21) == 42
    assert list(tmp_path.glob(f"{sources(Path(__file__).parent)}/*/*.nbi"))


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
