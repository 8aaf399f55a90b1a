"""Errors in what a key of a scenario names, reported with the key's place."""

from collections.abc import Callable
from typing import TypeVar

from payload.errors import PayloadError, ScenarioError
from payload.scenario.models import Scenario

T = TypeVar("T")


def at_key(scenario: Scenario, key: str, read: Callable[[], T]) -> T:
    """Read what a key of the scenario names; an error is reported with the key's place.

    Raises:
        ScenarioError: `read` raised a PayloadError.
    """
    try:
        return read()
    except PayloadError as error:
        where = f"{scenario.source.where(key.split('.'))}: " if scenario.source else ""
        raise ScenarioError(f"{where}{key}: {error}") from error
