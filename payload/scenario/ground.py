"""The ground segment: stations and uploads."""

import math

from pydantic import Field

from payload.scenario.section import Name, Section
from payload.units import BYTES_PER_KB


class StationModel(Section):
    """One ground station on WGS 84."""

    name: Name = Field(description="Name of the station, unique in the scenario.")
    lat_deg: float = Field(ge=-90, le=90, description="[deg] Geodetic latitude, north positive.")
    lon_deg: float = Field(ge=-180, le=180, description="[deg] Longitude, east positive.")
    height_m: float = Field(0.0, ge=-500, le=9000, description="[m] Height above the ellipsoid.")
    min_elevation_deg: float = Field(
        5.0, ge=0, lt=90, description="[deg] Elevation mask: contact above it."
    )
    antennas: int = Field(1, ge=1, le=64, description="Satellites that can be served at a time.")
    gt_dbk: float | None = Field(
        None,
        ge=-30,
        le=60,
        description="[dB/K] Gain over noise temperature (G/T), for links with a budget; the "
        "link's default if omitted.",
    )


class UploadModel(Section):
    """Something to upload: a plan, a request, a new model.

    It takes up bytes and passes but changes nothing on board: planner, masker and requests work as the scenario
    says from the epoch on.
    """

    name: Name = Field(
        description="What it is, for people: nothing on board is switched to what came up, a masker included."
    )
    kb: float = Field(
        gt=0,
        le=1e9,
        description="[kB] Size including all overhead, 1 kB = 1,000 bytes; rounded up to whole "
        "bytes.",
    )
    at_h: float = Field(
        ge=0, le=24 * 366, description="[h] When it is ready to go up, after the epoch."
    )
    satellite: Name | None = Field(
        None, description="Which satellite gets it; if omitted, each of the fleet individually."
    )

    @property
    def size_bytes(self) -> int:
        """[byte] Size."""
        return math.ceil(self.kb * BYTES_PER_KB)


class UplinkModel(Section):
    """The uplink in a contact."""

    rate_kbps: float = Field(
        64.0,
        gt=0,
        le=1e6,
        description="[kbit/s] Rate of plans, requests and models, net of framing. Assumption: "
        "64, S band.",
    )
    acquisition_s: float = Field(
        10.0,
        ge=0,
        le=3600,
        description="[s] From rising above the mask to lock. Assumption: 10 s.",
    )
    uploads: tuple[UploadModel, ...] = Field(
        (),
        max_length=10_000,
        description="What goes up, in order of time; what a pass does not carry continues in the "
        "next. Events record when each is up; what it would change on board is not simulated.",
    )
