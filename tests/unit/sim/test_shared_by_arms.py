"""What an assembly keeps for its arms: nothing depends on it, and it does not grow with the flight."""

import pytest

from payload.darkroom.memo import Memo
from payload.downlink.links import Fixed
from payload.scenario.load import load_scenario
from payload.sim import ARMS, assemble, camera
from payload.sim.arms import make_arm
from payload.sim.mission import Mission
from payload.timetable import rates
from payload.timetable.rates import Rates
from payload.types import ContactWindow

NEAR = ((15.65, 78.22), (18.96, 69.65), (26.63, 67.37), (-51.7, 64.2), (-21.9, 64.1))


@pytest.fixture
def scenario(write_scenario, small_surrogate):
    """Two satellites that share stations, of which frames are lost for a while, and pruned tiles that are asked for."""
    orbit = {"kind": "sgp4", "altitude_km": 550, "ltan": "10:30"}
    satellites = [
        {"name": name, "orbit": orbit | {"argument_of_latitude_deg": at_deg}}
        for name, at_deg in (("one", 1.0), ("two", 0.0))
    ]
    losses = {"kind": "frame_loss", "who": "one", "at_h": 1, "lasts_h": 3, "frame_loss": 0.3}
    path = write_scenario(
        places=NEAR,
        satellites=satellites,
        fidelity="surrogate",
        surrogate={"file": str(small_surrogate)},
        rescheduling={"policy": "next_opportunity"},
        faults=[losses],
        memory={"capacity_mb": 1, "keep_pruned_h": 6},
        link={"kind": "fixed", "rate_mbps": 0.05},
    )
    return load_scenario(path)


def flown(assembly, arm, memo):
    """All that is written of a flight."""
    record = Mission(assembly, make_arm(arm, assembly.scenario.pruning), memo).fly()
    books = record.ledger
    return (
        list(books.acquired), list(books.entries), list(books.tiles), list(books.joules),
        list(record.events), record.contacts, record.delivered_s, record.loop,
        [(image.acquisition, [(each.tile_id, each.cover and tuple(each.cover)) for each in image.outcomes]) for image in record.images],
    )  # fmt: skip


def test_a_flight_is_the_same_whatever_was_flown_before_by_the_same_assembly(scenario, tmp_path):
    """Each arm by an assembly of its own, and all by one, forth and back."""
    alone = {}
    for arm in ARMS:
        assembly = assemble(scenario)
        alone[arm] = flown(assembly, arm, Memo(assembly.darkroom, tmp_path))
    assert alone["prune"][6], "something has to come down, or nothing is compared"
    shared = assemble(scenario)
    memo = Memo(shared.darkroom, tmp_path)
    for arm in (*ARMS, *reversed(ARMS)):
        assert flown(shared, arm, memo) == alone[arm], arm


def test_nothing_depends_on_how_much_is_kept(scenario, tmp_path, monkeypatch):
    plenty = assemble(scenario)
    expected = flown(plenty, "prune", Memo(plenty.darkroom, tmp_path))
    for most in (0, 40):  # nothing, and a part of what is flown
        monkeypatch.setattr(camera, "_MOST_TILES", most)
        monkeypatch.setattr(rates, "_MOST_POINTS", most)
        little = assemble(scenario)
        for _ in range(2):
            assert flown(little, "prune", Memo(little.darkroom, tmp_path)) == expected


def test_an_image_is_made_once_and_those_beyond_the_bound_anew(scenario, monkeypatch):
    assembly = assemble(scenario)
    chances = list(assembly.opportunities["one"])[:3]
    tiles = len(assembly.camera.expose(chances[0]).tile_ids)
    monkeypatch.setattr(camera, "_MOST_TILES", 2 * tiles)
    first, again = ([assembly.camera.expose(item) for item in chances] for _ in range(2))
    assert again == first
    assert [one is other for one, other in zip(first, again, strict=True)] == [True, True, False]


class Counting(Fixed):
    """Counts how often it is asked."""

    asked = 0

    def profile(self, window, ephemeris=None):
        Counting.asked += 1
        return Fixed.profile(self, window, ephemeris)


def test_a_link_is_asked_once_for_a_contact_and_again_beyond_the_bound(monkeypatch):
    """By hand: a profile of two points counts for 32, so that of a bound of 33 two are kept."""
    monkeypatch.setattr(rates, "_MOST_POINTS", 33)
    monkeypatch.setattr(Counting, "asked", 0)
    found = Rates(Counting(rate_mbps=1), {"one": None})
    windows = [ContactWindow("one", "s", 1000.0 * n, 1000.0 * n + 600.0, 45.0) for n in range(3)]
    for _ in range(2):
        for window in windows:
            assert found.profile(window).time_s.tolist() == [window.aos_s + 10.0, window.los_s]
    assert Counting.asked == 4
