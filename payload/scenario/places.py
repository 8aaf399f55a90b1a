"""Mistakes in what a key of a scenario names are told with the key's place."""

from collections.abc import Callable
from typing import TypeVar

from payload.errors import PayloadError, ScenarioError
from payload.scenario.models import Scenario

T = TypeVar("T")


def at_key(scenario: Scenario, key: str, read: Callable[[], T]) -> T:
    """Read what a key of the scenario names; a mistake in it is told with the key's place.

    Raises:
        ScenarioError: What was read is not what is wanted.
    """
    try:
        return read()
    except PayloadError as error:
        where = f"{scenario.source.where(key.split('.'))}: " if scenario.source else ""
        raise ScenarioError(f"{where}{key}: {error}") from error
