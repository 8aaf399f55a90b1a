"""What our own adaptive codecs promise beyond `CodecContract`: masks, damage, and the same bytes without numba."""

import hashlib
import subprocess
import sys

import numpy as np
import pytest
from contracts.codec import CodecContract, textured

from payload.errors import CodecError

# Codes the tiles of `small_tiles` where numba cannot be imported, and prints what came out.
WITHOUT_NUMBA = """
import sys
sys.modules["numba"] = None
sys.path.insert(0, {tests!r})
from contracts.own_codec import digest, small_tiles
from {module} import {name}
print(digest({name}()))
"""


def small_tiles():
    """Bands, bit depth and plane of pixels not coded, of tiles that a plain loop codes in seconds."""
    rng = np.random.default_rng(5)
    plane = rng.random((40, 48)) < 0.3
    yield textured((3, 40, 48), 12), 12, None
    yield textured((2, 40, 48), 12, seed=1), 12, plane
    yield rng.integers(0, 65_535, (2, 9, 11), dtype=np.uint16, endpoint=True), 16, None
    yield np.full((1, 20, 20), 255, np.uint16), 8, None


def digest(codec):
    """Of the payloads of `small_tiles`, each of which is decoded again."""
    found = hashlib.sha256()
    for bands, bit_depth, plane in small_tiles():
        payload = codec.encode(bands, bit_depth=bit_depth, not_coded=plane)
        decoded = codec.decode(payload, bands.shape, bit_depth=bit_depth, not_coded=plane)
        clear = np.ones(bands.shape[1:], np.bool_) if plane is None else ~plane
        np.testing.assert_array_equal(decoded, np.where(clear, bands, 0))
        found.update(payload)
    return found.hexdigest()


def blotches(shape, share, seed=0):
    """A plane of pixels not coded, in blotches, about the share given."""
    rng = np.random.default_rng(seed)
    coarse = rng.random((shape[0] // 8 + 1, shape[1] // 8 + 1)) < share
    return np.kron(coarse, np.ones((8, 8), np.bool_))[: shape[0], : shape[1]].astype(np.bool_)


class OwnCodecContract(CodecContract):
    @pytest.mark.parametrize("share", [0.03, 0.3, 0.9])
    @pytest.mark.parametrize("shape", [(4, 64, 80), (1, 9, 70), (5, 33, 8)])
    def test_clear_pixels_come_back_and_the_others_as_zeros(self, shape, share):
        for plane in (
            blotches(shape[1:], share),
            np.random.default_rng(1).random(shape[1:]) < share,
        ):
            bands = textured(shape, 12)
            kept = plane.copy()
            payload = self.codec.encode(bands, bit_depth=12, not_coded=plane)
            decoded = self.codec.decode(payload, shape, bit_depth=12, not_coded=plane)
            np.testing.assert_array_equal(decoded, np.where(plane, 0, bands))
            np.testing.assert_array_equal(plane, kept)
            np.testing.assert_array_equal(bands, textured(shape, 12))

    def test_what_lies_under_the_mask_changes_no_byte(self):
        bands, plane = textured((3, 64, 64), 12), blotches((64, 64), 0.4)
        other = bands.copy()
        other[:, plane] = 65_535  # beyond the bit depth even
        assert self.codec.encode(bands, bit_depth=12, not_coded=plane) == self.codec.encode(
            other, bit_depth=12, not_coded=plane
        )

    def test_one_clear_pixel_and_none(self):
        bands = textured((3, 20, 30), 12)
        plane = np.ones((20, 30), np.bool_)
        assert self.codec.encode(bands, bit_depth=12, not_coded=plane) == b""
        assert not self.codec.decode(b"", bands.shape, bit_depth=12, not_coded=plane).any()
        with pytest.raises(CodecError):
            self.codec.decode(b"\0", bands.shape, bit_depth=12, not_coded=plane)
        plane[7, 11] = False
        payload = self.codec.encode(bands, bit_depth=12, not_coded=plane)
        decoded = self.codec.decode(payload, bands.shape, bit_depth=12, not_coded=plane)
        np.testing.assert_array_equal(decoded, np.where(plane, 0, bands))

    def test_a_mask_that_marks_nothing_is_as_good_as_none(self):
        bands = textured((3, 50, 60), 12)
        plane = np.zeros((50, 60), np.bool_)
        assert self.codec.encode(bands, bit_depth=12, not_coded=plane) == self.codec.encode(
            bands, bit_depth=12
        )

    def test_masked_tiles_cost_their_clear_share_and_two_percent(self):
        """The target of mask-aware coding, on blotches and noise that is alike everywhere."""
        bands = textured((4, 256, 256), 12)
        whole = len(self.codec.encode(bands, bit_depth=12))
        for share in (0.1, 0.4, 0.7):
            plane = blotches((256, 256), share)
            masked = len(self.codec.encode(bands, bit_depth=12, not_coded=plane))
            assert masked < ((~plane).mean() + 0.02) * whole

    def test_damaged_payloads_give_samples_or_an_error(self):
        rng = np.random.default_rng(9)
        for shape in ((2, 20, 21), (4, 64, 64)):
            bands = textured(shape, 12)
            plane = blotches(shape[1:], 0.3)
            for not_coded in (None, plane):
                payload = self.codec.encode(bands, bit_depth=12, not_coded=not_coded)
                for _ in range(150):
                    damaged = np.frombuffer(payload, np.uint8).copy()
                    places = rng.integers(0, len(damaged), rng.integers(1, 4))
                    damaged[places] = rng.integers(0, 256, len(places))
                    self.holds_or_refuses(damaged.tobytes(), shape, not_coded)
        for length in (1, 5, 40, 3000):
            for _ in range(20):
                self.holds_or_refuses(rng.bytes(length), (3, 24, 40), None)

    def holds_or_refuses(self, payload, shape, not_coded):
        try:
            decoded = self.codec.decode(payload, shape, bit_depth=12, not_coded=not_coded)
        except CodecError:
            return
        assert decoded.shape == shape
        assert int(decoded.max()) < 4096
        assert not_coded is None or not decoded[:, not_coded].any()

    def test_the_bytes_are_the_same_where_numba_is_missing(self, request):
        module, name = type(self.codec).__module__, type(self.codec).__name__
        tests = str(request.config.rootpath / "tests")
        program = WITHOUT_NUMBA.format(tests=tests, module=module, name=name)
        done = subprocess.run(
            [sys.executable, "-W", "error", "-c", program],
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        assert done.stdout.strip() == digest(self.codec)
