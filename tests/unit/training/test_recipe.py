"""Recipes: those of the package load, and a mistake is answered where it stands. Needs the extra `train`."""

from pathlib import Path

import pytest

pytest.importorskip("torch", reason="the extra `train` is not installed")

from payload.errors import ScenarioError
from payload.training.recipe import Recipe, Students, load_recipe, packaged_recipes
from payload.training.train import Schedule


@pytest.fixture
def write(tmp_path):
    def write_recipe(text, name="mine.yaml"):
        path = tmp_path / name
        path.write_text(text, encoding="utf-8")
        return path

    return write_recipe


def mistake(path):
    with pytest.raises(ScenarioError) as caught:
        load_recipe(path)
    return str(caught.value)


NAMES = ["family", "hardness", "ship", "smoke", "study"]


def test_the_package_brings_what_ships_what_is_studied_and_a_smoke_run():
    assert packaged_recipes() == NAMES


@pytest.mark.parametrize("name", NAMES)
def test_a_packaged_recipe_loads_by_its_name(name):
    recipe = load_recipe(Path(name))
    assert recipe.name == name
    assert recipe == load_recipe(
        Path(__file__).parents[3] / "payload/data/recipes" / f"{name}.yaml"
    )


def test_packaged_recipes_want_what_they_are_for():
    family, hardness, ship, smoke, study = (load_recipe(Path(name)) for name in NAMES)
    assert set(study.students.arms) == {"labels", "mixed", "distilled"}
    assert hardness.students.arms == ("composed",)
    assert set(hardness.students.names) >= {"default", "conv3x3"}
    assert len(study.students.seeds) >= 3
    assert study.students.folds >= 2
    assert study.students.minutes <= 15
    assert set(ship.students.names) >= {"fast", "default"}
    assert ship.students.folds == 0
    assert len(ship.students.seeds) == 1
    assert study.teacher == ship.teacher  # calibration and scores are those of one design
    assert study.composed == ship.composed
    assert set(ship.students.names) <= {*study.students.names, *family.students.names}
    apart = {"names", "arms", "seeds"}
    assert family.students.model_dump(exclude=apart) == study.students.model_dump(exclude=apart)
    assert (family.teacher, family.composed) == (study.teacher, study.composed)
    assert smoke.students.steps * smoke.students.batch <= 1_000
    assert smoke.composed.scenes <= 100


def test_a_file_goes_before_a_packaged_recipe_and_a_folder_of_its_name_does_not(
    write, monkeypatch, tmp_path
):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "smoke").mkdir()
    assert load_recipe(Path("smoke")).name == "smoke"
    write("name: other", "study")
    assert load_recipe(Path("study")).name == "other"


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ("name: ..", "name"),
        ("name: a\ncomposed: {seed: 7, checks_seed: 7}", "composed"),
        ("name: a\ncomposed: {scenes: 10000000000}", "composed.scenes"),
        ("name: a\nteacher: {nnunet: {seed: -1}}", "teacher.nnunet.seed"),
        ("name: a\nstudents: {seeds: [-1]}", "students.seeds"),
    ],
)
def test_what_could_not_be_trained_or_would_be_judged_on_its_lessons_is_refused(write, text, key):
    assert key in mistake(write(text))


def test_a_name_is_enough(write):
    recipe = load_recipe(write("name: mine"))
    assert recipe == Recipe(name="mine")


def test_an_unknown_key_is_answered_with_file_line_and_the_nearest_key(write):
    path = write("name: mine\nstudents:\n  folds: 2\n  tempreture: 3\n")
    assert mistake(path) == (
        f"{path}:4: students.tempreture: unknown key; did you mean 'temperature'?"
    )
    path = write("name: mine\nteecher: {}\n")
    assert f"{path}:2: teecher: unknown key; did you mean 'teacher'?" in mistake(path)
    path = write("name: mine\nteacher:\n  nnunet:\n    iteration: 5\n")
    assert f"{path}:4: teacher.nnunet.iteration" in mistake(path)
    assert "'iterations'" in mistake(path)


WRONG = {
    "students: {names: [tiny]}": ("students.names.0", "tiny"),
    "students: {names: []}": ("students.names", "at least 1"),
    "students: {arms: [teacher]}": ("students.arms.0", "teacher"),
    "students: {seeds: [1, 2, 1]}": ("students", "seeds: each may appear only once"),
    "students: {names: [fast, fast]}": ("students", "names: each may appear only once"),
    "students: {steps: 0}": ("students.steps", "a whole number of at least 1"),
    "students: {steps: many}": (
        "students.steps",
        "found 'many'; expected a whole number of at least 1",
    ),
    "students: {minutes: 0}": ("students.minutes", "a number above 0"),
    "students: {minutes: .inf}": ("students.minutes", "a finite number above 0"),
    "students: {folds: -1}": ("students.folds", "a whole number from 0 to 16"),
    "students: {temperature: 0.5}": ("students.temperature", "a number of at least 1"),
    "students: {human_share: 1.5}": ("students.human_share", "a number from 0 to 1"),
    "students: {human_share: 0.8, composed_share: 0.5}": ("students", "add up to more than 1"),
    "students: {crop_px: 100}": ("students.crop_px", "multiple of 16"),
    "teacher: {nnunet: {patch_px: 100}}": ("teacher.nnunet", "power of two"),
    "teacher: {nnunet: null, ukis: false}": ("", "distilled students need a teacher"),
    "layout: mine": ("layout", "'plain'"),
    "students: {steps: true}": (
        "students.steps",
        "found True; expected a whole number of at least 1",
    ),
    "students: {seeds: [1, true]}": (
        "students.seeds.1",
        "found True; expected a whole number of at least 0",
    ),
    "composed: {scenes: 0}": ("composed.scenes", "a whole number from 1 to 1,000,000"),
    "export: {cost_ratio: 0}": ("export.cost_ratio", "a number above 0"),
    "name: a/b": ("name", "twice"),
}


@pytest.mark.parametrize("text", WRONG)
def test_a_wrong_value_is_answered_with_its_place_and_what_is_wanted(write, text):
    key, wanted = WRONG[text]
    path = write(f"name: mine\n{text}\n")
    said = mistake(path)
    assert said.startswith(f"{path}:")
    assert key in said
    assert wanted in said
    assert len(said.splitlines()) == 1


def test_every_mistake_has_a_line_of_its_own(write):
    said = mistake(write("students: {steps: 0, batch: 0}\n"))
    assert len(said.splitlines()) == 3
    assert "name: this key is missing" in said


@pytest.mark.parametrize("text", ["", "- 1", "just words", "name: [", "name: a/b", "name: ''"])
def test_what_is_no_recipe_is_refused(write, text):
    assert str(write(text)) in mistake(write(text))


def test_a_recipe_that_is_not_there_is_said_to_be_missing(tmp_path):
    assert "no such file" in mistake(tmp_path / "nothing.yaml")
    assert "no such file" in mistake(Path("nothing"))


def test_equal_recipes_have_equal_digests_and_others_do_not(write):
    one, same = load_recipe(write("name: a")), load_recipe(write("students: {}\nname: a"))
    assert one.digest == same.digest
    assert one.digest != load_recipe(write("name: a\nstudents: {seeds: [2]}")).digest


def test_students_learn_by_the_schedule_of_their_recipe():
    plain = Schedule()
    wanted = Students(steps=7, minutes=0.5, batch=3, crop_px=64, temperature=3.0).schedule()
    assert (wanted.steps, wanted.budget_s, wanted.batch, wanted.temperature) == (7, 30, 3, 3)
    assert wanted.augmentation.crop_px == 64
    assert wanted.augmentation.zoom == plain.augmentation.zoom
    assert wanted.peak_rate == plain.peak_rate


def test_the_teacher_is_asked_for_what_the_recipe_says(small_recipe):
    recipe = small_recipe(
        teacher={"nnunet": {"minutes": 2, "iterations": 9, "patch_px": 64, "batch": 3, "seed": 4}}
    )
    config = recipe.teacher.nnunet.config()
    assert (config.budget_s, config.iterations, config.patch_px) == (120, 9, 64)
    assert (config.batch, config.seed) == (3, 4)
