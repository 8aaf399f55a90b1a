"""Training of students: which runs a recipe needs, what each may see, and which have finished."""

from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import asdict, dataclass, replace
from functools import partial
from itertools import repeat
from multiprocessing import get_context
from pathlib import Path

import torch

from payload.errors import MaskerError
from payload.provenance import digest_json
from payload.training.compose.composer import SOURCE as COMPOSED
from payload.training.images import folds, usable, without_scenes_of
from payload.training.journal import Journal
from payload.training.lessons import Lesson
from payload.training.lineage import code_digest
from payload.training.recipe import Arm
from payload.training.student import Network, fresh
from payload.training.train import train
from payload.training.workshop import TEACHER, Workshop


@dataclass(frozen=True, slots=True)
class Run:
    """A training run that a recipe needs.

    Attributes:
        student: A name of `student.NAMES`.
        arm: What it learns from; see `recipe.Arm`.
        seed: Of weights and crops.
        fold: Which fold is held out; None learns from all.
        held_out: Ids of the images that it must not see, nor anything of their scenes.
    """

    student: str
    arm: Arm
    seed: int
    fold: int | None
    held_out: tuple[str, ...]

    @property
    def name(self) -> str:
        """Name for files and messages."""
        fold = "all" if self.fold is None else f"fold{self.fold + 1}"
        return f"{self.student}-{self.arm}-{fold}-seed{self.seed}"


Attempt = tuple[Run, BaseException | None]


@dataclass(frozen=True, slots=True, eq=False)
class Finished:
    """A finished training run.

    Attributes:
        run: The run.
        network: With its final weights, ready to predict.
        steps: Number of training steps.
        elapsed_s: [s] How long they took.
        trained_on: Ids of the real images that it saw.
        digest: Of everything that determined it.
    """

    run: Run
    network: Network
    steps: int
    elapsed_s: float
    trained_on: tuple[str, ...]
    digest: str


def runs(workshop: Workshop) -> list[Run]:
    """All runs of a recipe, seed by seed, so that a first answer comes early.

    Raises:
        MaskerError: Folds are wanted, but no image is human-labelled.
    """
    wanted = workshop.recipe.students
    groups: list[tuple[int | None, tuple[str, ...]]] = [(None, ())]
    if wanted.folds:
        dealt = folds(workshop.real.images(), wanted.folds)
        groups = [(number, tuple(ids)) for number, ids in enumerate(dealt) if ids]
        if not groups:
            raise MaskerError(f"{workshop.recipe.name}: folds need human-labelled images")
    return [
        Run(student, arm, seed, fold, ids)
        for seed in wanted.seeds
        for student in wanted.names
        for arm in wanted.arms
        for fold, ids in groups
    ]


def learn(workshop: Workshop, wanted: Sequence[Run], *, jobs: int = 1) -> None:
    """Train what is not trained yet, each run on one thread; each is saved as soon as it finishes.

    Args:
        workshop: Prepared, and with the teachers' opinions if a run distils.
        wanted: From `runs`.
        jobs: Processes that train at the same time; one for a GPU.

    Raises:
        MaskerError: A run failed; the others have been finished.
    """
    open_runs = [run for run in wanted if not _kept(workshop, run).exists()]
    journal = workshop.journal.within(stage="distil")
    journal.log("runs", wanted=len(wanted), finished=len(wanted) - len(open_runs))
    attempts = _in_turn if jobs <= 1 or len(open_runs) <= 1 else partial(_side_by_side, jobs=jobs)
    failed: dict[str, BaseException] = {}
    for number, (run, error) in enumerate(attempts(workshop, open_runs), start=1):
        if error is not None:
            failed[run.name] = error
        journal.log("runs", done=number / len(open_runs), last=run.name, failed=len(failed))
    if failed:
        told = "; ".join(f"{name}: {error}" for name, error in failed.items())
        raise MaskerError(told) from next(iter(failed.values()))


def load(workshop: Workshop, run: Run) -> Finished:
    """Load a finished run.

    Raises:
        MaskerError: It is not finished, or cannot be read.
    """
    path = _kept(workshop, run)
    if not path.exists():
        raise MaskerError(f"{run.name} is not trained yet; run `payload-train distil` first")
    try:
        stored = torch.load(path, weights_only=True)
        network = fresh(run.student, 0)
        network.load_state_dict(stored["weights"])
    except Exception as error:  # torch raises whatever its reader does
        raise MaskerError(
            f"{path}: the training cannot be read ({error}); delete the file to train again"
        ) from error
    return Finished(
        run,
        network.eval(),
        stored["steps"],
        stored["elapsed_s"],
        tuple(stored["trained_on"]),
        path.stem.rpartition("-")[2],
    )


def lessons(workshop: Workshop, run: Run) -> list[Lesson]:
    """What a run learns from, by its arm: human and model labels, composed scenes, teachers' opinions.

    Images with too few labels are of use to distilled students only.
    """
    wanted = workshop.recipe.students
    distilled = run.arm == "distilled"
    images = [] if run.arm == "composed" else workshop.real.images()
    composed = [] if run.arm == "labels" else workshop.composed.images()
    said = workshop.opinions().get(TEACHER) if distilled else None
    if distilled and said is None:
        raise MaskerError("distilled students need a teacher: nnunet or ukis")
    opinion = dict(zip((image.id for image in images), said or repeat(None), strict=False))
    seen = without_scenes_of(images, run.held_out)
    if not distilled:
        seen = usable(seen)
    people = [image for image in seen if image.is_human]
    models = [image for image in seen if not image.is_human]
    shares = {
        "people": wanted.human_share if people else 0.0,
        "composed": wanted.composed_share if composed else 0.0,
    }
    shares["models"] = 1 - sum(shares.values()) if models else 0.0
    return [
        *(
            Lesson(image, opinion[image.id], wanted.human_trust, shares["people"] / len(people))
            for image in people
        ),
        *(
            Lesson(image, opinion[image.id], wanted.model_trust, shares["models"] / len(models))
            for image in models
        ),
        *(Lesson(image, None, 1.0, shares["composed"] / len(composed)) for image in composed),
    ]


def _in_turn(workshop: Workshop, open_runs: Sequence[Run]) -> Iterator[Attempt]:
    for run in open_runs:
        try:
            _train(workshop, run, workshop.journal)
        except Exception as error:  # noqa: BLE001 - whatever it is, the other runs go on
            yield run, error
        else:
            yield run, None


def _side_by_side(workshop: Workshop, open_runs: Sequence[Run], *, jobs: int) -> Iterator[Attempt]:
    quiet = replace(workshop, journal=replace(workshop.journal, screen=None))
    with ProcessPoolExecutor(jobs, mp_context=get_context("spawn")) as pool:
        futures = {pool.submit(_train, quiet, run, quiet.journal): run for run in open_runs}
        try:
            for future in as_completed(futures):
                yield futures[future], future.exception()
        finally:  # an interrupted study does not wait for runs that have not started
            pool.shutdown(cancel_futures=True)


def _train(workshop: Workshop, run: Run, told: Journal) -> None:
    torch.set_num_threads(1)
    kept = _kept(workshop, run)
    taught = lessons(workshop, run)
    ids = [lesson.image.id for lesson in taught if lesson.image.source != COMPOSED]
    journal = told.within(stage="distil", run=run.name)
    schedule = workshop.recipe.students.schedule()
    done = train(taught, run.student, schedule, seed=run.seed, journal=journal)
    kept.parent.mkdir(parents=True, exist_ok=True)
    beside = kept.with_suffix(".part")
    facts = {"steps": done.steps, "elapsed_s": done.elapsed_s, "trained_on": ids}
    torch.save({"weights": done.network.state_dict(), **facts}, beside)
    beside.replace(kept)
    journal.log("trained", steps=done.steps, minutes=round(done.elapsed_s / 60, 2))


def _kept(workshop: Workshop, run: Run) -> Path:
    students = workshop.recipe.students
    decides = [
        code_digest("lessons", "student", "train"),
        workshop.real.digest if run.arm != "composed" else None,
        workshop.composed.digest if run.arm != "labels" else None,
        workshop.opinion_digests if run.arm == "distilled" else None,
        asdict(students.schedule()),
        students.model_dump(
            include={"human_share", "composed_share", "human_trust", "model_trust"}
        ),
        asdict(run),
    ]
    return workshop.work / "students" / f"{run.name}-{digest_json(decides)[:12]}.pt"
