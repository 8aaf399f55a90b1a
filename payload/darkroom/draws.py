"""No pixel work: an image is only glanced at, and its facts are drawn from a surrogate.

Draws are keyed by the names of image and tile, so all arms, and all scenarios that take the same image
with the same seed, get the same ones.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache
from itertools import islice
from pathlib import Path

from payload.compression import raw_record_bytes
from payload.compression.record import HEADER_BYTES
from payload.darkroom.facts import ClearPart, Coming, Thumbnail, TileFacts, perfect
from payload.darkroom.glances import glances_at
from payload.geometry.grid import TileGrid
from payload.imaging.sensor import counted_bytes
from payload.imaging.thumbnail import thumbnail_window
from payload.ports import Glancing, GlancingAtMany
from payload.rng import stream
from payload.surrogate import Surrogate, TileSize, as_donor, donors_of_each
from payload.types import Acquisition, CoverEstimate, Glance, NotCoded, Sensor, View, Window

THUMBNAIL_BITS = 1.3
"""Bits per sample of a thumbnail, relative to those of its tile. Assumption: 1.3, as averaging makes neighbouring samples
less alike; nine rendered tiles of 256 px at 20 m with `med-zstd` gave 1.23 to 1.56 (median 1.28) at a factor of 16, and
1.14 to 1.28 (median 1.21) at 8."""

RATE_ENCODINGS = 6
"""How often a tile is compressed until it meets a rate. Assumption: 6; 16 real tiles of 256 px with
`med-zstd` took 8.9, 4.6 and 2.5 on average to meet 2, 3 and 4 bits per sample."""

PX_A_PLANE_BYTE = 63
"""Pixels of a tile per byte of the plane that marks which are coded. Assumption: 63; for 44 real tiles of 256 px with 3 to
90 % cloud the plane took 1,034 bytes on average."""


def clear_part(
    estimate: CoverEstimate, encoded_bytes: int, pixels: int, sample_bytes: int
) -> ClearPart | None:
    """The size of a tile without its cloudy pixels.

    Its payload, including the plane that marks the coded pixels, shrinks in proportion to its pixels. Assumption; for the
    same real tiles, all payloads by `med-zstd` together were 0.96 of that.

    Args:
        estimate: The masker's estimate of the tile.
        encoded_bytes: [byte] Length of its record.
        pixels: [px] Number of its pixels.
        sample_bytes: [byte] Size of its samples, packed.
    """
    if not estimate.cloud_px:
        return None
    left_out = sample_bytes - -(-sample_bytes * (pixels - estimate.cloud_px) // pixels)
    left_out -= -(-pixels // PX_A_PLANE_BYTE)
    samples = -(-(encoded_bytes - HEADER_BYTES) * (pixels - estimate.cloud_px) // pixels)
    shorter = min(HEADER_BYTES + samples, HEADER_BYTES + sample_bytes - left_out)
    if left_out <= 0 or shorter >= encoded_bytes:
        return None
    return ClearPart(shorter, NotCoded(left_out, estimate.false_cloud_px, estimate.true_cloud_px))


_TILES_AHEAD = 4_096
"""Most tiles of upcoming images that are glanced at together: less than a second of work."""
_MOST_TILES = 32_000
"""Most tiles of images glanced at but not yet developed: some megabytes."""


@dataclass(frozen=True)
class Draws:
    """Glances and draws: the darkroom of `fidelity: surrogate`.

    Attributes:
        thumbnail_factor: [px] Side of the squares that thumbnails average; None if none are made.
        encodings: How often a tile is compressed.
    """

    source: Glancing
    surrogate: Surrogate
    tile_px: int
    seed: int
    thumbnail_factor: int | None = None
    encodings: int = 1
    _glanced: dict[str, list[Glance]] = field(
        default_factory=dict[str, list[Glance]], repr=False, compare=False
    )

    def prepare(self, acquisition: Acquisition, coming: Coming) -> None:
        """Glance at an image together with those likely to follow, if the source does that faster than one by one."""
        if acquisition.id in self._glanced:
            return
        views = {acquisition.id: acquisition.view}
        tiles = len(_windows(acquisition.view.sensor, self.tile_px))
        if isinstance(self.source, GlancingAtMany):
            unseen = (view for view in coming() if view.id not in self._glanced)
            views |= {view.id: view for view in islice(unseen, _TILES_AHEAD // tiles)}
        self._look(list(views.values()))
        while len(self._glanced) > max(
            1, _MOST_TILES // tiles
        ):  # those of plans that were given up
            del self._glanced[next(iter(self._glanced))]

    def _look(self, views: Sequence[View]) -> None:
        windows = _windows(views[0].sensor, self.tile_px)
        found = glances_at(self.source, views, windows)
        self._glanced.update(zip((view.id for view in views), found, strict=True))

    def develop(
        self,
        acquisition: Acquisition,
        spool: Path | None,  # noqa: ARG002 - there are no records
    ) -> tuple[TileFacts, ...]:
        """The facts of an image's tiles; there are no records."""
        sensor = acquisition.view.sensor
        windows = _windows(sensor, self.tile_px)
        if acquisition.id not in self._glanced:
            self._look([acquisition.view])
        glances = self._glanced.pop(acquisition.id)
        mood = stream(self.seed, "surrogate", acquisition.id).random(self.surrogate.scenes)
        sizes = [
            TileSize(window.pixels, raw_bytes - counted_bytes(sensor, window.pixels))
            for raw_bytes, window in zip(acquisition.tile_raw_bytes, windows, strict=True)
        ]
        rngs = [stream(self.seed, "surrogate", tile_id) for tile_id in acquisition.tile_ids]
        asked = list(zip(glances, rngs, sizes, strict=True))
        donors = donors_of_each(self.surrogate, asked, mood=mood).tolist()
        facts = []
        tiles = zip(
            acquisition.tile_ids,
            acquisition.tile_raw_bytes,
            windows,
            glances,
            sizes,
            donors,
            strict=True,
        )
        for tile_id, raw_bytes, window, glance, size, donor in tiles:
            estimate, encoded_bytes = as_donor(self.surrogate.shares[donor], glance.cover, size)
            sample_bytes = size.raw_bytes - HEADER_BYTES
            part = clear_part(estimate, encoded_bytes, window.pixels, sample_bytes)
            facts.append(
                TileFacts(
                    tile_id=tile_id,
                    pixels=window.pixels,
                    raw_bytes=raw_bytes,
                    estimate=estimate,
                    perfect=perfect(estimate),
                    encoded_bytes=encoded_bytes,
                    record_at=None,
                    thumbnail=self._thumbnail(
                        sensor,
                        window,
                        (encoded_bytes - HEADER_BYTES) / sample_bytes,
                    ),
                    clear_part=None if part is None else replace(part, encodings=self.encodings),
                    encodings=self.encodings,
                    surface=glance.surface,
                    donor=donor,
                )
            )
        return tuple(facts)

    def _thumbnail(self, sensor: Sensor, window: Window, share: float) -> Thumbnail | None:
        """A thumbnail, given the share to which the tile's samples shrink; None if none are made."""
        if self.thumbnail_factor is None:
            return None
        small = thumbnail_window(window, self.thumbnail_factor)
        most = raw_record_bytes(
            len(sensor.bands), small.height_px, small.width_px, sensor.bit_depth
        )
        payload_bytes = math.ceil(THUMBNAIL_BITS * share * (most - HEADER_BYTES))
        count_bytes = min(most, HEADER_BYTES + payload_bytes)
        return Thumbnail(small.pixels, count_bytes, count_bytes)


@lru_cache(maxsize=4)
def _windows(sensor: Sensor, tile_px: int) -> tuple[Window, ...]:
    """The tiles of a camera's image, in grid order."""
    return tuple(TileGrid(sensor.height_px, sensor.width_px, tile_px).windows)
