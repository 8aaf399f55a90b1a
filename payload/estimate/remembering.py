"""What of a run's pixel work was done before, and lies in the memo."""

from dataclasses import replace

from payload.darkroom.remembered import Remembered
from payload.darkroom.store import Store
from payload.estimate.trying import spread
from payload.sim import Assembly
from payload.types import Opportunity

ASKED_IMAGES = 64
"""So many planned images are looked up."""


def remembered_share(
    assembly: Assembly, images: tuple[Opportunity, ...], store: Store | None, painted_share: float
) -> float:
    """Which part of the tiles that a run paints it finds in a memo, 0 to 1; by some of the planned images.

    Args:
        assembly: The scenario, assembled without a memo, so that work on it takes what it takes.
        images: That are planned.
        store: The memo; None where there is none.
        painted_share: Of all tiles: 1 by pixels. A smaller sample lies in a larger one, so that as many as there
            are of that share are the very ones that are wanted.
    """
    chosen = spread(images, ASKED_IMAGES)
    if store is None or not chosen or assembly.surrogate is not None:
        return 0.0
    painter = replace(assembly, store=store).painter
    assert isinstance(painter, Remembered)
    exposed = [assembly.camera.expose(image) for image in chosen]
    if assembly.scenario.fidelity == "pixels":  # records of some tiles alone serve nobody
        return sum(painter.knows(image, records=True) for image in exposed) / len(exposed)
    tiles = sum(len(image.tile_ids) for image in exposed)
    return min(1.0, sum(map(painter.known_tiles, exposed)) / (painted_share * tiles))
