"""A plan of the ground as it goes up."""

from dataclasses import dataclass, field

from payload.types import Opportunity

COMMAND_BYTES = 32
"""[byte] Of an image in a plan that goes up: time, attitude, camera. Assumption."""
PLAN_BYTES = 64
"""[byte] Of a plan besides: header and signature. Assumption."""


@dataclass(frozen=True, slots=True)
class Draft:
    """A plan that the ground has made and may send up.

    Attributes:
        judged: Of how many images the ground knew the cover.
        items: By satellite, in order of time.
        trusted: By satellite, targets that it should care for, planned or not.
        wanted_from_s: [s] By target, as the ground knows and expects.
        open_from_s: [s] By target, as the ground has heard, whatever it expects.
        told_until_s: [s] By satellite: of what it did until then the ground has heard.
    """

    number: int
    made_s: float
    judged: int
    items: dict[str, list[Opportunity]]
    trusted: dict[str, frozenset[str]]
    wanted_from_s: dict[str, float]
    p_clear: dict[str, float]
    open_from_s: dict[str, float] = field(default_factory=dict[str, float])
    told_until_s: dict[str, float] = field(default_factory=dict[str, float])
