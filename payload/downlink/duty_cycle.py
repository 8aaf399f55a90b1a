"""How long the radio may transmit: at most a given number of seconds in any stretch of time as long as an orbit."""

import bisect
import math
from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass, field

import numpy as np

_JOINT_S = 1e-6
_ROUNDING_S = 1e-9


@dataclass
class DutyCycle:
    """A sliding window over past transmissions.

    Attributes:
        limit_s: [s] Transmission allowed in a stretch; infinite for no limit.
        period_s: [s] Length of a stretch.
        sent: When the radio transmitted, as far as that still counts.
        before: When it transmitted before that.
    """

    limit_s: float
    period_s: float
    sent: deque[tuple[float, float]] = field(default_factory=deque[tuple[float, float]])
    before: list[tuple[float, float]] = field(default_factory=list[tuple[float, float]])

    def note(self, start_s: float, end_s: float) -> None:
        """Note that the radio transmits from start to end, later than everything noted before."""
        if math.isinf(self.limit_s) or end_s <= start_s:
            return
        if self.sent and start_s - self.sent[-1][1] <= _JOINT_S:
            start_s = self.sent.pop()[0]
        self.sent.append((start_s, end_s))
        while self.sent[0][1] < start_s - self.period_s:
            self.before.append(self.sent.popleft())

    def room_s(self, at_s: float) -> float:
        """[s] How long it may transmit without a pause from `at_s` on."""
        if self.limit_s >= self.period_s:
            return math.inf
        begin_s = at_s - self.period_s
        left_s = self.limit_s - sum(max(0.0, end - max(start, begin_s)) for start, end in self.sent)
        room_s = 0.0
        for start, end in self.sent:
            if end <= begin_s:
                continue
            # time that enters while nothing leaves the window
            pause_s = max(0.0, start - begin_s) - room_s
            if pause_s > left_s + _ROUNDING_S:
                break
            left_s = max(0.0, left_s - pause_s)
            room_s = end - begin_s  # as much leaves as enters
        return max(0.0, room_s + left_s)

    def opens_s(self, now_s: float, least_s: float) -> float:
        """[s] From when on it may transmit for `least_s` without a pause; infinite if never, late by less than `least_s`."""
        if least_s > self.limit_s:
            return math.inf
        moments = [now_s, *(max(now_s, start + self.period_s) for start, _ in self.sent)]
        moments += [max(now_s, end + self.period_s) for _, end in self.sent]
        return next(
            (at_s for at_s in sorted(moments) if self.room_s(at_s) >= least_s - _JOINT_S), math.inf
        )

    def silences(self, openings: Iterable[tuple[float, float]]) -> list[tuple[float, float]]:
        """[s] When the limit would have kept the radio silent, had there always been something to send.

        Actual transmissions stay as they were; every pause in an opening is filled from its start on, as long as
        no stretch exceeds the limit, so that all of it together could have been sent.

        Args:
            openings: [s] When the radio could otherwise transmit, in order of time and disjoint.
        """
        if self.limit_s >= self.period_s:
            return []
        spans, silent = [*self.before, *self.sent], list[tuple[float, float]]()
        for opens_s, closes_s in openings:
            for pause_s, end_s in _pauses(spans, opens_s, closes_s):
                now_s = pause_s
                while now_s < end_s:
                    near = _near(spans, now_s - self.period_s, now_s + self.period_s)
                    fills_s = min(self._fills_s(near, now_s), end_s - now_s)
                    if fills_s > _JOINT_S or fills_s >= end_s - now_s:
                        bisect.insort(spans, (now_s, now_s + fills_s))
                        now_s += fills_s
                    else:
                        then_s = min(self._next_change_s(near, now_s), end_s)
                        silent.append((now_s, then_s))
                        now_s = then_s
        return silent

    def _fills_s(self, spans: list[tuple[float, float]], now_s: float) -> float:
        """[s] How long it could transmit from now on in addition to what it sends before and afterwards.

        A stretch that ends before transmitting up to its end would fill it sets no limit; any that ends later must have
        room for the whole transmission. Stretches that begin after now contain less of it than these.
        """
        edges, last_s = np.array(spans).ravel(), now_s + self.period_s
        moments = np.concatenate(([now_s, last_s], edges, edges + self.period_s))
        at_s = np.unique(moments[(moments >= now_s) & (moments <= last_s)])
        total = np.concatenate(([0.0], np.repeat(np.cumsum(edges[1::2] - edges[::2]), 2)))
        knots = (edges, total[:-1]) if edges.size else ([now_s], [0.0])
        left = self.limit_s - np.interp(at_s, *knots) + np.interp(at_s - self.period_s, *knots)
        # never rises, and ends below 0, as the period is longer than the limit
        spare = left - (at_s - now_s)
        fine = np.flatnonzero(spare >= -_ROUNDING_S)
        if not fine.size:
            return 0.0
        last = int(fine[-1])
        slope = (spare[last] - spare[last + 1]) / (at_s[last + 1] - at_s[last])
        until_s = float(at_s[last] + max(spare[last], 0.0) / slope)
        return max(0.0, min(until_s - now_s, float(np.min(left[last + 1 :]))))

    def _next_change_s(self, spans: list[tuple[float, float]], now_s: float) -> float:
        """[s] When the allowed transmission time next starts or stops changing."""
        edges = (edge for span in spans for edge in span)
        moments = (edge + lag for edge in edges for lag in (0.0, self.period_s))
        return min((at_s for at_s in moments if at_s > now_s + _JOINT_S), default=math.inf)


def _near(
    spans: list[tuple[float, float]], from_s: float, to_s: float
) -> list[tuple[float, float]]:
    """The spans that touch a stretch of time; `spans` are in order and disjoint."""
    first = bisect.bisect_left(spans, from_s, key=lambda span: span[1])
    return spans[first : bisect.bisect_right(spans, to_s, key=lambda span: span[0])]


def _pauses(
    spans: list[tuple[float, float]], opens_s: float, closes_s: float
) -> list[tuple[float, float]]:
    """[s] The parts of an opening in which nothing is sent."""
    found, here_s = list[tuple[float, float]](), opens_s
    for start_s, end_s in _near(spans, opens_s, closes_s):
        if start_s > here_s:
            found.append((here_s, min(start_s, closes_s)))
        here_s = max(here_s, end_s)
    return [*found, (here_s, closes_s)] if here_s < closes_s else found
