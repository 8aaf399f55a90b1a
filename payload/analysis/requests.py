"""What became of the requests: clear targets and areas by their deadlines, and the plan compared with the flight."""

import math
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from payload.ledger import Fate, FlightRecord, Image
from payload.targets import is_clear_enough
from payload.types import CoverEstimate, Target

Summary = dict[str, Any]


@dataclass(frozen=True)
class Wanted:
    """What was requested, and what counts as clear.

    Attributes:
        targets: Point targets and shots of areas.
        clear_limit: An image is cloudy above this cover, unless its target sets its own limit.
        estimates: The masker's estimate for every tile, with its truth, by tile id.
        out_of_reach: Targets that no satellite could image in daylight and in time.
    """

    targets: Sequence[Target]
    clear_limit: float
    estimates: Mapping[str, CoverEstimate]
    out_of_reach: Collection[str] = ()

    def limit(self, target: Target) -> float:
        """The cover above which an image of a target is cloudy."""
        return self.clear_limit if target.max_cloud_cover is None else target.max_cloud_cover

    def cover(self, image: Image) -> float | None:
        """Cloud cover of an image by the masker that flew; None if none did or no pixel has data."""
        found = [outcome.cover for outcome in image.outcomes if outcome.cover is not None]
        valid_px = sum(item.valid_px for item in found)
        return sum(item.cloud_px for item in found) / valid_px if valid_px else None

    def is_cloudy(self, image: Image, target: Target) -> bool:
        """Whether the masker that flew found an image of a target cloudy."""
        cover = self.cover(image)
        return cover is not None and cover > self.limit(target)


def requests_of(record: FlightRecord, wanted: Wanted, policy: str) -> Summary:
    """The key `requests` of a summary."""
    clear_s = clear_deliveries(record, wanted)
    expired = None if clear_s is None else expired_of(record, wanted, clear_s)
    named = {target.name: target for target in wanted.targets}
    cloudy = retaken = 0
    for image in record.images:
        cloudy += wanted.is_cloudy(image, named[image.acquisition.opportunity.target])
        retaken += image.is_retake
    areas = areas_of(record, wanted)
    made = record.ledger.reports_made
    down = [item for item in record.ledger.reports if item.end is Fate.DELIVERED]
    return {
        "policy": policy,
        "requested": len({target.request for target in wanted.targets}),
        "clear_in_time": None if clear_s is None else len(clear_s),
        "value": None if clear_s is None or areas is None else _value(wanted, clear_s, areas),
        "value_wanted": math.fsum(
            {target.request: target.priority for target in wanted.targets}.values()
        ),
        **bounded(None, None),
        "taken": len(record.images),
        "cloudy": cloudy,
        "retaken": retaken,
        "not_taken": dict(sorted(Counter(item.why for item in record.loop.not_taken).items())),
        "expired": None if expired is None else len(expired),
        "latency_s": _latency(named, clear_s),
        "plans": len(record.loop.versions),
        "reports": len(made),
        "report_bytes": sum(item.bytes for item in down),
        "areas": areas,
    }


def bounded(value: float | None, bound: float | None) -> Summary:
    """The most that perfect knowledge of all clouds could have achieved, and the share of it that was missed."""
    gap = None if value is None or not bound else 1.0 - value / bound
    return {"bound": bound, "gap": gap}


def clear_deliveries(record: FlightRecord, wanted: Wanted) -> dict[str, list[float]] | None:
    """[s] When clear images of each target reached the ground in time; None if the truth is unknown.

    For a target that is wanted repeatedly, images count only if taken at least its `repeat_s` apart; of those closer together,
    and of all of a target wanted once, the first to come down counts.
    """
    named = {target.name: target for target in wanted.targets}
    found: defaultdict[str, list[float]] = defaultdict(list)
    last_s: dict[str, float] = {}
    for image in record.images:
        target = named[image.acquisition.opportunity.target]
        clear_px = [wanted.estimates[item].clear_px for item in image.acquisition.tile_ids]
        if any(count is None for count in clear_px):
            return None
        taken_s = image.acquisition.time_s
        down_s = _clear_s(image, record, wanted, wanted.limit(target))
        if down_s is None or down_s > target.due_s:
            continue
        if target.name in last_s and taken_s < last_s[target.name] + target.repeat_s:
            found[target.name][-1] = min(found[target.name][-1], down_s)
        else:
            found[target.name].append(down_s)
            last_s[target.name] = taken_s
    return dict(found)


def _clear_s(image: Image, record: FlightRecord, wanted: Wanted, limit: float) -> float | None:
    """[s] When enough of an image had come down clear for it to count; None if that never happened."""
    tile_ids = image.acquisition.tile_ids
    valid_px = sum(wanted.estimates[item].valid_px for item in tile_ids)
    have = 0
    for down_s, tile_id in sorted(
        (record.delivered_s[item], item) for item in tile_ids if item in record.delivered_s
    ):
        have += wanted.estimates[tile_id].clear_px or 0
        if have and is_clear_enough(limit, clear_px=have, pixels=valid_px):
            return down_s
    return None


def areas_of(record: FlightRecord, wanted: Wanted) -> list[Summary] | None:
    """Share of each area that came down clear by its deadline; None if the truth is unknown.

    For each tile of a shot only the best delivered image counts, so that no place counts twice.
    """
    shots: defaultdict[str, list[Target]] = defaultdict(list)
    for target in wanted.targets:
        if target.coverage is not None:
            shots[target.coverage.area].append(target)
    if not shots:
        return []
    best: defaultdict[str, dict[int, float]] = defaultdict(dict)
    named = {target.name: target for target in wanted.targets}
    for image in record.images:
        target = named[image.acquisition.opportunity.target]
        if target.coverage is None:
            continue
        for index, tile_id in enumerate(image.acquisition.tile_ids):
            estimate = wanted.estimates[tile_id]
            if estimate.clear_px is None:
                return None
            if record.delivered_s.get(tile_id, math.inf) <= target.due_s and estimate.valid_px:
                share = estimate.clear_px / estimate.valid_px
                best[target.name][index] = max(best[target.name].get(index, 0.0), share)
    return [
        {
            "name": name,
            "shots": len(members),
            "out_of_reach": sum(target.name in wanted.out_of_reach for target in members),
            "clear_share": min(
                1.0, math.fsum(_clear_share(target, best[target.name]) for target in members)
            ),
        }
        for name, members in shots.items()
    ]


def _clear_share(target: Target, best: Mapping[int, float]) -> float:
    """Share of its area that a shot brought down clear."""
    assert target.coverage is not None
    shares = target.coverage.tile_shares
    return math.fsum(shares[index] * clear for index, clear in best.items() if index < len(shares))


def expired_of(
    record: FlightRecord, wanted: Wanted, clear_s: Mapping[str, Sequence[float]]
) -> list[str]:
    """Targets whose deadline passed within the flight without a clear image on the ground."""
    return [
        target.name
        for target in wanted.targets
        if target.due_s <= record.span_s and not clear_s.get(target.name)
    ]


def _value(
    wanted: Wanted, clear_s: Mapping[str, Sequence[float]], areas: Iterable[Summary]
) -> float:
    """Sum of priorities: each clear image in time counts in full, an area by its clear share."""
    of_area = {target.request: target.priority for target in wanted.targets if target.coverage}
    points = [
        target.priority * len(clear_s.get(target.name, ()))
        for target in wanted.targets
        if target.coverage is None
    ]
    return math.fsum([*points, *(of_area[item["name"]] * item["clear_share"] for item in areas)])


def _latency(named: Mapping[str, Target], clear_s: Mapping[str, Sequence[float]] | None) -> Summary:
    """[s] From the arrival of a request to its first clear image on the ground."""
    waits = [min(down_s) - named[name].arrives_s for name, down_s in (clear_s or {}).items()]
    if not waits:
        return {"p50": None, "p90": None, "max": None}
    p50, p90 = np.quantile(np.array(waits), [0.5, 0.9])
    return {"p50": float(p50), "p90": float(p90), "max": max(waits)}
