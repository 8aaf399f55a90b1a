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
    """How fast a processor masks, and what it draws. None: nobody says.

    Attributes:
        name: Of the profile.
        platform: The processor.
        workload: What it ran when it was timed.
        mpx_per_s: [Mpx/s] Image positions a second, all bands together, on `workload`; None where only
            operations a second are known, so that it follows from the network that flies.
        active_w: [W] While it computes.
        power_basis: What the watts stand for: system, board, chip or rail.
        status: measured, published or assumed.
        source: Where the figures are from.
        idle_w: [W] At rest.
        boot_s: [s] To start.
        boot_j: [J] To start; as active_w over boot_s where only that is known.
        max_duty: Share of an orbit in which it may compute.
        throttle_temp_c: [deg C] From here on it slows down.
        stop_temp_c: [deg C] From here on it computes nothing.
        memory_mb: [MB] For weights and activations of a network.
        ops_per_s: [1/s] Most operations, a multiplication and an addition counted as two.
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
        """[s] To mask so many image positions.

        Raises:
            ScenarioError: The speed is not known before a network is: see `fitting`.
        """
        if self.mpx_per_s is None:
            raise ScenarioError(f"how fast {self.name!r} is depends on the network: fit it first")
        return pixels / PX_PER_MPX / self.mpx_per_s

    def energy_j(self, busy_s: float) -> float:
        """[J] For so many seconds of computing; 0 where no watts are known."""
        return busy_s * (self.active_w or 0.0)

    @property
    def start_j(self) -> float:
        """[J] To start once."""
        return self.energy_j(self.boot_s or 0.0) if self.boot_j is None else self.boot_j

    @property
    def says_watts(self) -> bool:
        """Whether energies can be told at all."""
        return self.active_w is not None


def profile_names() -> list[str]:
    """Names of the packaged profiles, sorted."""
    return sorted(_packaged())


def load_profile(which: str | Path) -> ComputeProfile:
    """A packaged profile by its name, or one of your own: a JSON or YAML file with its fields.

    Raises:
        ScenarioError: There is none of that name, or the file is none.
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
    """Write a profile as JSON, whole or not at all.

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
            f"{error}\na compute profile is wanted, as `payload-sim profile` writes one"
        ) from error
    if profile.mpx_per_s is None and profile.ops_per_s is None:
        raise ScenarioError(
            f"{source.where(())}: mpx_per_s or ops_per_s is wanted: how fast is it?"
        )
    if profile.boot_j and not profile.boot_s:
        raise ScenarioError(
            f"{source.where(('boot_j',))}: boot_j wants boot_s: how long is a start?"
        )
    return profile


@cache
def _packaged() -> dict[str, object]:
    """Rows of the packaged file by their names."""
    text = files("payload").joinpath("data", _PACKAGED).read_text(encoding="utf-8")
    return {row["name"]: row for row in json.loads(text)["profiles"]}
