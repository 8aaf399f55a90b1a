"""Labels of the page keep apart."""

import json
from itertools import combinations

import pytest

from payload.trials import page
from payload.trials.findings import CodecFindings, Group, Machine, Row
from payload.trials.labels import Dot, covered, outside, spread_labels


def clash(dots, places, size):
    """Area hidden, by the boxes."""
    labels = [dot.label(place) for dot, place in zip(dots, places, strict=True)]
    hidden = sum(covered(one, other) for one, other in combinations(labels, 2))
    for number, label in enumerate(labels):
        hidden += sum(covered(label, dot.box) for i, dot in enumerate(dots) if i != number)
    return hidden + sum(outside(label, *size) for label in labels)


def test_boxes_share_what_geometry_says():
    assert covered((0, 0, 4, 3), (2, 1, 9, 9)) == 4
    assert covered((0, 0, 4, 3), (4, 0, 9, 9)) == 0
    assert outside((-1, 0, 3, 2), 10, 10) == 2
    left, top, right, bottom = Dot(50, 60, "abcd").label("middle right")
    assert left > 56 - 6
    assert (top + bottom) / 2 == 60
    assert right - left == 28


@pytest.mark.parametrize("count", [2, 3])
def test_dots_on_one_spot_have_labels_that_keep_apart(count):
    dots = [Dot(100, 100, f"codec-{number}") for number in range(count)]
    places = spread_labels(dots, 200, 200)
    labels = [dot.label(place) for dot, place in zip(dots, places, strict=True)]
    assert sum(covered(one, other) for one, other in combinations(labels, 2)) == 0


def test_a_label_at_the_edge_stays_inside():
    (place,) = spread_labels([Dot(2, 2, "corner")], 300, 300)
    assert outside(Dot(2, 2, "corner").label(place), 300, 300) == pytest.approx(0, abs=30)
    assert place == "bottom right"


@pytest.mark.parametrize("way", ["encoding", "decoding"])
def test_no_label_of_the_published_figures_hides_another(root, way):
    told = json.loads((root / "results" / "codecs" / "codecs.json").read_text(encoding="utf-8"))
    group = told["groups"][0]
    rows = tuple(Row(**row) for row in group["rows"])
    found = CodecFindings(
        "x", 12, 0, 3, Machine("", "", {}), (Group("all", 1, 1, rows),), (), {}, ()
    )
    chart = page._chart(way, found)
    (drawn,) = chart.plot["data"]
    (low, high), (least, most) = (
        chart.plot["layout"][axis]["range"] for axis in ("xaxis", "yaxis")
    )
    for width, places in (
        (page._WIDE_PX, drawn["textposition"]),
        (page._NARROW_PX, chart.narrow["data.0.textposition"]),
    ):
        size = (width, page._PLOT_HEIGHT_PX)
        dots = [
            Dot(
                width * (page.math.log10(x) - low) / (high - low),
                size[1] * (most - y) / (most - least),
                text,
            )
            for x, y, text in zip(drawn["x"], drawn["y"], drawn["text"], strict=True)
        ]
        assert clash(dots, places, size) == 0
