"""The clouds on the map: those below the ground track as the satellites passed, from the world's own weather."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from pydantic import ValidationError

from payload.errors import PayloadError
from payload.report.chart import Json
from payload.report.data import ReportData, TrackPoint
from payload.report.palette import LIGHT
from payload.report.words import share
from payload.scenario.choice import SceneSourceChoice
from payload.world.clouds import Weather
from payload.world.coarse import Footing
from payload.world.cover import mean_cover
from payload.world.globe import seconds_since_2000
from payload.world.synthetic import Synthetic

SQUARE_KM = 200
"""[km] Side of the squares whose cover is shown."""
PARTS = 3
"""Sample points along a square's side: the cover is the mean over the square of this number."""
MOST_POINTS = 1_500
"""Most squares drawn: enough for a day of one satellite minute by minute; of more points, every second, third and so on."""


def cloud_below(data: ReportData) -> tuple[tuple[TrackPoint, ...], NDArray[np.float64]] | None:
    """Points of the ground track and the cover around each as the satellite passed, 0 to 1, shape (N,).

    None if the folder's world has no weather that can be queried, as with recorded images.
    """
    weather = _weather(data)
    points = data.track[:: -(-len(data.track) // MOST_POINTS) or 1]
    if weather is None or not points:
        return None
    start_s = seconds_since_2000(data.setting.epoch_utc)
    where = np.array([(point.lat_deg, point.lon_deg, point.time_s) for point in points])
    lat_deg, lon_deg, time_s = np.ascontiguousarray(where.T)
    over = Footing(SQUARE_KM, PARTS)
    return points, mean_cover(weather, lat_deg, lon_deg, start_s + time_s, over)


def cloud_trace(points: Sequence[TrackPoint], cover: NDArray[np.float64]) -> Json:
    """Squares along the track, more opaque the more cloud there is."""
    return {
        "type": "scatter",
        "mode": "markers",
        "name": "cloud",
        "x": [round(point.lon_deg, 1) for point in points],
        "y": [round(point.lat_deg, 1) for point in points],
        "text": [share(value) for value in cover.tolist()],
        "marker": {
            "symbol": "square",
            "size": 8,
            "color": LIGHT["cloud"],
            "opacity": np.round(cover, 2).tolist(),
            "line": {"width": 0, "color": LIGHT["cloud"]},
        },
        "hovertemplate": "cloud below the satellite %{text}<extra></extra>",
    }


def _weather(data: ReportData) -> Weather | None:
    """The weather of the folder's world; None if it is not the synthetic Earth or its description is invalid."""
    scene = data.setting.scene
    if (
        not isinstance(scene, dict) or scene.get("kind") != "synthetic"
    ):  # no files named in an untrusted folder are opened
        return None
    try:
        source = SceneSourceChoice.model_validate(scene).build(seed=data.summary.seed)
    except (ValidationError, PayloadError):
        return None
    return source.weather if isinstance(source, Synthetic) else None
