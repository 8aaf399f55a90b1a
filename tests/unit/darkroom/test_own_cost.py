"""What a record costs however small its tile is: the header of a raw one, and more where a codec has to tell or to learn."""

from datetime import UTC, datetime

import numpy as np
import pytest

from payload.compression import LOSSLESS, Loss, seal
from payload.compression.med import MedZstd
from payload.compression.raw import Raw
from payload.compression.record import HEADER_BYTES
from payload.darkroom.pixels import Pixels
from payload.imaging.tiling import cut_tiles
from payload.masking.baselines import BlueThreshold
from payload.types import Radiometry, Sensor, View
from payload.world.synthetic import Synthetic

SENSOR = Sensor(
    ("blue", "green", "red", "nir"), 10.0, 128, 128, 12, Radiometry(1.6 / 4095), 30.0, 10.0, 5.0
)
VIEW = View("it", "it", 50.2, 8.0, datetime(2026, 6, 1, 10, tzinfo=UTC), 55.0, SENSOR)
SCENE = Synthetic(seed=3).scene(VIEW)


def own_bytes(codec, name, *, loss=LOSSLESS, tile_px=128):
    return Pixels(Synthetic(seed=3), BlueThreshold(), codec, name, tile_px, loss=loss).own_bytes(
        VIEW
    )


@pytest.mark.parametrize("tile_px", [128, 64, 100])
def test_a_raw_record_costs_its_header_and_no_byte_more(tile_px):
    assert own_bytes(Raw(), "raw", tile_px=tile_px) == HEADER_BYTES == 72


@pytest.mark.parametrize("loss", [LOSSLESS, Loss(max_error=4)])
def test_records_of_small_tiles_are_their_own_cost_and_as_many_bytes_a_pixel(loss):
    """Of 36 tiles of 20 px, another cut than the cost is learnt from; a share of the whole's record is a fifth too short."""
    codec = MedZstd()
    whole, small = (
        [
            len(seal(tile, codec, "med-zstd", cover=None, loss=loss).record)
            for tile in cut_tiles(SCENE, "it", tile_px=tile_px, margin_px=0)
            if tile.pixels == tile_px**2  # none of those at the edge
        ]
        for tile_px in (128, 20)
    )
    own, painted, share = own_bytes(codec, "med-zstd", loss=loss), np.mean(small), 20**2 / 128**2
    assert own + share * (whole[0] - own) == pytest.approx(painted, rel=0.1)
    assert share * whole[0] < 0.8 * painted
