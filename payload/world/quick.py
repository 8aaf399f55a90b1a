"""What makes painting quick: memory that is kept, and compiled loops where there is a compiler.

Compiled loops or numpy alone paint the same bytes. numba takes a second to load, so that nobody wakes it but who paints: a planner who glances at the same
world a few times, or paints a small patch, does without; so does who asks for the cover of a few squares.
"""

from functools import cache
from types import ModuleType

import numpy as np

from payload.kernels import can_compile

_woken: list[ModuleType] = []
_glances = [0.0]

_WORTH_PX = 2**14
"""Smaller patches are painted by numpy sooner than numba is loaded."""
_WORTH_GLANCES = 200
"""So many scenes are glanced at by numpy in about the time in which numba is loaded."""
_FORESEEN_AS = 1.0 / 25.0
"""A scene that is foreseen takes such a share of one that is glanced at."""
_SURVEYED_AS = 1.0 / 250.0
"""So does a square whose cover is told as one of many."""


_ARENA_BYTES = 2**25 - 2**16


def glance(scenes: float) -> None:
    """So many scenes are glanced at: where they are some of many, the compiled loops are worth their loading."""
    before = _glances[0]
    _glances[0] += scenes
    if before < _WORTH_GLANCES <= _glances[0]:
        wake(_WORTH_PX)


def foresee(scenes: int) -> None:
    """So many scenes are foreseen: the same."""
    glance(scenes * _FORESEEN_AS)


def survey(squares: int) -> None:
    """The cover of so many squares is told: the same."""
    glance(squares * _SURVEYED_AS)


def wake(pixels: int) -> None:
    """Load the compiled loops, if there is a compiler and so much to do, and have memory kept from block to block."""
    _keep_memory()
    if pixels >= _WORTH_PX and not _woken and can_compile():
        from payload.world import loops as compiled_loops  # noqa: PLC0415 - loads numba

        _woken.append(compiled_loops)


@cache
def _keep_memory() -> None:
    """Have the C library keep what a block of pixels frees for the next one: else each page is asked for anew.

    glibc gives the top of its heap back to the system beyond twice the largest piece it has seen freed, of
    at most 32 MiB (mallopt(3), M_MMAP_THRESHOLD). This piece is never written to, so that it takes no memory.
    """
    np.empty(_ARENA_BYTES, np.uint8)


def loops() -> ModuleType | None:
    """`payload.world.loops`, or None where numpy works alone."""
    return _woken[0] if _woken else None
