"""Plain folders, with an index and without."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from payload.errors import ImageryError
from payload.training.images import folds, usable, without_scenes_of
from payload.training.readers.plain import read, scene_of

HEADER = "id,scene,source,licence,label_origin,unknown_fraction\n"


@pytest.fixture
def write(write_raster):
    def write_pair(folder, id_, *, bands=4, mask_size=(6, 5), label=1):
        write_raster(folder / f"{id_}_img.tif", np.full((bands, 6, 5), 1234, np.uint16))
        layers = [np.full(mask_size, value, np.uint8) for value in (label, 77)]
        write_raster(folder / f"{id_}_msk.tif", np.stack(layers))

    return write_pair


def test_images_are_read_by_their_index_in_order_of_ids(tmp_path, write):
    (tmp_path / "index.csv").write_text(
        HEADER + "b,s2,src,free,model (x),0.25\n" + "a,s1,src,free,human (y),0.0\n"
    )
    write(tmp_path, "a")
    write(tmp_path, "b")
    write(tmp_path, "not-in-the-index")
    first, second = list(read(tmp_path))
    assert (first.id, first.is_human, second.id, second.is_human) == ("a", True, "b", False)
    assert (first.dn.shape, first.dn.dtype) == ((4, 6, 5), np.uint16)
    assert set(np.unique(first.truth)) == {1}
    assert (first.resolution_m, first.surface) == (None, "")


def test_the_index_tells_surface_and_resolution_and_else_the_name_of_the_scene(tmp_path, write):
    (tmp_path / "index.csv").write_text(
        "id,scene,source,licence,label_origin,surface,res_m\n"
        "a,Forest_01,src,free,human,glint,30\n"
        "b,SnowIce_00,src,free,human,,\n"
        "c,Springfield,src,free,human,,0.5\n"
    )
    for id_ in "abc":
        write(tmp_path, id_)
    told = [(image.surface, image.resolution_m) for image in read(tmp_path)]
    assert told == [("glint", 30.0), ("snow", None), ("", 0.5)]


def test_without_an_index_the_names_tell_the_scenes(tmp_path, write):
    ids = [
        "l8biome_Water_02_1010",
        "roi_7_p139_clear",
        "roi_7_p139_cloudy",
        "roi_7_p2",
        "x316_clear",
        "x316_cloudy",
    ]
    for id_ in reversed(ids):
        write(tmp_path, id_)
    images = list(read(tmp_path))
    assert [image.id for image in images] == ids
    assert [image.scene for image in images] == [
        "l8biome_Water_02",
        *["roi_7"] * 3,
        *["x316"] * 2,
    ]
    assert [image.surface for image in images] == ["water", *[""] * 5]
    assert {image.source for image in images} == {tmp_path.name}
    assert not any(image.is_human for image in images)


@given(st.from_regex(r"[a-z]{1,8}(_[a-z]{1,6})?", fullmatch=True), st.integers(0, 9999))
def test_both_images_of_a_pair_share_a_scene(region, patch):
    pair = {scene_of(f"{region}_p{patch}{ending}") for ending in ("_cloudy", "_clear", "")}
    assert len(pair) == 1
    assert scene_of(next(iter(pair))) == next(iter(pair))


def test_a_pair_is_never_split(tmp_path, write):
    for id_ in ("u_p1_clear", "u_p1_cloudy", "v_p1_clear", "v_p1_cloudy"):
        write(tmp_path, id_)
    images = list(read(tmp_path))
    assert [i.id for i in without_scenes_of(images, ["u_p1_clear"])] == [
        "v_p1_clear",
        "v_p1_cloudy",
    ]


def test_images_come_one_by_one(tmp_path, write):
    write(tmp_path, "a")
    write(tmp_path, "b", bands=3)
    stream = read(tmp_path)
    assert next(stream).id == "a"
    with pytest.raises(ImageryError, match=r"b_img\.tif: expected four bands of uint16"):
        next(stream)


def test_a_folder_that_is_not_what_it_should_be_is_refused(tmp_path, write):
    with pytest.raises(ImageryError, match=r"neither an index\.csv nor any"):
        list(read(tmp_path))
    index = tmp_path / "index.csv"
    index.write_text("id,colour\na,blue\n")
    write(tmp_path, "a")
    with pytest.raises(ImageryError, match="no column 'scene'"):
        list(read(tmp_path))
    index.write_text(HEADER + "a,s1,src,free,human,0.0\nb,s1,src,free,human,0.0\n")
    with pytest.raises(ImageryError, match=r"b_img\.tif"):
        list(read(tmp_path))
    write(tmp_path, "b", mask_size=(5, 5))
    with pytest.raises(ImageryError, match="image is 6 x 5, but its labels are 5 x 5"):
        list(read(tmp_path))
    write(tmp_path, "b", label=7)
    with pytest.raises(ImageryError, match="found label 7"):
        list(read(tmp_path))
    index.write_text(HEADER + "a,s1,src,free,human,0.0\n" * 2)
    with pytest.raises(ImageryError, match="'a' appears twice"):
        list(read(tmp_path))
    index.write_text("id,scene,source,licence,label_origin,res_m\na,s,s,l,human,ten\n")
    with pytest.raises(ImageryError, match="'ten'"):
        list(read(tmp_path))


def test_an_image_without_a_mask_is_refused(tmp_path, write):
    write(tmp_path, "a")
    (tmp_path / "a_msk.tif").unlink()
    with pytest.raises(ImageryError, match=r"a_msk\.tif"):
        list(read(tmp_path))


def test_the_sixteen_human_labelled_images_are_dealt_into_four_folds_of_four(real_images):
    images = list(read(real_images))
    dealt = folds(images, 4)
    assert [len(ids) for ids in dealt] == [4, 4, 4, 4]
    assert all(id_.startswith("l8biome_") for ids in dealt for id_ in ids)
    assert (len(images), len(usable(images))) == (177, 160)
    assert len({image.surface for image in images if image.is_human}) == 8
