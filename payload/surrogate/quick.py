"""When to search for similar tiles with the compiled loop: once there are enough for it to be worth loading."""

import sys
from types import ModuleType

from payload.kernels import can_compile

_woken: list[ModuleType] = []
_asked = [0]

_WORTH_LOADING = 3_000
"""Tiles that numpy handles in about the time it takes to load the loop, if numba is loaded already."""
_WORTH_WAKING = 50_000
"""The same if numba itself must be loaded first."""


def loops(tiles: int) -> ModuleType | None:
    """`payload.surrogate.loops`, or None where numpy is used alone; counts the tiles searched for."""
    _asked[0] += tiles
    worth = _WORTH_LOADING if "numba" in sys.modules else _WORTH_WAKING
    if not _woken and _asked[0] >= worth and can_compile():
        from payload.surrogate import loops as compiled_loops  # noqa: PLC0415 - loads numba

        _woken.append(compiled_loops)
    return _woken[0] if _woken else None
