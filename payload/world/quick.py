"""Whether compiled loops paint, or numpy alone; the bytes are the same.

numba takes a second to load, so that nobody wakes it but who paints: a planner who glances at the same
world does without.
"""

from types import ModuleType

from payload.kernels import can_compile

_woken: list[ModuleType] = []


def wake() -> None:
    """Load the compiled loops, if there is a compiler."""
    if not _woken and can_compile():
        from payload.world import loops as compiled_loops  # noqa: PLC0415 - loads numba

        _woken.append(compiled_loops)


def rest() -> None:
    """Go on with numpy alone, until woken again."""
    _woken.clear()


def loops() -> ModuleType | None:
    """`payload.world.loops`, or None where numpy works alone."""
    return _woken[0] if _woken else None
