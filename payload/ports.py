"""The six sockets for plug-ins, the `Scene` that a source hands out and the `LinkBudget` of a link.

A plug-in is a frozen dataclass whose fields are its configuration; see `payload.registry`.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from payload.plans import Plan, PlanContext
from payload.types import (
    CloudMask,
    ContactWindow,
    Ephemeris,
    Footprint,
    Foresight,
    Georeference,
    Glance,
    GroundStation,
    MaskerIdentity,
    Patch,
    Prospects,
    Radiometry,
    RateProfile,
    Sensor,
    Tile,
    View,
    Window,
)


@runtime_checkable
class Propagator(Protocol):
    """Socket `payload.propagator`: where the satellite is. Supplied: satellite, epoch_utc, dut1_s."""

    def propagate(self, times_s: NDArray[np.float64]) -> Ephemeris:
        """Positions at times [s] since the epoch, shape (T,); OrbitError where there is none."""
        ...


@runtime_checkable
class Dated(Protocol):
    """A propagator whose elements hold at one instant and grow vague with the time from there."""

    @property
    def elements_utc(self) -> datetime:
        """When its elements hold."""
        ...


class Scene(Protocol):
    """An image that is read window by window; nothing is painted or loaded before."""

    @property
    def height_px(self) -> int:
        """[px] Rows."""
        ...

    @property
    def width_px(self) -> int:
        """[px] Columns."""
        ...

    @property
    def bands(self) -> tuple[str, ...]:
        """Names of the bands, in the order of `Patch.bands`."""
        ...

    @property
    def bit_depth(self) -> int:
        """[bit] of a sample; no DN is 2**bit_depth or more."""
        ...

    @property
    def radiometry(self) -> Radiometry:
        """DN to reflectance."""
        ...

    @property
    def georeference(self) -> Georeference | None:
        """Where the pixels lie, or None."""
        ...

    def read(self, window: Window) -> Patch:
        """The pixels of a window inside the scene; the same window always gives the same pixels."""
        ...


@runtime_checkable
class SceneSource(Protocol):
    """Socket `payload.scene_source`: what the camera sees. Supplied: seed."""

    def scene(self, view: View) -> Scene:
        """The scene of a view; ImageryError where there is none."""
        ...


@runtime_checkable
class Examinable(Protocol):
    """A scene source that can look at what it names before anything flies."""

    def examine(self, sensor: Sensor) -> None:
        """PayloadError if what it names cannot serve the sensor; no pixel is read."""
        ...


@runtime_checkable
class Doubting(Protocol):
    """A scene source that can tell what of its images looks odd."""

    def doubts(self, sensor: Sensor) -> Sequence[str]:
        """In sentences, by a few of its pixels, as the camera would have them; none if all looks well."""
        ...


@runtime_checkable
class Glancing(Protocol):
    """A scene source that knows covers and surfaces without painting a pixel."""

    def glance(self, view: View, windows: Sequence[Window]) -> list[Glance]:
        """What each window of the view's scene holds; ImageryError where there is no such view."""
        ...


@runtime_checkable
class GlancingAtMany(Glancing, Protocol):
    """A scene source that glances at many views in less time than at one after another.

    Nobody has to: where there is no such verb, `glance` is asked view by view.
    """

    def glance_at_many(
        self, views: Sequence[View], windows: Sequence[Window]
    ) -> list[list[Glance]]:
        """What `glance` says of each view, in their order; the same in any company."""
        ...


@runtime_checkable
class Forecaster(Protocol):
    """A scene source that can tell, as well as a weather service does, where it will be clear."""

    def forecast(
        self, prospects: Prospects, *, issued_s: float, foresight: Foresight
    ) -> NDArray[np.float64]:
        """P(clear) of each prospect, shape (N,), as told `issued_s` after the epoch; pure."""
        ...


@runtime_checkable
class Foreseeing(Forecaster, Protocol):
    """A forecaster of whom what does not depend on when a forecast is issued can be asked once.

    Nobody has to: where there are no such verbs, `forecast` is asked each time.
    """

    def coming(self, prospects: Prospects) -> NDArray[np.float64]:
        """Numbers of each prospect by which each forecast of it goes, shape (any, N)."""
        ...

    def forecast_of(
        self,
        comes: NDArray[np.float64],
        prospects: Prospects,
        *,
        issued_s: float,
        foresight: Foresight,
    ) -> NDArray[np.float64]:
        """What `forecast` says, from what `coming` said of each, whenever and beside whomever that was asked."""
        ...


@runtime_checkable
class Masker(Protocol):
    """Socket `payload.masker`: which pixels are cloud."""

    @property
    def identity(self) -> MaskerIdentity:
        """Who makes the masks, for reports."""
        ...

    @property
    def margin_px(self) -> int:
        """[px] How far around a tile the masker looks; a multiple of `multiple_px`."""
        ...

    @property
    def multiple_px(self) -> int:
        """[px] Tiles must start at multiples of this, so that tiled and whole masks agree."""
        ...

    def predict(self, tile: Tile) -> CloudMask:
        """Cloud probability of the tile's own cell, shape (H, W); MaskerError if it cannot be had."""
        ...


@runtime_checkable
class Countable(Protocol):
    """A masker that is a network, whose operations and memory can be counted."""

    def footprint(self, tile_px: int) -> Footprint:
        """What it costs for a tile of so many pixels a side; MaskerError if it cannot be run."""
        ...


@runtime_checkable
class Codec(Protocol):
    """Socket `payload.codec`: how samples become fewer bytes, and the same samples again.

    Pixels that `not_coded`, shape (H, W), marks True are under cloud: what they hold is never read, whatever
    it is, and they come back as 0 in all bands. Whoever decodes is given the same plane. Where it marks
    every pixel the payload is empty. A codec is a function: neither bands nor plane are changed.
    """

    def encode(
        self,
        bands: NDArray[np.uint16],
        *,
        bit_depth: int,
        not_coded: NDArray[np.bool_] | None = None,
    ) -> bytes:
        """Payload of (B, H, W) samples below 2**bit_depth; CodecError if one that is coded is not."""
        ...

    def decode(
        self,
        payload: bytes,
        shape: tuple[int, int, int],
        *,
        bit_depth: int,
        not_coded: NDArray[np.bool_] | None = None,
    ) -> NDArray[np.uint16]:
        """The samples, shape (B, H, W), exactly; CodecError for a payload that cannot be theirs."""
        ...


@runtime_checkable
class Choosing(Protocol):
    """A codec that picks another one for each tile; a record names the one that was picked."""

    def choose(
        self,
        bands: NDArray[np.uint16],
        *,
        bit_depth: int,
        not_coded: NDArray[np.bool_] | None = None,
    ) -> tuple[str, Codec]:
        """Kind and codec for these samples; CodecError if one does not fit the bit depth."""
        ...


@runtime_checkable
class Leaning(Protocol):
    """A plug-in whose work is done by packages that may be absent: of another version they may give other results."""

    @property
    def packages(self) -> tuple[str, ...]:
        """Their names, as they are installed by."""
        ...


@runtime_checkable
class InLoop(Protocol):
    """A codec that may itself lose, in its loop of prediction: its samples come back within a bound."""

    @property
    def max_error_dn(self) -> int:
        """[DN] The bound; 0 where it loses nothing."""
        ...


@runtime_checkable
class Scheduler(Protocol):
    """Socket `payload.scheduler`: what to image next. Pure: plan in, plan out."""

    def plan(self, context: PlanContext) -> Plan:
        """A feasible plan for what is pending, made of nothing but the context."""
        ...


@runtime_checkable
class Urgent(Protocol):
    """A scheduler that takes targets by urgency, the chances of each by time, and of these what fits.

    So it is as long as a target is worth the same at all times; then the flight keeps its plan by urgencies alone, and `plan`
    is not asked. A chance of which more is known than of others, by a camera ahead, has an urgency of its own, by what it is
    worth: priority times P(clear). One that inherits `urgency` and plans otherwise has to hide it: `urgency = None`.
    """

    def urgency(self, priority: float, due_s: float) -> float:
        """How urgent what is worth so much and due at a time [s] is: the smallest is served first, of equals the soonest."""
        ...


@runtime_checkable
class Insistent(Protocol):
    """A scheduler that goes by urgency as one that is `Urgent`, and by how often a target was missed; with rules of its own.

    Where its rules leave nothing out the flight keeps its plan by urgencies alone, and `plan` is not asked.
    """

    def urgency_of_missed(self, priority: float, missed: int) -> float:
        """How urgent a target of a priority is that was missed so often: the smallest first, of equals the soonest."""
        ...

    def leaves_out(self, *, lowest_sun_deg: float, most_a_day: int) -> bool:
        """Whether it could leave an image out by its own rules.

        Args:
            lowest_sun_deg: [deg] Of all images that it may be offered.
            most_a_day: Images that a satellite takes in a day at most.
        """
        ...


@runtime_checkable
class Link(Protocol):
    """Socket `payload.link`: how much a contact carries. Supplied: seed, stations."""

    @property
    def max_resends(self) -> int:
        """How often the missing frames of a record are asked for again before it is given up."""
        ...

    def profile(self, window: ContactWindow, ephemeris: Ephemeris) -> RateProfile:
        """The rate over one contact."""
        ...


@dataclass(frozen=True, slots=True, eq=False)
class BudgetTerm:
    """A line of a link budget.

    Attributes:
        name: What it is.
        value: With its sign: losses are negative. A number, or one for each of many moments.
        unit: dB, or dB over a unit.
        how: Where it comes from.
    """

    name: str
    value: float | NDArray[np.float64]
    unit: str
    how: str


@dataclass(frozen=True, slots=True, eq=False)
class LinkBudget:
    """A link at one elevation.

    Attributes:
        range_km: [km] To the satellite.
        lines: What adds up, and the sums, in the order of the way.
        es_n0_db: [dB] Symbol energy over noise density.
        modcod: What is sent; None where nothing gets through.
        threshold_db: [dB] Es/N0 that it needs; None where nothing gets through.
        spare_db: [dB] What is left over it; None where nothing gets through.
        rate_bps: [bit/s] Of transfer frames.
        notes: Sentences that belong to it.
    """

    range_km: float
    lines: tuple[BudgetTerm, ...]
    es_n0_db: float
    modcod: str | None
    threshold_db: float | None
    spare_db: float | None
    rate_bps: float
    notes: tuple[str, ...] = ()


@runtime_checkable
class Dimmable(Protocol):
    """A link that knows its power."""

    def dimmed(self, power_share: float) -> Link:
        """The same link with a share of its radiated power."""
        ...


@runtime_checkable
class Budgeted(Protocol):
    """A link that can tell why it carries what it carries."""

    def budget(
        self, station: GroundStation, *, elevation_deg: float, orbit_radius_km: float
    ) -> LinkBudget:
        """The budget at an elevation; ScenarioError if that is none."""
        ...
