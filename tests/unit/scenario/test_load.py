"""A mistake in a scenario is answered with file, line, key, what was found and what is wanted."""

import pytest

from payload.errors import ScenarioError
from payload.scenario.load import load_scenario

GOOD = """\
name: good
epoch_utc: 2026-03-20T00:00:00Z
duration_h: 24
satellites:
  - name: one
    orbit: {kind: sgp4, altitude_km: 550, ltan: 22:30}
stations:
  - {name: svalbard, lat_deg: 78.23, lon_deg: 15.39}
targets: {file: places.geojson}
camera: {gsd_m: 10, width_px: 64, height_px: 64}
scene: {kind: synthetic}
masker: {kind: blue}
memory: {capacity_mb: 10}
link:
  kind: fixed
  rate_mbps: 1
"""


@pytest.fixture
def load(tmp_path):
    """Load a text as a scenario, with overrides."""
    (tmp_path / "places.geojson").write_text('{"type": "Point", "coordinates": [0, 0]}')

    def load_text(text=GOOD, *overrides):
        path = tmp_path / "s.yaml"
        path.write_bytes(text.encode() if isinstance(text, str) else text)
        return load_scenario(path, overrides)

    return load_text


def test_a_good_scenario_loads_with_its_defaults(load):
    scenario = load()
    assert scenario.pruning.max_cloud_cover == 0.7
    assert scenario.codec.kind == "med-zstd"
    assert scenario.epoch_utc.isoformat() == "2026-03-20T00:00:00+00:00"


def test_a_local_time_with_a_colon_stays_text(load):
    assert load().satellites[0].orbit.options.ltan == "22:30"


@pytest.mark.parametrize(
    ("old", "new", "line", "said"),
    [
        (
            "rate_mbps: 1",
            "rate_mbp: 1",
            16,
            "link.rate_mbp: unknown key; did you mean 'rate_mbps'?",
        ),
        ("rate_mbps: 1", "rate_mbps: fast", 16, "link.rate_mbps: found 'fast'"),
        ("rate_mbps: 1", "rate_mbps: .nan", 16, "link.rate_mbps: found nan"),
        ("rate_mbps: 1", "rate_mbps: -1", 16, "link.rate_mbps: found -1"),
        ("lat_deg: 78.23", "lat_deg: 95", 8, "stations.0.lat_deg: found 95"),
        ("capacity_mb: 10", "capacity_mb: -1", 13, "memory.capacity_mb: found -1"),
        ("capacity_mb: 10", "capacity_mb: .inf", 13, "memory.capacity_mb: found inf"),
        ("gsd_m: 10,", "gsd: 10,", 10, "camera.gsd: unknown key; did you mean 'gsd_m'?"),
        (
            "kind: fixed",
            "kind: fixd",
            15,  # of the kind itself
            "no link of kind 'fixd' is installed; did you mean 'fixed'?",
        ),
        ("kind: fixed", "kinds: fixed", 14, "expected a key `kind`"),
        ("duration_h: 24", "duration_hours: 24", 3, "unknown key; did you mean 'duration_h'?"),
        ("duration_h: 24", "duration_h: [24]", 3, "duration_h: found [24]"),
        ("00:00:00Z", "00:00:00", 2, "epoch_utc: found '2026-03-20T00:00:00'"),
        ("name: good", "name: ../../etc", 1, "name: found '../../etc'"),
        ("places.geojson", "nowhere.geojson", 9, "targets.file: there is no such file"),
        ("places.geojson", "/vsicurl/x.geojson", 9, "schemes and /vsi paths are refused"),
        ("places.geojson", "https://host/x.geojson", 9, "schemes and /vsi paths are refused"),
        ("ltan: 22:30", "ltan: 25:99", 6, "satellites.0.orbit"),
        ("altitude_km: 550", "altitude_km: 5", 6, "satellites.0.orbit"),
        ("name: good", "name: good\nname: twice", 2, "the key 'name' appears twice"),
        ("kind: synthetic", "kind: &a synthetic", 11, "anchors and aliases"),
        ("kind: synthetic", "kind: !!python/object:os.system x", 11, "is not supported"),
        (
            "name: good",
            "name: !!python/object/apply:os.system [ls]",
            1,
            "the tag 'tag:yaml.org,2002:python/object/apply:os.system' is not supported",
        ),
        ("{kind: synthetic}", "!scene {kind: synthetic}", 11, "the tag '!scene' is not supported"),
        ("kind: synthetic", "kind: [", 11, "is not YAML"),
    ],
)
def test_a_mistake_is_named_with_its_place_and_its_mending(load, old, new, line, said):
    assert old in GOOD
    with pytest.raises(ScenarioError) as caught:
        load(GOOD.replace(old, new))
    text = str(caught.value)
    assert f"s.yaml:{line}:" in text
    assert said in text
    assert caught.value.exit_code == 2


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "expected a mapping of keys"),
        ("- a\n- b\n", "expected a mapping of keys"),
        ("just words", "expected a mapping of keys"),
        (b"\xff\xfe\x00binary", "is not UTF-8 text"),
        (b"\x00\x01", "is not YAML"),
        ("a: " + "[" * 1100, "is nested more than 32 deep"),
        ("x" * 1_100_000, "is larger than"),
        ("? [a, b]\n: c\n", "a key must be a plain word"),
    ],
)
def test_what_is_no_scenario_is_refused_with_a_sentence(load, text, said):
    with pytest.raises(ScenarioError, match=said):
        load(text)


def test_a_folder_or_a_missing_file_is_refused_with_a_sentence(tmp_path):
    with pytest.raises(ScenarioError, match="no such file"):
        load_scenario(tmp_path / "none.yaml")
    with pytest.raises(ScenarioError, match="cannot be read: Is a directory"):
        load_scenario(tmp_path)


@pytest.mark.parametrize(
    ("override", "said"),
    [
        ("link.kind=fixd", "--set link.kind=fixd: link: no link of kind"),
        ("targets.file=", "s.yaml:9 with --set targets.file=: targets: "),
        ("name=wächter", "found 'wächter'; expected at most 64 letters without accents, digits"),
        ("satellites.0.orbit.ltan=25:00", "found '25:00'; expected a time of day, such as 10:30"),
        ("epoch_utc=2026-06-21", "a time zone, such as 2026-06-21T00:00:00Z"),
        ("epoch_utc=yesterday", "a time zone, such as 2026-06-21T00:00:00Z"),
    ],
)
def test_an_override_that_spoils_a_scenario_is_blamed_in_words(load, override, said):
    with pytest.raises(ScenarioError) as caught:
        load(GOOD, override)
    assert said in str(caught.value)


def test_all_mistakes_are_told_at_once(load):
    text = GOOD.replace("gsd_m: 10", "gsd_m: 0").replace("rate_mbps: 1", "rate_mbps: 0")
    with pytest.raises(ScenarioError) as caught:
        load(text)
    assert len(str(caught.value).splitlines()) == 2


def test_an_override_sets_a_value_and_is_checked_like_the_file(load):
    assert load(GOOD, "link.rate_mbps=25", "seed=4").link.options.rate_mbps == 25
    with pytest.raises(
        ScenarioError, match=r"--set link\.rate_mbp=25: link\.rate_mbp: unknown key"
    ):
        load(GOOD, "link.rate_mbp=25")
    with pytest.raises(ScenarioError, match=r"--set stations\.0\.lat_deg=95: .*found 95"):
        load(GOOD, "stations.0.lat_deg=95")
    with pytest.raises(ScenarioError, match=r"path\.to\.key=value"):
        load(GOOD, "link.rate_mbps")
    with pytest.raises(ScenarioError, match="nothing below it"):
        load(GOOD, "name.first=x")


@pytest.mark.parametrize(
    ("override", "says"),
    [
        ("stations.7={}", "stations has no 7; it has 0 ("),
        ("stations.7.lat_deg=3", "stations has no 7; it has 0 ("),
        ("stations.oslo.lat_deg=3", "stations has no oslo; it has 0 ("),
        ("stations.-1.lat_deg=3", "stations has no -1; it has 0 ("),
        ("satellites.1.orbit.altitude_km=600", "satellites has no 1; it has 0 ("),
        ("faults.0.kind=station_out", "faults has no 0, as the list is empty; set it as a whole"),
        ("uplink.uploads.0.kb=3", "uplink.uploads has no 0, as the list is empty"),
        ("stations=3", "found 3; expected a list"),
        ("epoch_utc=2026-02-30T00:00:00Z", "there is no such day"),
        ("link.kind=dvbs2", "this key is missing"),
        ("camera=3", "found 3; expected a mapping of keys"),
    ],
)
def test_an_override_that_spoils_something_is_named_with_what_is_wanted_or_there(
    load, override, says
):
    with pytest.raises(ScenarioError) as caught:
        load(GOOD, override)
    assert f"--set {override}: " in str(caught.value)
    assert "Input" not in str(caught.value)
    assert says in str(caught.value)


def test_a_long_list_is_told_by_its_first_items_and_its_last_place(load):
    """Thirty stations would fill the screen."""
    stations = ", ".join(f"{{name: s{place}, lat_deg: 1, lon_deg: {place}}}" for place in range(30))
    with pytest.raises(ScenarioError) as caught:
        load(GOOD, f"stations=[{stations}]", "stations.30.lat_deg=2")
    told = str(caught.value).removeprefix("--set stations.30.lat_deg=2: ")
    assert told.startswith("stations has no 30; it has 0 (s0), 1 (s1), ")
    assert told.endswith(", … 29")
    assert len(told) < 200


def test_an_override_of_a_kind_starts_from_the_defaults_of_the_new_kind(load):
    text = GOOD.replace("masker: {kind: blue}", "masker: {kind: blue, blue_threshold: 0.3}")
    assert load(text, "masker.kind=oracle").masker.kind == "oracle"


def test_an_override_of_an_option_of_a_default_plug_in_needs_no_kind(load):
    assert load(GOOD, "codec.level=5").codec.options.level == 5


def test_the_digest_is_of_contents_not_of_paths(load, tmp_path):
    first = load()
    (tmp_path / "elsewhere").mkdir()
    for name in ("s.yaml", "places.geojson"):
        (tmp_path / "elsewhere" / name).write_bytes((tmp_path / name).read_bytes())
    moved = load_scenario(tmp_path / "elsewhere" / "s.yaml")
    assert moved.digest == first.digest
    (tmp_path / "elsewhere" / "places.geojson").write_text(
        '{"type": "Point", "coordinates": [1, 0]}'
    )
    assert load_scenario(tmp_path / "elsewhere" / "s.yaml").digest != first.digest
    assert load(GOOD, "seed=9").digest != first.digest


def test_comments_and_order_do_not_change_the_digest(load):
    lines = GOOD.splitlines()
    turned = "\n".join(["# hello", *lines[1:3], lines[0], *lines[3:]])
    assert load(turned).digest == load().digest


def test_two_things_of_one_name_are_refused(load):
    twice = "\n  - {name: svalbard, lat_deg: 1, lon_deg: 1}\ntargets"
    with pytest.raises(ScenarioError, match="stations need different names"):
        load(GOOD.replace("\ntargets", twice))


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        (
            "\nstations",
            "\n  - {name: one, orbit: {kind: sgp4, altitude_km: 560, ltan: 22:30}}\nstations",
            "s.yaml:7: satellites.1: satellites need different names; used more than once: one",
        ),
        (
            "\n  - name: one\n    orbit: {kind: sgp4, altitude_km: 550, ltan: 22:30}",
            " []",
            "s.yaml:4: satellites: satellites and constellations add up to 0 satellites",
        ),
        (
            "\nlink",
            "\nloss: {max_error: 4000}\nlink",
            "s.yaml:14: loss.max_error: loss.max_error is 4000",
        ),
    ],
)
def test_sections_that_do_not_fit_together_are_blamed_where_they_stand(load, old, new, said):
    with pytest.raises(ScenarioError) as caught:
        load(GOOD.replace(old, new, 1))
    assert said in str(caught.value)


def test_a_change_that_leaves_nobody_to_fly_is_blamed_itself(load):
    with pytest.raises(ScenarioError, match=r"--set satellites=\[\]: satellites: "):
        load(GOOD, "satellites=[]")
