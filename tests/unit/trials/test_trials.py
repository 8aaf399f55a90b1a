"""Codecs on trial: figures beside second methods, promises that are seen to be checked."""

import json
import tracemalloc
from dataclasses import dataclass

import numpy as np
import pytest
import zstandard
from contracts.codec import textured
from unit.trials.conftest import write_tif

from payload.compression.plane import pack_plane
from payload.compression.quantise import largest_error
from payload.compression.raw import Raw
from payload.compression.yardstick import PlainZstd
from payload.errors import CodecError, ImageryError, PluginError, ScenarioError
from payload.text_files import write_text
from payload.trials import TARGETS, Images, Terms, compress_images, compress_listed
from payload.trials.contestants import Contestant
from payload.trials.findings import MaskedRow, masked_row
from payload.trials.listed import choose, list_text, listed_tiles, read_list
from payload.trials.race import MaskedLap, masked_laps, race
from payload.trials.targets import Target
from payload.trials.tiles import TrialTile
from payload.trials.words import lines


@dataclass(frozen=True)
class Planes:
    """Packs the pixels that are coded; it may read under the mask, or bring back something else."""

    peeks: bool = False
    off: int = 0

    def encode(self, bands, *, bit_depth, not_coded=None):
        clear = np.ones(bands.shape[1:], bool) if not_coded is None else ~not_coded
        seen = bands[:, clear][:, None, :]
        more = bytes([int(bands.max()) >> 4]) if self.peeks else b"\0"
        return Raw().encode(np.ascontiguousarray(seen), bit_depth=bit_depth) + more

    def decode(self, payload, shape, *, bit_depth, not_coded=None):
        clear = np.ones(shape[1:], bool) if not_coded is None else ~not_coded
        seen = Raw().decode(payload[:-1], (shape[0], 1, int(clear.sum())), bit_depth=bit_depth)
        bands = np.zeros(shape, np.uint16)
        bands[:, clear] = seen[:, 0] + np.uint16(self.off)
        return bands


@dataclass(frozen=True)
class Whole(Planes):
    """Has the argument, but codes whole tiles only."""

    def encode(self, bands, *, bit_depth, not_coded=None):
        if not_coded is not None:
            raise CodecError("whole tiles only")
        return super().encode(bands, bit_depth=bit_depth)


def tile(bands, cloud=None):
    return TrialTile("t#0,0", "g", bands, 12, cloud=cloud)


def row(found, codec):
    return next(one for one in found.whole.rows if one.codec == codec)


def test_raw_takes_its_bit_depth_and_the_yardstick_what_zstandard_says(image):
    """By two other ways: the definition of packing, and zstandard called directly on each tile."""
    found = compress_images(Images((image,), tile_px=64), Terms("raw", rounds=1))
    assert (found.bit_depth, found.whole.tiles, found.whole.samples) == (11, 6, 6 * 150 * 100)
    assert row(found, "raw").bits_per_sample == pytest.approx(11, rel=1e-4)
    assert row(found, "raw").to_packed == 1.0
    bands = textured((6, 150, 100), 11)
    plain = [
        len(zstandard.compress(bands[:, i : i + 64, j : j + 64].tobytes(), 3))
        for i in (0, 64, 128)
        for j in (0, 64)
    ]
    assert found.payload_bytes["zstd-3"] == tuple(plain)
    assert row(found, "zstd-3").bits_per_sample == 8 * sum(plain) / bands.size
    assert row(found, "zstd-3").to_16_bit == 2 * bands.size / sum(plain)


def test_speeds_are_against_the_encoding_of_the_yardstick(image):
    found = compress_images(Images((image,)), Terms("raw,med-zstd"))
    yardstick = row(found, "zstd-3")
    assert yardstick.encode_to_yardstick == 1.0
    for one in found.whole.rows:
        for way in ("encode", "decode"):
            ratio = getattr(one, f"{way}_mb_s") / yardstick.encode_mb_s
            assert getattr(one, f"{way}_to_yardstick") == pytest.approx(ratio)
    assert row(found, "med-zstd").to_default == 1.0


def test_raw_is_faster_than_the_yardstick(image):
    """Packing is a few passes over the samples; a dictionary coder cannot keep up."""
    found = compress_images(Images((image,), bit_depth=12), Terms("raw"))
    assert row(found, "raw").encode_to_yardstick > 1.5


@pytest.mark.parametrize("max_error", [1, 2, 3, 100])
def test_a_permitted_error_is_kept_used_and_saves(image, max_error):
    exact = compress_images(Images((image,)), Terms("med-zstd", rounds=1))
    near = compress_images(Images((image,)), Terms("med-zstd", max_error, rounds=1))
    assert row(near, "med-zstd").largest_error == max_error
    assert row(near, "med-zstd").bits_per_sample < row(exact, "med-zstd").bits_per_sample
    assert near.payload_bytes["zstd-3"] == exact.payload_bytes["zstd-3"]


@pytest.mark.parametrize("bit_depth", [1, 8, 11, 16])
@pytest.mark.parametrize("max_error", [1, 4, 6, 300, 32767])
def test_every_sample_of_every_depth_comes_back_within_the_error(bit_depth, max_error):
    if max_error > largest_error(bit_depth):
        with pytest.raises(CodecError, match="the error limit is"):
            Contestant("raw", Raw(), max_error).encode(
                np.zeros((1, 1, 1), np.uint16), bit_depth=bit_depth
            )
        return
    samples = np.arange(2**bit_depth, dtype=np.uint16).reshape(1, 1, -1)
    samples = samples[..., :40_000] if bit_depth < 16 else samples[..., 20_000:60_000]
    one = Contestant("raw", Raw(), max_error)
    payload = one.encode(samples, bit_depth=bit_depth)
    back = one.decode(payload, samples.shape, bit_depth=bit_depth)
    assert np.abs(back.astype(int) - samples.astype(int)).max() <= max_error
    assert back.max() < 2**bit_depth


def test_a_codec_that_brings_back_something_else_is_told_of():
    bands = textured((2, 9, 9), 11)
    with pytest.raises(CodecError, match="error of 1 DN; expected at most 0"):
        race(tile(bands), [Contestant("bad", Planes(off=1))], rounds=1)


def test_a_codec_that_reads_under_the_mask_is_told_of():
    bands = textured((2, 9, 9), 12)
    plane = np.zeros((9, 9), bool)
    plane[2:7] = True
    with pytest.raises(CodecError, match="under the mask changed the payload"):
        masked_laps(tile(bands, plane), [Contestant("bad", Planes(peeks=True))])
    with pytest.raises(CodecError, match="error of 1 DN"):
        masked_laps(tile(bands, plane), [Contestant("bad", Planes(off=1))])


def test_a_codec_that_packs_clear_pixels_takes_their_share_and_the_plane():
    """By arithmetic: 12 bits a clear sample, one byte, and the plane by zstandard itself."""
    bands = textured((2, 40, 40), 12)
    plane = np.zeros((40, 40), bool)
    plane[:10] = True
    laps = masked_laps(
        tile(bands, plane), [Contestant("planes", Planes()), Contestant("raw2", PlainZstd())]
    )
    packed = 4 + len(pack_plane(plane))
    assert laps.keys() == {"planes"}
    assert laps["planes"] == MaskedLap(0.75, 0.75, 4801, 3601 + packed)
    assert laps["planes"].against_clear == (3601 + packed) / (0.75 * 4801)


def test_small_clouds_are_coded_and_a_tile_of_them_goes_whole():
    """A speck of 2 px saves 6 bytes, and its plane takes more: nothing is left out, no plane is paid for."""
    specks = np.zeros((40, 40), bool)
    specks[5, 5:7] = True
    (lap,) = masked_laps(
        tile(textured((2, 40, 40), 12), specks), [Contestant("planes", Planes())]
    ).values()
    assert lap == MaskedLap(1 - 2 / 1600, 1.0, 4801, 4801)
    assert (lap.against_coded, lap.against_clear) == (1.0, 1600 / 1598)


def test_a_row_of_tiles_without_clouds_is_their_mean():
    laps = [MaskedLap(0.5, 0.6, 100, 51), MaskedLap(0.25, 0.4, 100, 30)]
    spread = pytest.approx((1.02, 1.11, 1.2))
    wanted = MaskedRow("x", 2, 0.375, pytest.approx(1.11), spread, pytest.approx(0.8), 0.405)
    assert masked_row("x", laps) == wanted


def test_only_a_codec_that_can_is_asked_to_leave_out_pixels():
    able = [Contestant("x", codec).takes_planes for codec in (Planes(), Whole(), PlainZstd())]
    assert able == [True, False, False]


def test_the_list_follows_its_rule(labelled):
    """Counted by hand in the folder's fixture: cloudy, unknown and partial tiles are not there."""
    found = choose(labelled)
    assert [(one.image, one.row, one.col) for one in found] == [
        ("a", 0, 0),
        ("b", 0, 0),
        ("b", 0, 2),
        ("b", 1, 0),
        ("b", 1, 1),
    ]
    assert [one.cloud for one in found] == [0.3012, 0.3012, 0.0, 0.7812, 0.0]
    assert [one.is_kept for one in found] == [True, True, True, False, True]
    assert found[-1].unknown == pytest.approx(100 / 65536, abs=1e-4)


def test_a_list_comes_back_from_its_file_and_tiles_are_scaled_to_12_bits(labelled, tmp_path):
    (tmp_path / "tiles.json").write_text(list_text(choose(labelled)))
    listed = read_list(tmp_path / "tiles.json")
    assert listed == choose(labelled)
    first = next(listed_tiles(labelled, listed))
    original = (textured((4, 256, 300), 12, seed=0) / 0.3).astype(np.uint16)[:, :, :256]
    wanted = np.minimum(np.rint(original * 0.3), 4095)
    np.testing.assert_array_equal(first.bands, wanted)
    assert first.cloud.mean() == pytest.approx(0.3008, abs=1e-4)


QUICK = "raw,med-zstd,med-aec"


def test_the_published_table_has_groups_files_and_the_same_figures_from_its_list(
    labelled, tmp_path
):
    out = tmp_path / "out"
    found = compress_listed(labelled, None, Terms(QUICK, rounds=1), out=out)
    assert [(one.name, one.tiles) for one in found.groups] == [
        ("all", 4), ("Landsat-8", 1), ("Sentinel-2", 3),
    ]  # fmt: skip
    assert {path.name for path in out.iterdir()} == {
        "README.md", "codecs.html", "codecs.json", "tiles.json",
    }  # fmt: skip
    again = compress_listed(
        labelled, out / "tiles.json", Terms(QUICK, rounds=1), out=tmp_path / "two"
    )
    assert again.payload_bytes == found.payload_bytes
    told = json.loads((out / "codecs.json").read_text())
    assert told["payload_bytes"]["raw"] == [4 * 256 * 256 * 12 // 8] * 4
    assert "| raw | 12.000 |" in (out / "README.md").read_text()
    page = (out / "codecs.html").read_text()
    assert "Plotly" in page
    assert "http-equiv" in page
    assert "src=" not in page.split("<script", 1)[0]
    assert '<th scope="row" class="nowrap">med-zstd</th>' in page


def test_most_tiles_are_spread_evenly_and_small_images_are_one_tile(image, tmp_path):
    names = [one.name for one in Images((image,), tile_px=50, most_tiles=3).tiles()]
    assert names == ["scene#0,0", "scene#1,0", "scene#2,0"]
    small = write_tif(tmp_path / "small.tif", np.full((1, 3, 5), 9, np.uint8))
    (only,) = Images((small,)).tiles()
    assert (only.bands.shape, only.bit_depth) == ((1, 3, 5), 4)


def test_memory_holds_a_row_of_tiles_whatever_the_height_of_the_image(tmp_path):
    """Eight times as high, and at most a little more at the peak."""
    peaks = []
    for height in (256, 2048):
        path = write_tif(tmp_path / f"{height}.tif", textured((4, height, 512), 12))
        tracemalloc.start()
        compress_images(Images((path,), bit_depth=12), Terms("raw", rounds=1))
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
    assert peaks[1] < 1.5 * peaks[0]


def test_what_cannot_be_measured_is_refused(image, tmp_path):
    with pytest.raises(ScenarioError, match="no images"):
        Images(())
    for bad in ({"tile_px": 0}, {"bit_depth": 0}, {"bit_depth": 17}, {"most_tiles": 0}):
        with pytest.raises(ScenarioError):
            Images((image,), **bad)
    for bad in (("raw,raw",), ("",), ("raw,",), ("raw", -1), ("raw", 0, 0)):
        with pytest.raises(ScenarioError):
            Terms(*bad)
    with pytest.raises(PluginError, match="did you mean 'med-zstd'"):
        compress_images(Images((image,)), Terms("med-zst"))
    with pytest.raises(ImageryError, match="does not fit the 10 bits"):
        compress_images(Images((image,), bit_depth=10), Terms("raw"))
    (tmp_path / "list.json").write_text('[{"image": "a"}]')
    with pytest.raises(ScenarioError, match="not a list of tiles"):
        read_list(tmp_path / "list.json")


def test_targets_are_missed_by_what_is_larger_or_slower(image):
    found = row(compress_images(Images((image,)), Terms("med-zstd")), "med-zstd")
    assert Target(1.0, 0.001, 0.001, 1e6).missed(found, has_numba=True) == []
    missed = Target(0.5, 1e6, 1e6, 0.001).missed(found, has_numba=True)
    assert [one.partition(" ")[0] for one in missed] == ["size", "encoding", "decoding"]
    assert len(Target(decode=0.001, decode_plain=1e6).missed(found, has_numba=False)) == 1
    assert TARGETS["strong"].to_default == 0.87


def test_a_file_takes_its_name_when_it_is_whole(tmp_path):
    """Another name of the older file still holds the older text: it was not written over."""
    path, other = tmp_path / "a.txt", tmp_path / "b.txt"
    write_text(path, "old")
    other.hardlink_to(path)
    write_text(path, "new")
    assert (path.read_text(), other.read_text()) == ("new", "old")
    with pytest.raises(ScenarioError, match="cannot be written"):
        write_text(tmp_path / "gone" / "a.txt", "new")


def test_the_terminal_has_a_line_for_each_codec(image):
    told = lines(compress_images(Images((image,)), Terms("raw,med-zstd", rounds=1)))
    assert [line.split()[0] for line in told[-3:]] == ["med-zstd", "raw", "zstd-3"]
