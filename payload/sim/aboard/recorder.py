"""The recorder of a satellite: it keeps tiles from exposure until they leave, and books what becomes of them."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field

import simpy

from payload.ledger import Album, Fate, Image, Ledger
from payload.ledger.book import DELIVERED, LOST, ON_BOARD, OVERFLOWED, PRUNED, SAVED
from payload.pruning import expected_cover
from payload.rng import key
from payload.sim.aboard.cover_reports import CoverReports
from payload.sim.aboard.memory import MassMemory
from payload.sim.aboard.power import Power, Unlimited
from payload.sim.aboard.reports import Reports
from payload.sim.aboard.sending import RANKS
from payload.sim.aboard.shelf import Shelf
from payload.sim.aboard.thumbnails import Thumbnails
from payload.sim.aboard.transmitter import Transmitter
from payload.sim.assemble import Assembly
from payload.sim.ground import Ground, Story
from payload.sim.log import Log
from payload.types import Acquisition, TileOutcome
from payload.units import S_PER_H


@dataclass(slots=True)
class _Aboard:
    """An image with tiles on board: how many, and the outcomes of those that were worked on."""

    acquisition: Acquisition
    is_retake: bool
    tiles: int
    outcomes: dict[str, TileOutcome] = field(default_factory=dict[str, TileOutcome])


@dataclass
class Recorder:
    """Mass memory, and the radio's queue of what is ready in it.

    Attributes:
        thumbnail_bytes: [byte] Length of the record of a tile's thumbnail; None if none are made.
        album: Where images go once nothing of them is left on board.
    """

    env: simpy.Environment
    name: str
    assembly: Assembly
    ground: Ground
    ledger: Ledger
    log: Log
    thumbnail_bytes: Callable[[Acquisition, str], int | None]
    power: Power = field(default_factory=Unlimited)
    album: Album = field(default_factory=Album)
    fetched: dict[str, None] = field(default_factory=dict[str, None])

    def __post_init__(self) -> None:
        scenario = self.assembly.scenario
        rules = self.rules = scenario.memory
        self.memory = MassMemory(
            rules.capacity_bytes,
            [
                (part.min_priority, int(part.share * rules.capacity_bytes))
                for part in rules.partitions
            ],
            rules.when_full,
        )
        self.transmitter = Transmitter(
            self.env,
            self.assembly.rates,
            scenario.seed,
            arrived=self.arrived,
            given_up=self.given_up,
            begun=self.pin,
            nak_delay_s=scenario.radio.nak_delay_s,
            locks_anew=scenario.radio.lock_anew,
            duty=self.assembly.duty_cycle(self.name),
            power=self.power,
        )
        self._rank = RANKS[rules.send_order]
        self._image_of: dict[str, _Aboard] = {}
        self._taken = 1
        self._targets = {target.name: target for target in self.assembly.targets}
        self._strikes = 0
        self.thumbnails = Thumbnails(
            self.env, self.ledger, self.memory, self.transmitter, room=self._make_room
        )
        loop = self.ground.loop
        self.cover_reports = CoverReports(self.env, self.ledger, self.transmitter)
        self.reports = Reports(self.env, self.ledger, self.transmitter, loop.received, loop.lost)

    def store(self, acquisition: Acquisition, *, is_retake: bool = False) -> Sequence[str]:
        """Store the tiles of an image as far as there is room; ids of those stored."""
        target = self._targets[acquisition.opportunity.target]
        due_s, priority = acquisition.time_s + target.deliver_within_s, target.priority
        tile_ids, raw_bytes = acquisition.tile_ids, acquisition.tile_raw_bytes
        self.ledger.acquire(tile_ids, raw_bytes, self.env.now)
        image = _Aboard(acquisition, is_retake, len(tile_ids))
        self._image_of |= dict.fromkeys(tile_ids, image)
        shelves = [
            Shelf(tile_id, each, order, priority, due_s, None, each)
            for order, (tile_id, each) in enumerate(
                zip(tile_ids, raw_bytes, strict=True), self._taken
            )
        ]
        self._taken += len(shelves)
        if self.memory.put(*shelves):
            return tile_ids
        refused = [shelf for shelf in shelves if not self._admit(shelf)]
        for shelf in refused:  # only now, or the image could count as gone too early
            self._one_less(self._image_of.pop(shelf.tile_id))
        if refused:
            lost_bytes, detail = sum(shelf.bytes for shelf in refused), f"{len(refused)} tiles"
            self.log.note(self.name, "overflowed", acquisition.id, lost_bytes, detail)
        return [tile_id for tile_id in tile_ids if self.holds(tile_id)]

    def _admit(self, shelf: Shelf) -> bool:
        """Make room for a new tile and store it; False if it is itself the one to be dropped."""
        if self.memory.put(shelf) or (self._make_room(shelf) and self.memory.put(shelf)):
            return True
        self.ledger.settle(shelf.tile_id, OVERFLOWED, shelf.bytes, self.env.now)
        self.ledger.finish(shelf.tile_id, OVERFLOWED, shelf.bytes)
        return False

    def _make_room(self, shelf: Shelf) -> bool:
        """Drop what has to go for a new item; False, with nothing dropped, if the new item is itself refused."""
        goes = self.memory.who_goes(shelf)
        if not goes:
            return goes is not None
        for tile_id in goes:
            if not self.holds(tile_id):
                continue  # a thumbnail that went with its tile
            is_spare = self.memory.items[tile_id].is_spare
            held_bytes = self.drop(tile_id, OVERFLOWED)
            if not is_spare:
                self.log.note(self.name, "dropped", tile_id, held_bytes, self.rules.when_full)
        return True

    def holds(self, tile_id: str) -> bool:
        """Whether a tile is still on board."""
        return tile_id in self.memory.items

    def pin(self, tile_id: str) -> bool:
        """Protect a tile being worked on or sent from being dropped; False if it is not in memory, like a report."""
        shelf = self.memory.items.get(tile_id)
        if shelf is None:
            return False
        shelf.is_pinned, shelf.is_spare = True, False
        self.memory.relabel(shelf)
        return True

    def put_away(self, outcome: TileOutcome) -> None:
        """Replace a raw tile by what is kept of it, and queue that for the radio.

        A pruned tile may stay as it is while there is room; its thumbnail, if any, is then queued. Nothing happens if the
        tile's memory bank has failed in the meantime.
        """
        tile_id = outcome.tile_id
        shelf = self.memory.items.get(tile_id)
        if shelf is None:
            return
        image = self._image_of[tile_id]
        image.outcomes[tile_id] = outcome
        is_kept = outcome.decision.keep
        if not is_kept and not self.rules.keep_pruned_h:
            self._prune(tile_id)
            return
        cover = None if outcome.cover is None else expected_cover(outcome.cover)
        if is_kept:
            now_s = self.env.now
            self.ledger.settle(tile_id, PRUNED, outcome.pruned_bytes, now_s)
            self.ledger.settle(tile_id, SAVED, outcome.saved_bytes, now_s)
            self.memory.shrink_to(shelf, outcome.encoded_bytes)
            shelf.cover, shelf.is_pinned = cover, False
            self.transmitter.enqueue(tile_id, outcome.encoded_bytes, self._rank(shelf))
        else:
            small_bytes = self.thumbnail_bytes(image.acquisition, tile_id)
            if small_bytes is not None:
                self.thumbnails.make(tile_id, small_bytes)
            shelf.cover, shelf.is_pinned, shelf.is_spare = cover, False, True
            self.env.process(self.expire(tile_id))
        self.memory.relabel(shelf)

    def expire(self, tile_id: str) -> Story:
        """Remove a pruned tile at the end of its time if the ground has not asked for it."""
        yield self.env.timeout(self.rules.keep_pruned_h * S_PER_H)
        if self.holds(tile_id) and self.memory.items[tile_id].is_spare:
            self._prune(tile_id)

    def spare_covers(self) -> dict[str, float]:
        """Expected cover of the pruned tiles that are still on board."""
        return {
            tile_id: shelf.expected_cover
            for tile_id, shelf in self.memory.items.items()
            if shelf.is_spare and tile_id not in self.thumbnails.on_board
        }

    def judged(self, tile_id: str) -> tuple[Acquisition, TileOutcome]:
        """The image of a tile on board that was worked on, and the tile's outcome."""
        image = self._image_of[tile_id]
        return image.acquisition, image.outcomes[tile_id]

    def fetch(self, tile_ids: Iterable[str]) -> list[str]:
        """Keep the pruned tiles that the ground asks for, as far as they are still on board; return their ids."""
        spare = self.spare_covers()
        found = [tile_id for tile_id in tile_ids if tile_id in spare]
        for tile_id in found:
            self.pin(tile_id)
            self.fetched[tile_id] = None
        return found

    def drop(self, tile_id: str, fate: Fate) -> int:
        """Drop a tile or thumbnail; return how many bytes [byte] it held. A spare tile had already been pruned."""
        if tile_id in self.thumbnails.on_board:
            return self.thumbnails.drop(tile_id, fate)
        if self.memory.items[tile_id].is_spare:
            return self._prune(tile_id)
        self.transmitter.withdraw(tile_id)
        return self._end(tile_id, fate)

    def lose_bank(self, banks: int) -> int:
        """Lose one of a number of memory banks; return how many tiles were in it."""
        self._strikes += 1
        seed = self.assembly.scenario.seed
        struck = [
            tile_id
            for tile_id in self.memory.items
            if key(seed, "bank", self._strikes, tile_id) % banks == 0
        ]
        tiles = sum(tile_id not in self.thumbnails.on_board for tile_id in struck)
        for tile_id in struck:
            if self.holds(tile_id):
                self.drop(tile_id, LOST)
        self.memory.shrink((banks - 1) / banks)
        return tiles

    def arrived(self, record_id: str) -> None:
        """Handle a record that has completely arrived on the ground."""
        image = self._image_of.pop(record_id, None)
        if image is not None:
            held_bytes, outcome = self.memory.release(record_id), image.outcomes[record_id]
            self.ledger.settle(record_id, DELIVERED, outcome.encoded_bytes, self.env.now)
            self.ground.receive(image.acquisition, outcome, held_bytes)
            if self._one_less(image):
                self.ground.complete(image.acquisition)
        elif record_id in self.thumbnails.on_board:
            shown = self.thumbnails.on_board[record_id]
            held_bytes = self.thumbnails.release(record_id)
            self.ground.see(self._image_of[shown].acquisition, shown, held_bytes)
        else:
            self._end_report(record_id, DELIVERED)

    def given_up(self, record_id: str) -> None:
        """Handle a record that will never completely arrive on the ground."""
        if record_id in self._image_of:
            held_bytes = self._end(record_id, LOST)
            self.log.note(self.name, "lost", record_id, held_bytes)
        elif record_id in self.thumbnails.on_board:
            self.thumbnails.drop(record_id, LOST)
        else:
            self._end_report(record_id, LOST)

    def come_to_rest(self) -> None:
        """At the end of the span, book what is left in memory, and what the radio could have sent."""
        self.transmitter.come_to_rest()
        self.reports.come_to_rest()
        self.cover_reports.come_to_rest()
        for thumbnail_id in list(self.thumbnails.on_board):
            self.thumbnails.drop(thumbnail_id, ON_BOARD)
        for tile_id in list(self.memory.items):
            if self.memory.items[tile_id].is_spare:
                self._prune(tile_id)
            else:
                self._end(tile_id, ON_BOARD)

    def _end_report(self, report_id: str, end: Fate) -> None:
        """Close the account of a report, which has arrived or never will."""
        is_cover = report_id in self.cover_reports.waiting
        (self.cover_reports if is_cover else self.reports).end(report_id, end)

    def _prune(self, tile_id: str) -> int:
        """Book a pruned tile's end, with any bytes held beyond those booked as pruned; return all bytes [byte] it held."""
        if self.thumbnails.on_board:
            self.thumbnails.go_with(tile_id)
        image, held_bytes = self._image_of.pop(tile_id), self.memory.release(tile_id)
        pruned_bytes = image.outcomes[tile_id].pruned_bytes
        self.ledger.settle(tile_id, PRUNED, pruned_bytes, self.env.now)
        self.ledger.finish(tile_id, PRUNED, held_bytes - pruned_bytes)
        self._one_less(image)
        return held_bytes

    def _end(self, tile_id: str, fate: Fate) -> int:
        """Book a tile's fate by the bytes its outcome states, along with those actually held; return the latter [byte]."""
        raw_bytes = self.memory.items[tile_id].raw_bytes
        held_bytes = self.memory.release(tile_id)
        image = self._image_of.pop(tile_id)
        outcome = image.outcomes.get(tile_id)
        booked_bytes, left_out_bytes = raw_bytes, 0
        if outcome is not None and outcome.is_kept:
            booked_bytes, left_out_bytes = outcome.encoded_bytes, outcome.pruned_bytes
        self.ledger.settle(tile_id, fate, booked_bytes, self.env.now)
        self.ledger.finish(tile_id, fate, held_bytes, left_out_bytes)
        if self._one_less(image) and fate is not ON_BOARD:
            self.ground.complete(image.acquisition)
        return held_bytes

    def _one_less(self, image: _Aboard) -> bool:
        """Count one tile of an image less on board; whether none is left, in which case the image goes into the album."""
        image.tiles -= 1
        if image.tiles:
            return False
        taken, outcomes = image.acquisition, image.outcomes
        judged = tuple([outcomes[item] for item in taken.tile_ids if item in outcomes])
        self.album.put(Image(taken, judged, image.is_retake))
        return True
