import json

import pytest

from payload.errors import ScenarioError
from payload.imaging import read_targets
from payload.types import Target

SQUARE = [[[10.0, 50.0], [10.4, 50.0], [10.4, 50.2], [10.0, 50.2], [10.0, 50.0]]]
BOW_TIE = [[[0.0, 0.0], [1.0, 1.0], [1.0, 0.0], [0.0, 1.0], [0.0, 0.0]]]
CRESCENT = [
    [[0.0, 0.0], [4.0, 0.0], [4.0, 4.0], [0.0, 4.0], [0.0, 3.0], [3.5, 2.0], [0.0, 1.0], [0.0, 0.0]]
]


def point(lon_deg=11.0, lat_deg=48.0, **properties):
    return {
        "type": "Feature",
        "properties": properties,
        "geometry": {"type": "Point", "coordinates": [lon_deg, lat_deg]},
    }


def area(coordinates, kind="Polygon", **properties):
    geometry = {"type": kind, "coordinates": coordinates}
    return {"type": "Feature", "properties": properties, "geometry": geometry}


def read(tmp_path, *features):
    path = tmp_path / "targets.geojson"
    path.write_text(json.dumps({"type": "FeatureCollection", "features": list(features)}))
    return read_targets(path).targets


def test_points_become_targets_in_the_order_of_the_file(tmp_path):
    found = read(tmp_path, point(1, 2, name="Nairobi"), point(-3.5, 4.25, priority=2.5, name="b"))
    assert found == (Target("Nairobi", 2.0, 1.0), Target("b", 4.25, -3.5, 2.5))


def test_a_target_without_a_name_is_called_by_its_place_in_the_file(tmp_path):
    found = read(
        tmp_path, point(), point(name="named"), point(name=None), {**point(), "properties": None}
    )
    assert [target.name for target in found] == ["target-1", "named", "target-3", "target-4"]


def test_an_area_is_stood_for_by_a_point_inside_it(tmp_path):
    square, crescent = read(tmp_path, area(SQUARE), area(CRESCENT))
    assert (square.lon_deg, square.lat_deg) == pytest.approx((10.2, 50.1))
    # The middle of a crescent lies outside of it.
    assert not (
        crescent.lon_deg < 3.5 and abs(crescent.lat_deg - 2.0) < 1.0 - crescent.lon_deg / 3.5
    )


def test_an_area_cut_at_the_antimeridian_is_one_target(tmp_path):
    west = [[[179.0, -17.0], [180.0, -17.0], [180.0, -16.0], [179.0, -16.0], [179.0, -17.0]]]
    east = [[[-180.0, -17.0], [-179.5, -17.0], [-179.5, -16.0], [-180.0, -16.0], [-180.0, -17.0]]]
    (fiji,) = read(tmp_path, area([west, east], "MultiPolygon", name="Fiji"))
    assert fiji.lon_deg > 179.0
    assert -17.0 < fiji.lat_deg < -16.0


@pytest.mark.parametrize("bare", [False, True])
def test_a_single_feature_and_a_bare_geometry_are_targets_too(tmp_path, bare):
    path, feature = tmp_path / "one.geojson", point(7, 8)
    path.write_text(
        "\ufeff" + json.dumps(feature["geometry"] if bare else feature), encoding="utf-8"
    )
    assert read_targets(path).targets == (Target("target-1", 8.0, 7.0),)


def test_heights_are_passed_over(tmp_path):
    feature = point()
    feature["geometry"]["coordinates"].append(1500.0)
    assert read(tmp_path, feature) == (Target("target-1", 48.0, 11.0),)


@pytest.mark.parametrize(
    ("feature", "message"),
    [
        (point(181, 0), "longitude 181.0, latitude 0.0 is not on the globe"),
        (point(180.2, 0), r"longitudes run from -180 to 180: write -179\.8$"),
        (point(359, 0), r"write -1$"),
        (area([[[179, 0], [181, 0], [181, 1], [179, 0]]]), "write -179, and cut the area in two"),
        (point(0, 95), "longitude 0.0, latitude 95.0 is not on the globe"),
        (point(447000, 5411000), "not on the globe"),
        (point(float("nan"), 0), "numbers must be finite"),
        (point(0, float("inf")), "numbers must be finite"),
        (point("east", 0), "not a position"),
        (point(True, 0), "not a position"),
        (area([], "Point"), "not a position"),
        (area([1.0], "Point"), "not a position"),
        (area([1.0, 2.0, 3.0, 4.0, 5.0], "Point"), "not a position"),
        (area(None), "not a list nested as deeply"),
        (area([]), "the geometry is empty"),
        (area([1.0, 2.0]), "not a list nested as deeply"),
        (area([[[0, 0], [1, 1]]]), "the geometry cannot be read"),
        (area(BOW_TIE), "the area is not valid: Self-intersection"),
        (area([[[0, 0], [1, 1], [2, 2], [0, 0]]]), "the area is not valid"),
        (
            area([[[-179, 0], [179, 0], [179, 1], [-179, 1], [-179, 0]]]),
            "spans more than 180 deg of longitude",
        ),
        (
            area([[0, 0], [1, 1]], "LineString"),
            "'LineString'; expected one of Point, Polygon, MultiPolygon",
        ),
        (area([[0, 0]], "MultiPoint"), "'MultiPoint'"),
        ({"type": "Feature", "properties": {}, "geometry": None}, "the geometry is None"),
        ({"type": "Feature", "properties": [1], "geometry": {}}, "properties must be an object"),
        ({"type": "Thing"}, "expected a GeoJSON Feature"),
        ("Feature", "expected a GeoJSON Feature"),
        (point(name=7), "the name 7.0 is not text"),
        (point(name="n" * 10_001), "has 10001 characters; expected at most 64"),
        (point(name="  "), "no letter and no digit"),
        (point(name=".."), "no letter and no digit"),
        (point(name="../a"), "a slash or a control character"),
        (point(name="a\u0000b"), "a slash or a control character"),
        (point(priority="high"), "the priority 'high' is not a number"),
        (point(priority=True), "the priority True is not a number"),
        (point(priority=-1), "the priority -1.0 is not between 0 and"),
        (point(priority=float("nan")), "the priority nan is not between"),
        (point(priority=10**400), "the priority inf is not between"),
    ],
)
def test_what_is_wrong_with_a_feature_is_said_in_one_sentence(tmp_path, feature, message):
    with pytest.raises(ScenarioError, match=message) as caught:
        read(tmp_path, point(name="good"), feature)
    assert "feature 2" in str(caught.value)
    assert "\n" not in str(caught.value)
    assert len(str(caught.value)) < 400


@pytest.mark.parametrize(
    ("names", "told"), [(["a", "b", "a"], "'a'"), (["target-2", None], "'target-2'")]
)
def test_two_targets_of_one_name_are_refused(tmp_path, names, told):
    with pytest.raises(ScenarioError, match=f"the name {told} is used for 2 targets"):
        read(tmp_path, *(point(name=name) for name in names))


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "is not JSON"),
        (b"{", "is not JSON"),
        (b"[" * 200_000, "is not JSON"),
        (b"\xff\xfe", "is not a text file"),
        (b"[]", "is not GeoJSON"),
        (b"7", "is not GeoJSON"),
        (b"{}", "the geometry is None"),
        (b'{"type": "FeatureCollection"}', "needs a list of features"),
        (b'{"type": "FeatureCollection", "features": []}', "holds no target"),
        (b'{"type": "GeometryCollection", "geometries": []}', "'GeometryCollection'"),
    ],
)
def test_a_file_that_is_no_geojson_is_refused_by_name(tmp_path, content, message):
    path = tmp_path / "bad.geojson"
    path.write_bytes(content)
    with pytest.raises(ScenarioError, match=message) as caught:
        read_targets(path)
    assert "bad.geojson" in str(caught.value)


def test_a_folder_and_a_missing_file_are_refused(tmp_path):
    for path in (tmp_path, tmp_path / "missing.geojson"):
        with pytest.raises(ScenarioError, match="is not a file"):
            read_targets(path)
