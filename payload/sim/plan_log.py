"""The log of plans: of each version what is new in it and what was dropped, so that it grows with what changes."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from payload.ledger import PlanItem, PlanVersion
from payload.types import Opportunity


@dataclass
class PlanLog:
    """All versions, and what each place plans now."""

    versions: list[PlanVersion] = field(default_factory=list[PlanVersion])
    _now: dict[str, dict[str, PlanItem]] = field(default_factory=dict[str, dict[str, PlanItem]])

    def write(
        self,
        now_s: float,
        place: str,
        why: str,
        items: Iterable[Opportunity],
        p_clear: Mapping[str, float],
    ) -> None:
        """Log a plan, unless that place had the same before: a time that went by is no change."""
        before = self._now.get(place)
        ahead = {name: item for name, item in (before or {}).items() if item.start_s >= now_s}
        chosen = list(items)
        if before is not None and list(ahead) == [item.id for item in chosen]:
            self._now[place] = ahead
            return
        plan = {item.id: _item(item, ahead.get(item.id), p_clear.get(item.id)) for item in chosen}
        self._now[place] = plan
        self.versions.append(
            PlanVersion(
                len(self.versions) + 1,
                now_s,
                place,
                why,
                tuple(item for name, item in plan.items() if ahead.get(name) is not item),
                tuple(name for name in ahead if name not in plan),
            )
        )


def _item(item: Opportunity, before: PlanItem | None, p_clear: float | None) -> PlanItem:
    """An image in a plan; the same as before if nothing else is foreseen of it."""
    if before is not None and before.p_clear == p_clear:
        return before
    return PlanItem(item.satellite, item.target, item.id, item.start_s, p_clear)
