"""Order of training in a recipe: students without a teacher, the teacher's gate, distilled students."""

from payload.training.exam import hold_gate
from payload.training.school import learn, runs
from payload.training.workshop import Workshop


def distil(workshop: Workshop, *, jobs: int = 1) -> None:
    """Train all students of a recipe: those without a teacher, then, if the teacher passes the gate, the others.

    Raises:
        MaskerError: A run failed, or the teacher is not far enough ahead of the students.
    """
    wanted = runs(workshop)
    learn(workshop, [run for run in wanted if run.arm != "distilled"], jobs=jobs)
    hold_gate(workshop)
    learn(workshop, [run for run in wanted if run.arm == "distilled"], jobs=jobs)
