"""Main effects: what each knob does when several are turned at once, all else averaged out; and which knob matters most."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import replace

from payload.analysis.paired import (
    RANKED,
    Effect,
    Figures,
    PairedComparison,
    compare_paired,
    effects_of,
)

Settings = Sequence[Mapping[str, str]]
"""The settings of each variant, knob to value; the base sets nothing."""


def compare_settings(
    flights: Sequence[tuple[str, Sequence[Figures]]], seeds: Sequence[int], settings: Settings
) -> PairedComparison:
    """Compare variants with the base, seed by seed, adding main effects if some variant turns more than one knob.

    Args:
        flights: As `compare_paired` takes them.
        seeds: The seeds they were flown with.
        settings: What each variant after the base sets; empty if variants are files of their own.
    """
    knobs = {
        name: next(iter(setting))
        for (name, _), setting in zip(flights[1:], settings, strict=False)
        if len(setting) == 1
    }
    found = compare_paired(flights, seeds, knobs)
    if all(len(setting) <= 1 for setting in settings):
        return found
    return replace(found, main=main_effects(flights[1:], settings))


def main_effects(
    flights: Sequence[tuple[str, Sequence[Figures]]], settings: Settings
) -> tuple[Effect, ...]:
    """Return, by knob and value, the effect relative to the knob's first value, all else of the grid averaged out in each seed.

    Every value of a knob meets the same values of all other knobs, so their effects cancel. A seed counts if every variant of
    both values has the figure.

    Args:
        flights: Names and the figures of each seed, as `compare_paired` takes them; without the base.
        settings: Of the same variants.

    Source: Box, Hunter and Hunter (2005), Statistics for Experimenters, 2nd ed., chapter 5.
    """
    found: list[Effect] = []
    for knob in dict.fromkeys(name for setting in settings for name in setting):
        levels: dict[str, list[Sequence[Figures]]] = {}
        for (_, flown), setting in zip(flights, settings, strict=True):
            levels.setdefault(setting[knob], []).append(flown)
        (first, at_first), *others = [(value, _averaged(many)) for value, many in levels.items()]
        for value, mine in others:
            name = f"{knob}={value} against {first}"
            found += effects_of(name, mine, at_first, knob=knob)
    return tuple(found)


def _averaged(flights: Sequence[Sequence[Figures]]) -> list[Figures]:
    """For each seed, the mean of every figure that all flights have."""
    averaged: list[Figures] = []
    for of_seed in zip(*flights, strict=True):
        shared = [
            key for key in of_seed[0] if all(figures.get(key) is not None for figures in of_seed)
        ]
        averaged.append(
            {key: math.fsum(float(f[key] or 0) for f in of_seed) / len(of_seed) for key in shared}
        )
    return averaged


def knobs_ranked(found: PairedComparison) -> list[Effect]:
    """Return each knob's largest effect on the first ranked figure, largest first; effects that are not certain come last."""
    largest: dict[str, Effect] = {}
    for effect in found.ranked:
        if effect.key == RANKED[0] and effect.knob:
            largest.setdefault(effect.knob, effect)
    return list(largest.values())
