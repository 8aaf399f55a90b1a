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
        description="Lowest target priority of this part; it holds targets up to the next part's.",
    )
    share: float = Field(gt=0, le=1, description="Share of the capacity.")


class MemoryModel(Section):
    """The mass memory shared by raw and compressed images."""

    capacity_mb: float = Field(gt=0, le=1e9, description="[MB] Capacity, 1 MB = 1,000,000 bytes.")
    partitions: tuple[PartitionModel, ...] = Field(
        (),
        max_length=16,
        description="Parts by target priority; their shares add up to 1. If none, all targets "
        "share the whole memory. A target below every `min_priority` uses the lowest part.",
    )
    when_full: WhenFull = Field(
        "newest",
        description="What is dropped when a new tile finds no room; the new tile is a candidate "
        "too. Tiles not judged count as half cloudy; tiles whose transmission has begun are "
        "never dropped.",
    )
    send_order: SendOrder = Field(
        "first_in",
        description="What is sent next. `deadline` uses the targets' `deliver_within_h`. What "
        "has begun is finished first.",
    )
    keep_pruned_h: float = Field(
        0.0,
        ge=0,
        le=24 * 366,
        description="[h] How long pruned tiles stay, raw, in otherwise unused memory, for the "
        "ground to request.",
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
                raise ValueError(f"the shares of the partitions add up to {total:g}; expected 1")
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
        description="`least_sure`: tiles whose expected cover is nearest to the pruning limit. "
        "`clearest`: those with the smallest expected cover. The ground knows only a pruned "
        "tile's estimated cover, which it learns in a contact, from its thumbnail on.",
    )
    max_per_contact: int = Field(
        10, ge=1, le=100_000, description="Most tiles requested in one contact."
    )
    round_trip_s: float = Field(
        5.0,
        ge=0,
        le=86400,
        description="[s] From the start of a contact, or the arrival of thumbnails in it, until "
        "the request is on board. Assumption: 5.",
    )
    thumbnail_factor: int | None = Field(
        16,
        ge=1,
        le=4096,
        description="[px] A thumbnail of each kept pruned tile is sent first, bands averaged "
        "over squares of this side; only tiles whose thumbnail has arrived are requested. Null: "
        "no thumbnails; the ground receives the covers of all. With `policy: none`, no "
        "thumbnails are made.",
    )
