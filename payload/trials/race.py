"""One tile through all codecs, in turns, so that whatever else the machine does hits all alike."""

import math
import time
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from payload.compression.yardstick import plane_bytes
from payload.errors import CodecError
from payload.trials.contestants import YARDSTICK, Contestant
from payload.trials.tiles import TrialTile


@dataclass(frozen=True, slots=True)
class Lap:
    """What a codec made of a tile.

    Attributes:
        payload_bytes: [byte] Of all its pixels, headers of records not counted.
        encode_s: [s] CPU time, the best of the rounds.
        decode_s: [s] CPU time, the best of the rounds.
        largest_error: [DN] Between a sample and what came back.
    """

    payload_bytes: int
    encode_s: float
    decode_s: float
    largest_error: int


def race(tile: TrialTile, field: Sequence[Contestant], *, rounds: int) -> dict[str, Lap]:
    """Code and decode a tile by each codec in turn, several times.

    Raises:
        CodecError: A codec refuses the tile, or a sample does not come back as promised.
    """
    laps = {one.name: Lap(0, math.inf, math.inf, 0) for one in field}
    for round_ in range(rounds):
        for one in field:
            start_s = time.process_time()
            payload = one.encode(tile.bands, bit_depth=tile.bit_depth)
            encoded_s = time.process_time()
            decoded = one.decode(payload, tile.bands.shape, bit_depth=tile.bit_depth)
            decoded_s = time.process_time()
            before = laps[one.name]
            error = before.largest_error if round_ else verified(one, tile, decoded)
            laps[one.name] = Lap(
                len(payload),
                min(before.encode_s, encoded_s - start_s),
                min(before.decode_s, decoded_s - encoded_s),
                error,
            )
    return laps


def verified(one: Contestant, tile: TrialTile, decoded: NDArray[np.uint16]) -> int:
    """[DN] The largest error.

    Raises:
        CodecError: It is larger than promised, or the shape is another.
    """
    if decoded.shape != tile.bands.shape:
        raise CodecError(f"{one.name}: {tile.name} comes back with the shape {decoded.shape}")
    error = int(np.abs(decoded.astype(np.int32) - tile.bands).max())
    if error > one.max_error:
        raise CodecError(
            f"{one.name}: {tile.name} comes back {error} DN off; {one.max_error} at most is promised"
        )
    return error


@dataclass(frozen=True, slots=True)
class MaskedLap:
    """What a codec made of the clear pixels of a tile.

    Attributes:
        clear_share: Of its pixels.
        whole_bytes: [byte] Of the payload of all pixels.
        clear_bytes: [byte] Of the payload of the clear ones and of the plane that tells which they are.
    """

    clear_share: float
    whole_bytes: int
    clear_bytes: int

    @property
    def against_share(self) -> float:
        """Length over what the clear share of the whole tile's length would be."""
        return self.clear_bytes / (self.clear_share * self.whole_bytes)


def masked_laps(tile: TrialTile, field: Sequence[Contestant]) -> dict[str, MaskedLap]:
    """Code the clear pixels alone, by each codec that can; what lies under the mask must not matter.

    Raises:
        CodecError: A clear pixel does not come back as promised, or a covered one has been read.
    """
    assert tile.not_coded is not None
    clear = ~tile.not_coded
    changed = np.where(tile.not_coded, np.uint16(2**tile.bit_depth - 1) - tile.bands, tile.bands)
    found: dict[str, MaskedLap] = {}
    for one in field:
        if one.name == YARDSTICK or not one.takes_planes:
            continue
        whole = one.encode(tile.bands, bit_depth=tile.bit_depth)
        payload = one.encode(tile.bands, bit_depth=tile.bit_depth, not_coded=tile.not_coded)
        if one.encode(changed, bit_depth=tile.bit_depth, not_coded=tile.not_coded) != payload:
            raise CodecError(f"{one.name}: {tile.name} has been read under its mask")
        decoded = one.decode(
            payload, tile.bands.shape, bit_depth=tile.bit_depth, not_coded=tile.not_coded
        )
        verified(one, tile, np.where(clear, decoded, tile.bands))
        sent_bytes = len(payload) + plane_bytes(tile.not_coded)
        found[one.name] = MaskedLap(float(clear.mean()), len(whole), sent_bytes)
    return found
