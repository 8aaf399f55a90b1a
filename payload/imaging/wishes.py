"""The properties of a GeoJSON feature that say how and until when it is wanted."""

import difflib
import math
from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import TypedDict

from payload.errors import ScenarioError
from payload.units import S_PER_H

MOST_HOURS = 100_000
PROPERTIES = (
    "name",
    "priority",
    "deadline",
    "deadline_h",
    "deliver_within_h",
    "repeat_h",
    "arrives_h",
    "max_cloud_cover",
    "min_sun_elevation_deg",
    "max_off_nadir_deg",
)
"""All properties of a feature that are read."""
_MOST_TOLD, _MOST_CHARACTERS = 5, 40


class Wishes(TypedDict):
    """The fields of a `Target` that a feature's properties set."""

    priority: float
    deliver_within_s: float
    due_s: float
    repeat_s: float
    arrives_s: float
    max_cloud_cover: float | None
    min_sun_elevation_deg: float | None
    max_off_nadir_deg: float | None


def read_wishes(properties: Mapping[str, object], where: str, epoch_utc: datetime | None) -> Wishes:
    """The wishes among a feature's properties; missing ones take their defaults.

    Args:
        properties: Of the feature; others are ignored.
        where: The feature, for messages.
        epoch_utc: Start of the run; None where there is none.

    Raises:
        ScenarioError: A property is wrong; the message says which and how.
    """
    arrives_s = (_number(properties, "arrives_h", where, (0.0, MOST_HOURS)) or 0.0) * S_PER_H
    due_s = _due_s(properties, where, epoch_utc)
    if due_s <= arrives_s:
        raise ScenarioError(
            f"{where}: the deadline is {due_s / S_PER_H:g} h after the start, not after the request arrives at "
            f"{arrives_s / S_PER_H:g} h"
        )
    return Wishes(
        priority=_priority(properties.get("priority"), where),
        deliver_within_s=_hours(properties, "deliver_within_h", where),
        due_s=due_s,
        repeat_s=_hours(properties, "repeat_h", where),
        arrives_s=arrives_s,
        max_cloud_cover=_number(properties, "max_cloud_cover", where, (0.0, 1.0)),
        min_sun_elevation_deg=_number(properties, "min_sun_elevation_deg", where, (-90.0, 90.0)),
        max_off_nadir_deg=_number(properties, "max_off_nadir_deg", where, (0.0, 90.0)),
    )


def passed_over(features: Iterable[Mapping[str, object]]) -> str | None:
    """The properties that are not read, in a phrase, possible misspellings first; None if there are none.

    Files from elsewhere are full of properties that mean nothing here, so this is not an error.

    Args:
        features: The properties of each feature.
    """
    counts = Counter(key for properties in features for key in properties if key not in PROPERTIES)
    if not counts:
        return None
    likely = {key: difflib.get_close_matches(key, PROPERTIES, n=1) for key in counts}
    ordered = sorted(counts, key=lambda key: not likely[key])
    told = [_told(key, counts[key], likely[key]) for key in ordered[:_MOST_TOLD]]
    if len(ordered) > _MOST_TOLD:
        told.append(f"and {len(ordered) - _MOST_TOLD} more")
    return f"properties that are not read: {', '.join(told)}"


def _told(key: str, count: int, likely: list[str]) -> str:
    name = repr(key if len(key) <= _MOST_CHARACTERS else f"{key[:_MOST_CHARACTERS]}…")
    where = f"{count:,} feature{'s' if count > 1 else ''}"
    return f"{name} ({where}; did you mean {likely[0]!r}?)" if likely else f"{name} ({where})"


def _priority(found: object, where: str) -> float:
    if found is None:
        return 1.0
    if not isinstance(found, float):
        raise ScenarioError(f"{where}: the priority {found!r} is not a number")
    if not 0.0 <= found <= 1e6:
        raise ScenarioError(f"{where}: the priority {found} is not between 0 and 1,000,000")
    return found


def _hours(properties: Mapping[str, object], name: str, where: str) -> float:
    """[s] A number of hours; infinite if it is missing."""
    found = properties.get(name)
    if found is None:
        return math.inf
    if not isinstance(found, float) or not 0.0 < found <= MOST_HOURS:
        raise ScenarioError(
            f"{where}: {name} is {found!r}; expected hours above 0, at most {MOST_HOURS:,}"
        )
    return found * S_PER_H


def _number(
    properties: Mapping[str, object], name: str, where: str, bounds: tuple[float, float]
) -> float | None:
    found = properties.get(name)
    if found is None:
        return None
    low, high = bounds
    if not isinstance(found, float) or not low <= found <= high:
        raise ScenarioError(
            f"{where}: {name} is {found!r}; expected a number from {low:g} to {high:,g}"
        )
    return found


def _due_s(properties: Mapping[str, object], where: str, epoch_utc: datetime | None) -> float:
    """[s] Deadline after the start of the run; infinite if there is none."""
    hours, instant = properties.get("deadline_h"), properties.get("deadline")
    if hours is not None and instant is not None:
        raise ScenarioError(f"{where}: give either `deadline` or `deadline_h`, not both")
    if hours is not None:
        if not isinstance(hours, float) or not math.isfinite(hours) or hours > MOST_HOURS:
            raise ScenarioError(
                f"{where}: deadline_h is {hours!r}; expected hours after the start, at most {MOST_HOURS:,}"
            )
        due_s = hours * S_PER_H
    elif instant is not None:
        due_s = _since(instant, where, epoch_utc)
    else:
        return math.inf
    if due_s <= 0.0:
        said = instant if hours is None else f"{hours:g} h"
        raise ScenarioError(
            f"{where}: the deadline {said} has passed when the run starts; set a later one, or none"
        )
    return due_s


def _since(instant: object, where: str, epoch_utc: datetime | None) -> float:
    """[s] From the start of the run to an instant; infinite if there is no run."""
    try:
        found = datetime.fromisoformat(instant) if isinstance(instant, str) else None
    except ValueError:
        found = None
    if found is None or found.tzinfo is None:
        raise ScenarioError(
            f"{where}: the deadline {instant!r} is not an instant; expected ISO 8601 with a time zone, such as "
            "2026-06-21T12:00:00Z"
        )
    return math.inf if epoch_utc is None else (found - epoch_utc).total_seconds()
