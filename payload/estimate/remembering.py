"""How much of a run's pixel work is already in the memo."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from payload.darkroom.facts import TileFacts
from payload.darkroom.remembered import Remembered
from payload.darkroom.store import Store
from payload.estimate.trying import spread
from payload.sim import Assembly
from payload.sim.survey import survey
from payload.types import Acquisition, Opportunity

ASKED_IMAGES = 64
"""Planned images that are looked up."""


class _MissingError(Exception):
    """A tile is wanted that is not in the memo."""


class _Idle:
    """A darkroom that paints nothing, and raises if it is asked to."""

    def develop(self, acquisition: Acquisition, spool: Path | None) -> tuple[TileFacts, ...]:
        """A survey never asks for whole images."""
        raise _MissingError(acquisition.id, spool)

    def develop_some(
        self, acquisition: Acquisition, numbers: Sequence[int]
    ) -> tuple[TileFacts, ...]:
        """No facts for no tiles."""
        if numbers:
            raise _MissingError(acquisition.id)
        return ()


def remembered_share(
    assembly: Assembly,
    images: tuple[Opportunity, ...],
    store: Store | None,
    painted_share: float,
    *,
    records: bool = True,
) -> float:
    """Share of the tiles that a run paints which it will find in a memo, 0 to 1.

    At fidelity `pixels` some of the planned images are looked up. A sample is surveyed as in the run, with the memo alone:
    either all of it is there, or, as smaller samples are part of larger ones, the tiles found are set against those expected.

    Args:
        assembly: The scenario, assembled without a memo, so that work on it takes its full time.
        images: Planned images.
        store: The memo; None if there is none.
        painted_share: Expected share of all tiles that are painted: 1 by pixels.
        records: Whether records of tiles are wanted, as by a run; sums need facts only.
    """
    chosen = spread(images, ASKED_IMAGES)
    if store is None or not chosen or assembly.surrogate is not None:
        return 0.0
    painter = replace(assembly, store=store).painter
    assert isinstance(painter, Remembered)
    exposed = [assembly.camera.expose(image) for image in chosen]
    if assembly.scenario.fidelity == "pixels":  # only whole images count
        return sum(painter.knows(image, records=records) for image in exposed) / len(exposed)
    held, tiles = (
        sum(map(count, exposed))
        for count in (painter.known_tiles, lambda image: len(image.tile_ids))
    )
    if held and _has_whole_sample(assembly, replace(painter, darkroom=_Idle())):
        return 1.0
    return min(1.0, held / (painted_share * tiles))


def _has_whole_sample(assembly: Assembly, painter: Remembered) -> bool:
    try:
        survey(assembly, lambda _: None, painter)
    except _MissingError:
        return False
    return True
