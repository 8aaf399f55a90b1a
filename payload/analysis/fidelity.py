"""What a summary says about a surrogate: what it was fitted on, and how far to trust its figures."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from payload.analysis.intervals import LEVEL
from payload.student import student_t
from payload.surrogate import Doubt, Error, Surrogate

FIGURES = ("kept_bytes", "kept_clear_px")
_ENDS = ("total_low", "total_high")

Interval = tuple[float | None, float | None]
"""Ends of the interval of a relative error, (drawn - painted) / painted; None for an end that does not exist."""
UNKNOWN: Interval = (None, None)


@dataclass(frozen=True, slots=True)
class DrawnFlights:
    """A variant's flights with a surrogate.

    Attributes:
        variant: Its name.
        surrogate: The surrogate it was flown with.
        name: What the scenario calls the surrogate.
        totals: For each flight, the intervals for kept bytes and for kept clear pixels.
    """

    variant: str
    surrogate: Surrogate
    name: str
    totals: Sequence[tuple[Interval, Interval]]


def interval_of(doubt: Doubt, drawn: float) -> Interval:
    """95 % interval of the relative error of a total; without an upper end if the painted total could have been zero.

    Args:
        doubt: The uncertainty of the total.
        drawn: The total itself.
    """
    if not drawn:
        return UNKNOWN
    half = student_t(LEVEL, max(2, int(doubt.freedom))) * doubt.deviation
    low, high = doubt.bias - half, doubt.bias + half
    return _of_painted(low, drawn), _of_painted(high, drawn)


def _of_painted(off: float, drawn: float) -> float | None:
    """The error of a drawn total as a share of the painted total; None if the latter would not be positive."""
    return off / (drawn - off) if off < drawn else None


def surrogate_part(
    surrogate: Surrogate, *, name: str, images: int, totals: tuple[Interval, Interval]
) -> dict[str, Any]:
    """The key `surrogate` of a summary.

    Args:
        surrogate: The surrogate used for the flight.
        name: What the scenario calls it.
        images: Number of images the flight took.
        totals: How far off its kept bytes and its kept clear pixels may be, over these images.
    """
    held_out = surrogate.held_out
    fitted_on = asdict(surrogate.fitted_on)
    del fitted_on["probe"]
    part = {
        "name": name,
        "sha256": surrogate.digest,
        "fitted_on": {
            "tiles": len(surrogate.donors.scene),
            "scenes": surrogate.scenes,
            **fitted_on,
            "sensor": {**fitted_on["sensor"], "bands": list(fitted_on["sensor"]["bands"])},
        },
        "held_out": {
            "tiles": held_out.tiles,
            "scenes": held_out.scenes,
            "max_cloud_cover": held_out.max_cloud_cover,
            "images": images,
            "kept_bytes": _error(held_out.kept_bytes, totals[0]),
            "kept_clear_px": _error(held_out.kept_clear_px, totals[1]),
        },
    }
    return {**part, "sentences": _sentences(part)}


def totals_of(figures: Mapping[str, Any]) -> tuple[Interval, Interval]:
    """A flight's intervals, from the figures of its summary by path."""
    bytes_, clear = (
        tuple(figures.get(f"surrogate.held_out.{figure}.{end}") for end in _ENDS)
        for figure in FIGURES
    )
    return (bytes_[0], bytes_[1]), (clear[0], clear[1])


def surrogate_notes(flights: Iterable[DrawnFlights]) -> list[str]:
    """How far to trust the flights being compared, stated once for all that share a surrogate."""
    shared: dict[tuple[str, str], list[DrawnFlights]] = {}
    for flown in flights:
        shared.setdefault((flown.surrogate.digest, flown.name), []).append(flown)
    notes = []
    for (_, name), told in shared.items():
        part = surrogate_part(told[0].surrogate, name=name, images=0, totals=(UNKNOWN, UNKNOWN))
        whose = "" if len(shared) == 1 else f"{'; '.join(flown.variant for flown in told)}: "
        drawn, errors = (whose + sentence for sentence in part["sentences"][:2])
        notes += [
            drawn,
            f"{errors} {_widest([each for flown in told for each in flown.totals])}".rstrip(),
        ]
    return notes


def _widest(totals: Sequence[tuple[Interval, Interval]]) -> str:
    """A sentence giving the range that the flights' intervals span; empty if no flight kept anything."""
    told = [each for each in totals if each[0] != UNKNOWN]
    if not told:
        return ""
    bytes_, clear = (
        tuple(
            _outermost(end, pick)
            for end, pick in zip(zip(*ends, strict=True), (min, max), strict=True)
        )
        for ends in zip(*told, strict=True)
    )
    whose = (
        "The 95 % interval of the error of this flight's total is"
        if len(told) == 1
        else f"The 95 % intervals of the errors of these {len(told):,} flights' totals span"
    )
    return f"{whose} {_ends(*bytes_)} for bytes and {_ends(*clear)} for clear pixels" + _BY


def _outermost(
    ends: Sequence[float | None], pick: Callable[[Sequence[float]], float]
) -> float | None:
    """The outermost of several interval ends; None if one of them is unbounded."""
    known = [end for end in ends if end is not None]
    return pick(known) if len(known) == len(ends) else None


_BY = ": by donors that resemble the flight's own tiles, each drawn from other scenes, under the flight's own rule."


def surrogate_words(surrogate: Surrogate) -> list[str]:
    """What `calibrate` prints about a surrogate it has just fitted."""
    held_out = surrogate.held_out
    errors = held_out.kept_bytes, held_out.kept_clear_px
    totals = [error.total(held_out.scenes) or UNKNOWN for error in errors]
    part = surrogate_part(surrogate, name="it", images=0, totals=(UNKNOWN, UNKNOWN))
    total, single = _errors(part["held_out"])
    told = (
        f"For a total over as many scenes of that mix the 95 % interval of the error is {_ends(*totals[0])} for bytes, "
        f"{_ends(*totals[1])} for clear pixels; each flight reports its own, for its own places and rule."
    )
    return [_fit(part["fitted_on"]), total, told, single]


def _error(error: Error, total: Interval) -> dict[str, float | None]:
    low, high = total
    return {
        "tile_mean": error.tile_mean,
        "tile_bias": error.tile_bias,
        "tile_low": error.tile_low,
        "tile_high": error.tile_high,
        "total_bias": error.total_bias,
        "total_low": low,
        "total_high": high,
    }


def _sentences(part: dict[str, Any]) -> list[str]:
    drawn = (
        "No pixels were rendered, masked or compressed: each tile's mask figures and record length "
        f"are drawn from the surrogate {part['name']} ({part['sha256'][:12]})."
    )
    return [drawn, *_errors(part["held_out"]), f"The surrogate is {_fit(part['fitted_on'])}"]


def _errors(held_out: dict[str, Any]) -> list[str]:
    bytes_, clear = held_out["kept_bytes"], held_out["kept_clear_px"]
    total = (
        f"On {held_out['tiles']:,} tiles of {held_out['scenes']:,} held-out scenes, the total bytes of kept "
        f"tiles are off by {_percent(bytes_['total_bias'])} and their clear pixels by "
        f"{_percent(clear['total_bias'])}. Tiles were kept or dropped one by one, as in the arm prune; arms that drop "
        f"images (discard) or leave out pixels (mask) were not assessed. {_interval(held_out)}"
    ).rstrip()
    single = (
        f"For a single tile: bytes {_tile(bytes_, 'byte')}; clear pixels {_tile(clear, 'px')}; bias and 95 % interval, "
        f"with tiles kept up to a cover of {held_out['max_cloud_cover']:g}."
    )
    return [total, single]


def _interval(held_out: dict[str, Any]) -> str:
    """A sentence on totals; empty if no image was taken or nothing was kept."""
    bytes_, clear = (tuple(held_out[figure][end] for end in _ENDS) for figure in FIGURES)
    if bytes_ == UNKNOWN:
        return ""
    images = f"{held_out['images']:,} image{'' if held_out['images'] == 1 else 's'}"
    return (
        f"For a total over {images} the 95 % interval of the error is "
        f"{_ends(*bytes_)} for bytes, {_ends(*clear)} for clear pixels" + _BY
    )


def _ends(low: float | None, high: float | None) -> str:
    if low is None:
        return "unknown"
    return (
        f"{_percent(low)} to {_percent(high)}" if high is not None else f"{_percent(low)} upwards"
    )


def _fit(fitted_on: dict[str, Any]) -> str:
    sensor, masker, codec = (fitted_on[name] for name in ("sensor", "masker", "codec"))
    return (
        f"fitted on {fitted_on['tiles']:,} tiles of {fitted_on['tile_px']} x {fitted_on['tile_px']} px in "
        f"{fitted_on['scenes']:,} scenes at {sensor['gsd_m']:g} m and {sensor['bit_depth']} bits, scene "
        f"{fitted_on['world']['kind']}, masker {masker['kind']}"
        f"{' ' + str(masker['sha256'])[:12] if 'sha256' in masker else ''}, codec {codec['kind']}."
    )


def _percent(share: float) -> str:
    return f"{100 * share:+.1f} %"


def _tile(error: dict[str, float], unit: str) -> str:
    bias, low, high = (error[f"tile_{name}"] for name in ("bias", "low", "high"))
    return f"{bias:+,.0f} {unit} ({low:+,.0f} to {high:+,.0f}) of {error['tile_mean']:,.0f}"
