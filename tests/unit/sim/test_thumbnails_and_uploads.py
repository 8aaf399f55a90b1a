"""Thumbnails go down before what they show is asked for; uploads take the passes that arithmetic says."""

from dataclasses import replace

import numpy as np
import pytest
import simpy

from payload.compression import open_record
from payload.compression.med import MedZstd
from payload.darkroom.memo import Memo
from payload.downlink.links import Fixed
from payload.downlink.uplink import UplinkQueue, Waiting, uplink_passes
from payload.errors import LawError, ScenarioError
from payload.imaging.thumbnail import binned
from payload.ledger import Fate, Ledger, audit
from payload.scenario.load import load_scenario
from payload.sim import assemble
from payload.sim.aboard.memory import MassMemory
from payload.sim.aboard.shelf import Shelf
from payload.sim.aboard.thumbnails import Thumbnails
from payload.sim.aboard.transmitter import Transmitter
from payload.sim.arms import make_arm
from payload.sim.mission import Mission
from payload.timetable.rates import Rates
from payload.types import ContactWindow, Window

KEPT = {
    "scene": {"kind": "synthetic", "mean_cloud_cover": 0.7},
    "pruning": {"tile_px": 32, "max_cloud_cover": 0.1},
    "memory": {"capacity_mb": 10, "keep_pruned_h": 12},
    "duration_h": 6,
}
ASKING = KEPT | {"requests": {"policy": "least_sure", "thumbnail_factor": 5}}


@pytest.fixture
def fly(write_scenario, tmp_path):
    def run(**changes):
        scenario = load_scenario(write_scenario(**changes))
        assembly = assemble(scenario)
        memo = Memo(assembly.darkroom, tmp_path)
        mission = Mission(
            assembly, make_arm("prune", scenario.pruning), memo, lambda _image, _record: None
        )
        return mission, mission.fly()

    return run


def test_what_is_worked_on_sent_or_fetched_goes_for_nobody_any_more(write_scenario, tmp_path):
    """By hand, 100 bytes: the oldest of two would go, and the other one as soon as that may not."""
    memory = {"capacity_mb": 1e-4, "when_full": "oldest"}
    assembly = assemble(load_scenario(write_scenario(**KEPT | {"memory": memory})))
    arm = make_arm("prune", assembly.scenario.pruning)
    (craft,) = Mission(assembly, arm, Memo(assembly.darkroom, tmp_path)).fleet
    for order, name in enumerate(("old", "young")):
        assert craft.memory.put(Shelf(name, 50, order=order))
    newcomer = Shelf("new", 50, order=2)
    assert craft.memory.who_goes(newcomer) == ["old"]
    assert craft.recorder.pin("old")
    assert craft.memory.who_goes(newcomer) == ["young"]


def test_means_of_squares_are_those_of_loops():
    """Second method: each square cut out and averaged; halves go up."""
    bands = np.random.default_rng(1).integers(0, 4096, (4, 13, 10)).astype(np.uint16)
    found = binned(bands, 4)
    assert found.shape == (4, 4, 3)
    for band in range(4):
        for row in range(4):
            for col in range(3):
                square = bands[band, 4 * row : 4 * row + 4, 4 * col : 4 * col + 4]
                assert found[band, row, col] == int(np.floor(square.mean() + 0.5))
    assert (binned(bands, 1) == bands).all()


def test_a_thumbnail_is_a_record_of_the_binned_bands_and_comes_before_its_tile(fly):
    mission, record = fly(**ASKING)
    acquisitions = {i.acquisition.id: i.acquisition for i in record.images}
    arrived = {t.tile_id: t for t in record.ledger.thumbnails if t.end is Fate.DELIVERED}
    assert record.fetched
    assert set(record.fetched) <= arrived.keys()
    assert set(record.fetched) & record.delivered_s.keys()
    for tile_id in record.fetched:
        if tile_id in record.delivered_s:
            assert record.delivered_s[tile_id] > arrived[tile_id].time_s
    for tile_id, entry in arrived.items():
        acquisition = acquisitions[tile_id.split("#")[0]]
        small = mission.memo.thumbnail(acquisition, tile_id)
        assert len(small) == entry.held_bytes
        opened = open_record(small, {"med-zstd": MedZstd()})
        row, col = (int(part) for part in tile_id.split("#")[1].split(","))
        sensor = acquisition.view.sensor
        window = Window(
            32 * row,
            32 * col,
            min(32, sensor.height_px - 32 * row),
            min(32, sensor.width_px - 32 * col),
        )
        bands = mission.assembly.source.scene(acquisition.view).read(window).bands
        assert (opened.bands == binned(bands, 5)).all()
        whole = open_record(mission.memo.record(acquisition, tile_id), {"med-zstd": MedZstd()})
        assert (whole.bands == bands).all()


def test_nothing_is_made_where_nobody_asks(fly):
    plain = fly(**KEPT | {"memory": {"capacity_mb": 10}})[1]
    record = fly(**KEPT)[1]
    assert not record.ledger.thumbnails_made
    assert not record.uploads
    books = [{(e.tile_id, e.fate, e.bytes) for e in f.ledger.entries} for f in (record, plain)]
    assert books[0] == books[1]
    assert record.delivered_s == plain.delivered_s
    assert record.ledger.joules == plain.ledger.joules
    assert record.events == plain.events
    assert [c.used_bytes for c in record.contacts] == [c.used_bytes for c in plain.contacts]


def test_who_asks_for_what_nobody_keeps_is_told(fly):
    with pytest.raises(ScenarioError, match=r"memory\.keep_pruned_h"):
        fly(**ASKING | {"memory": {"capacity_mb": 10}})


@pytest.mark.parametrize(
    ("made", "ended", "said"),
    [
        ([("a", 9)], [], "never ended"),
        ([("a", 9)], [("a", 8)], "9 bytes were made, 8"),
        ([("a", 9)], [("a", 9), ("a", 9)], "ended twice"),
        ([("b", 9)], [], "for a tile never acquired"),
    ],
)
def test_the_audit_finds_what_is_wrong_with_thumbnails(made, ended, said):
    books = Ledger()
    books.acquire(["a"], [100], 0.0)
    books.settle("a", Fate.PRUNED, 100, 1.0)
    books.finish("a", Fate.PRUNED, 0)
    for name, size in made:
        books.make_thumbnail(name, size, 1.0)
    for name, size in ended:
        books.end_thumbnail(name, Fate.DELIVERED, size, 2.0)
    with pytest.raises(LawError, match=said):
        audit(books)


def test_an_upload_takes_two_passes_by_hand_and_the_next_waits(fly):
    """At 8 kbit/s 1,000 bytes go up a second: all of the first pass after lock, and 2 s of the second."""
    contacts = fly(duration_h=6)[0].assembly.contacts["one"]
    first, second = contacts[:2]
    carried = int((first.duration_s - 10.0) * 1000)
    uploads = [
        {"name": "plan", "kb": 3, "at_h": first.los_s / 3600},
        {"name": "model", "kb": (carried + 2000) / 1000, "at_h": 0},
        {"name": "never", "kb": 1e6, "at_h": 0.1},
    ]
    _, record = fly(duration_h=6, uplink={"rate_kbps": 8, "uploads": uploads})
    found = {item.name: item for item in record.uploads}
    assert [item.name for item in record.uploads] == ["plan", "model", "never"]
    assert found["model"].complete_s == pytest.approx(second.aos_s + 10.0 + 2.0)
    assert found["model"].passes == 2
    assert found["never"].complete_s is None
    assert found["plan"].complete_s is None, "it came after what never ends"
    events = [event for event in record.events if event.kind == "uploaded"]
    assert [(event.subject, event.bytes) for event in events] == [("model", carried + 2000)]
    assert events[0].time_s == pytest.approx(found["model"].complete_s)


def test_nothing_goes_up_to_a_station_that_is_out_nor_by_an_antenna_of_another(fly):
    orbit = {"kind": "sgp4", "altitude_km": 550, "ltan": "10:30"}
    twins = [{"name": name, "orbit": orbit} for name in ("one", "two")]
    uplink = {"rate_kbps": 8, "uploads": [{"name": "model", "kb": 1, "at_h": 0}]}
    _, both = fly(duration_h=3, satellites=twins, uplink=uplink)
    assert any(log.is_missed for log in both.contacts)
    for item in both.uploads:
        served = [
            log.start_s
            for log in both.contacts
            if log.window.satellite == item.satellite and not log.is_missed
        ]
        assert item.complete_s == (pytest.approx(min(served) + 11.0) if served else None)
    faults = [{"kind": "station_out", "at_h": 0, "lasts_h": 24}]
    _, out = fly(duration_h=3, uplink=uplink, faults=faults)
    assert [(item.sent_bytes, item.passes) for item in out.uploads] == [(0, 0)]


def test_a_thumbnail_without_room_is_booked_and_goes_with_nobody():
    """A pinned tile of 100 bytes fills the memory but for 8: a thumbnail of 9 bytes overflows, one byte more lets it in."""
    env, books = simpy.Environment(), Ledger()
    radio = Transmitter(env, Rates(Fixed(rate_mbps=1), {}), 1, arrived=print, given_up=print)
    for capacity, fits in ((108, False), (109, True)):
        memory = MassMemory(capacity)
        memory.put(Shelf("a", 100, is_pinned=True))
        found = Thumbnails(
            env, books, memory, radio, lambda shelf, m=memory: m.who_goes(shelf) == []
        )
        found.make("a", 9)
        assert bool(found.on_board) is fits
        assert memory.used_bytes == 100 + 9 * fits
        if fits:
            found.go_with("a")
            assert memory.used_bytes == 100
    assert [item.end for item in books.thumbnails] == [Fate.OVERFLOWED, Fate.PRUNED]
    assert not radio.queue


WINDOW = ContactWindow("one", "s", 100.0, 200.0, 45.0)


def test_a_queue_finds_lock_once_and_again_after_a_pause():
    """By hand, at 1,000 byte/s and 10 s to lock: up at 115 and 117, then lock from 150 and up at 161."""
    items = [Waiting(name, size, ready) for name, size, ready in (("c", 1000, 150.0), ("a", 5000, 0.0), ("b", 2000, 20.0))]  # fmt: skip
    queue = UplinkQueue(8e3, 10.0, items)
    done = queue.use(WINDOW, 100.0, 200.0)
    assert [(item.name, item.complete_s) for item in done] == [("a", 115.0), ("b", 117.0), ("c", 161.0)]  # fmt: skip
    assert not queue.waiting


def test_an_upload_goes_on_in_another_piece_of_a_pass():
    """40 s of 100 are left in two parts, less a lock in each: 20,000 bytes, at the end of the second."""
    item = Waiting("x", 20_000, 0.0)
    queue = UplinkQueue(8e3, 10.0, [item])
    for aos_s, los_s in ((100.0, 120.0), (180.0, 200.0)):
        queue.use(replace(WINDOW, aos_s=aos_s, los_s=los_s), aos_s, los_s)
    assert (item.complete_s, len(item.passes)) == (200.0, 2)
    assert uplink_passes(20_000, [WINDOW], 8e3).complete_s == 130.0


def test_an_upload_for_nobody_is_refused(write_scenario):
    upload = {"name": "model", "kb": 1, "at_h": 0, "satellite": "nobody"}
    with pytest.raises(ScenarioError, match="which is not one of: one"):
        load_scenario(write_scenario(uplink={"uploads": [upload]}))
