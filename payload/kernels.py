"""Loops over samples that numba compiles where it is installed (extra `fast`): never different, only faster.

A module of kernels imports this one and is itself imported inside of a verb, so that naming a codec or a
world loads no numba. Kernels count in Python's and numba's common ground: 64-bit integers that do not
overflow, arrays whose element types are stated by the caller. No kernel may take liberties with floats:
each sum and product is rounded as numpy rounds it, in the order that is written.
"""

import os
from collections.abc import Callable
from functools import cache
from importlib.util import find_spec
from typing import ParamSpec, TypeVar

Arguments = ParamSpec("Arguments")
Result = TypeVar("Result")


@cache
def can_compile() -> bool:
    """Whether numba is installed and was not told to leave Python as it is (NUMBA_DISABLE_JIT)."""
    return os.environ.get("NUMBA_DISABLE_JIT", "0") in {"", "0"} and find_spec("numba") is not None


def compiled(kernel: Callable[Arguments, Result]) -> Callable[Arguments, Result]:
    """A kernel as machine code, kept on disk between runs; the kernel itself where there is no numba."""
    try:
        from numba import njit  # noqa: PLC0415 - a guest that may be absent
    except ImportError:
        return kernel
    fast: Callable[Arguments, Result]
    # Divided by zero as numpy does: to ask each time whether one may would keep loops from being unrolled.
    try:
        fast = njit(cache=True, error_model="numpy")(kernel)
    except RuntimeError:  # no folder on this machine may be written to: compiled in each process
        fast = njit(error_model="numpy")(kernel)
    return fast
