"""Intervals: against the published table of Student's t, and by counting how often they hold the truth."""

import math
import statistics

import numpy as np
import pytest

from payload.validation.pairs import interval, paired


@pytest.mark.parametrize(
    ("skies", "published"),
    [(2, 12.706), (3, 4.303), (4, 3.182), (6, 2.571), (10, 2.262), (20, 2.093)],
)
def test_an_interval_is_as_long_as_is_published_for_so_many_skies(skies, published):
    """Source: Abramowitz and Stegun, Handbook of Mathematical Functions, table 26.10; two skies are the least of a study."""
    values = [float(place) for place in range(skies)]
    found = interval(values)
    error = statistics.stdev(values) / math.sqrt(skies)
    assert (found.high - found.mean) / error == pytest.approx(published, abs=6e-4)
    assert found.high - found.mean == pytest.approx(found.mean - found.low)


def test_nineteen_of_twenty_intervals_hold_the_mean():
    """A law: 95 % of 2,000 intervals of ten normal values; the count's own deviation is 0.5 %."""
    rng = np.random.default_rng(1)
    held = 0
    for values in rng.normal(3.0, 2.0, (2000, 10)).tolist():
        found = interval(values)
        held += found.low <= 3.0 <= found.high
    assert held / 2000 == pytest.approx(0.95, abs=0.02)


def test_pairs_resolve_what_means_do_not():
    sky = np.random.default_rng(2).normal(50.0, 20.0, 20)
    ours = (sky + 1.0 + 0.1 * np.sin(np.arange(20))).tolist()
    assert paired(ours, sky.tolist()).is_resolved
    assert interval(ours).low < interval(sky.tolist()).mean < interval(ours).high
    assert not paired(sky.tolist(), sky.tolist()).is_resolved


def test_one_flight_resolves_nothing():
    assert not interval([5.0]).is_resolved
