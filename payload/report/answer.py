"""The answer in words, derived from the figures: what came down that otherwise would not, and at what cost.

Text enclosed in double asterisks is set in bold on the page.
"""

from dataclasses import dataclass

from payload.report.data import OWN_ARM, Arm, ReportData, Upload
from payload.report.words import area, count, listed, pixels, share, size, span

ABOUT_EQUAL = 0.005
"""Two amounts of clear ground that differ by no more than this share are called the same."""


@dataclass(frozen=True, slots=True)
class Answer:
    """The answer in one sentence; how much of it is due to finding clouds; the link; other relevant facts."""

    sentence: str
    credit: str = ""
    regime: str = ""
    further: tuple[str, ...] = ()


def answer(data: ReportData) -> Answer:
    """State what the flight shows about finding clouds on board, and claim no more than that."""
    own, raw = data.arm(OWN_ARM), data.arm("raw")
    if not data.summary.bytes.acquired or own is None:
        return Answer(_nothing_taken(data))
    if not data.summary.bytes.delivered:
        return Answer(_nothing_came_down(data))
    if raw is None:
        return Answer(_alone(data, own))
    return Answer(
        sentence=_compared(data, own, raw),
        credit=_credit(own, data.arm("compressed")),
        regime=_regime(own, raw),
        further=_further(data, own, raw),
    )


def _opening(data: ReportData) -> str:
    return f"In {span(data.summary.duration_s)} {_who(data)} took"


def _who(data: ReportData) -> str:
    fleet = data.setting.fleet_size
    return "the satellite" if fleet == 1 else f"the {fleet:,} satellites"


def _nothing_taken(data: ReportData) -> str:
    why = f": {data.summary.notes[0]}" if data.summary.notes else ""
    return f"{_opening(data)} **no image**{why}. There was nothing to bring down."


def _nothing_came_down(data: ReportData) -> str:
    found = data.summary.link.contacts
    met = f"had {count(found, 'contact')}, yet" if found else "met **no ground station**, so"
    rest = _leftovers(
        data.summary.bytes.on_board, data.summary.bytes.overflowed, data.summary.bytes.lost
    )
    left = f"; at the end {listed(rest)}" if rest else ""
    return (
        f"{_opening(data)} {pixels(data.taken_px)} and {met} **nothing came down**{left}. "
        "What waits is not saved, so no saving is claimed."
    )


def _alone(data: ReportData, own: Arm) -> str:
    return (
        f"{_opening(data)} {pixels(data.taken_px)} and brought down **{_brought(own)}**; "
        "no bent pipe was flown for comparison."
    )


def _compared(data: ReportData, own: Arm, raw: Arm) -> str:
    raw_rest = _leftovers(raw.waiting_bytes, raw.overflowed_bytes, raw.lost_bytes)
    own_rest = _leftovers(own.waiting_bytes, own.overflowed_bytes, own.lost_bytes)
    return (
        f"{_opening(data)} {pixels(data.taken_px)}. Finding the clouds on board and compressing the rest "
        f"brought down **{_brought(own)}**{_with(own_rest)}; a bent pipe would have brought "
        f"{_brought(raw)}{_with(raw_rest)}: {_verdict(data, own, raw)}{_price(data)}."
    )


def _brought(arm: Arm) -> str:
    if not arm.downlinked_bytes:
        return "nothing"
    down = size(arm.downlinked_bytes)
    clear_px = arm.clear_pixels_delivered
    return (
        f"{down} of tiles" if clear_px is None else f"{pixels(clear_px)} of clear ground in {down}"
    )


def _with(rest: list[str]) -> str:
    return f", with {listed(rest)}" if rest else ""


def _leftovers(waiting: int | None, overflowed: int | None, lost: int | None) -> list[str]:
    told = []
    if waiting:
        told.append(f"{size(waiting)} still waiting")
    if overflowed:
        told.append(f"{size(overflowed)} overflowed")
    if lost:
        told.append(f"{size(lost)} lost on the way")
    return told


def _gain(data: ReportData, more_px: int) -> str:
    """How much more ground that is, at nadir; empty if it is no more."""
    if more_px <= 0:
        return ""
    return f" ({pixels(more_px)} or {area(more_px * data.km2_per_px)} more)"


def _verdict(data: ReportData, own: Arm, raw: Arm) -> str:
    ours, theirs = own.clear_pixels_delivered, raw.clear_pixels_delivered
    if ours is None or theirs is None:
        return "how much of it is clear ground is **unknown** because some pixels have no truth"
    if theirs:
        return f"**{_times(ours / theirs)}**{_gain(data, ours - theirs)}{_for_less(own, raw)}"
    return (
        "**clear ground where there would have been none**"
        if ours
        else "**no clear ground** either way"
    )


def _times(ratio: float) -> str:
    if abs(ratio - 1) <= ABOUT_EQUAL:
        return "the same clear ground"
    if ratio < 1:
        return f"{share(1 - ratio)} less clear ground than the bent pipe"
    if ratio < 1.1:
        return f"{share(ratio - 1)} more clear ground"
    times = f"{ratio:.1f}" if ratio < 10 else f"{ratio:,.0f}"
    return f"{times} \N{MULTIPLICATION SIGN} as much clear ground"


def _for_less(own: Arm, raw: Arm) -> str:
    """How the bytes sent compare. They are called fewer, never saved: data may still be waiting."""
    ours, theirs = own.downlinked_bytes or 0, raw.downlinked_bytes or 0
    if not theirs or abs(ours / theirs - 1) <= ABOUT_EQUAL:
        return ""
    if ours < theirs:
        return f" for {share(1 - ours / theirs)} fewer bytes sent"
    return f" for {share(ours / theirs - 1)} more bytes sent"


def _price(data: ReportData) -> str:
    lost, had = data.summary.pixels.clear_discarded, data.summary.pixels.clear_acquired
    if lost is None or not had:
        return ""
    if not lost:
        return ", and not one clear pixel was thrown away"
    return f", at the price of {share(lost / had)} of its clear pixels, thrown away with the clouds"


def _credit(own: Arm, compressed: Arm | None) -> str:
    """What finding clouds adds to compression: only that is credited to it."""
    if compressed is None:
        return ""
    alone = f"{_brought(compressed)}{_with(_leftovers(compressed.waiting_bytes, None, None))}"
    ours, theirs = own.clear_pixels_delivered, compressed.clear_pixels_delivered
    if ours is None or theirs is None:
        return f"Compression alone would have brought {alone}."
    sent, otherwise = own.downlinked_bytes or 0, compressed.downlinked_bytes or 0
    fewer = f", for {share(1 - sent / otherwise)} fewer bytes sent" if sent < otherwise else ""
    if ours > theirs * (1 + ABOUT_EQUAL):
        return (
            f"**Finding the clouds is worth {pixels(ours - theirs)} of it**: compression alone would have "
            f"brought {alone}."
        )
    if ours < theirs * (1 - ABOUT_EQUAL):
        return (
            f"**Compression alone would have brought more**: {alone}. Finding the clouds cost "
            f"{pixels(theirs - ours)} of clear ground here{fewer}."
        )
    return (
        f"**Compression alone would have brought about as much**: {alone}. Finding the clouds added no "
        f"clear ground here{fewer}."
    )


def _regime(own: Arm, raw: Arm) -> str:
    if raw.link_saturated and own.link_saturated:
        return (
            "**The link was the bottleneck with and without pruning**: more than half of the contacts "
            "ended with data still waiting, so every tile pruned made room for another."
        )
    if raw.link_saturated:
        return (
            "**The link was the bottleneck of the bent pipe**: more than half of its contacts ended "
            "with data still waiting. In this scenario it no longer was."
        )
    if own.link_saturated:
        return (
            "**The link was the bottleneck with pruning, but not of the bent pipe**, whose data were "
            "held up elsewhere: compare what is waiting and what overflowed."
        )
    return (
        "**The link was not the bottleneck**: no more than half of the contacts ended with data still waiting."
        + (_beside_the_link(own, raw))
    )


def _beside_the_link(own: Arm, raw: Arm) -> str:
    """What held data back if the link did not, and what filtering then achieves."""
    told = ""
    if raw.overflowed_bytes:
        told += f" The memory was: the bent pipe had no room for {size(raw.overflowed_bytes)}."
    if own.overflowed_bytes:
        told += f" This scenario found no room for {size(own.overflowed_bytes)}."
    if raw.waiting_bytes or own.waiting_bytes:
        return told + " What waits was taken too late to be sent."
    if own.used_bytes is None or not raw.used_bytes:
        return told
    if not told and own.used_bytes < raw.used_bytes:
        told = " In that case filtering brings no more of the same images down; it frees link time."
    return (
        f"{told} {size(own.used_bytes)} went over the channel instead of "
        f"{size(raw.used_bytes)}, {_less(own.used_bytes, raw.used_bytes)}."
    )


def _less(ours: int, theirs: int) -> str:
    return f"{share(abs(1 - ours / theirs))} {'less' if ours <= theirs else 'more'}"


def _further(data: ReportData, own: Arm, raw: Arm) -> tuple[str, ...]:
    told = []
    oracle = data.arm("oracle")
    if oracle is not None:
        told.append(f"A perfect masker under the same policy: {_brought(oracle)}.")
    if own.images is not None and raw.images is not None and own.images != raw.images:
        told.append(
            f"The arms took different numbers of images, {own.images:,} here and {raw.images:,} in the bent pipe, "
            "because a target found cloudy on board is taken again."
        )
    fetched = data.summary.fetched
    if fetched is not None and fetched.asked:
        rescued = (
            "" if fetched.clear_pixels is None else f" with {pixels(fetched.clear_pixels)} clear"
        )
        told.append(
            f"The ground requested {count(fetched.asked, 'pruned tile')} after all; "
            f"{fetched.delivered:,} came down{rescued}, in {size(fetched.bytes)}."
        )
    if fetched is not None and fetched.thumbnails:
        told.append(
            f"Before that {count(fetched.thumbnails, 'thumbnail')} of pruned tiles came down, in "
            f"{size(fetched.thumbnail_bytes)}."
            if fetched.asked
            else f"{count(fetched.thumbnails, 'thumbnail')} of pruned tiles came down, in "
            f"{size(fetched.thumbnail_bytes)}."
        )
    if data.summary.uploads:
        told.append(_uploaded(data.summary.uploads))
    missed = data.summary.link.missed
    if missed:
        told.append(f"In {count(missed, 'contact')} no antenna or radio was free.")
    broke = [
        f"{kind.replace('_', ' ')} {times:,} x"
        for kind, times in data.summary.faults.items()
        if times
    ]
    if broke:
        told.append(f"Faults on this flight: {listed(broke)}.")
    return tuple(told)


def _uploaded(uploads: tuple[Upload, ...]) -> str:
    """How many uploads were completed, and when the last of them was."""
    up_s = [item.complete_s for item in uploads if item.complete_s is not None]
    last = f", the last after {span(max(up_s))}" if up_s else ""
    return f"Of {count(len(uploads), 'upload')}, {len(up_s):,} completed{last}."
