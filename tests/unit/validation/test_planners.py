"""The benchmark of the planners: the targets on a few of its instances, all of them when there is time."""

import json

import numpy as np
import pytest

from payload.validation.instances import CAPS, LARGE, SIZES, Instance, instances
from payload.validation.planners import PlannersReport, assess, measure_planners

NEAR, NEAR_IN_THE_MEAN, NEAR_IF_LARGE = 0.90, 0.94, 0.85


def test_instances_are_like_those_on_which_exact_solvers_were_compared():
    """Opportunities of the comparison: 76, 172, 1,390 and 3,971, of three seeds each; ours within a quarter."""
    for (targets, days), wanted in zip((*SIZES, LARGE), (76, 172, 1390, 3971), strict=True):
        counts = [
            len(Instance(targets, days, None, seed).context().opportunities) for seed in range(5)
        ]
        assert np.mean(counts) == pytest.approx(wanted, rel=0.25)


def test_an_instance_is_always_the_same():
    assert Instance(100, 1, 6, 3).context() == Instance(100, 1, 6, 3).context()
    assert Instance(100, 1, 6, 3).context() != Instance(100, 1, 6, 4).context()


def judge(found):
    near = [one.shares["best-of"] for one in found]
    assert all(one.is_proven for one in found)
    assert min(near) >= NEAR
    assert np.mean(near) >= NEAR_IN_THE_MEAN
    assert all(max(one.shares.values()) <= 1.0 + 1e-9 for one in found)


def test_best_of_is_near_the_proven_optimum():
    judge(
        [assess(Instance(*SIZES[-1], cap, seed)) for cap, seed in zip(CAPS, range(4), strict=True)]
    )


def test_best_of_is_near_the_bound_of_a_large_instance():
    found = assess(Instance(*LARGE, 12, 0))
    assert found.shares["best-of"] >= NEAR_IF_LARGE


@pytest.mark.slow
def test_best_of_is_near_the_proven_optimum_on_the_whole_benchmark():
    judge([assess(instance) for instance in instances(10)])


@pytest.mark.slow
def test_best_of_is_near_the_bound_of_all_large_instances():
    for cap in CAPS:
        for seed in range(3):
            assert assess(Instance(*LARGE, cap, seed)).shares["best-of"] >= NEAR_IF_LARGE


def test_what_is_measured_is_written(monkeypatch, tmp_path):
    monkeypatch.setattr("payload.validation.instances.SIZES", ((100, 1),))
    monkeypatch.setattr("payload.validation.planners.SIZES", ((100, 1),))
    monkeypatch.setattr("payload.validation.planners.LARGE", (120, 1))
    few = (Instance(100, 1, None, 0), Instance(120, 1, 6, 0))
    monkeypatch.setattr("payload.validation.planners._TIMED", few)
    report = measure_planners(tmp_path, effort=0.1)
    assert isinstance(report, PlannersReport)
    assert report.notes() == []
    told = json.loads((tmp_path / "planners.json").read_text(encoding="utf-8"))
    assert len(told["quality"]) == len(told["large"]) == len(CAPS)
    assert (tmp_path / "planners.md").read_text(encoding="utf-8").count("| 100, 1, ") == len(CAPS)
