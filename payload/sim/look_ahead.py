"""The loop with a camera ahead: minutes before an image it tells how cloudy the place is, and the image is skipped."""

from collections.abc import Iterable
from dataclasses import dataclass

from payload.ports import Glancing
from payload.sim.knowledge import standing
from payload.sim.loop import Story
from payload.sim.on_board import OnBoard
from payload.sim.outlook import LookAhead
from payload.types import Opportunity

EVEN_ODDS = 0.5
"""P(clear) of a place of which nobody tells anything: less than that of one which was seen to be clear. Assumption."""


@dataclass
class AheadOfTime(OnBoard):
    """As `OnBoard`, and each satellite besides believes its camera ahead, for that one opportunity."""

    def __post_init__(self) -> None:
        super().__post_init__()
        scenario = self.assembly.scenario
        rules, source = scenario.rescheduling.look_ahead, self.assembly.source
        assert isinstance(source, Glancing)  # checked when the scenario was assembled
        self.camera = LookAhead(
            source,
            scenario.epoch_utc,
            scenario.seed,
            self.assembly.sensor,
            rules.lead_s,
            rules.skill,
            rules.by == "companion",
        )
        self.told: dict[str, float] = {}

    def stories(self) -> list[Story]:
        """Each satellite has its camera ahead."""
        return [*super().stories(), *(self.look(name) for name in self.assembly.satellites)]

    def look(self, satellite: str) -> Story:
        """Look at each place that is wanted, some time before it can be imaged."""
        ephemeris = self.assembly.ephemerides[satellite]
        for item in sorted(self._own[satellite], key=lambda item: (item.start_s, item.id)):
            look_s = item.start_s - self.camera.lead_s
            if look_s < 0.0:
                continue
            if look_s > self.env.now:
                yield self.env.timeout(look_s - self.env.now)
            target = self.targets[item.target]
            if self._wants(satellite, item) and self.camera.sees(target, ephemeris, self.env.now):
                self.heed(item, self.camera.tell(item, target, self.env.now))

    def heed(self, item: Opportunity, cover: float) -> None:
        """The camera has told a cover: a cloudy image is not taken, a clear one may be preferred."""
        self.told[item.id] = cover
        satellite, planned = item.satellite, item in self.itinerary[item.satellite]
        is_cloudy = self.rules.is_cloudy(self.targets[item.target], cover)
        if planned and is_cloudy:
            self.not_take(item, "cloudy ahead")
        if planned == is_cloudy:
            self.replan(satellite, "look ahead")

    def may_take(self, satellite: str) -> Iterable[Opportunity]:
        """The opportunities of a satellite, without those told to be cloudy."""
        return (item for item in self._own[satellite] if not self._is_told_cloudy(item))

    def foresee(self, satellite: str, offered: Iterable[Opportunity]) -> dict[str, float]:
        """What came up with the last plan, else even odds; of a place looked at what the camera's skill makes of it."""
        chances = list(offered)
        known = {item.id: EVEN_ODDS for item in chances} | super().foresee(satellite, chances)
        skill = self.camera.skill
        for item in chances:
            if item.id in self.told:
                known[item.id] = skill + (1.0 - skill) * known[item.id]
        return known

    def _is_told_cloudy(self, item: Opportunity) -> bool:
        return self.rules.is_cloudy(self.targets[item.target], self.told.get(item.id))

    def _wants(self, satellite: str, item: Opportunity) -> bool:
        """Whether a satellite cares for what could be imaged, as far as it knows."""
        if item.target not in self.cares_for[satellite]:
            return False
        facts = self.on_board[satellite].of(item.target)
        known = {item.target: standing(self.targets[item.target], facts, self.rules)}
        return self.wanted_from_s(satellite, item, known) <= item.start_s
