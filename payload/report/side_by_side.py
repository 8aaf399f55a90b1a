"""Earlier flights side by side, from their summaries."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from payload.analysis import Comparison, compare
from payload.report.folder import read_summary


def compare_results(folders: Sequence[str | Path]) -> Comparison:
    """Set earlier flights side by side; the first is the base.

    Raises:
        ScenarioError: A folder holds no results, those of another version, or damaged ones.
    """
    told = [(folder.name, *read_summary(folder)) for folder in map(Path, folders)]
    found = compare([(name, said) for name, _, said in told])
    seeds = {summary.seed for _, summary, _ in told}
    if len(seeds) == 1:
        return found
    weather = "the flights have different seeds, so their differences are partly due to weather"
    return replace(found, notes=(weather, *found.notes))
