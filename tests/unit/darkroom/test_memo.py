"""A memo has each image developed once, keeps its records if anybody wants them, and knows what has no truth."""

from types import SimpleNamespace

import pytest

from payload.darkroom import memo as memos
from payload.darkroom.facts import Thumbnail, TileFacts
from payload.darkroom.memo import Memo
from payload.types import CoverEstimate

COVER = CoverEstimate(100, 30, 20, 5, 15, 65, 31.5)
COUNTED_BYTES = 50
"""[byte] Of bands that are in no record."""


def image(name, tiles=2):
    ids = tuple(f"{name}#0,{col}" for col in range(tiles))
    return SimpleNamespace(id=name, satellite="one", tile_ids=ids)


def record_of(tile_id):
    return f"<record of {tile_id}>".encode()


def small_of(tile_id):
    return f"<{tile_id}>".encode()


class Painter:
    """Writes each tile's record and its thumbnail's; of tiles that are named it has no truth."""

    def __init__(self, *truthless):
        self.truthless, self.developed, self.seen = set(truthless), [], []

    def develop(self, acquisition, spool):
        self.developed.append(acquisition.id)
        found, written = [], b""
        for tile_id in acquisition.tile_ids:
            record, small = record_of(tile_id), small_of(tile_id)
            at = len(written)
            written += record + small
            is_kept = spool is not None
            thumbnail = Thumbnail(
                4, len(small) + 9, len(small), at + len(record) if is_kept else None
            )
            found.append(
                TileFacts(
                    tile_id, 100, 800, COVER, None if tile_id in self.truthless else COVER,
                    len(record) + COUNTED_BYTES, at if is_kept else None, len(record), thumbnail,
                )
            )  # fmt: skip
        if spool is not None:
            spool.write_bytes(written)
            self.seen += spool.parent.glob("*.records")
        return tuple(found)


class Preparing(Painter):
    """Is told what is coming."""

    def prepare(self, _acquisition, coming):
        self.coming = [view.id for view in coming()]


def test_an_image_is_developed_once_whoever_asks(tmp_path):
    told, painter = [], Painter()
    memo = Memo(painter, tmp_path, told.append)
    first = memo.develop(image("a"), keep_records=True)
    assert memo.develop(image("a")) == first
    assert painter.developed == told == ["a"]
    assert memo.facts(image("a"), "a#0,1") == first[1]


def test_records_come_back_whole_without_what_is_only_counted(tmp_path):
    memo = Memo(Painter(), tmp_path)
    images = [image("a"), image("b")]
    for each in images:
        memo.develop(each, keep_records=True)
    for each in images:
        for tile_id in each.tile_ids:
            assert memo.record(each, tile_id) == record_of(tile_id)
            assert memo.record_bytes(each, tile_id) == len(record_of(tile_id))
            assert memo.thumbnail(each, tile_id) == small_of(tile_id)


@pytest.mark.parametrize("wanted", [False, True])
@pytest.mark.parametrize("of_own_flight", [False, True])
def test_records_are_kept_of_the_own_flight_where_somebody_wants_them(
    tmp_path, wanted, of_own_flight
):
    memo, own = Memo(Painter(), tmp_path, keeps_records=wanted), image("a")
    memo.develop(own, keep_records=of_own_flight)
    if wanted and of_own_flight:
        assert memo.record(own, "a#0,0") == record_of("a#0,0")
        return
    assert not list(tmp_path.iterdir())
    assert memo.thumbnail(own, "a#0,0") is None
    with pytest.raises(KeyError, match="was not spooled"):
        memo.record(own, "a#0,0")


def test_nobody_finds_records_that_are_half_written(tmp_path):
    """Other processes look for them by name."""
    painter = Painter()
    Memo(painter, tmp_path).develop(image("a"), keep_records=True)
    assert not painter.seen
    assert [path.suffix for path in tmp_path.iterdir()] == [".records"]


def test_one_tile_without_truth_leaves_its_image_without(tmp_path):
    memo = Memo(Painter("b#0,1"), tmp_path)
    memo.develop(image("a"))
    assert not memo.truthless
    memo.develop(image("b"))
    assert memo.truthless == {"b"}


def test_truth_is_missing_whoever_has_developed_the_image(tmp_path):
    other, memo = (Memo(Painter("a#0,0"), tmp_path) for _ in range(2))
    other.develop(image("a"))
    memo.facts_of.marks.update(other.facts_of.write_all(["a"]))
    memo.develop(image("a"))
    assert memo.darkroom.developed == []
    assert memo.truthless == {"a"}


def test_the_darkroom_hears_of_what_is_coming_and_unknown_as_long_as_somebody_looks_ahead(tmp_path):
    memo, heard = Memo(Preparing(), tmp_path), []

    def develop(name):
        memo.develop(image(name))
        heard.append(memo.darkroom.coming)

    develop("a")
    with memo.looking_ahead(lambda: map(image, "abcd")):
        develop("b")
        with memo.looking_ahead(lambda: map(image, "yz")):
            develop("c")
        develop("d")
    develop("e")
    assert heard == [[], ["b", "c", "d"], ["y", "z"], ["d"], []]


def test_once_all_is_flown_only_what_was_flown_counts(tmp_path):
    memo = Memo(Painter("a#0,0"), tmp_path)
    for name in "abc":
        memo.develop(image(name))
    memo.settle(["b", "c"], [])
    assert list(memo.facts_of) == ["b", "c"]
    assert dict(memo.estimates) == dict.fromkeys(("b#0,0", "b#0,1", "c#0,0", "c#0,1"), COVER)
    assert not memo.truthless


def test_estimates_are_looked_up_by_tile_whatever_an_image_is_called(tmp_path):
    """Names of targets are part of it, which may hold what parts the tile from the image."""
    memo = Memo(Painter(), tmp_path)
    memo.develop(image("field #7", tiles=3))
    assert memo.estimates["field #7#0,2"] == COVER
    assert len(memo.estimates) == 3
    with pytest.raises(KeyError):
        memo.estimates["field #7#0,3"]


def test_estimates_of_the_latest_images_are_at_hand(tmp_path, monkeypatch):
    """By hand: of two that are kept, the first is looked up again after a third, and makes the second go."""
    monkeypatch.setattr(memos, "_NEAR", 2)
    memo, asked = Memo(Painter(), tmp_path), []
    for name in "abc":
        memo.develop(image(name))
    look_up = memo.facts_of.estimates
    monkeypatch.setattr(
        memo.facts_of, "estimates", lambda name: asked.append(name) or look_up(name)
    )
    for name in "aabbcbcab":
        assert memo.estimates[f"{name}#0,1"] == COVER
    assert asked == ["a", "b", "c", "a", "b"]
