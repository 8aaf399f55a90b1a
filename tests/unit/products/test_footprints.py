"""Footprints anywhere: their area and their place by a second method, whole at poles and the antimeridian."""

from dataclasses import replace
from datetime import UTC, datetime

import numpy as np
import pytest
import shapely
from hypothesis import example, given
from hypothesis import strategies as st

from payload.geometry.earth import site, subsatellite_deg
from payload.products.footprints import bbox, georeferenced, view_footprint
from payload.types import Georeference, Radiometry, Sensor, View
from payload.world.grid import SceneGrid

SENSOR = Sensor(
    bands=("blue", "green", "red", "nir"), gsd_m=10.0, width_px=1600, height_px=1200, bit_depth=12,
    radiometry=Radiometry(4e-4), max_off_nadir_deg=30.0, min_sun_elevation_deg=5.0, settle_s=5.0,
)  # fmt: skip


def view(lat_deg, lon_deg):
    return View("sat/x/1", "x", lat_deg, lon_deg, datetime(2026, 6, 21, tzinfo=UTC), 40.0, SENSOR)


def area_km2(shape):
    """Lambert's cylindrical equal-area projection of the sphere of equal surface, edges straight in degrees."""
    total = 0.0
    for part in shapely.get_parts(shape):
        fine = shapely.segmentize(part, 0.01)
        lon, lat = np.radians(np.array(fine.exterior.coords)).T
        total += shapely.Polygon(np.column_stack((lon, np.sin(lat)))).area
    return total * 6371.007**2


@given(st.floats(-90, 90), st.floats(-180, 180))
@example(90.0, 0.0)
@example(-89.99, 77.0)
@example(89.9921875, 1.0)
@example(71.0, 180.0)
@example(0.0, -179.97)
@example(0.0, 179.95)
def test_a_footprint_is_whole_wherever_it_lies(lat_deg, lon_deg):
    shape = view_footprint(view(lat_deg, lon_deg))
    assert shape.is_valid
    assert shape.distance(shapely.Point(lon_deg, lat_deg)) < 1e-4
    # A square metre of the ellipsoid in degrees is not the sphere's: they differ by 0.9 % at most, at the poles.
    assert area_km2(shape) == pytest.approx(16.0 * 12.0, rel=0.01)
    west, south, east, north = bbox(shape)
    assert -180 <= west <= 180
    assert -180 <= east <= 180
    assert south <= north
    if west > east:
        assert len(shapely.get_parts(shape)) == 2
        assert (west - east) % 360 > 180


@pytest.mark.parametrize("lat_deg", [85.0, 88.9, 89.5, 89.93, -89.99, 90.0])
def test_near_a_pole_a_footprint_holds_the_places_of_its_pixels_and_no_others(lat_deg):
    """Places scattered in the plane that touches, also beside the image; 90 km wide, 20 km high."""
    wide = replace(SENSOR, width_px=9000, height_px=2000)
    east_km, north_km = np.random.default_rng(1).uniform(-1, 1, (2, 10_000)) * [[60], [20]]
    middle = site(lat_deg, 179.0)
    away = east_km[:, None] * middle.east + north_km[:, None] * middle.north
    place_lat, place_lon = subsatellite_deg(middle.position_km + away)
    ours = shapely.contains_xy(
        view_footprint(replace(view(lat_deg, 179.0), sensor=wide)), place_lon, place_lat
    )
    assert np.mean(ours != ((abs(east_km) < 45) & (abs(north_km) < 10))) < 0.001


def test_a_raster_around_a_pole_has_a_footprint_of_its_area():
    around = Georeference("EPSG:3413", (-5e5, 1e3, 0.0, 5e5, 0.0, -1e3))  # the scale is 0.97 there
    shape = georeferenced(around, 1000, 1000)
    assert area_km2(shape) == pytest.approx(1e6 / 0.97**2, rel=0.02)


@given(st.floats(-85, 85), st.floats(-180, 180))
def test_the_plane_that_touches_is_the_projection_of_the_scene(lat_deg, lon_deg):
    """The footprint of a view beside PROJ's azimuthal equidistant projection, which the scene names."""
    place = SceneGrid(lat_deg, lon_deg, 10.0, 1200, 1600).georeference
    ours, theirs = view_footprint(view(lat_deg, lon_deg)), georeferenced(place, 1200, 1600)
    metre_deg = 1e-5
    assert ours.hausdorff_distance(theirs) * np.cos(np.radians(lat_deg)) < 3 * metre_deg


def test_a_raster_without_a_place_on_earth_has_no_footprint():
    nowhere = Georeference("", (0.0, 10.0, 0.0, 0.0, 0.0, -10.0))
    local = Georeference('LOCAL_CS["a wall",UNIT["metre",1]]', (0.0, 10.0, 0.0, 0.0, 0.0, -10.0))
    assert georeferenced(nowhere, 10, 10) is None
    assert georeferenced(local, 10, 10) is None
    utm = Georeference("EPSG:32633", (5e5, 10.0, 0.0, 4.6e6, 0.0, -10.0))
    assert georeferenced(utm, 10, 10).bounds == pytest.approx(
        (15.0, 41.5505, 15.0012, 41.5514), abs=1e-3
    )
