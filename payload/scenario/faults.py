"""What breaks, and when."""

from typing import Literal, Self

from pydantic import Field, model_validator

from payload.scenario.section import Name, Section

FaultKind = Literal["station_out", "frame_loss", "processor_reset", "memory_bank", "half_power"]


class FaultModel(Section):
    """Something that breaks: once at a given time, or randomly with a given mean time between faults."""

    kind: FaultKind = Field(
        description="`station_out`: a station receives nothing, and its contacts are cut. "
        "`frame_loss`: additional frames are lost, independently. `processor_reset`: the "
        "computer restarts and begins its current tile again. `memory_bank`: one of `banks` is "
        "lost, contents and capacity. `half_power`: the radio sends at half power: 3 dB less "
        "EIRP, or half the rate on a link that does not model power."
    )
    who: Name | None = Field(
        None, description="The station or satellite; if omitted, each of them independently."
    )
    at_h: float | None = Field(None, ge=0, le=24 * 366, description="[h] When it happens.")
    mean_between_h: float | None = Field(
        None, gt=0, le=1e6, description="[h] Mean of the exponential times from one to the next."
    )
    lasts_h: float | None = Field(
        None,
        gt=0,
        le=24 * 366,
        description="[h] Duration. If omitted, until the end of the flight; a processor restarts "
        "in the time its profile states, or in 60 s (Assumption). A lost bank never comes back.",
    )
    mean_repair_h: float | None = Field(
        None,
        gt=0,
        le=1e5,
        description="[h] Mean of exponential durations, instead of lasts_h; requires "
        "mean_between_h, which is then the mean from repair to the next fault.",
    )
    frame_loss: float = Field(
        0.5, ge=0, lt=1, description="For `frame_loss`: probability that a frame does not arrive."
    )
    banks: int = Field(
        4, ge=1, le=64, description="For `memory_bank`: number of banks in the memory."
    )

    @property
    def strikes_stations(self) -> bool:
        """Whether it affects a station; otherwise a satellite."""
        return self.kind == "station_out"

    @model_validator(mode="after")
    def _happens_somehow(self) -> Self:
        if (self.at_h is None) == (self.mean_between_h is None):
            raise ValueError("a fault needs either at_h or mean_between_h")
        if self.mean_repair_h is not None and (self.mean_between_h is None or self.lasts_h):
            raise ValueError("mean_repair_h goes with mean_between_h, and without lasts_h")
        return self

    @model_validator(mode="after")
    def _says_what_it_is(self) -> Self:
        if self.kind == "memory_bank" and (self.lasts_h or self.mean_repair_h):
            raise ValueError(
                "a lost memory bank never comes back: leave out lasts_h and mean_repair_h"
            )
        for name, kind in (("frame_loss", "frame_loss"), ("banks", "memory_bank")):
            # a default is no mistake: every scenario that is written out contains it
            if self.kind != kind and getattr(self, name) != type(self).model_fields[name].default:
                raise ValueError(f"{name} belongs to the fault {kind}, not to {self.kind}")
        return self
