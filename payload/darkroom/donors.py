"""The facts assumed for a tile that is not rendered: those of a similar rendered one, scaled by size."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from payload.compression.record import HEADER_BYTES
from payload.darkroom.facts import ClearPart, Thumbnail, TileFacts, perfect
from payload.darkroom.looked_at import Looks
from payload.types import CoverEstimate, Glance, NotCoded


@dataclass(frozen=True, slots=True)
class Donor:
    """A tile that was rendered, and may stand for others."""

    glance: Glance
    facts: TileFacts


@dataclass(frozen=True, slots=True)
class Blank:
    """A tile that is not rendered.

    Attributes:
        glance: Glance at the tile.
        pixels: Number of its pixels.
        raw_bytes: [byte] Length of its raw record.
        painted_bytes: [byte] Length of the raw record of the bands that would be rendered.
    """

    tile_id: str
    glance: Glance
    pixels: int
    raw_bytes: int
    painted_bytes: int


def like(donor: Donor, tile: Blank, missed_thin: float) -> TileFacts:
    """The facts of a tile that is like a donor.

    Args:
        donor: The donor.
        tile: The tile that is not rendered.
        missed_thin: Share, 0 to 1, that the masker misses of thin cloud beyond the donor's.
    """
    was = donor.facts
    size = tile.pixels / was.pixels
    estimate = _said(donor, tile.glance, size, missed_thin)
    encoded_bytes = _length(was.encoded_bytes, size, tile.painted_bytes)
    small = was.thumbnail
    return TileFacts(
        tile_id=tile.tile_id,
        pixels=tile.pixels,
        raw_bytes=tile.raw_bytes,
        estimate=estimate,
        perfect=perfect(estimate),
        encoded_bytes=encoded_bytes,
        record_at=None,
        thumbnail=None
        if small is None
        else Thumbnail(
            max(1, round(small.pixels * size)), *[_length(small.bytes, size, small.bytes)] * 2
        ),
        clear_part=_clear_part(was, estimate, size, (tile.painted_bytes, encoded_bytes)),
        encodings=was.encodings,
        surface=was.surface,
    )


def _length(was_bytes: int, size: float, most_bytes: int) -> int:
    """[byte] Length of a record whose payload is `size` times as long, but at most `most_bytes`."""
    return min(HEADER_BYTES + round((was_bytes - HEADER_BYTES) * size), most_bytes)


def _said(donor: Donor, glance: Glance, size: float, missed_thin: float) -> CoverEstimate:
    """The masker's estimate of a tile like the donor, `size` times as large.

    The same share of clear ground is called cloud, and probabilities deviate as much from the mask. As much cloud is missed
    per pixel, and more if more of it is thin. If it were the same share of all cloud, a tile with much cloud would take
    after one whose cloud is missed because there is little of it: tiles would be kept less often.
    """
    was = donor.facts.estimate
    cloudy, clear = was.cloudy_px or 0, was.clear_px or 0
    known, valid_px = cloudy + clear, round(was.valid_px * size)
    known_px = round(known * size)
    off = cloudy / known - donor.glance.cover if known else 0.0
    cloudy_px = round(min(max(glance.cover + off, 0.0), 1.0) * known_px)
    clear_px = known_px - cloudy_px
    more_thin = _thin_cover(glance) - _thin_cover(donor.glance)
    missed = (was.missed_cloud_px or 0) / max(known, 1) + missed_thin * more_thin
    true_cloud_px = cloudy_px - min(max(round(missed * known_px), 0), cloudy_px)
    false_cloud_px = round((was.false_cloud_px or 0) / max(clear, 1) * clear_px)
    called_known = (was.true_cloud_px or 0) + (was.false_cloud_px or 0)
    unknown_cloud_px = round((was.cloud_px - called_known) * size)
    cloud_px = min(true_cloud_px + false_cloud_px + unknown_cloud_px, valid_px)
    expected = was.cloud_px if was.expected_cloud_px is None else was.expected_cloud_px
    return CoverEstimate(
        valid_px,
        cloud_px,
        true_cloud_px=true_cloud_px,
        missed_cloud_px=cloudy_px - true_cloud_px,
        false_cloud_px=false_cloud_px,
        true_clear_px=clear_px - false_cloud_px,
        expected_cloud_px=min(
            max(cloud_px + (expected - was.cloud_px) * size, 0.0), float(valid_px)
        ),
    )


def _thin_cover(glance: Glance) -> float:
    """Share under cloud that does not hide the ground; under any cloud if the glance does not distinguish."""
    return glance.cover - (glance.thick_cover or 0.0)


def missed_of_thin(donors: Sequence[Donor]) -> float:
    """Share of additional thin cloud that is missed, 0 to 1: the slope of missed cover over thin cover within strata.

    Source: the combined regression estimator, Cochran, Sampling Techniques (3rd ed., 1977), section 7.10.
    """
    looks = Looks.of([donor.glance for donor in donors])
    estimates = [donor.facts.estimate for donor in donors]
    known = [(was.cloudy_px or 0) + (was.clear_px or 0) for was in estimates]
    thin = np.array([_thin_cover(donor.glance) for donor in donors])
    missed = np.array([was.missed_cloud_px or 0 for was in estimates]) / np.maximum(known, 1)
    thin, missed = (
        each - (np.bincount(looks.member, each) / looks.tiles)[looks.member]
        for each in (thin, missed)
    )
    spread = float(thin @ thin)
    return min(max(float(thin @ missed) / spread, 0.0), 1.0) if spread > 0.0 else 0.0


def _clear_part(
    was: TileFacts, estimate: CoverEstimate, size: float, lengths: tuple[int, int]
) -> ClearPart | None:
    """A tile without its cloudy pixels: of its clear and its cloudy ones, the same shares are left out as in the donor.

    Args:
        was: The donor's facts.
        estimate: Estimate of the tile.
        size: Size of the tile relative to the donor.
        lengths: [byte] Of its raw record, and of its record.
    """
    part = was.clear_part
    if part is None:
        return None
    raw_bytes, encoded_bytes = lengths
    gone = part.not_coded
    clear_px = _share(gone.clear_px, was.estimate.clear_px, estimate.clear_px)
    cloudy_px = _share(gone.cloudy_px, was.estimate.cloudy_px, estimate.cloudy_px)
    was_gone = (gone.clear_px or 0) + (gone.cloudy_px or 0)
    was_coded, coded = was.pixels - was_gone, was.pixels * size - clear_px - cloudy_px
    left_out_bytes = round(gone.bytes * (clear_px + cloudy_px) / max(was_gone, 1))
    if left_out_bytes <= 0:
        return None
    shrinks = coded / was_coded if was_coded else size
    most_bytes = max(HEADER_BYTES, min(encoded_bytes - 1, raw_bytes - left_out_bytes))
    left_out_bytes = min(left_out_bytes, raw_bytes - HEADER_BYTES)
    return ClearPart(
        _length(part.encoded_bytes, shrinks, most_bytes),
        NotCoded(left_out_bytes, clear_px, cloudy_px),
        part.encodings,
    )


def _share(gone_px: int | None, was_px: int | None, now_px: int | None) -> int:
    return round((gone_px or 0) / max(was_px or 0, 1) * (now_px or 0))
