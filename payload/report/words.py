"""Numbers in readable form: three significant digits, decimal units (1 MB = 1,000,000 bytes).

>>> size(112_034_512), pixels(38_123_000), share(0.0123), span(5400)
('112 MB', '38.1 Mpx', '1.2 %', '1.5 h')
"""

import math
from collections.abc import Sequence

from payload.units import S_PER_DAY, S_PER_H

NBSP = "\N{NO-BREAK SPACE}"
_SIZES = ((1e12, "TB"), (1e9, "GB"), (1e6, "MB"), (1e3, "kB"), (1.0, "B"))
_PIXELS = ((1e12, "Tpx"), (1e9, "Gpx"), (1e6, "Mpx"), (1e3, "kpx"), (1.0, "px"))
_RATES = ((1e9, "Gbit/s"), (1e6, "Mbit/s"), (1e3, "kbit/s"), (1.0, "bit/s"))
_ENERGIES = ((3.6e6, "kWh"), (3.6e3, "Wh"), (1.0, "J"))
_SPANS = ((S_PER_DAY, "d"), (S_PER_H, "h"), (60.0, "min"), (1.0, "s"))


def size(count_bytes: float) -> str:
    """Bytes."""
    return _scaled(count_bytes, _SIZES)


def pixels(count_px: float) -> str:
    """Pixels."""
    return _scaled(count_px, _PIXELS)


def rate(bits_per_s: float) -> str:
    """Bits per second."""
    return _scaled(bits_per_s, _RATES)


def energy(joules: float) -> str:
    """Energy: joules, then watt-hours."""
    return _scaled(joules, _ENERGIES)


def area(km2: float) -> str:
    """Square kilometres."""
    return f"{number(km2)}{NBSP}km²"


def span(seconds: float) -> str:
    """A duration. Days are used only from two days on, as one day is best given as 24 h."""
    units = _SPANS if seconds >= 2 * S_PER_DAY else _SPANS[1:]
    return _scaled(seconds, units)


def share(part: float) -> str:
    """A share of one in per cent; a non-zero share never reads as 0 %, nor an incomplete one as 100 %."""
    percent = 100 * part
    if 0 < percent < 0.1:
        return f"under 0.1{NBSP}%"
    text = f"{percent:.1f}" if percent < 10 else f"{percent:.0f}"
    if text == "100" and part < 1:
        text = f"{math.floor(percent * 10) / 10:.1f}"
    return f"{text.removesuffix('.0')}{NBSP}%"


def number(value: float) -> str:
    """Three significant digits, thousands separated by commas."""
    if value == 0:
        return "0"
    digits = 2 - math.floor(math.log10(abs(value)))
    rounded = round(value, digits)
    if digits <= 0:
        return f"{rounded:,.0f}"
    text = f"{rounded:,.{digits}f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def count(things: int, one: str, many: str | None = None) -> str:
    """A number of things: `1 tile`, `1,234 tiles`."""
    return f"{things:,}{NBSP}{one if things == 1 else many or one + 's'}"


def listed(items: Sequence[str]) -> str:
    """`a`, `a and b`, `a, b and c`."""
    return " and ".join([", ".join(items[:-1]), items[-1]]) if len(items) > 1 else "".join(items)


def _scaled(value: float, units: Sequence[tuple[float, str]]) -> str:
    for factor, unit in units:
        # 999.7 kB would read as 1,000 kB: use the larger unit from where rounding reaches it.
        if abs(value) >= factor * 0.9995:
            return f"{number(value / factor)}{NBSP}{unit}"
    return f"{number(value)}{NBSP}{units[-1][1]}"
