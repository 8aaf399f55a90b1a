"""Mass memory: how much, for which targets, what is dropped when it is full, what the ground may still request."""

from typing import Literal, Self

from pydantic import Field, model_validator

from payload.scenario.section import Section
from payload.units import BYTES_PER_MB

WhenFull = Literal["newest", "oldest", "cloudiest", "lowest_value_per_byte"]
SendOrder = Literal["first_in", "priority", "deadline", "clearest_first", "value_per_byte"]


class PartitionModel(Section):
    """A part of the memory reserved for targets of a minimum priority."""

    min_priority: float = Field(
        0.0,
        ge=0,
        le=1e6,
        description="A target of at least this priority, and below that of others.",
    )
    share: float = Field(gt=0, le=1, description="Share of the capacity.")


class MemoryModel(Section):
    """The mass memory shared by raw and compressed images."""

    capacity_mb: float = Field(gt=0, le=1e9, description="[MB] Capacity, 1 MB = 1,000,000 bytes.")
    partitions: tuple[PartitionModel, ...] = Field(
        (),
        max_length=16,
        description="Parts by the target's priority; their shares make 1. None: all share all. A target "
        "below every `min_priority` uses the lowest part.",
    )
    when_full: WhenFull = Field(
        "newest",
        description="What is dropped when a new tile finds no room; the new tile stands in the row too. "
        "Tiles not judged count as half cloudy; what has begun to go down is never dropped.",
    )
    send_order: SendOrder = Field(
        "first_in",
        description="What is sent next. `deadline` goes by the targets' `deliver_within_h`. What has "
        "begun is finished first.",
    )
    keep_pruned_h: float = Field(
        0.0,
        ge=0,
        le=24 * 366,
        description="[h] How long pruned tiles stay, raw, in room that nobody needs, so that the ground "
        "may ask for them.",
    )

    @property
    def capacity_bytes(self) -> int:
        """[byte] Capacity."""
        return int(self.capacity_mb * BYTES_PER_MB)

    @model_validator(mode="after")
    def _partitions_fill_the_memory(self) -> Self:
        if self.partitions:
            total = sum(part.share for part in self.partitions)
            if abs(total - 1) > 1e-9:
                raise ValueError(f"the shares of the partitions make {total:g}; 1 is wanted")
            least = [part.min_priority for part in self.partitions]
            if len(set(least)) < len(least):
                raise ValueError(
                    "two partitions have the same min_priority; they need different ones"
                )
        return self


class RequestsModel(Section):
    """Which of the pruned tiles that are kept the ground requests; see `memory.keep_pruned_h`."""

    policy: Literal["none", "least_sure", "clearest"] = Field(
        "none",
        description="`least_sure`: those whose expected cover is nearest to the limit of the pruning. "
        "`clearest`: those of the smallest expected cover. What the ground knows of a pruned tile is its "
        "estimated cover, told in a contact, from its thumbnail on.",
    )
    max_per_contact: int = Field(
        10, ge=1, le=100_000, description="Tiles asked for in one contact."
    )
    round_trip_s: float = Field(
        5.0,
        ge=0,
        le=86400,
        description="[s] From the begin of a contact, or from the arrival of thumbnails in it, to the request "
        "on board. Assumption: 5.",
    )
    thumbnail_factor: int | None = Field(
        16,
        ge=1,
        le=4096,
        description="[px] Of each pruned tile that is kept a thumbnail goes down first, bands averaged over "
        "squares of this side; only tiles whose thumbnail has arrived are asked for. Null: there are none, and "
        "the ground hears the cover of all. Where nobody asks (`policy: none`), none are made.",
    )
