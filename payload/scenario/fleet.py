"""Which satellites fly, one by one or in a pattern, and which passes were purchased for them."""

from typing import Annotated, Literal, Self

from pydantic import Field, ValidationError, model_validator

from payload.scenario.choice import PropagatorChoice
from payload.scenario.paths import InputPath
from payload.scenario.section import Name, Section
from payload.scenario.walker import Slot, walker

MOST_SATELLITES = 1000


class SatelliteModel(Section):
    """One satellite and where its orbit comes from."""

    name: Name = Field(description="Name of the satellite, unique in the scenario.")
    orbit: PropagatorChoice = Field(description="Source of the orbit.")


class ConstellationModel(Section):
    """A Walker constellation: circular orbits of one altitude, with satellites and planes evenly spaced."""

    name: Annotated[Name, Field(max_length=48)] = Field(
        description="Its satellites are named <name>-<plane>-<slot>, both numbered from 1."
    )
    altitude_km: float = Field(description="[km] Altitude of the orbits.")
    ltan: str | None = Field(
        None,
        description='Sun-synchronous planes: mean local time of the first plane\'s node, as "HH:MM"; the '
        "others lie east of it. Instead of inclination_deg.",
    )
    inclination_deg: float | None = Field(
        None, description="[deg] Inclination of all planes. Instead of ltan."
    )
    raan_deg: float = Field(
        0.0, ge=-360, le=360, description="[deg] Node of the first plane; with inclination_deg."
    )
    planes: int = Field(ge=1, le=1000, description="Number of orbital planes (Walker's P).")
    satellites_per_plane: int = Field(
        ge=1, le=1000, description="Satellites in each plane (Walker's T / P)."
    )
    phasing: int = Field(
        0,
        ge=0,
        description="Walker's F, 0 to planes - 1: from one plane to the next, satellites lead by "
        "F x 360 deg / T.",
    )
    pattern: Literal["delta", "star"] = Field(
        "delta", description="`delta`: nodes spread over 360 deg; `star`: over 180 deg."
    )
    raan_spread_deg: float | None = Field(
        None,
        gt=0,
        le=360,
        description="[deg] Range over which nodes are spread, instead of the pattern's: adjacent "
        "planes are spread / planes apart.",
    )

    @model_validator(mode="after")
    def _is_whole(self) -> Self:
        if (self.ltan is None) == (self.inclination_deg is None):
            raise ValueError("expected exactly one of ltan and inclination_deg")
        if self.ltan is not None and self.raan_deg:
            raise ValueError("raan_deg goes with inclination_deg; ltan already sets the node")
        if self.phasing >= self.planes:
            raise ValueError(
                f"phasing is {self.phasing}; expected less than the number of planes, {self.planes}"
            )
        if self.planes * self.satellites_per_plane > MOST_SATELLITES:
            raise ValueError(
                f"{self.planes} x {self.satellites_per_plane} satellites are more than {MOST_SATELLITES}"
            )
        first = next(iter(walker(planes=1, satellites_per_plane=1, phasing=0, raan_spread_deg=360)))
        try:
            self._satellite(first)
        except ValidationError as error:
            wrong = error.errors()[0]
            key = ".".join(str(part) for part in wrong["loc"][1:])
            raise ValueError(f"{key or 'orbit'}: {wrong['msg']}") from error
        return self

    @property
    def satellites(self) -> tuple[SatelliteModel, ...]:
        """Its satellites, plane by plane."""
        spread = {"delta": 360.0, "star": 180.0}[self.pattern]
        return tuple(
            self._satellite(slot)
            for slot in walker(
                planes=self.planes,
                satellites_per_plane=self.satellites_per_plane,
                phasing=self.phasing,
                raan_spread_deg=self.raan_spread_deg or spread,
            )
        )

    def _satellite(self, slot: Slot) -> SatelliteModel:
        if self.ltan is not None:
            plane: dict[str, object] = {"ltan": self.ltan, "node_offset_deg": slot.node_offset_deg}
        else:
            node_deg = (self.raan_deg + slot.node_offset_deg) % 360.0
            plane = {"inclination_deg": self.inclination_deg, "raan_deg": node_deg}
        return SatelliteModel.model_validate(
            {
                "name": f"{self.name}-{slot.plane}-{slot.slot}",
                "orbit": {
                    "kind": "sgp4",
                    "altitude_km": self.altitude_km,
                    "argument_of_latitude_deg": slot.argument_of_latitude_deg,
                    **plane,
                },
            }
        )


class PassesModel(Section):
    """Purchased passes: these are flown instead of all passes over the stations."""

    file: InputPath = Field(
        description="CSV or JSON of passes: satellite, station, start_utc, end_utc (ISO 8601 "
        "with a time zone)."
    )
