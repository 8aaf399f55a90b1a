"""Loops over samples that numba compiles where it is installed (extra `fast`): never different, only faster.

A module of kernels imports this one and is itself imported inside of a codec's verb, so that naming a
codec loads no numba. Kernels count in Python's and numba's common ground: 64-bit integers that do not
overflow, arrays whose element types are stated by the caller.
"""

from collections.abc import Callable
from functools import cache
from importlib.util import find_spec
from typing import Any, ParamSpec, TypeAlias, TypeVar

Arguments = ParamSpec("Arguments")
Result = TypeVar("Result")
# int or np.int64, whose mixtures numpy's types do not follow; int64 where it is compiled
Integer: TypeAlias = Any


@cache
def has_numba() -> bool:
    """Whether kernels become machine code; where not, a codec may have a faster way in numpy."""
    return find_spec("numba") is not None


def compiled(kernel: Callable[Arguments, Result]) -> Callable[Arguments, Result]:
    """A kernel as machine code, kept on disk between runs; the kernel itself where there is no numba."""
    try:
        from numba import njit  # noqa: PLC0415 - a guest that may be absent
    except ImportError:
        return kernel
    fast: Callable[Arguments, Result] = njit(cache=True)(kernel)
    return fast
