"""The contents of a report as plain values without markup. `folder.py` reads them, `page.py` shows them."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated

from pydantic import Field

from payload.report.as_flown import FlownImage
from payload.report.checked import Count, Real, Seconds
from payload.report.evidence import Evidence
from payload.report.joules import Energy, LateTiles, PowerUse
from payload.report.parameters import Parameter
from payload.report.requests import RequestsTold
from payload.report.setting import Setting
from payload.units import BITS_PER_BYTE, M_PER_KM

OWN_ARM = "prune"
"""The scenario's own arm; the others are counterfactual."""

# --- summary.json -----------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Volumes:
    """[byte] Acquired bytes and their fates."""

    acquired: Count
    pruned: Count
    saved: Count
    overflowed: Count
    lost: Count
    on_board: Count
    delivered: Count


@dataclass(frozen=True, slots=True)
class TileCounts:
    """Tiles acquired, and tiles by their end."""

    acquired: Count
    pruned: Count
    delivered: Count
    overflowed: Count
    lost: Count
    on_board: Count


@dataclass(frozen=True, slots=True)
class Pixels:
    """[px] Pixel counts by truth; None if some pixels have none."""

    clear_acquired: Count | None
    cloud_acquired: Count | None
    clear_delivered: Count | None
    cloud_delivered: Count | None
    clear_discarded: Count | None


@dataclass(frozen=True, slots=True)
class LinkUse:
    """Use of the link by the scenario's own arm."""

    contacts: Count
    contact_s: Real
    capacity_bytes: Count
    used_bytes: Count
    saturated: bool
    missed: Count = 0


@dataclass(frozen=True, slots=True)
class MaskerScores:
    """The masker used, and how well it did."""

    model: str | None
    sha256: str | None
    parameters: Count | None
    iou: Real | None
    precision: Real | None
    recall: Real | None


@dataclass(frozen=True, slots=True)
class Latency:
    """[s] From acquisition to delivery; None if nothing came down."""

    p50: Real | None
    p90: Real | None
    max: Real | None


@dataclass(frozen=True, slots=True)
class TargetCounts:
    """Targets of the scenario's own arm."""

    requested: Count
    acquired: Count
    reacquired: Count
    clear_delivered: Count | None
    out_of_reach: Count = 0


@dataclass(frozen=True, slots=True)
class Arm:
    """One arm's figures; None if it was not flown or a figure is unknown or undefined."""

    name: str
    downlinked_bytes: Count | None
    waiting_bytes: Count | None
    clear_pixels_delivered: Count | None
    data_value_density: Real | None
    saved_fraction: Real | None
    acquired_bytes: Count | None = None
    overflowed_bytes: Count | None = None
    lost_bytes: Count | None = None
    clear_pixels_discarded: Count | None = None
    images: Count | None = None
    used_bytes: Count | None = None
    link_saturated: bool | None = None
    compute_j: Real | None = None
    compute_j_per_clear_mpx: Real | None = None
    used_j: Real | None = None
    used_j_per_clear_mpx: Real | None = None
    refused: Count | None = None
    late_tiles: Count | None = None
    cost: Real | None = None
    cost_contacts: Real | None = None
    cost_data: Real | None = None
    cost_energy: Real | None = None
    cost_per_clear_km2: Real | None = None
    cost_per_clear_gb: Real | None = None

    @property
    def flown(self) -> bool:
        """Whether the arm was flown at all."""
        return self.downlinked_bytes is not None


@dataclass(frozen=True, slots=True)
class PricesTold:
    """The currency in which costs are given; the figures are with the arms."""

    currency: Annotated[str, Field(max_length=16)]


@dataclass(frozen=True, slots=True)
class Fetched:
    """Pruned tiles that the ground requested and received, with their clear pixels; thumbnails that it received."""

    asked: Count
    delivered: Count
    bytes: Count
    clear_pixels: Count | None
    thumbnails: Count = 0
    thumbnail_bytes: Count = 0


@dataclass(frozen=True, slots=True)
class Upload:
    """An upload, when its last byte arrived (None if never), and in how many passes."""

    name: str
    satellite: str
    complete_s: Seconds | None
    passes: Count


@dataclass(frozen=True, slots=True)
class SampledTold:
    """Size of the sample painted, and how far to trust it, in sentences."""

    sentences: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class SurrogateTold:
    """The surrogate that replaced masker and codec, and how far to trust it, in sentences."""

    name: str
    sentences: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Summary:
    """`summary.json`, as documented in results/README.md."""

    schema_version: Count
    scenario: str
    digest: str
    seed: Count
    duration_s: Real
    bytes: Volumes
    tiles: TileCounts
    pixels: Pixels
    link: LinkUse
    masker: MaskerScores
    latency_s: Latency
    targets: TargetCounts
    energy_j: Energy
    arms: tuple[Arm, ...]
    notes: tuple[str, ...] = ()
    surrogate: SurrogateTold | None = None
    sampled: SampledTold | None = None
    fetched: Fetched | None = None
    faults: dict[str, Count] = field(default_factory=dict[str, int])
    power: PowerUse | None = None
    late: LateTiles | None = None
    uploads: tuple[Upload, ...] = ()
    requests: RequestsTold | None = None
    prices: PricesTold | None = None


# --- the other files --------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Provenance:
    """`provenance.json`: the origin of the folder."""

    version: str
    digest: str
    seed: Count
    command: str = ""
    started_utc: str = ""
    finished_utc: str = ""
    wall_s: Real | None = None
    platform: str = ""
    python: str = ""
    packages: dict[str, str | None] = field(default_factory=dict[str, str | None])


@dataclass(frozen=True, slots=True)
class Files:
    """File names of pictures inside `gallery/`."""

    image: str
    mask: str
    truth: str | None = None


@dataclass(frozen=True, slots=True)
class GalleryTile:
    """A tile to show."""

    tile: str
    image: str
    target: str
    fate: str
    kept: bool
    reason: str
    cover: Real | None
    true_cover: Real | None
    encoded_bytes: Count | None
    raw_bytes: Count
    files: Files


# --- rows of the tables -----------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Contact:
    """A contact of the scenario's own arm, and what `raw` sent in the same one, if it flew it."""

    satellite: str
    station: str
    aos_s: Seconds
    los_s: Seconds
    start_s: Seconds
    max_elevation_deg: Real
    capacity_bytes: Count
    used_bytes: Count
    left_waiting: bool
    raw_used_bytes: Count | None

    @property
    def rate_bps(self) -> float | None:
        """[bit/s] Mean rate that the channel could carry once the radio was free; None if it never was."""
        seconds = self.los_s - self.start_s
        return self.capacity_bytes * BITS_PER_BYTE / seconds if seconds > 0 else None


@dataclass(frozen=True, slots=True)
class Image:
    """An image of the scenario's own arm, with its cover by the masker."""

    image: str
    target: str
    satellite: str
    lat_deg: Real
    lon_deg: Real
    time_s: Seconds
    retake: bool
    cover: Real | None


@dataclass(frozen=True, slots=True)
class Place:
    """A requested target."""

    name: str
    lat_deg: Real
    lon_deg: Real


@dataclass(frozen=True, slots=True)
class TrackPoint:
    """A point of a satellite's ground track."""

    satellite: str
    time_s: Seconds
    lat_deg: Real
    lon_deg: Real


@dataclass(frozen=True, slots=True)
class Series:
    """Growth of an arm's bytes and pixels: sums up to 0, 1, 2, … times step_s.

    Attributes:
        step_s: [s] From one sum to the next.
        delivered_bytes: [byte] Complete tile records received.
        waiting_bytes: [byte] In memory at that time: neither sent nor dropped.
        clear_delivered_px: [px] Clear by truth, received; None if some truth is unknown.
    """

    step_s: Real
    delivered_bytes: tuple[int, ...]
    waiting_bytes: tuple[int, ...]
    clear_delivered_px: tuple[int, ...] | None


@dataclass(frozen=True, slots=True)
class ReportData:
    """Everything the page shows.

    Attributes:
        summary: The contents of `summary.json`.
        setting: The parts of the scenario that the page mentions.
        parameters: Every value of the scenario with its description in the schema.
        provenance: The origin of the folder.
        fates: [byte] by arm and fate, from the ledger.
        taken_px: [px] with data that the scenario's own arm took.
        series: Bytes and pixels over time, by arm.
        contacts: In order of time.
        images: In order of time.
        places: All requested targets; None if the folder does not list them.
        track: Ground tracks of the first day.
        gallery: Tiles to show.
        evidence: What lies behind the figures.
        as_flown: Every image planned or taken, in order of time; None if the folder does not list them.
        folder: The results folder, in which the gallery's pictures lie.
    """

    summary: Summary
    setting: Setting
    parameters: tuple[Parameter, ...]
    provenance: Provenance
    fates: dict[str, dict[str, int]]
    taken_px: Count
    series: dict[str, Series]
    contacts: tuple[Contact, ...]
    images: tuple[Image, ...]
    places: tuple[Place, ...] | None
    track: tuple[TrackPoint, ...]
    gallery: tuple[GalleryTile, ...]
    evidence: Evidence
    as_flown: tuple[FlownImage, ...] | None
    folder: Path

    def arm(self, name: str) -> Arm | None:
        """The arm of this name, if it was flown."""
        return next((arm for arm in self.summary.arms if arm.name == name and arm.flown), None)

    @property
    def has_truth(self) -> bool:
        """Whether every pixel taken is known to be clear or cloud."""
        return self.summary.pixels.clear_acquired is not None

    @property
    def km2_per_px(self) -> float:
        """[km2] Area that a pixel covers at the camera's ground sample distance at nadir."""
        return (self.setting.camera.gsd_m / M_PER_KM) ** 2
