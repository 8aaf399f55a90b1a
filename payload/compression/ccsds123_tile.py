"""Run a tile through the predictor and entropy coder of `ccsds123`, and back; loads numba if it is installed."""

import numpy as np
from numpy.typing import NDArray

from payload.compression.ccsds123_bits import append_codes, as_words, written
from payload.compression.ccsds123_block_adaptive import SEGMENT_BLOCKS, read_blocks, write_blocks
from payload.compression.ccsds123_options import Options
from payload.compression.ccsds123_predictor import Planes, Predictor, predict
from payload.compression.ccsds123_sample_adaptive import Adaption, band_codes, read_band
from payload.errors import CodecError


def write_bits(
    bands: NDArray[np.uint16], clear: NDArray[np.bool_], options: Options, bit_depth: int
) -> bytes:
    """Predict and code a tile.

    Args:
        bands: Samples that fit the bit depth, shape (B, H, W), contiguous.
        clear: Which pixels are coded, shape (H, W), contiguous; at least one.
        options: How to predict and code.
        bit_depth: [bit] of a sample.

    Returns:
        The bits that follow the header.
    """
    count, pixels = len(bands), int(np.count_nonzero(clear))
    depth = max(2, bit_depth)
    padded, mapped = _indices(count, pixels, options)
    planes = Planes(bands, mapped, clear, _room(bands.shape, options))
    predict(planes, _predictor(options, depth), False)
    if options.coder == "block-adaptive":
        blocks = padded.size // options.block_size
        words = np.empty((padded.size * depth + 8 * blocks) // 32 + 1, np.uint32)
        return written(words, write_blocks(padded, words, options.block_size, depth))
    codes, lengths = np.empty(pixels, np.int32), np.empty(pixels, np.int32)
    adaption = _adaption(options, depth)
    tail, pieces = (0, 0, 0), list[bytes]()
    for band in mapped:
        band_codes(band, codes, lengths, adaption)
        words = np.empty(int(lengths.sum()) // 32 + 1, np.uint32)
        size, waiting, length = append_codes(words, tail, codes, lengths)
        pieces.append(words[:size].astype(">u4").tobytes())
        tail = (0, waiting, length)
    return b"".join([*pieces, written(words[:0], tail)])


def read_bits(
    bits: bytes,
    shape: tuple[int, int, int],
    clear: NDArray[np.bool_],
    options: Options,
    bit_depth: int,
) -> NDArray[np.uint16]:
    """Undo `write_bits`: samples, shape (B, H, W), 0 where not clear.

    Allocation is bounded by the shape, and happens only if there are enough bits for it.

    Raises:
        CodecError: These are not the bits of such a tile.
    """
    count, pixels = shape[0], int(np.count_nonzero(clear))
    depth = max(2, bit_depth)
    # An index takes at least one bit, or a segment of blocks at least 5.
    most = 8 * len(bits)
    if options.coder == "block-adaptive":
        most = (most // 5) * SEGMENT_BLOCKS * options.block_size
    if count * pixels > most:
        raise CodecError(f"ccsds123: {len(bits)} bytes cannot hold {count * pixels} samples")
    padded, mapped = _indices(count, pixels, options)
    words, end, position = as_words(bits), 8 * len(bits), 0
    if options.coder == "block-adaptive":
        position = read_blocks(padded, words, end, options.block_size, depth)
    else:
        adaption = _adaption(options, depth)
        for band in mapped:
            if position >= 0:
                position = read_band(band, words, position, end, adaption)
    if not 0 <= position <= end or end - position >= 8 or padded[mapped.size :].any():
        raise CodecError("ccsds123: the bits are not those of a tile of this shape")
    if bits[-1] & ((1 << (end - position)) - 1):
        raise CodecError("ccsds123: the last byte is not padded with zeros")
    bands = np.zeros(shape, np.uint16)
    planes = Planes(bands, mapped, clear, _room(shape, options))
    if not predict(planes, _predictor(options, depth), True):
        raise CodecError("ccsds123: a residual leads outside the range of samples")
    if int(bands.max()) >> bit_depth:
        raise CodecError(f"ccsds123: a decoded sample does not fit {bit_depth} bits")
    return bands


def _indices(
    count: int, pixels: int, options: Options
) -> tuple[NDArray[np.uint16], NDArray[np.uint16]]:
    """Zeros for the indices of all bands, padded to whole blocks, and a view (B, N) of them without the padding."""
    size = options.block_size if options.coder == "block-adaptive" else 1
    padded = np.zeros(-(-count * pixels // size) * size, np.uint16)
    return padded, padded[: count * pixels].reshape(count, pixels)


def _room(shape: tuple[int, ...], options: Options) -> NDArray[np.int32]:
    count, height, width = shape
    return np.zeros((min(options.previous_bands, count - 1) + 2, height, width), np.int32)


def _predictor(options: Options, depth: int) -> Predictor:
    return Predictor(
        depth,
        options.max_error_dn,
        options.previous_bands,
        options.local_sums == "column-oriented",
        options.weight_bits,
        options.first_exponent,
        options.last_exponent,
        options.interval_bits,
        options.fine_bits,
        options.damping,
        options.offset,
    )


def _adaption(options: Options, depth: int) -> Adaption:
    return Adaption(
        depth,
        options.unary_limit,
        options.initial_count,
        options.rescaling_count,
        min(options.initial_k, depth - 2),
    )
