"""A workshop: images once, opinions once, and nothing of what anything is judged on. Needs `train`."""

import json
from dataclasses import replace

import numpy as np
import pytest

pytest.importorskip("torch", reason="the extra `train` is not installed")

from payload.errors import ImageryError
from payload.training import opinions
from payload.training import workshop as workshops
from payload.training.compose.composer import Composer
from payload.training.compose.grounds import CONFUSERS
from payload.training.journal import Journal
from payload.training.workshop import TEACHER

UKIS = {"nnunet": None, "ukis": True}


def events(shop):
    lines = shop.journal.path.read_text().splitlines()
    return [json.loads(line)["event"] for line in lines]


@pytest.fixture
def told(workshop, tmp_path):
    """A workshop with a journal."""

    def make(**changes):
        return workshop(journal=Journal(tmp_path / "journal.jsonl"), **changes)

    return make


@pytest.fixture(autouse=True)
def _small_scenes(monkeypatch):
    """Scenes of 64 pixels are as true as others, and sooner there."""

    class Small(Composer):
        def __init__(self, seed, side_px=64, **about):
            super().__init__(seed, side_px, **about)

        @classmethod
        def of(cls, images, *, seed, side_px=64):
            return Composer.of(images, seed=seed, side_px=side_px)

    monkeypatch.setattr(workshops, "Composer", Small)


def test_preparing_reads_all_images_and_composes_what_was_asked_for(told, eight):
    shop = told(composed={"scenes": 5, "checks": 2})
    shop.prepare()
    assert [image.id for image in shop.real.images()] == [image.id for image in eight]
    assert all(
        np.array_equal(kept.dn, image.dn) and kept.is_human == image.is_human
        for kept, image in zip(shop.real.images(), eight, strict=True)
    )
    assert len(shop.composed.images()) == 5
    checks = shop.checks.images()
    assert [(image.surface, n) for n, image in enumerate(checks)] == [
        (kind, 2 * place + n) for place, kind in enumerate(CONFUSERS) for n in range(2)
    ]
    assert not any(image.truth.any() for image in checks)


def test_preparing_twice_does_nothing_the_second_time(told):
    shop = told()
    shop.prepare()
    before = {p: p.stat().st_mtime_ns for p in shop.work.rglob("*") if p.is_file()}
    told().prepare()
    assert {p: p.stat().st_mtime_ns for p in shop.work.rglob("*") if p.is_file()} == before
    assert events(shop)[-4:] == [f"{s} unchanged" for s in ("real", "composed", "exams", "checks")]
    assert events(shop).count("real written") == 1


@pytest.mark.parametrize("changes", [{"scenes": 5}, {"seed": 8}, {"checks_seed": 5}])
def test_another_recipe_is_prepared_anew(told, changes):
    first, second = told(), told(composed=changes)
    first.prepare()
    before = [image.dn.copy() for image in (*first.composed.images(), *first.checks.images())]
    second.prepare()
    after = [image.dn for image in (*second.composed.images(), *second.checks.images())]
    assert len(before) != len(after) or not all(
        np.array_equal(*both) for both in zip(before, after, strict=True)
    )


def test_other_data_are_read_anew(told, made, write_plain, tmp_path):
    shop = told()
    shop.prepare()
    other = replace(shop, data=write_plain(tmp_path / "other", [made(20), made(21)]))
    other.prepare()
    assert [image.id for image in other.real.images()] == ["i20", "i21"]


def test_an_image_that_came_later_is_read(told, made, write_plain, tmp_path):
    shop = told(data=write_plain(tmp_path / "data", [made(20), made(21)]))
    shop.prepare()
    write_plain(tmp_path / "data", [made(20), made(21), made(22)])
    shop.prepare()
    assert [image.id for image in shop.real.images()] == ["i20", "i21", "i22"]


def test_a_workshop_among_the_data_is_none_of_them(told, made, write_plain, tmp_path):
    data = write_plain(tmp_path / "data", [made(20), made(21)])
    shop = told(data=data, work=data / "build" / "small")
    shop.prepare()
    shop.prepare()
    assert events(shop).count("real written") == 1


def test_what_does_not_decide_the_images_does_not_make_them_anew(told):
    told().prepare()
    shop = told(name="other", students={"steps": 9})
    shop.prepare()
    assert events(shop)[-1] == "checks unchanged"


def test_more_scenes_to_be_judged_on_change_nothing_that_is_learned_from(told):
    told().prepare()
    shop = told(composed={"checks": 3, "exams": 3})
    shop.prepare()
    assert events(shop)[-1] == "checks written"
    assert "composed unchanged" in events(shop)
    assert events(shop)[-1] == "checks written"


def test_other_code_composes_anew(told, monkeypatch):
    told().prepare()
    monkeypatch.setattr(workshops, "code_digest", lambda *_: "other")
    shop = told()
    shop.prepare()
    assert events(shop).count("composed written") == 2


def test_an_interrupted_preparation_is_begun_again(told, monkeypatch):
    def breaks_off(*_):
        raise KeyboardInterrupt

    shop = told()
    with monkeypatch.context() as patched:
        patched.setattr(Composer, "clear", breaks_off)
        with pytest.raises(KeyboardInterrupt):
            shop.prepare()
    shop.prepare()
    assert shop.checks.is_written
    assert (events(shop).count("real written"), events(shop).count("checks written")) == (1, 1)


def test_composed_scenes_show_nothing_of_scenes_that_people_have_labelled(
    told, made, write_plain, tmp_path, monkeypatch
):
    def clear(number, **about):
        image = made(number, **about)
        return replace(image, truth=np.zeros_like(image.truth))

    images = [
        clear(0, human=True, scene="judged"),
        clear(1, scene="judged"),  # a model's labels, but of the same place
        clear(2, scene="other"),
        replace(made(3, scene="judged"), id="pair_cloudy"),
        replace(clear(4, scene="judged"), id="pair_clear"),
        replace(made(5, scene="free"), id="two_cloudy"),
        replace(clear(5, scene="free"), id="two_clear"),
    ]
    composers = []
    plain = Composer.of

    def watched(given, **how):
        composers.append(plain(given, **how))
        return composers[-1]

    monkeypatch.setattr(Composer, "of", staticmethod(watched))
    shop = replace(told(), data=write_plain(tmp_path / "data", images))
    shop.prepare()
    (composer,) = composers
    assert {ground.id for ground in composer.grounds} == {"i02", "two_clear"}
    assert len(composer.clouds) == 1


def test_checks_are_scenes_that_nobody_learns_from(told):
    shop = told(composed={"scenes": 30, "checks": 3})
    shop.prepare()
    learned = {image.dn.tobytes() for image in shop.composed.images()}
    judged = [*shop.checks.images(), *shop.exams.images()]
    assert len(judged) == 15 + 2
    assert learned.isdisjoint(image.dn.tobytes() for image in judged)
    ids = [image.id for image in (*shop.composed.images(), *judged)]
    assert len(set(ids)) == len(ids)


def test_a_folder_without_images_or_labels_is_refused(told, made, write_plain, tmp_path):
    (tmp_path / "empty").mkdir()
    with pytest.raises(ImageryError, match="index"):
        replace(told(), data=tmp_path / "empty").prepare()
    blank = replace(made(0), truth=np.full((128, 128), 255, np.uint8))
    with pytest.raises(ImageryError, match="enough labels"):
        replace(told(), data=write_plain(tmp_path / "blank", [blank])).prepare()


def test_without_teachers_there_is_nothing_to_ask_and_nobody_said_anything(told):
    shop = told()
    shop.prepare()
    shop.teach()
    assert shop.opinions() == {}
    assert not list(shop.real.folder.glob("opinion-*"))


@pytest.fixture
def says_blue(monkeypatch):
    """Someone in place of ukis-csmask who says that blue is the probability; counts the asking."""

    class Blue:
        asked = 0

        def __init__(self, threads):
            assert threads is None

        def probability(self, bands):
            Blue.asked += 1
            return np.clip(bands[0], 0, 1)

    monkeypatch.setattr(opinions, "Ukis", Blue)
    return Blue


def test_a_teacher_is_asked_of_each_image_once(told, says_blue, eight):
    shop = told(teacher=UKIS)
    shop.prepare()
    shop.teach()
    assert says_blue.asked == 8
    for plane, image in zip(shop.opinions()["ukis"], eight, strict=True):
        assert plane == pytest.approx(image.dn[0] / 40, abs=0.51)
    told(teacher=UKIS).teach()
    assert says_blue.asked == 8


def test_new_images_are_shown_to_the_teacher_again(told, says_blue):
    told(teacher=UKIS).prepare()
    told(teacher=UKIS).teach()
    other = told(teacher=UKIS, composed={"scenes": 6})
    other.prepare()
    other.teach()
    assert says_blue.asked == 8  # composed scenes are other ones, real images the same
    other.real.write(other.real.images()[:3])
    other.teach()
    assert says_blue.asked == 11


def keep(shop, name, level):
    """An opinion that says the same of every pixel."""
    planes = (np.full(image.truth.shape, level, np.float32) for image in shop.real.images())
    shop.real.keep_opinion(name, planes)


def test_several_teachers_say_the_mean(told, with_images, eight):
    shop = with_images(told(teacher={"nnunet": {}, "ukis": True}), eight)
    keep(shop, "ukis", 0.2)
    keep(shop, shop._nnunet_name, 0.8)
    said = shop.opinions()
    assert list(said) == ["nnunet", "ukis", TEACHER]
    assert {int(plane[0, 0]) for plane in said["nnunet"]} == {200}
    assert {int(plane[0, 0]) for plane in said[TEACHER]} == {125}
    assert [plane.shape for plane in said[TEACHER]] == [image.truth.shape for image in eight]
    assert all(plane.dtype == np.uint8 for plane in said[TEACHER])
    shop.teach()  # everything has been said: nothing is trained and nobody asked


def test_a_single_teacher_is_all_of_them(told, with_images, eight):
    shop = with_images(told(teacher=UKIS), eight)
    keep(shop, "ukis", 0.2)
    said = shop.opinions()
    assert all(np.array_equal(*both) for both in zip(said["ukis"], said[TEACHER], strict=True))


def test_opinions_before_anyone_was_asked_are_an_error(told, with_images, eight):
    shop = with_images(told(teacher=UKIS), eight)
    with pytest.raises(ImageryError, match="opinion-ukis"):
        shop.opinions()


def test_another_training_of_the_teacher_has_an_opinion_of_its_own(told):
    before = told(teacher={"nnunet": {}})
    before.prepare()
    names = {
        told(teacher={"nnunet": nnunet})._nnunet_name
        for nnunet in ({}, {"seed": 2}, {"minutes": 1})
    }
    told(teacher={"nnunet": {}}, composed={"seed": 3}).prepare()
    names.add(before._nnunet_name)
    assert len(names) == 4
    assert told()._nnunet_name == ""


def test_the_nnunet_learns_from_nothing_that_people_have_labelled(told, with_images, made):
    shop = with_images(
        told(),
        [
            made(0, human=True, scene="a"),
            made(1, scene="a"),
            made(2, scene="b"),
            made(3, human=True),
        ],
    )
    assert [image.id for image in shop._open_to_all()] == ["i02"]


@pytest.mark.parametrize(("folds", "seen"), [(0, 2), (2, 0)])
def test_where_people_have_labelled_all_teachers_see_all_but_where_folds_are_judged(
    told, with_images, made, folds, seen
):
    shop = with_images(told(students={"folds": folds}), [made(0, human=True), made(1, human=True)])
    assert len(shop._open_to_all()) == seen
