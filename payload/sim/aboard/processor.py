"""How the tiles of an image are judged on board, from facts that are rendered or drawn."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from payload.darkroom.facts import TileFacts
from payload.darkroom.memo import Memo
from payload.energy import ComputeProfile
from payload.pruning import decide
from payload.sim.arms import Arm
from payload.types import Acquisition, CoverEstimate, Decision, TileOutcome
from payload.units import PX_PER_MPX


@dataclass(frozen=True)
class Processor:
    """Decides on every tile from its facts, rendered or drawn; time and energy come from the computer's profile."""

    memo: Memo
    arm: Arm
    profile: ComputeProfile
    compression_mpx_per_s: float

    def judge(self, acquisition: Acquisition, tile_ids: Iterable[str]) -> list[TileOutcome]:
        """Outcomes of those tiles of an image that are in memory, in grid order.

        If the policy judges whole images, tiles are only masked here: `judge_whole` decides.
        """
        stored = self.memo.develop(acquisition, keep_records=self.arm.is_scenarios_own)
        if tile_ids is not acquisition.tile_ids:
            wanted = set(tile_ids)
            stored = tuple([fact for fact in stored if fact.tile_id in wanted])
        covers = self._covers(stored)
        if self.arm.policy.unit == "image":
            return [self._masked(*item) for item in zip(stored, covers, strict=True)]
        decisions = decide(covers, self.arm.policy)
        is_blind = self.arm.mask == "none"
        return [
            self._found(fact, None if is_blind else cover, decision)
            for fact, cover, decision in zip(stored, covers, decisions, strict=True)
        ]

    def judge_whole(
        self, acquisition: Acquisition, outcomes: Sequence[TileOutcome]
    ) -> list[tuple[TileOutcome, TileOutcome]]:
        """Decide on an image by the masks available: each masked tile, and its outcome.

        A tile without a mask, or whose mask came too late, is ignored. Seconds and joules of an outcome are those spent
        after masking.

        Args:
            acquisition: The image.
            outcomes: The tiles that were worked on.
        """
        masked = [outcome for outcome in outcomes if outcome.cover is not None]
        covers = [outcome.cover for outcome in masked if outcome.cover is not None]
        facts = {fact.tile_id: fact for fact in self.memo.develop(acquisition)}
        return [
            (outcome, self._found(facts[outcome.tile_id], cover, decision, is_masked=True))
            for outcome, cover, decision in zip(
                masked, covers, decide(covers, self.arm.policy), strict=True
            )
        ]

    def thumbnail_bytes(self, acquisition: Acquisition, tile_id: str) -> int | None:
        """[byte] Length of the record of a tile's thumbnail; None if none are made."""
        thumbnail = self.memo.facts(acquisition, tile_id).thumbnail
        return None if thumbnail is None else thumbnail.bytes

    def reprieve(self, acquisition: Acquisition, outcome: TileOutcome) -> TileOutcome:
        """Outcome of a pruned tile that the ground asks for: it is only compressed."""
        facts = self.memo.develop(acquisition)
        fact = facts[acquisition.tile_ids.index(outcome.tile_id)]
        busy_s = fact.encodings * fact.pixels / PX_PER_MPX / self.compression_mpx_per_s
        return outcome._replace(
            encoded_bytes=fact.encoded_bytes,
            decision=Decision(keep=True, why=f"fetched; {outcome.decision.reason}"),
            busy_s=busy_s,
            energy_j=self.profile.energy_j(busy_s),
        )

    def unmasked(self, acquisition: Acquisition, tile_id: str, *, keep: bool) -> TileOutcome:
        """Outcome of a tile that there was no time to mask: compressed and kept, or dropped unseen."""
        facts = self.memo.develop(acquisition, keep_records=self.arm.is_scenarios_own)
        fact = facts[acquisition.tile_ids.index(tile_id)]
        what = "sent unmasked" if keep else "dropped"
        return self._found(fact, None, Decision(keep=keep, why=f"deadline missed: {what}"))

    def _covers(self, facts: Iterable[TileFacts]) -> list[CoverEstimate]:
        """Covers according to the arm's masker; a perfect mask falls back on the scenario's where there is no truth."""
        if self.arm.mask != "perfect":
            return [fact.estimate for fact in facts]
        return [fact.estimate if fact.perfect is None else fact.perfect for fact in facts]

    def _masked(self, fact: TileFacts, cover: CoverEstimate) -> TileOutcome:
        """Interim outcome of a tile that is masked and waits, raw, for the rest of its image."""
        busy_s = self.profile.busy_s(fact.pixels)
        return TileOutcome(
            tile_id=fact.tile_id,
            raw_bytes=fact.raw_bytes,
            encoded_bytes=fact.raw_bytes,
            decision=Decision(keep=True, why="its image is not judged yet"),
            cover=cover,
            busy_s=busy_s,
            energy_j=self.profile.energy_j(busy_s),
        )

    def _found(
        self,
        fact: TileFacts,
        cover: CoverEstimate | None,
        decision: Decision,
        *,
        is_masked: bool = False,
    ) -> TileOutcome:
        """Outcome of a tile; one without a cover was not masked. Averaging takes no time. Assumption."""
        arm, profile, keep = self.arm, self.profile, decision.keep
        encodes = keep and arm.compresses
        busy_s = 0.0 if cover is None or is_masked else profile.busy_s(fact.pixels)
        part = fact.clear_part if arm.leaves_cloud_out and cover is not None else None
        if encodes:
            times = fact.encodings if part is None else part.encodings
            busy_s += times * fact.pixels / PX_PER_MPX / self.compression_mpx_per_s
        elif not keep and fact.thumbnail is not None:
            busy_s += fact.thumbnail.pixels / PX_PER_MPX / self.compression_mpx_per_s
        whole_or_part = fact if part is None else part
        return TileOutcome(
            fact.tile_id,
            fact.raw_bytes,
            whole_or_part.encoded_bytes if encodes else fact.raw_bytes,
            decision,
            cover,
            busy_s,
            profile.energy_j(busy_s),
            None if part is None or not encodes else part.not_coded,
        )
