"""The sweep file, read from YAML: a base scenario, designs over its keys, seeds and arms."""

import math
from pathlib import Path
from typing import Annotated, Any, Literal, Self

from pydantic import BeforeValidator, Field, PrivateAttr, model_validator

from payload.errors import ScenarioError
from payload.scenario.form import Form
from payload.scenario.paths import InputPath
from payload.scenario.section import Name, Section
from payload.scenario.source import ScenarioSource, read_yaml
from payload.sim import ARMS, ArmName

MOST_SEEDS = 100_000
MOST_SAMPLES = 10_000_000

KeyText = Annotated[str, Field(pattern=r"^[A-Za-z0-9_-]{1,64}(\.[A-Za-z0-9_-]{1,64}){0,15}$")]
"""A key of a scenario as `path.to.key`."""


class Span(Section):
    """Domain of a sampled parameter: a number from a range, or one of a list of values."""

    low: float | None = Field(None, description="Smallest value.")
    high: float | None = Field(None, description="Largest value.")
    scale: Literal["linear", "log"] = Field(
        "linear", description="Scale on which values are evenly distributed: linear or logarithmic."
    )
    whole: bool = Field(False, description="Whole numbers only; both ends are included.")
    values: tuple[Any, ...] | None = Field(
        None, min_length=1, description="Instead of a range: the values, all equally likely."
    )

    @model_validator(mode="after")
    def _is_one_or_the_other(self) -> Self:
        if self.values is not None:
            if self.low is not None or self.high is not None:
                raise ValueError("expected either low and high, or values")
            return self
        if self.low is None or self.high is None or not self.low < self.high:
            raise ValueError("expected low and high, with low below high, or values")
        if self.whole and math.ceil(self.low) > math.floor(self.high):
            raise ValueError("no whole number lies between low and high")
        if self.scale == "log" and self.low <= 0:
            raise ValueError("a logarithmic scale needs low above 0")
        return self

    def value(self, share: float) -> object:
        """The value at a fraction of the way, 0 <= share < 1."""
        if self.values is not None:
            return self.values[int(share * len(self.values))]
        assert self.low is not None
        assert self.high is not None
        low, high = self.low, self.high
        if self.whole:
            first, last = math.ceil(low), math.floor(high)
            if self.scale == "log":
                return min(last, max(first, round(low * (high / low) ** share)))
            return first + int(share * (last - first + 1))
        if self.scale == "log":
            return low * (high / low) ** share
        return low + (high - low) * share


class Sampling(Section):
    """Joint samples of several parameters."""

    samples: int = Field(ge=1, le=MOST_SAMPLES, description="Number of samples.")
    seed: int = Field(0, ge=0, lt=2**63, description="Seed of the draws; not that of any scenario.")
    over: dict[KeyText, Span] = Field(min_length=1, description="Parameters and their ranges.")


def _seeds(given: object) -> object:
    """Check a number of seeds, or a list of them, with one clear ValueError instead of one per member of a union."""
    which = given if isinstance(given, list | tuple) else None
    whole = [
        each for each in which or (given,) if isinstance(each, int) and not isinstance(each, bool)
    ]
    if which is None and len(whole) == 1 and 1 <= whole[0] <= MOST_SEEDS:
        return given
    if which and len(set(whole)) == len(which) and min(whole) >= 0:
        return given
    raise ValueError(
        f"expected the number of seeds, 1 to {MOST_SEEDS:,}, or a list of them: different whole numbers, 0 or more"
    )


class SweepSpec(Section):
    """A base scenario and what is varied in it; the cells of all designs are pooled, not crossed."""

    name: Name = Field(description="Name of the sweep and of its folder.")
    description: str = Field("", max_length=2000, description="What the sweep is for; free text.")
    base: InputPath = Field(description="The scenario to vary.")
    set: dict[KeyText, Any] = Field(
        default_factory=dict[str, Any], description="Keys changed in all runs."
    )
    grid: dict[KeyText, Annotated[tuple[Any, ...], Field(min_length=1)]] = Field(
        default_factory=dict[str, tuple[Any, ...]],
        description="Values by parameter; all combinations are flown.",
    )
    list: tuple[Annotated[dict[KeyText, Any], Field(min_length=1)], ...] = Field(
        (), description="Cells written out, one by one."
    )
    random: Sampling | None = Field(
        None, description="Independent draws; with more samples the first ones remain the same."
    )
    latin_hypercube: Sampling | None = Field(
        None, description="Draws that hit every slice of every parameter's range once."
    )
    seeds: Annotated[int | tuple[int, ...], BeforeValidator(_seeds)] = Field(
        1,
        description="How many, counted from the base's seed, or a list of them; every cell flies with each.",
    )
    arms: tuple[ArmName, ...] = Field(
        ARMS, min_length=1, description="Arms whose figures are in the tables; all are flown."
    )

    _source: ScenarioSource | None = PrivateAttr(default=None)

    @model_validator(mode="after")
    def _is_sound(self) -> Self:
        if "seed" in self.parameters or "seed" in self.set:
            raise ValueError("the seed is not a parameter: every cell flies with each of `seeds`")
        return self

    @property
    def parameters(self) -> tuple[str, ...]:
        """Paths of the varied keys: those of the grid, the list, then the samples, each in the order of the file."""
        named = [*self.grid, *(key for cell in self.list for key in cell)]
        for sampling in (self.random, self.latin_hypercube):
            named += sampling.over if sampling else ()
        return tuple(dict.fromkeys(named))

    @property
    def cell_count(self) -> int:
        """Number of cells, duplicates included."""
        grid = math.prod(len(values) for values in self.grid.values()) if self.grid else 0
        sampled = sum(each.samples for each in (self.random, self.latin_hypercube) if each)
        return grid + len(self.list) + sampled or 1

    @property
    def run_count(self) -> int:
        """Number of cells times seeds."""
        return self.cell_count * (self.seeds if isinstance(self.seeds, int) else len(self.seeds))

    def where(self, *keys: str | int) -> str:
        """`file:line` of a key, for messages."""
        return self.name if self._source is None else self._source.where(keys)


def load_sweep(path: str | Path) -> SweepSpec:
    """Read a sweep file; its base scenario is not opened yet.

    Raises:
        ScenarioError: One line per mistake: file, line, key path, what was found, what was expected.
    """
    path = Path(path)
    data, source = read_yaml(path)
    if not isinstance(data, dict):
        raise ScenarioError(f"{path}: expected a mapping of keys (name, base, grid, seeds, …)")
    if "epoch_utc" in data and "base" not in data:
        raise ScenarioError(
            f"{path}: this is a scenario, not a sweep file; `payload-sim run {path}` flies it"
        )
    spec = Form(SweepSpec).fill(data, source, context={"folder": path.parent})
    spec._source = source
    return spec
