"""The camera, what it is pointed at, and which of its tiles are dropped."""

from typing import Literal, Self

from pydantic import Field, model_validator

from payload.scenario.paths import InputPath
from payload.scenario.section import Section, Share


class MappingModel(Section):
    """Systematic mapping: frame after frame along the track, looking straight down."""

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
    """What is wanted: places from a file, or systematic mapping along the track."""

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
    slew_deg_per_s: float | None = Field(
        None,
        ge=0.001,
        le=100,
        description="[deg/s] Of the roll from one image to the next, on top of settle_s; without it the turn "
        "is part of settle_s, however far it goes.",
    )
    max_images_per_orbit: int | None = Field(
        None, ge=1, le=100_000, description="Most images of a satellite in an orbit."
    )
    max_imaging_s_per_orbit: float | None = Field(
        None, gt=0, le=100_000, description="[s] Longest imaging of a satellite in an orbit."
    )


class PruningModel(Section):
    """Which tiles are not worth sending."""

    tile_px: int = Field(
        256,
        ge=8,
        le=4096,
        multiple_of=8,
        description="[px] Side of a tile; where there are several, a multiple of the cells in which the masker works (8, of `fast` 16).",
    )
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
    max_masked_cloud_cover: Share = Field(
        0.95,
        description="The arm `mask` codes only what is clear of a tile, and drops it above this cover, "
        "where little more than its header would be sent. Assumption: 0.95.",
    )

    @property
    def max_expected_cover(self) -> float:
        """For `expected_value`: mean cloud probability above which a tile costs more than it is worth."""
        if self.cost_ratio is None:
            return self.max_cloud_cover
        return self.cost_ratio / (1 + self.cost_ratio)
