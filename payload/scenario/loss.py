"""What compression may lose: nothing, unless a scenario says so."""

from pydantic import Field

from payload.scenario.section import Section


class LossModel(Section):
    """Near-lossless compression, with any codec; the arm `raw` loses nothing."""

    max_error: int | None = Field(
        None,
        ge=0,
        lt=2**15,
        description="[DN] Largest error of any sample; each record is verified. Lossless if "
        "omitted. With bits_per_sample, the largest error that may be chosen.",
    )
    bits_per_sample: float | None = Field(
        None,
        gt=0,
        le=32,
        description="Bits that a tile's record may take per sample, counting all its bytes: the "
        "smallest error that meets this is chosen, tile by tile.",
    )
