"""How a sweep is laid out: which cells, which keys, and what is refused before anything flies."""

import pytest
import yaml
from sweeping import write_sweep

from payload.errors import ScenarioError
from payload.sweep import grid, load_sweep, make_grid


@pytest.fixture
def lay_out(write_scenario, tmp_path):
    base = write_scenario()

    def make(*, yes=False, **keys):
        path = write_sweep(tmp_path, **({"base": base} | keys))
        return make_grid(load_sweep(path), yes=yes)

    return make


def test_a_grid_is_each_with_each_and_flies_with_each_seed(lay_out):
    grid = lay_out(
        grid={"pruning.max_cloud_cover": [0.3, 0.6], "link.rate_mbps": [1, 2, 3]}, seeds=[7, 9]
    )
    assert len(grid.cells) == 6
    assert [(run.cell, run.seed) for run in grid.runs] == [
        (cell, seed) for cell in range(6) for seed in (7, 9)
    ]
    assert len({run.key for run in grid.runs}) == 12


def test_designs_are_put_together(lay_out):
    over = {"link.rate_mbps": {"low": 1, "high": 2}}
    grid = lay_out(
        grid={"pruning.max_cloud_cover": [0.3, 0.6]},
        list=[{"memory.capacity_mb": 5}],
        random={"samples": 3, "over": over},
        latin_hypercube={"samples": 4, "over": over},
    )
    assert [cell.design for cell in grid.cells] == (
        ["grid"] * 2 + ["list"] + ["random"] * 3 + ["latin_hypercube"] * 4
    )


def test_the_digest_of_a_run_is_that_of_its_scenario(lay_out):
    """Two ways to one name: by the dump of the cell with the seed put in, and by the scenario itself."""
    grid = lay_out(grid={"link.rate_mbps": [1, 2]}, seeds=3)
    for run in grid.runs:
        changes = [*grid.data_of(run).items()]
        scenario = grid.template.scenario()
        again = type(scenario).model_validate(
            dict(changes), context={"folder": grid.template.source.path.parent}
        )
        assert again.digest == run.digest
        assert again.seed == run.seed


def test_the_same_cell_has_the_same_key_in_every_design(lay_out):
    listed = lay_out(list=[{"link.rate_mbps": 2}])
    gridded = lay_out(grid={"link.rate_mbps": [1, 2]})
    assert listed.runs[0].key == gridded.runs[1].key
    assert listed.runs[0].key != gridded.runs[0].key


@pytest.mark.parametrize(
    ("changes", "package"),
    [
        ({"codec.kind": "jpegls"}, "imagecodecs"),
        ({"codec.kind": "jxl"}, "imagecodecs"),
        ({"codec.kind": "j2k"}, "imagecodecs"),
        ({"codec.kind": "med-aec"}, "imagecodecs"),
        ({"codec": {"kind": "auto", "candidates": ["raw", "jxl"]}}, "imagecodecs"),
        ({"scheduler.kind": "milp"}, "highspy"),
        ({"rescheduling.bound": True}, "highspy"),
    ],
)
def test_a_package_that_a_plug_in_leans_on_counts_in_the_keys_that_use_it(
    lay_out, monkeypatch, changes, package
):
    pytest.importorskip(package)
    grid.code_digest()  # of the packages that all rows stand on; it is kept
    versions = {"imagecodecs": "1.0", "highspy": "1.0"}
    monkeypatch.setattr(grid, "package_version", versions.get)
    cells = [changes, {"codec.kind": "auto"}, {"codec.kind": "raw"}]
    old = lay_out(list=cells).runs
    versions[package] = "1.1"
    new = lay_out(list=cells).runs
    same = [one.key == other.key for one, other in zip(old, new, strict=True)]
    assert same == [False, True, True]
    assert [run.packages for run in new] == [{package: "1.1"}, {}, {}]
    assert grid.key_of(lay_out(list=[changes]).scenario_of(0, new[0].seed)) == new[0].key


def test_every_slice_of_a_latin_hypercube_is_met_once(lay_out):
    over = {
        "link.rate_mbps": {"low": 1, "high": 11},
        "memory.capacity_mb": {"low": 1, "high": 1000, "scale": "log"},
    }
    cells = lay_out(latin_hypercube={"samples": 10, "over": over}).cells
    assert sorted(int(cell.values["link.rate_mbps"] - 1) for cell in cells) == list(range(10))
    decades = [cell.values["memory.capacity_mb"] for cell in cells]
    assert all(sum(10**i <= v < 10 ** (i + 1) for v in decades) in {3, 4} for i in range(3))


def test_more_random_samples_leave_the_first_ones(lay_out):
    over = {"link.rate_mbps": {"low": 1, "high": 9}, "codec.kind": {"values": ["raw", "med-zstd"]}}
    few = lay_out(random={"samples": 4, "over": over}, seeds=2)
    many = lay_out(random={"samples": 9, "over": over}, seeds=2)
    assert many.runs[: len(few.runs)] == few.runs


def test_whole_numbers_are_even_and_meet_both_ends(lay_out):
    over = {"rescheduling.max_retakes": {"low": 1, "high": 4, "whole": True}}
    cells = lay_out(latin_hypercube={"samples": 40, "over": over}).cells
    found = [cell.values["rescheduling.max_retakes"] for cell in cells]
    assert {value: found.count(value) for value in found} == dict.fromkeys((1, 2, 3, 4), 10)


@pytest.mark.parametrize(
    ("keys", "said"),
    [
        ({"grid": {"pruning.max_cloud_covr": [0.5]}}, "did you mean 'max_cloud_cover'"),
        ({"list": [{"link.rate_mbs": 1}]}, "rate_mbps"),
        ({"grid": {"lnk.rate_mbps": [1]}}, "did you mean 'link'"),
        ({"set": {"duraton_h": 1}}, "did you mean 'duration_h'"),
        ({"grid": {"link.rate_mbps": [-1]}}, "link"),
        ({"grid": {"link.rate_mbps": []}}, "grid.link.rate_mbps"),
        ({"gird": {"link.rate_mbps": [1]}}, "did you mean 'grid'"),
        ({"grid": {"seed": [1, 2]}}, "seed is not a parameter"),
        ({"grid": {"link.rate_mbps": [float("nan")]}}, "link"),
        ({"grid": {"a'; drop table x; --": [1]}}, "grid"),
        ({"grid": {"x" * 1_000: [1]}}, "grid"),
        ({"name": "../../etc"}, "name"),
        ({"seeds": 0}, ": seeds: expected the number of seeds, 1 to"),
        ({"seeds": [1, 1]}, ": seeds: expected the number of seeds"),
        ({"seeds": [True, 2]}, ": seeds.0: found True; expected a whole number"),
        ({"seeds": [1.5, 2]}, ": seeds: expected the number of seeds"),
        ({"arms": ["legs"]}, "arms"),
        ({"random": {"samples": 2, "over": {"link.rate_mbps": {"low": 2, "high": 1}}}}, "low"),
        ({"base": "nowhere.yaml"}, "base"),
    ],
)
def test_what_is_wrong_is_said_before_anything_flies(lay_out, keys, said):
    with pytest.raises(ScenarioError) as caught:
        lay_out(**keys)
    assert said in str(caught.value)
    assert "sweep.yaml" in str(caught.value)
    assert len(str(caught.value)) < 30_000


def test_a_million_cells_want_consent_and_are_counted_without_being_made(lay_out):
    big = {"link.rate_mbps": list(range(1, 1001)), "memory.capacity_mb": list(range(1, 1001))}
    with pytest.raises(ScenarioError, match=r"1,000,000 cells make 1,000,000 runs.*--yes"):
        lay_out(grid=big)
    with pytest.raises(ScenarioError, match="10,000,000 runs"):
        lay_out(grid=big, seeds=10, yes=True)


def test_the_example_is_good(root):
    for path in (root / "scenarios" / "sweeps").glob("*.yaml"):
        spec = load_sweep(path)
        assert spec.name == path.stem
        assert len(make_grid(spec).runs) == spec.run_count
        assert yaml.safe_load(path.read_text())["base"].startswith("../")


def test_a_range_without_a_whole_number_is_refused(lay_out):
    over = {"rescheduling.max_retakes": {"low": 0.2, "high": 0.8, "whole": True}}
    with pytest.raises(ScenarioError, match="no whole number lies between"):
        lay_out(random={"samples": 3, "over": over})


def test_rows_of_a_strangers_plug_in_go_by_its_code(lay_out, monkeypatch):
    """What it was when they were flown; the package's own code counts as well."""
    before = lay_out(grid={"link.rate_mbps": [1]}).runs
    monkeypatch.setattr(grid, "_code", lambda _, kind: "0" * 64 if kind == "blue" else None)
    changed = lay_out(grid={"link.rate_mbps": [1]}).runs
    assert changed[0].digest == before[0].digest
    assert changed[0].key != before[0].key


def test_the_orbits_of_a_constellation_are_a_strangers_where_he_has_their_name(
    write_scenario, tmp_path, monkeypatch
):
    """Of two plug-ins of one name one alone is found."""
    planes = {"name": "ring", "altitude_km": 550, "ltan": "10:30", "planes": 1}
    ring = [{**planes, "satellites_per_plane": 2}]
    base = write_scenario(satellites=None, constellations=ring)
    spec = load_sweep(write_sweep(tmp_path, base))
    before = make_grid(spec).runs
    monkeypatch.setattr(grid, "_code", lambda _, kind: "0" * 64 if kind == "sgp4" else None)
    assert make_grid(spec).runs[0].key != before[0].key
