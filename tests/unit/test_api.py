"""For programmers: names as text do what paths do, a lone text what a list of one does, and nonsense is refused."""

import json

import pytest

from payload import api
from payload.errors import ImageryError, ScenarioError


@pytest.fixture
def flown(write_scenario, tmp_path):
    """A flight, all names given as text."""
    path = str(write_scenario())
    return api.run(api.check(path), str(tmp_path / "out"), jobs=1)


def test_a_scenario_named_by_text_is_that_named_by_its_path(write_scenario):
    path = write_scenario()
    assert api.load_scenario(str(path)).digest == api.load_scenario(path).digest
    assert api.examine(str(path)).digest == api.load_scenario(path).digest
    (_, base), (_, variant) = api.variants(str(path), ["pruning.max_cloud_cover=0.3"])
    assert (base.digest, variant.pruning.max_cloud_cover) == (api.load_scenario(path).digest, 0.3)


def test_results_named_by_text_are_asked_as_those_named_by_a_path(flown, tmp_path):
    folder = str(flown.folder)
    assert api.columns(folder) == api.columns(flown.folder)
    sql = "select count(*) from tiles"
    assert api.query(folder, sql) == api.query(flown.folder, sql)
    before = (flown.folder / "report.html").read_bytes()
    assert api.report(folder).read_bytes() == before
    assert api.compare_results([folder, flown.folder]).variants == (flown.folder.name,) * 2
    scenario = api.load_scenario(str(tmp_path / "small.yaml"))
    _, place = api.plan(scenario, str(tmp_path / "plans"))
    assert json.loads((place / "plan.json").read_text())["scenario"] == "small"


def test_a_sweep_named_by_text_is_that_named_by_its_path(write_scenario, tmp_path):
    path = tmp_path / "sweep.yaml"
    base = write_scenario().name
    path.write_text(f"name: s\nbase: {base}\ngrid: {{link.rate_mbps: [1]}}\n")
    assert api.load_sweep(str(path)) == api.load_sweep(path)


def test_a_lone_text_is_one_text_and_not_its_letters(write_scenario, tmp_path):
    path, text = write_scenario(), "pruning.max_cloud_cover=0.3"
    assert api.load_scenario(path, text).digest == api.load_scenario(path, [text]).digest
    assert api.variants(path, text, "seed=5") == api.variants(path, [text], ["seed=5"])
    with pytest.raises(ImageryError, match="there is no file nowhere"):
        api.mask("nowhere.tif", tmp_path / "masks")


def test_variants_are_flown_in_a_folder_that_need_not_be_there_and_once_more(
    write_scenario, tmp_path
):
    flown = api.variants(write_scenario(duration_h=2), ["link.rate_mbps=2"])
    first = api.compare(flown, tmp_path / "new" / "spool")
    assert api.compare(flown, str(tmp_path / "new" / "spool")) == first
    assert not list((tmp_path / "new" / "spool").iterdir())
    (tmp_path / "file").write_text("")
    with pytest.raises(ScenarioError, match="file: cannot be written"):
        api.compare(flown, tmp_path / "file")


def test_a_list_or_a_map_is_one_value_of_a_what_if_whatever_lies_within(write_scenario):
    near = {"name": "near", "lat_deg": 69.7, "lon_deg": 18.9}
    far = {"name": "far", "lat_deg": -46.5, "lon_deg": 168.4}
    craft = {"name": "b", "orbit": {"kind": "sgp4", "altitude_km": 500, "ltan": "12:00"}}
    stations = f"stations={json.dumps([near])},{json.dumps([near, far])}, []"
    told = api.what_if_settings([stations, f"satellites={json.dumps([craft])}", "seed_=a,b"])
    assert [len(json.loads(setting["stations"])) for setting in told[:3]] == [1, 2, 0]
    assert json.loads(told[3]["satellites"]) == [craft]
    assert told[4:] == [{"seed_": "a"}, {"seed_": "b"}]
    (_, _), (_, two) = api.variants(write_scenario(), f"stations={json.dumps([near, far])}")
    assert [station.name for station in two.stations] == ["near", "far"]


@pytest.mark.parametrize("jobs", [0, -1, 4097])
def test_as_many_processes_as_nobody_has_are_refused(write_scenario, tmp_path, jobs):
    scenario = api.load_scenario(write_scenario())
    with pytest.raises(ScenarioError, match=f"jobs {jobs}: expected 1 to 4096"):
        api.run(scenario, tmp_path / "out", jobs=jobs)
    with pytest.raises(ScenarioError, match=f"jobs {jobs}"):
        api.executor(jobs=jobs)
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("look", [api.check, api.examine])
def test_tiles_that_cut_through_the_cells_of_a_network_are_refused(write_scenario, look):
    """The packaged `fast` works in 16 px: tiles of 40 would see other edges; of one tile, or of 48, nothing is cut."""
    fast = {"masker": {"kind": "onnx", "model": "fast"}}
    with pytest.raises(
        ScenarioError, match=r"pruning.tile_px: 40 px is not a multiple of .* 16 px.*32 or 48"
    ):
        look(write_scenario(**fast, pruning={"tile_px": 40}))
    for fits in (48, 88):
        look(write_scenario(**fast, pruning={"tile_px": fits}))
