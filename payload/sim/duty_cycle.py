"""How long the radio may send: at most so many seconds in any stretch of time as long as an orbit."""

import math
from collections import deque
from dataclasses import dataclass, field

_JOINT_S = 1e-6
_ROUNDING_S = 1e-9


@dataclass
class DutyCycle:
    """A sliding window over what was sent.

    Attributes:
        limit_s: [s] Of transmission in a stretch; infinite for no limit.
        period_s: [s] Length of a stretch.
    """

    limit_s: float
    period_s: float
    sent: deque[tuple[float, float]] = field(default_factory=deque[tuple[float, float]])

    def note(self, start_s: float, end_s: float) -> None:
        """The radio sends from start to end; later than all that was noted before."""
        if math.isinf(self.limit_s) or end_s <= start_s:
            return
        if self.sent and start_s - self.sent[-1][1] <= _JOINT_S:
            start_s = self.sent.pop()[0]
        self.sent.append((start_s, end_s))
        while self.sent[0][1] < start_s - self.period_s:
            self.sent.popleft()

    def room_s(self, at_s: float) -> float:
        """[s] How long it may send from then on without a pause."""
        if self.limit_s >= self.period_s:
            return math.inf
        begin_s = at_s - self.period_s
        left_s = self.limit_s - sum(max(0.0, end - max(start, begin_s)) for start, end in self.sent)
        room_s = 0.0
        for start, end in self.sent:
            if end <= begin_s:
                continue
            pause_s = (
                max(0.0, start - begin_s) - room_s
            )  # no old second leaves while a new one comes
            if pause_s > left_s + _ROUNDING_S:
                break
            left_s = max(0.0, left_s - pause_s)
            room_s = end - begin_s  # as much leaves as comes
        return max(0.0, room_s + left_s)

    def opens_s(self, now_s: float, least_s: float) -> float:
        """[s] From when it may send for so long without a pause; infinite if never."""
        if least_s > self.limit_s:
            return math.inf
        moments = [now_s, *(max(now_s, start + self.period_s) for start, _ in self.sent)]
        moments += [max(now_s, end + self.period_s) for _, end in self.sent]
        return next(
            (at_s for at_s in sorted(moments) if self.room_s(at_s) >= least_s - _JOINT_S), math.inf
        )
