"""The nouns: frozen values that the packages pass to each other. Arrays inside are never written to.

Pixels are DN, digital numbers of the sensor (uint16). `Radiometry` turns them into reflectance at the
top of the atmosphere. Truth is 0 clear, 1 cloud, 2 shadow, 255 unknown; shadow counts as clear ground.
Where a sky is known completely, thin cloud is 3.
"""

from dataclasses import dataclass, field
from datetime import datetime
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from payload.targets import Coverage as Coverage  # noqa: PLC0414 - nouns of their own
from payload.targets import Target as Target  # noqa: PLC0414

CLEAR, CLOUD, SHADOW, THIN_CLOUD, UNKNOWN = 0, 1, 2, 3, 255


# --- orbit ------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, eq=False)
class Ephemeris:
    """Where a satellite is.

    Attributes:
        satellite: Its name.
        time_s: [s] since the scenario's epoch, shape (T,), ascending and evenly spaced.
        position_km: [km] ITRF, shape (T, 3).
        velocity_km_s: [km/s] relative to the rotating Earth, ITRF axes, shape (T, 3).
    """

    satellite: str
    time_s: NDArray[np.float64]
    position_km: NDArray[np.float64]
    velocity_km_s: NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class GroundStation:
    """An antenna site on WGS 84; a satellite is in view above `min_elevation_deg`.

    `gt_dbk` [dB/K] is gain over noise temperature; None leaves it to the link.
    """

    name: str
    lat_deg: float
    lon_deg: float
    height_m: float = 0.0
    min_elevation_deg: float = 5.0
    antennas: int = 1
    gt_dbk: float | None = None


@dataclass(frozen=True, slots=True)
class ContactWindow:
    """A pass of a satellite over a station, from acquisition (AOS) to loss of signal (LOS)."""

    satellite: str
    station: str
    aos_s: float
    los_s: float
    max_elevation_deg: float

    @property
    def duration_s(self) -> float:
        """[s] From AOS to LOS."""
        return self.los_s - self.aos_s


@dataclass(frozen=True, slots=True, eq=False)
class RateProfile:
    """What the radio carries during one contact.

    Attributes:
        time_s: [s] since the epoch, shape (T,), ascending.
        rate_bps: [bit/s] of transfer frames, shape (T,); each holds from its time to the next.
        frame_bytes: [byte] Length of a transfer frame on the channel.
        frame_payload_bytes: [byte] Tile records that a frame carries.
        frame_loss: Probability that a frame does not arrive.
        extra_loss: Probability of an additional loss of a frame, shape (T,), each from its time to the next;
            None if there is none.
    """

    time_s: NDArray[np.float64]
    rate_bps: NDArray[np.float64]
    frame_bytes: int
    frame_payload_bytes: int
    frame_loss: float
    extra_loss: NDArray[np.float64] | None = None


# --- imaging ----------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Radiometry:
    """How a DN becomes reflectance: reflectance = DN x scale + offset."""

    scale: float
    offset: float = 0.0


@dataclass(frozen=True, slots=True)
class Sensor:
    """The camera.

    Attributes:
        bands: Names of the bands, in the order of the samples.
        gsd_m: [m] Ground sample distance.
        width_px: [px] Across the track.
        height_px: [px] Along the track.
        bit_depth: [bit] of a sample.
        radiometry: DN to reflectance at the top of the atmosphere.
        max_off_nadir_deg: [deg] How far the satellite may roll to the side.
        min_sun_elevation_deg: [deg] Lowest sun allowed at the target.
        settle_s: [s] Pause between two images, for slewing and settling.
        counted_bands: Bands beyond `bands` that are counted but not rendered; see `payload.darkroom.counted`.
    """

    bands: tuple[str, ...]
    gsd_m: float
    width_px: int
    height_px: int
    bit_depth: int
    radiometry: Radiometry
    max_off_nadir_deg: float
    min_sun_elevation_deg: float
    settle_s: float
    counted_bands: float = 0.0


@dataclass(frozen=True, slots=True)
class Opportunity:
    """A time at which a satellite can image a target; `id` is made of satellite, target and time.

    `roll_deg` is the off-nadir angle with a sign: right of the track is positive.
    """

    id: str
    target: str
    satellite: str
    start_s: float
    duration_s: float
    off_nadir_deg: float
    sun_elevation_deg: float
    volume_bytes: int
    roll_deg: float = 0.0

    @property
    def end_s(self) -> float:
        """[s] When the shutter closes."""
        return self.start_s + self.duration_s


@dataclass(frozen=True, slots=True)
class View:
    """The pixel grid, time and sun for which a scene is wanted; the grid is centred on the target."""

    id: str
    target: str
    lat_deg: float
    lon_deg: float
    utc: datetime
    sun_elevation_deg: float
    sensor: Sensor


@dataclass(frozen=True, slots=True)
class Georeference:
    """Where pixels lie: a coordinate system as WKT or PROJ text, and GDAL-order affine coefficients.

    x = transform[0] + column * transform[1] + row * transform[2];
    y = transform[3] + column * transform[4] + row * transform[5].
    """

    crs: str
    transform: tuple[float, float, float, float, float, float]


@dataclass(frozen=True, slots=True)
class Window:
    """A rectangle of pixels: rows top to top + height, columns left to left + width."""

    top_px: int
    left_px: int
    height_px: int
    width_px: int

    @property
    def pixels(self) -> int:
        """[px] Its area."""
        return self.height_px * self.width_px


@dataclass(frozen=True, slots=True, eq=False)
class Patch:
    """The pixels of a window.

    Attributes:
        bands: [DN] shape (B, H, W), uint16.
        truth: Shape (H, W), uint8, or None if unknown.
        valid: Shape (H, W), bool: False where there is no data; None if all pixels have data.
    """

    bands: NDArray[np.uint16]
    truth: NDArray[np.uint8] | None = None
    valid: NDArray[np.bool_] | None = None


SURFACES = (
    "water", "turbid water", "glint", "sea ice", "snow", "forest", "grass", "crops", "soil", "sand", "rock", "town",
)  # fmt: skip
"""Classes of ground; a scene source gives a surface as an index into them."""


@dataclass(frozen=True, slots=True, eq=False)
class GroundTruth:
    """All that is known of the pixels of a window, for evaluation; each of shape (H, W).

    Attributes:
        sky: `CLEAR`, `THIN_CLOUD`, `CLOUD` or `SHADOW`, uint8. A masker's truth counts thin cloud as cloud.
        surface: Class of the ground: an index into `SURFACES`, uint8.
        optical_depth: Of the cloud along the line of sight, float32.
    """

    sky: NDArray[np.uint8]
    surface: NDArray[np.uint8]
    optical_depth: NDArray[np.float32]


THICK_OPTICAL_DEPTH = 3.6
"""Optical depth from which a cloud is thick. Source: classes of ISCCP, Rossow and Schiffer 1999, Bull. Am. Meteorol. Soc. 80,
2261."""


@dataclass(frozen=True, slots=True)
class Glance:
    """What is known of a part of a scene without rendering it.

    Attributes:
        cover: Share of it that is cloud by truth, 0 to 1.
        surface: The most common class of its ground, one of `SURFACES`.
        sun_elevation_deg: [deg] Height of the sun.
        thick_cover: Share of it under cloud of an optical depth of at least `THICK_OPTICAL_DEPTH`, which
            hides the ground; None where the source does not say.
        pixels: Number of its pixels; None where the source does not say.
    """

    cover: float
    surface: str
    sun_elevation_deg: float
    thick_cover: float | None = None
    pixels: int | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Tile:
    """One cell of an image, with the surrounding pixels that a masker may look at.

    Attributes:
        id: "<acquisition>#<row>,<col>".
        row: Row of the cell in the grid.
        col: Column of the cell in the grid.
        window: Where the cell lies in the scene.
        patch: The cell's own pixels: what is coded, sent and counted.
        surroundings: [DN] (B, h, w): the cell with up to `margin` pixels on each side, fewer at the
            borders of the scene.
        inset: Where the cell lies in the surroundings: rows and columns as slices.
        radiometry: DN to reflectance.
        bit_depth: [bit] of a sample.
    """

    id: str
    row: int
    col: int
    window: Window
    patch: Patch
    surroundings: NDArray[np.uint16]
    inset: tuple[slice, slice]
    radiometry: Radiometry
    bit_depth: int

    @property
    def pixels(self) -> int:
        """[px] Area of the cell."""
        return self.window.pixels


@dataclass(frozen=True, slots=True)
class Acquisition:
    """An image taken: its tiles, and the raw bytes of each."""

    id: str
    satellite: str
    opportunity: Opportunity
    time_s: float
    view: View
    tile_ids: tuple[str, ...]
    tile_raw_bytes: tuple[int, ...]

    @property
    def raw_bytes(self) -> int:
        """[byte] The whole image as the camera delivers it."""
        return sum(self.tile_raw_bytes)


# --- judging a tile ---------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class MaskerIdentity:
    """The model that made a mask, for reports: its name, the digest of its file if it has one, and its size."""

    model: str
    sha256: str | None
    parameters: int


@dataclass(frozen=True, slots=True)
class Footprint:
    """What a network demands of the processor that runs it, counted on its graph.

    Attributes:
        model: Its name.
        tile_px: [px] Side of the tile to which the rest applies; the cost of its margin is included.
        weight_bytes: [byte] Of its weights as stored.
        activation_bytes: [byte] Peak of the activations alive at one time, input and output included.
        ops_per_px: Operations per image position of the tile; a multiplication and an addition
            count as two.
    """

    model: str
    tile_px: int
    weight_bytes: int
    activation_bytes: int
    ops_per_px: float


@dataclass(frozen=True, slots=True, eq=False)
class CloudMask:
    """A masker's output: cloud probability, shape (H, W), float32, and the threshold that makes it a mask."""

    probability: NDArray[np.float32]
    threshold: float

    @property
    def cloud(self) -> NDArray[np.bool_]:
        """True where the masker says cloud, shape (H, W)."""
        return self.probability >= np.float32(self.threshold)


# Every judged tile has these. Named tuples are just as immutable, and are created in a third of the time.


class CoverEstimate(NamedTuple):
    """How much of a tile the masker calls cloud, and how often it is wrong.

    Counts are of pixels with data. The four counts against truth are None if there is no truth;
    pixels of unknown truth are in none of them. The expected cloud is the sum of the probabilities;
    it is None if there are none.
    """

    valid_px: int
    cloud_px: int
    true_cloud_px: int | None = None  # truth and masker say cloud
    missed_cloud_px: int | None = None  # truth alone says cloud
    false_cloud_px: int | None = None  # masker alone says cloud
    true_clear_px: int | None = None  # neither says cloud
    expected_cloud_px: float | None = None

    @property
    def cover(self) -> float | None:
        """Cloudy share of the pixels with data; None where no pixel has data."""
        return self.cloud_px / self.valid_px if self.valid_px else None

    @property
    def clear_px(self) -> int | None:
        """[px] Clear by truth."""
        if self.true_clear_px is None or self.false_cloud_px is None:
            return None
        return self.true_clear_px + self.false_cloud_px

    @property
    def cloudy_px(self) -> int | None:
        """[px] Cloud by truth."""
        if self.true_cloud_px is None or self.missed_cloud_px is None:
            return None
        return self.true_cloud_px + self.missed_cloud_px


class Decision(NamedTuple):
    """Keep a tile or drop it, and why: in words, with a placeholder for the cover if one was used."""

    keep: bool
    why: str
    cover: float | None = None

    @property
    def reason(self) -> str:
        """Why, in words; formatted only when read, not for every tile that is judged."""
        return self.why if self.cover is None else self.why % self.cover


@dataclass(frozen=True, slots=True)
class EncodedTile:
    """A complete tile record as it is downlinked, and the codec that made its payload (after a fallback).

    `not_coded_bytes` is by how much a raw record would be shorter with the same pixels left out, their plane
    counted; beside pixels without data, which are always left out, only cloudy ones count. Meeting a target rate takes several `encodings` of the tile; otherwise there is one.
    """

    tile_id: str
    codec: str
    record: bytes = field(repr=False)
    not_coded_bytes: int = 0
    encodings: int = 1


@dataclass(frozen=True, slots=True)
class NotCoded:
    """Pixels of a kept tile that are not sent because the mask calls them cloud: clear and cloudy ones by truth.

    `bytes` is by how much a raw record is shorter without them, the plane that marks them counted.
    """

    bytes: int
    clear_px: int | None
    cloudy_px: int | None


class TileOutcome(NamedTuple):
    """What became of a tile on board: its raw bytes split into pruned, saved and encoded; time and energy spent."""

    tile_id: str
    raw_bytes: int
    encoded_bytes: int
    decision: Decision
    cover: CoverEstimate | None
    busy_s: float
    energy_j: float
    not_coded: NotCoded | None = None

    @property
    def is_kept(self) -> bool:
        """Whether the tile goes on to the shelf, to be sent."""
        return self.decision.keep

    @property
    def pruned_bytes(self) -> int:
        """[byte] All raw bytes of a dropped tile; of a kept one, those of the pixels that are not coded."""
        if not self.decision.keep:
            return self.raw_bytes
        return 0 if self.not_coded is None else self.not_coded.bytes

    @property
    def saved_bytes(self) -> int:
        """[byte] What compression saved on a kept tile."""
        if not self.decision.keep:
            return 0
        return self.raw_bytes - self.pruned_bytes - self.encoded_bytes


# --- planning ---------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, eq=False)
class Prospects:
    """Scenes that a planner considers: will they be clear?

    Attributes:
        lat_deg: [deg] Geodetic, of the centres, shape (N,).
        lon_deg: [deg] Shape (N,).
        time_s: [s] since the epoch, shape (N,).
        epoch_utc: The epoch, aware.
        size_km: [km] Side of a scene.
        max_cover: A scene is clear if its true cover is not above this.
    """

    lat_deg: NDArray[np.float64]
    lon_deg: NDArray[np.float64]
    time_s: NDArray[np.float64]
    epoch_utc: datetime
    size_km: float
    max_cover: float = 0.3


@dataclass(frozen=True, slots=True)
class Foresight:
    """How good forecasts are.

    Attributes:
        skill: Correlation of forecast and outcome at a lead time of zero: 0 knows the climate
            alone, 1 sees the sky as it is.
        memory_s: [s] Lead time over which that correlation falls to 1/e.
    """

    skill: float
    memory_s: float = 3.0 * 86400.0
