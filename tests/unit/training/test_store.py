"""Images on disk come back as they were, opinions with them, and damage is noticed."""

import json
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from payload.errors import ImageryError
from payload.training.images import LabelledImage
from payload.training.store import ImageStore, probability

sizes = st.integers(1, 9)


@st.composite
def images(draw):
    """One labelled image, whatever its size."""
    height, width = draw(sizes), draw(sizes)
    return LabelledImage(
        id="",
        scene=draw(st.text(max_size=8)),
        source=draw(st.text(max_size=8)),
        licence=draw(st.text(max_size=8)),
        is_human=draw(st.booleans()),
        dn=draw(arrays(np.uint16, (4, height, width))),
        truth=draw(arrays(np.uint8, (height, width), elements=st.sampled_from([0, 1, 2, 255]))),
        surface=draw(st.sampled_from(["", "snow", "Gletscher ä"])),
        resolution_m=draw(st.none() | st.floats(0.1, 100)),
    )


def same(one, other):
    fields = ("id", "scene", "source", "licence", "is_human", "surface", "resolution_m")
    return (
        all(getattr(one, name) == getattr(other, name) for name in fields)
        and np.array_equal(one.dn, other.dn)
        and np.array_equal(one.truth, other.truth)
    )


@given(drawn=st.lists(images(), min_size=1, max_size=4))
def test_images_come_back_as_they_were_and_in_their_order(drawn, tmp_path_factory):
    numbered = [replace(image, id=f"i{number}") for number, image in enumerate(drawn)]
    store = ImageStore(tmp_path_factory.mktemp("store"))
    assert not store.is_written
    assert store.write(iter(numbered)) == len(numbered)
    assert store.is_written
    again = ImageStore(store.folder).images()
    assert len(again) == len(numbered)
    assert all(same(*both) for both in zip(again, numbered, strict=True))
    assert all((i.dn.dtype, i.truth.dtype) == (np.uint16, np.uint8) for i in again)


def test_arrays_of_other_order_are_kept_as_they_look(tmp_path, made):
    image = made(0, side=8)
    turned = replace(image, dn=image.dn[:, ::-1], truth=np.asfortranarray(image.truth))
    store = ImageStore(tmp_path)
    store.write([turned])
    assert same(store.images()[0], turned)


def test_images_of_a_store_cannot_be_written_to(tmp_path, made):
    store = ImageStore(tmp_path)
    store.write([made(0, side=8)])
    with pytest.raises(ValueError, match="read-only"):
        store.images()[0].dn[:] = 0


@given(seed=st.integers(0, 999))
def test_opinions_keep_to_their_images_within_half_a_step(seed, tmp_path_factory, made):
    rng = np.random.default_rng(seed)
    store = ImageStore(tmp_path_factory.mktemp("store"))
    shown = [replace(made(n, side=8 + n), id=str(n)) for n in range(3)]
    store.write(shown)
    said = [rng.random(image.truth.shape, dtype=np.float32) for image in shown]
    assert not store.has_opinion("someone")
    store.keep_opinion("someone", iter(said))
    assert store.has_opinion("someone")
    assert not store.has_opinion("someone else")
    kept = store.opinions("someone")
    assert [plane.shape for plane in kept] == [image.truth.shape for image in shown]
    for plane, wanted in zip(kept, said, strict=True):
        assert plane.dtype == np.uint8
        assert np.abs(probability(plane) - wanted).max() <= 0.5 / 250 + 1e-6


def test_no_and_yes_are_kept_to_the_bit():
    assert probability(np.array([0, 250], np.uint8)).tolist() == [0.0, 1.0]


def test_new_images_take_the_opinions_of_the_old_ones_away(tmp_path, made):
    store = ImageStore(tmp_path)
    store.write([made(0, side=8)])
    store.keep_opinion("a", [np.zeros((8, 8), np.float32)])
    store.keep_opinion("b", [np.zeros((8, 8), np.float32)])
    store.write([made(1, side=8)])
    assert not store.has_opinion("a")
    assert not store.has_opinion("b")
    assert same(store.images()[0], made(1, side=8))


def test_a_writing_that_stops_leaves_what_was_there_before(tmp_path, made):
    def breaks_off():
        yield made(0, side=8)
        raise KeyboardInterrupt

    store = ImageStore(tmp_path)
    with pytest.raises(KeyboardInterrupt):
        store.write(breaks_off())
    assert not store.is_written
    with pytest.raises(ImageryError, match="cannot be read"):
        store.images()
    store.write([made(1, side=8)])
    with pytest.raises(KeyboardInterrupt):
        store.write(breaks_off())
    assert [image.id for image in store.images()] == ["i01"]


def test_an_opinion_that_stops_half_way_is_none(tmp_path, made):
    def breaks_off():
        yield np.zeros((8, 8), np.float32)
        raise KeyboardInterrupt

    store = ImageStore(tmp_path)
    store.write([made(0, side=8), made(1, side=8)])
    with pytest.raises(KeyboardInterrupt):
        store.keep_opinion("a", breaks_off())
    assert not store.has_opinion("a")


DAMAGES = {
    "an index cut short": ("index.json", b"{"),
    "an index of numbers": ("index.json", b"[1]"),
    "an index that is no list": ("index.json", b'{"a": 1}'),
    "rows without a shape": ("index.json", b'[{"id": "a"}]'),
    "rows that tell too little": ("index.json", b'[{"id": "a", "shape": [8, 8]}]'),
    "an index that is no text": ("index.json", b"\xff\xfe"),
    "no index": ("index.json", None),
    "no pixels in a file": ("dn.bin", b""),
    "pixels cut short": ("dn.bin", bytes(501)),
    "no pixels": ("dn.bin", None),
    "truth cut short": ("truth.bin", bytes(63)),
    "truth of something longer": ("truth.bin", bytes(65)),
    "no truth": ("truth.bin", None),
}


@pytest.mark.parametrize("damage", DAMAGES)
def test_a_damaged_store_is_answered_with_a_sentence(tmp_path, made, damage):
    name, content = DAMAGES[damage]
    store = ImageStore(tmp_path / "images")
    store.write([made(0, side=8)])
    if content is None:
        (store.folder / name).unlink()
    else:
        (store.folder / name).write_bytes(content)
    with pytest.raises(ImageryError, match="images"):
        store.images()


def test_an_opinion_that_is_missing_or_of_other_images_is_refused(tmp_path, made):
    store = ImageStore(tmp_path)
    store.write([made(0, side=8)])
    with pytest.raises(ImageryError, match="opinion-nobody"):
        store.opinions("nobody")
    store.keep_opinion("longer", [np.zeros((8, 9), np.float32)])
    with pytest.raises(ImageryError, match="size"):
        store.opinions("longer")


def test_the_index_is_json_that_people_can_read(tmp_path, made):
    store = ImageStore(tmp_path)
    store.write([made(0, side=8, human=True)])
    (row,) = json.loads((tmp_path / "index.json").read_text())["images"]
    assert (row["id"], row["shape"], row["is_human"]) == ("i00", [8, 8], True)
