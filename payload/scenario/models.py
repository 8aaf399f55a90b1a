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
from payload.scenario.power import ComputerModel, PowerModel
from payload.scenario.section import Name, Section, Share
from payload.scenario.source import ScenarioSource
from payload.units import BYTES_PER_MB, S_PER_H

WhenFull = Literal["newest", "oldest", "cloudiest", "lowest_value_per_byte"]
SendOrder = Literal["first_in", "priority", "deadline", "clearest_first", "value_per_byte"]
FaultKind = Literal["station_out", "frame_loss", "processor_reset", "memory_bank", "half_power"]

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
    gt_dbk: float | None = Field(
        None,
        ge=-30,
        le=60,
        description="[dB/K] Gain over noise temperature, for a link with a budget; the link's own default "
        "if left out.",
    )


class OutageModel(Section):
    """When a station hears nothing: from one hour to another, or by chance with mean times."""

    station: Name = Field(description="Name of the station.")
    start_h: float | None = Field(
        None, ge=0, le=24 * 366, description="[h] Begin, after the epoch; goes with end_h."
    )
    end_h: float | None = Field(
        None, gt=0, le=24 * 366, description="[h] End, after the epoch; goes with start_h."
    )
    mean_between_h: float | None = Field(
        None,
        gt=0,
        le=1e6,
        description="[h] Mean time from repair to the next failure, drawn by the scenario's seed; goes with "
        "mean_repair_h.",
    )
    mean_repair_h: float | None = Field(
        None, gt=0, le=1e5, description="[h] Mean time to repair; goes with mean_between_h."
    )

    @model_validator(mode="after")
    def _is_one_of_both(self) -> Self:
        fixed = (self.start_h, self.end_h)
        chance = (self.mean_between_h, self.mean_repair_h)
        given = tuple(value is not None for value in (*fixed, *chance))
        if given not in {(True, True, False, False), (False, False, True, True)}:
            raise ValueError(
                f"the outage of {self.station!r} wants start_h and end_h, or mean_between_h and mean_repair_h"
            )
        if self.start_h is not None and self.end_h is not None and self.end_h <= self.start_h:
            raise ValueError(
                f"the outage of {self.station!r} ends at {self.end_h:g} h, not after its start at "
                f"{self.start_h:g} h"
            )
        return self


class UplinkModel(Section):
    """What goes up in a contact."""

    rate_kbps: float = Field(
        64.0,
        gt=0,
        le=1e6,
        description="[kbit/s] Of plans, requests and models, framing taken off. Assumption: 64, S band.",
    )
    acquisition_s: float = Field(
        10.0,
        ge=0,
        le=3600,
        description="[s] From the rise above the mask to lock. Assumption: 10 s.",
    )


class MappingModel(Section):
    """Whatever lies below: frame after frame along the track, straight down."""

    min_land: Share = Field(
        0.5, description="Least share of land around the middle of a frame; 0 takes the sea too."
    )
    max_duty: Share = Field(
        1.0,
        description="Share of each orbit in which the camera works at most; frames are left out evenly.",
    )
    max_frames_a_day: int | None = Field(
        None, ge=1, description="At most so many frames a day and satellite, spread evenly."
    )


class TargetsModel(Section):
    """What is wanted: places of a file, or a map of all that lies below."""

    file: InputPath | None = Field(
        None, description="GeoJSON of points or polygons; `name` and `priority` as properties."
    )
    mapping: MappingModel | None = Field(
        None, description="Instead of a file: systematic mapping along the track of each satellite."
    )

    @model_validator(mode="after")
    def _one_of_both(self) -> Self:
        if (self.file is None) == (self.mapping is None):
            raise ValueError("targets want either a `file` or `mapping`")
        return self


class CameraModel(Section):
    """The camera: blue, green, red and near infrared."""

    gsd_m: float = Field(gt=0.1, le=1000, description="[m] Ground sample distance at nadir.")
    width_px: int = Field(ge=1, le=65536, description="[px] Columns of an image, across the track.")
    height_px: int = Field(ge=1, le=65536, description="[px] Rows of an image, along the track.")
    bit_depth: int = Field(12, ge=8, le=16, description="[bit] of a raw sample.")
    counted_bands: float = Field(
        0.0,
        ge=0,
        le=1000,
        description="Bands beyond blue, green, red and near infrared: not painted, but counted, at the bits a "
        "sample that the painted bands of the same tile took. A band of larger pixels counts as its share of "
        "pixels: one of 20 m beside these of 10 m is 0.25. Reports say so.",
    )
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


class PartitionModel(Section):
    """A part of the memory that is kept for targets from a priority upwards."""

    min_priority: float = Field(
        0.0,
        ge=0,
        le=1e6,
        description="A target of at least this priority, and below that of others.",
    )
    share: float = Field(gt=0, le=1, description="Share of the capacity.")


class MemoryModel(Section):
    """The mass memory that images share, raw and compressed."""

    capacity_mb: float = Field(gt=0, le=1e9, description="[MB] Capacity, 1 MB = 1,000,000 bytes.")
    partitions: tuple[PartitionModel, ...] = Field(
        (),
        max_length=16,
        description="Parts by the target's priority; their shares make 1. None: all share all. A target "
        "below every `min_priority` uses the lowest part.",
    )
    when_full: WhenFull = Field(
        "newest",
        description="What is dropped when a new tile finds no room; the new tile stands in the row too. "
        "Tiles not judged count as half cloudy; what has begun to go down is never dropped.",
    )
    send_order: SendOrder = Field(
        "first_in",
        description="What is sent next. `deadline` goes by the targets' `deliver_within_h`. What has "
        "begun is finished first.",
    )
    keep_pruned_h: float = Field(
        0.0,
        ge=0,
        le=24 * 366,
        description="[h] How long pruned tiles stay, raw, in room that nobody needs, so that the ground "
        "may ask for them.",
    )

    @property
    def capacity_bytes(self) -> int:
        """[byte] Capacity."""
        return int(self.capacity_mb * BYTES_PER_MB)

    @model_validator(mode="after")
    def _partitions_fill_the_memory(self) -> Self:
        if self.partitions:
            total = sum(part.share for part in self.partitions)
            if abs(total - 1) > 1e-9:
                raise ValueError(f"the shares of the partitions make {total:g}; 1 is wanted")
            least = [part.min_priority for part in self.partitions]
            if len(set(least)) < len(least):
                raise ValueError(
                    "two partitions have the same min_priority; they need different ones"
                )
        return self


class RequestsModel(Section):
    """What the ground asks for of the pruned tiles that are kept, see `memory.keep_pruned_h`."""

    policy: Literal["none", "least_sure", "clearest"] = Field(
        "none",
        description="`least_sure`: those whose expected cover is nearest to the limit of the pruning. "
        "`clearest`: those of the smallest expected cover. What the ground knows of a pruned tile is its "
        "estimated cover, told in a contact.",
    )
    max_per_contact: int = Field(
        10, ge=1, le=100_000, description="Tiles asked for in one contact."
    )
    round_trip_s: float = Field(
        5.0,
        ge=0,
        le=86400,
        description="[s] From the begin of a contact to the request on board. Assumption: 5.",
    )


class RadioModel(Section):
    """How the radio shares the satellite with the camera, and how long it may send."""

    antenna: Literal["steerable", "body_fixed"] = Field(
        "steerable",
        description="`body_fixed`: the satellite turns to send, so that imaging and downlink exclude each "
        "other, the turn included.",
    )
    first: Literal["imaging", "downlink"] = Field(
        "imaging",
        description="For `body_fixed`: `imaging` interrupts contacts for images that are planned; "
        "`downlink` plans no image that a contact would suffer from.",
    )
    slew_deg_per_s: float = Field(
        1.0, gt=0, le=100, description="[deg/s] How fast the satellite turns. Assumption: 1."
    )
    settle_s: float = Field(
        5.0, ge=0, le=3600, description="[s] To come to rest after a turn. Assumption: 5."
    )
    max_transmit_s_per_orbit: float | None = Field(
        None,
        gt=0,
        le=1e6,
        description="[s] Of transmission in any stretch of time as long as an orbit; no limit if left out.",
    )
    nak_delay_s: float = Field(
        0.0,
        ge=0,
        le=86400,
        description="[s] From the last frame of a round to the request for the missing ones on board; "
        "other records go down meanwhile.",
    )


class FaultModel(Section):
    """Something that breaks: once at a time, or by chance with a mean time between."""

    kind: FaultKind = Field(
        description="`station_out`: a station hears nothing. `frame_loss`: so many more "
        "frames are lost, each by itself. `processor_reset`: the computer starts anew, and with the tile it was at. "
        "`memory_bank`: one of `banks` is lost with what lies there, and its room. `half_power`: the radio's "
        "rate is halved."
    )
    who: Name | None = Field(
        None, description="The station or the satellite; left out: each of them, by itself."
    )
    at_h: float | None = Field(None, ge=0, le=24 * 366, description="[h] When it befalls.")
    mean_between_h: float | None = Field(
        None, gt=0, le=1e6, description="[h] Mean of the exponential times from one to the next."
    )
    lasts_h: float | None = Field(
        None,
        gt=0,
        le=24 * 366,
        description="[h] How long. Left out: to the end of the flight; a processor starts in what its "
        "profile says, or in 60 s (Assumption). A lost bank never comes back.",
    )
    frame_loss: float = Field(
        0.5, ge=0, lt=1, description="For `frame_loss`: probability that a frame does not arrive."
    )
    banks: int = Field(4, ge=1, le=64, description="For `memory_bank`: how many the memory has.")

    @property
    def strikes_stations(self) -> bool:
        """Whether it befalls a station; else a satellite."""
        return self.kind == "station_out"

    @model_validator(mode="after")
    def _happens_somehow(self) -> Self:
        if (self.at_h is None) == (self.mean_between_h is None):
            raise ValueError("a fault needs either at_h or mean_between_h")
        return self


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


class ClaimModel(Section):
    """What is published of the real mission; `payload-sim validate` sets it beside the flight."""

    measure: str = Field(
        pattern="^[a-z_]+$",
        description="What is measured; `payload-sim validate --help` lists all.",
    )
    arm: Literal["raw", "compressed", "discard", "prune", "oracle"] = Field(
        "compressed", description="Of which flight."
    )
    figure: str = Field(max_length=100, description="What is published, in its own words.")
    low: float | None = Field(None, description="Least simulated figure that agrees.")
    high: float | None = Field(None, description="Greatest simulated figure that agrees.")
    source: str = Field(max_length=500, description="Where it is published, and why this range.")
    flights: int = Field(
        1,
        ge=1,
        le=100,
        description="Flights over a year whose mean is compared, each with its weather.",
    )
    why: str = Field("", max_length=1000, description="Why the two differ, where that is known.")


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
    outages: tuple[OutageModel, ...] = Field(
        (), max_length=10_000, description="When stations hear nothing; contacts are cut."
    )
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
    power: PowerModel | None = Field(
        None, description="Array, battery and loads; without it power is unlimited."
    )
    memory: MemoryModel = Field(description="What holds the data until a contact.")
    link: LinkChoice = Field(description="What a contact carries.")
    uplink: UplinkModel = Field(
        default_factory=UplinkModel, description="What goes up in a contact."
    )
    radio: RadioModel = Field(
        default_factory=RadioModel, description="Where the antenna looks, how long it may send."
    )
    requests: RequestsModel = Field(
        default_factory=RequestsModel, description="Pruned tiles that the ground wants after all."
    )
    faults: tuple[FaultModel, ...] = Field((), max_length=100, description="What breaks.")
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

    published: tuple[ClaimModel, ...] = Field(
        (),
        max_length=100,
        exclude=True,
        description="Of a real mission: figures to compare. They change no flight and no digest.",
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
    def _outages_are_of_stations(self) -> Self:
        known = {station.name for station in self.stations}
        strange = sorted({outage.station for outage in self.outages} - known)
        if strange:
            raise ValueError(
                f"outages of stations that are not there: {', '.join(strange)}; there are: "
                f"{', '.join(sorted(known)) or 'none'}"
            )
        return self

    @model_validator(mode="after")
    def _faults_befall_somebody(self) -> Self:
        for fault in self.faults:
            known = self.stations if fault.strikes_stations else self.fleet
            names = [item.name for item in known]
            if fault.who is not None and fault.who not in names:
                raise ValueError(
                    f"the fault {fault.kind} befalls {fault.who!r}, which is none of: {', '.join(names)}"
                )
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
