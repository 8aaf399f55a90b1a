"""Students learn: which runs there are, what each may see, what is kept. Needs the extra `train`."""

import json
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

torch = pytest.importorskip("torch", reason="the extra `train` is not installed")

from payload.errors import MaskerError
from payload.training import school
from payload.training.course import distil
from payload.training.images import LabelledImage
from payload.training.journal import Journal
from payload.training.school import Run, learn, lessons, load, runs
from payload.training.workshop import Workshop

UKIS = {"nnunet": None, "ukis": True}
QUICK = {"names": ["conv3x3"], "steps": 2, "batch": 2, "crop_px": 16}


def opinion(shop, level=None):
    """Someone says the same everywhere, or the number of the image."""
    planes = (
        np.full(image.truth.shape, number / 250 if level is None else level, np.float32)
        for number, image in enumerate(shop.real.images())
    )
    shop.real.keep_opinion("ukis", planes)


@pytest.fixture
def shop(workshop, with_images, eight, tmp_path):
    """A workshop of the eight images, as prepared and taught; changes go into the students."""

    def make(images=eight, composed=2, teacher=UKIS, **students):
        made = workshop(
            journal=Journal(tmp_path / "journal.jsonl"), teacher=teacher, students=QUICK | students
        )
        with_images(made, images, composed=composed)
        opinion(made)
        return made

    return make


def events(shop):
    lines = [json.loads(line) for line in shop.journal.path.read_text().splitlines()]
    return [(line["event"], line.get("run")) for line in lines]


def test_without_folds_there_is_one_run_for_each_student_arm_and_seed(shop):
    made = runs(shop(names=["fast", "default"], arms=["labels", "distilled"], seeds=[3, 1]))
    assert [run.name for run in made] == [
        f"{student}-{arm}-all-seed{seed}"
        for seed in (3, 1)
        for student in ("fast", "default")
        for arm in ("labels", "distilled")
    ]
    assert all(run.fold is None and run.held_out == () for run in made)


def test_with_folds_each_human_labelled_image_is_held_out_once_by_each_design(shop):
    made = runs(shop(arms=["labels", "distilled"], seeds=[1, 2], folds=3))
    assert len(made) == 2 * 2 * 3
    assert [run.seed for run in made] == [1] * 6 + [2] * 6
    for arm in ("labels", "distilled"):
        for seed in (1, 2):
            held = [run.held_out for run in made if (run.arm, run.seed) == (arm, seed)]
            assert sorted(id_ for ids in held for id_ in ids) == ["i00", "i01", "i02", "i03"]
    assert len({run.name for run in made}) == len(made)
    assert made[0].name == "conv3x3-labels-fold1-seed1"


def test_empty_folds_are_no_runs_and_folds_of_nothing_an_error(shop, eight):
    assert len(runs(shop(folds=9))) == 4
    with pytest.raises(MaskerError, match="folds need human-labelled images"):
        runs(shop(eight[4:], folds=2))


@st.composite
def collections(draw):
    """Images of some scenes, labelled by people or not, some hardly labelled."""
    drawn = draw(
        st.lists(
            st.tuples(st.integers(0, 5), st.booleans(), st.booleans()), min_size=2, max_size=14
        )
    )
    made = []
    for number, (scene, human, known) in enumerate(drawn):
        truth = np.full((4, 4), 0 if known else 255, np.uint8)
        made.append(
            LabelledImage(
                f"i{number:02}",
                f"s{scene}",
                "made",
                "own",
                human,
                np.full((4, 4, 4), 1_000 + number, np.uint16),
                truth,
            )
        )
    return made


@settings(max_examples=40)
@given(images=collections(), folds=st.integers(1, 4))
def test_no_run_ever_sees_anything_of_a_scene_that_it_is_judged_on(
    images, folds, tmp_path_factory, small_recipe, made
):
    recipe = small_recipe(
        teacher=UKIS, students={"arms": ["labels", "mixed", "distilled"], "folds": folds}
    )
    shop = Workshop(recipe, tmp_path_factory.mktemp("x"), tmp_path_factory.mktemp("work"))
    shop.real.write(images)
    shop.composed.write([replace(made(1, side=16), source="composed", id="c")])
    opinion(shop)
    assume(any(image.is_human for image in images))
    for run in runs(shop):
        hidden = {image.scene for image in images if image.id in run.held_out}
        seen = [lesson for lesson in lessons(shop, run) if lesson.image.source != "composed"]
        assert hidden.isdisjoint(lesson.image.scene for lesson in seen)
        unlabelled = {image.id for image in images if image.unknown_fraction > 0.5}
        allowed = {image.id for image in images if image.scene not in hidden}
        if run.arm != "distilled":
            allowed -= unlabelled
        assert sorted(lesson.image.id for lesson in seen) == sorted(allowed)


def lesson_of(shop, arm="distilled", held_out=()):
    return {each.image.id: each for each in lessons(shop, Run("fast", arm, 1, None, held_out))}


def test_labels_alone_have_no_teacher_and_leave_unlabelled_images_out(shop, made):
    given_images = [made(0, human=True), made(1), made(2, known=False)]
    made_shop = shop(given_images)
    alone = lesson_of(made_shop, "labels")
    assert set(alone) == {"i00", "i01"}
    more = lesson_of(made_shop, "mixed")
    assert set(more) == {"i00", "i01", "c0", "c1"}
    assert all(lesson.soft is None for lesson in [*alone.values(), *more.values()])
    taught = lesson_of(made_shop)
    assert set(taught) == {"i00", "i01", "i02", "c0", "c1"}


def test_arms_differ_in_whom_they_hear(shop):
    made_shop = shop()
    real, composed = {f"i{number:02}" for number in range(8)}, {"c0", "c1"}
    heard = {arm: lesson_of(made_shop, arm) for arm in ("labels", "composed", "mixed", "distilled")}
    assert {arm: set(found) for arm, found in heard.items()} == {
        "labels": real,
        "composed": composed,
        "mixed": real | composed,
        "distilled": real | composed,
    }
    taught = {
        arm for arm, found in heard.items() if any(each.soft is not None for each in found.values())
    }
    assert taught == {"distilled"}
    assert all(sum(each.share for each in found.values()) > 0 for found in heard.values())


def test_who_learns_from_composed_scenes_alone_has_seen_no_real_image(shop):
    made_shop = shop(arms=["composed"])
    (run,) = runs(made_shop)
    learn(made_shop, [run])
    assert load(made_shop, run).trained_on == ()


def test_each_image_goes_with_what_the_teacher_says_of_it(shop):
    taught = lesson_of(shop(human_trust=0.9, model_trust=0.4))
    for number in range(8):
        lesson = taught[f"i{number:02}"]
        assert lesson.soft.shape == lesson.image.truth.shape
        assert set(np.unique(lesson.soft)) == {number}
        assert lesson.trust == (0.9 if number < 4 else 0.4)
    assert all(taught[id_].soft is None and taught[id_].trust == 1 for id_ in ("c0", "c1"))


def test_people_models_and_composed_scenes_have_their_shares(shop):
    def shares(made_shop, **how):
        by = {"people": 0.0, "models": 0.0, "composed": 0.0}
        for lesson in lesson_of(made_shop, **how).values():
            kind = "composed" if lesson.image.source == "composed" else ""
            by[kind or ("people" if lesson.image.is_human else "models")] += lesson.share
        total = sum(by.values())
        return {key: pytest.approx(value / total) for key, value in by.items()}

    wanted = {"human_share": 0.5, "composed_share": 0.2}
    assert shares(shop(**wanted)) == {"people": 0.5, "composed": 0.2, "models": 0.3}
    held = ("i00", "i01", "i02")  # fewer people, as much to say
    assert shares(shop(**wanted), held_out=held) == {"people": 0.5, "composed": 0.2, "models": 0.3}


def test_shares_of_what_is_not_there_go_to_the_rest(shop, eight):
    no_people = lesson_of(shop(eight[4:], human_share=0.5, composed_share=0.2))
    total = sum(lesson.share for lesson in no_people.values())
    assert no_people["c0"].share / total == pytest.approx(0.1)
    people_alone = lesson_of(shop(eight[:4], human_share=0.5, composed_share=0.25))
    assert people_alone["i00"].share == pytest.approx(people_alone["c0"].share)
    nothing_composed = lesson_of(shop(human_share=1.0, composed_share=0.0))
    assert nothing_composed["c0"].share == 0


def test_distilling_without_a_teacher_is_an_error(shop):
    made = shop(teacher={"nnunet": None, "ukis": False})
    with pytest.raises(MaskerError, match="need a teacher"):
        lessons(made, Run("fast", "distilled", 1, None, ()))


def test_a_finished_training_is_kept_and_hides_the_scenes_held_out(shop):
    made = shop(folds=2, arms=["labels"])
    wanted = runs(made)
    with pytest.raises(MaskerError, match="not trained yet"):
        load(made, wanted[0])
    learn(made, wanted)
    for run in wanted:
        done = load(made, run)
        assert done.run == run
        assert done.steps == 2
        assert not done.network.training
        assert set(done.trained_on) == {f"i{n:02}" for n in range(8)} - set(run.held_out)
    assert len(list((made.work / "students").iterdir())) == 2


def test_a_network_comes_back_as_it_was_trained(shop):
    made = shop(names=["fast"], arms=["labels"])
    (run,) = runs(made)
    learn(made, [run])
    bands = torch.rand(1, 4, 32, 32, generator=torch.Generator().manual_seed(1))
    first, again = (load(made, run).network for _ in range(2))
    with torch.no_grad():
        assert torch.equal(first(bands), again(bands))
    state = first.state_dict()
    assert any("running_mean" in key and value.abs().sum() > 0 for key, value in state.items())


def test_what_is_finished_is_not_trained_again(shop):
    made = shop(arms=["labels"], seeds=[1, 2])
    wanted = runs(made)
    learn(made, wanted[:1])
    before = load(made, wanted[0]).elapsed_s
    learn(made, wanted)
    learn(made, wanted)
    trained = [name for event, name in events(made) if event == "trained"]
    assert trained == [run.name for run in wanted]
    assert load(made, wanted[0]).elapsed_s == before


def kept(made):
    return {path.name for path in (made.work / "students").glob("*.pt")}


def test_what_decides_a_training_decides_where_it_is_kept(shop):
    one = shop(arms=["labels"])
    learn(one, runs(one))
    for change in ({"steps": 3}, {"composed_share": 0.1}, {"temperature": 3.0}):
        before = kept(one)
        other = shop(arms=["labels"], **change)
        learn(other, runs(other))
        assert len(kept(one) - before) == 1, change
    before = kept(one)
    more = shop(arms=["labels"], seeds=[1, 2])  # the first of them is there already
    learn(more, runs(more))
    assert len(kept(one) - before) == 1


def test_another_teacher_teaches_anew_and_does_not_touch_labels_alone(shop):
    def train_with(teacher):
        made = shop(teacher=teacher, arms=["labels", "distilled"])
        if made.recipe.teacher.nnunet is not None:
            planes = [np.zeros(i.truth.shape, np.float32) for i in made.real.images()]
            made.real.keep_opinion(made._nnunet_name, planes)
        learn(made, runs(made))
        return kept(made)

    first = train_with(UKIS)
    second = train_with({"nnunet": {}, "ukis": True})
    (new,) = second - first
    assert new.startswith("conv3x3-distilled")


def test_a_training_that_cannot_be_read_is_said_to_be_so(shop):
    made = shop(arms=["labels"])
    (run,) = runs(made)
    learn(made, [run])
    (path,) = (made.work / "students").iterdir()
    path.write_bytes(b"spoilt")
    with pytest.raises(MaskerError, match="delete the file"):
        load(made, run)


def test_a_training_that_is_interrupted_leaves_nothing_that_looks_finished(shop, monkeypatch):
    made = shop(arms=["labels"], seeds=[1, 2])
    plain = school.train

    def breaks_off(*given, **how):
        if how["seed"] == 2:
            raise KeyboardInterrupt
        return plain(*given, **how)

    with monkeypatch.context() as patched:
        patched.setattr(school, "train", breaks_off)
        with pytest.raises(KeyboardInterrupt):
            learn(made, runs(made))
    assert len(kept(made)) == 1
    learn(made, runs(made))
    assert len(kept(made)) == 2


@pytest.fixture
def fails(shop):
    """Three runs, the second of which cannot be written."""
    made = shop(arms=["labels"], seeds=[1, 2, 3])
    wanted = runs(made)
    school._kept(made, wanted[1]).with_suffix(".part").mkdir(parents=True)
    return made, wanted


@pytest.mark.parametrize("jobs", [1, 2])
def test_a_failed_run_is_reported_and_the_others_finish(fails, jobs, tmp_path):
    made, wanted = fails
    with pytest.raises(MaskerError, match=wanted[1].name) as caught:
        learn(made, wanted, jobs=jobs)
    assert wanted[0].name not in str(caught.value)
    assert caught.value.__cause__ is not None
    assert [school._kept(made, run).exists() for run in wanted] == [True, False, True]
    told = [json.loads(line) for line in made.journal.path.read_text().splitlines()]
    assert told[-1]["event"] == "runs"
    assert told[-1]["done"] == 1.0
    assert told[-1]["failed"] == 1
    if jobs > 1:  # side by side weights are what they are in turn
        first = load(made, wanted[2]).network.state_dict()
        school._kept(made, wanted[2]).rename(tmp_path / "side-by-side.pt")
        learn(made, wanted[2:])
        again = load(made, wanted[2]).network.state_dict()
        assert all(torch.equal(first[key], again[key]) for key in first)


def test_who_interrupts_does_not_wait_for_all_that_was_still_to_come(shop, monkeypatch):
    made = shop(arms=["labels"], seeds=list(range(9)))

    def interrupted(_):
        raise KeyboardInterrupt

    monkeypatch.setattr(school, "as_completed", interrupted)
    with pytest.raises(KeyboardInterrupt):
        learn(made, runs(made), jobs=2)
    assert len(kept(made)) < 6  # two at work, and what was already handed out


def test_labels_alone_learn_first_and_the_gate_is_held_before_the_others(shop, monkeypatch):
    made = shop(arms=["distilled", "labels", "mixed"])
    monkeypatch.setattr(
        "payload.training.course.hold_gate", lambda shop: shop.journal.log("gate", run="gate")
    )
    distil(made)
    order = [name for event, name in events(made) if event in {"trained", "gate"}]
    assert order == [
        "conv3x3-labels-all-seed1",
        "conv3x3-mixed-all-seed1",
        "gate",
        "conv3x3-distilled-all-seed1",
    ]


def test_behind_a_shut_gate_nobody_is_taught(shop, monkeypatch):
    made = shop(arms=["labels", "distilled"])

    def shut(_):
        raise MaskerError("the teacher is no better")

    monkeypatch.setattr("payload.training.course.hold_gate", shut)
    with pytest.raises(MaskerError, match="no better"):
        distil(made)
    assert {name.split("-")[1] for name in kept(made)} == {"labels"}
