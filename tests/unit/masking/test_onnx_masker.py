"""The network in flight: tiled as whole, any size, and nothing but what its card promises."""

import csv
import dataclasses
import json
import os
import struct
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from payload.errors import MaskerError
from payload.masking.baselines import BlueThreshold
from payload.masking.onnx_masker import DEFAULT_MODEL, OnnxMasker
from payload.provenance import digest_file
from payload.types import Patch, Radiometry, Tile, Window

RADIOMETRY = Radiometry(scale=1e-4)


def painted(height, width, seed=0):
    """An image with soft and hard edges, about half of it as bright as cloud."""
    rng = np.random.default_rng(seed)
    rows, cols = np.mgrid[:height, :width]
    waves = sum(
        np.sin(rows / scale + phase) * np.cos(cols / (1.3 * scale) + 2 * phase)
        for scale, phase in zip((3, 11, 40, 150), rng.uniform(0, 6, 4), strict=True)
    )
    bright = 2000 + 1200 * waves + rng.normal(0, 150, (4, height, width))
    return np.clip(bright, 0, 20000).astype(np.uint16)


def cut(dn, tile_px, margin_px, truth=None):
    """Tiles with their surroundings, clipped at the borders of the image."""
    height, width = dn.shape[1:]
    for top in range(0, height, tile_px):
        for left in range(0, width, tile_px):
            window = Window(top, left, min(tile_px, height - top), min(tile_px, width - left))
            first_row, first_col = max(0, top - margin_px), max(0, left - margin_px)
            end_row = min(height, top + window.height_px + margin_px)
            end_col = min(width, left + window.width_px + margin_px)
            cell = (slice(top, top + window.height_px), slice(left, left + window.width_px))
            yield Tile(
                id=f"a#{top},{left}",
                row=top // tile_px,
                col=left // tile_px,
                window=window,
                patch=Patch(dn[:, cell[0], cell[1]], None if truth is None else truth[cell]),
                surroundings=dn[:, first_row:end_row, first_col:end_col],
                inset=tuple(
                    slice(part.start - first, part.stop - first)
                    for part, first in zip(cell, (first_row, first_col), strict=True)
                ),
                radiometry=RADIOMETRY,
                bit_depth=16,
            )


def tiled(masker, dn, tile_px, margin_px):
    """Probability of an image put together from its tiles."""
    found = np.full(dn.shape[1:], np.nan, np.float32)
    for tile in cut(dn, tile_px, margin_px):
        window = tile.window
        rows = slice(window.top_px, window.top_px + window.height_px)
        cols = slice(window.left_px, window.left_px + window.width_px)
        found[rows, cols] = masker.predict(tile).probability
    return found


def test_the_tiled_mask_equals_that_of_one_piece_on_every_pixel():
    masker = OnnxMasker()
    dn = painted(1000, 1300)
    whole = masker.predict_image(dn, RADIOMETRY)
    pieces = tiled(masker, dn, 256, masker.margin_px)
    assert 0.2 < (whole >= masker.threshold).mean() < 0.8
    assert np.array_equal(whole >= masker.threshold, pieces >= masker.threshold)
    assert np.abs(whole - pieces).max() < 1e-5


def test_one_cell_less_margin_would_not_do():
    masker = OnnxMasker()
    dn = painted(256, 256)
    whole = masker.predict_image(dn, RADIOMETRY)
    pieces = tiled(masker, dn, 64, masker.margin_px - masker.multiple_px)
    assert np.abs(whole - pieces).max() > 1e-4


def test_no_pixel_beyond_the_margin_is_looked_at():
    masker = OnnxMasker()
    dn = painted(128, 128)
    before = masker.predict_image(dn, RADIOMETRY)
    other = painted(128, 128, seed=9)
    cell = slice(64, 72)
    reach = slice(64 - masker.margin_px, 72 + masker.margin_px)
    other[:, reach, reach] = dn[:, reach, reach]
    after = masker.predict_image(other, RADIOMETRY)
    assert np.allclose(before[cell, cell], after[cell, cell], atol=1e-6)
    assert not np.allclose(before, after, atol=1e-2)


@settings(max_examples=30, deadline=None)
@given(
    height=st.integers(1, 90),
    width=st.integers(1, 90),
    tile_px=st.sampled_from([8, 16, 32, 256]),
    seed=st.integers(0, 1000),
)
def test_images_of_any_size_are_masked_alike_in_tiles_and_in_one_piece(
    height, width, tile_px, seed
):
    masker = OnnxMasker()
    dn = painted(height, width, seed)
    whole = masker.predict_image(dn, RADIOMETRY)
    assert whole.shape == (height, width)
    assert whole.dtype == np.float32
    assert np.abs(whole - tiled(masker, dn, tile_px, masker.margin_px)).max() < 1e-5


@pytest.mark.parametrize("value", [0, 1, 65535])
def test_extreme_pixels_give_probabilities_and_never_nan(value):
    found = OnnxMasker().predict_image(np.full((4, 1, 1), value, np.uint16), RADIOMETRY)
    assert found.shape == (1, 1)
    assert 0 <= found[0, 0] <= 1


def test_the_same_pixels_give_the_same_bits():
    dn = painted(100, 75)
    assert np.array_equal(
        OnnxMasker().predict_image(dn, RADIOMETRY), OnnxMasker().predict_image(dn, RADIOMETRY)
    )


@pytest.mark.parametrize("masker", [OnnxMasker(), BlueThreshold()], ids=["onnx", "blue"])
def test_the_answer_is_the_same_when_truth_is_taken_away(masker):
    dn = painted(70, 90)
    truth = np.random.default_rng(1).choice(np.array([0, 1, 2, 255], np.uint8), (70, 90))
    for tile in cut(dn, 32, masker.margin_px, truth):
        blind = dataclasses.replace(tile, patch=dataclasses.replace(tile.patch, truth=None))
        seen, unseen = masker.predict(tile), masker.predict(blind)
        assert np.array_equal(seen.probability, unseen.probability)
        assert seen.threshold == unseen.threshold


def test_the_threshold_is_the_cards_unless_the_option_says_otherwise():
    assert OnnxMasker().threshold == OnnxMasker().model_card.probability_threshold
    assert OnnxMasker(probability_threshold=0.25).threshold == 0.25
    tile = next(cut(painted(64, 64), 64, 24))
    strict, lax = (OnnxMasker(probability_threshold=value).predict(tile) for value in (0.9, 0.1))
    assert strict.cloud.sum() < lax.cloud.sum()


def test_bands_are_found_by_name_and_not_by_place():
    dn = painted(40, 40)
    turned = OnnxMasker(bands=("nir", "red", "green", "blue", "swir"))
    more = np.concatenate([dn[::-1], dn[:1]])
    assert np.array_equal(
        turned.predict_image(more, RADIOMETRY), OnnxMasker().predict_image(dn, RADIOMETRY)
    )


def test_pixels_with_another_number_of_bands_are_refused():
    with pytest.raises(MaskerError, match="4 bands"):
        OnnxMasker().predict_image(np.zeros((3, 8, 8), np.uint16), RADIOMETRY)


def test_checking_a_masker_does_not_wake_the_engine():
    code = (
        "import sys; from payload.masking.onnx_masker import OnnxMasker; OnnxMasker(); "
        "print('onnxruntime' in sys.modules)"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout.strip() == "False"


# --- strangers' models, written byte by byte, so that no test needs the package `onnx` -------


def test_the_engine_keeps_no_diary_of_who_masks(tmp_path):
    """Whatever it would send to its maker lies below the user's home before."""
    code = (
        "from payload.masking import onnx_masker as room\n"
        "masker = room.OnnxMasker()\n"
        "room._session(masker._model, masker.model_card.sha256)"
    )
    unsaid = {"ORT_DISABLE_TELEMETRY", "XDG_CACHE_HOME"}
    others = {key: value for key, value in os.environ.items() if key not in unsaid}
    subprocess.run([sys.executable, "-c", code], env=others | {"HOME": str(tmp_path)}, check=True)
    assert list(tmp_path.iterdir()) == []


def number(field, value):
    return varint(field << 3) + varint(value)


def message(field, content):
    content = content.encode() if isinstance(content, str) else content
    return varint(field << 3 | 2) + varint(len(content)) + content


def varint(value):
    out = bytearray()
    while value > 0x7F:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    return bytes([*out, value])


def tensor_info(name, shape):
    """A ValueInfoProto of float32; sides that are text are dynamic."""
    sides = b"".join(
        message(1, message(2, side) if isinstance(side, str) else number(1, side)) for side in shape
    )
    return message(1, name) + message(2, message(1, number(1, 1) + message(2, sides)))


def convolution(shape_in, shape_out, weights):
    """An ONNX model of one 1x1 convolution with `weights` (outputs, inputs)."""
    node = message(1, "x") + message(1, "w") + message(2, "y") + message(4, "Conv")
    kernel = b"".join(number(1, side) for side in (*np.shape(weights), 1, 1)) + number(2, 1)
    values = struct.pack(f"<{np.size(weights)}f", *np.ravel(weights))
    graph = (
        message(1, node)
        + message(2, "g")
        + message(5, kernel + message(8, "w") + message(9, values))
        + message(11, tensor_info("x", shape_in))
        + message(12, tensor_info("y", shape_out))
    )
    return number(1, 8) + message(7, graph) + message(8, message(1, "") + number(2, 13))


def stranger(folder: Path, content: bytes, **changes):
    """A masker made of a model written here, with a card that fits its bytes."""
    model = folder / "stranger.onnx"
    model.write_bytes(content)
    card = json.loads(DEFAULT_MODEL.with_suffix(".json").read_text())
    card |= {"sha256": digest_file(model), "tile_multiple_px": 1, "margin_px": 0} | changes
    model.with_suffix(".json").write_text(json.dumps(card))
    return OnnxMasker(model=model)


FREE = ("h", "w")
SUM = [[1.0, 1.0, 1.0, 1.0]]


def test_a_strangers_model_flies_by_its_card(tmp_path):
    scaling = {"gain": [0.25] * 4, "offset": [0.0, 0.0, 0.0, 0.1]}
    content = convolution((1, 4, *FREE), (1, 1, *FREE), SUM)
    masker = stranger(
        tmp_path,
        content,
        output="probability",
        scaling=scaling,
        bands=["nir", "blue", "green", "red"],
    )
    dn = np.full((4, 3, 5), 2000, np.uint16)
    assert masker.predict_image(dn, RADIOMETRY) == pytest.approx(np.full((3, 5), 0.3), abs=1e-6)


def test_logits_become_probabilities(tmp_path):
    masker = stranger(tmp_path, convolution((1, 4, *FREE), (1, 1, *FREE), SUM), output="logit")
    dn = np.full((4, 1, 2), 5000, np.uint16)
    assert masker.predict_image(dn, RADIOMETRY) == pytest.approx(
        np.full((1, 2), 1 / (1 + np.exp(-2)))
    )


@pytest.mark.parametrize(
    ("content", "word"),
    [
        (convolution((1, 3, *FREE), (1, 1, *FREE), [[1.0] * 3]), r"\(1, 4, height, width\)"),
        (convolution((1, 4, 256, 256), (1, 1, 256, 256), SUM), "fixed size 256 x 256"),
        (convolution((1, 4, *FREE), (1, 2, *FREE), SUM * 2), r"\(1, 1, height, width\)"),
        (convolution((1, 4, *FREE), (1, "c", *FREE), SUM * 2), r"\(1, 1, height, width\)"),
        (convolution((1, 4, *FREE), (1, 1, *FREE), [[np.nan] * 4]), "not finite"),
        (b"this is no model", "cannot be loaded"),
        (b"", "cannot be loaded"),
    ],
    ids=[
        "three bands",
        "fixed size",
        "two channels",
        "two channels, hidden",
        "NaN",
        "text",
        "empty",
    ],
)
def test_a_model_that_does_not_fit_is_refused_with_a_sentence(tmp_path, content, word):
    masker = stranger(tmp_path, content)
    with pytest.raises(MaskerError, match=word):
        masker.predict_image(np.full((4, 8, 8), 2000, np.uint16), RADIOMETRY)


def test_probabilities_that_are_none_are_refused(tmp_path):
    masker = stranger(
        tmp_path, convolution((1, 4, *FREE), (1, 1, *FREE), SUM), output="probability"
    )
    with pytest.raises(MaskerError, match="outside 0 to 1"):
        masker.predict_image(np.full((4, 8, 8), 9000, np.uint16), RADIOMETRY)


# --- real images --------------------------------------------------------------------------


@pytest.mark.filterwarnings("ignore::rasterio.errors.NotGeoreferencedWarning")
def test_the_packaged_network_runs_on_every_real_image(real_images):
    rasterio = pytest.importorskip("rasterio")
    folder = real_images
    masker = OnnxMasker()
    covers = {}
    for row in csv.DictReader((folder / "index.csv").read_text(encoding="utf-8").splitlines()):
        with rasterio.open(folder / f"{row['id']}_img.tif") as raster:
            dn = raster.read()
        whole = masker.predict_image(dn, RADIOMETRY)
        assert whole.shape == dn.shape[1:]
        assert np.isfinite(whole).all()
        covers[row["id"]] = float((whole >= masker.threshold).mean())
    assert len(covers) == 177
    assert min(covers.values()) == 0
    assert max(covers.values()) == 1
