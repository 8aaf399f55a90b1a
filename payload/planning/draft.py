"""A plan of the ground, as it is uplinked."""

from dataclasses import dataclass, field

from payload.types import Opportunity

COMMAND_BYTES = 32
"""[byte] Of each image in an uplinked plan: time, attitude, camera. Assumption."""
PLAN_BYTES = 64
"""[byte] Of a plan in addition: header and signature. Assumption."""


@dataclass(frozen=True, slots=True)
class Draft:
    """A plan that the ground has made and may send up.

    Attributes:
        judged: Number of images whose cover the ground knew.
        items: By satellite, in time order.
        trusted: By satellite, targets that it is responsible for, planned or not.
        wanted_from_s: [s] By target, from what the ground knows and expects.
        open_from_s: [s] By target, from what the ground has heard alone, whatever it expects.
        told_until_s: [s] By satellite: the ground has heard of all that it did until then.
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
