"""What our own adaptive codecs promise beyond `CodecContract`: the price of masks, and what damage does."""

import numpy as np
from contracts.codec import CodecContract, textured

from payload.errors import CodecError


def blotches(shape, share, seed=0):
    """A plane of pixels not coded, in blotches, about the share given."""
    rng = np.random.default_rng(seed)
    coarse = rng.random((shape[0] // 8 + 1, shape[1] // 8 + 1)) < share
    return np.kron(coarse, np.ones((8, 8), np.bool_))[: shape[0], : shape[1]].astype(np.bool_)


class OwnCodecContract(CodecContract):
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
