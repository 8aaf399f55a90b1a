"""Scenes to fit a surrogate on: a typical mission's mix, then more of what is rare in that mix."""

import math
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta

import numpy as np

from payload.compression import raw_record_bytes
from payload.compression.record import HEADER_BYTES
from payload.darkroom.fidelity import Glanced, codec_of, fitted_on, glanced
from payload.darkroom.glances import glances_at
from payload.darkroom.pixels import Pixels
from payload.equipment import loss_of, make_sensor, masker_of
from payload.errors import ScenarioError
from payload.geometry.grid import TileGrid, tile_id
from payload.orbit.sun import sun_elevation_deg
from payload.rng import stream
from payload.scenario.models import Scenario
from payload.surrogate import Sample, Surrogate, calibrate
from payload.surrogate.likeness import GROUPS
from payload.types import Glance, Sensor, View, Window

WORLD_SEED = 4_100_000_019
"""Seed of the worlds used for calibration; no flight is likely to use it by chance."""
SCENES, FEWEST_SCENES = 1300, 60
USUAL_PX = 350_000_000
"""Most pixels rendered if the number of scenes is not given: some minutes of work."""
LIKE_A_MISSION = 0.6  # share of the scenes; the rest fill strata
HELD_OUT = 3  # every third scene of the mission's mix
_CUT_SCENES = 100  # enough to know the fixed size of a record to a few per cent
_SIDE_TILES = 2  # width and height of a scene, in tiles
_LARGE_TILE_PX = 512  # a scene is one tile if tiles are larger than this
_MOST_LOOKS = 12  # glances for each scene rendered
_TOGETHER = 64  # glances at a time
_YEAR = datetime(2026, 1, 1, tzinfo=UTC)
_LOWEST_SUN_DEG = 5.0
_LAND = 0.75  # share of scenes in the mission's mix that show land, as most targets do. Assumption
_WATER = 0

Tell = Callable[[int, int], None]


@dataclass
class Calibration:
    """Images a world with the payload of a scenario and fits a surrogate to the results.

    The scenario's orbit, targets and seed play no part. Scenes lie anywhere, in any season, at any
    hour of daylight; the world is the scenario's, with a seed of its own.

    Attributes:
        scenario: Supplies the payload and the world.
        scenes: How many to render; SCENES by default, or fewer if tiles are large.
        tell: Called with the number of scenes rendered so far and the total.
    """

    scenario: Scenario
    scenes: int | None = None
    tell: Tell = lambda _done, _all: None
    _strata: Counter[tuple[int, ...]] = field(default_factory=Counter[tuple[int, ...]])

    def __post_init__(self) -> None:
        if self.scenes is not None and self.scenes < FEWEST_SCENES:
            raise ScenarioError(
                f"{self.scenes} scenes are too few; expected at least {FEWEST_SCENES}"
            )
        scenario = self.scenario
        self._tile_px = scenario.pruning.tile_px
        sensor = make_sensor(scenario)
        side_px = self._tile_px * (_SIDE_TILES if self._tile_px <= _LARGE_TILE_PX else 1)
        self._sensor: Sensor = replace(sensor, width_px=side_px, height_px=side_px)
        self._source: Glanced = glanced(scenario, WORLD_SEED)
        self._pixels = Pixels(
            self._source,
            masker_of(scenario, sensor),
            codec_of(scenario, sensor),
            scenario.codec.kind,
            self._tile_px,
            loss=loss_of(scenario),
        )
        self._windows = TileGrid(side_px, side_px, self._tile_px).windows
        usual = max(FEWEST_SCENES, min(SCENES, USUAL_PX // side_px**2))
        self._count = usual if self.scenes is None else self.scenes

    def fit(self) -> Surrogate:
        """Render, mask and compress scenes, and fit a surrogate.

        Raises:
            ScenarioError: The scene source has no glance or no truth.
            PayloadError: Pixels cannot be read, masked or coded.
        """
        identity = fitted_on(self.scenario, make_sensor(self.scenario))
        samples: list[Sample] = []
        own_bytes: list[float] = []
        for number, (view, glances, is_held_out) in enumerate(self._views()):
            self.tell(number + 1, self._count)
            samples += self._look(view, glances, is_held_out=is_held_out)
            if not is_held_out and len(own_bytes) < _CUT_SCENES:
                own_bytes.append(self._pixels.own_bytes(view))
        # A codec may code parts of large tiles better than the whole, as its tables then suit them; the header remains.
        own = max(HEADER_BYTES, round(sum(own_bytes) / len(own_bytes)))
        return calibrate(samples, identity, own_bytes=own)

    def _views(self) -> Iterator[tuple[View, list[Glance], bool]]:
        """Views with their glances, and whether they are held out of the fit."""
        own_mix = math.ceil(self._count * LIKE_A_MISSION)
        quota = _QUOTA * self._count * len(self._windows) * (1 - LIKE_A_MISSION) / _STRATA
        taken = 0
        for look, view, glances in self._looks():
            if taken == self._count:
                return
            if taken < own_mix:
                wants_land = stream(WORLD_SEED, "land", look).random() < _LAND
                is_wanted = wants_land == any(_stratum(item)[0] != _WATER for item in glances)
            else:
                is_wanted = any(self._strata[_stratum(item)] < quota for item in glances)
            if is_wanted:
                is_held_out = taken < own_mix and taken % HELD_OUT == HELD_OUT - 1
                if not is_held_out:
                    self._strata.update(map(_stratum, glances))
                taken += 1
                yield view, glances, is_held_out

    def _looks(self) -> Iterator[tuple[int, View, list[Glance]]]:
        """Numbers and views of looks in daylight, with their glances."""
        looks = range(self._count * _MOST_LOOKS)
        for first in range(0, len(looks), _TOGETHER):
            bright = [
                (look, view)
                for look in looks[first : first + _TOGETHER]
                if (view := self._view(look)) is not None
            ]
            glances = glances_at(self._source, [view for _, view in bright], self._windows)
            for (look, view), seen in zip(bright, glances, strict=True):
                yield look, view, seen

    def _view(self, look: int) -> View | None:
        """A random place and time; None if it is too dark there."""
        dice = stream(WORLD_SEED, "calibrate", look)
        lat_deg = math.degrees(math.asin(dice.uniform(-0.998, 0.998)))
        lon_deg = dice.uniform(-180.0, 180.0)
        utc = _YEAR + timedelta(days=round(dice.uniform(0.0, 365.0), 5))
        place = np.array([lat_deg]), np.array([lon_deg]), np.zeros(1)
        sun_deg = float(sun_elevation_deg(*place, epoch_utc=utc)[0])
        if sun_deg < _LOWEST_SUN_DEG:
            return None
        name = f"look-{look}"
        return View(name, name, lat_deg, lon_deg, utc, sun_deg, self._sensor)

    def _look(self, view: View, glances: list[Glance], *, is_held_out: bool) -> Iterator[Sample]:
        judged = self._pixels.judged(view, view.id)
        for number, (glance, (_, estimate, record)) in enumerate(zip(glances, judged, strict=True)):
            window = self._windows[number]
            if estimate.clear_px is None:
                raise ScenarioError(
                    f"a surrogate is fitted on truth, which {self.scenario.scene.kind!r} does not"
                    " have"
                )
            yield Sample(
                tile_id=tile_id(
                    view.id, window.top_px // self._tile_px, window.left_px // self._tile_px
                ),
                scene=view.id,
                glance=glance,
                estimate=estimate,
                raw_bytes=self._raw_bytes(window),
                encoded_bytes=len(record),
                held_out=is_held_out,
            )

    def _raw_bytes(self, window: Window) -> int:
        sensor = self._sensor
        return raw_record_bytes(
            len(sensor.bands), window.height_px, window.width_px, sensor.bit_depth
        )


_COVER_EDGES = (0.0005, 0.25, 0.75, 0.9995)
_SUN_EDGES = (20.0, 40.0)
_QUOTA = 2.5  # even shares: some strata never occur, others are filled by the mission's mix alone
_STRATA = len(GROUPS) * (len(_COVER_EDGES) + 1) * (len(_SUN_EDGES) + 1)


def _stratum(glance: Glance) -> tuple[int, ...]:
    """Surface group, cover bin (clear and overcast have their own) and sun elevation bin."""
    return (
        next(i for i, names in enumerate(GROUPS) if glance.surface in names),
        sum(glance.cover > edge for edge in _COVER_EDGES),
        sum(glance.sun_elevation_deg > edge for edge in _SUN_EDGES),
    )
