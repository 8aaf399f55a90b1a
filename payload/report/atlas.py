"""The map: land from the packaged land fraction, ground track, stations and targets, on plain axes."""

import base64
import itertools
import zipfile
from collections.abc import Sequence
from functools import cache
from importlib.resources import files

import numpy as np
from numpy.typing import NDArray

from payload.report.chart import Chart, Json, Mark, axis, layout, plain
from payload.report.data import Image, Place, ReportData, TrackPoint
from payload.report.palette import LIGHT
from payload.report.sky import SQUARE_KM, cloud_below, cloud_trace
from payload.report.words import count, share

LAND_FILE = "land_fraction_0p5deg.npz"
CELL_DEG = 1.0
LABELLED_STATIONS = 40
"""More labels than these would overlap."""
MOST_SPOTS = 1500
"""Maximum number of targets of each kind drawn."""


def map_chart(data: ReportData) -> Chart | None:
    """Where the flight took place; None if there is nothing to plot."""
    if not (data.track or data.images or data.setting.stations or data.places):
        return None
    clear, cloudy, rest = _targets(data)
    sky = cloud_below(data)
    traces = [
        _land(),
        cloud_trace(*sky) if sky else None,
        _track(data.track),
        _passes(data),
        _spots("not taken", rest, "circle-open", 7, "muted"),
        _spots("cloudy each time", cloudy, "circle-open", 9, "overflowed"),
        _spots("taken clear enough", clear, "circle", 9, "prune"),
        _stations(data),
    ]
    drawn = [trace for trace in traces if trace]
    limit = share(data.setting.rescheduling.max_cloud_cover)
    missing = data.summary.targets.requested - len(clear) - len(cloudy)
    crowded = max(len(clear), len(cloudy), len(rest)) > MOST_SPOTS
    lost = (
        f" {count(missing, 'target')} not taken in this flight, at places this folder does not record."
        if missing > 0 and data.places is None
        else ""
    )
    return Chart(
        id="map",
        title="Ground track, stations and targets",
        caption="Ground track of the first day, bold where a station is in view. "
        + (
            f"Grey shows the cloud cover under the track at overflight, in squares of {SQUARE_KM} km: the darker, the more cloud. "
            if sky
            else ""
        )
        + "A target counts as cloudy when the masker "
        f"finds more cloud cover in every image of it than its own limit, or {limit} if it has none.{lost}"
        + (f" {MOST_SPOTS:,} of each kind are drawn." if crowded else ""),
        summary=f"{count(len(data.setting.stations), 'station')}; of "
        f"{count(data.summary.targets.requested, 'target')} {len(clear):,} were taken clear enough, "
        f"{len(cloudy):,} were cloudy each time and {max(missing, 0):,} were not taken."
        + (f" Mean cloud cover under the track was {share(float(sky[1].mean()))}." if sky else ""),
        height_px=560,
        plot={"data": drawn, "layout": _layout()},
        key=_key(data, sky is not None, bool(clear), bool(cloudy), bool(rest)),
        narrow=_narrow(drawn),
    )


def _narrow(traces: Sequence[Json]) -> Json:
    """On a small screen the map takes the full width and small markers."""
    changes: Json = {}
    for name in ("xaxis", "yaxis"):
        changes[f"layout.{name}.showticklabels"] = False
    for name in ("l", "r", "t", "b"):
        changes[f"layout.margin.{name}"] = 1
    for index, trace in enumerate(traces):
        if "marker" in trace:
            changes[f"data.{index}.marker.size"] = 3 if trace.get("name") == "cloud" else 6
            changes[f"data.{index}.textfont.size"] = 10
        elif trace["type"] == "scatter":
            width = trace["line"]["width"]  # type: ignore[index]
            changes[f"data.{index}.line.width"] = 0.6 * width
    return changes


def _layout() -> Json:
    degrees: Json = {"showgrid": True, "zeroline": False, "ticksuffix": "°", "ticks": ""}
    return layout(
        560,
        margin={"l": 8, "r": 8, "t": 8, "b": 28},
        plot_bgcolor=LIGHT["water"],
        hovermode="closest",
        xaxis=axis("", range=[-180, 180], dtick=30, constrain="domain", **degrees),
        yaxis=axis(
            "",
            range=[-90, 90],
            dtick=30,
            constrain="domain",
            scaleanchor="x",
            scaleratio=1,
            **degrees,
        ),
    )


def _key(data: ReportData, sky: bool, clear: bool, cloudy: bool, rest: bool) -> tuple[Mark, ...]:
    marks = (
        (bool(data.track), Mark("line", "track", "ground track")),
        (bool(data.track and data.contacts), Mark("line", "delivered", "in view of a station")),
        (sky, Mark("box", "cloud", "cloud below the track")),
        (bool(data.setting.stations), Mark("triangle", "ink", "ground station")),
        (clear, Mark("dot", "prune", "target taken clear enough")),
        (cloudy, Mark("ring", "overflowed", "target cloudy each time")),
        (rest, Mark("ring", "muted", "target not taken")),
    )
    return tuple(mark for shown, mark in marks if shown)


# --- land -------------------------------------------------------------------------------------------


def _land() -> Json | None:
    """The 50 % contour of the land fraction; None if the file is missing."""
    percent = land_percent()
    if percent is None:
        return None
    rows, columns = percent.shape
    return {
        "type": "contour",
        "x0": -180 + CELL_DEG / 2,
        "dx": CELL_DEG,
        "y0": 90 - CELL_DEG / 2,
        "dy": -CELL_DEG,
        "z": {
            "dtype": "u1",
            "bdata": base64.b64encode(percent.tobytes()).decode(),
            "shape": f"{rows}, {columns}",
        },
        "contours": {"start": 50, "end": 50, "size": 50, "coloring": "fill"},
        "autocontour": False,
        "line": {"width": 0, "smoothing": 0.9},
        "zmin": 0,
        "zmax": 100,
        "colorscale": [
            [0, LIGHT["water"]],
            [0.5, LIGHT["water"]],
            [0.5, LIGHT["land"]],
            [1, LIGHT["land"]],
        ],
        "showscale": False,
        "hoverinfo": "skip",
    }


@cache
def land_percent() -> NDArray[np.uint8] | None:
    """[%] Share of land in cells of CELL_DEG, row 0 in the north, column 0 at 180 W; None if not packaged."""
    file = files("payload") / "data" / LAND_FILE
    try:
        with file.open("rb") as opened, np.load(opened, allow_pickle=False) as loaded:
            fine: NDArray[np.uint8] = loaded[loaded.files[0]]
        each = round(CELL_DEG * fine.shape[0] / 180)
        blocks = fine.reshape(fine.shape[0] // each, each, fine.shape[1] // each, each)
    except (OSError, EOFError, ValueError, IndexError, zipfile.BadZipFile):
        return None
    coarse: NDArray[np.float64] = blocks.mean(axis=(1, 3))
    return np.rint(coarse).astype(np.uint8)


# --- what flew and what was requested ---------------------------------------------------------------


def _track(points: Sequence[TrackPoint]) -> Json | None:
    if not points:
        return None
    return _way(*_line(points), width=1, colour="track")


Line = tuple[list[float | None], list[float | None]]
"""[deg] Longitudes and latitudes; None separates one segment from the next."""


def _line(points: Sequence[TrackPoint]) -> Line:
    lon_deg: list[float | None] = []
    lat_deg: list[float | None] = []
    for before, here in itertools.pairwise([None, *points]):
        if here is None:
            continue
        if before is not None and before.satellite != here.satellite:
            lon_deg.append(None)
            lat_deg.append(None)
        elif before is not None and abs(here.lon_deg - before.lon_deg) > 180:
            _cross_date_line(lon_deg, lat_deg, before, here)
        lon_deg.append(round(here.lon_deg, 2))
        lat_deg.append(round(here.lat_deg, 2))
    return lon_deg, lat_deg


def _way(
    lon_deg: list[float | None], lat_deg: list[float | None], *, width: int, colour: str
) -> Json:
    return {
        "type": "scatter",
        "mode": "lines",
        "x": lon_deg,
        "y": lat_deg,
        "line": {"width": width, "color": LIGHT[colour]},
        "hoverinfo": "skip",
    }


def _passes(data: ReportData) -> Json | None:
    """The ground track while a station is in view, minute by minute."""
    spans: dict[str, list[tuple[float, float]]] = {}
    for contact in data.contacts:
        spans.setdefault(contact.satellite, []).append((contact.aos_s, contact.los_s))
    edges = {name: np.array(sorted(found)).T for name, found in spans.items()}

    def seen(point: TrackPoint) -> bool:
        return _is_within(edges.get(point.satellite), point.time_s)

    lon_deg: list[float | None] = []
    lat_deg: list[float | None] = []
    for is_seen, group in itertools.groupby(data.track, seen):
        if is_seen:
            lon, lat = _line(list(group))
            lon_deg += [*lon, None]
            lat_deg += [*lat, None]
    return _way(lon_deg, lat_deg, width=3, colour="delivered") if lon_deg else None


def _is_within(edges: NDArray[np.float64] | None, time_s: float) -> bool:
    """Whether a time lies in one of the spans, whose starts and ends are rows, sorted."""
    if edges is None:
        return False
    last = int(np.searchsorted(edges[0], time_s, side="right"))
    return bool(last) and bool((edges[1][:last] >= time_s).any())


def _cross_date_line(
    lon_deg: list[float | None], lat_deg: list[float | None], before: TrackPoint, here: TrackPoint
) -> None:
    """End the line at one edge of the map and continue it at the other, at the same latitude."""
    edge = 180.0 if before.lon_deg > 0 else -180.0
    way = (here.lon_deg - before.lon_deg + 180) % 360 - 180
    part = (edge - before.lon_deg) / way if way else 0.0
    lat = round(before.lat_deg + part * (here.lat_deg - before.lat_deg), 2)
    lon_deg += [edge, None, -edge]
    lat_deg += [lat, None, lat]


Spot = tuple[str, float, float]


def _targets(data: ReportData) -> tuple[list[Spot], list[Spot], list[Spot]]:
    """Targets taken clear enough, cloudy each time, and never taken (if the folder lists them).

    Judged by each target's own limit, as recorded in `as_flown.csv`; in folders without it, by the scenario's.
    """
    limit = data.setting.rescheduling.max_cloud_cover
    flown = data.as_flown
    good = {row.target for row in flown or () if row.what == "taken" and row.cover is not None}
    images: dict[str, list[Image]] = {}
    for image in data.images:
        images.setdefault(image.target, []).append(image)
    covers_of: dict[str, list[float]] = {}
    for judged in data.images if flown is None else flown:
        if judged.cover is not None:
            covers_of.setdefault(judged.target, []).append(judged.cover)
    clear: list[Spot] = []
    cloudy: list[Spot] = []
    for target, taken in images.items():
        covers = covers_of.get(target, [])
        times = f"taken {len(taken)} times" if len(taken) > 1 else "taken once"
        least = f", least cover {share(min(covers))}" if covers else ""
        spot = (f"{plain(target)}<br>{times}{least}", taken[0].lat_deg, taken[0].lon_deg)
        is_clear = target in good if flown is not None else covers and min(covers) <= limit
        (clear if is_clear else cloudy).append(spot)
    places: Sequence[Place] = data.places or ()
    rest = [
        (f"{plain(place.name)}<br>not taken", place.lat_deg, place.lon_deg)
        for place in places
        if place.name not in images
    ]
    return clear, cloudy, rest


def _spots(name: str, spots: list[Spot], symbol: str, size_px: int, colour: str) -> Json | None:
    if not spots:
        return None
    spots = spots[:MOST_SPOTS]
    return {
        "type": "scatter",
        "mode": "markers",
        "name": name,
        "x": [round(lon_deg, 4) for _, _, lon_deg in spots],
        "y": [round(lat_deg, 4) for _, lat_deg, _ in spots],
        "text": [text for text, _, _ in spots],
        "marker": {
            "symbol": symbol,
            "size": size_px,
            "color": LIGHT[colour],
            "line": {"width": 1.5, "color": LIGHT[colour if "open" in symbol else "paper"]},
        },
        "hovertemplate": "%{text}<extra></extra>",
    }


def _stations(data: ReportData) -> Json | None:
    stations = data.setting.stations
    if not stations:
        return None
    labelled = len(stations) <= LABELLED_STATIONS
    return {
        "type": "scatter",
        "mode": "markers+text" if labelled else "markers",
        "x": [station.lon_deg for station in stations],
        "y": [station.lat_deg for station in stations],
        "text": [plain(station.name) for station in stations],
        "textposition": [
            "middle left" if station.lon_deg > 140 else "middle right" for station in stations
        ],
        "textfont": {"size": 12, "color": LIGHT["ink"]},
        "marker": {
            "symbol": "triangle-up",
            "size": 12,
            "color": LIGHT["ink"],
            "line": {"width": 1, "color": LIGHT["paper"]},
        },
        "hovertemplate": "station %{text}<extra></extra>",
    }
