"""When tiles are looked for by the compiled loop: where many are, so that it is worth its loading."""

import sys
from types import ModuleType

from payload.kernels import can_compile

_woken: list[ModuleType] = []
_asked = [0]

_WORTH_LOADING = 3_000
"""So many tiles are looked for by numpy in about the time in which the loop is loaded, where numba is."""
_WORTH_WAKING = 50_000
"""And so many while numba itself is."""


def loops(tiles: int) -> ModuleType | None:
    """`payload.surrogate.loops`, or None where numpy works alone; so many tiles are looked for together."""
    _asked[0] += tiles
    worth = _WORTH_LOADING if "numba" in sys.modules else _WORTH_WAKING
    if not _woken and _asked[0] >= worth and can_compile():
        from payload.surrogate import loops as compiled_loops  # noqa: PLC0415 - loads numba

        _woken.append(compiled_loops)
    return _woken[0] if _woken else None
