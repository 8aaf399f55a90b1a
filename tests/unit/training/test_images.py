"""Who may learn from whom."""

import os
from pathlib import Path

import numpy as np
import pytest
import rasterio
from hypothesis import given
from hypothesis import strategies as st

from payload.errors import ImageryError
from payload.training.images import LabelledImage, folds, usable, without_scenes_of
from payload.training.readers.plain import read

HEADER = "id,scene,source,licence,label_origin,unknown_fraction\n"


def image(id_, scene, *, human=False, unknown=0.0):
    nothing = np.zeros((4, 1, 1), np.uint16)
    return LabelledImage(
        id_,
        scene,
        "s",
        "l",
        human,
        nothing,
        np.where(np.arange(100) < 100 * unknown, 255, 0).astype(np.uint8)[None],
    )


@pytest.mark.filterwarnings("ignore::rasterio.errors.NotGeoreferencedWarning")
def write(folder, id_, bands=4, size=(6, 5)):
    profile = {"driver": "GTiff", "height": size[0], "width": size[1]}
    with rasterio.open(
        folder / f"{id_}_img.tif", "w", count=bands, dtype="uint16", **profile
    ) as out:
        out.write(np.full((bands, *size), 1234, np.uint16))
    with rasterio.open(folder / f"{id_}_msk.tif", "w", count=2, dtype="uint8", **profile) as out:
        out.write(np.stack([np.full(size, 1, np.uint8), np.full(size, 77, np.uint8)]))


@given(
    st.lists(st.tuples(st.integers(0, 9), st.booleans()), min_size=1, max_size=30),
    st.integers(1, 5),
)
def test_no_scene_is_ever_on_both_sides_of_a_split(drawn, count):
    images = [
        image(f"i{n:02}", f"scene{scene}", human=human) for n, (scene, human) in enumerate(drawn)
    ]
    dealt = folds(images, count)
    assert sorted(id_ for ids in dealt for id_ in ids) == [i.id for i in images if i.is_human]
    for ids in dealt:
        seen = without_scenes_of(images, ids)
        hidden = {i.scene for i in images if i.id in ids}
        assert hidden.isdisjoint(i.scene for i in seen)
        assert len(seen) == sum(i.scene not in hidden for i in images)


def test_images_that_are_mostly_unknown_teach_nothing():
    images = [image("a", "x", unknown=0.5), image("b", "x", unknown=0.51)]
    assert [i.id for i in usable(images)] == ["a"]


@pytest.mark.filterwarnings("ignore::rasterio.errors.NotGeoreferencedWarning")
def test_images_are_read_by_their_index_in_order_of_ids(tmp_path):
    (tmp_path / "index.csv").write_text(
        HEADER + "b,s2,src,free,model (x),0.25\n" + "a,s1,src,free,human (y),0.0\n"
    )
    write(tmp_path, "a")
    write(tmp_path, "b")
    first, second = list(read(tmp_path))
    assert (first.id, first.is_human, second.id, second.is_human) == ("a", True, "b", False)
    assert first.dn.shape == (4, 6, 5)
    assert set(np.unique(first.truth)) == {1}


@pytest.mark.filterwarnings("ignore::rasterio.errors.NotGeoreferencedWarning")
def test_a_folder_that_is_not_what_its_index_says_is_refused(tmp_path):
    with pytest.raises(ImageryError, match=r"index\.csv"):
        list(read(tmp_path))
    index = tmp_path / "index.csv"
    index.write_text("id,colour\na,blue\n")
    write(tmp_path, "a")
    with pytest.raises(ImageryError, match="no column"):
        list(read(tmp_path))
    index.write_text(HEADER + "a,s1,src,free,human,0.0\nb,s1,src,free,human,0.0\n")
    with pytest.raises(ImageryError, match=r"b_img\.tif"):
        list(read(tmp_path))
    write(tmp_path, "b", bands=3)
    with pytest.raises(ImageryError, match="four uint16 bands"):
        list(read(tmp_path))


def test_the_sixteen_human_labelled_images_are_dealt_into_four_folds_of_four():
    data = os.environ.get("PAYLOAD_SIM_DATA")
    if not data:
        pytest.skip("PAYLOAD_SIM_DATA does not name a folder of real images")
    images = list(read(Path(data) / "clouds"))
    dealt = folds(images, 4)
    assert [len(ids) for ids in dealt] == [4, 4, 4, 4]
    assert all(id_.startswith("l8biome_") for ids in dealt for id_ in ids)
    assert (len(images), len(usable(images))) == (177, 160)
