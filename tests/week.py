"""A week over five stations: the case that peers were measured on."""

import math
from datetime import UTC, datetime
from functools import cached_property

from payload.orbit.elements import MeanElements
from payload.orbit.propagation import Sgp4
from payload.types import GroundStation

EPOCH = datetime(2026, 1, 1, tzinfo=UTC)
DAY_S = 86400.0
STATIONS = [
    GroundStation("svalbard", 78.2297, 15.4076, 460.0),
    GroundStation("inuvik", 68.3195, -133.5490, 50.0),
    GroundStation("matera", 40.6493, 16.7044, 530.0),
    GroundStation("hartebeesthoek", -25.8870, 27.7070, 1550.0),
    GroundStation("troll", -72.0117, 2.5350, 1270.0),
]
TURNS_PER_DAY = math.sqrt(398600.8 / (6378.135 + 550.0) ** 3) * DAY_S / (2.0 * math.pi)


class Circling(Sgp4):
    """SGP4 from mean elements at 550 km, without a file in between."""

    def __init__(self, raan_deg, mean_anomaly_deg, *, name="one", dut1_s=0.0):
        elements = MeanElements(
            EPOCH, TURNS_PER_DAY, 0.001, 97.597, raan_deg, 90.0, mean_anomaly_deg, 1e-5
        )
        object.__setattr__(self, "elements", elements)
        super().__init__(
            altitude_km=550.0, ltan="00:00", satellite=name, epoch_utc=EPOCH, dut1_s=dut1_s
        )

    @cached_property
    def record(self):
        return self.elements.record("the case")
