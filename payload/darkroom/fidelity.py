"""Pixels or draws: which surrogate fits a scenario, and why another does not."""

import shlex
from collections.abc import Mapping
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Protocol, cast

import numpy as np

from payload.errors import ScenarioError
from payload.ports import Choosing, Codec, Glancing, Masker, SceneSource
from payload.provenance import code_of
from payload.registry import plugin
from payload.scenario.choice import Choice
from payload.scenario.models import Scenario
from payload.surrogate import PACKAGED, FittedOn, Surrogate, read_surrogate
from payload.types import CLOUD, SHADOW, SURFACES, Sensor, View, Window
from payload.units import NS_PER_US

PROBE_SEED = 20_000
_PROBE_PX = 64
_PROBES = ((-3.0, -60.0, 55.0), (36.7, 3.1, 40.0), (71.0, 25.0, 20.0))
"""Latitude, longitude, sun elevation [deg]: forest, a coast, the far north."""


class Glanced(SceneSource, Glancing, Protocol):
    """A scene source that can also be glanced at."""

    def __hash__(self) -> int:
        """Hashable, as any plug-in is a frozen dataclass."""
        ...


def find_surrogate(scenario: Scenario, sensor: Sensor) -> Surrogate | None:
    """The surrogate that a scenario asks for; None if it asks for pixels, of all tiles or of a sample.

    Raises:
        ScenarioError: The file is not a surrogate, or one fitted on something else; or the scene has no glance.
    """
    if scenario.fidelity == "sampled":
        glanced(scenario, scenario.seed)
    if scenario.fidelity != "surrogate":
        return None
    mine = fitted_on(scenario, sensor)
    path = scenario.surrogate.file or PACKAGED
    found = read_surrogate(path)
    different = found.fitted_on.difference(mine)
    if different:
        name = "the packaged surrogate" if path == PACKAGED else str(path)
        raise ScenarioError(
            f"{name} was fitted on something else: {different} differs; {_remedy(scenario)}"
        )
    return found


def fitted_on(scenario: Scenario, sensor: Sensor) -> FittedOn:
    """What a surrogate for this scenario has to be fitted on.

    Raises:
        ScenarioError: The scene source has no glance.
    """
    context = {"digest": True}
    masker = _told(scenario.masker)
    identity = cast(Masker, scenario.masker.build(bands=sensor.bands)).identity
    if identity.sha256:  # the same file may be named in several ways
        masker = {name: value for name, value in masker.items() if name not in _FILE_OPTIONS}
        masker["sha256"] = identity.sha256
    codec = {**_told(scenario.codec), **codec_time(scenario, sensor)}
    return FittedOn(
        masker=masker,
        codec={
            **codec,
            **scenario.loss.model_dump(mode="json", exclude_none=True),  # unset limits add no keys
        },
        sensor={
            "bands": list(sensor.bands),
            "gsd_m": sensor.gsd_m,
            "bit_depth": sensor.bit_depth,
            "scale": sensor.radiometry.scale,
            "offset": sensor.radiometry.offset,
        },
        world=scenario.scene.model_dump(mode="json", context=context),
        tile_px=scenario.pruning.tile_px,
        probe=_probe(glanced(scenario, PROBE_SEED), sensor),
    )


_FILE_OPTIONS = ("model", "precision")


def _told(choice: Choice) -> dict[str, object]:
    """A plug-in by kind, options and, if it is third-party, its code."""
    told = choice.model_dump(mode="json", context={"digest": True})
    code = code_of(plugin(choice.socket, choice.kind))
    return told if code is None else {**told, "code": code}


def codec_of(scenario: Scenario, sensor: Sensor) -> Codec:
    """The codec of a scenario; one that chooses is told how much time the computer has."""
    return cast(Codec, scenario.codec.build(sample_ns=sample_ns(scenario, sensor)))


def codec_time(scenario: Scenario, sensor: Sensor) -> dict[str, float]:
    """The time that the codec of a scenario has, if its choice depends on it."""
    if not isinstance(codec_of(scenario, sensor), Choosing):
        return {}
    return {"sample_ns": sample_ns(scenario, sensor)}


def sample_ns(scenario: Scenario, sensor: Sensor) -> float:
    """[ns] Time that the computer has to compress a sample."""
    samples_per_us = scenario.computer.compression_mpx_per_s * len(sensor.bands)
    return NS_PER_US / samples_per_us


def glanced(scenario: Scenario, seed: int) -> Glanced:
    """The scene source of a scenario with a given seed, provided that it has a glance.

    Raises:
        ScenarioError: It has none.
    """
    source = scenario.scene.build(seed=seed)
    if not isinstance(source, Glancing):
        raise ScenarioError(
            "fidelity: surrogate and fidelity: sampled need a scene source that knows cloud cover"
            f" without rendering, which {scenario.scene.kind!r} does not; use fidelity: pixels"
        )
    return cast(Glanced, source)


@cache
def _probe(source: Glanced, sensor: Sensor) -> tuple[float, ...]:
    """Figures of small scenes: means and standard deviations of the bands, shares of cloud and shadow, the glance."""
    small = Sensor(
        bands=sensor.bands,
        gsd_m=sensor.gsd_m,
        width_px=_PROBE_PX,
        height_px=_PROBE_PX,
        bit_depth=sensor.bit_depth,
        radiometry=sensor.radiometry,
        max_off_nadir_deg=0.0,
        min_sun_elevation_deg=0.0,
        settle_s=0.0,
    )
    whole = Window(0, 0, _PROBE_PX, _PROBE_PX)
    figures: list[float] = []
    for lat_deg, lon_deg, sun_deg in _PROBES:
        utc = datetime(2026, 3, 21, 10, tzinfo=UTC)
        view = View("probe", "probe", lat_deg, lon_deg, utc, sun_deg, small)
        patch = source.scene(view).read(whole)
        glance = source.glance(view, [whole])[0]
        bands = patch.bands.astype(np.float64)
        figures += [*bands.mean((1, 2)).tolist(), *bands.std((1, 2)).tolist()]
        if patch.truth is not None:
            figures += [float(np.mean(patch.truth == value)) for value in (CLOUD, SHADOW)]
        figures += [glance.cover, float(SURFACES.index(glance.surface)), glance.thick_cover or 0.0]
    return tuple(float(f"{figure:.7g}") for figure in figures)


def _remedy(scenario: Scenario) -> str:
    """The commands that fit a surrogate for a scenario and fly with it."""
    if scenario.source is None:
        return "fit one with `payload-sim calibrate` and name it in surrogate.file"
    path = scenario.source.path
    out = path.with_name(f"{scenario.name}.surrogate.json")
    changes = "".join(f" {words}" for words in _overrides(scenario.source.overridden))
    return (
        f"fit one: `payload-sim calibrate {shlex.quote(str(path))}{changes} --out {shlex.quote(str(out))}`, "
        f"then fly with `--set {shlex.quote(f'surrogate.file={out.name}')}`"
    )


_FITTED_SECTIONS = ("masker", "codec", "computer", "loss", "camera", "scene", "pruning")


def _overrides(overridden: Mapping[tuple[str | int, ...], str]) -> list[str]:
    found = [
        shlex.join(words.split(" ", 1))  # the option and its value
        for keys, words in overridden.items()
        if keys[0] in _FITTED_SECTIONS
    ]
    return list(dict.fromkeys(found))  # a section created by an option counts as overridden, too


def surrogate_name(path: Path | None) -> str:
    """The name of a scenario's surrogate in summaries."""
    return "default" if path is None else path.name
