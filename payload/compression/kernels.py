"""Loops over samples that numba compiles where it is installed (extra `fast`): never different, only faster.

A module of kernels imports this one and is itself imported inside of a codec's verb, so that naming a
codec loads no numba. Kernels count in Python's and numba's common ground: 64-bit integers that do not
overflow, arrays whose element types are stated by the caller.
"""

import hashlib
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
def has_numba() -> bool:
    """Whether kernels become machine code; where not, a codec may have a faster way in numpy."""
    return find_spec("numba") is not None


def compiled(kernel: Callable[Arguments, Result]) -> Callable[Arguments, Result]:
    """A kernel as machine code, kept on disk between runs; the kernel itself where there is no numba.

    numba looks at a kernel's own file alone to tell whether what it kept is still good, but kernels call kernels of
    other files and hold their constants. So it is kept in a folder named by the sources of the whole room.
    """
    try:
        from numba import config, njit  # noqa: PLC0415 - a guest that may be absent
    except ImportError:
        return kernel
    settings: Any = config  # its names come from the environment, so no type checker knows them
    before = settings.CACHE_DIR
    folder = Path(before) if before else Path(__file__).parent / "__pycache__"
    settings.CACHE_DIR = str(folder / sources())
    try:
        fast: Callable[Arguments, Result] = njit(cache=True)(kernel)
    finally:
        settings.CACHE_DIR = before
    return fast


@cache
def sources() -> str:
    """A name for the sources of this room as they are."""
    digest = hashlib.blake2b(digest_size=8)
    for path in sorted(Path(__file__).parent.glob("*.py")):
        digest.update(path.name.encode() + b"\0" + path.read_bytes())
    return f"kernels-{digest.hexdigest()}"
