"""Who may learn from whom."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from payload.training.images import LabelledImage, folds, usable, without_scenes_of


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
