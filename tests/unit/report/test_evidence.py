"""Accounts that add up, discards by surface and place, delays, work and charge: each by a second way from the tables."""

import json
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from payload.products.books import EVENTS
from payload.products.side_books import POWER, SURFACES
from payload.report import make_figures, read_report_data, render_page
from payload.report.accounts import accounts, discard_rows, signed
from payload.report.as_flown import FlownImage
from payload.report.atlas import map_chart
from payload.report.evidence import STEPS
from payload.report.key_figures import key_figures
from payload.report.words import share
from payload.tables import read_table, write_table
from payload.types import SURFACES as CLASSES

Make = Callable[..., Path]
WORLDS = (
    {},
    {"capacity_mb": 400.0},
    {"memory_mb": 6.0},
    {"contacts": 0},
    {"truth": False},
    {"images": 1},
)


def rows(folder: Path, table: str) -> list[dict[str, object]]:
    columns = read_table(folder / f"{table}.parquet")
    return [dict(zip(columns, row, strict=True)) for row in zip(*columns.values(), strict=True)]


@pytest.mark.parametrize("world", WORLDS, ids=str)
def test_the_terms_of_an_account_add_up_to_the_byte(results: Make, world: dict):
    folder = results(**world)
    data = read_report_data(folder)
    down = Counter()
    for row in rows(folder, "ledger"):
        down[row["arm"]] += row["bytes"] if row["fate"] == "delivered" else 0
    found = accounts(data)
    assert [account.base for account in found] == ["bent pipe", "compressed"]
    for account, base in zip(found, ("raw", "compressed"), strict=True):
        assert sum(term.bytes for term in account.terms) == account.fewer_bytes
        assert account.fewer_bytes == down[base] - down["prune"]
        assert {term.name for term in account.terms if term.is_saving} == {
            "Pruned as cloud",
            "Compressed",
        }


def test_tiles_dropped_after_they_were_compressed_leave_the_share_that_compression_saved(
    results: Make,
):
    folder = results()
    data = read_report_data(folder)
    raw_bytes = sum(
        row["raw_bytes"]
        for row in rows(folder, "tiles")
        if row["arm"] == "prune" and row["encoded_bytes"] is not None
    )
    volumes = data.summary.bytes
    half = volumes.delivered // 2
    dropped = replace(volumes, delivered=half, overflowed=volumes.overflowed + half)
    for each in (volumes, dropped):
        figures = key_figures(replace(data, summary=replace(data.summary, bytes=each)))
        told = next(figure for figure in figures if figure.label == "Saved by compression")
        assert told.beside.startswith(f"{share(volumes.saved / raw_bytes)} of the raw bytes")


def test_a_backlog_is_no_saving(results: Make):
    """No contact: nothing was sent by either, and what waits more is not called saved."""
    folder = results(contacts=0, memory_mb=5000.0)
    account, _ = accounts(read_report_data(folder))
    waits = next(term for term in account.terms if term.name == "Still waiting")
    assert account.fewer_bytes == 0
    assert waits.bytes < 0
    assert not waits.is_saving
    assert sum(term.bytes for term in account.terms if term.is_saving) == -waits.bytes


@pytest.mark.parametrize("capacity_mb", [5.0, 900.0])
def test_the_regime_is_told_beside_the_account(results: Make, capacity_mb: float):
    data = read_report_data(results(capacity_mb=capacity_mb, memory_mb=2000.0))
    account, _ = accounts(data)
    raw = data.arm("raw")
    assert raw is not None
    assert raw.link_saturated == (capacity_mb < 100)
    own = data.arm("prune")
    assert ("still is" in account.regime) == bool(raw.link_saturated and own.link_saturated)
    assert ("and not in bytes" in account.regime) == ("still is" in account.regime)
    assert ("is saturated" in account.regime) == raw.link_saturated
    assert ("is not saturated" in account.regime) != raw.link_saturated


def test_where_the_memory_overflows_its_room_is_freed_and_no_link_time(results: Make):
    data = read_report_data(results(capacity_mb=900.0, memory_mb=6.0))
    raw = data.arm("raw")
    assert raw is not None
    assert raw.overflowed_bytes
    assert not raw.link_saturated
    account, _ = accounts(data)
    assert "memory overflows" in account.regime
    assert "link time" not in account.regime


def test_signs_are_told():
    assert signed(0) == "0\u00a0B"
    assert signed(1_500_000) == "+1.5\u00a0MB"
    assert signed(-1_500_000) == "\u22121.5\u00a0MB"


def with_surfaces(folder: Path) -> dict[str, str]:
    tiles = sorted({row["tile"] for row in rows(folder, "tiles")})
    below = {tile: CLASSES[index % 5] for index, tile in enumerate(tiles)}
    write_table(
        folder / "surfaces.parquet",
        SURFACES,
        {"tile": list(below), "surface": list(below.values())},
    )
    return below


def test_what_is_thrown_away_is_told_by_surface_and_place(results: Make):
    folder = results()
    below = with_surfaces(folder)
    data = read_report_data(folder)
    surface, place, clear = Counter(), Counter(), Counter()
    for row in rows(folder, "tiles"):
        if row["arm"] == "prune":
            thrown = row["clear_px"] if row["fate"] == "pruned" else 0
            surface[below[row["tile"]]] += thrown
            place[row["target"]] += thrown
            clear[below[row["tile"]]] += row["clear_px"]
    assert data.evidence.surfaces is not None
    assert {item.name: item.thrown_px for item in data.evidence.surfaces} == dict(surface)
    assert {item.name: item.clear_px for item in data.evidence.surfaces} == dict(clear)
    assert sum(surface.values()) == data.summary.pixels.clear_discarded
    worst = [name for name, px in place.most_common() if px]
    assert [item.name for item in data.evidence.places][:3] == worst[:3]
    parts = [item.percent for item in discard_rows(data.evidence.surfaces)]
    assert parts == pytest.approx(
        [100 * surface[item.name] / clear[item.name] for item in data.evidence.surfaces], abs=0.01
    )
    assert "By the most common true surface class" in render_page(data)


def test_a_folder_of_an_earlier_version_says_that_it_does_not_tell(results: Make):
    data = read_report_data(results())
    assert data.evidence.surfaces is None
    assert data.evidence.charges == ()
    assert "does not record the surface below" in render_page(data)


def test_without_truth_nobody_knows_what_was_thrown_away(results: Make):
    folder = results(truth=False)
    with_surfaces(folder)
    data = read_report_data(folder)
    assert data.evidence.surfaces is not None
    assert {item.thrown_px for item in data.evidence.surfaces} == {None}
    assert data.evidence.places == ()
    assert "what was thrown away where is unknown" in render_page(data)


def test_the_curve_of_delays_is_that_of_the_tiles(results: Make):
    folder = results()
    data = read_report_data(folder)
    lines = {trace["name"]: trace["y"] for trace in make_figures(data)["delays"].plot["data"]}
    waits = [
        (row["delivered_s"] - row["time_s"], row["clear_px"])
        for row in rows(folder, "tiles")
        if row["arm"] == "prune" and row["fate"] == "delivered"
    ]
    step_s = data.evidence.longest_s / STEPS
    for index in (STEPS // 10, STEPS // 3, STEPS):
        within = sum(px for wait_s, px in waits if wait_s <= index * step_s * (1 + 1e-12))
        assert lines["this scenario"][index] == pytest.approx(within / 1e6, abs=1e-3)
    assert len(lines["this scenario"]) == STEPS + 1


def test_work_and_charge_are_drawn(results: Make):
    folder = results()
    images = [row for row in rows(folder, "images") if row["arm"] == "prune"]
    told = [
        ("prune", row["time_s"] + 25.0, "", "sat-1", "judged", row["image"], 0, "")
        for row in images
    ]
    columns = {name: [row[index] for row in told] for index, name in enumerate(EVENTS)}
    write_table(folder / "events.parquet", EVENTS, columns)
    levels = [("prune", "sat-1", 600.0 * step, 1.0 - step / 300) for step in range(145)]
    power = {name: [row[index] for row in levels] for index, name in enumerate(POWER)}
    write_table(folder / "power.parquet", POWER, power)
    data = read_report_data(folder)
    assert [item.judged_s - item.taken_s for item in data.evidence.work] == [25.0] * len(images)
    charts = make_figures(data)
    assert "processing" in charts["contacts-over-time"].plot["layout"]["yaxis"]["categoryarray"]
    (line,) = charts["battery"].plot["data"]
    assert line["y"] == pytest.approx([100 * row[3] for row in levels], abs=0.01)
    assert "52\u00a0%" in charts["battery"].summary


def test_of_many_batteries_the_one_that_falls_lowest_is_drawn_in_front_and_named(results: Make):
    """The n-th of eleven satellites falls to a charge of its own; eight are shown, and the tenth falls lowest."""
    folder = results()
    lowest = {f"sat-{number}": 0.9 - 0.05 * number for number in range(1, 10)} | {
        "sat-10": 0.2,
        "sat-11": 0.8,
    }
    levels = [
        ("prune", name, 600.0 * step, 1.0 if step % 2 else low)
        for name, low in lowest.items()
        for step in range(4)
    ]
    power = {name: [row[index] for row in levels] for index, name in enumerate(POWER)}
    write_table(folder / "power.parquet", POWER, power)
    chart = make_figures(read_report_data(folder))["battery"]
    lines = chart.plot["data"]
    assert {line["name"] for line in lines} == set(lowest) - {"sat-1", "sat-2", "sat-11"}
    assert lines[-1]["name"] == "sat-10"  # drawn last, on top of the others
    assert [line["line"] for line in lines].count(lines[-1]["line"]) == 1
    assert "sat-10" in chart.key[0].word
    assert chart.summary.startswith("11\N{NO-BREAK SPACE}batteries")
    assert "20\N{NO-BREAK SPACE}%" in chart.summary


def test_rates_of_contacts_are_those_of_their_capacity(results: Make):
    data = read_report_data(results())
    for item in data.contacts:
        assert item.rate_bps == pytest.approx(8 * item.capacity_bytes / (item.los_s - item.aos_s))
    assert "bit/s" in render_page(data)


def test_the_answer_tells_the_ground_gained_in_square_kilometres(results: Make):
    data = read_report_data(results())
    own, raw = data.arm("prune"), data.arm("raw")
    more_px = own.clear_pixels_delivered - raw.clear_pixels_delivered
    km2 = more_px * 0.0095**2  # the made-up camera's 9.5 m
    page = render_page(data)
    assert f"{km2:.0f}"[:2] in page
    assert "km² more)" in json.dumps(page, ensure_ascii=False)


HEAD = (
    "time_s,utc,satellite,target,opportunity,planned_in,what,why,retake,cover,tiles_delivered,tiles"
)


def test_the_map_judges_each_target_by_its_own_limit(results: Make):
    """All images are cloudy by limits of their own, but those of one target."""
    data = read_report_data(results())
    good = data.images[0].target
    rows = tuple(
        FlownImage(
            item.time_s, "", item.satellite, item.target, 1,
            "taken" if item.target == good else "cloudy", "", item.retake, 0.2, 0, 1,
        )
        for item in data.images
    )  # fmt: skip
    chart = map_chart(replace(data, as_flown=rows))
    assert chart is not None
    others = len({item.target for item in data.images}) - 1
    assert f" 1 were taken clear enough, {others} were cloudy each time" in chart.summary
    spots = [trace for trace in chart.plot["data"] if trace.get("name") == "taken clear enough"]
    (told,) = spots[0]["text"]
    assert told.endswith("least cover 20\N{NO-BREAK SPACE}%")  # as judged, not as of all its tiles


def test_the_plan_is_set_against_the_flight_image_by_image(results: Make):
    """A stranger's names are text; what is not taken has neither cover nor tiles."""
    hostile = "<img src=x onerror=alert(1)>"
    folder = results()
    lines = [
        f"1.5,2026-06-21T00:00:01.500Z,sat-1,{hostile},a,2,taken,,True,0.25,3,4",
        "9.0,2026-06-21T00:00:09.000Z,sat-1,rome,b,,not taken,low charge,False,,0,0",
    ]
    (folder / "as_flown.csv").write_text("\n".join([HEAD, *lines]), encoding="utf-8")
    data = read_report_data(folder)
    assert data.as_flown is not None
    first, second = data.as_flown
    assert (first.planned, first.became, first.cloud, first.down) == (
        "plan 2",
        "taken, taken again",
        "25\u00a0%",
        "3 of 4",
    )
    assert second.became == "not taken: low charge"
    assert second.planned == second.cloud == second.down == "\u2014"
