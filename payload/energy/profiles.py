"""Processors as data: time and energy of computing, charged per pixel, never per image or inference."""

import difflib
import json
from dataclasses import asdict, dataclass
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Annotated, Literal

from pydantic import ConfigDict, Field

from payload.errors import ScenarioError
from payload.scenario.form import Form
from payload.scenario.source import ScenarioSource, read_yaml
from payload.text_files import write_text
from payload.units import PX_PER_MPX

_PACKAGED = "compute_profiles.json"

Positive = Annotated[float, Field(gt=0, le=1e18, allow_inf_nan=False)]
NotNegative = Annotated[float, Field(ge=0, le=1e18, allow_inf_nan=False)]
Celsius = Annotated[float, Field(ge=-100, le=300, allow_inf_nan=False)]


@dataclass(frozen=True, slots=True)
class ComputeProfile:
    """How fast a processor masks, and the power it draws. None means unknown.

    Attributes:
        name: Name of the profile.
        platform: The processor.
        workload: What it ran when it was timed.
        mpx_per_s: [Mpx/s] Image positions per second, all bands together, on `workload`; None if only
            operations per second are known, so that the speed follows from the network that flies.
        active_w: [W] Power while computing.
        power_basis: What the power refers to: system, board, chip or rail.
        status: measured, published or assumed.
        source: Where the figures come from.
        idle_w: [W] Power at rest.
        boot_s: [s] Time to start.
        boot_j: [J] Energy to start; active_w over boot_s if None.
        max_duty: Share of an orbit in which it may compute.
        throttle_temp_c: [deg C] Temperature from which it slows down.
        stop_temp_c: [deg C] Temperature from which it does not compute at all.
        memory_mb: [MB] For weights and activations of a network.
        ops_per_s: [1/s] Peak operations per second, a multiplication and an addition counted as two.
        efficiency: Share of ops_per_s that a network reaches; used where mpx_per_s is None.
        workload_ops_per_px: Operations per image position of `workload`.
    """

    __pydantic_config__ = ConfigDict(extra="forbid")

    name: str
    platform: str
    workload: str
    mpx_per_s: Positive | None
    active_w: Positive | None
    power_basis: Literal["system", "board", "chip", "rail"]
    status: Literal["measured", "published", "assumed"]
    source: str
    idle_w: NotNegative | None = None
    boot_s: NotNegative | None = None
    boot_j: NotNegative | None = None
    max_duty: Annotated[float, Field(gt=0, le=1)] | None = None
    throttle_temp_c: Celsius | None = None
    stop_temp_c: Celsius | None = None
    memory_mb: Positive | None = None
    ops_per_s: Positive | None = None
    efficiency: Annotated[float, Field(gt=0, le=1)] = 1.0
    workload_ops_per_px: Positive | None = None

    def busy_s(self, pixels: int) -> float:
        """[s] Time to mask a number of image positions.

        Raises:
            ScenarioError: The speed depends on the network, which is not known yet: see `fitting`.
        """
        if self.mpx_per_s is None:
            raise ScenarioError(f"the speed of {self.name!r} depends on the network: fit it first")
        return pixels / PX_PER_MPX / self.mpx_per_s

    def energy_j(self, busy_s: float) -> float:
        """[J] Energy for a time of computing; 0 if the power is unknown."""
        return busy_s * (self.active_w or 0.0)

    @property
    def start_j(self) -> float:
        """[J] Energy to start once."""
        return self.energy_j(self.boot_s or 0.0) if self.boot_j is None else self.boot_j

    @property
    def says_watts(self) -> bool:
        """Whether the power is known, so that energy can be computed."""
        return self.active_w is not None


def profile_names() -> list[str]:
    """Names of the packaged profiles, sorted."""
    return sorted(_packaged())


def load_profile(which: str | Path) -> ComputeProfile:
    """A packaged profile by its name, or one of your own: a JSON or YAML file with its fields.

    Raises:
        ScenarioError: There is no profile of that name, or the file is not a valid one.
    """
    if isinstance(which, Path):
        return _read(which)
    found = _packaged().get(which)
    if found is None:
        close = difflib.get_close_matches(which, _packaged(), n=1)
        hint = f"; did you mean {close[0]!r}?" if close else ""
        known = ", ".join(profile_names())
        raise ScenarioError(f"there is no compute profile {which!r}{hint} (known: {known})")
    return _checked(found, ScenarioSource(Path(_PACKAGED)))


def write_profile(profile: ComputeProfile, path: Path) -> None:
    """Write a profile as JSON, completely or not at all.

    Raises:
        ScenarioError: The file cannot be written.
    """
    write_text(path, json.dumps(asdict(profile), indent=2) + "\n")


def _read(path: Path) -> ComputeProfile:
    return _checked(*read_yaml(path))


def _checked(data: object, source: ScenarioSource) -> ComputeProfile:
    try:
        profile = Form(ComputeProfile).fill(data, source)
    except ScenarioError as error:
        raise ScenarioError(
            f"{error}\nexpected a compute profile, as written by `payload-sim profile`"
        ) from error
    if profile.mpx_per_s is None and profile.ops_per_s is None:
        raise ScenarioError(
            f"{source.where(())}: the speed is missing: expected mpx_per_s or ops_per_s"
        )
    if profile.boot_j and not profile.boot_s:
        raise ScenarioError(
            f"{source.where(('boot_j',))}: boot_j requires boot_s, the duration of a start"
        )
    return profile


@cache
def _packaged() -> dict[str, object]:
    """Rows of the packaged file by name."""
    text = files("payload").joinpath("data", _PACKAGED).read_text(encoding="utf-8")
    return {row["name"]: row for row in json.loads(text)["profiles"]}
