"""The six plug-in sockets, the `Scene` that a scene source returns and the `LinkBudget` of a link.

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
        """Positions at times [s] since the epoch, shape (T,); OrbitError where none can be computed."""
        ...


@runtime_checkable
class Dated(Protocol):
    """A propagator whose elements are valid at one instant and lose accuracy away from it."""

    @property
    def elements_utc(self) -> datetime:
        """Epoch of its elements."""
        ...


class Scene(Protocol):
    """An image that is read window by window; nothing is rendered or loaded until then."""

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
        """[bit] of a sample; every DN is below 2**bit_depth."""
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
        """Read the pixels of a window inside the scene; the same window always gives the same pixels."""
        ...


@runtime_checkable
class Gapped(Protocol):
    """A scene whose pixels may lack data: the DN that these have in every band, or None if its source says that none lacks any."""

    nodata: int | None


@runtime_checkable
class SceneSource(Protocol):
    """Socket `payload.scene_source`: what the camera sees. Supplied: seed."""

    def scene(self, view: View) -> Scene:
        """The scene of a view; ImageryError if there is none."""
        ...


@runtime_checkable
class Examinable(Protocol):
    """A scene source that can check the files it names before anything flies."""

    def examine(self, sensor: Sensor) -> None:
        """Raise a PayloadError if what it names cannot serve the sensor; no pixel is read."""
        ...


@runtime_checkable
class Doubting(Protocol):
    """A scene source that can report what looks odd about its images."""

    def doubts(self, sensor: Sensor) -> Sequence[str]:
        """Doubts as sentences, judged by a few pixels as the camera would record them; none if all looks well."""
        ...


@runtime_checkable
class Glancing(Protocol):
    """A scene source that knows cloud covers and surfaces without rendering a pixel."""

    def glance(self, view: View, windows: Sequence[Window]) -> list[Glance]:
        """What each window of the view's scene holds; ImageryError if there is no such view."""
        ...


@runtime_checkable
class GlancingAtMany(Glancing, Protocol):
    """A scene source that glances at many views faster than at one after another.

    Optional: without this method, `glance` is called view by view.
    """

    def glance_at_many(
        self, views: Sequence[View], windows: Sequence[Window]
    ) -> list[list[Glance]]:
        """What `glance` returns for each view, in order; independent of the other views asked for."""
        ...


@runtime_checkable
class Forecaster(Protocol):
    """A scene source that can forecast, as well as a weather service does, where it will be clear."""

    def forecast(
        self, prospects: Prospects, *, issued_s: float, foresight: Foresight
    ) -> NDArray[np.float64]:
        """P(clear) of each prospect, shape (N,), as forecast at `issued_s` after the epoch; pure."""
        ...


@runtime_checkable
class Foreseeing(Forecaster, Protocol):
    """A forecaster that can compute once whatever does not depend on when a forecast is issued.

    Optional: without these methods, `forecast` is called each time.
    """

    def coming(self, prospects: Prospects) -> NDArray[np.float64]:
        """Numbers on which every forecast of a prospect is based, shape (any, N)."""
        ...

    def forecast_of(
        self,
        comes: NDArray[np.float64],
        prospects: Prospects,
        *,
        issued_s: float,
        foresight: Foresight,
    ) -> NDArray[np.float64]:
        """What `forecast` returns, computed from what `coming` gave for each, whenever and with whichever others."""
        ...


@runtime_checkable
class Masker(Protocol):
    """Socket `payload.masker`: which pixels are cloud."""

    @property
    def identity(self) -> MaskerIdentity:
        """The model that makes the masks, for reports."""
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
        """Cloud probability of the tile's own cell, shape (H, W); MaskerError if it cannot be computed."""
        ...


@runtime_checkable
class Countable(Protocol):
    """A masker that is a network whose operations and memory can be counted."""

    def footprint(self, tile_px: int) -> Footprint:
        """What a tile of `tile_px` pixels a side costs; MaskerError if the network cannot be run."""
        ...


@runtime_checkable
class Codec(Protocol):
    """Socket `payload.codec`: how samples are compressed and restored.

    Pixels marked True in `not_coded`, shape (H, W), are cloudy or have no data: their values are never read, and they
    are decoded as 0 in all bands. The decoder is given the same plane. If every pixel is marked, the payload
    is empty. A codec is a pure function: it changes neither bands nor plane.
    """

    def encode(
        self,
        bands: NDArray[np.uint16],
        *,
        bit_depth: int,
        not_coded: NDArray[np.bool_] | None = None,
    ) -> bytes:
        """Payload of (B, H, W) samples below 2**bit_depth; CodecError if a coded sample is not."""
        ...

    def decode(
        self,
        payload: bytes,
        shape: tuple[int, int, int],
        *,
        bit_depth: int,
        not_coded: NDArray[np.bool_] | None = None,
    ) -> NDArray[np.uint16]:
        """The exact samples, shape (B, H, W); CodecError for a payload that cannot belong to them."""
        ...


@runtime_checkable
class Choosing(Protocol):
    """A codec that picks another codec for each tile; the record names the one picked."""

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
    """A plug-in that relies on optional packages, whose results may differ from version to version."""

    @property
    def packages(self) -> tuple[str, ...]:
        """The names under which they are installed."""
        ...


@runtime_checkable
class InLoop(Protocol):
    """A codec that may itself be lossy, in its prediction loop: samples are restored within a bound."""

    @property
    def max_error_dn(self) -> int:
        """[DN] The bound; 0 if lossless."""
        ...


@runtime_checkable
class Scheduler(Protocol):
    """Socket `payload.scheduler`: what to image next. Pure: context in, plan out."""

    def plan(self, context: PlanContext) -> Plan:
        """A feasible plan for the pending targets, made from the context alone."""
        ...


@runtime_checkable
class Urgent(Protocol):
    """A scheduler that goes through the targets by urgency, and through each one's chances by time, and takes what fits.

    This holds as long as a target is worth the same at all times; the flight then maintains its plan from urgencies alone and
    does not call `plan`. A chance about which a camera ahead knows more than about others has an urgency of its own, from what
    it is worth: priority times P(clear). A subclass that inherits `urgency` but plans differently must hide it: `urgency = None`.
    """

    def urgency(self, priority: float, due_s: float) -> float:
        """Urgency of a target of this priority, due at a time [s]: the smallest is served first, ties by the earliest chance."""
        ...


@runtime_checkable
class Insistent(Protocol):
    """A scheduler that goes by urgency like an `Urgent` one, but also by how often a target was missed, and has rules of its own.

    If its rules leave nothing out, the flight maintains its plan from urgencies alone and does not call `plan`.
    """

    def urgency_of_missed(self, priority: float, missed: int) -> float:
        """Urgency of a target of this priority, missed `missed` times: the smallest first, ties by the earliest chance."""
        ...

    def leaves_out(self, *, lowest_sun_deg: float, most_a_day: int) -> bool:
        """Whether its own rules could leave an image out.

        Args:
            lowest_sun_deg: [deg] Lowest sun of all images that it may be offered.
            most_a_day: Most images that a satellite takes in a day.
        """
        ...


@runtime_checkable
class Link(Protocol):
    """Socket `payload.link`: how much a contact carries. Supplied: seed, stations."""

    @property
    def max_resends(self) -> int:
        """How often the missing frames of a record are requested again before it is given up."""
        ...

    def profile(self, window: ContactWindow, ephemeris: Ephemeris) -> RateProfile:
        """The rate over one contact."""
        ...


@dataclass(frozen=True, slots=True, eq=False)
class BudgetTerm:
    """A line of a link budget.

    Attributes:
        name: What it is.
        value: Signed: losses are negative. A number, or one for each of many moments.
        unit: dB, or dB relative to a unit.
        how: Where it comes from.
    """

    name: str
    value: float | NDArray[np.float64]
    unit: str
    how: str


@dataclass(frozen=True, slots=True, eq=False)
class LinkBudget:
    """The budget of a link at one elevation.

    Attributes:
        range_km: [km] To the satellite.
        lines: The terms and their sums, in the order of the signal path.
        es_n0_db: [dB] Symbol energy over noise density.
        modcod: Modulation and coding used; None where nothing gets through.
        threshold_db: [dB] Es/N0 that it needs; None where nothing gets through.
        spare_db: [dB] Margin above the threshold; None where nothing gets through.
        rate_bps: [bit/s] Of transfer frames.
        notes: Remarks, as sentences.
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
    """A link that knows its transmit power."""

    def dimmed(self, power_share: float) -> Link:
        """The same link at a share of its radiated power."""
        ...


@runtime_checkable
class Budgeted(Protocol):
    """A link that can explain its rate by a link budget."""

    def budget(
        self, station: GroundStation, *, elevation_deg: float, orbit_radius_km: float
    ) -> LinkBudget:
        """The budget at an elevation; ScenarioError if the elevation is not valid."""
        ...
