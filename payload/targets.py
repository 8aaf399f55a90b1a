"""What the customer wants: places, and areas as shots."""

import math
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Coverage:
    """The part of an area that a shot shows.

    Attributes:
        area: The area's name.
        tile_shares: Share of the whole area that lies in each tile of the shot, in grid order.
    """

    area: str
    tile_shares: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class Target:
    """A place that the customer wants: a point, the point that stands for an area, or one shot of an area.

    Attributes:
        name: Unique; "<area>/<number>" for one of several shots.
        lat_deg: [deg] Geodetic, of the centre.
        lon_deg: [deg] Of the centre.
        priority: What a clear image of it is worth.
        deliver_within_s: [s] From exposure to the ground.
        due_s: [s] After the epoch: a clear image of it should be on the ground by then.
        repeat_s: [s] After a clear image, when another is wanted; infinite if only one is.
        arrives_s: [s] After the epoch: it is not known before.
        max_cloud_cover: An image is cloudy above it; None for the scenario's limit.
        min_sun_elevation_deg: [deg] Lowest sun, if higher than the camera's.
        max_off_nadir_deg: [deg] How far to the side, if less than the camera's.
        coverage: What it shows of an area; None for a point.
    """

    name: str
    lat_deg: float
    lon_deg: float
    priority: float = 1.0
    deliver_within_s: float = math.inf
    due_s: float = math.inf
    repeat_s: float = math.inf
    arrives_s: float = 0.0
    max_cloud_cover: float | None = None
    min_sun_elevation_deg: float | None = None
    max_off_nadir_deg: float | None = None
    coverage: Coverage | None = None

    @property
    def request(self) -> str:
        """Name of what the customer asked for: the area of which this is a shot, or the place itself."""
        return self.name if self.coverage is None else self.coverage.area

    @property
    def worth(self) -> float:
        """What a clear image of it adds to the value of a flight: its priority; for a shot, times its share of the area."""
        if self.coverage is None:
            return self.priority
        return self.priority * math.fsum(self.coverage.tile_shares)


def is_within(limit: float, *, cloudy_px: float, pixels: int) -> bool:
    """Whether the cloudy share of the pixels is at most a cover limit; true if there are no pixels.

    A quotient is rounded to the nearest float, and so is the decimal that a user writes: equal shares are equal floats,
    and rounding preserves the order of others. A product with the limit would be rounded differently.

    >>> is_within(0.57, cloudy_px=57, pixels=100), 57 <= 0.57 * 100
    (True, False)
    """
    return not pixels or cloudy_px / pixels <= limit


def is_clear_enough(limit: float, *, clear_px: int, pixels: int) -> bool:
    """Whether an image with this many clear pixels is within a cover limit.

    >>> is_clear_enough(0.7, clear_px=3, pixels=10), 3 >= (1 - 0.7) * 10
    (True, False)
    """
    return is_within(limit, cloudy_px=pixels - clear_px, pixels=pixels)
