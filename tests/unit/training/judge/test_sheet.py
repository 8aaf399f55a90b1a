"""The picture of failures: read back by a decoder of one's own, and looked at pixel by pixel."""

import struct
import zlib

import numpy as np
import pytest

from payload.errors import MaskerError
from payload.training.judge.judging import judge
from payload.training.judge.sheet import MAX_BYTES, sheet

YELLOW, WHITE, DARK = (255, 210, 0), (255, 255, 255), (60, 60, 60)
RED, BLUE, OLIVE = (230, 60, 40), (40, 120, 240), (120, 120, 60)


def decode(png):
    """Pixels (H, W, 3) of a PNG without filters."""
    width, height = struct.unpack(">II", png[16:24])
    start = png.index(b"IDAT") + 4
    (length,) = struct.unpack(">I", png[start - 8 : start - 4])
    rows = np.frombuffer(zlib.decompress(png[start : start + length]), np.uint8)
    return rows.reshape(height, 1 + 3 * width)[:, 1:].reshape(height, width, 3)


def count(pixels, colour):
    return int((pixels == np.array(colour, np.uint8)).all(axis=-1).sum())


def test_the_worst_come_first_and_what_is_right_is_left_out(picture, says):
    truth = np.array([[1, 1, 0, 0]])
    images = [
        picture(truth, truth, "right"),
        picture(truth, [[1, 0, 0, 0]], "little"),
        picture(truth, 1 - truth, "worst"),
    ]
    found = sheet(images, [judge(says(), images)])
    assert found.images == ("worst", "little")
    assert sheet(images, [judge(says(), images)], count=1).images == ("worst",)
    assert sheet(images[:1], [judge(says(), images[:1])]).images == ("right",)


def test_each_kind_of_error_has_its_colour_in_its_share_of_the_panel(picture, says):
    # Rows: both, truth alone, masker alone, neither; the right half of the last is unknown.
    truth = np.repeat([[1], [1], [0], [0]], 4, axis=1)
    truth[3, 2:] = 255
    said = np.repeat([[1], [0], [1], [0]], 4, axis=1)
    images = [picture(truth, said)]
    pixels = decode(sheet(images, [judge(says(), images)]).png)
    side = (pixels.shape[1] - 36) // 3 - 4
    last = pixels[4 : 4 + side, 36 + 2 * (side + 4) :][:, :side]
    quarter = side * side // 4
    assert count(last, WHITE) == count(last, BLUE) == count(last, RED) == quarter
    assert count(last, DARK) == count(last, OLIVE) == quarter // 2
    middle = pixels[4 : 4 + side, 36 + side + 4 :][:, :side]
    assert count(middle, YELLOW) == side  # one line where cloud ends inside the picture


def test_images_of_any_shape_find_room(picture, says):
    rng = np.random.default_rng(0)
    shapes = [(1, 1), (3, 200), (300, 7), (101, 100)]
    images = [
        picture(rng.integers(0, 2, shape), rng.random(shape), f"i{place}")
        for place, shape in enumerate(shapes)
    ]
    assert decode(sheet(images, [judge(says(), images)] * 2).png).any()


def test_even_a_sheet_of_noise_stays_below_a_megabyte(picture, says):
    rng = np.random.default_rng(0)
    images = [
        picture(rng.integers(0, 2, (160, 160)), rng.random((160, 160)), f"i{n}") for n in range(12)
    ]
    for image in images:
        image.dn[1:] = rng.integers(200, 6000, (3, 160, 160))
    found = sheet(images, [judge(says(), images)] * 3)
    assert len(found.images) == 12
    assert len(found.png) < MAX_BYTES


def test_what_cannot_be_shown_is_refused(picture, says):
    images = [picture([[1]], 0, id_) for id_ in "ab"]
    judged = judge(says(), images)
    with pytest.raises(MaskerError, match="not evaluated by all"):
        sheet(images[:1], [judged])
    with pytest.raises(MaskerError, match="not evaluated by all"):
        sheet(images, [judged, judge(says(), images[:1])])
    with pytest.raises(MaskerError, match="one to 3 maskers"):
        sheet(images, [])
