"""Fit a surrogate to samples of pixel work, and measure its error on held-out scenes."""

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from payload.errors import ScenarioError
from payload.rng import stream
from payload.surrogate.fitted import FittedOn
from payload.surrogate.model import Donors, Error, HeldOut, Surrogate, TileSize, draw
from payload.types import SURFACES, CoverEstimate, Glance

MIN_DONORS = 50
MAX_CLOUD_COVER = 0.7
"""Threshold by which tiles are kept when errors are measured: the default of a scenario."""
_REPETITIONS = 8  # draws for each held-out tile

Kept = tuple[int, int]
_NOTHING: Kept = (0, 0)


@dataclass(frozen=True, slots=True)
class Sample:
    """A tile seen twice: at a glance, and painted, masked and compressed.

    Attributes:
        tile_id: Id of the tile.
        scene: The scene that it belongs to.
        glance: What is known without painting it.
        estimate: The masker's estimate, with counts against truth.
        raw_bytes: [byte] Length of its raw record.
        encoded_bytes: [byte] Length of its record.
        held_out: Whether it is kept out of the fit; all tiles of a scene are, or none.
    """

    tile_id: str
    scene: str
    glance: Glance
    estimate: CoverEstimate
    raw_bytes: int
    encoded_bytes: int
    held_out: bool


def calibrate(samples: Sequence[Sample], fitted_on: FittedOn, *, own_bytes: int = 0) -> Surrogate:
    """Fit a surrogate and judge it on the held-out samples.

    Args:
        samples: With truth, by scene; equal samples give an equal surrogate.
        fitted_on: The payload and world that produced them.
        own_bytes: [byte] Fixed cost of a record, however small its tile is.

    Raises:
        ScenarioError: Too few samples, none held out, or some without truth.
    """
    donors = [sample for sample in samples if not sample.held_out]
    others = [sample for sample in samples if sample.held_out]
    if len(donors) < MIN_DONORS or not others:
        raise ScenarioError(
            f"found {len(donors)} tiles to fit a surrogate on and {len(others)} to judge it by;"
            f" expected at least {MIN_DONORS} and 1"
        )
    if any(sample.estimate.clear_px is None for sample in samples):
        raise ScenarioError("a surrogate is fitted on tiles with truth; some have none")
    nothing = Error(0, 0, 0, 0, 0, 0, 0)
    unjudged = Surrogate(fitted_on, _columns(donors), HeldOut(0, 0, 0, nothing, nothing), own_bytes)
    return replace(unjudged, held_out=_judge(unjudged, others))


def _columns(samples: Sequence[Sample]) -> Donors:
    numbers = {name: i for i, name in enumerate(dict.fromkeys(item.scene for item in samples))}
    found = [item.estimate for item in samples]
    return Donors(
        scene=tuple(numbers[item.scene] for item in samples),
        surface=tuple(SURFACES.index(item.glance.surface) for item in samples),
        cover=tuple(round(item.glance.cover, 4) for item in samples),
        thick_cover=tuple(
            None if item.glance.thick_cover is None else round(item.glance.thick_cover, 4)
            for item in samples
        ),
        sun_deg=tuple(round(item.glance.sun_elevation_deg, 1) for item in samples),
        true_cloud_px=tuple(item.true_cloud_px or 0 for item in found),
        missed_cloud_px=tuple(item.missed_cloud_px or 0 for item in found),
        false_cloud_px=tuple(item.false_cloud_px or 0 for item in found),
        true_clear_px=tuple(item.true_clear_px or 0 for item in found),
        expected_cloud_px=tuple(
            item.cloud_px if item.expected_cloud_px is None else round(item.expected_cloud_px)
            for item in found
        ),
        raw_bytes=tuple(item.raw_bytes for item in samples),
        encoded_bytes=tuple(item.encoded_bytes for item in samples),
    )


def _judge(surrogate: Surrogate, samples: Sequence[Sample]) -> HeldOut:
    """Draw for each tile several times, and compare what would be kept with what was."""
    by_scene: dict[str, list[Sample]] = defaultdict(list)
    for sample in samples:
        by_scene[sample.scene].append(sample)
    painted: dict[str, list[Kept]] = {
        scene: [brought_down(item.estimate, item.encoded_bytes) for item in items]
        for scene, items in by_scene.items()
    }
    drawn: dict[str, list[list[Kept]]] = {
        scene: [_drawn(surrogate, scene, items, turn) for turn in range(_REPETITIONS)]
        for scene, items in by_scene.items()
    }
    return HeldOut(
        scenes=len(by_scene),
        tiles=len(samples),
        max_cloud_cover=MAX_CLOUD_COVER,
        kept_bytes=_error(painted, drawn, lambda kept: kept[0]),
        kept_clear_px=_error(painted, drawn, lambda kept: kept[1]),
    )


def _drawn(surrogate: Surrogate, scene: str, items: Sequence[Sample], turn: int) -> list[Kept]:
    mood = stream(turn, "held out", scene).random(surrogate.scenes)
    kept = []
    for item in items:
        rng = stream(turn, "held out", item.tile_id)
        size = TileSize(item.estimate.valid_px, item.raw_bytes)
        kept.append(brought_down(*draw(surrogate, item.glance, rng, size, mood=mood)))
    return kept


def brought_down(estimate: CoverEstimate, encoded_bytes: int) -> Kept:
    """Bytes and clear pixels that a tile contributes to the downlink; none if it is dropped."""
    if estimate.cover is None or estimate.cover > MAX_CLOUD_COVER:
        return _NOTHING
    return encoded_bytes, estimate.clear_px or 0


def _error(
    painted: Mapping[str, list[Kept]],
    drawn: Mapping[str, list[list[Kept]]],
    figure: Callable[[Kept], int],
) -> Error:
    was = {scene: np.array([figure(item) for item in items]) for scene, items in painted.items()}
    tiles = [
        np.array([figure(item) for item in items]) - was[scene]
        for scene, turns in drawn.items()
        for items in turns
    ]
    of_scenes = np.array([part.sum() for part in tiles])
    of_tiles = np.concatenate(tiles)
    low, high = np.quantile(of_tiles, [0.025, 0.975])
    mean = float(np.mean([part.sum() for part in was.values()]))
    return Error(
        tile_mean=_short(float(np.concatenate(list(was.values())).mean())),
        tile_bias=_short(float(of_tiles.mean())),
        tile_low=_short(float(low)),
        tile_high=_short(float(high)),
        total_bias=_short(float(of_scenes.mean()) / mean if mean else 0.0),
        total_spread=_short(float(of_scenes.std(ddof=1)) / mean if mean else 0.0),
        scenes=len(was),
    )


def _short(value: float) -> float:
    """Round to six significant figures: the last bits of a sum carry no information."""
    return float(f"{value:.6g}")
