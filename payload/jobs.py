"""How many processes may be asked for."""

from payload.errors import ScenarioError

MOST_JOBS = 4096


def check_jobs(jobs: int | None, said: str = "jobs") -> None:
    """Raise a ScenarioError if the number is out of range; None stands for one per core.

    >>> check_jobs(0)
    Traceback (most recent call last):
    ...
    payload.errors.ScenarioError: jobs 0: expected 1 to 4096
    """
    if jobs is not None and not 1 <= jobs <= MOST_JOBS:
        raise ScenarioError(f"{said} {jobs}: expected 1 to {MOST_JOBS}")
