"""The reference that codecs are measured against: Zstandard on plain samples, without any prediction.

`PlainZstd` follows the `Codec` protocol, so that it runs in the same benchmarks as the codecs it is compared with,
but it is not a plug-in: it is not meant to be flown.
"""

from dataclasses import dataclass

import numpy as np
import zstandard
from numpy.typing import NDArray

from payload.compression.samples import check_shape
from payload.errors import CodecError


@dataclass(frozen=True)
class PlainZstd:
    """Zstandard on 16-bit samples, little-endian, band by band.

    Attributes:
        level: Effort of Zstandard.
    """

    level: int = 3

    def encode(
        self,
        bands: NDArray[np.uint16],
        *,
        bit_depth: int,
        not_coded: NDArray[np.bool_] | None = None,
    ) -> bytes:
        """Compress all samples, shape (B, H, W), as they are; they are not checked against the bit depth."""
        _refuse(not_coded)
        check_shape(bands.shape, bit_depth=bit_depth)
        samples = np.ascontiguousarray(bands, "<u2").reshape(-1).view(np.uint8)
        return zstandard.ZstdCompressor(level=self.level).compress(samples.data)

    def decode(
        self,
        payload: bytes,
        shape: tuple[int, int, int],
        *,
        bit_depth: int,
        not_coded: NDArray[np.bool_] | None = None,
    ) -> NDArray[np.uint16]:
        """The samples, shape (B, H, W); CodecError if the payload is damaged or decodes to another length."""
        _refuse(not_coded)
        check_shape(shape, bit_depth=bit_depth)
        wanted_bytes = 2 * shape[0] * shape[1] * shape[2]
        try:
            plain = zstandard.ZstdDecompressor().decompress(payload, max_output_size=wanted_bytes)
        except zstandard.ZstdError as error:
            raise CodecError(f"damaged zstd frame: {error}") from error
        if len(plain) != wanted_bytes:
            raise CodecError(f"a zstd frame has {len(plain)} bytes; expected {wanted_bytes}")
        return np.frombuffer(plain, "<u2").astype(np.uint16).reshape(shape)


def _refuse(not_coded: NDArray[np.bool_] | None) -> None:
    if not_coded is not None:
        raise CodecError("the yardstick codes all pixels; it cannot leave any out")
