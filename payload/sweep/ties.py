"""Merge settings with equal figures: a knob that does not affect an arm makes one line, not one per value."""

import math
from collections.abc import Collection, Hashable, Iterable, Sequence
from typing import TypeVar

F = TypeVar("F", bound=Hashable)

MOST_TOLD = 6
VARIOUS = "various"
"""Shown where several values tie but not in every combination; the tables of the runs tell which go together."""


def tied(rows: Iterable[tuple[F, tuple[str, ...]]]) -> list[tuple[F, tuple[str, ...], int]]:
    """Merge rows with equal figures: the figures, the text of each column, and the number of settings merged.

    Args:
        rows: Figures, and the setting that yields them: a word for each column.

    Returns:
        Merged rows, in the order in which their figures first occur. The values of a column are listed if every
        combination with those of the other columns occurs.
    """
    found: dict[F, dict[tuple[str, ...], None]] = {}  # of settings, in order
    for figures, setting in rows:
        found.setdefault(figures, {})[setting] = None
    return [(figures, _together(settings), len(settings)) for figures, settings in found.items()]


def _together(settings: Collection[tuple[str, ...]]) -> tuple[str, ...]:
    columns = [list(dict.fromkeys(column)) for column in zip(*settings, strict=True)]
    each_with_each = math.prod(map(len, columns)) == len(settings)
    return tuple(
        values[0] if len(values) == 1 else _listed(values) if each_with_each else VARIOUS
        for values in columns
    )


def _listed(values: Sequence[str]) -> str:
    if len(values) <= MOST_TOLD:
        return ", ".join(values)
    return f"{', '.join(values[: MOST_TOLD - 2])}, … {values[-1]} ({len(values):,} values)"
