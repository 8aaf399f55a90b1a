"""Flights side by side: the same figures for each variant, and their differences from the first."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from payload.analysis.intervals import ANYTHING, Within

ROWS: tuple[tuple[str, str, str], ...] = (
    ("bytes.acquired", "acquired", "byte"),
    ("bytes.pruned", "pruned", "byte"),
    ("bytes.saved", "saved by compression", "byte"),
    ("bytes.overflowed", "overflowed", "byte"),
    ("bytes.lost", "lost", "byte"),
    ("bytes.on_board", "still on board", "byte"),
    ("bytes.delivered", "delivered", "byte"),
    ("tiles.acquired", "tiles acquired", "tile"),
    ("tiles.delivered", "tiles delivered", "tile"),
    ("pixels.clear_delivered", "clear pixels delivered", "px"),
    ("pixels.cloud_delivered", "cloudy pixels delivered", "px"),
    ("pixels.clear_discarded", "clear pixels discarded", "px"),
    ("link.contacts", "contacts", ""),
    ("link.capacity_bytes", "link capacity", "byte"),
    ("link.used_bytes", "link used", "byte"),
    ("masker.iou", "masker IoU", ""),
    ("latency_s.p50", "latency, median", "s"),
    ("latency_s.p90", "latency, 90th percentile", "s"),
    ("targets.acquired", "targets acquired", ""),
    ("targets.reacquired", "targets retaken", ""),
    ("targets.clear_delivered", "targets delivered clear", ""),
    ("energy_j.compute", "computing energy", "J"),
    ("energy_j.compute_per_clear_mpx", "the same per clear megapixel delivered", "J"),
    ("late.tiles", "tiles masked too late or never", "tile"),
    ("power.refused", "activities refused", ""),
    ("power.used_j", "energy used", "J"),
    ("power.used_j_per_clear_mpx", "the same per clear megapixel delivered", "J"),
    ("power.lowest_charge", "lowest state of charge", ""),
    ("prices.cost", "cost", "currency"),
    ("prices.cost_per_clear_km2", "cost per clear square kilometre delivered", "currency/km²"),
    ("prices.cost_per_clear_gb", "cost per clear gigabyte delivered", "currency/GB"),
)
"""What is compared: key path in the summary, label, unit."""


_SHARES = {"masker.iou", "power.lowest_charge"}
_KNOWN = {key for key, _, _ in ROWS}
_BESIDE_OTHERS = "saved_fraction"
"""The one figure of an arm that can be negative: the bent pipe may have sent less."""


def range_of(key: str) -> Within:
    """The range of values a summary figure can take at all: counts and amounts are never negative."""
    if key in _SHARES:
        return (0.0, 1.0)
    is_arms = key.startswith("arms.") and not key.endswith(_BESIDE_OTHERS)
    return (0.0, math.inf) if is_arms or key in _KNOWN else ANYTHING


@dataclass(frozen=True, slots=True)
class Row:
    """One figure for all variants; differences are from the first variant."""

    key: str
    label: str
    unit: str
    values: tuple[float | int | None, ...]
    differences: tuple[float | int | None, ...]


@dataclass(frozen=True, slots=True)
class Comparison:
    """Variants side by side, flown over the same world and seed."""

    variants: tuple[str, ...]
    rows: tuple[Row, ...]
    notes: tuple[str, ...] = ()

    def as_dict(self) -> dict[str, Any]:
        """Plain data for JSON."""
        return {
            "variants": list(self.variants),
            "rows": [
                {
                    "key": row.key,
                    "label": row.label,
                    "unit": row.unit,
                    "values": list(row.values),
                    "differences": list(row.differences),
                }
                for row in self.rows
            ],
            "notes": list(self.notes),
        }


def compare(summaries: Sequence[tuple[str, Mapping[str, Any]]]) -> Comparison:
    """Set named summaries side by side; the first is the base."""
    rows = []
    optional = ("power", "prices")
    left_out = {name for name in optional if not any(told.get(name) for _, told in summaries)}
    for key, label, unit in ROWS:
        if key.partition(".")[0] in left_out:
            continue
        values = tuple(_at(summary, key) for _, summary in summaries)
        base = values[0]
        differences = tuple(
            None if value is None or base is None else value - base for value in values
        )
        rows.append(Row(key, label, unit, values, differences))
    notes = tuple(
        f"{name}: {sentence}"
        for name, summary in summaries
        for sentence in (
            *(summary["surrogate"] or {}).get("sentences", ())[:2],
            *(summary.get("sampled") or {}).get("sentences", ())[:2],
            *_assumed(summary),
        )
    )
    return Comparison(tuple(name for name, _ in summaries), tuple(rows), notes)


def _assumed(summary: Mapping[str, Any]) -> list[str]:
    return [note for note in summary.get("notes", ()) if note.startswith("assumption:")]


def _at(summary: Mapping[str, Any], key: str) -> float | int | None:
    section, _, name = key.partition(".")
    value: float | int | None = (summary.get(section) or {}).get(name)
    return value
