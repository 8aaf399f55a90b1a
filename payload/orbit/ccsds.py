"""What CCSDS messages have in common: lines KEY = value, XML leaves and times.

Source: CCSDS 502.0-B-3, section 7.
"""

import re
import xml.etree.ElementTree as ET
from datetime import UTC, datetime, timedelta

from payload.errors import OrbitError

KVN_LINE = re.compile(r"\s*([A-Z][A-Z0-9_]*)\s*=\s*(.*?)\s*(?:\[[^\]]*\])?\s*")
_CALENDAR = re.compile(r"(\d{4})-(?:(\d{2})-(\d{2})|(\d{3}))T(\d{2}):(\d{2}):(\d{2}(?:\.\d+)?)Z?")


def utc_instant(text: str, where: str) -> datetime:
    """The UTC time of a calendar date or a day of the year; an OrbitError begins with `where`."""
    match = _CALENDAR.fullmatch(text)
    if match is None:
        raise OrbitError(f"{where} is {text!r}; expected a UTC instant such as 2026-03-20T00:00:00")
    year, month, day, day_of_year, hour, minute, second = match.groups()
    days, seconds = int(day_of_year or 1), float(second)
    try:
        start = datetime(
            int(year), int(month or 1), int(day or 1), int(hour), int(minute), tzinfo=UTC
        ) + timedelta(days=days - 1)
        found = start + timedelta(seconds=seconds)
    except (ValueError, OverflowError) as error:
        raise OrbitError(f"{where} is {text!r}: {error}") from error
    if start.year != int(year) or seconds >= 61.0:
        raise OrbitError(f"{where} is {text!r}, which is not a valid date")
    return found


def xml_root(text: str, source: str) -> ET.Element:
    """The root of an XML message that defines no entities; an OrbitError that names the source if it is not one."""
    if "<!DOCTYPE" in text or "<!ENTITY" in text:
        raise OrbitError(f"{source} defines XML entities, which no message needs, and is not read")
    try:
        return ET.fromstring(text)
    except (ET.ParseError, RecursionError, ValueError) as error:
        raise OrbitError(f"{source} is not XML: {error}") from error


def tag(element: ET.Element) -> str:
    """An element's name without its namespace."""
    return element.tag.rpartition("}")[2]


def leaves(element: ET.Element) -> dict[str, str]:
    """Texts, by name, of all elements below one that have no children."""
    return {tag(leaf): (leaf.text or "").strip() for leaf in element.iter() if not len(leaf)}
