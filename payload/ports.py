"""The six sockets for plug-ins, and the `Scene` that a source hands out.

A plug-in is a frozen dataclass whose fields are its configuration; see `payload.registry`.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from payload.types import (
    CloudMask,
    ContactWindow,
    Ephemeris,
    Foresight,
    Georeference,
    Glance,
    MaskerIdentity,
    Patch,
    Plan,
    PlanContext,
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
class Glancing(Protocol):
    """A scene source that knows covers and surfaces without painting a pixel."""

    def glance(self, view: View, windows: Sequence[Window]) -> list[Glance]:
        """What each window of the view's scene holds; ImageryError where there is no such view."""
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
class Codec(Protocol):
    """Socket `payload.codec`: how samples become fewer bytes, and the same samples again."""

    def encode(self, bands: NDArray[np.uint16], *, bit_depth: int) -> bytes:
        """Payload of (B, H, W) samples below 2**bit_depth; CodecError if one is not."""
        ...

    def decode(
        self, payload: bytes, shape: tuple[int, int, int], *, bit_depth: int
    ) -> NDArray[np.uint16]:
        """The samples, shape (B, H, W), exactly; CodecError for a payload that cannot be theirs."""
        ...


@runtime_checkable
class Scheduler(Protocol):
    """Socket `payload.scheduler`: what to image next. Pure: plan in, plan out."""

    def plan(self, context: PlanContext) -> Plan:
        """A feasible plan for what is pending, made of nothing but the context."""
        ...


@runtime_checkable
class Link(Protocol):
    """Socket `payload.link`: how much a contact carries."""

    @property
    def max_resends(self) -> int:
        """How often the missing frames of a record are asked for again before it is given up."""
        ...

    def profile(self, window: ContactWindow, ephemeris: Ephemeris) -> RateProfile:
        """The rate over one contact."""
        ...
