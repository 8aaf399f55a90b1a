"""Loops over samples that numba compiles if it is installed (extra `fast`): the same results, only faster.

A module of kernels imports this one and is itself imported inside a function, so that naming a codec or a
world does not load numba. Kernels use only what Python and numba have in common: 64-bit integers that do not
overflow, arrays whose element types are stated by the caller. No kernel may relax floating-point arithmetic:
each sum and product is rounded as numpy rounds it, in the order written.
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
# int or np.int64, mixtures of which numpy's type hints cannot follow; int64 where compiled
Integer: TypeAlias = Any


@cache
def can_compile() -> bool:
    """Whether numba is installed and not disabled (NUMBA_DISABLE_JIT)."""
    return os.environ.get("NUMBA_DISABLE_JIT", "0") in {"", "0"} and find_spec("numba") is not None


def compiled(kernel: Callable[Arguments, Result]) -> Callable[Arguments, Result]:
    """A kernel as machine code, cached on disk between runs; the kernel itself without numba.

    To tell whether its cache is still valid, numba looks only at the kernel's own file, but kernels call kernels of
    other files and contain their constants. So the cache folder is named by a digest of all sources beside the kernel.
    """
    try:
        from numba import config, njit  # noqa: PLC0415 - optional
    except ImportError:
        return kernel
    settings: Any = config  # its names come from the environment, unknown to type checkers
    before, room = settings.CACHE_DIR, Path(kernel.__code__.co_filename).parent
    settings.CACHE_DIR = str((Path(before) if before else room / "__pycache__") / sources(room))
    fast: Callable[Arguments, Result]
    # Division by zero as in numpy: a check at each division would keep loops from being unrolled.
    try:
        fast = njit(cache=True, error_model="numpy")(kernel)
    except RuntimeError:  # no folder on this machine is writable: compile in each process
        fast = njit(error_model="numpy")(kernel)
    finally:
        settings.CACHE_DIR = before
    return fast


@cache
def sources(room: Path) -> str:
    """A folder name with a digest of all sources in a package's folder."""
    digest = hashlib.blake2b(digest_size=8)
    for path in sorted(room.glob("*.py")):
        digest.update(path.name.encode() + b"\0" + path.read_bytes())
    return f"kernels-{digest.hexdigest()}"
