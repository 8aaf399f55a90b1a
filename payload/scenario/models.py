"""What a scenario holds: one frozen model per section, units in the names, unknown keys refused."""

from datetime import UTC, datetime
from typing import Annotated, Literal, Self

from pydantic import (
    AfterValidator,
    AwareDatetime,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    PrivateAttr,
    model_validator,
)

from payload.provenance import digest_json
from payload.scenario.choice import (
    CodecChoice,
    LinkChoice,
    MaskerChoice,
    PropagatorChoice,
    SceneSourceChoice,
    SchedulerChoice,
)
from payload.scenario.paths import InputPath, ProfileChoice
from payload.scenario.source import ScenarioSource
from payload.units import BYTES_PER_MB, S_PER_H

Name = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$")]
"""Letters, digits, dot, underscore and hyphen, at most 64: safe as a file name everywhere."""

Share = Annotated[float, Field(ge=0.0, le=1.0)]


FIRST_YEAR, LAST_YEAR = 1958, 2099
"""Satellites fly since 1957; two-digit years of a TLE end in 2056, almanac formulas are good to 2100."""


class Section(BaseModel):
    """What all sections share: frozen, strict about keys, no NaN and no infinity."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


class SatelliteModel(Section):
    """One satellite and where its orbit comes from."""

    name: Name = Field(description="Name of the satellite, unique in the scenario.")
    orbit: PropagatorChoice = Field(description="Source of the orbit.")


class StationModel(Section):
    """One ground station on WGS 84."""

    name: Name = Field(description="Name of the station, unique in the scenario.")
    lat_deg: float = Field(ge=-90, le=90, description="[deg] Geodetic latitude, north positive.")
    lon_deg: float = Field(ge=-180, le=180, description="[deg] Longitude, east positive.")
    height_m: float = Field(0.0, ge=-500, le=9000, description="[m] Height above the ellipsoid.")
    min_elevation_deg: float = Field(
        5.0, ge=0, lt=90, description="[deg] Horizon mask: contact above it."
    )
    antennas: int = Field(1, ge=1, le=64, description="Satellites that can be served at a time.")


class TargetsModel(Section):
    """The places that are wanted."""

    file: InputPath = Field(
        description="GeoJSON of points or polygons; `name` and `priority` as properties."
    )


class CameraModel(Section):
    """The camera: blue, green, red and near infrared."""

    gsd_m: float = Field(gt=0.1, le=1000, description="[m] Ground sample distance at nadir.")
    width_px: int = Field(ge=1, le=65536, description="[px] Columns of an image, across the track.")
    height_px: int = Field(ge=1, le=65536, description="[px] Rows of an image, along the track.")
    bit_depth: int = Field(12, ge=8, le=16, description="[bit] of a raw sample.")
    full_scale_reflectance: float = Field(
        1.6,
        gt=0,
        le=10,
        description="Reflectance at the highest DN; a scene source of rasters brings its own scale. "
        "Assumption: 1.6 keeps bright cloud below saturation.",
    )
    max_off_nadir_deg: float = Field(
        30.0, ge=0, le=60, description="[deg] How far the satellite rolls."
    )
    min_sun_elevation_deg: float = Field(
        10.0, ge=-90, le=90, description="[deg] Lowest sun at a target."
    )
    settle_s: float = Field(
        30.0, ge=0, le=3600, description="[s] Pause between images. Assumption: 30 s."
    )


class PruningModel(Section):
    """Which tiles are not worth sending."""

    tile_px: int = Field(256, ge=8, le=4096, multiple_of=8, description="[px] Side of a tile.")
    policy: Literal["max_cloud_cover", "expected_value"] = Field(
        "max_cloud_cover",
        description="How a tile is judged. `max_cloud_cover`: by the share of its pixels that the mask "
        "calls cloud. `expected_value`: by what losing it is expected to cost against what sending it "
        "costs, from the masker's probabilities, which must be calibrated.",
    )
    max_cloud_cover: Share = Field(
        0.7, description="A tile is dropped when its cloud cover is above this."
    )
    cost_ratio: float | None = Field(
        None,
        gt=0,
        le=1e6,
        description="For `expected_value`: what losing a clear pixel costs, in cloudy pixels sent for "
        "nothing. A tile is dropped when its expected clear pixels times this are fewer than its expected "
        "cloudy ones: above an expected cover of ratio / (1 + ratio). If left out, that limit is "
        "max_cloud_cover: 0.7 is a ratio of 2.33.",
    )
    max_image_cloud_cover: Share = Field(
        0.7,
        description="The arm `discard` drops a whole image above this cover; 0.7 as on Phi-Sat-1 "
        "(Giuffrida et al. 2020, doi 10.3390/rs12142205).",
    )

    @property
    def max_expected_cover(self) -> float:
        """For `expected_value`: above this mean probability of cloud a tile costs more than it is worth."""
        if self.cost_ratio is None:
            return self.max_cloud_cover
        return self.cost_ratio / (1 + self.cost_ratio)


class DeadlineModel(Section):
    """Until when a tile has to be masked, and what becomes of one that is not."""

    after_exposure_s: float | None = Field(
        None, gt=0, le=1e9, description="[s] From the exposure of the image on."
    )
    at_next_contact: bool = Field(
        False, description="Until the satellite's next contact with any station after the exposure."
    )
    policy: Literal["sent_unmasked", "dropped", "kept"] = Field(
        "sent_unmasked",
        description="A tile that the processor has no time for goes down unmasked, compressed all the same; "
        "or is dropped; or is kept and masked late.",
    )

    @model_validator(mode="after")
    def _one_of_both(self) -> Self:
        if (self.after_exposure_s is None) == (not self.at_next_contact):
            raise ValueError("a deadline wants exactly one of: after_exposure_s, at_next_contact")
        return self


class ComputerModel(Section):
    """The on-board computer."""

    profile: ProfileChoice = Field(
        "myriad2-cloudscout",
        description="Speed and power: a packaged profile by name, or a file of your own (.json, .yaml), "
        "as `payload-sim profile` writes one.",
    )
    scale_by_operations: bool = Field(
        False,
        description="Scale the profile's speed by operations a pixel from the network it was timed with to "
        "the one that flies. Assumption: both reach the same share of the processor's peak.",
    )
    deadline: DeadlineModel | None = Field(
        None, description="Until when a tile has to be masked; without it, it waits for its turn."
    )
    power_on: Literal["always", "per_image"] = Field(
        "always",
        description="`per_image`: the processor is off between images and starts anew (the profile's boot_s "
        "and boot_j) when work arrives.",
    )
    compression_mpx_per_s: float = Field(
        10.0,
        gt=0,
        le=1e6,
        description="[Mpx/s] Compression on board. Assumption: 10, by an image core beside it.",
    )


class LowestChargeModel(Section):
    """Below which state of charge an activity is not begun; it is made up for later."""

    imaging: Share = Field(0.3, description="Share of the capacity. Assumption: 0.3.")
    processing: Share = Field(0.3, description="Share of the capacity. Assumption: 0.3.")
    transmitting: Share = Field(0.2, description="Share of the capacity. Assumption: 0.2.")
    resume_margin: Share = Field(
        0.02,
        description="Share of the capacity above the lowest charge at which what waits is begun. "
        "Assumption: 0.02.",
    )


class ThermalModel(Section):
    """One node of heat: electronics and structure together, radiating to space."""

    heat_capacity_j_k: float = Field(
        gt=0, le=1e7, description="[J/K] Heat capacity; some hundreds for a CubeSat's stack."
    )
    radiator_m2: float = Field(gt=0, le=1e4, description="[m2] Area that radiates to space.")
    emissivity: float = Field(
        0.85, gt=0, le=1, description="Of that area. Assumption: 0.85, a white or black paint."
    )
    absorbed_sun_w: float = Field(
        0.0, ge=0, le=1e6, description="[W] Absorbed in full sunlight; none in shadow."
    )
    absorbed_earth_w: float = Field(
        0.0, ge=0, le=1e6, description="[W] Absorbed of the Earth's infrared and albedo, always."
    )
    initial_c: float = Field(
        15.0, ge=-100, le=150, description="[deg C] At the epoch. Assumption: 15."
    )
    throttle_temp_c: float | None = Field(
        None,
        ge=-100,
        le=300,
        description="[deg C] From here on the processor slows down; the profile's own if left out.",
    )
    throttle_speed: float = Field(
        0.5,
        gt=0,
        le=1,
        description="Share of its speed, and of its active power, that a throttled processor keeps. "
        "Assumption: 0.5.",
    )
    stop_temp_c: float | None = Field(
        None,
        ge=-100,
        le=300,
        description="[deg C] From here on nothing is processed; the profile's own if left out.",
    )
    resume_below_stop_k: float = Field(
        5.0,
        gt=0,
        le=100,
        description="[K] Processing goes on when it is so much cooler. Assumption: 5.",
    )


class PowerModel(Section):
    """What the satellite's array gives, its battery holds and its parts draw."""

    array_w: float = Field(
        gt=0,
        le=1e6,
        description="[W] Of the solar array in full light at normal incidence, at the bus.",
    )
    pointing: Literal["sun_tracking", "fixed"] = Field(
        "sun_tracking",
        description="The array follows the Sun, or is fixed to a satellite that looks to the nadir and gives "
        "the cosine of the Sun's angle. Slews to targets are left out.",
    )
    panel_face: Literal["zenith", "nadir", "ahead", "behind", "left", "right"] = Field(
        "zenith", description="Which way a fixed array looks."
    )
    battery_wh: float = Field(gt=0, le=1e6, description="[Wh] Capacity of the battery.")
    charge_efficiency: float = Field(
        0.95, gt=0, le=1, description="Share of what flows in that is stored. Assumption: 0.95."
    )
    discharge_efficiency: float = Field(
        0.95, gt=0, le=1, description="Share of what flows out that arrives. Assumption: 0.95."
    )
    initial_charge: Share = Field(1.0, description="State of charge at the epoch.")
    bus_w: float = Field(ge=0, le=1e6, description="[W] Of all that is always on.")
    camera_w: float = Field(0.0, ge=0, le=1e6, description="[W] While the camera is on.")
    camera_on_s: float = Field(
        10.0,
        ge=0,
        le=3600,
        description="[s] That the camera is on for an image, from the closing of the shutter on: read-out. "
        "Assumption: 10.",
    )
    radio_tx_w: float = Field(
        0.0, ge=0, le=1e6, description="[W] Of the transmitter during a contact it serves."
    )
    radio_idle_w: float = Field(
        0.0, ge=0, le=1e6, description="[W] Of the radio outside such contacts."
    )
    lowest_charge: LowestChargeModel = Field(
        default_factory=LowestChargeModel, description="Who has to wait for a fuller battery."
    )
    thermal: ThermalModel | None = Field(
        None, description="How warm it gets; without it nothing is throttled or stopped."
    )


class MemoryModel(Section):
    """The mass memory that images share, raw and compressed."""

    capacity_mb: float = Field(gt=0, le=1e9, description="[MB] Capacity, 1 MB = 1,000,000 bytes.")

    @property
    def capacity_bytes(self) -> int:
        """[byte] Capacity."""
        return int(self.capacity_mb * BYTES_PER_MB)


class ReschedulingModel(Section):
    """What happens to a target that the satellite itself finds cloudy."""

    policy: Literal["none", "next_opportunity"] = Field(
        "none",
        description="`next_opportunity`: the target is put back and taken at its next opportunity.",
    )
    max_cloud_cover: Share = Field(
        0.7, description="An image is cloudy when its cover is above this."
    )
    max_retakes: int = Field(
        2, ge=0, le=1000, description="How often one target may be taken again."
    )


class ProductsModel(Section):
    """What a run leaves for other tools."""

    tiles: Literal["all", "sample", "none"] = Field(
        "sample",
        description="Restored tiles as COG: all delivered ones, at most 24 of them, or none.",
    )


class SurrogateModel(Section):
    """What stands for masker and codec where no pixel is painted."""

    file: InputPath | None = Field(
        None,
        description="A surrogate that `payload-sim calibrate` has fitted on this masker, codec, camera, "
        "scene and tile; the packaged one if left out. It is refused for others.",
    )


def _as_text(value: object) -> object:
    if not isinstance(value, str | datetime):
        raise ValueError("a date and time with a zone is wanted, as 2026-06-21T00:00:00Z")  # noqa: TRY004
    return value


def _to_utc(value: datetime) -> datetime:
    if not FIRST_YEAR <= value.year <= LAST_YEAR:
        raise ValueError(f"the year {value.year} is not between {FIRST_YEAR} and {LAST_YEAR}")
    return value.astimezone(UTC)


class Scenario(Section):
    """What the customer asks us to fly."""

    name: Name = Field(description="Name of the scenario; part of the results folder.")
    description: str = Field(
        "", max_length=2000, description="What the scenario is about, for people."
    )
    seed: int = Field(
        0, ge=0, lt=2**63, description="Seed of the world, of losses and of all other chance."
    )
    epoch_utc: Annotated[AwareDatetime, BeforeValidator(_as_text), AfterValidator(_to_utc)] = Field(
        description="Start, ISO 8601 with a time zone, as 2026-06-21T00:00:00Z."
    )
    duration_h: float = Field(gt=0, le=24 * 366, description="[h] Length of the flight.")
    dut1_s: float = Field(0.0, ge=-0.9, le=0.9, description="[s] UT1 - UTC.")
    satellites: tuple[SatelliteModel, ...] = Field(
        min_length=1, max_length=1000, description="Who flies."
    )
    stations: tuple[StationModel, ...] = Field((), max_length=1000, description="Who listens.")
    targets: TargetsModel = Field(description="What is wanted.")
    camera: CameraModel = Field(description="What takes the images.")
    scene: SceneSourceChoice = Field(description="What the camera sees.")
    masker: MaskerChoice = Field(
        default_factory=lambda: MaskerChoice.model_validate({}),
        description="Which pixels are cloud.",
    )
    pruning: PruningModel = Field(
        default_factory=PruningModel, description="Which tiles are dropped."
    )
    codec: CodecChoice = Field(
        default_factory=lambda: CodecChoice.model_validate({}),
        description="How tiles shrink.",
    )
    computer: ComputerModel = Field(
        default_factory=ComputerModel, description="What computes on board."
    )
    power: PowerModel | None = Field(
        None, description="Array, battery and loads; without it power is unlimited."
    )
    memory: MemoryModel = Field(description="What holds the data until a contact.")
    link: LinkChoice = Field(description="What a contact carries.")
    scheduler: SchedulerChoice = Field(
        default_factory=lambda: SchedulerChoice.model_validate({}),
        description="What is imaged next.",
    )
    rescheduling: ReschedulingModel = Field(
        default_factory=ReschedulingModel, description="After a cloudy image."
    )
    fidelity: Literal["pixels", "surrogate"] = Field(
        "pixels",
        description="`pixels`: every tile is painted, masked and compressed. `surrogate`: none is; what the "
        "masker says and how long a record is are drawn from a fitted distribution, its error is told.",
    )
    surrogate: SurrogateModel = Field(
        default_factory=SurrogateModel, description="Used with `fidelity: surrogate`."
    )
    products: ProductsModel = Field(
        default_factory=ProductsModel, description="What a run leaves behind."
    )

    _source: ScenarioSource | None = PrivateAttr(default=None)

    @model_validator(mode="after")
    def _names_are_unique(self) -> Self:
        for what, names in (
            ("satellites", [item.name for item in self.satellites]),
            ("stations", [item.name for item in self.stations]),
        ):
            twice = sorted({name for name in names if names.count(name) > 1})
            if twice:
                raise ValueError(f"{what} need different names; twice: {', '.join(twice)}")
        return self

    @property
    def duration_s(self) -> float:
        """[s] Length of the flight."""
        return self.duration_h * S_PER_H

    @property
    def source(self) -> ScenarioSource | None:
        """The file it was read from, with the line of each key; None if made in a program."""
        return self._source

    @property
    def digest(self) -> str:
        """SHA-256 of the scenario: every value, and the content of the files it names, not their paths."""
        return digest_json(self.model_dump(mode="json", context={"digest": True}))
