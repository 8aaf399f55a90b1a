"""The surrogate: donors, and how one is chosen for a tile."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass, fields
from functools import cached_property
from typing import Annotated, Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from payload.provenance import digest_json
from payload.student import Z_95
from payload.surrogate.fitted import FittedOn
from payload.surrogate.likeness import Likeness, likeness
from payload.types import SURFACES, CoverEstimate, Glance

_COUNTS = ("true_cloud_px", "missed_cloud_px", "false_cloud_px", "true_clear_px")

Count = Annotated[int, Field(ge=0)]
Real = Annotated[float, Field(allow_inf_nan=False)]


@dataclass(frozen=True, slots=True)
class Donors:
    """Painted tiles, one column for each figure, all of the same length.

    Attributes:
        scene: Number of the scene that a tile belongs to.
        surface: Index into `SURFACES`.
        cover: At a glance, 0 to 1.
        thick_cover: Cover by thick cloud, 0 to 1; None where the glance does not give it.
        sun_deg: [deg] Elevation of the sun.
        true_cloud_px: [px] Truth and masker say cloud.
        missed_cloud_px: [px] Truth alone says cloud.
        false_cloud_px: [px] The masker alone says cloud.
        true_clear_px: [px] Neither says cloud.
        expected_cloud_px: [px] Sum of probabilities, rounded.
        raw_bytes: [byte] The tile as a raw record.
        encoded_bytes: [byte] The tile as the codec's record.
    """

    scene: tuple[Count, ...]
    surface: tuple[Annotated[int, Field(ge=0, lt=len(SURFACES))], ...]
    cover: tuple[Annotated[float, Field(ge=0, le=1)], ...]
    thick_cover: tuple[Annotated[float, Field(ge=0, le=1)] | None, ...]
    sun_deg: tuple[Annotated[float, Field(ge=-90, le=90)], ...]
    true_cloud_px: tuple[Count, ...]
    missed_cloud_px: tuple[Count, ...]
    false_cloud_px: tuple[Count, ...]
    true_clear_px: tuple[Count, ...]
    expected_cloud_px: tuple[Count, ...]
    raw_bytes: tuple[Annotated[int, Field(ge=1)], ...]
    encoded_bytes: tuple[Annotated[int, Field(ge=1)], ...]


class Shares(NamedTuple):
    """What a tile takes from its donor, all from the same one.

    Attributes:
        found: Share of cloud that is called cloud, 0 to 1.
        wrong: Share of clear ground that is called cloud, 0 to 1.
        surplus: Expected cloud by probabilities minus cloud in the mask, as a share of the tile, -1 to 1.
        own_bytes: [byte] Fixed cost of the record, however small the tile is.
        pixel_bytes: [byte] Further cost of each pixel.
    """

    found: float
    wrong: float
    surplus: float
    own_bytes: float
    pixel_bytes: float


@dataclass(frozen=True, slots=True)
class Error:
    """Drawn minus painted, on held-out tiles.

    Attributes:
        tile_mean: Mean of a painted tile.
        tile_bias: Mean error of a tile.
        tile_low: Lower end of the interval that holds 95 % of the errors of tiles.
        tile_high: Its upper end.
        total_bias: Relative error of a total over all held-out scenes.
        total_spread: Standard deviation of one scene's error over the mean of a scene.
        scenes: Number of held-out scenes.
    """

    tile_mean: Real
    tile_bias: Real
    tile_low: Real
    tile_high: Real
    total_bias: Real
    total_spread: Real
    scenes: Count

    def total(self, images: int) -> tuple[float, float] | None:
        """95 % interval of the relative error of a total over this many similar scenes; None for no images or no held-out scenes.

        Errors of scenes are taken as independent; the interval is wider because the bias itself is known from a few scenes
        only, and ends at -1, as no total is negative. It applies to the held-out mix of ground, sky and sun, and to the
        rule used there; a flight has its own: see `doubt`.
        """
        if not images or not self.scenes:
            return None
        half = Z_95 * self.total_spread * (1 / images + 1 / self.scenes) ** 0.5
        return max(self.total_bias - half, -1.0), self.total_bias + half


@dataclass(frozen=True, slots=True)
class HeldOut:
    """Errors of the surrogate on held-out scenes, in the figures that a mission counts.

    Attributes:
        scenes: Number of scenes kept out of the fit.
        tiles: Number of their tiles.
        max_cloud_cover: Threshold on the mask's cover by which whole tiles were kept here.
        kept_bytes: [byte] Records of kept tiles.
        kept_clear_px: [px] Clear ground in kept tiles.
    """

    scenes: Count
    tiles: Count
    max_cloud_cover: Real
    kept_bytes: Error
    kept_clear_px: Error


@dataclass(frozen=True)
class Surrogate:
    """Masker and codec as a distribution over donors, with its error.

    Attributes:
        fitted_on: What it is valid for.
        donors: What it draws from.
        held_out: Its error.
        own_bytes: [byte] Fixed cost of a record, however small its tile is: header, tables, a predictor that has to learn.
            0 if not measured, as in older files.
    """

    fitted_on: FittedOn
    donors: Donors
    held_out: HeldOut
    own_bytes: Count = 0

    @cached_property
    def digest(self) -> str:
        """SHA-256 of its content."""
        return digest_json(plain(self))

    @property
    def scenes(self) -> int:
        """Number of scenes that the donors come from; they are numbered from 0."""
        return int(self._columns["scene"].max()) + 1

    def neighbours_each(self, glances: Sequence[Glance]) -> list[NDArray[np.intp]]:
        """Indices of the donors most similar to each of many tiles, ascending."""
        return list(self.looks.nearest_of_all(likeness(glances)))

    @cached_property
    def looks(self) -> Likeness:
        """The donors as they look at a glance."""
        at = self._columns
        surface = at["surface"].astype(np.intp)
        return Likeness(surface, at["cover"], at["thick_cover"], at["sun_deg"])

    @cached_property
    def _columns(self) -> dict[str, NDArray[np.float64]]:
        """Columns of the donors as arrays."""
        return {
            item.name: np.array(getattr(self.donors, item.name), np.float64)
            for item in fields(Donors)
        }

    @cached_property
    def pixels(self) -> NDArray[np.float64]:
        """[px] Of each donor, shape (N,)."""
        pixels: NDArray[np.float64] = np.sum([self._columns[name] for name in _COUNTS], axis=0)
        return pixels

    @cached_property
    def shares(self) -> list[Shares]:
        """What tiles take from each donor."""
        at = self._columns
        cloudy = at["true_cloud_px"] + at["missed_cloud_px"]
        clear = at["true_clear_px"] + at["false_cloud_px"]
        called = at["true_cloud_px"] + at["false_cloud_px"]
        found = at["true_cloud_px"] / np.maximum(cloudy, 1)
        wrong = at["false_cloud_px"] / np.maximum(clear, 1)
        surplus = (at["expected_cloud_px"] - called) / self.pixels
        a_pixel = (at["encoded_bytes"] - self.own_costs) / self.pixels
        columns = (found, wrong, surplus, self.own_costs, a_pixel)
        return [Shares(*row) for row in zip(*(each.tolist() for each in columns), strict=True)]

    @cached_property
    def own_costs(self) -> NDArray[np.float64]:
        """[byte] Fixed cost in each donor's record, shape (N,); the shortest records consist of nothing else."""
        return np.minimum(self.own_bytes, self._columns["encoded_bytes"])

    @cached_property
    def lengths(self) -> NDArray[np.float64]:
        """Length and fixed cost of each donor's record, as shares of the raw record; shape (N, 2)."""
        at = self._columns
        both = np.stack([at["encoded_bytes"], self.own_costs], axis=1)
        return np.asarray(both / at["raw_bytes"][:, None], np.float64)

    @cached_property
    def true_cover(self) -> NDArray[np.float64]:
        """True cover of each donor, as painted, 0 to 1, shape (N,)."""
        at = self._columns
        return np.asarray((at["true_cloud_px"] + at["missed_cloud_px"]) / self.pixels, np.float64)

    @cached_property
    def scene_of(self) -> NDArray[np.intp]:
        """Number of each donor's scene, shape (N,)."""
        return self._columns["scene"].astype(np.intp)


@dataclass(frozen=True, slots=True)
class TileSize:
    """Size of a tile: its area [px], and the length of its raw record [byte]."""

    pixels: int
    raw_bytes: int


def draw(
    surrogate: Surrogate,
    glance: Glance,
    rng: np.random.Generator,
    size: TileSize,
    *,
    mood: NDArray[np.float64] | None = None,
) -> tuple[CoverEstimate, int]:
    """Draw the masker's estimate for a tile, and the length of its record.

    The true cover is the glance's; the share of cloud found, the share of clear ground called cloud, the
    deviation of probabilities from the mask, and the record length all come from one donor.
    Assumption: a tile of another size has the same shares, and a record with the same fixed cost and cost per pixel.

    Args:
        surrogate: Fitted to the payload that flies.
        glance: What is known of the tile.
        rng: Keyed by the tile.
        size: Of the tile.
        mood: One number from 0 to 1 for each scene of the donors, keyed by the image: tiles of one image
            then prefer donors of one scene, as they share haze, ground and sun. The probability of each
            donor stays the same.

    Returns:
        The estimate with its counts against truth, and the record's length in bytes.
    """
    (donor,) = donors_of_each(surrogate, [(glance, rng, size)], mood=mood).tolist()
    return as_donor(surrogate.shares[donor], glance.cover, size)


def donors_of_each(
    surrogate: Surrogate,
    tiles: Sequence[tuple[Glance, np.random.Generator, TileSize]],
    *,
    mood: NDArray[np.float64] | None = None,
) -> NDArray[np.intp]:
    """Indices of the donors that `draw` picks for an image's tiles, shape (N,)."""
    nears = np.array(surrogate.neighbours_each([glance for glance, _, _ in tiles]))
    lots = np.array([rng.random() for _, rng, _ in tiles])
    if mood is None:
        chosen: NDArray[np.intp] = nears[
            np.arange(lots.size), (lots * nears.shape[1]).astype(np.intp)
        ]
        return chosen
    scenes = surrogate.scene_of[nears]
    return of_one_scene(nears, scenes, mood[scenes], lots)


def as_donor(shares: Shares, cover: float, size: TileSize) -> tuple[CoverEstimate, int]:
    """The estimate and record length of a tile of this cover and size with a donor's shares."""
    pixels = size.pixels
    cloudy_px = round(cover * pixels)
    clear_px = pixels - cloudy_px
    true_cloud_px = round(shares.found * cloudy_px)
    false_cloud_px = round(shares.wrong * clear_px)
    cloud_px = true_cloud_px + false_cloud_px
    estimate = CoverEstimate(
        pixels,
        cloud_px,
        true_cloud_px=true_cloud_px,
        missed_cloud_px=cloudy_px - true_cloud_px,
        false_cloud_px=false_cloud_px,
        true_clear_px=clear_px - false_cloud_px,
        expected_cloud_px=min(max(cloud_px + shares.surplus * pixels, 0.0), float(pixels)),
    )
    encoded_bytes = round(shares.own_bytes + shares.pixel_bytes * pixels)
    return estimate, max(1, min(encoded_bytes, size.raw_bytes))


def of_one_scene(
    nears: NDArray[np.intp],
    scenes: NDArray[np.intp],
    moods: NDArray[np.float64],
    lots: NDArray[np.float64],
) -> NDArray[np.intp]:
    """A donor for each tile, shape (N,): first a scene, drawn in proportion to its number of donors, then one of those.

    Args:
        nears: The donors that resemble each tile, shape (N, M).
        scenes: The scene of each, same shape.
        moods: The image's mood for that scene, same shape: see `draw`.
        lots: Numbers from 0 to 1 that select a donor of the scene, shape (N,).

    Source: Efraimidis and Spirakis 2006, Weighted random sampling with a reservoir.
    """
    many = (scenes[:, :, None] == scenes[:, None]).sum(axis=2)
    rank = np.log(np.maximum(moods, 1e-300)) / many
    tiles = np.arange(lots.size)
    first = rank.argmax(axis=1)
    is_of_it = scenes == scenes[tiles, first][:, None]
    turn = (lots * many[tiles, first]).astype(np.intp)
    place = (is_of_it.cumsum(axis=1) > turn[:, None]).argmax(axis=1)
    chosen: NDArray[np.intp] = nears[tiles, place]
    return chosen


def plain(surrogate: Surrogate) -> dict[str, Any]:
    """The content of a surrogate as it is written to a file."""
    return {
        "fitted_on": asdict(surrogate.fitted_on),
        "held_out": asdict(surrogate.held_out),
        "own_bytes": surrogate.own_bytes,
        "donors": {item.name: getattr(surrogate.donors, item.name) for item in fields(Donors)},
    }
