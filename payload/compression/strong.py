"""`strong`: the project's best codec. Wide least squares, a learnt scale, mixtures of normal distributions, range coding.

The payload, if any pixel is coded:

    predictors      of each band (`payload.compression.least_squares`)
    scale models    of each band (`payload.compression.scale_model`)
    code            one byte string from the range coder (`payload.compression.range_kernels`)

Sample by sample, row by row, band by band:

    prediction      in 1/64 DN, from up to 57 neighbours in four bands and 4 median predictions. Where a pixel is
                    not coded, the prediction stands in for the sample and the error to its left for its error
    scale           the expected mean error, from the errors and brightness steps around; in the first row the
                    running mean
    distribution    three normal distributions around the prediction, with widths of 0.6, 1 and 1.8 times the
                    scale, each weighted by how well it has performed at such scales
                    (`payload.compression.mixture_kernels`)

Everything after the fits is 64-bit integer arithmetic, so every machine decodes the same samples.

Sources: blended and weighted least squares for images, B. Meyer, P. Tischer, "TMW", 1997, and "Glicbawls", 2001; the
mixtures and the learnt scale are ours.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from payload.compression import normal_tables
from payload.compression.least_squares import PLANES, Neighbourhood, fit, unpack_predictors
from payload.compression.samples import (
    check_samples,
    coded_plane,
    expect_tile,
    known_samples,
    nothing,
)
from payload.compression.scale_model import MARGIN_PX, fit_scale, unpack_scale
from payload.errors import CodecError

PLACES = Neighbourhood(
    current_row=((0, -1), (0, -2), (0, -3)),
    rows_above=tuple(
        (dy, dx) for dy in (-1, -2, -3) for dx in range(-3, 4) if dy * dy + dx * dx <= 10
    ),
    around=tuple((dy, dx) for dy in range(-2, 3) for dx in range(-2, 3) if dy * dy + dx * dx < 5),
    has_medians=True,
    margin_px=MARGIN_PX,
    fit_samples=12288,
    fit_rounds=4,
)
_BYTES_A_SAMPLE = 3  # of code at most, as no sample is less probable than 2**-24
_SLACK_BYTES = 4096


@dataclass(frozen=True)
class Strong:
    """Least squares, a learnt scale and arithmetic coding. Lossless; the smallest and the slowest."""

    def encode(
        self,
        bands: NDArray[np.uint16],
        *,
        bit_depth: int,
        not_coded: NDArray[np.bool_] | None = None,
    ) -> bytes:
        """Code samples of shape (B, H, W), except those not coded; CodecError if a sample does not fit."""
        from payload.compression import range_kernels, strong_kernels  # noqa: PLC0415 - may load numba

        check_samples(bands, bit_depth=bit_depth, not_coded=not_coded)
        coded = coded_plane(bands.shape, not_coded)
        if not coded.any():
            return b""
        samples = known_samples(bands, not_coded)
        where = None if coded.all() else coded
        memory = _Memory(bands.shape)
        top = (1 << bit_depth) - 1
        predictors, scales = [], []
        most = len(bands) * int(np.count_nonzero(coded)) * _BYTES_A_SAMPLE
        out = np.empty(most + most // 1024 + _SLACK_BYTES, np.uint8)
        coder = np.array([0, range_kernels.WHOLE_RANGE, 0], np.int64)
        for band, own in enumerate(samples):
            predictor = fit(samples, band, where, PLACES)
            predictors.append(predictor.pack())
            strong_kernels.predict_band(
                own,
                coded,
                memory.planes,
                memory.errors,
                band,
                predictor.taps,
                predictor.coefficients,
                predictor.unit_bits,
                top,
                memory.predictions,
            )
            scale = fit_scale(memory.predictions, memory.planes, memory.errors, band, coded)
            scales.append(scale.pack())
            strong_kernels.encode_band(
                memory.predictions,
                coded,
                memory.planes,
                memory.errors,
                band,
                scale.taps,
                scale.coefficients,
                scale.weights,
                memory.states,
                memory.tables,
                top,
                coder,
                out,
            )
        range_kernels.finish(coder, out)
        code = out[: coder[range_kernels.POSITION]].tobytes()
        return b"".join([*predictors, *scales, code])

    def decode(
        self,
        payload: bytes,
        shape: tuple[int, int, int],
        *,
        bit_depth: int,
        not_coded: NDArray[np.bool_] | None = None,
    ) -> NDArray[np.uint16]:
        """The samples, shape (B, H, W), 0 where not coded; CodecError if the payload cannot be that of such a tile."""
        from payload.compression import range_kernels, strong_kernels  # noqa: PLC0415 - may load numba

        if not expect_tile(shape, bit_depth=bit_depth, not_coded=not_coded):
            return nothing(payload, shape)
        coded = coded_plane(shape, not_coded)
        predictors, position = unpack_predictors(payload, shape[0], PLACES)
        scales = []
        for band in range(shape[0]):
            scale, position = unpack_scale(payload, position, band)
            scales.append(scale)
        if position + range_kernels.CODE_BYTES > len(payload):
            raise CodecError("strong: the code is missing")
        octets = np.frombuffer(payload, np.uint8)
        coder = np.array([0, 0, position], np.int64)
        range_kernels.begin_decoding(coder, octets)
        bands = np.zeros(shape, np.uint16)
        memory = _Memory(shape)
        for band, (predictor, scale) in enumerate(zip(predictors, scales, strict=True)):
            is_whole = strong_kernels.decode_band(
                octets,
                bands[band],
                coded,
                memory.planes,
                memory.errors,
                band,
                predictor.taps,
                predictor.coefficients,
                predictor.unit_bits,
                scale.taps,
                scale.coefficients,
                scale.weights,
                memory.states,
                memory.tables,
                (1 << bit_depth) - 1,
                coder,
            )
            if not is_whole:
                raise CodecError(f"strong: the code of band {band} is cut short or damaged")
        if int(coder[range_kernels.POSITION]) != len(payload):
            raise CodecError("strong: unexpected data after the code")
        return bands


class _Memory:
    """What the kernels keep of a tile: four bands with margins, their medians and errors; and what they learn."""

    def __init__(self, shape: tuple[int, ...]) -> None:
        from payload.compression.mixture_kernels import fresh_states  # noqa: PLC0415 - may load numba

        self.planes = np.zeros(PLACES.padded(2 * PLANES, shape), np.int32)
        self.errors = np.zeros(PLACES.padded(PLANES, shape), np.int32)
        self.predictions = np.empty(shape[1:], np.int32)
        self.states = fresh_states()
        self.tables = (
            normal_tables.cumulative(),
            normal_tables.inverses(),
            normal_tables.powers(),
            normal_tables.steps_of_small(),
        )
