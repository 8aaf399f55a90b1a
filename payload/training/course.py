"""The whole course of a recipe: who learns alone, whether the teacher may teach, who learns from it."""

from payload.training.exam import hold_gate
from payload.training.school import learn, runs
from payload.training.workshop import Workshop


def distil(workshop: Workshop, *, jobs: int = 1) -> None:
    """Train all students of a recipe: those without a teacher, then, if the gate lets them, the others.

    Raises:
        MaskerError: A run failed, or the teacher is not better than what it is to teach.
    """
    wanted = runs(workshop)
    learn(workshop, [run for run in wanted if run.arm != "distilled"], jobs=jobs)
    hold_gate(workshop)
    learn(workshop, [run for run in wanted if run.arm == "distilled"], jobs=jobs)
