"""A made-up world of tiles, seen at a glance and in full: a surrogate is fitted on it, and judged, in no time."""

from payload.rng import stream
from payload.surrogate import FittedOn, Sample, TileSize
from payload.types import SURFACES, CoverEstimate, Glance

PIXELS, RAW_BYTES = 1024, 6200
SIZE = TileSize(PIXELS, RAW_BYTES)
FITTED_ON = FittedOn(
    masker={"kind": "made up"},
    codec={"kind": "made up"},
    sensor={"bands": ["blue"], "gsd_m": 10.0, "bit_depth": 12, "scale": 1e-4, "offset": 0.0},
    world={"kind": "made up"},
    tile_px=32,
    probe=(1000.0, 0.25),
)


def sample(scene, tile, *, bright=None, noise=0.03):
    """A made-up tile: thick cloud is found, thin is not; ice deceives; what is called cloud is long."""
    dice = stream(1, scene, tile)
    sun_deg = stream(1, scene).uniform(5, 70)
    surface = "snow" if bright else SURFACES[int(stream(2, scene).integers(len(SURFACES)))]
    cover = float(dice.choice([0.0, 1.0, round(dice.uniform(0.01, 0.99), 4)]))
    thick = round(cover * stream(3, scene).uniform(0, 1), 4)
    cloudy_px = round(cover * PIXELS)
    found = 0.0 if not cover else min(1.0, thick / cover + noise * dice.uniform(-1, 1))
    wrong = 0.3 if surface in {"snow", "sea ice"} else 0.02
    true_px = round(max(0.0, found) * cloudy_px)
    false_px = round(wrong * (PIXELS - cloudy_px))
    length = 0.3 + 0.2 * (true_px + false_px) / PIXELS + 0.01 * dice.uniform(-1, 1)
    return Sample(
        tile_id=f"{scene}#{tile},0",
        scene=scene,
        glance=Glance(cover, surface, sun_deg, thick),
        estimate=CoverEstimate(
            PIXELS, true_px + false_px, true_px, cloudy_px - true_px, false_px,
            PIXELS - cloudy_px - false_px, true_px + false_px + 3.0,
        ),
        raw_bytes=RAW_BYTES,
        encoded_bytes=round(length * RAW_BYTES),
        held_out=int(scene.removeprefix("scene-")) % 4 == 0,
    )  # fmt: skip


SAMPLES = [sample(f"scene-{scene}", tile) for scene in range(200) for tile in range(4)]
