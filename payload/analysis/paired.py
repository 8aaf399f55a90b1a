"""Variants of a scenario flown with the same seeds: their differences from the base, seed by seed, with intervals."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from payload.analysis.compare import ROWS, range_of
from payload.analysis.intervals import LEVEL, Mean, chance_of, mean_of, values_needed

Figures = Mapping[str, float | int | bool | None]
"""A flight's figures by path."""
RANKED = ("pixels.clear_delivered", "bytes.delivered", "latency_s.p50")
"""The figures by which variants are ranked: what comes down, what it costs, how soon."""


@dataclass(frozen=True, slots=True)
class Effect:
    """What a variant does to a figure.

    Attributes:
        variant: Its name.
        key: Path of the figure.
        label: The figure in words.
        unit: Of the figure.
        mean: The variant's own mean.
        difference: From the base, seed by seed; None if no seed has both.
        unpaired: [same unit] Width that the interval would have if the seeds differed; None for one seed.
        seeds_needed: How many seeds would resolve the difference; None if it is resolved or never would be.
        chance: Probability of a difference this clear if there is no effect; None for one seed.
        knob: The one key that the variant changes; empty if it changes none or several.
    """

    variant: str
    key: str
    label: str
    unit: str
    mean: Mean | None
    difference: Mean | None
    unpaired: float | None
    seeds_needed: int | None
    chance: float | None
    knob: str = ""

    @property
    def rank(self) -> tuple[bool, float]:
        """Sort key for effects on one figure: resolved effects first, then the largest."""
        found = self.difference
        return (not (found and found.is_resolved), -abs(found.value if found else 0.0))

    @property
    def verdict(self) -> str:
        """Whether the difference, taken by itself, is more than chance, in words; empty for a single seed."""
        if self.difference is None or self.difference.count < 2:
            return ""
        if self.difference.is_resolved:
            return "resolved"
        needed = self.seeds_needed
        return "not resolved" + ("" if needed is None else f", about {needed:,} seeds would")

    @property
    def size(self) -> float:
        """Difference divided by the half-width of its interval: how clearly it stands out."""
        found = self.difference
        if found is None or found.low is None or found.high is None:
            return 0.0
        width = found.high - found.low
        return abs(found.value) * 2 / width if width else float(bool(found.value)) * 1e9

    def as_dict(self) -> dict[str, Any]:
        """Plain data for JSON."""
        difference = self.difference
        return {
            "variant": self.variant,
            "knob": self.knob,
            "key": self.key,
            "label": self.label,
            "unit": self.unit,
            "mean": self.mean and self.mean.value,
            "difference": difference and difference.value,
            "low": difference and difference.low,
            "high": difference and difference.high,
            "seeds": difference.count if difference else 0,
            "resolved": bool(difference and difference.is_resolved),
            "seeds_needed": self.seeds_needed,
            "chance": self.chance,
            "unpaired_width": self.unpaired,
        }


@dataclass(frozen=True)
class PairedComparison:
    """Effects of all variants on all figures; the first variant is the base.

    Attributes:
        variants: Their names.
        seeds: The seeds all of them flew with.
        effects: Of each variant, relative to the base.
        main: Main effects of a grid: each value of a knob relative to the knob's first value; see `analysis.crossed`.
        notes: How far to trust the figures, in sentences.
        failed: Variant, seed and error of each flight that failed; its seed counts in no difference that involves the variant.
    """

    variants: tuple[str, ...]
    seeds: tuple[int, ...]
    effects: tuple[Effect, ...]
    main: tuple[Effect, ...] = ()
    notes: tuple[str, ...] = ()
    failed: tuple[str, ...] = ()

    @property
    def failure(self) -> str | None:
        """How many flights failed, and why the first one did; None if all were completed."""
        if not self.failed:
            return None
        flights = "1 flight" if len(self.failed) == 1 else f"{len(self.failed):,} flights"
        return f"{flights} failed and count{'s' if len(self.failed) == 1 else ''} in no difference; the first: {self.failed[0]}"

    @cached_property
    def ranked(self) -> tuple[Effect, ...]:
        """By figure of RANKED: certain effects first, then the others, each group by `rank`; of a grid, its main effects."""
        return tuple(
            sorted(
                self._looked_at,
                key=lambda each: (RANKED.index(each.key), each not in self.certain, *each.rank),
            )
        )

    @cached_property
    def certain(self) -> frozenset[Effect]:
        """The ranked effects that are more than chance even though so many are examined.

        If no variant has any effect, at least the share `LEVEL` of all comparisons finds none.

        Source: Holm (1979), Scandinavian Journal of Statistics 6(2), 65-70.
        """
        clearest = sorted(
            (each.chance, number)
            for number, each in enumerate(self._looked_at)
            if each.chance is not None
        )
        found: list[Effect] = []
        for left, (chance, number) in zip(range(len(clearest), 0, -1), clearest, strict=True):
            if chance * left >= 1 - LEVEL:
                break
            found.append(self._looked_at[number])
        return frozenset(found)

    def verdict_among(self, effect: Effect) -> str:
        """Whether a ranked effect is more than chance, given all that are ranked, in words."""
        among = f"among {len(self._looked_at)}"
        if effect in self.certain:
            return f"resolved {among}"
        if effect.verdict == "resolved":
            return f"resolved by itself, not {among}"
        return effect.verdict

    @cached_property
    def _looked_at(self) -> tuple[Effect, ...]:
        """The effects to be ranked, in no particular order."""
        return tuple(e for e in self.main or self.effects if e.key in RANKED and e.difference)

    def as_dict(self) -> dict[str, Any]:
        """Plain data for JSON."""
        return {
            "variants": list(self.variants),
            "seeds": list(self.seeds),
            "level": LEVEL,
            "effects": [effect.as_dict() for effect in self.effects],
            "main_effects": [effect.as_dict() for effect in self.main],
            "ranked": [[effect.key, effect.variant] for effect in self.ranked],
            "certain": [[e.key, e.variant] for e in self.ranked if e in self.certain],
            "notes": list(self.notes),
            "failed": list(self.failed),
        }


def compare_paired(
    flights: Sequence[tuple[str, Sequence[Figures]]],
    seeds: Sequence[int],
    knobs: Mapping[str, str] | None = None,
) -> PairedComparison:
    """Compare variants with the base, seed by seed.

    Args:
        flights: Names, and the figures of each seed in the order of `seeds`; the first is the base. A flight that
            failed has no figures, and its seed counts in no difference.
        seeds: The seeds they were flown with.
        knobs: By variant, the one key that it changes, for variants that change a single one.
    """
    base = flights[0][1]
    effects = [
        effect
        for name, flown in flights[1:]
        for effect in effects_of(name, flown, base, knob=(knobs or {}).get(name, ""))
    ]
    return PairedComparison(tuple(name for name, _ in flights), tuple(seeds), tuple(effects))


def effects_of(
    name: str, flown: Sequence[Figures], base: Sequence[Figures], *, knob: str = ""
) -> list[Effect]:
    """What a variant does to each figure that it or the base has, seed by seed."""
    return [
        _effect(name, row, [figures.get(row[0]) for figures in flown], base, knob)
        for row in ROWS
        if any(row[0] in figures for figures in (*flown, *base))
    ]


def _effect(
    name: str,
    row: tuple[str, str, str],
    values: Sequence[float | None],
    base: Sequence[Figures],
    knob: str,
) -> Effect:
    key, label, unit = row
    pairs = [
        (float(mine), float(other))
        for mine, other in zip(values, (figures.get(key) for figures in base), strict=True)
        if mine is not None and other is not None
    ]
    if not pairs:
        return Effect(name, key, label, unit, None, None, None, None, None, knob)
    differences = [mine - other for mine, other in pairs]
    found = mean_of(differences)
    needed = None if found.is_resolved else values_needed(differences)
    return Effect(
        name,
        key,
        label,
        unit,
        mean_of([mine for mine, _ in pairs], within=range_of(key)),
        found,
        _unpaired(pairs),
        needed and max(needed, found.count + 1),
        chance_of(differences),
        knob,
    )


def _unpaired(pairs: Sequence[tuple[float, float]]) -> float | None:
    """Width of the interval for a difference of two independent means: the widths add in quadrature."""
    widths = []
    for values in zip(*pairs, strict=True):
        mean = mean_of(values)
        if mean.low is None or mean.high is None:
            return None
        widths.append(mean.high - mean.low)
    return float(sum(width**2 for width in widths) ** 0.5)
