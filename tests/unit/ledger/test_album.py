"""Images of long flights on disk: what was put in comes out, whichever camera and grid it is of."""

from datetime import UTC, datetime

import pytest

from payload.ledger import Album, Image
from payload.types import Acquisition, Decision, Opportunity, Radiometry, Sensor, TileOutcome, View


def image(name, time_s, *, width_px, places):
    sensor = Sensor(("red",), 10.0, width_px, 256, 12, Radiometry(1e-4), 0.0, 0.0, 0.0)
    chance = Opportunity(name, "lake", "one", time_s, 1.0, 0.0, 40.0, 99)
    view = View(name, "lake", 48.0, 11.0, datetime(2026, 3, 20, tzinfo=UTC), 40.0, sensor)
    names = tuple(f"{name}#{row},{col}" for row, col in places)
    sizes = tuple(100 + number + width_px for number in range(len(places)))
    taken = Acquisition(name, "one", chance, time_s, view, names, sizes)
    outcomes = tuple(
        TileOutcome(tile_id, size, size - 9, Decision(True, "clear"), None, 0.5, 2.0)
        for tile_id, size in zip(names[1:], sizes[1:], strict=True)  # the first never got a judge
    )
    return Image(taken, outcomes, False)


@pytest.mark.parametrize("most_tiles", [0, 3, 100])
def test_images_of_several_grids_come_back_as_they_were(tmp_path, most_tiles):
    """Law: what is read is what was written, in order of time, one by one and all together."""
    square, strip = [(0, 0), (0, 1), (1, 0), (1, 1)], [(0, 0), (0, 1), (0, 2)]
    images = [
        image("c", 30.0, width_px=512, places=square),
        image("a", 10.0, width_px=768, places=strip),
        image("b", 20.0, width_px=512, places=square),
        image("d", 40.0, width_px=768, places=strip),
    ]
    album = Album(tmp_path / "images", most_tiles)
    for each in images:
        album.put(each)
    album.arrange()
    wanted = sorted(images, key=lambda each: each.acquisition.time_s)
    assert list(album) == wanted
    assert [album[number] for number in range(len(album))] == wanted
    assert album.ids == ["a", "b", "c", "d"]
