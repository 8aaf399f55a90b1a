"""The figure of contacts: stations and images over time, and what each contact carried."""

from payload.report.chart import (
    MS_PER_S,
    Chart,
    Json,
    Mark,
    axis,
    heading,
    layout,
    plain,
    time_axis,
    utc,
)
from payload.report.data import Contact, ReportData
from payload.report.palette import LIGHT
from payload.report.words import count, listed, rate, size, span
from payload.units import BYTES_PER_MB

MOST_CONTACTS = 1000
MOST_IMAGES = 2000
MOST_STATIONS = 24
"""If there are more of any, only the first are drawn, and the caption says so."""


def contacts_chart(data: ReportData) -> Chart | None:
    """Stations and images over time, and what each contact could and did carry."""
    if not data.contacts and not data.images:
        return None
    rows = _rows(data)
    tall = 40 * len(rows)
    height = tall + 330 if data.contacts else tall + 90
    lower, gap = (210 / height, 70 / height) if data.contacts else (0.0, 0.0)
    plot = layout(
        height,
        margin={"l": 16, "r": 16, "t": 28, "b": 40},
        barmode="overlay",
        hovermode="closest",
        xaxis=time_axis(data, anchor="y2" if data.contacts else "y"),
        yaxis=axis(
            "",
            domain=[lower + gap, 1],
            categoryorder="array",
            categoryarray=rows[::-1],
            range=[-0.6, len(rows) - 0.4],
            type="category",
            tickfont={"size": 12, "color": LIGHT["ink"]},
            ticklabelstandoff=8,
        ),
        annotations=[heading("Contacts and images", 1.0)],
    )
    traces = [_pass_lines(data), *_image_ticks(data), *_work_lines(data)]
    narrow: Json = {}
    if data.contacts:
        plot["yaxis2"] = axis("MB", domain=[0, lower], rangemode="tozero")
        plot["annotations"] = [
            heading("Contacts and images", 1.0),
            heading("Data carried in each contact", lower),
        ]
        traces += _carried(data)
    for index, trace in enumerate(traces):
        if trace["type"] == "bar":
            narrow[f"data.{index}.width"] = data.summary.duration_s / 60 * MS_PER_S
        elif trace.get("yaxis") == "y2":
            narrow[f"data.{index}.marker.size"] = 7
    used, room = data.summary.link.used_bytes, data.summary.link.capacity_bytes
    return Chart(
        id="contacts-over-time",
        title="Contacts, images and what the link carried",
        caption="Above, each mark is a pass over a station, an image taken, or its processing. Below, the pale bar is what the "
        "contact could have carried, the dark bar what it did carry, the tick what the bent pipe sent. "
        f"Times are UTC.{_left_out(data)}",
        summary=f"{count(len(data.contacts), 'contact')} with "
        f"{count(len({item.station for item in data.contacts}), 'station')} carried {size(used)} of "
        f"{size(room)}; {count(len(data.images), 'image')} taken.",
        height_px=height,
        plot={"data": traces, "layout": plot},
        key=_contacts_key(data),
        narrow=narrow,
    )


def _contacts_key(data: ReportData) -> tuple[Mark, ...]:
    found = [Mark("box", "muted", "pass over a station")] if data.contacts else []
    if data.images:
        found.append(Mark("tick", "ink", "image taken"))
    if data.evidence.work:
        found.append(Mark("box", "saved", "being masked and compressed, or waiting to be"))
    if data.contacts:
        found += [
            Mark("box", "capacity", "capacity"),
            Mark("box", "prune", "carried"),
        ]
    if any(item.raw_used_bytes is not None for item in data.contacts):
        found.append(Mark("dash", "ink", "carried by the bent pipe"))
    return tuple(found)


_IMAGES_ROW, _WORK_ROW = "images", "processing"


def _stations(data: ReportData) -> list[str]:
    """Stations of the scenario, then any others in the table; if there are too many, only those with contacts."""
    met = {item.station for item in data.contacts}
    names = [station.name for station in data.setting.stations]
    names += sorted(met - set(names))
    if len(names) > MOST_STATIONS:
        names = [name for name in names if name in met]
    return names[:MOST_STATIONS]


def _rows(data: ReportData) -> list[str]:
    rows = [plain(name) for name in _stations(data)]
    if data.images:
        rows.append(_IMAGES_ROW)
    return [*rows, _WORK_ROW] if data.evidence.work else rows


def _left_out(data: ReportData) -> str:
    stations = {item.station for item in data.contacts} | {
        item.name for item in data.setting.stations
    }
    drawn = (
        (MOST_CONTACTS, len(data.contacts), "contacts"),
        (MOST_IMAGES, len(data.images), "images"),
        (MOST_STATIONS, len(stations), "stations"),
    )
    told = [f"{most:,} of {number:,} {what}" for most, number, what in drawn if number > most]
    return f" Drawn: {listed(told)}." if told else ""


def _pass_lines(data: ReportData) -> Json:
    times: list[str | None] = []
    stations: list[str | None] = []
    told: list[str | None] = []
    shown = set(_stations(data))
    for item in data.contacts[:MOST_CONTACTS]:
        if item.station not in shown:
            continue
        said = (
            f"{plain(item.station)}, {plain(item.satellite)}<br>{span(item.los_s - item.aos_s)}, up to "
            f"{item.max_elevation_deg:.0f}°{_at_rate(item)}"
        )
        times += [utc(data, item.aos_s), utc(data, item.los_s), None]
        stations += [item.station, item.station, None]
        told += [said, said, None]
    return {
        "type": "scatter",
        "mode": "lines+markers",  # minutes in a month are too short a line to be seen
        "x": times,
        "y": [None if name is None else plain(name) for name in stations],
        "text": told,
        "line": {"width": 12, "color": LIGHT["muted"]},
        "marker": _upright(LIGHT["muted"]),
        "hovertemplate": "%{x|%Y-%m-%d %H:%M:%S}<br>%{text}<extra></extra>",
    }


def _upright(colour: str) -> Json:
    """A marker as high as the lines of passes and of work, so that short ones are visible however long the flight."""
    return {
        "symbol": "line-ns",
        "size": 12,
        "line": {"width": 1.5, "color": colour},
        "color": colour,
    }


def _at_rate(item: Contact) -> str:
    """The mean rate of the channel."""
    return "" if item.rate_bps is None else f", {rate(item.rate_bps)}"


def _work_lines(data: ReportData) -> list[Json]:
    """From each exposure until its tiles are judged: the computer's work, and waiting."""
    shown = data.evidence.work[:MOST_IMAGES]
    if not shown:
        return []
    times: list[str | None] = []
    told: list[str | None] = []
    for item in shown:
        said = f"{plain(item.satellite)}: processed {span(item.judged_s - item.taken_s)} after exposure"
        times += [utc(data, item.taken_s), utc(data, item.judged_s), None]
        told += [said, said, None]
    lines: Json = {
        "type": "scatter",
        "mode": "lines+markers",  # seconds in a day are too short a line to be seen
        "x": times,
        "y": [None if time is None else _WORK_ROW for time in times],
        "text": told,
        "line": {"width": 12, "color": LIGHT["saved"]},
        "marker": _upright(LIGHT["saved"]),
        "hovertemplate": "%{x|%Y-%m-%d %H:%M:%S}<br>%{text}<extra></extra>",
    }
    return [lines]


def _image_ticks(data: ReportData) -> list[Json]:
    if not data.images:
        return []
    shown = data.images[:MOST_IMAGES]
    ticks: Json = {
        "type": "scatter",
        "mode": "markers",
        "x": [utc(data, item.time_s) for item in shown],
        "y": [_IMAGES_ROW] * len(shown),
        "text": [plain(item.target) + (", taken again" if item.retake else "") for item in shown],
        "marker": {
            "symbol": "line-ns",
            "size": 14,
            "line": {"width": 1.5, "color": LIGHT["ink"]},
            "color": LIGHT["ink"],
        },
        "hovertemplate": "%{x|%Y-%m-%d %H:%M:%S}<br>%{text}<extra></extra>",
    }
    return [ticks]


def _carried(data: ReportData) -> list[Json]:
    shown = data.contacts[:MOST_CONTACTS]
    least_s = data.summary.duration_s / 160
    middles = [utc(data, (item.aos_s + item.los_s) / 2) for item in shown]
    widths = [max(item.los_s - item.aos_s, least_s) * MS_PER_S for item in shown]
    bar: Json = {"type": "bar", "x": middles, "width": widths, "yaxis": "y2"}
    raw = [(x, item.raw_used_bytes) for x, item in zip(middles, shown, strict=True)]
    sent = [(x, amount) for x, amount in raw if amount is not None]
    tick: Json = {
        "type": "scatter",
        "mode": "markers",
        "name": "bent pipe",
        "yaxis": "y2",
        "x": [x for x, _ in sent],
        "y": [amount / BYTES_PER_MB for _, amount in sent],
        "marker": {
            "symbol": "line-ew",
            "size": 11,
            "line": {"width": 2, "color": LIGHT["ink"]},
            "color": LIGHT["ink"],
        },
        "hovertemplate": "bent pipe %{y:,.1f} MB<extra></extra>",
    }
    return [
        {
            **bar,
            "name": "capacity",
            "y": [item.capacity_bytes / BYTES_PER_MB for item in shown],
            "marker": {"color": LIGHT["capacity"], "line": {"width": 0}},
            "text": [plain(item.station) for item in shown],
            "textposition": "none",
            "hovertemplate": "%{text}: could carry %{y:,.1f} MB<extra></extra>",
        },
        {
            **bar,
            "name": "used",
            "y": [item.used_bytes / BYTES_PER_MB for item in shown],
            "marker": {"color": LIGHT["prune"], "line": {"width": 0}},
            "text": [plain(item.station) for item in shown],
            "textposition": "none",
            "hovertemplate": "%{text}: carried %{y:,.1f} MB<extra></extra>",
        },
        *([tick] if sent else []),
    ]
