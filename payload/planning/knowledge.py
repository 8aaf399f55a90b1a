"""What a place knows about images, and what follows for its targets: no clock, no truth, only facts.

A place is the ground or a satellite. It learns facts one by one; each states since when it has been known there.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

from payload.errors import LawError
from payload.ledger import Fact
from payload.types import Target


@dataclass
class Knowledge:
    """The facts that one place knows, in the order in which it learnt them; none is ever forgotten.

    Attributes:
        judged: Images whose cover it knows, each with the number of those known before it.
    """

    place: str
    facts: list[Fact] = field(default_factory=list[Fact])
    judged: dict[str, int] = field(default_factory=dict[str, int])
    _latest: defaultdict[str, dict[str, Fact]] = field(
        default_factory=lambda: defaultdict[str, dict[str, Fact]](dict)
    )
    _standings: dict[str, "Standing"] = field(default_factory=dict[str, "Standing"])

    def learn(self, fact: Fact, now_s: float) -> None:
        """Learn of an image at a place; a cover once known is kept.

        Raises:
            LawError: The image would be known before it was taken.
        """
        if now_s < fact.taken_s:
            raise LawError(
                f"{self.place} knows at {now_s} s of {fact.image}, which is not taken yet"
            )
        known = self._latest[fact.target].get(fact.image)
        if known is not None and (known.cover is not None or fact.cover is None):
            return
        heard = replace(fact, place=self.place, known_s=now_s)
        self._latest[fact.target][fact.image] = heard
        self._standings.pop(fact.target, None)
        if fact.cover is not None:
            self.judged[fact.image] = len(self.judged)
        self.facts.append(heard)

    def of(self, target: str) -> list[Fact]:
        """The latest fact of each image of a target."""
        return list(self._latest[target].values()) if target in self._latest else []

    def standing(self, target: Target, rules: "Rules") -> "Standing":
        """Standing of a target by these facts; recomputed only after learning something new about it."""
        found = self._standings.get(target.name)
        if found is None:
            found = self._standings[target.name] = standing(target, self.of(target.name), rules)
        return found

    def knows(self, target: str, image: str) -> bool:
        """Whether the place has heard of an image."""
        return target in self._latest and image in self._latest[target]


@dataclass(frozen=True, slots=True)
class Rules:
    """When an image is a success, and how often a target is tried again."""

    max_cloud_cover: float
    max_retakes: int

    def limit(self, target: Target) -> float:
        """Cover above which an image of a target is cloudy."""
        return self.max_cloud_cover if target.max_cloud_cover is None else target.max_cloud_cover

    def is_cloudy(self, target: Target, cover: float | None) -> bool:
        """Whether an image is known to be cloudy."""
        return cover is not None and cover > self.limit(target)


@dataclass(frozen=True, slots=True)
class Standing:
    """State of a target according to known facts.

    Attributes:
        wanted_from_s: [s] An image from then on is wanted; infinite if none is.
        missed: How often it was found cloudy since the last success.
    """

    wanted_from_s: float
    missed: int


def standing(target: Target, facts: Iterable[Fact], rules: Rules) -> Standing:
    """Standing of a target by some facts. An image counts as a success until its cover is known."""
    wanted_from_s, missed = target.arrives_s, 0
    known = list(facts)
    if len(known) > 1:
        known.sort(key=lambda fact: (fact.taken_s, fact.image))
    for fact in known:
        if rules.is_cloudy(target, fact.cover) and missed < rules.max_retakes:
            wanted_from_s, missed = fact.taken_s, missed + 1
        else:
            wanted_from_s, missed = fact.taken_s + target.repeat_s, 0
    return Standing(wanted_from_s, missed)


def standings(
    targets: Iterable[Target], facts: Mapping[str, Iterable[Fact]], rules: Rules
) -> dict[str, Standing]:
    """The standings of targets, by name."""
    return {target.name: standing(target, facts.get(target.name, ()), rules) for target in targets}
