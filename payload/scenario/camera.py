"""The camera, what it is pointed at, and which of its tiles are dropped."""

from typing import Literal, Self

from pydantic import Field, model_validator

from payload.scenario.paths import InputPath
from payload.scenario.section import Section, Share


class MappingModel(Section):
    """Systematic mapping: frame after frame along the track, looking straight down."""

    min_land: Share = Field(
        0.5, description="Minimum share of land around the centre of a frame; 0 includes the sea."
    )
    max_duty: Share = Field(
        1.0,
        description="Largest share of each orbit in which the camera works; frames are omitted "
        "evenly.",
    )
    max_frames_a_day: int | None = Field(
        None, ge=1, description="Most frames per satellite and day, evenly spread."
    )


class TargetsModel(Section):
    """What is wanted: places from a file, or systematic mapping along the track."""

    file: InputPath | None = Field(
        None, description="GeoJSON of points or polygons; `name` and `priority` as properties."
    )
    mapping: MappingModel | None = Field(
        None, description="Instead of a file: systematic mapping along each satellite's track."
    )

    @model_validator(mode="after")
    def _one_of_both(self) -> Self:
        if (self.file is None) == (self.mapping is None):
            raise ValueError("targets: expected either a `file` or `mapping`")
        return self


class CameraModel(Section):
    """The camera: blue, green, red and near infrared."""

    gsd_m: float = Field(gt=0.1, le=1000, description="[m] Ground sample distance at nadir.")
    width_px: int = Field(ge=1, le=65536, description="[px] Columns of an image, across track.")
    height_px: int = Field(ge=1, le=65536, description="[px] Rows of an image, along track.")
    bit_depth: int = Field(12, ge=8, le=16, description="[bit] Bits per raw sample.")
    counted_bands: float = Field(
        0.0,
        ge=0,
        le=1000,
        description="Bands beyond blue, green, red and near infrared: not rendered, only "
        "counted, at the bits per sample of the rendered bands of the same tile. A band of "
        "larger pixels counts as its share of pixels: one of 20 m beside these of 10 m is 0.25. "
        "Reports say so.",
    )
    full_scale_reflectance: float = Field(
        1.6,
        gt=0,
        le=10,
        description="Reflectance at the highest DN; `rasters` scenes bring their own scale. "
        "Assumption: 1.6 keeps bright cloud below saturation.",
    )
    max_off_nadir_deg: float = Field(30.0, ge=0, le=60, description="[deg] Largest roll off nadir.")
    min_sun_elevation_deg: float = Field(
        10.0, ge=-90, le=90, description="[deg] Lowest Sun elevation at a target."
    )
    settle_s: float = Field(
        30.0, ge=0, le=3600, description="[s] Pause between images. Assumption: 30 s."
    )
    slew_deg_per_s: float | None = Field(
        None,
        ge=0.001,
        le=100,
        description="[deg/s] Roll rate from one image to the next, on top of settle_s; if "
        "omitted, settle_s includes any turn.",
    )
    max_images_per_orbit: int | None = Field(
        None, ge=1, le=100_000, description="Most images per satellite in an orbit."
    )
    max_imaging_s_per_orbit: float | None = Field(
        None, gt=0, le=100_000, description="[s] Longest imaging time per satellite in an orbit."
    )


class PruningModel(Section):
    """Which tiles are not worth sending."""

    tile_px: int = Field(
        256,
        ge=8,
        le=4096,
        multiple_of=8,
        description="[px] Side of a tile; if an image has several, a multiple of the masker's "
        "cell size (8; 16 for `fast`).",
    )
    policy: Literal["max_cloud_cover", "expected_value"] = Field(
        "max_cloud_cover",
        description="How a tile is judged. `max_cloud_cover`: by the share of its pixels that "
        "the mask calls cloud. `expected_value`: by the expected cost of losing it against that "
        "of sending it, from the masker's probabilities, which must be calibrated.",
    )
    max_cloud_cover: Share = Field(
        0.7, description="A tile is dropped if its cloud cover exceeds this."
    )
    cost_ratio: float | None = Field(
        None,
        gt=0,
        le=1e6,
        description="For `expected_value`: the cost of losing a clear pixel, in cloudy pixels "
        "sent for nothing. A tile is dropped if its expected clear pixels times this are fewer "
        "than its expected cloudy ones, that is, above an expected cover of ratio / (1 + ratio). "
        "If omitted, that limit is max_cloud_cover: 0.7 is a ratio of 2.33.",
    )
    max_image_cloud_cover: Share = Field(
        0.7,
        description="The arm `discard` drops whole images above this cover; 0.7 as on Phi-Sat-1 "
        "(Giuffrida et al. 2020, doi 10.3390/rs12142205).",
    )
    max_masked_cloud_cover: Share = Field(
        0.95,
        description="The arm `mask` codes only the clear pixels of a tile and drops the tile "
        "above this cover, where little more than its header would be sent. Assumption: 0.95.",
    )

    @property
    def max_expected_cover(self) -> float:
        """For `expected_value`: mean cloud probability above which a tile costs more than it is worth."""
        if self.cost_ratio is None:
            return self.max_cloud_cover
        return self.cost_ratio / (1 + self.cost_ratio)
