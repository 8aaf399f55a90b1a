"""Kernels become machine code where numba is, and what was compiled of other sources is never used."""

import pytest

from payload.compression import kernels

numba = pytest.importorskip("numba")


def doubled(number):
    return 2 * number


def test_a_kernel_is_compiled_and_numba_keeps_its_own_settings():
    before = numba.config.CACHE_DIR
    fast = kernels.compiled(doubled)
    assert fast.py_func is doubled
    assert before == numba.config.CACHE_DIR


def test_other_sources_have_another_folder(tmp_path, monkeypatch):
    (tmp_path / "kernels.py").write_text("x = 1\n")
    (tmp_path / "other.py").write_text("y = 1\n")
    monkeypatch.setattr(kernels, "__file__", str(tmp_path / "kernels.py"))
    first = kernels.sources.__wrapped__()
    assert kernels.sources.__wrapped__() == first
    (tmp_path / "other.py").write_text("y = 2\n")
    assert kernels.sources.__wrapped__() != first


def test_what_is_compiled_lies_in_the_folder_of_these_sources(tmp_path, monkeypatch):
    monkeypatch.setattr(numba.config, "CACHE_DIR", str(tmp_path))
    assert kernels.compiled(doubled)(21) == 42
    assert list(tmp_path.glob(f"{kernels.sources()}/*/*.nbi"))
