"""What `payload-sim bench` reckons with: the exponent of growth and the count of events."""

import pytest

from payload.bench.report import bench
from payload.bench.timing import exponent
from payload.errors import ScenarioError
from payload.fleet import FleetSize, write_fleet
from payload.sim.yardstick import CountingEnvironment, bare_event_s, plain_tile_s


def test_a_place_that_takes_no_file_is_told_before_anything_is_measured(tmp_path):
    (tmp_path / "file").touch()

    def tell(what):
        pytest.fail(f"{what} is measured for nothing")

    with pytest.raises(ScenarioError, match="file: no files can be written there"):
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
