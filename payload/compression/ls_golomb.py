"""`ls-golomb`: least squares prediction, coded by Golomb-Rice codes that adapt to their surroundings.

The payload: the coefficients of each band (`payload.compression.least_squares`), then for each band a string of
bits, highest first, padded with zeros to whole bytes. If no pixel is coded, the payload is empty.

The bits, sample by sample and row by row, of the pixels that are coded:

    prediction      from the taps, plus the context's bias, clipped to the range of samples; where a pixel is
                    not coded, it takes the place of the sample from then on
    context         one of 24, by the errors of the neighbours already coded and, in the band before, of
                    those all around
    mapped          the residual as a number from 0 to the largest sample: 0, -1, 1, -2, ... as far as the range
                    extends on both sides, then what is left on one
    code            mapped >> k as zeros, a one, the low k bits; where that would take 20 zeros or more, 20 zeros
                    and mapped in as many bits as a sample has. k follows the context's mean of mapped

Source of the context's bias and of the adaptation: JPEG-LS, ITU-T T.87 (1998), annex A; other constants are ours.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from payload.compression.least_squares import (
    PLANES,
    Neighbourhood,
    Predictor,
    fit,
    unpack_predictors,
)
from payload.compression.samples import (
    check_samples,
    coded_plane,
    expect_tile,
    known_samples,
    nothing,
)
from payload.errors import CodecError

PLACES = Neighbourhood(
    current_row=((0, -1), (0, -2)),
    rows_above=((-1, 0), (-1, -1), (-1, 1), (-2, 0), (-1, 2), (-1, -2), (-2, -1), (-2, 1)),
    around=tuple((dy, dx) for dy in (0, -1, 1) for dx in (0, -1, 1)),
    has_medians=False,
    margin_px=2,
    fit_samples=4096,
    fit_rounds=3,
)
_LEVELS = 4096
_CONTEXTS_AN_OCTAVE = 2.0
_LONGEST_CODE_BYTES = 5  # 20 zeros and 16 bits


@dataclass(frozen=True)
class LsGolomb:
    """Least squares over neighbours and earlier bands, with adaptive Golomb-Rice codes. Lossless."""

    def encode(
        self,
        bands: NDArray[np.uint16],
        *,
        bit_depth: int,
        not_coded: NDArray[np.bool_] | None = None,
    ) -> bytes:
        """Code samples of shape (B, H, W), except those not coded; CodecError if a sample does not fit."""
        from payload.compression import ls_golomb_kernels as kernels  # noqa: PLC0415 - may load numba

        check_samples(bands, bit_depth=bit_depth, not_coded=not_coded)
        coded = coded_plane(bands.shape, not_coded)
        if not coded.any():
            return b""
        samples = known_samples(bands, not_coded)
        memory = _Memory(bands.shape, kernels.CONTEXTS)
        where = None if coded.all() else coded  # a plane that leaves nothing out changes no bit
        predictors = [fit(samples, band, where, PLACES) for band in range(len(bands))]
        pieces = [predictor.pack() for predictor in predictors]
        out = np.empty(coded.size * _LONGEST_CODE_BYTES + 1, np.uint8)
        for band, predictor in enumerate(predictors):
            length = kernels.encode_band(
                samples[band],
                coded,
                memory.planes,
                memory.errors,
                band,
                *_fields(predictor),
                memory.fresh_states(),
                memory.classes,
                *_limits(bit_depth),
                out,
            )
            pieces.append(out[:length].tobytes())
        return b"".join(pieces)

    def decode(
        self,
        payload: bytes,
        shape: tuple[int, int, int],
        *,
        bit_depth: int,
        not_coded: NDArray[np.bool_] | None = None,
    ) -> NDArray[np.uint16]:
        """The samples, shape (B, H, W), 0 where not coded; CodecError if the payload cannot be that of such a tile."""
        from payload.compression import ls_golomb_kernels as kernels  # noqa: PLC0415 - may load numba

        if not expect_tile(shape, bit_depth=bit_depth, not_coded=not_coded):
            return nothing(payload, shape)
        coded = coded_plane(shape, not_coded)
        predictors, position = unpack_predictors(payload, shape[0], PLACES)
        octets = np.frombuffer(payload, np.uint8)
        bands = np.zeros(shape, np.uint16)
        memory = _Memory(shape, kernels.CONTEXTS)
        for band, predictor in enumerate(predictors):
            end = kernels.decode_band(
                octets,
                position,
                bands[band],
                coded,
                memory.planes,
                memory.errors,
                band,
                *_fields(predictor),
                memory.fresh_states(),
                memory.classes,
                *_limits(bit_depth),
            )
            position = int(end)
            if position < 0:
                raise CodecError(f"ls-golomb: the bits of band {band} are cut short or damaged")
        if position != len(payload):
            raise CodecError("ls-golomb: unexpected data after the bits of the last band")
        return bands


class _Memory:
    """What the kernels remember of a tile: four bands with margins, and their errors."""

    def __init__(self, shape: tuple[int, ...], contexts: int) -> None:
        self.planes = np.zeros(PLACES.padded(PLANES, shape), np.uint16)
        self.errors = np.zeros(PLACES.padded(PLANES, shape), np.uint16)
        octaves = np.log2(np.arange(_LEVELS) + 1.0) * _CONTEXTS_AN_OCTAVE
        self.classes = np.minimum(octaves, contexts - 1).astype(np.uint8)
        # What a context expects before it has seen a sample: its activity is the sum of about 16 errors, over 4.
        self._states = np.zeros((contexts, 6), np.int64)
        self._states[:, 0] = 2.0 ** (np.arange(contexts) / _CONTEXTS_AN_OCTAVE) / 2 + 1
        self._states[:, 1] = 1

    def fresh_states(self) -> NDArray[np.int64]:
        """States of contexts that have learnt nothing yet."""
        return self._states.copy()


def _fields(predictor: Predictor) -> tuple[NDArray[np.int64], NDArray[np.int64], int]:
    return predictor.taps, predictor.coefficients, predictor.unit_bits


def _limits(bit_depth: int) -> tuple[int, int, int]:
    """The shift of the activity, the largest sample, and the bits of an escape code."""
    return 2 + max(0, bit_depth - 12), (1 << bit_depth) - 1, bit_depth
