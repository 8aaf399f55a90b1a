"""The event loop against bare SimPy, and growth with the size of a fleet; `payload-sim bench` shows the figures.

Off by default. The gates leave a third of slack above what was measured.
"""

import pytest

from payload.bench.flights import event_loop, growth
from payload.bench.stages import pixels

SLACK = 4.0 / 3.0


def test_an_event_of_a_flight_against_a_bare_timeout(benchmark, tmp_path):
    """Books, decisions and audit included it takes as long as 11 bare ones; 6 were aimed at."""
    found, _ = benchmark.pedantic(lambda: list(event_loop(tmp_path)), rounds=1)
    benchmark.extra_info[found.what] = round(found.value, 1)
    assert found.value < 11.0 * SLACK


@pytest.mark.timeout(600)
def test_time_grows_about_as_the_fleet_does(benchmark, tmp_path):
    """With satellites, days and targets: exponents of at most 1.1 were aimed at."""
    found = benchmark.pedantic(lambda: list(growth(tmp_path)), rounds=1)
    for ratio in found:
        benchmark.extra_info[ratio.what] = round(ratio.value, 2)
        assert ratio.value < 1.1 * SLACK


@pytest.mark.timeout(600)
def test_time_grows_about_as_the_pixels_do(benchmark, tmp_path):
    """All stages; an exponent of at most 1.1 was aimed at, 0.9 was measured."""
    found, *speeds = benchmark.pedantic(lambda: list(pixels(tmp_path)), rounds=1)
    for speed in speeds:
        benchmark.extra_info[speed.what] = round(speed.value, 2)
    assert found.value < 1.1 * SLACK
