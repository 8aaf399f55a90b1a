"""Time and energy of computing on board, charged per pixel: never per image or inference."""

import difflib
import json
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from payload.errors import ScenarioError
from payload.units import PX_PER_MPX


@dataclass(frozen=True, slots=True)
class ComputeProfile:
    """How fast a processor masks, and what it draws.

    Attributes:
        name: Of the packaged profile.
        platform: The processor.
        workload: What it ran when it was timed.
        mpx_per_s: [Mpx/s] Image positions a second, all bands together.
        active_w: [W] While it computes.
        power_basis: What the watts stand for: system, board, chip or rail.
        idle_w: [W] At rest; None where nobody says.
        boot_s: [s] To start; None where nobody says.
        status: measured, published or assumed.
        source: Where the figures are from.
    """

    name: str
    platform: str
    workload: str
    mpx_per_s: float
    active_w: float
    power_basis: str
    idle_w: float | None
    boot_s: float | None
    status: str
    source: str

    def busy_s(self, pixels: int) -> float:
        """[s] To mask so many image positions."""
        return pixels / PX_PER_MPX / self.mpx_per_s

    def energy_j(self, busy_s: float) -> float:
        """[J] For so many seconds of computing."""
        return busy_s * self.active_w


def profile_names() -> list[str]:
    """Names of the packaged profiles, sorted."""
    return sorted(_profiles())


def load_profile(name: str) -> ComputeProfile:
    """A packaged profile.

    Raises:
        ScenarioError: There is none of that name.
    """
    found = _profiles().get(name)
    if found is None:
        close = difflib.get_close_matches(name, _profiles(), n=1)
        hint = f"; did you mean {close[0]!r}?" if close else ""
        known = ", ".join(profile_names())
        raise ScenarioError(f"there is no compute profile {name!r}{hint} (known: {known})")
    return found


@cache
def _profiles() -> dict[str, ComputeProfile]:
    text = files("payload").joinpath("data", "compute_profiles.json").read_text(encoding="utf-8")
    return {row["name"]: ComputeProfile(**row) for row in json.loads(text)["profiles"]}
