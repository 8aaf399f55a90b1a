"""`auto` keeps the contract, picks as its options say, and its records open without it."""

import sys

import numpy as np
import pytest
from contracts.codec import CodecContract, textured, tile_of
from contracts.own_codec import blotches
from hypothesis import given
from hypothesis import strategies as st

from payload.compression import open_record, seal
from payload.compression.auto import ESTIMATES, Auto, residual_entropy
from payload.compression.ls_golomb import LsGolomb
from payload.compression.med import MedZstd
from payload.compression.raw import Raw
from payload.compression.sealing import Coding, seal_clear
from payload.compression.strong import Strong
from payload.darkroom.fidelity import codec_of, fitted_on
from payload.equipment import make_sensor
from payload.errors import CodecError, PluginError
from payload.ports import Choosing
from payload.registry import build, plugin, validate
from payload.scenario.load import load_scenario


class TestAuto(CodecContract):
    codec = Auto()


FLAT = np.full((4, 256, 256), 7, np.uint16)
CODECS = {"raw": Raw(), "med-zstd": MedZstd(), "ls-golomb": LsGolomb(), "strong": Strong()}


def ground():
    """With some four bits of noise, like most of the tiles that the table was fitted to."""
    return textured((4, 64, 64), 12) >> np.uint16(3)


GROUND = ground()


def picked(bands, **options):
    return Auto(**options).choose(bands, bit_depth=12)[0]


def test_it_is_found_by_its_name_and_its_options_are_known():
    assert plugin("payload.codec", "auto") is Auto
    assert isinstance(Auto(), Choosing)
    assert not isinstance(Strong(), Choosing)
    validate("payload.codec", "auto", {"candidates": ["med-zstd", "strong"], "budget_ns": 50})


def seconds(kind, zstd_ns=7.9):
    return ESTIMATES[kind].zstd_times * zstd_ns


def test_a_tight_time_or_a_slow_processor_makes_it_pick_faster_codecs():
    bands = ground()
    assert picked(bands) == "ccsds123"
    assert [picked(bands, budget_ns=ns) for ns in (1000, 100, 20, 5, 2)] == [
        "strong",
        "ls-golomb",
        "ccsds123",
        "med-zstd",
        "raw",
    ]
    assert [picked(bands, budget_ns=1000, zstd_ns=ns) for ns in (7.9, 79, 300, 1200, 4000)] == [
        "strong",
        "ls-golomb",
        "ccsds123",
        "med-zstd",
        "raw",
    ]
    assert picked(bands, budget_ns=0.1, candidates=("strong", "ls-golomb")) == "ls-golomb"


@given(
    budget_ns=st.floats(0.5, 2000),
    less=st.floats(0.1, 1),
    zstd_ns=st.floats(1, 200),
    worth=st.floats(0, 10_000),
)
def test_less_time_never_picks_a_slower_codec_and_what_is_picked_keeps_within_it(
    budget_ns, less, zstd_ns, worth
):
    """By the order of costs: a smaller budget leaves out the slow, a slower processor makes each more dear."""
    given_ = {"zstd_ns": zstd_ns, "bit_worth_ns": worth}
    kind = picked(GROUND, budget_ns=budget_ns, **given_)
    fastest = min(seconds(one, zstd_ns) for one in Auto().candidates)
    assert seconds(kind, zstd_ns) <= max(budget_ns, fastest)
    tight = picked(GROUND, budget_ns=budget_ns * less, **given_)
    slow = picked(GROUND, budget_ns=budget_ns, zstd_ns=zstd_ns / less, bit_worth_ns=worth)
    assert seconds(tight) <= seconds(kind)
    assert seconds(slow) <= seconds(kind)


@pytest.mark.parametrize(
    ("mpx_per_s", "wanted"),
    [(10.0, "ccsds123"), (1.0, "strong"), (5.0, "ls-golomb"), (60.0, "med-zstd")],
)
def test_in_a_scenario_the_computer_sets_the_time(write_scenario, mpx_per_s, wanted):
    """Four bands: a sample has a quarter of the pixel's microseconds; `budget_ns` counts before that."""
    computer = {"compression_mpx_per_s": mpx_per_s}
    scenario = load_scenario(write_scenario(codec={"kind": "auto"}, computer=computer))
    sensor = make_sensor(scenario)
    assert len(sensor.bands) == 4
    codec = codec_of(scenario, sensor)
    assert codec.sample_ns == pytest.approx(250 / mpx_per_s)
    assert codec.choose(ground(), bit_depth=12)[0] == wanted
    own = load_scenario(
        write_scenario(codec={"kind": "auto", "budget_ns": 1000}, computer=computer)
    )
    assert codec_of(own, sensor).choose(ground(), bit_depth=12)[0] == "strong"


def test_a_surrogate_is_of_the_time_that_a_choosing_codec_had(write_scenario):
    def fitted(**changes):
        scenario = load_scenario(write_scenario(**changes))
        return fitted_on(scenario, make_sensor(scenario))

    auto, fast = {"kind": "auto"}, {"compression_mpx_per_s": 60.0}
    assert fitted(codec=auto).difference(fitted(codec=auto)) is None
    assert "codec" in fitted(codec=auto).difference(fitted(codec=auto, computer=fast))
    assert fitted().difference(fitted(computer=fast)) is None


def test_a_slow_codec_is_used_where_it_saves_most():
    """Ground deserves it, an empty tile does not, and noise goes as it is."""
    noise = np.random.default_rng(1).integers(0, 4096, (1, 256, 256)).astype(np.uint16)
    assert picked(ground(), budget_ns=1000) == "strong"
    assert picked(ground(), budget_ns=1000, bit_worth_ns=500) == "ls-golomb"
    assert picked(np.full((4, 64, 64), 7, np.uint16), budget_ns=1000) == "med-zstd"
    assert picked(noise, candidates=("raw", "med-zstd")) == "raw"
    assert picked(ground(), bit_worth_ns=0) == "raw"


def test_the_record_names_the_codec_that_was_picked_and_opens_without_auto():
    bands = ground()
    sealed = seal(tile_of(bands), Auto(budget_ns=1000), "auto")
    assert sealed.codec == "strong"
    opened = open_record(sealed.record, CODECS)
    assert opened.header.codec == "strong"
    np.testing.assert_array_equal(opened.bands, bands)
    assert len(sealed.record) == len(seal(tile_of(bands), Strong(), "strong").record)


def test_tiles_with_pixels_not_coded_are_picked_for_as_well():
    bands, plane = ground(), blotches((64, 64), 0.4)
    tile = tile_of(bands)
    whole = seal(tile, Auto(budget_ns=100), "auto")
    found = seal_clear(tile, Coding(Auto(budget_ns=100), "auto"), not_coded=plane, whole=whole)
    opened = open_record(found.record, CODECS)
    assert opened.header.codec == "ls-golomb"
    np.testing.assert_array_equal(opened.bands, np.where(plane, 0, bands))


def test_the_entropy_of_uniform_noise_in_one_row_is_its_bits():
    """By definition: values 0 to 255, each as often, of which the prediction W leaves a triangle of 511."""
    row = np.random.default_rng(3).integers(0, 256, (1, 1, 60_000)).astype(np.uint16)
    chances = (256 - np.abs(np.arange(-255, 256))) / 256**2
    assert residual_entropy(row, None) == pytest.approx(-(chances @ np.log2(chances)), abs=0.02)
    assert residual_entropy(np.full((2, 9, 9), 0, np.uint16), None) == 0


def test_a_candidate_that_nothing_is_known_of_is_refused():
    with pytest.raises(CodecError, match="zip"):
        Auto(candidates=("zip",))


def test_a_candidate_whose_extra_is_missing_is_refused_with_the_remedy(monkeypatch):
    monkeypatch.setitem(sys.modules, "imagecodecs", None)
    with pytest.raises(PluginError, match=r"payload-sim\[codecs\]"):
        Auto(candidates=("raw", "jpegls"))
    Auto(candidates=("raw", "ccsds123", "strong"))


@pytest.mark.parametrize("kind", sorted(set(ESTIMATES) - {"raw"}))
def test_estimates_are_near_what_codecs_make_of_ground_and_of_nothing(kind):
    """The second method: the codec itself. Made-up ground is none of the tiles of the fit: within a bit."""
    codec = build("payload.codec", kind, {})
    for bands, near in ((textured((4, 256, 256), 12) >> np.uint16(3), 1.0), (FLAT, 0.25)):
        bits = 8 * len(codec.encode(bands, bit_depth=12)) / bands.size
        assert ESTIMATES[kind].bits(residual_entropy(bands, None)) == pytest.approx(bits, abs=near)


def test_a_flat_tile_is_no_case_for_codes_that_take_a_bit_a_sample():
    assert picked(FLAT, candidates=("ls-golomb", "ccsds123", "jpegls")) == "jpegls"


def test_a_payload_that_names_no_codec_is_refused():
    for payload in (b"", bytes([len(ESTIMATES)]), b"\xff123"):
        with pytest.raises(CodecError):
            Auto().decode(payload, (1, 4, 4), bit_depth=12)
