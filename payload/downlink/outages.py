"""Stations that fail: when, and what is left of the passes over them."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace

from payload.errors import ScenarioError
from payload.rng import stream
from payload.types import ContactWindow


@dataclass(frozen=True, slots=True)
class Outage:
    """A station hears nothing from `start_s` to `end_s` [s]."""

    station: str
    start_s: float
    end_s: float


def seeded_outages(
    station: str, *, seed: int, span_s: float, between_s: float, repair_s: float
) -> list[Outage]:
    """Failures by chance in a span from 0 s, the station whole at its start; in order of time.

    Args:
        station: Its name keys the draws.
        seed: Of the scenario.
        span_s: [s] Length of the flight; the same failures come in a longer one.
        between_s: [s] Mean time from repair to the next failure, above 0.
        repair_s: [s] Mean time to repair, above 0.

    Raises:
        ScenarioError: A mean is not above zero.

    Source: an alternating renewal process of exponential times; Barlow and Proschan, Mathematical Theory
    of Reliability, chapter 3. In the long run a share between / (between + repair) is good.
    """
    if between_s <= 0 or repair_s <= 0:
        raise ScenarioError(
            f"station {station!r}: mean times of {between_s:g} s between failures and {repair_s:g} s"
            " to repair; both must be above 0"
        )
    draws = stream(seed, "outages", station)
    found: list[Outage] = []
    now_s = float(draws.exponential(between_s))
    while now_s < span_s:
        end_s = now_s + float(draws.exponential(repair_s))
        found.append(Outage(station, now_s, end_s))
        now_s = end_s + float(draws.exponential(between_s))
    return found


def cut(
    windows: Iterable[ContactWindow],
    outages: Sequence[Outage],
    highest_deg: Callable[[ContactWindow], float],
) -> list[ContactWindow]:
    """What is left of passes, each piece a window of its own, in the order they came.

    Args:
        windows: Passes.
        outages: Of any stations, in any order; they may overlap.
        highest_deg: Tells the highest elevation [deg] in a piece that an outage has cut.
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
