"""One tile through all codecs in turn, so that other activity of the machine affects all alike."""

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
    """A codec's result on a tile.

    Attributes:
        payload_bytes: [byte] Length of the payload, record headers not counted.
        encode_s: [s] CPU time, the best of the rounds.
        decode_s: [s] CPU time, the best of the rounds.
        largest_error: [DN] Between a sample and its restored value.
    """

    payload_bytes: int
    encode_s: float
    decode_s: float
    largest_error: int


def race(tile: TrialTile, field: Sequence[Contestant], *, rounds: int) -> dict[str, Lap]:
    """Code and decode a tile with each codec in turn, several times.

    Raises:
        CodecError: A codec refuses the tile, or a restored sample is further off than permitted.
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
        CodecError: It is larger than permitted, or the shape is different.
    """
    if decoded.shape != tile.bands.shape:
        raise CodecError(
            f"{one.name}: {tile.name}: decoded to shape {decoded.shape}; expected {tile.bands.shape}"
        )
    error = int(np.abs(decoded.astype(np.int32) - tile.bands).max())
    if error > one.max_error:
        raise CodecError(
            f"{one.name}: {tile.name}: decoded with an error of {error} DN; expected at most {one.max_error}"
        )
    return error


@dataclass(frozen=True, slots=True)
class MaskedLap:
    """A codec's result on a tile without its clouds.

    Attributes:
        clear_share: Share of pixels without cloud.
        coded_share: Share of pixels coded: the clear ones, and clouds too small or ragged to be left out.
        whole_bytes: [byte] Length of the payload of all pixels.
        sent_bytes: [byte] Length of the payload of the coded pixels and of the plane that marks the others; or of
            the whole payload, if that is shorter.
    """

    clear_share: float
    coded_share: float
    whole_bytes: int
    sent_bytes: int

    @property
    def against_clear(self) -> float:
        """Length sent, divided by the clear share of the whole tile's length."""
        return self.sent_bytes / (self.clear_share * self.whole_bytes)

    @property
    def against_coded(self) -> float:
        """The same with the coded share: how well the codec itself leaves pixels out."""
        return self.sent_bytes / (self.coded_share * self.whole_bytes)


def masked_laps(tile: TrialTile, field: Sequence[Contestant]) -> dict[str, MaskedLap]:
    """Leave out the clouds with each codec that can; samples under the mask must not influence the payload.

    Raises:
        CodecError: A coded pixel is further off than permitted, or samples under the mask changed the payload.
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
            raise CodecError(f"{one.name}: {tile.name}: samples under the mask changed the payload")
        decoded = one.decode(payload, tile.bands.shape, bit_depth=tile.bit_depth, not_coded=plane)
        verified(one, tile, np.where(plane, tile.bands, decoded))
        found[one.name] = MaskedLap(
            float(1.0 - tile.cloud.mean()),
            float(1.0 - plane.mean()),
            len(whole),
            min(len(payload) + plane_bytes, len(whole)),
        )
    return found
