"""What of a run's pixel work was done before, and lies in the memo."""

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
"""So many planned images are looked up."""


class _MissingError(Exception):
    """A tile is wanted that is not in the memo."""


class _Idle:
    """Paints nothing."""

    def develop(self, acquisition: Acquisition, spool: Path | None) -> tuple[TileFacts, ...]:
        """Whole images are not asked for by a survey."""
        raise _MissingError(acquisition.id, spool)

    def develop_some(
        self, acquisition: Acquisition, numbers: Sequence[int]
    ) -> tuple[TileFacts, ...]:
        """None, of which nothing is missing."""
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
    """Which part of the tiles that a run paints it finds in a memo, 0 to 1.

    By pixels some of the planned images are looked up. A sample is surveyed as in the run, as far as its tiles are remembered:
    it has all of them, or, as a smaller one lies in a larger one, as many as there are of those that are expected.

    Args:
        assembly: The scenario, assembled without a memo, so that work on it takes what it takes.
        images: That are planned.
        store: The memo; None where there is none.
        painted_share: Of all tiles, as is expected: 1 by pixels.
        records: Whether records of tiles are wanted, as by a run; who sums up wants facts alone.
    """
    chosen = spread(images, ASKED_IMAGES)
    if store is None or not chosen or assembly.surrogate is not None:
        return 0.0
    painter = replace(assembly, store=store).painter
    assert isinstance(painter, Remembered)
    exposed = [assembly.camera.expose(image) for image in chosen]
    if assembly.scenario.fidelity == "pixels":  # records of some tiles alone serve nobody
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
