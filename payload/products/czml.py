"""The flight for Cesium: satellites along their orbits, in shadow, in contact, imaging; stations; images on the ground.

Names appear only as label texts, which Cesium draws and never interprets as HTML; the ids of packets are numbered.

Source: https://github.com/AnalyticalGraphicsInc/czml-writer/wiki/CZML-Guide, version 1.0.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

import shapely
from shapely import Geometry

from payload.ledger import ContactLog
from payload.orbit import eclipses
from payload.types import Acquisition, Ephemeris, GroundStation
from payload.units import M_PER_KM, S_PER_H, at, iso_utc

MOST_STATES = 100_000
"""Most positions in a file, over all satellites: some 6 MB. Of a longer flight the first part is shown, as the title says."""
MOST_IMAGES = 5_000
"""Most footprints in a file; only the first are shown."""
Colour = tuple[int, int, int, int]
SUNLIT: Colour = (255, 200, 60, 255)
SHADOW: Colour = (110, 120, 140, 255)
CONTACT: Colour = (60, 200, 120, 255)
IMAGING: Colour = (80, 160, 255, 255)
STATION: Colour = (240, 240, 240, 255)
FOOTPRINT: Colour = (80, 160, 255, 90)
TRAIL_S = 2_700.0
"""[s] Length of the path drawn behind and ahead of a satellite: half an orbit each."""
Span = tuple[float, float]


@dataclass(slots=True)
class Pictured:
    """The images of a flight, seen one by one in order of time; only what fits into a file is kept.

    Attributes:
        states: Number of states kept per satellite.
        end_s: [s] End of the time shown.
        count: Images of the whole flight.
        spans: When each satellite was imaging, within the time shown.
        shown: Target, time [s] and footprint of the first images; None for a footprint that is unknown.
    """

    states: int
    end_s: float
    count: int = 0
    spans: dict[str, list[Span]] = field(default_factory=dict[str, list[Span]])
    shown: list[tuple[str, float, Geometry | None]] = field(
        default_factory=list[tuple[str, float, Geometry | None]]
    )

    @classmethod
    def of(cls, ephemerides: Mapping[str, Ephemeris]) -> "Pictured":
        """No images yet, for a fleet on one time grid."""
        each = min(path.time_s.size for path in ephemerides.values())
        states = max(2, min(each, MOST_STATES // len(ephemerides)))
        return cls(states, float(next(iter(ephemerides.values())).time_s[states - 1]))

    def see(self, image: Acquisition, shape: Geometry | None) -> None:
        """Add the next image, with what it covers."""
        self.count += 1
        taken = image.opportunity
        if taken.start_s < self.end_s:
            self.spans.setdefault(image.satellite, []).append((taken.start_s, taken.end_s))
        if image.time_s < self.end_s and len(self.shown) < MOST_IMAGES:
            self.shown.append((taken.target, image.time_s, shape))


@dataclass(frozen=True, slots=True)
class Visible:
    """What a file shows of a flight.

    Attributes:
        name: Of the scenario.
        epoch_utc: The epoch of all times.
        ephemerides: By satellite, ITRF, on one time grid.
        stations: All receiving stations.
        contacts: Of the scenario's own arm.
        images: After all images have been added.
        dut1_s: [s] UT1 - UTC.
    """

    name: str
    epoch_utc: datetime
    ephemerides: Mapping[str, Ephemeris]
    stations: Sequence[GroundStation]
    contacts: Sequence[ContactLog]
    images: Pictured
    dut1_s: float = 0.0

    @property
    def end_s(self) -> float:
        """[s] End of the time shown."""
        return self.images.end_s

    def heard(self) -> dict[str, list[ContactLog]]:
        """Contacts that were not missed, by satellite, within the time shown."""
        found: dict[str, list[ContactLog]] = {name: [] for name in self.ephemerides}
        for log in self.contacts:
            if not log.is_missed and log.start_s < self.end_s:
                found[log.window.satellite].append(log)
        return found

    @property
    def title(self) -> str:
        """The scenario's name, and how much of it is shown if not all."""
        whole_s = min(float(path.time_s[-1]) for path in self.ephemerides.values())
        told = [
            f"the first {self.end_s / S_PER_H:.3g} h of {whole_s / S_PER_H:.3g} h"
            if self.end_s < whole_s
            else "",
            f"footprints of the first {MOST_IMAGES:,} of {self.images.count:,} images"
            if self.images.count > MOST_IMAGES
            else "",
        ]
        cut = "; ".join(filter(None, told))
        return f"{self.name} ({cut})" if cut else self.name

    def utc(self, time_s: float) -> str:
        """An instant in CZML's format."""
        return iso_utc(at(self.epoch_utc, time_s))

    def interval(self, span: Span) -> str:
        """An interval in CZML's format."""
        return f"{self.utc(span[0])}/{self.utc(span[1])}"


def write_czml(path: Path, seen: Visible) -> None:
    """Write the file: a list of packets."""
    with path.open("w", encoding="utf-8") as file:
        for number, packet in enumerate(_packets(seen)):
            before = ",\n" if number else "["
            text = json.dumps(packet, allow_nan=False, ensure_ascii=False, separators=(",", ":"))
            file.write(f"{before}{text}")
        file.write("]\n")


def _packets(seen: Visible) -> Iterator[dict[str, Any]]:
    whole = seen.interval((0.0, seen.end_s))
    yield {
        "id": "document",
        "name": seen.title,
        "version": "1.0",
        "clock": {
            "interval": whole,
            "currentTime": seen.utc(0.0),
            "multiplier": 60,
            "range": "LOOP_STOP",
            "step": "SYSTEM_CLOCK_MULTIPLIER",
        },
    }
    stations = {station.name: f"station-{n}" for n, station in enumerate(seen.stations)}
    for station in seen.stations:
        yield {
            "id": stations[station.name],
            "name": station.name,
            "position": {
                "cartographicDegrees": [station.lon_deg, station.lat_deg, station.height_m]
            },
            "point": {"pixelSize": 8, "color": {"rgba": STATION}},
            "label": _label(station.name),
        }
    heard = seen.heard()
    for number, (name, ephemeris) in enumerate(seen.ephemerides.items()):
        craft = f"satellite-{number}"
        yield _satellite(craft, ephemeris, heard[name], seen)
        yield from _beams(craft, name, heard[name], stations, seen)
    yield from _ground(seen)


def _satellite(
    craft: str, ephemeris: Ephemeris, heard: Sequence[ContactLog], seen: Visible
) -> dict[str, Any]:
    name, count = ephemeris.satellite, seen.images.states
    positions: list[float] = []
    for time_s, place in zip(
        ephemeris.time_s[:count].tolist(), ephemeris.position_km[:count].tolist(), strict=True
    ):
        positions += [time_s, *(round(M_PER_KM * km, 1) for km in place)]
    dark = eclipses(_begin(ephemeris, count), seen.epoch_utc, dut1_s=seen.dut1_s)
    spells: list[tuple[Colour, list[Span]]] = [
        (SHADOW, [(item.start_s, item.end_s) for item in dark]),
        (CONTACT, [_span(log) for log in heard]),
        (IMAGING, seen.images.spans.get(name, [])),
    ]
    return {
        "id": craft,
        "name": name,
        "availability": seen.interval((0.0, seen.end_s)),
        "position": {
            "epoch": seen.utc(0.0),
            "referenceFrame": "FIXED",
            "interpolationAlgorithm": "LAGRANGE",
            "interpolationDegree": 5,
            "cartesian": positions,
        },
        "point": {"pixelSize": 9, "color": _coloured(spells, seen)},
        "label": _label(name),
        "path": {
            "width": 1,
            "leadTime": TRAIL_S,
            "trailTime": TRAIL_S,
            "resolution": 60,
            "material": {"solidColor": {"color": {"rgba": SUNLIT}}},
        },
    }


def _begin(ephemeris: Ephemeris, count: int) -> Ephemeris:
    """The first `count` states and two more, so that shadow computed from them agrees with that of the whole orbit."""
    told = slice(0, count + 2)
    return Ephemeris(
        ephemeris.satellite,
        ephemeris.time_s[told],
        ephemeris.position_km[told],
        ephemeris.velocity_km_s[told],
    )


def _span(log: ContactLog) -> Span:
    return log.start_s, log.window.los_s


def _coloured(
    spells: Sequence[tuple[Colour, Sequence[Span]]], seen: Visible
) -> list[dict[str, Any]]:
    """Intervals that do not overlap: where several spells coincide the last listed is shown, where none does, sunlight."""
    marks = sorted(
        {0.0, seen.end_s}
        | {t for _, spans in spells for span in spans for t in span if 0.0 < t < seen.end_s}
    )
    colours: list[Colour] = [SUNLIT] * (len(marks) - 1)
    index = {time_s: number for number, time_s in enumerate(marks)}
    for colour, spans in spells:
        for start_s, end_s in spans:
            low, high = max(start_s, 0.0), min(end_s, seen.end_s)
            if low < high:
                colours[index[low] : index[high]] = [colour] * (index[high] - index[low])
    told: list[dict[str, Any]] = []
    begin = 0
    for number in range(1, len(colours) + 1):
        if number == len(colours) or colours[number] != colours[begin]:
            told.append(
                {
                    "interval": seen.interval((marks[begin], marks[number])),
                    "rgba": colours[begin],
                }
            )
            begin = number
    return told


def _beams(
    craft: str,
    name: str,
    heard: Sequence[ContactLog],
    stations: Mapping[str, str],
    seen: Visible,
) -> Iterator[dict[str, Any]]:
    """A line to each station while the satellite sends to it."""
    by_station: dict[str, list[Span]] = {}
    for log in heard:
        start_s, end_s = _span(log)
        spans = by_station.setdefault(log.window.station, [])
        spans.append((start_s, min(end_s, seen.end_s)))
    for station, spans in sorted(by_station.items()):
        place = stations[station]
        yield {
            "id": f"{craft}-{place}",
            "name": f"{name} to {station}",
            "availability": [seen.interval(span) for span in sorted(spans)],
            "polyline": {
                "positions": {"references": [f"{craft}#position", f"{place}#position"]},
                "width": 2,
                "arcType": "NONE",
                "material": {"solidColor": {"color": {"rgba": CONTACT}}},
            },
        }


def _ground(seen: Visible) -> Iterator[dict[str, Any]]:
    """Images on the ground, each from the moment it was taken."""
    for number, (target, time_s, shape) in enumerate(seen.images.shown):
        for piece, part in enumerate([] if shape is None else shapely.get_parts(shape)):
            corners: list[float] = []
            for lon_deg, lat_deg in list(part.exterior.coords)[:-1]:
                corners += [lon_deg, lat_deg, 0.0]
            yield {
                "id": f"image-{number}-{piece}",
                "name": target,
                "availability": seen.interval((time_s, seen.end_s)),
                "polygon": {
                    "positions": {"cartographicDegrees": corners},
                    "material": {"solidColor": {"color": {"rgba": FOOTPRINT}}},
                    "height": 0,
                },
            }


def _label(text: str) -> dict[str, Any]:
    return {
        "text": text,
        "font": "12px sans-serif",
        "pixelOffset": {"cartesian2": [12, 0]},
        "horizontalOrigin": "LEFT",
    }
