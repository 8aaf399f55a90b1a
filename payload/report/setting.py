"""What the page needs to know about the scenario, as recorded in `scenario.json`."""

from dataclasses import dataclass

from pydantic import AwareDatetime

from payload.report.checked import Real


@dataclass(frozen=True, slots=True)
class Station:
    """A ground station."""

    name: str
    lat_deg: Real
    lon_deg: Real


@dataclass(frozen=True, slots=True)
class Satellite:
    """A satellite of the fleet."""

    name: str


@dataclass(frozen=True, slots=True)
class Constellation:
    """Satellites given not one by one, but by planes."""

    planes: int
    satellites_per_plane: int


@dataclass(frozen=True, slots=True)
class Camera:
    """What the page needs to know about the camera."""

    gsd_m: Real


@dataclass(frozen=True, slots=True)
class Memory:
    """What the page needs to know about the memory."""

    capacity_mb: Real


@dataclass(frozen=True, slots=True)
class Pruning:
    """What the page needs to know about pruning."""

    max_cloud_cover: Real
    policy: str = "max_cloud_cover"
    cost_ratio: Real | None = None

    @property
    def judges_by_expectation(self) -> bool:
        """Whether probabilities are summed instead of counting pixels of the mask."""
        return self.policy == "expected_value"

    @property
    def limit(self) -> float:
        """A tile is dropped if its cover, or its expected cover, is above this."""
        if self.judges_by_expectation and self.cost_ratio is not None:
            return self.cost_ratio / (1 + self.cost_ratio)
        return self.max_cloud_cover


@dataclass(frozen=True, slots=True)
class Codec:
    """What the page needs to know about the codec."""

    max_error_dn: Real = 0.0


@dataclass(frozen=True, slots=True)
class Loss:
    """What samples lose before they reach the codec."""

    max_error: Real | None = None
    bits_per_sample: Real | None = None


@dataclass(frozen=True, slots=True)
class Rescheduling:
    """What the page needs to know about rescheduling."""

    policy: str
    max_cloud_cover: Real


@dataclass(frozen=True, slots=True)
class Setting:
    """The parts of `scenario.json` that the page mentions in its own words."""

    epoch_utc: AwareDatetime
    satellites: tuple[Satellite, ...]
    stations: tuple[Station, ...]
    camera: Camera
    memory: Memory
    pruning: Pruning
    rescheduling: Rescheduling
    description: str = ""
    scene: object = None
    codec: Codec = Codec()
    loss: Loss = Loss()
    constellations: tuple[Constellation, ...] = ()

    @property
    def max_error_dn(self) -> float | None:
        """[DN] How far off a restored sample may be; None if only the length of records bounds it."""
        if self.loss.bits_per_sample is not None:
            return self.loss.max_error
        return self.loss.max_error or self.codec.max_error_dn

    @property
    def fleet_size(self) -> int:
        """Number of satellites: those listed one by one, and those of constellations."""
        in_planes = sum(each.planes * each.satellites_per_plane for each in self.constellations)
        return len(self.satellites) + in_planes
