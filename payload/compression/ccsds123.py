"""`ccsds123`: adaptive linear prediction across bands and an adaptive entropy coder, as flown on satellites.

CCSDS-123-style, cross-checked against a literal reading of CCSDS 123.0-B-2; not run on the official test
vectors, hence not called conformant. Full prediction mode, wide local sums, lossless or near-lossless in
the loop with one absolute error limit, band-sequential order. Every tile starts afresh.

The standard has no notion of pixels that are not coded. Here they cost no bits; their representative is
their own prediction, weights do not learn from them, and the entropy coder never sees them. Those before
the first coded pixel take its value. A tile one pixel wide uses column-oriented sums, as the standard requires.

A tile with no coded pixel has an empty payload; the header of all others is described in `ccsds123_options`.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from payload.compression.ccsds123_options import HEADER, Options
from payload.compression.samples import (
    check_samples,
    coded_plane,
    count_coded,
    expect_tile,
    known_samples,
    nothing,
)
from payload.errors import CodecError


@dataclass(frozen=True)
class Ccsds123(Options):
    """CCSDS-123-style prediction and entropy coding, lossless or with a bounded error.

    Defaults were chosen on 127 real tiles of 4 bands and 12 bit; ranges are the standard's.
    """

    def encode(
        self,
        bands: NDArray[np.uint16],
        *,
        bit_depth: int,
        not_coded: NDArray[np.bool_] | None = None,
    ) -> bytes:
        """Code samples.

        Args:
            bands: [DN] shape (B, H, W).
            bit_depth: [bit] of a sample.
            not_coded: Pixels to leave out, shape (H, W); their samples are not read.

        Raises:
            CodecError: A coded sample does not fit the bit depth, the error limit reaches half of the
                range, or the shapes disagree.
        """
        from payload.compression.ccsds123_tile import write_bits  # noqa: PLC0415 - loads numba

        check_samples(bands, bit_depth=bit_depth, not_coded=not_coded)
        self.check_limit(bit_depth)
        pixels = count_coded(bands.shape, not_coded)
        if not pixels:
            return b""
        header = self.header(bit_depth, len(bands) * pixels)
        samples = np.ascontiguousarray(known_samples(bands, not_coded))
        return header + write_bits(samples, coded_plane(bands.shape, not_coded), self, bit_depth)

    def decode(
        self,
        payload: bytes,
        shape: tuple[int, int, int],
        *,
        bit_depth: int,
        not_coded: NDArray[np.bool_] | None = None,
    ) -> NDArray[np.uint16]:
        """Undo `encode`, whatever options it was run with.

        Args:
            payload: Payload of a tile.
            shape: (B, H, W).
            bit_depth: [bit] of a sample.
            not_coded: As given to `encode`; these pixels come back as 0.

        Raises:
            CodecError: The payload cannot be that of such a tile.
        """
        from payload.compression.ccsds123_tile import read_bits  # noqa: PLC0415 - loads numba

        pixels = expect_tile(shape, bit_depth=bit_depth, not_coded=not_coded)
        if not pixels:
            return nothing(payload, shape)
        options, samples = Options.of_payload(payload, bit_depth)
        if samples != shape[0] * pixels:
            raise CodecError(
                f"ccsds123: the payload has {samples} coded samples, not as many as this tile"
            )
        coded = coded_plane(shape, not_coded)
        return read_bits(payload[HEADER.size :], shape, coded, options, bit_depth)
