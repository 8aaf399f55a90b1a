"""What a summary says of a surrogate: what it was fitted on, and how far to trust its figures."""

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from payload.surrogate import Error, Surrogate, widths


@dataclass(frozen=True, slots=True)
class DrawnFlights:
    """Flights of a variant by a surrogate.

    Attributes:
        variant: Its name.
        surrogate: With which was flown.
        name: How the scenario calls that.
        tiles: Of an image, as far as they even out: see `payload.surrogate.even_tiles`.
        images: How many each flight took, 1 at least.
    """

    variant: str
    surrogate: Surrogate
    name: str
    tiles: float
    images: Sequence[int]


def surrogate_part(surrogate: Surrogate, *, name: str, images: int, tiles: float) -> dict[str, Any]:
    """The key `surrogate` of a summary.

    Args:
        surrogate: With which was flown.
        name: How the scenario calls it.
        images: How many the flight took: errors of images even out in a total.
        tiles: Of an image: errors of tiles even out in part.
    """
    held_out, fitted_on = surrogate.held_out, asdict(surrogate.fitted_on)
    of_bytes, of_clear = widths(surrogate, tiles)
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
            "kept_bytes": _error(held_out.kept_bytes, images, of_bytes),
            "kept_clear_px": _error(held_out.kept_clear_px, images, of_clear),
        },
    }
    return {**part, "sentences": _sentences(part)}


def surrogate_notes(flights: Iterable[DrawnFlights]) -> list[str]:
    """How far to trust flights that are compared: said once for all that share a surrogate and the size of an image.

    Errors of images even out in a total, so that the fewest and the most images are told.
    """
    shared: dict[tuple[str, str, float], list[DrawnFlights]] = {}
    for flown in flights:
        shared.setdefault((flown.surrogate.digest, flown.name, flown.tiles), []).append(flown)
    notes = []
    for (_, name, tiles), told in shared.items():
        images = [count for flown in told for count in flown.images]
        fewest, most = (
            surrogate_part(told[0].surrogate, name=name, images=count, tiles=tiles)
            for count in (min(images), max(images))
        )
        whose = "" if len(shared) == 1 else f"{'; '.join(flown.variant for flown in told)}: "
        notes += [whose + sentence for sentence in fewest["sentences"][:2]]
        if min(images) < max(images):
            notes[-1] += (
                f" That is the smallest flight. {_interval(most['held_out'])} That is the largest."
            )
    return notes


def surrogate_words(surrogate: Surrogate) -> list[str]:
    """What `calibrate` tells of a surrogate that it has just fitted."""
    held_out = surrogate.held_out
    tiles = held_out.tiles / held_out.scenes
    part = surrogate_part(surrogate, name="it", images=held_out.scenes, tiles=tiles)
    return [_fit(part["fitted_on"]), *_errors(part["held_out"])]


def _error(error: Error, images: int, width: float) -> dict[str, float | None]:
    low, high = error.total(images, width=width) or (None, None)
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
        "No pixel was painted, masked or compressed: what the masker says of a tile and how long its record "
        f"is are drawn from the surrogate {part['name']} ({part['sha256'][:12]})."
    )
    return [drawn, *_errors(part["held_out"]), f"The surrogate is {_fit(part['fitted_on'])}"]


def _errors(held_out: dict[str, Any]) -> list[str]:
    bytes_, clear = held_out["kept_bytes"], held_out["kept_clear_px"]
    total = (
        f"On {held_out['tiles']:,} tiles of {held_out['scenes']:,} scenes kept out of its fit, the bytes of kept "
        f"tiles are {_percent(bytes_['total_bias'])} off in sum and their clear pixels "
        f"{_percent(clear['total_bias'])}. Tiles were kept or dropped one by one, as by the arm prune; arms that drop "
        f"images (discard) or leave out pixels (mask) were not judged. {_interval(held_out)}"
    ).rstrip()
    single = (
        f"Of a single tile: bytes {_tile(bytes_, 'byte')}; clear pixels {_tile(clear, 'px')}; bias and 95 % interval, "
        f"tiles being kept up to a cover of {held_out['max_cloud_cover']:g}."
    )
    return [total, single]


def _interval(held_out: dict[str, Any]) -> str:
    """A sentence of totals; nothing where no image was taken."""
    bytes_, clear = held_out["kept_bytes"], held_out["kept_clear_px"]
    if bytes_["total_low"] is None:
        return ""
    images = f"{held_out['images']:,} image{'' if held_out['images'] == 1 else 's'}"
    return (
        f"For a total over {images} the 95 % interval of the error is "
        f"{_percent(bytes_['total_low'])} to {_percent(bytes_['total_high'])} for bytes, "
        f"{_percent(clear['total_low'])} to {_percent(clear['total_high'])} for clear pixels."
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
