"""What `payload-sim bench` reckons with, the exponent of growth and the count of events, and its page."""

import json

import pytest

from payload.bench.report import BenchReport, bench
from payload.bench.timing import Ratio, exponent
from payload.errors import ScenarioError
from payload.fleet import FleetSize, write_fleet
from payload.sim.yardstick import CountingEnvironment, bare_event_s, plain_tile_s


def test_a_place_that_takes_no_file_is_told_before_anything_is_measured(tmp_path):
    (tmp_path / "file").touch()

    def tell(what):
        pytest.fail(f"{what} is measured for nothing")

    with pytest.raises(ScenarioError, match="file: cannot be written to"):
        bench(tmp_path / "file", tell=tell)


@pytest.mark.parametrize("power", [0.5, 1.0, 2.0])
def test_the_exponent_of_a_power_law_is_its_power(power):
    sizes = (1, 2, 4, 8)
    assert exponent(sizes, [3.0 * size**power for size in sizes]) == pytest.approx(power)


def test_each_event_that_is_dispatched_counts_once():
    def wait(env):
        for _ in range(10):
            yield env.timeout(1.0)

    env = CountingEnvironment()
    env.process(wait(env))
    env.run()
    assert env.dispatched == 12  # the start of the process, ten timeouts, its end


def test_a_tile_that_waits_and_is_passed_on_takes_longer_than_the_waits_alone():
    """It waits for the next one, for the processor and for the radio; what passes it on are events, too."""
    assert plain_tile_s() > 3 * bare_event_s()


def test_a_fleet_is_as_large_as_it_was_asked_to_be(tmp_path):
    size = FleetSize(planes=3, satellites_per_plane=2, stations=7, targets=11, hours=2.0)
    scenario = write_fleet(tmp_path, size)
    assert (len(scenario.fleet), len(scenario.stations), scenario.duration_h) == (6, 7, 2.0)


@pytest.mark.parametrize(
    ("value", "aim", "is_speed", "is_met"),
    [
        (6.0, 6.0, False, True), (6.1, 6.0, False, False), (6.0, 6.0, True, True), (5.9, 6.0, True, False), (5.0, None, True, None),
    ],
)  # fmt: skip
def test_a_ratio_is_met_at_its_aim_or_on_the_better_side_of_it(value, aim, is_speed, is_met):
    ratio = Ratio("a thing", value, aim, is_speed)
    assert ratio.is_met is is_met
    assert ("**no**" in ratio.row()) == (is_met is False)


@pytest.mark.parametrize("folder", [".", "epyc-avx2", "xeon"])
def test_the_pages_in_the_repository_are_of_the_figures_beside_them(root, folder):
    place = root / "results" / "benchmarks" / folder
    told = json.loads((place / "bench.json").read_text(encoding="utf-8"))
    told["ratios"] = tuple(Ratio(**each) for each in told["ratios"])
    assert (place / "README.md").read_text(encoding="utf-8") == BenchReport(**told).page()
