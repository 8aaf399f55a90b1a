"""The key figures, each with a value to compare it with and its meaning."""

from dataclasses import dataclass

from payload.report.data import OWN_ARM, ReportData
from payload.report.setting import Setting
from payload.report.words import NBSP, area, count, energy, number, pixels, share, size, span


@dataclass(frozen=True, slots=True)
class KeyFigure:
    """A key figure: label, value, what to compare it with, and what it means."""

    label: str
    value: str
    beside: str
    meaning: str


def key_figures(data: ReportData) -> tuple[KeyFigure, ...]:
    """The key figures, with what each means."""
    return (
        _clear_ground(data),
        _sent(data),
        _pruned(data),
        _saved(data),
        _waiting(data),
        _thrown_away(data),
        _link(data),
        _delay(data),
        _targets(data),
        _compute(data),
        *_power(data),
        *_late(data),
        *_cost(data),
    )


def _cost(data: ReportData) -> tuple[KeyFigure, ...]:
    own, raw, prices = data.arm(OWN_ARM), data.arm("raw"), data.summary.prices
    if prices is None or own is None:
        return ()
    each, unit = own.cost_per_clear_km2, prices.currency
    beside = "" if own.cost is None else f"{number(own.cost)}{NBSP}{unit} in all"
    if own.cost_per_clear_gb is not None:
        beside += f"; {number(own.cost_per_clear_gb)}{NBSP}{unit} per clear gigabyte"
    if raw is not None and raw.cost_per_clear_km2 is not None:
        beside += f"; bent pipe {number(raw.cost_per_clear_km2)}{NBSP}{unit} per square kilometre"
    return (
        KeyFigure(
            "Cost per clear square kilometre",
            "unknown" if each is None else f"{number(each)}{NBSP}{unit}",
            beside or "its energy is unknown",
            "Contacts, data received and energy at the scenario's prices, divided by clear ground delivered. A clear "
            "gigabyte is 1e9 raw bytes of clear pixels.",
        ),
    )


def _clear_ground(data: ReportData) -> KeyFigure:
    px, raw = data.summary.pixels.clear_delivered, data.arm("raw")
    told = "unknown" if px is None else pixels(px)
    beside = "some pixels have no truth" if px is None else f"{area(px * data.km2_per_px)} at nadir"
    if px is not None and raw is not None and raw.clear_pixels_delivered is not None:
        beside += f"; bent pipe {pixels(raw.clear_pixels_delivered)}"
    return KeyFigure(
        "Clear ground delivered",
        told,
        beside,
        "Truly clear pixels (shadow counts as clear) in tiles that reached the ground. "
        "Area is the number of pixels times the square of the ground sample distance.",
    )


def _sent(data: ReportData) -> KeyFigure:
    raw = data.arm("raw")
    beside = "" if raw is None else f"bent pipe {size(raw.downlinked_bytes or 0)}"
    own = data.arm(OWN_ARM)
    return KeyFigure(
        "Sent down",
        size(data.summary.bytes.delivered if own is None else own.downlinked_bytes or 0),
        beside,
        "Complete tile records received, plus cover reports if any; framing and retransmissions count as link used.",
    )


def _pruned(data: ReportData) -> KeyFigure:
    volumes, tiles, pruning = data.summary.bytes, data.summary.tiles, data.setting.pruning
    fetched = data.summary.fetched
    rest = (
        "not counting those that the ground requested"
        if fetched and fetched.asked
        else "they are never sent"
    )
    part = (
        f", {share(volumes.pruned / volumes.acquired)} of what was taken"
        if volumes.acquired
        else ""
    )
    return KeyFigure(
        "Pruned as cloud",
        size(volumes.pruned),
        f"{tiles.pruned:,} of {count(tiles.acquired, 'tile')}{part}",
        f"Raw bytes of tiles whose {'expected ' if pruning.judges_by_expectation else ''}cloud cover, "
        f"by the masker, is above {pruning.limit:g}; {rest}.",
    )


def _saved(data: ReportData) -> KeyFigure:
    volumes, raw_bytes = data.summary.bytes, data.evidence.compressed_bytes
    beside = (
        f"{share(volumes.saved / raw_bytes)} of the raw bytes of compressed tiles"
        if raw_bytes
        else "nothing was compressed"
    )
    return KeyFigure(
        "Saved by compression",
        size(volumes.saved),
        beside,
        f"Raw bytes minus tile record, summed over the tiles compressed, those dropped later included. {_lost(data.setting)}",
    )


def _lost(setting: Setting) -> str:
    """What compression may lose, in a sentence."""
    most, bits = setting.max_error_dn, setting.loss.bits_per_sample
    if most == 0:
        return "The compression is lossless."
    if bits is None:
        return f"The compression is lossy: a restored sample may be off by up to {most:g}{NBSP}DN."
    bound = "with no other bound" if most is None else f"and by at most {most:g}{NBSP}DN"
    return (
        "The compression is lossy: restored samples may be off by as much as it takes to bring a tile's record "
        f"to {bits:g} bits per sample, {bound}."
    )


def _waiting(data: ReportData) -> KeyFigure:
    raw = data.arm("raw")
    beside = "" if raw is None else f"bent pipe {size(raw.waiting_bytes or 0)}"
    return KeyFigure(
        "Still waiting",
        size(data.summary.bytes.on_board),
        beside,
        "On board at the end, not yet sent. It is never counted as saved.",
    )


def _thrown_away(data: ReportData) -> KeyFigure:
    lost, had = data.summary.pixels.clear_discarded, data.summary.pixels.clear_acquired
    value = "unknown" if lost is None else share(lost / had) if had else share(0)
    beside = (
        "some pixels have no truth" if lost is None else f"{pixels(lost)} of {pixels(had or 0)}"
    )
    return KeyFigure(
        "Clear pixels thrown away",
        value,
        beside,
        "The price: truly clear pixels in pruned tiles, as a share of all clear pixels taken.",
    )


def _link(data: ReportData) -> KeyFigure:
    link = data.summary.link
    value = share(link.used_bytes / link.capacity_bytes) if link.capacity_bytes else "no link"
    return KeyFigure(
        "Link used",
        value,
        f"{size(link.used_bytes)} of {size(link.capacity_bytes)}; {count(link.contacts, 'contact')}, "
        f"{span(link.contact_s)}; {'saturated' if link.saturated else 'not saturated'}",
        "Bytes over the channel, including framing and retransmissions, as a share of what the contacts could carry. "
        "Saturated: more than half of the contacts ended with data still waiting.",
    )


def _delay(data: ReportData) -> KeyFigure:
    latency = data.summary.latency_s
    known = latency.p50 is not None and latency.p90 is not None and latency.max is not None
    return KeyFigure(
        "Time to the ground",
        span(latency.p50) if latency.p50 is not None else "unknown",
        f"90 % within {span(latency.p90 or 0)}, all within {span(latency.max or 0)}"
        if known
        else "nothing came down",
        "From acquisition to receipt of a tile's last bit; median over delivered tiles.",
    )


def _targets(data: ReportData) -> KeyFigure:
    targets = data.summary.targets
    clear = targets.clear_delivered
    out = f", {targets.out_of_reach:,} out of reach" if targets.out_of_reach else ""
    return KeyFigure(
        "Targets delivered clear",
        "unknown" if clear is None else f"{clear:,} of {targets.requested:,}",
        f"{targets.acquired:,} taken, {targets.reacquired:,} taken again{out}",
        f"At least {share(1 - data.setting.rescheduling.max_cloud_cover)} of the pixels of one image "
        "came down clear, or as many as the target's own cloud limit requires.",
    )


def _compute(data: ReportData) -> KeyFigure:
    masker, compute_j = data.summary.masker, data.summary.energy_j.compute
    own = data.arm(OWN_ARM)
    each_j = None if own is None else own.compute_j_per_clear_mpx
    each = "" if each_j is None else f"; {energy(each_j)} per clear megapixel delivered"
    size_told = "" if masker.parameters is None else f", {number(masker.parameters)} parameters"
    return KeyFigure(
        "Energy for computing",
        "unknown" if compute_j is None else energy(compute_j),
        f"{masker.model or 'no model'}{size_told}{each}",
        "Energy used by the on-board computer for masking and compression. Unknown if its profile states no power.",
    )


def _power(data: ReportData) -> tuple[KeyFigure, ...]:
    """The energy balance of the battery, if there is one."""
    power = data.summary.power
    if power is None:
        return ()
    heat = "" if power.hottest_c is None else f"; hottest {power.hottest_c:.0f}{NBSP}°C"
    unserved = f"; {energy(power.unserved_j)} demanded but not supplied" if power.unserved_j else ""
    return (
        KeyFigure(
            "Energy used",
            energy(power.used_j),
            f"of {energy(power.harvested_j)} from the array, {energy(power.spilled_j)} spilled, "
            f"{energy(power.lost_j)} lost in the battery; lowest charge {share(power.lowest_charge)}"
            f"{heat}{unserved}",
            "All loads together: bus, camera, radio, computer. The array's output is used, stored, lost in "
            "charging and discharging, or spilled while the battery is full.",
        ),
        KeyFigure(
            "Refused for lack of power",
            f"{power.refused:,}",
            f"{count(power.refused_imaging, 'image')}, {count(power.refused_processing, 'pause')} in "
            f"processing, {count(power.refused_transmitting, 'contact')}; waited {span(power.waited_s)}, "
            f"throttled {span(power.throttled_s)}",
            "Work not started because of low charge or high temperature. It is made up later: a target at its next "
            "opportunity, a tile or contact as soon as charge and temperature allow.",
        ),
    )


def _late(data: ReportData) -> tuple[KeyFigure, ...]:
    """Missed deadlines, if there are any."""
    late = data.summary.late
    if late is None or not late.tiles:
        return ()
    return (
        KeyFigure(
            "Masked too late or never",
            count(late.tiles, "tile"),
            f"{late.sent_unmasked:,} sent unmasked, {late.dropped:,} dropped, {late.kept:,} kept",
            "Tiles that the processor could not mask before their deadline. Those dropped unmasked are counted "
            "as pruned too.",
        ),
    )
