"""The contract of a codec: inherit `CodecContract`, name the codec, and it is held to all of this."""

import hashlib
import importlib.util
import os
import subprocess
import sys
from dataclasses import asdict

import numpy as np
import pytest

from payload.errors import CodecError
from payload.ports import Codec
from payload.types import Patch, Radiometry, Tile, Window


def textured(shape, bit_depth, seed=0):
    """Samples that look like ground: smooth, with noise, alike between the bands."""
    rng = np.random.default_rng(seed)
    _, height, width = shape
    slope = np.add.outer(np.linspace(0, 1, height), np.linspace(0, 1, width)) / 2
    noise = rng.normal(0, 0.01, shape) + rng.normal(0, 0.02, shape[1:])
    top = 2**bit_depth - 1
    return np.clip((slope * 0.5 + 0.2 + noise) * top, 0, top).astype(np.uint16)


SHAPES = [
    (1, 1, 1),
    (4, 1, 1),
    (3, 1, 57),
    (3, 57, 1),
    (2, 2, 2),
    (4, 64, 64),
    (1, 17, 40),
    (5, 40, 17),
    (6, 23, 31),
]


def tile_of(bands, *, bit_depth=12, row=2, col=3):
    """The samples as a tile of an image of tiles of 256 px."""
    _, height, width = bands.shape
    return Tile(
        id=f"image#{row},{col}",
        row=row,
        col=col,
        window=Window(row * 256, col * 256, height, width),
        patch=Patch(bands),
        surroundings=bands,
        inset=(slice(0, height), slice(0, width)),
        radiometry=Radiometry(1e-4),
        bit_depth=bit_depth,
    )


def blotted(shape, share, seed=0):
    """Pixels that are not coded, (H, W): a blot of about that share of the tile, and a few single ones."""
    rng = np.random.default_rng(seed)
    _, height, width = shape
    rows, columns = np.ogrid[:height, :width]
    row, column = rng.integers(height), rng.integers(width)
    distance = (rows - row) ** 2 + (columns - column) ** 2
    blot = distance <= np.quantile(distance, share)
    return blot ^ (rng.random((height, width)) < 0.01)


def planes_of(shape):
    """All kinds of planes: none, nothing, everything, all but one, one, a column, a chequerboard, blots."""
    _, height, width = shape
    clear = np.zeros((height, width), np.bool_)
    one, column, chequers = clear.copy(), clear.copy(), clear.copy()
    one[height // 2, width // 3] = True
    column[:, 0] = True
    chequers[::2, ::2] = chequers[1::2, 1::2] = True
    blots = [blotted(shape, share, seed) for seed, share in enumerate((0.1, 0.5, 0.9))]
    return [None, clear, ~clear, ~one, one, column, chequers, *blots]


PLAIN = """
import hashlib, sys
sys.modules["numba"] = None
import numpy as np
from contracts.codec import blotted, textured
from {module} import {name}
codec = {name}(**{options!r})
for shape in {shapes!r}:
    bands = textured(shape, 12)
    for plane in (None, blotted(shape, 0.4)):
        payload = codec.encode(bands, bit_depth=12, not_coded=plane)
        decoded = codec.decode(payload, shape, bit_depth=12, not_coded=plane)
        print(hashlib.sha256(payload + decoded.tobytes()).hexdigest())
"""


class CodecContract:
    codec: Codec

    def round_trip(self, bands, bit_depth, not_coded=None):
        before = bands.copy()
        plane = None if not_coded is None else not_coded.copy()
        payload = self.codec.encode(bands, bit_depth=bit_depth, not_coded=not_coded)
        receiver = type(self.codec)()  # it is told nothing of the sender's options
        decoded = receiver.decode(payload, bands.shape, bit_depth=bit_depth, not_coded=not_coded)
        assert isinstance(payload, bytes)
        assert decoded.dtype == np.uint16
        assert decoded.shape == bands.shape
        np.testing.assert_array_equal(
            decoded, bands if plane is None else np.where(plane, 0, bands)
        )
        np.testing.assert_array_equal(bands, before)
        if plane is not None:
            np.testing.assert_array_equal(not_coded, plane)
            assert plane.any() or payload == self.codec.encode(bands, bit_depth=bit_depth)
            assert not plane.all() or payload == b""

    @pytest.mark.parametrize("bit_depth", [8, 16])
    def test_noise_that_no_codec_shrinks_comes_back_too(self, bit_depth):
        """A tile as large as those that fly: encoders that trust that samples shrink fail here."""
        noise = (
            np.random.default_rng(9).integers(0, 1 << bit_depth, (1, 256, 256)).astype(np.uint16)
        )
        payload = self.codec.encode(noise, bit_depth=bit_depth)
        np.testing.assert_array_equal(
            self.codec.decode(payload, noise.shape, bit_depth=bit_depth), noise
        )

    @pytest.mark.parametrize("bit_depth", [8, 12, 16])
    @pytest.mark.parametrize("shape", SHAPES)
    def test_what_is_coded_comes_back_and_the_rest_as_zeros(self, shape, bit_depth):
        top = 2**bit_depth - 1
        noise = np.random.default_rng(3).integers(0, top, shape, dtype=np.uint16, endpoint=True)
        for plane in planes_of(shape):
            self.round_trip(textured(shape, bit_depth), bit_depth, plane)
            self.round_trip(noise, bit_depth, plane)
            self.round_trip(np.full(shape, top, np.uint16), bit_depth, plane)

    def test_what_lies_under_the_plane_is_not_read_whatever_it_is(self):
        for shape in [(4, 64, 64), (3, 17, 40), (2, 40, 17), (1, 1, 9)]:
            bands = textured(shape, 12)
            for plane in planes_of(shape)[1:]:
                payload = self.codec.encode(bands, bit_depth=12, not_coded=plane)
                for value in (0, 4095, 65_535):
                    other = np.where(plane, np.uint16(value), bands)
                    assert self.codec.encode(other, bit_depth=12, not_coded=plane) == payload

    def test_a_plane_of_another_shape_or_type_is_refused(self):
        bands = textured((2, 6, 7), 12)
        payload = self.codec.encode(bands, bit_depth=12)
        for plane in (
            np.zeros((7, 6), np.bool_),
            np.zeros((2, 6, 7), np.bool_),
            np.zeros((6, 7), np.uint8),
        ):
            with pytest.raises(CodecError):
                self.codec.encode(bands, bit_depth=12, not_coded=plane)
            with pytest.raises(CodecError):
                self.codec.decode(payload, bands.shape, bit_depth=12, not_coded=plane)

    def test_a_sample_that_is_coded_and_beyond_the_bit_depth_is_refused_beside_a_plane(self):
        bands = textured((2, 6, 7), 12)
        bands[1, 2, 3] = 4096
        plane = np.zeros((6, 7), np.bool_)
        plane[0] = True
        with pytest.raises(CodecError, match="4096 does not fit 12 bit"):
            self.codec.encode(bands, bit_depth=12, not_coded=plane)

    def test_a_payload_of_a_tile_of_which_nothing_is_coded_is_refused(self):
        with pytest.raises(CodecError):
            self.codec.decode(b"x", (2, 6, 7), bit_depth=12, not_coded=np.ones((6, 7), np.bool_))

    def test_it_gives_the_same_bytes_and_samples_where_there_is_no_numba(self):
        if importlib.util.find_spec(type(self.codec).__module__) is None:
            pytest.skip("the codec is of no module that another process could import")
        codec, shapes = type(self.codec), [(4, 24, 31), (3, 31, 24), (1, 1, 30), (2, 30, 1)]
        given = {"module": codec.__module__, "name": codec.__name__, "options": asdict(self.codec)}
        paths = os.pathsep.join(path for path in sys.path if path)
        plain = subprocess.run(
            [sys.executable, "-c", PLAIN.format(**given, shapes=shapes)],
            env=os.environ | {"PYTHONPATH": paths},
            capture_output=True,
            text=True,
            check=True,
        ).stdout.split()
        fast = []
        for shape in shapes:
            bands = textured(shape, 12)
            for plane in (None, blotted(shape, 0.4)):
                payload = self.codec.encode(bands, bit_depth=12, not_coded=plane)
                decoded = self.codec.decode(payload, shape, bit_depth=12, not_coded=plane)
                fast.append(hashlib.sha256(payload + decoded.tobytes()).hexdigest())
        assert plain == fast

    @pytest.mark.parametrize("bit_depth", range(1, 17))
    @pytest.mark.parametrize("shape", SHAPES)
    def test_what_goes_in_comes_out_at_every_bit_depth_and_shape(self, shape, bit_depth):
        rng = np.random.default_rng(bit_depth)
        top = 2**bit_depth - 1
        self.round_trip(rng.integers(0, top, shape, dtype=np.uint16, endpoint=True), bit_depth)
        self.round_trip(rng.integers(0, 2, shape, dtype=np.uint16) * np.uint16(top), bit_depth)
        self.round_trip(textured(shape, bit_depth), bit_depth)

    @pytest.mark.parametrize("value", [0, 1, 2047, 4095])
    def test_constant_tiles_come_back_also_when_all_samples_are_at_the_maximum(self, value):
        self.round_trip(np.full((4, 33, 20), value, np.uint16), 12)

    def test_a_full_tile_of_256_by_256_and_many_bands_comes_back(self):
        self.round_trip(textured((4, 256, 256), 12), 12)
        self.round_trip(textured((256, 5, 4), 14), 14)

    @pytest.mark.parametrize("bit_depth", range(8, 17))
    @pytest.mark.parametrize("bands", [1, 7, 16, 255, 256])
    def test_any_number_of_bands_comes_back_at_any_depth(self, bands, bit_depth):
        shape = (bands, 5, 6)
        self.round_trip(textured(shape, bit_depth), bit_depth, blotted(shape, 0.3))

    def test_a_tile_that_is_a_view_of_a_larger_image_comes_back(self):
        image = textured((6, 80, 90), 12)
        self.round_trip(image[::2, 5:30, 7:50], 12)
        self.round_trip(image.transpose(0, 2, 1)[:, 3:, ::-1], 12)

    def test_the_same_samples_give_the_same_bytes(self):
        bands = textured((4, 50, 60), 12)
        again = type(self.codec)()
        assert self.codec.encode(bands, bit_depth=12) == again.encode(bands.copy(), bit_depth=12)

    @pytest.mark.parametrize("bit_depth", [1, 8, 11, 12, 15])
    def test_a_sample_beyond_the_bit_depth_is_refused(self, bit_depth):
        bands = np.zeros((2, 4, 5), np.uint16)
        bands[1, 3, 4] = 2**bit_depth
        with pytest.raises(CodecError, match=f"{2**bit_depth} does not fit {bit_depth} bit"):
            self.codec.encode(bands, bit_depth=bit_depth)

    @pytest.mark.parametrize(
        ("shape", "dtype", "bit_depth"),
        [
            ((4, 4), "uint16", 12),
            ((1, 4, 4), "uint8", 12),
            ((1, 4, 4), "float32", 12),
            ((0, 4, 4), "uint16", 12),
            ((257, 1, 1), "uint16", 12),
            ((1, 0, 4), "uint16", 12),
            ((1, 1, 65_536), "uint16", 12),
            ((1, 4, 4), "uint16", 0),
            ((1, 4, 4), "uint16", 17),
        ],
    )
    def test_what_is_no_tile_is_refused(self, shape, dtype, bit_depth):
        with pytest.raises(CodecError):
            self.codec.encode(np.zeros(shape, dtype), bit_depth=bit_depth)

    def test_a_payload_cut_anywhere_is_refused(self):
        bands = textured((2, 6, 7), 12)
        payload = self.codec.encode(bands, bit_depth=12)
        for length in range(len(payload)):
            with pytest.raises(CodecError):
                self.codec.decode(payload[:length], bands.shape, bit_depth=12)

    @pytest.mark.parametrize("extra", [b"\0", b"more", b"\xff" * 100])
    def test_a_payload_with_something_behind_it_is_refused(self, extra):
        bands = textured((2, 6, 7), 12)
        payload = self.codec.encode(bands, bit_depth=12)
        with pytest.raises(CodecError):
            self.codec.decode(payload + extra, bands.shape, bit_depth=12)

    @pytest.mark.parametrize(
        "shape", [(1, 6, 7), (3, 6, 7), (2, 7, 7), (2, 6, 70), (256, 700, 700)]
    )
    def test_a_payload_of_another_shape_is_refused(self, shape):
        payload = self.codec.encode(textured((2, 6, 7), 12), bit_depth=12)
        with pytest.raises(CodecError):
            self.codec.decode(payload, shape, bit_depth=12)
