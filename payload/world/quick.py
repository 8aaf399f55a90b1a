"""What makes painting fast: memory that is kept, and compiled loops where there is a compiler.

Compiled loops and numpy alone paint the same bytes. numba takes a second to load, so it is loaded only when there is
enough work: not for a few glances, a small patch, or the cover of a few squares.
"""

from functools import cache
from types import ModuleType

import numpy as np

from payload.kernels import can_compile

_woken: list[ModuleType] = []
_glances = [0.0]

_WORTH_PX = 2**14
"""Smaller patches are painted by numpy in less time than numba takes to load."""
_WORTH_GLANCES = 200
"""Number of scenes that numpy glances at in about the time that numba takes to load."""
_FORESEEN_AS = 1.0 / 25.0
"""Cost of a forecast for a scene, as a share of that of a glance."""
_SURVEYED_AS = 1.0 / 250.0
"""Cost of the cover of a square, one of many, as a share of that of a glance."""


_ARENA_BYTES = 2**25 - 2**16


def glance(scenes: float) -> None:
    """Count scenes glanced at, and load the compiled loops once there are enough to be worth it."""
    before = _glances[0]
    _glances[0] += scenes
    if before < _WORTH_GLANCES <= _glances[0]:
        wake(_WORTH_PX)


def foresee(scenes: int) -> None:
    """The same for forecasts of scenes."""
    glance(scenes * _FORESEEN_AS)


def survey(squares: int) -> None:
    """The same for the cover of squares."""
    glance(squares * _SURVEYED_AS)


def wake(pixels: int) -> None:
    """Load the compiled loops if there is a compiler and enough to paint, and keep memory from block to block."""
    _keep_memory()
    if pixels >= _WORTH_PX and not _woken and can_compile():
        from payload.world import loops as compiled_loops  # noqa: PLC0415 - loads numba

        _woken.append(compiled_loops)


@cache
def _keep_memory() -> None:
    """Have the C library keep what a block of pixels frees for the next one; otherwise each page is requested anew.

    glibc returns the top of its heap to the system beyond twice the largest chunk it has seen freed, of
    at most 32 MiB (mallopt(3), M_MMAP_THRESHOLD). This chunk is never written to, so it takes no memory.
    """
    np.empty(_ARENA_BYTES, np.uint8)


def loops() -> ModuleType | None:
    """`payload.world.loops`, or None where numpy is used alone."""
    return _woken[0] if _woken else None
