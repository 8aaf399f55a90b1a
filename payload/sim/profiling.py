"""Measure this machine as a compute profile: CPU seconds of the masker on real tiles, by the code path used in flight."""

import platform
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import count
from pathlib import Path
from statistics import median
from typing import cast

from payload import __version__
from payload.energy import ComputeProfile
from payload.equipment import make_sensor
from payload.errors import ScenarioError
from payload.imaging.tiling import cut_tiles
from payload.ports import Countable, Masker, SceneSource
from payload.scenario.models import Scenario
from payload.types import Footprint, Tile, View
from payload.units import PX_PER_MPX

FEWEST_TILES, FEWEST_CPU_S = 12, 1.0
_WARM_UP = 2
_PLACES = ((48.1, 11.5), (-3.1, -60.0), (23.5, 25.0), (67.9, 26.5), (35.0, -140.0))
"""Latitude and longitude [deg]: fields, rainforest, desert, snowy forest, ocean."""
_UTC = datetime(2026, 6, 21, 10, tzinfo=UTC)
_SUN_DEG = 45.0


@dataclass(frozen=True, slots=True)
class Watts:
    """What the user states about this machine's power; None if not stated."""

    active_w: float | None = None
    idle_w: float | None = None


def measure_profile(scenario: Scenario, name: str, watts: Watts, *, cpu_s: float) -> ComputeProfile:
    """Time the masker of a scenario on tiles of its scene.

    It uses one thread, as in flight, and the median over tiles of CPU time, so that other work on the machine has little
    influence.

    Args:
        scenario: Supplies camera, scene, tile size and masker.
        name: Name of the profile.
        watts: Given by the user, since a program cannot measure them.
        cpu_s: [s] Continue until this much CPU time has been spent on masking.

    Raises:
        ScenarioError: The budget is not above zero.
        PayloadError: Scenes cannot be rendered or masked.
    """
    if not cpu_s > 0:
        raise ScenarioError(f"cpu_s is {cpu_s}; expected more than 0 s of CPU time")
    sensor = make_sensor(scenario)
    masker = cast(Masker, scenario.masker.build(bands=sensor.bands))
    source = cast(SceneSource, scenario.scene.build(seed=scenario.seed))
    speeds: list[float] = []
    spent_s = 0.0
    for number in count():
        lat_deg, lon_deg = _PLACES[number % len(_PLACES)]
        # a new scene in each round: one degree of longitude further east
        here = f"profile-{number}"
        view = View(here, here, lat_deg, lon_deg + number // len(_PLACES), _UTC, _SUN_DEG, sensor)
        tiles = cut_tiles(
            source.scene(view), here, tile_px=scenario.pruning.tile_px, margin_px=masker.margin_px
        )
        for tile in tiles:
            seconds = _time(masker, tile)
            spent_s += seconds
            speeds.append(tile.pixels / PX_PER_MPX / seconds)
            if len(speeds) >= FEWEST_TILES + _WARM_UP and spent_s >= cpu_s:
                return _profile(scenario, masker, name, watts, speeds[_WARM_UP:])
    raise AssertionError  # the loop returns


def _time(masker: Masker, tile: Tile) -> float:
    """[s] CPU time for one tile, always above zero."""
    started_s = time.process_time()
    masker.predict(tile)
    return max(time.process_time() - started_s, 1e-9)


def _profile(
    scenario: Scenario, masker: Masker, name: str, watts: Watts, speeds: list[float]
) -> ComputeProfile:
    tile_px = scenario.pruning.tile_px
    network: Footprint | None = None
    if isinstance(masker, Countable):
        network = masker.footprint(tile_px)
    low, high = min(speeds), max(speeds)
    return ComputeProfile(
        name=name,
        platform=_processor(),
        workload=f"{masker.identity.model}, tiles of {tile_px} x {tile_px}, one thread",
        mpx_per_s=float(f"{median(speeds):.4g}"),
        active_w=watts.active_w,
        idle_w=watts.idle_w,
        power_basis="system",
        status="measured",
        source=(
            f"payload-sim {__version__} profile: median of {len(speeds)} tiles by CPU time, from "
            f"{low:.3g} to {high:.3g} Mpx/s; "
            + (
                "watts as given by the user"
                if watts.active_w is not None
                else "no watts were given"
            )
        ),
        workload_ops_per_px=None if network is None else network.ops_per_px,
    )


def _processor() -> str:
    """The processor's name, as reported by the system."""
    try:
        text = Path("/proc/cpuinfo").read_text(encoding="utf-8", errors="replace")
    except OSError:
        text = ""
    for line in text.splitlines():
        key, _, value = line.partition(":")
        if key.strip() == "model name" and value.strip():
            return value.strip()
    return platform.processor() or platform.machine() or "unknown"
