"""The log of plans: what each version added and dropped, so that its size grows only with the changes."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from payload.ledger import PlanItem, PlanVersion
from payload.planning.kept_plan import Change
from payload.types import Opportunity


@dataclass
class PlanLog:
    """All versions, and the current plan of each place."""

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
        """Log a plan unless that place had the same before: images whose time has passed are no change."""
        before = self._now.get(place)
        ahead = {name: item for name, item in (before or {}).items() if item.start_s >= now_s}
        chosen = list(items)
        if before is not None and list(ahead) == [item.id for item in chosen]:
            self._now[place] = ahead
            return
        plan = {item.id: _item(item, ahead.get(item.id), p_clear.get(item.id)) for item in chosen}
        self._now[place] = plan
        added = [item for name, item in plan.items() if ahead.get(name) is not item]
        self._append(now_s, place, why, added, [name for name in ahead if name not in plan])

    def write_change(self, now_s: float, place: str, why: str, change: Change) -> None:
        """Log what a kept plan added and dropped; an empty change is logged only as the first version."""
        dropped = [item.id for item in change.dropped if item.start_s >= now_s]
        if change.added or dropped or not self.versions:
            added = [_item(item, None, None) for item in change.added]
            self._append(now_s, place, why, added, dropped)

    def _append(
        self, now_s: float, place: str, why: str, added: Iterable[PlanItem], dropped: Iterable[str]
    ) -> None:
        number = len(self.versions) + 1
        self.versions.append(PlanVersion(number, now_s, place, why, tuple(added), tuple(dropped)))


def _item(item: Opportunity, before: PlanItem | None, p_clear: float | None) -> PlanItem:
    """An image in a plan; the same item as before if its forecast has not changed."""
    if before is not None and before.p_clear == p_clear:
        return before
    return PlanItem(item.satellite, item.target, item.id, item.start_s, p_clear)
