"""What a scenario holds: one frozen model per section, units in the names, unknown keys refused."""

from datetime import UTC, datetime
from functools import cached_property
from typing import Annotated, Literal, Self

from pydantic import (
    AfterValidator,
    AwareDatetime,
    BeforeValidator,
    Field,
    PrivateAttr,
    model_validator,
)

from payload.provenance import digest_json
from payload.scenario.choice import (
    CodecChoice,
    LinkChoice,
    MaskerChoice,
    SceneSourceChoice,
    SchedulerChoice,
)
from payload.scenario.fleet import (
    MOST_SATELLITES,
    ConstellationModel,
    PassesModel,
    SatelliteModel,
)
from payload.scenario.paths import InputPath
from payload.scenario.section import Name, Section
from payload.scenario.source import ScenarioSource
from payload.units import BYTES_PER_MB, S_PER_H

Share = Annotated[float, Field(ge=0.0, le=1.0)]


FIRST_YEAR, LAST_YEAR = 1958, 2099
"""Satellites fly since 1957; two-digit years of a TLE end in 2056, almanac formulas are good to 2100."""


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


class ComputerModel(Section):
    """The on-board computer."""

    profile: str = Field(
        "myriad2-cloudscout", description="Name of a packaged profile of speed and power."
    )
    compression_mpx_per_s: float = Field(
        10.0,
        gt=0,
        le=1e6,
        description="[Mpx/s] Compression on board. Assumption: 10, by an image core beside it.",
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
        (), max_length=MOST_SATELLITES, description="Who flies, one by one."
    )
    constellations: tuple[ConstellationModel, ...] = Field(
        (), max_length=100, description="Who flies, by the pattern."
    )
    stations: tuple[StationModel, ...] = Field((), max_length=1000, description="Who listens.")
    passes: PassesModel | None = Field(
        None, description="Purchased passes; if left out, every pass over a station is flown."
    )
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
            ("satellites", [item.name for item in self.fleet]),
            ("stations", [item.name for item in self.stations]),
        ):
            twice = sorted({name for name in names if names.count(name) > 1})
            if twice:
                raise ValueError(f"{what} need different names; twice: {', '.join(twice)}")
        return self

    @model_validator(mode="after")
    def _somebody_flies(self) -> Self:
        count = len(self.fleet)
        if not 1 <= count <= MOST_SATELLITES:
            raise ValueError(
                f"satellites and constellations together are {count}; 1 to {MOST_SATELLITES} are wanted"
            )
        return self

    @cached_property
    def fleet(self) -> tuple[SatelliteModel, ...]:
        """All satellites: those named one by one, then those of the constellations."""
        return self.satellites + tuple(
            craft for group in self.constellations for craft in group.satellites
        )

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
