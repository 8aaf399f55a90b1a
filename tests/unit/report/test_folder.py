import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from payload.errors import ScenarioError
from payload.png import png_gray
from payload.report import read_report_data, render_page
from payload.tables import write_table

Make = Callable[..., Path]


def test_a_folder_is_read_whole(results: Make):
    data = read_report_data(results())
    assert data.summary.scenario == "a-day"
    assert data.has_truth
    assert data.taken_px == 32 * 24 * 256 * 256
    assert len(data.contacts) == 9
    assert [item.aos_s for item in data.contacts] == sorted(item.aos_s for item in data.contacts)
    assert data.contacts[0].raw_used_bytes is not None
    assert len(data.images) == 32
    assert data.track[-1].time_s == 86400.0
    assert len(data.gallery) == 8
    assert data.places is None


def test_fates_are_those_of_the_ledger(results: Make):
    data = read_report_data(results())
    volumes = data.summary.bytes
    assert sum(data.fates["prune"].values()) == volumes.acquired
    assert data.fates["prune"]["pruned"] == volumes.pruned
    assert set(data.fates) == {"raw", "compressed", "discard", "prune", "mask", "oracle"}


def test_targets_are_read_where_the_folder_has_them(results: Make):
    folder = results()
    write_table(
        folder / "targets.parquet",
        {"target": "VARCHAR", "lat_deg": "DOUBLE", "lon_deg": "DOUBLE"},
        {"target": ["a", "b"], "lat_deg": [1.0, 2.0], "lon_deg": [3.0, 4.0]},
    )
    assert [place.name for place in read_report_data(folder).places or ()] == ["a", "b"]


def change(folder: Path, name: str, how: Callable[[dict], object]) -> None:
    path = folder / name
    value = json.loads(path.read_text())
    how(value)
    path.write_text(json.dumps(value))


DAMAGE: dict[str, tuple[Callable[[Path], object], str]] = {
    "no summary": (lambda f: (f / "summary.json").unlink(), "not a results folder"),
    "a later schema": (
        lambda f: change(f, "summary.json", lambda v: v.update(schema_version=3)),
        "schema_version 3",
    ),
    "no schema": (lambda f: change(f, "summary.json", lambda v: v.pop("schema_version")), "None"),
    "half a summary": (
        lambda f: (f / "summary.json").write_text((f / "summary.json").read_text()[:300]),
        "not valid JSON",
    ),
    "a list": (lambda f: (f / "summary.json").write_text("[1]"), "schema_version None"),
    "deep brackets": (lambda f: (f / "summary.json").write_text("[" * 200_000), "not valid JSON"),
    "not text": (lambda f: (f / "summary.json").write_bytes(b"\xff\xfe\x00"), "not valid JSON"),
    "a missing key": (
        lambda f: change(f, "summary.json", lambda v: v["bytes"].pop("saved")),
        "bytes.saved: field required",
    ),
    "a text for a number": (
        lambda f: change(f, "summary.json", lambda v: v["bytes"].update(saved="much")),
        "bytes.saved",
    ),
    "a negative size": (
        lambda f: change(f, "summary.json", lambda v: v["bytes"].update(saved=-1)),
        "bytes.saved",
    ),
    "a size beyond all": (
        lambda f: change(f, "summary.json", lambda v: v["bytes"].update(saved=10**400)),
        "bytes.saved",
    ),
    "not a number": (
        lambda f: change(f, "summary.json", lambda v: v.update(duration_s=float("nan"))),
        "NaN is not allowed",
    ),
    "no time": (
        lambda f: change(f, "summary.json", lambda v: v.update(duration_s=0.0)),
        "duration_s is 0.0; expected",
    ),
    "no scenario": (lambda f: (f / "scenario.json").unlink(), "cannot be read"),
    "an empty scenario": (lambda f: (f / "scenario.json").write_text("{}"), "epoch_utc"),
    "a scenario without a zone": (
        lambda f: change(f, "scenario.json", lambda v: v.update(epoch_utc="2026-06-21T00:00:00")),
        "epoch_utc",
    ),
    "no provenance": (lambda f: (f / "provenance.json").unlink(), "cannot be read"),
    "no ledger": (lambda f: (f / "ledger.parquet").unlink(), "damaged or incomplete"),
    "half a table": (
        lambda f: (f / "tiles.parquet").write_bytes((f / "tiles.parquet").read_bytes()[:500]),
        "damaged or incomplete",
    ),
    "another table": (
        lambda f: (f / "contacts.parquet").write_bytes((f / "track.parquet").read_bytes()),
        "damaged or incomplete",
    ),
    "surfaces of another shape": (
        lambda f: (f / "surfaces.parquet").write_bytes((f / "track.parquet").read_bytes()),
        "damaged or incomplete",
    ),
    "charges of another shape": (
        lambda f: (f / "power.parquet").write_bytes((f / "track.parquet").read_bytes()),
        "damaged or incomplete",
    ),
    "half a list of images": (
        lambda f: (f / "as_flown.csv").write_text("time_s,utc\n1.0,2026"),
        "as_flown.csv: damaged",
    ),
    "a list of images that is no text": (
        lambda f: (f / "as_flown.csv").write_bytes(b"time_s,utc\n\xff\xfe\x00"),
        "as_flown.csv: damaged",
    ),
    "no table": (lambda f: [item.unlink() for item in f.glob("*.parquet")], "contains no tables"),
    "no gallery": (lambda f: (f / "gallery" / "index.json").unlink(), "cannot be read"),
    "a picture that is gone": (
        lambda f: (f / "gallery" / "00-mask.png").unlink(),
        "cannot be read",
    ),
    "a picture that is none": (
        lambda f: (f / "gallery" / "00-mask.png").write_text("<svg onload=alert(1)>"),
        "not a PNG file",
    ),
    "a picture from elsewhere": (
        lambda f: change(
            f, "gallery/index.json", lambda v: v[0]["files"].update(image="../../secret.png")
        ),
        "points outside the gallery",
    ),
}


@pytest.mark.parametrize("damage", DAMAGE)
def test_a_damaged_folder_is_refused_with_a_sentence(results: Make, damage: str):
    folder = results(images=4, pictures=2)
    how, expected = DAMAGE[damage]
    how(folder)
    with pytest.raises(ScenarioError) as caught:
        render_page(read_report_data(folder))
    assert expected in str(caught.value)
    assert "\n" not in str(caught.value)
    assert str(folder) in str(caught.value)


def test_what_is_no_folder_is_refused(tmp_path: Path):
    for path in (tmp_path, tmp_path / "nothing", Path(__file__)):
        with pytest.raises(ScenarioError, match="not a results folder"):
            read_report_data(path)


def test_a_time_beyond_all_flights_is_refused(results: Make):
    folder = results(images=2, pictures=1)
    write_table(
        folder / "track.parquet",
        {"satellite": "VARCHAR", "time_s": "DOUBLE", "lat_deg": "DOUBLE", "lon_deg": "DOUBLE"},
        {"satellite": ["s"], "time_s": [-1e300], "lat_deg": [0.0], "lon_deg": [0.0]},
    )
    with pytest.raises(ScenarioError, match="time_s"):
        read_report_data(folder)


def test_keys_that_a_later_version_adds_are_let_through(results: Make):
    folder = results(images=2, pictures=1)
    change(folder, "summary.json", lambda v: v.update(a_new_one=1))
    change(folder, "summary.json", lambda v: v["arms"][0].update(price=1.5))
    change(folder, "provenance.json", lambda v: v.update(cpu_s=3.0))
    assert read_report_data(folder).summary.scenario == "a-day"


def test_a_link_out_of_the_gallery_is_no_picture_of_it(results: Make, tmp_path: Path):
    folder = results(images=2, pictures=1)
    (tmp_path / "note.txt").write_text("a secret")
    (folder / "gallery" / "00-image.png").unlink()
    (folder / "gallery" / "00-image.png").symlink_to(tmp_path / "note.txt")
    with pytest.raises(ScenarioError, match="not a PNG file"):
        render_page(read_report_data(folder))


def test_the_smallest_picture_is_one(results: Make):
    folder = results(images=2, pictures=1)
    (folder / "gallery" / "00-image.png").write_bytes(png_gray(np.zeros((1, 1), np.uint8)))
    assert "data:image/png;base64," in render_page(read_report_data(folder))
