"""What a flight leaves for others' tools, read by others: pystac, rasterio, rio-cogeo, pyarrow, shapely, oem, czml3."""

import csv
import itertools
import json
from datetime import UTC, datetime, timedelta

import czml3
import numpy as np
import oem
import pyarrow.parquet
import pystac
import pytest
import rasterio
import shapely
import yaml
from conftest import write_small
from pystac.extensions.eo import EOExtension
from pystac.extensions.projection import ProjectionExtension
from pystac.extensions.raster import RasterExtension
from pystac.extensions.view import ViewExtension
from pystac.validation.stac_validator import JsonSchemaSTACValidator
from rio_cogeo import cog_validate

from payload import api
from payload.orbit.oem import from_oem_file
from payload.orbit.purchased import read_passes
from payload.orbit.tabulated import Oem
from payload.products import czml
from payload.products.columns import MEANINGS, TABLES
from payload.products.oem import write_oem
from payload.tables import query_folder, read_table
from payload.types import Ephemeris

EPOCH = datetime(2026, 6, 21, tzinfo=UTC)
HOSTILE = "\"'><script>alert(1)<!-- ' OR 1=1 --%00;$(x) é..&amp;{{7*7}}"


@pytest.fixture(scope="module")
def flown(tmp_path_factory):
    """The small scenario, all delivered tiles restored, one target of a hostile name."""
    folder = tmp_path_factory.mktemp("flown")
    path = write_small(
        folder,
        places=((15.65, 78.22), (18.96, 69.65), (26.63, 67.37), (179.999, 71.0)),
        products={"tiles": "all"},
        camera={"gsd_m": 20, "width_px": 80, "height_px": 72, "max_off_nadir_deg": 50},
        duration_h=24,
    )
    places = json.loads((folder / "places.geojson").read_text())
    places["features"][0]["properties"]["name"] = HOSTILE
    (folder / "places.geojson").write_text(json.dumps(places))
    return api.run(api.check(path), folder / "results").folder


@pytest.fixture(scope="module")
def collection(flown):
    return pystac.Collection.from_file(str(flown / "tiles" / "collection.json"))


def own(flown, sql):
    return query_folder(flown, sql)[1]


def test_collection_and_items_are_valid_by_the_schemas_that_pystac_brings(flown, collection):
    items = list(collection.get_items())
    (delivered,) = own(
        flown, "select count(*) from tiles where arm = 'prune' and fate = 'delivered'"
    )
    assert len(items) == delivered[0] > 0
    for each in (collection, *items):
        each.set_self_href(each.get_self_href())
        JsonSchemaSTACValidator().validate_core(
            each.to_dict(), each.STAC_OBJECT_TYPE, pystac.get_stac_version(), href=None
        )
    assert collection.id == "small"
    begin, end = collection.extent.temporal.intervals[0]
    assert begin <= min(item.datetime for item in items)
    assert end >= max(item.datetime for item in items)


def test_extension_classes_read_cover_place_and_scale(flown, collection):
    """Against the tables, which are written by another path."""
    table = {
        row[0]: row
        for row in own(
            flown,
            "select tile, cover, clear_px, cloud_px, reason, delivered_s from tiles where arm = 'prune'",
        )
    }
    angles = {
        row[0]: row[1:]
        for row in own(
            flown,
            "select image, off_nadir_deg, sun_elevation_deg from images where arm = 'prune'",
        )
    }
    for item in collection.get_items():
        said = item.properties
        _, cover, clear_px, cloud_px, reason, delivered_s = table[said["payload_sim:tile"]]
        assert EOExtension.ext(item).cloud_cover == pytest.approx(100 * cover, abs=1e-3)
        assert said["payload_sim:true_clear_px"] == clear_px
        assert said["payload_sim:true_cloud_cover"] == pytest.approx(
            100 * cloud_px / (clear_px + cloud_px), abs=1e-3
        )
        assert said["payload_sim:reason"] == reason
        down = datetime.fromisoformat(said["payload_sim:delivered_utc"])
        assert (down - EPOCH).total_seconds() == pytest.approx(delivered_s, abs=1e-3)
        view = ViewExtension.ext(item)
        assert (view.off_nadir, view.sun_elevation) == pytest.approx(
            angles[said["payload_sim:image"]]
        )
        asset = item.assets["image"]
        bands = EOExtension.ext(asset).bands
        assert [band.common_name for band in bands] == ["blue", "green", "red", "nir"]
        with rasterio.open(asset.get_absolute_href()) as raster:
            place = ProjectionExtension.ext(item)
            assert place.shape == [raster.height, raster.width]
            assert place.transform == pytest.approx(list(raster.transform)[:6])
            assert rasterio.crs.CRS.from_wkt(place.wkt2) == raster.crs
            scales = [band.scale for band in RasterExtension.ext(asset).bands]
            assert scales == pytest.approx(raster.scales)
            assert raster.tags()["TILE"] == said["payload_sim:tile"]


def test_an_item_lies_where_its_raster_lies(collection):
    """The polygon beside rasterio's own warp of the raster's bounds."""
    for item in collection.get_items():
        with rasterio.open(item.assets["image"].get_absolute_href()) as raster:
            shape = shapely.geometry.shape(item.geometry)
            assert shape.is_valid
            col, row = raster.width / 2, raster.height / 2
            (lon,), (lat,) = rasterio.warp.transform(
                raster.crs, "EPSG:4326", *([value] for value in raster.xy(row - 0.5, col - 0.5))
            )
            assert shape.contains(shapely.Point(lon, lat))
            px_km = 0.02
            want_km2 = raster.width * raster.height * px_km**2
            assert area_km2(shape) == pytest.approx(want_km2, rel=0.02)


def area_km2(shape):
    """Of a small polygon, on the sphere's cylindrical equal-area projection."""
    total = 0.0
    for part in shapely.get_parts(shape):
        lon, lat = np.radians(np.array(part.exterior.coords)).T
        total += abs(shapely.Polygon(np.column_stack((lon, np.sin(lat)))).area)
    return total * 6371.0**2


def test_each_tile_is_a_cloud_optimised_geotiff(flown):
    tiles = sorted((flown / "tiles").glob("*.tif"))
    assert tiles
    for path in tiles:
        is_valid, errors, _ = cog_validate(path, quiet=True)
        assert is_valid, errors


def test_footprints_are_the_images_of_the_books_and_two_at_the_antimeridian(flown):
    found = json.loads((flown / "footprints.geojson").read_text(encoding="utf-8"))
    rows = own(
        flown,
        "select image, target, lat_deg, lon_deg, cover from images where arm = 'prune' order by time_s",
    )
    assert len(found["features"]) == len(rows) > 3
    for each, (image, target, lat_deg, lon_deg, cover) in zip(found["features"], rows, strict=True):
        told, shape = each["properties"], shapely.geometry.shape(each["geometry"])
        assert (told["image"], told["target"]) == (image, target)
        assert told["cover"] == pytest.approx(cover)
        assert shape.is_valid
        assert shape.contains(shapely.Point(lon_deg, lat_deg))
        assert -180 <= shape.bounds[0] <= shape.bounds[2] <= 180
        assert area_km2(shape) == pytest.approx(80 * 72 * 0.02**2, rel=0.02)
        for part in shapely.get_parts(shape):
            assert part.exterior.is_ccw  # RFC 7946, 3.1.6
        assert len(shapely.get_parts(shape)) == (2 if lon_deg > 179.9 else 1)
    assert any(
        len(shapely.get_parts(shapely.geometry.shape(f["geometry"]))) == 2
        for f in found["features"]
    )


def test_the_contact_plan_is_flown_again_as_purchased_passes(flown, tmp_path):
    with (flown / "contact_plan.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    as_json = json.loads((flown / "contact_plan.json").read_text(encoding="utf-8"))
    assert [row["start_utc"] for row in rows] == [row["start_utc"] for row in as_json]
    books = own(
        flown,
        "select station, aos_s, los_s, used_bytes from contacts where arm = 'prune' order by aos_s, station",
    )
    for row, (station, aos_s, los_s, used) in zip(as_json, books, strict=True):
        assert (row["station"], row["used_bytes"]) == (station, used)
        assert (row["aos_s"], row["los_s"]) == (aos_s, los_s)
    for name in ("contact_plan.csv", "contact_plan.json"):
        assert len(read_passes(flown / name)) == len(rows)
        path = write_small(tmp_path, passes={"file": str(flown / name)}, duration_h=24)
        again = api.passes(api.examine(path))
        assert [item.aos_s for item in again] == pytest.approx(
            [row["aos_s"] for row in as_json], abs=1e-3
        )


def test_the_ephemeris_is_read_by_us_and_by_another_reader(flown):
    """Both beside the orbit that was flown; between the states the message's own interpolation is within 10 cm."""
    path = flown / "oem" / "one.oem"
    (ours,) = from_oem_file(path)
    theirs = oem.OrbitEphemerisMessage.open(path)
    assert theirs.segments[0].metadata["REF_FRAME"] == "ITRF2000"
    scenario = yaml.safe_load((flown / "scenario.json").read_text(encoding="utf-8"))
    craft = api.Scenario.model_validate(scenario | {"stations": []}).fleet[0]
    propagator = craft.orbit.build(satellite="one", epoch_utc=EPOCH, dut1_s=0.0)
    times_s = np.array([0.0, 60.0, 43_200.0, 86_400.0])
    flown_km = propagator.propagate(times_s).position_km
    for time_s, place_km in zip(times_s, flown_km, strict=True):
        index = int(np.argmin(np.abs(ours.time_s - time_s)))
        assert ours.position_km[index] == pytest.approx(place_km, abs=1e-5)
        state = theirs.states[index]
        assert state.position == pytest.approx(ours.position_km[index], abs=1e-9)
        assert state.velocity == pytest.approx(ours.velocity_km_s[index], abs=1e-9)
    again = Oem(file=path, satellite="one", epoch_utc=EPOCH, dut1_s=0.0)
    between_s = np.arange(330.0, 80_000.0, 1_111.0)
    assert again.propagate(between_s).position_km == pytest.approx(
        propagator.propagate(between_s).position_km, abs=1e-4
    )


def test_states_between_two_milliseconds_are_told_where_they_are(tmp_path):
    """A grid of 4,936.444 s in 165 steps, as of 1.3712345 h, on a circle: by both readers below a centimetre off."""
    time_s = np.linspace(0.0, 4_936.4442, 166)
    rate = 0.0011
    angle = rate * time_s
    place_km = 6_900.0 * np.column_stack((np.cos(angle), np.sin(angle), 0.0 * angle))
    speed_km_s = rate * place_km[:, [1, 0, 2]] * np.array((-1.0, 1.0, 0.0))
    path = tmp_path / "one.oem"
    write_oem(path, Ephemeris("one", time_s, place_km, speed_km_s), EPOCH)
    (ours,) = from_oem_file(path)
    states = list(oem.OrbitEphemerisMessage.open(path).segments[0].states)
    since_s = np.array([(state.epoch - states[0].epoch).sec for state in states])
    for told_s in (ours.time_s, since_s):
        angle = rate * told_s
        there_km = 6_900.0 * np.column_stack((np.cos(angle), np.sin(angle), 0.0 * angle))
        assert np.abs(there_km - ours.position_km).max() < 1e-5


def test_the_czml_is_understood_and_says_where_and_when(flown):
    packets = json.loads((flown / "flight.czml").read_text(encoding="utf-8"))
    assert len(czml3.Document.model_validate({"packets": packets}).packets) == len(packets)
    assert packets[0]["version"] == "1.0"
    ids = [packet["id"] for packet in packets]
    assert len(set(ids)) == len(ids)
    craft = next(p for p in packets if p["id"] == "satellite-0")
    numbers = np.array(craft["position"]["cartesian"]).reshape(-1, 4)
    height_km = np.linalg.norm(numbers[:, 1:], axis=1) / 1000 - 6371
    assert 500 < height_km.min() < height_km.max() < 620
    assert numbers[-1, 0] == 86_400.0
    spells = [span(item["interval"]) for item in craft["point"]["color"]]
    assert spells[0][0] == EPOCH
    assert spells[-1][1] == EPOCH + timedelta(days=1)
    assert all(a[1] == b[0] for a, b in itertools.pairwise(spells))
    green = sum(
        (end - start).total_seconds()
        for item in craft["point"]["color"]
        if item["rgba"] == [60, 200, 120, 255]
        for start, end in [span(item["interval"])]
    )
    (heard,) = own(flown, "select sum(los_s - start_s) from contacts where arm = 'prune'")
    assert green == pytest.approx(heard[0], rel=0.02)  # less what is shown as imaging meanwhile
    beam = next(p for p in packets if p["id"] == "satellite-0-station-0")
    for reference in beam["polyline"]["positions"]["references"]:
        assert reference.removesuffix("#position") in ids


def test_a_czml_that_does_not_hold_the_whole_flight_says_so(tmp_path, monkeypatch):
    """By hand: two satellites share 100 positions, a minute apart: 49 minutes of 10 hours."""
    time_s = np.arange(601) * 60.0
    way = np.full((601, 3), 4000.0)
    paths = {name: Ephemeris(name, time_s, way, np.zeros((601, 3))) for name in ("one", "two")}

    def title():
        seen = czml.Visible("tour", EPOCH, paths, [], [], czml.Pictured.of(paths))
        czml.write_czml(tmp_path / "tour.czml", seen)
        return json.loads((tmp_path / "tour.czml").read_text())[0]["name"]

    assert title() == "tour"
    monkeypatch.setattr(czml, "MOST_STATES", 100)
    assert title() == "tour (the first 0.817 h of 10 h)"


def span(interval):
    start, end = interval.split("/")
    return datetime.fromisoformat(start), datetime.fromisoformat(end)


def test_every_column_of_every_table_is_documented_and_read_by_pyarrow(flown):
    told = json.loads((flown / "columns.json").read_text(encoding="utf-8"))
    files = {path.stem: path for path in flown.glob("*.parquet")}
    assert files.keys() == told.keys() == TABLES.keys() == MEANINGS.keys()
    kinds = {"VARCHAR": "string", "BIGINT": "int64", "DOUBLE": "double", "BOOLEAN": "bool"}
    for name, path in files.items():
        schema = pyarrow.parquet.read_schema(path)
        assert schema.names == list(told[name])
        for column in schema.names:
            assert str(schema.field(column).type) == kinds[told[name][column]["type"]]
            assert len(told[name][column]["meaning"]) > 8
        units = {"_s": "[s]", "_deg": "[deg]", "bytes": "[byte]", "_px": "[px]"}
        for column, about in told[name].items():
            for suffix, unit in units.items():
                if column.endswith(suffix):
                    assert about["meaning"].startswith(unit), (name, column)
        assert pyarrow.parquet.read_table(path).num_rows == len(
            next(iter(read_table(path).values()))
        )


def test_a_hostile_name_comes_out_as_it_went_in_and_as_no_path(flown, collection):
    name = HOSTILE
    places = [
        f["properties"]["target"]
        for f in json.loads((flown / "footprints.geojson").read_text())["features"]
    ]
    assert name in places
    assert name in {item.properties["payload_sim:target"] for item in collection.get_items()}
    assert own(
        flown, f"select count(*) from targets where target = '{name.replace(chr(39), chr(39) * 2)}'"
    ) == [(1,)]
    for path in flown.rglob("*"):
        assert len(path.name) < 200
        assert set(path.name) <= set(
            "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-"
        )


def test_the_columns_of_a_folder_are_told_without_sql(flown):
    names, rows = api.columns(flown)
    assert names == ["table", "column", "type", "meaning"]
    found = {(table, column): (kind, meaning) for table, column, kind, meaning in rows}
    assert found["tiles", "cover"] == ("DOUBLE", MEANINGS["tiles"]["cover"])
    assert len(found) == sum(len(types) for types in TABLES.values())
    assert all(about for _, about in found.values())
