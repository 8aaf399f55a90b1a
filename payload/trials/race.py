"""One tile through all codecs, in turns, so that whatever else the machine does hits all alike."""

import math
import time
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from payload.compression.plane import cleaned, pack_plane
from payload.errors import CodecError
from payload.trials.contestants import YARDSTICK, Contestant
from payload.trials.tiles import TrialTile

PLANE_LENGTH_BYTES = 4
"""[byte] In front of a plane in a record. Source: `payload.compression.record`."""


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
    """What a codec made of a tile without its clouds.

    Attributes:
        clear_share: Pixels without cloud.
        coded_share: Pixels that are coded: the clear ones, and clouds too small or ragged to be left out.
        whole_bytes: [byte] Of the payload of all pixels.
        sent_bytes: [byte] Of the payload of what is coded and of the plane that tells which pixels are; or of
            the whole one, where that is shorter.
    """

    clear_share: float
    coded_share: float
    whole_bytes: int
    sent_bytes: int

    @property
    def against_clear(self) -> float:
        """Length over what the clear share of the whole tile's length would be."""
        return self.sent_bytes / (self.clear_share * self.whole_bytes)

    @property
    def against_coded(self) -> float:
        """The same for the share that is coded: how well the codec itself leaves pixels out."""
        return self.sent_bytes / (self.coded_share * self.whole_bytes)


def masked_laps(tile: TrialTile, field: Sequence[Contestant]) -> dict[str, MaskedLap]:
    """Leave out the clouds, by each codec that can; what lies under the mask must not matter.

    Raises:
        CodecError: A coded pixel does not come back as promised, or one that is not has been read.
    """
    assert tile.cloud is not None
    found: dict[str, MaskedLap] = {}
    for one in field:
        if one.name == YARDSTICK or not one.takes_planes:
            continue
        whole = one.encode(tile.bands, bit_depth=tile.bit_depth)
        plane = cleaned(tile.cloud, whole_bytes=len(whole))
        plane_bytes = PLANE_LENGTH_BYTES + len(pack_plane(plane))
        payload = one.encode(tile.bands, bit_depth=tile.bit_depth, not_coded=plane)
        changed = np.where(plane, np.uint16((1 << tile.bit_depth) - 1) - tile.bands, tile.bands)
        if one.encode(changed, bit_depth=tile.bit_depth, not_coded=plane) != payload:
            raise CodecError(f"{one.name}: {tile.name} has been read under its mask")
        decoded = one.decode(payload, tile.bands.shape, bit_depth=tile.bit_depth, not_coded=plane)
        verified(one, tile, np.where(plane, tile.bands, decoded))
        found[one.name] = MaskedLap(
            float(1.0 - tile.cloud.mean()),
            float(1.0 - plane.mean()),
            len(whole),
            min(len(payload) + plane_bytes, len(whole)),
        )
    return found
