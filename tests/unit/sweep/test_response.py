"""Differences against sums by hand, with cells that are missing; the front, against its definition."""

import itertools
import random
from types import SimpleNamespace

from payload.sweep.grid import Cell
from payload.sweep.response import Responses, pareto

SKIES = (100.0, 250.0, 40.0)


def responses_of(cells, worth):
    """Of cells flown under three skies; `worth(values, seed)` is added to each sky's own worth, None is unknown."""
    runs, rows = [], []
    for (index, values), (seed, sky) in itertools.product(enumerate(cells), enumerate(SKIES)):
        added = worth(values, seed)
        runs.append(SimpleNamespace(cell=index))
        rows.append(SimpleNamespace(metrics={"m": None if added is None else sky + added}))
    grid = SimpleNamespace(cells=[Cell("grid", values) for values in cells], runs=runs)
    parameters = tuple(dict.fromkeys(name for values in cells for name in values))
    return Responses(
        SimpleNamespace(parameters=parameters, result=SimpleNamespace(grid=grid, rows=rows))
    )


def told(levels):
    return [(each.value, each.cells, each.mean.value) for each in levels]


GRID = [{"a": a, "b": b} for a in (1, 2) for b in ("x", "y")]


def test_a_missing_figure_makes_no_difference_of_what_another_parameter_does():
    """`a` does nothing and y is worth 100: without the one cell, whose figure one seed lacks, a = 2 would seem 50 worse."""

    def worth(values, seed):
        if values == {"a": 2, "b": "y"} and seed == 1:
            return None
        return 100.0 if values["b"] == "y" else 0.0

    found = responses_of(GRID, worth)
    assert told(found.differences("m", "a")) == [(1, 2, 0.0), (2, 1, 0.0)]
    assert told(found.differences("m", "b")) == [("x", 2, 0.0), ("y", 1, 100.0)]
    assert [each.cells for each in found.response("m", "a")] == [2, 1]


def test_each_value_is_compared_with_the_first_over_the_cells_that_both_have():
    """a = 2 misses y and a = 3 misses x: by hand 2 x - 1 x = 10 and 3 y - 1 y = 20 + 3."""
    cells = [{"a": a, "b": b} for a in (1, 2, 3) for b in ("x", "y")]

    def worth(values, _seed):
        if values in ({"a": 2, "b": "y"}, {"a": 3, "b": "x"}):
            return None
        return 10.0 * values["a"] + (values["a"] * 1.5 + 70 if values["b"] == "y" else 0.0)

    found = responses_of(cells, worth)
    assert told(found.differences("m", "a")) == [(1, 2, 0.0), (2, 1, 10.0), (3, 1, 23.0)]


def test_a_whole_grid_has_the_differences_of_its_means():
    found = responses_of(GRID, lambda values, seed: seed * values["a"] + 5.0 * (values["b"] == "y"))
    first, second = (each.mean.value for each in found.response("m", "a"))
    (_, less) = found.differences("m", "a")
    assert (less.cells, less.mean.value) == (2, second - first)


def test_values_that_meet_the_first_one_nowhere_have_no_difference():
    """Points of a sample differ in all parameters at once."""
    found = responses_of([{"a": 1, "b": 7}, {"a": 2, "b": 8}], lambda values, _seed: values["a"])
    assert told(found.differences("m", "a")) == [(1, 1, 0.0)]
    assert len(found.response("m", "a")) == 2


def test_the_front_is_who_is_beaten_by_nobody():
    """A second method: the definition, all against all, on points with many ties."""
    draws = random.Random(5)
    for _ in range(50):
        points = [(draws.randrange(8), draws.randrange(8)) for _ in range(30)]
        wanted = [
            not any(c <= cost and w >= worth and (c < cost or w > worth) for c, w in points)
            for cost, worth in points
        ]
        assert pareto(points) == wanted
