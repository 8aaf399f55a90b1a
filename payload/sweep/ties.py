"""Settings that bring the same, told together: a knob that an arm does not feel makes one line, not one a value."""

import math
from collections.abc import Collection, Hashable, Iterable, Sequence
from typing import TypeVar

F = TypeVar("F", bound=Hashable)

MOST_TOLD = 6
VARIOUS = "various"
"""Where several values tie, but not each with each: which go together, the tables of the runs tell."""


def tied(rows: Iterable[tuple[F, tuple[str, ...]]]) -> list[tuple[F, tuple[str, ...], int]]:
    """Rows of the same figures as one: figures, what they take in each column, and how many settings they are.

    Args:
        rows: Figures, and the setting that brings them: a word for each column.

    Returns:
        In the order in which the figures come first. Values of a column stand beside each other where each of them
        goes with each of all other columns.
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
