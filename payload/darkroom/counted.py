"""Bands beyond those that are rendered: only their size is counted, at the bits per sample of the rendered ones.

The world renders four bands, and many cameras have more. The size of the others is not the length of any actual data, and
every report says so: each is taken to be as compressible as the rendered ones of the same tile are on average. Assumption.
"""

from dataclasses import dataclass, replace
from pathlib import Path

from payload.compression.raw import packed_bytes
from payload.compression.record import HEADER_BYTES
from payload.darkroom.facts import ClearPart, Coming, Darkroom, Preparing, Thumbnail, TileFacts
from payload.imaging.sensor import counted_bytes
from payload.types import Acquisition, Sensor


@dataclass(frozen=True)
class Counted:
    """A darkroom for a camera with more bands than the darkroom it wraps develops.

    Attributes:
        darkroom: Develops the rendered bands.
    """

    darkroom: Darkroom

    def prepare(self, acquisition: Acquisition, coming: Coming) -> None:
        """Let the wrapped darkroom prepare for upcoming images."""
        if isinstance(self.darkroom, Preparing):
            self.darkroom.prepare(acquisition, coming)

    def develop(self, acquisition: Acquisition, spool: Path | None) -> tuple[TileFacts, ...]:
        """The facts of an image's tiles; their sizes include the counted bands, their records only the rendered ones."""
        sensor, facts = acquisition.view.sensor, self.darkroom.develop(acquisition, spool)
        return tuple(with_counted(sensor, fact) for fact in facts)


def with_counted(sensor: Sensor, fact: TileFacts) -> TileFacts:
    """A tile's facts with the counted bands of a camera, if it has any; the raw size already includes them."""
    if not sensor.counted_bands:
        return fact
    counted = counted_bytes(sensor, fact.pixels)
    raw = fact.raw_bytes - counted - HEADER_BYTES
    shrunk = -(-counted * (fact.encoded_bytes - HEADER_BYTES) // raw)
    return replace(
        fact,
        encoded_bytes=fact.encoded_bytes + shrunk,
        record_bytes=fact.encoded_bytes,
        clear_part=None if fact.clear_part is None else _all_clear(fact.clear_part, counted, raw),
        thumbnail=None if fact.thumbnail is None else _all_bands(sensor, fact.thumbnail),
    )


def _all_clear(part: ClearPart, counted: int, raw: int) -> ClearPart:
    """A tile without its cloudy pixels, with `counted` raw bytes of counted bands added to `raw` of rendered ones."""
    left_out = counted * part.not_coded.bytes // raw
    painted = max(raw - part.not_coded.bytes, 1)  # a tile that is all cloud may have nothing left
    shrunk = -(-(counted - left_out) * (part.encoded_bytes - HEADER_BYTES) // painted)
    not_coded = replace(part.not_coded, bytes=part.not_coded.bytes + left_out)
    return replace(part, encoded_bytes=part.encoded_bytes + shrunk, not_coded=not_coded)


def _all_bands(sensor: Sensor, thumbnail: Thumbnail) -> Thumbnail:
    """A thumbnail with its counted bands, at the bits per sample of its rendered ones."""
    counted = counted_bytes(sensor, thumbnail.pixels)
    painted = packed_bytes(thumbnail.pixels * len(sensor.bands), sensor.bit_depth)
    shrunk = -(-counted * (thumbnail.bytes - HEADER_BYTES) // painted)
    return replace(thumbnail, bytes=thumbnail.bytes + shrunk)
