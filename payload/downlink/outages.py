"""Station outages, and what they leave of passes."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace

from payload.types import ContactWindow


@dataclass(frozen=True, slots=True)
class Outage:
    """A station receives nothing from `start_s` to `end_s` [s]."""

    station: str
    start_s: float
    end_s: float


def cut(
    windows: Iterable[ContactWindow],
    outages: Sequence[Outage],
    highest_deg: Callable[[ContactWindow], float],
) -> list[ContactWindow]:
    """What outages leave of passes, each piece as a window of its own, in the order of the passes.

    Args:
        windows: Passes.
        outages: Of any stations, in any order; they may overlap.
        highest_deg: Gives the highest elevation [deg] within a piece that an outage has cut.
    """
    left: list[ContactWindow] = []
    for window in windows:
        pieces = [window]
        for outage in outages:
            if outage.station == window.station:
                pieces = [rest for piece in pieces for rest in _without(piece, outage)]
        if pieces == [window]:
            left.append(window)
        else:
            left.extend(replace(item, max_elevation_deg=highest_deg(item)) for item in pieces)
    return left


def _without(window: ContactWindow, outage: Outage) -> list[ContactWindow]:
    if outage.end_s <= window.aos_s or outage.start_s >= window.los_s:
        return [window]
    before = replace(window, los_s=min(window.los_s, outage.start_s))
    after = replace(window, aos_s=max(window.aos_s, outage.end_s))
    return [item for item in (before, after) if item.aos_s < item.los_s]
