"""Loops over samples that numba compiles where it is installed (extra `fast`): never different, only faster.

A module of kernels imports this one and is itself imported inside of a verb, so that naming a codec or a
world loads no numba. Kernels count in Python's and numba's common ground: 64-bit integers that do not
overflow, arrays whose element types are stated by the caller. No kernel may take liberties with floats:
each sum and product is rounded as numpy rounds it, in the order that is written.
"""

import hashlib
import os
from collections.abc import Callable
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any, ParamSpec, TypeAlias, TypeVar

Arguments = ParamSpec("Arguments")
Result = TypeVar("Result")
# int or np.int64, whose mixtures numpy's types do not follow; int64 where it is compiled
Integer: TypeAlias = Any


@cache
def can_compile() -> bool:
    """Whether numba is installed and was not told to leave Python as it is (NUMBA_DISABLE_JIT)."""
    return os.environ.get("NUMBA_DISABLE_JIT", "0") in {"", "0"} and find_spec("numba") is not None


def compiled(kernel: Callable[Arguments, Result]) -> Callable[Arguments, Result]:
    """A kernel as machine code, kept on disk between runs; the kernel itself where there is no numba.

    numba looks at a kernel's own file alone to tell whether what it kept is still good, but kernels call kernels of
    other files and hold their constants. So it is kept in a folder named by the sources of the kernel's whole room.
    """
    try:
        from numba import config, njit  # noqa: PLC0415 - a guest that may be absent
    except ImportError:
        return kernel
    settings: Any = config  # its names come from the environment, so no type checker knows them
    before, room = settings.CACHE_DIR, Path(kernel.__code__.co_filename).parent
    settings.CACHE_DIR = str((Path(before) if before else room / "__pycache__") / sources(room))
    fast: Callable[Arguments, Result]
    # Divided by zero as numpy does: to ask each time whether one may would keep loops from being unrolled.
    try:
        fast = njit(cache=True, error_model="numpy")(kernel)
    except RuntimeError:  # no folder on this machine may be written to: compiled in each process
        fast = njit(error_model="numpy")(kernel)
    finally:
        settings.CACHE_DIR = before
    return fast


@cache
def sources(room: Path) -> str:
    """A name for the sources of a room as they are."""
    digest = hashlib.blake2b(digest_size=8)
    for path in sorted(room.glob("*.py")):
        digest.update(path.name.encode() + b"\0" + path.read_bytes())
    return f"kernels-{digest.hexdigest()}"
