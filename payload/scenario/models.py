"""The sections of a scenario: one frozen model each, units in the names, unknown keys refused."""

from datetime import UTC, datetime
from functools import cached_property
from typing import Annotated, Any, Literal, Self

from pydantic import (
    AfterValidator,
    AwareDatetime,
    BeforeValidator,
    Field,
    PrivateAttr,
    SerializerFunctionWrapHandler,
    model_serializer,
    model_validator,
)

from payload.provenance import digest_json
from payload.scenario.camera import CameraModel, PruningModel, TargetsModel
from payload.scenario.choice import (
    CodecChoice,
    LinkChoice,
    MaskerChoice,
    SceneSourceChoice,
    SchedulerChoice,
)
from payload.scenario.faults import FaultModel
from payload.scenario.fleet import (
    MOST_SATELLITES,
    ConstellationModel,
    PassesModel,
    SatelliteModel,
)
from payload.scenario.ground import StationModel, UplinkModel
from payload.scenario.loss import LossModel
from payload.scenario.paths import InputPath
from payload.scenario.power import ComputerModel, PowerModel
from payload.scenario.prices import PricesModel
from payload.scenario.radio import RadioModel
from payload.scenario.rescheduling import ReschedulingModel
from payload.scenario.section import MisfitError, Name, Section
from payload.scenario.source import ScenarioSource
from payload.scenario.storage import MemoryModel, RequestsModel
from payload.units import S_PER_H

FIRST_YEAR, LAST_YEAR = 1958, 2099
"""Satellites have flown since 1957; two-digit years of a TLE end in 2056, almanac formulas are valid to 2100."""


class ProductsModel(Section):
    """What a run leaves for other tools."""

    tiles: Literal["all", "sample", "none"] = Field(
        "sample",
        description="Restored tiles as COG: all delivered ones, at most 24 of them, or none.",
    )


class SurrogateModel(Section):
    """What replaces masker and codec where no pixel is rendered."""

    file: InputPath | None = Field(
        None,
        description="A surrogate that `payload-sim calibrate` fitted to this masker, codec, "
        "camera, scene and tile; the packaged one if omitted. It is refused for any other.",
    )


class SampledModel(Section):
    """How many tiles are rendered where a sample represents all."""

    fraction: float = Field(
        0.01,
        gt=0,
        le=1,
        description="Minimum share of all tiles to render. At least 200 tiles are rendered, and "
        "some of each kind.",
    )
    error: float | None = Field(
        0.02,
        ge=0.0001,
        le=1,
        description="Requested error: tiles are rendered until half of the 95 % interval of "
        "bytes and of clear pixels kept, estimated from the sample itself, is at most this share "
        "of them, for every image that a plan aware of all requests would take; what comes down may be "
        "less certain, which is stated. With null, no more than the fraction.",
    )


class ClaimModel(Section):
    """A published figure of the real mission, with which `payload-sim validate` compares the flight."""

    measure: str = Field(
        pattern="^[a-z_]+$",
        description="What is measured; an unknown name is answered with a list of all.",
    )
    arm: Literal["raw", "compressed", "discard", "prune", "mask", "oracle"] = Field(
        "compressed", description="Arm whose figure is compared."
    )
    figure: str = Field(max_length=100, description="The published figure, in its own words.")
    low: float | None = Field(None, description="Lowest simulated figure that agrees.")
    high: float | None = Field(None, description="Highest simulated figure that agrees.")
    source: str = Field(max_length=500, description="Where it is published, and why this range.")
    flights: int = Field(
        1,
        ge=1,
        le=100,
        description="Flights over a year whose mean is compared, each with its own weather.",
    )
    why: str = Field("", max_length=1000, description="Why the two differ, where known.")


def _as_text(value: object) -> object:
    if not isinstance(value, str | datetime):
        raise ValueError("expected a date and time with a time zone, such as 2026-06-21T00:00:00Z")  # noqa: TRY004
    return value


def _to_utc(value: datetime) -> datetime:
    if not FIRST_YEAR <= value.year <= LAST_YEAR:
        raise ValueError(f"the year {value.year} is not between {FIRST_YEAR} and {LAST_YEAR}")
    return value.astimezone(UTC)


class Scenario(Section):
    """A scenario: everything that defines a simulation."""

    name: Name = Field(description="Name of the scenario; part of the results folder's name.")
    description: str = Field(
        "", max_length=2000, description="What the scenario is about, for people."
    )
    seed: int = Field(
        0, ge=0, lt=2**63, description="Seed of the world, of losses and of all other randomness."
    )
    epoch_utc: Annotated[AwareDatetime, BeforeValidator(_as_text), AfterValidator(_to_utc)] = Field(
        description="Start, ISO 8601 with a time zone, such as 2026-06-21T00:00:00Z."
    )
    duration_h: float = Field(gt=0, le=24 * 366, description="[h] Length of the flight.")
    dut1_s: float = Field(0.0, ge=-0.9, le=0.9, description="[s] UT1 - UTC.")
    satellites: tuple[SatelliteModel, ...] = Field(
        (), max_length=MOST_SATELLITES, description="Who flies, one by one."
    )
    constellations: tuple[ConstellationModel, ...] = Field(
        (), max_length=100, description="Who flies, by pattern."
    )
    stations: tuple[StationModel, ...] = Field((), max_length=1000, description="Who listens.")
    passes: PassesModel | None = Field(
        None, description="Purchased passes; if omitted, every pass over a station is flown."
    )
    targets: TargetsModel = Field(description="What is wanted.")
    camera: CameraModel = Field(description="What takes the images.")
    scene: SceneSourceChoice = Field(description="What the camera sees.")
    masker: MaskerChoice = Field(
        default_factory=lambda: MaskerChoice.model_validate({}),
        description="What decides which pixels are cloud.",
    )
    pruning: PruningModel = Field(
        default_factory=PruningModel, description="Which tiles are dropped."
    )
    codec: CodecChoice = Field(
        default_factory=lambda: CodecChoice.model_validate({}),
        description="How tiles are compressed.",
    )
    loss: LossModel = Field(
        default_factory=LossModel, description="What compression may lose; nothing if omitted."
    )
    computer: ComputerModel = Field(
        default_factory=ComputerModel, description="Computing speed and power on board."
    )
    power: PowerModel | None = Field(
        None, description="Array, battery and loads; if omitted, power is unlimited."
    )
    memory: MemoryModel = Field(description="Where data wait for a contact.")
    link: LinkChoice = Field(description="What a contact carries.")
    uplink: UplinkModel = Field(
        default_factory=UplinkModel, description="What goes up in a contact."
    )
    radio: RadioModel = Field(
        default_factory=RadioModel,
        description="Where the antenna points, and how long it may transmit.",
    )
    requests: RequestsModel = Field(
        default_factory=RequestsModel, description="Pruned tiles that the ground wants after all."
    )
    faults: tuple[FaultModel, ...] = Field(
        (), max_length=10_000, description="What fails, and when."
    )
    scheduler: SchedulerChoice = Field(
        default_factory=lambda: SchedulerChoice.model_validate({}),
        description="How images are planned.",
    )
    rescheduling: ReschedulingModel = Field(
        default_factory=ReschedulingModel,
        description="Who learns of clouds, and when, and replans.",
    )
    fidelity: Literal["pixels", "sampled", "surrogate"] = Field(
        "pixels",
        description="`pixels`: every tile is rendered, masked and compressed. `sampled`: a "
        "fraction is, and the others are assumed to be like them; the error is stated. "
        "`surrogate`: none is; the masker's output and the record lengths are drawn from a "
        "fitted distribution; the error is stated.",
    )
    sampled: SampledModel = Field(
        default_factory=SampledModel, description="Used with `fidelity: sampled`."
    )
    surrogate: SurrogateModel = Field(
        default_factory=SurrogateModel, description="Used with `fidelity: surrogate`."
    )
    prices: PricesModel | None = Field(
        None, description="What contacts, data and energy cost; if omitted, no costs are reported."
    )
    products: ProductsModel = Field(
        default_factory=ProductsModel, description="Which files a run leaves."
    )

    published: tuple[ClaimModel, ...] = Field(
        (),
        max_length=100,
        exclude=True,
        description="For a real mission: figures to compare with. They change no flight and no "
        "digest.",
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
                again = len(names) - 1 - names[::-1].index(twice[0])
                written = again < len(getattr(self, what))  # or one of a constellation's
                raise MisfitError(
                    (what, again) if written else ("constellations",),
                    f"{what} need different names; used more than once: {', '.join(twice)}",
                )
        return self

    @model_validator(mode="after")
    def _faults_befall_somebody(self) -> Self:
        for number, fault in enumerate(self.faults):
            known = self.stations if fault.strikes_stations else self.fleet
            names = [item.name for item in known]
            if fault.who is not None and fault.who not in names:
                raise MisfitError(
                    ("faults", number),
                    f"the fault {fault.kind} affects {fault.who!r}, which is not one of: {', '.join(names) or 'nobody'}",
                )
        return self

    @model_validator(mode="after")
    def _uploads_are_for_somebody(self) -> Self:
        names = [item.name for item in self.fleet]
        for number, upload in enumerate(self.uplink.uploads):
            if upload.satellite is not None and upload.satellite not in names:
                raise MisfitError(
                    ("uplink", "uploads", number),
                    f"the upload {upload.name!r} is for {upload.satellite!r}, which is not one of: "
                    f"{', '.join(names)}",
                )
        return self

    @model_validator(mode="after")
    def _errors_leave_something(self) -> Self:
        most = 2 ** (self.camera.bit_depth - 1) - 1
        if self.loss.max_error is not None and self.loss.max_error > most:
            raise MisfitError(
                ("loss", "max_error"),
                f"loss.max_error is {self.loss.max_error}; expected at most {most}, as a larger error leaves "
                f"nothing of samples of {self.camera.bit_depth} bit",
            )
        return self

    @model_validator(mode="after")
    def _only_one_loses(self) -> Self:
        most = 2 ** (self.camera.bit_depth - 1) - 1
        own = getattr(self.codec.options, "max_error_dn", 0)
        if own > most:
            raise MisfitError(
                ("codec", "max_error_dn"),
                f"codec.max_error_dn is {own}; expected at most {most}, as a larger error leaves "
                f"nothing of samples of {self.camera.bit_depth} bit",
            )
        if own and (self.loss.max_error or self.loss.bits_per_sample is not None):
            raise MisfitError(
                ("codec", "max_error_dn"),
                "codec.max_error_dn is a loss in the codec, and loss is one before it: use only one of the two",
            )
        return self

    @model_validator(mode="after")
    def _what_is_asked_for_is_kept(self) -> Self:
        if self.requests.policy != "none" and not self.memory.keep_pruned_h:
            raise MisfitError(
                ("requests", "policy"),
                "requests ask for pruned tiles, but none are kept: set for how long in memory.keep_pruned_h",
            )
        return self

    @model_validator(mode="after")
    def _somebody_flies(self) -> Self:
        count = len(self.fleet)
        if not 1 <= count <= MOST_SATELLITES:
            raise MisfitError(
                ("satellites",)
                if self.satellites or not self.constellations
                else ("constellations",),
                f"satellites and constellations add up to {count} satellites; expected 1 to {MOST_SATELLITES}",
            )
        return self

    @cached_property
    def fleet(self) -> tuple[SatelliteModel, ...]:
        """All satellites: those named one by one, then those of the constellations."""
        return self.satellites + tuple(
            craft for group in self.constellations for craft in group.satellites
        )

    @property
    def thumbnail_factor(self) -> int | None:
        """[px] Side of the squares that thumbnails average; None if none are made."""
        asks = self.memory.keep_pruned_h > 0 and self.requests.policy != "none"
        return self.requests.thumbnail_factor if asks else None

    @property
    def duration_s(self) -> float:
        """[s] Length of the flight."""
        return self.duration_h * S_PER_H

    @property
    def source(self) -> ScenarioSource | None:
        """The file it was read from, with the line of each key; None if it was made in a program."""
        return self._source

    @model_serializer(mode="wrap")
    def _what_is_used(self, plainly: SerializerFunctionWrapHandler) -> dict[str, Any]:
        """Leave out `sampled` and `prices` if they are not used: a digest covers what is flown."""
        found: dict[str, Any] = plainly(self)
        if self.fidelity != "sampled":
            found.pop("sampled", None)
        if self.prices is None:
            found.pop("prices", None)
        return found

    @property
    def digest(self) -> str:
        """SHA-256 of the scenario: every value, and the content rather than the paths of the files it names."""
        return digest_json(self.model_dump(mode="json", context={"digest": True}))
