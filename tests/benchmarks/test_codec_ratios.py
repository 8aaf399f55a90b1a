"""Encoding speeds of all codecs against zstd-3 on samples as they are, taken in turns; a third of slack.

The aims stand in `payload.trials.targets`; the figures on 128 real tiles in results/codecs. Off by default.
Where there are real images (PAYLOAD_SIM_DATA) every eighth of the listed tiles is coded, else painted ones:
speeds of coders depend on what they code, most of all that of zstd-3 on smooth ground.
"""

import os
import tomllib
from datetime import UTC, datetime
from pathlib import Path

import pytest

from payload.registry import kinds
from payload.trials import TARGETS, Terms
from payload.trials.contestants import YARDSTICK, contestants
from payload.trials.listed import listed_tiles, read_list
from payload.trials.race import race
from payload.trials.tiles import TrialTile
from payload.types import Radiometry, Sensor, View, Window
from payload.world.geotiff import BANDS
from payload.world.synthetic import Synthetic

SLACK = 2 / 3
ROUNDS = 5
PLACES = ((48.1, 11.5), (-3.1, -60.0), (23.5, 25.0), (67.9, 26.5), (35.0, -140.0))
AIMED = sorted(name for name, target in TARGETS.items() if target.encode is not None)


def test_every_codec_of_ours_has_its_place_in_the_table_of_targets(root):
    """Those of `pyproject.toml`, installed or not; and nobody else's speed is aimed at."""
    project = tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    ours = set(project["entry-points"]["payload.codec"])
    assert ours <= set(TARGETS)


@pytest.fixture(scope="module")
def tiles(request):
    data = os.environ.get("PAYLOAD_SIM_DATA")
    if data is None:
        return [painted(*place) for place in PLACES]
    listed = read_list(request.config.rootpath / "results" / "codecs" / "tiles.json")
    some = tuple(one for one in listed if one.is_kept)[::8]
    return list(listed_tiles(Path(data) / "clouds", some))


def painted(lat_deg, lon_deg):
    """A tile of the synthetic Earth at 10 m, DN as the listed tiles have them."""
    sensor = Sensor(BANDS, 10.0, 256, 256, 12, Radiometry(1 / 3000), 0.0, -90.0, 0.0)
    name = f"{lat_deg},{lon_deg}"
    moment = datetime(2026, 6, 21, 10, tzinfo=UTC)
    scene = Synthetic(seed=0).scene(View(name, name, lat_deg, lon_deg, moment, 45.0, sensor))
    return TrialTile(name, "", scene.read(Window(0, 0, 256, 256)).bands, 12)


@pytest.mark.parametrize("name", AIMED)
def test_encoding_against_zstd_on_samples_as_they_are(benchmark, tiles, name):
    """CPU time over all tiles, the best of five rounds each."""
    if name not in kinds("payload.codec"):
        pytest.skip(f"the codec {name} is not installed here")
    (yardstick, codec), _ = contestants(Terms(name))
    laps = [race(tile, [yardstick, codec], rounds=ROUNDS) for tile in tiles]
    encode_s = {one: sum(lap[one].encode_s for lap in laps) for one in (YARDSTICK, name)}
    decode_s = sum(lap[name].decode_s for lap in laps)
    found = encode_s[YARDSTICK] / encode_s[name]
    benchmark.extra_info["encoding over zstd-3"] = round(found, 2)
    benchmark.extra_info["decoding over zstd-3"] = round(encode_s[YARDSTICK] / decode_s, 2)
    benchmark.pedantic(codec.encode, args=[tiles[0].bands], kwargs={"bit_depth": 12}, rounds=3)
    target = TARGETS[name]
    assert found >= SLACK * target.encode
    decode = target.decode if has_numba() else target.decode_plain
    if decode is not None:
        assert encode_s[YARDSTICK] / decode_s >= SLACK * decode


def has_numba():
    try:
        import numba  # noqa: F401, PLC0415 - is it there?
    except ImportError:
        return False
    return True
