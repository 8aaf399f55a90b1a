"""Areas become shots; shares of an area are judged by pyproj-free second methods: the sphere, and random points."""

import json
import math

import numpy as np
import pytest
import shapely

from payload.errors import ScenarioError
from payload.imaging.areas import AUTHALIC_RADIUS_KM, Framing, area_km2, lay_shots
from payload.imaging.targets import read_targets

FRAMING = Framing(768, 1024, 20.0, tile_px=256)  # 15.36 km x 20.48 km, twelve tiles


def shots_of(area, framing=FRAMING):
    point = area.representative_point()
    return lay_shots(area, framing, middle=(point.x, point.y))


def covers(shot, lon, lat, framing=FRAMING):
    """Whether points lie in a frame, by local angles on the sphere of the mean radius."""
    north_km = np.radians(lat - shot.lat_deg) * 6371.0
    east_km = np.radians(lon - shot.lon_deg) * 6371.0 * np.cos(np.radians(lat))
    return (abs(north_km) <= framing.height_km / 2 * 1.02) & (
        abs(east_km) <= framing.width_km / 2 * 1.02
    )


def test_the_whole_earth_has_the_surface_of_wgs_84():
    """510,065,622 km2. Source: NIMA TR8350.2, 3rd ed., authalic radius 6371.0072 km."""
    halves = shapely.multipolygons([shapely.box(-180, -90, 0, 90), shapely.box(0, -90, 180, 90)])
    assert area_km2(halves) == pytest.approx(510_065_622, rel=1e-7)
    assert pytest.approx(6371.0072, abs=1e-4) == AUTHALIC_RADIUS_KM


def test_a_small_area_stays_one_shot_around_the_point_that_stands_for_it():
    area = shapely.box(11.0, 48.0, 11.05, 48.05)
    (shot,) = shots_of(area)
    point = area.representative_point()
    assert (shot.lon_deg, shot.lat_deg) == (point.x, point.y)
    assert sum(shot.tile_shares) == pytest.approx(1.0)
    assert len(shot.tile_shares) == 12


def test_an_area_that_a_frame_covers_only_from_its_middle_is_one_shot_there():
    bent = shapely.Polygon([(0, 0), (0.17, 0), (0.17, 0.02), (0.02, 0.02), (0.02, 0.13), (0, 0.13)])
    (shot,) = shots_of(bent)
    assert (shot.lon_deg, shot.lat_deg) == pytest.approx((0.085, 0.065))


@pytest.mark.parametrize(
    "area",
    [
        shapely.box(10.0, 46.0, 11.1, 46.7),
        shapely.box(-70.0, -72.5, -68.0, -71.9),
        shapely.box(30.0, -0.5, 31.0, 0.4),
        shapely.box(10.0, 89.0, 100.0, 90.0),
        shapely.box(10.0, -90.0, 100.0, -89.0),
        shapely.Polygon([(0, 50), (2, 50.1), (0.3, 50.4), (1.8, 51.0), (0, 51)]),
    ],
)
def test_every_place_of_an_area_lies_in_a_shot_and_shares_add_up(area):
    shots = shots_of(area)
    assert sum(math.fsum(shot.tile_shares) for shot in shots) == pytest.approx(1.0, abs=1e-9)
    assert min(min(shot.tile_shares) for shot in shots) >= 0.0
    rng = np.random.default_rng(1)
    west, south, east, north = area.bounds
    lon, lat = rng.uniform(west, east, 4000), rng.uniform(south, north, 4000)
    inside = shapely.contains_xy(area, lon, lat)
    seen = np.zeros(4000, bool)
    for shot in shots:
        seen |= covers(shot, lon, lat)
    assert seen[inside].all()
    least = area_km2(area) / (FRAMING.width_km * FRAMING.height_km)
    assert least <= len(shots) <= 2.5 * least + 4  # no more than edges and overlap explain


@pytest.mark.parametrize("size_deg", [0.05, 0.9])
def test_an_area_cut_at_the_antimeridian_is_laid_like_the_same_area_elsewhere(size_deg):
    west, east = 180.0 - 0.7 * size_deg, -180.0 + 0.3 * size_deg
    halves = [shapely.box(west, -17.5, 180, -17.5 + size_deg), shapely.box(-180, -17.5, east, -17.5 + size_deg)]  # fmt: skip
    whole = shapely.box(10.0, -17.5, 10.0 + size_deg, -17.5 + size_deg)
    found, usual = shots_of(shapely.multipolygons(halves)), shots_of(whole)
    assert len(found) == len(usual)
    if len(found) > 1:  # else around a place in the larger half
        for shot, like in zip(found, usual, strict=True):
            assert abs(shot.lon_deg) <= 180.0
            assert (shot.lon_deg - west) % 360.0 == pytest.approx(like.lon_deg - 10.0)
            assert shot.lat_deg == pytest.approx(like.lat_deg)
            assert shot.tile_shares == pytest.approx(like.tile_shares, abs=1e-9)
    (place,) = shots_of(shapely.multipolygons([shapely.box(179.99, 0, 180, 0.01), shapely.box(-180, 0, -179.89, 0.01)]))  # fmt: skip
    assert (place.lon_deg, place.lat_deg) == pytest.approx((-179.945, 0.005))


def test_the_share_of_a_shot_is_the_share_of_random_places_in_its_cell():
    """Second method: places even on the sphere, each counted for the nearest shot of its row."""
    area = shapely.box(10.0, 59.0, 12.0, 60.0)
    shots = shots_of(area)
    rng = np.random.default_rng(2)
    count = 40_000
    lat = np.degrees(np.arcsin(rng.uniform(*np.sin(np.radians([59.0, 60.0])), count)))
    lon = rng.uniform(10.0, 12.0, count)
    rows = np.array(sorted({shot.lat_deg for shot in shots}))
    row = rows[abs(lat[:, None] - rows).argmin(axis=1)]
    for shot in shots[:3] + shots[-3:]:
        own = [other.lon_deg for other in shots if other.lat_deg == shot.lat_deg]
        near = np.array(own)[abs(lon[:, None] - np.array(own)).argmin(axis=1)]
        share = np.mean((row == shot.lat_deg) & (near == shot.lon_deg))
        assert sum(shot.tile_shares) == pytest.approx(share, abs=5 * math.sqrt(share / count))


def write(tmp_path, *features):
    path = tmp_path / "wanted.geojson"
    path.write_text(json.dumps({"type": "FeatureCollection", "features": list(features)}))
    return path


def feature(geometry, **properties):
    return {"type": "Feature", "properties": properties, "geometry": json.loads(shapely.to_geojson(geometry))}  # fmt: skip


def test_shots_are_named_after_their_area_and_inherit_its_wishes(tmp_path):
    path = write(tmp_path, feature(shapely.box(10, 46, 10.5, 46.2), name="lake", priority=4, deadline_h=5))  # fmt: skip
    targets = read_targets(path, framing=FRAMING).targets
    assert [target.name for target in targets] == [f"lake/{n + 1}" for n in range(len(targets))]
    assert {target.request for target in targets} == {"lake"}
    assert {(target.priority, target.due_s) for target in targets} == {(4.0, 18_000.0)}


def test_an_area_that_no_swath_covers_is_refused_with_its_size(tmp_path):
    path = write(tmp_path, feature(shapely.box(-20, 0, 50, 40), name="africa"))
    with pytest.raises(
        ScenarioError, match=r"'africa' of .* km2 needs more than .* shots of 20.48"
    ):
        read_targets(path, framing=FRAMING)


def test_shots_of_an_equal_area_are_laid_once():
    """A scenario's file is read at its check and again for its flight: two geometries, equal and not the same."""
    framing = Framing(1536, 1600, 10.0, tile_px=256)
    first, again = (
        lay_shots(shapely.box(12.0, 44.0, 12.6, 44.5), framing, middle=(12.3, 44.25)) for _ in "ab"
    )
    assert len(first) > 1
    assert again is first
