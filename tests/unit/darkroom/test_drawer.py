"""A drawer gives back what was put in, from memory or from disk, and keeps no more in memory than it may."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from payload.darkroom import drawer as drawers
from payload.darkroom.drawer import Drawer
from payload.darkroom.facts import ClearPart, Thumbnail, TileFacts
from payload.types import CoverEstimate, NotCoded


def facts(image, tiles):
    cover = CoverEstimate(100, 30, 20, 5, 10, 65, 31.5)
    rich = {
        "thumbnail": Thumbnail(4, 20, 18),
        "clear_part": ClearPart(40, NotCoded(9, 3, 6), 2),
        "encodings": 3,
        "surface": "water",
    }
    return tuple(
        TileFacts(
            f"{image}#0,{col}", 100, 800, cover, None if col else cover, 90, col, None, **rich
        )
        for col in range(tiles)
    )


def written(folder):
    """[byte] In all files of facts."""
    return sum(path.stat().st_size for path in folder.glob("facts-*"))


@given(st.lists(st.integers(0, 9), min_size=1, max_size=60))
def test_a_drawer_gives_back_what_was_put_in_whatever_was_looked_at_since(tmp_path_factory, looks):
    """Against a dictionary, with room for three images."""
    drawer, plain = Drawer(tmp_path_factory.mktemp("facts"), most_tiles=6), {}
    for number in looks:
        image = f"image-{number}"
        if image in plain:
            assert drawer[image] == plain[image]
        else:
            assert image not in drawer
            drawer[image] = plain[image] = facts(image, 2)
    assert dict(drawer) == plain


def test_every_fact_comes_back_from_disk_as_it_was(tmp_path):
    """No two numbers alike, so that none can stand for another."""
    full = TileFacts(
        "a#0,0", 101, 802, CoverEstimate(99, 30, 21, 5, 14, 64, 31.5), CoverEstimate(98, 26, 26, 1, 2, 72, 25.5),
        93, 7, 84, Thumbnail(4, 20, 18, 1_000), ClearPart(40, NotCoded(9, 3, 6), 2), 3, "snow", 77,
    )  # fmt: skip
    one, other = Drawer(tmp_path), Drawer(tmp_path)
    one["a"] = (full, replace(full, tile_id="a#0,1", perfect=None, thumbnail=None, clear_part=None))
    other.marks.update(one.write_all(["a"]))
    assert other["a"] == one["a"]
    assert other["a"] is not one["a"]


def test_a_drawer_reads_what_another_has_written(tmp_path):
    """It counts as known here once somebody has looked at it."""
    one, other = Drawer(tmp_path), Drawer(tmp_path)
    one["image"] = facts("image", 3)
    other.marks.update(one.write_all(["image"]))
    assert "image" in other
    assert not list(other)
    assert other["image"] == one["image"]
    assert list(other) == ["image"]
    assert "another" not in other


def test_processes_write_into_files_of_their_own(tmp_path, monkeypatch):
    """Of two that write into one at a time neither would know where its facts stand."""
    one, other = Drawer(tmp_path), Drawer(tmp_path)
    found = {}
    for pid, drawer in ((11, one), (12, other)):
        monkeypatch.setattr(drawers.os, "getpid", lambda pid=pid: pid)
        drawer["image"] = facts("image", 1)
        found[pid] = drawer.write_all(["image"])["image"]
    assert found[11][0] != found[12][0]


@pytest.mark.parametrize("unknown", ["true", "missed", "false", "clear", "expected"])
def test_estimates_at_hand_are_those_of_the_facts(tmp_path, unknown):
    """Whole numbers, what is not known, and sums of probabilities come back as they were."""
    fields = ["valid", "cloud", "true", "missed", "false", "clear", "expected"]
    numbers = dict(zip(fields, (100, 30, 20, 5, 15, 65, 31.5), strict=True)) | {unknown: None}
    estimate = CoverEstimate(*numbers.values())
    drawer = Drawer(tmp_path, most_tiles=1)
    kept = {}
    for image, tiles in (("a", 3), ("b", 1), ("c", 2)):  # no two images of one grid
        kept[image] = tuple(replace(fact, estimate=estimate) for fact in facts(image, tiles))
        drawer[image] = kept[image]
    for image, own in kept.items():
        at_hand = drawer.estimates(image)
        assert at_hand == {fact.tile_id: estimate for fact in own}
        assert list(at_hand) == [fact.tile_id for fact in own]
        assert all(type(e.cloud_px) is int for e in at_hand.values())


def test_estimates_are_at_hand_without_the_disk_once_an_image_is_known(tmp_path):
    drawer, other = Drawer(tmp_path, most_tiles=1), Drawer(tmp_path)
    drawer["a"], drawer["b"] = facts("a", 3), facts("b", 2)
    other.marks.update(drawer.write_all(["a", "b"]))
    expected = {fact.tile_id: fact.estimate for fact in facts("a", 3)}
    assert other.estimates("a") == expected  # another's are read
    for path in tmp_path.glob("facts-*"):
        path.unlink()
    assert drawer.estimates("a") == expected
    with pytest.raises(FileNotFoundError):
        _ = drawer["a"]


def test_the_longest_not_looked_at_go_until_half_is_free(tmp_path):
    """By hand: eight tiles have room; with the tenth the three that were not looked at go, so that four are left."""
    drawer = Drawer(tmp_path, most_tiles=8)
    for image in "abcd":
        drawer[image] = facts(image, 2)
    assert not drawer.marks
    assert drawer["a"] == facts("a", 2)
    drawer["e"] = facts("e", 2)
    assert list(drawer.marks) == ["b", "c", "d"]
    for image in "fg":
        drawer[image] = facts(image, 2)  # eight again
    assert list(drawer.marks) == ["b", "c", "d"]
    drawer["h"] = facts("h", 2)
    assert list(drawer.marks) == ["b", "c", "d", "a", "e", "f"]


def test_an_image_that_has_no_room_stays_until_the_next_one_comes(tmp_path):
    drawer = Drawer(tmp_path, most_tiles=2)
    drawer["a"] = facts("a", 3)
    assert not drawer.marks
    drawer["b"] = facts("b", 3)
    assert list(drawer.marks) == ["a"]


def test_what_was_read_from_disk_is_in_memory_and_is_not_written_again(tmp_path):
    drawer = Drawer(tmp_path, most_tiles=4)
    for image in "abc":
        drawer[image] = facts(image, 2)
    drawer.write_all("abc")
    before = written(tmp_path)
    for image in "cabcab":  # each makes others go
        assert drawer[image] == facts(image, 2)
    drawer.write_all("abc")
    assert written(tmp_path) == before > 0
    for path in tmp_path.glob("facts-*"):
        path.unlink()
    assert drawer["b"] == facts("b", 2)


def test_only_what_is_kept_counts_and_the_rest_can_still_be_looked_up(tmp_path):
    """In memory or on disk; what is looked at counts again."""
    drawer = Drawer(tmp_path, most_tiles=4)
    for image in "abc":
        drawer[image] = facts(image, 2)
    drawer.keep(["b"])
    assert list(drawer) == ["b"]
    assert len(drawer) == 1
    assert all(image in drawer for image in "abc")
    assert (drawer["a"], drawer["c"]) == (facts("a", 2), facts("c", 2))
    assert list(drawer) == ["b", "a", "c"]


def test_what_is_known_of_an_image_stays_known(tmp_path):
    drawer = Drawer(tmp_path)
    drawer["a"] = facts("a", 1)
    with pytest.raises(TypeError, match="cannot be deleted"):
        del drawer["a"]
