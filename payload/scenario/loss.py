"""What compression may lose: nothing, unless a scenario says so."""

from pydantic import Field

from payload.scenario.section import Section


class LossModel(Section):
    """Near-lossless compression, with any codec; the arm `raw` loses nothing."""

    max_error: int | None = Field(
        None,
        ge=0,
        lt=2**15,
        description="[DN] By how much a sample may be off at most; each record is verified. Lossless if left "
        "out. With bits_per_sample the largest error that may be chosen.",
    )
    bits_per_sample: float | None = Field(
        None,
        gt=0,
        le=32,
        description="What the record of a tile may take of each of its samples, all bytes counted: the "
        "smallest error that meets it is chosen, tile by tile.",
    )
