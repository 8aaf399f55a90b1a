"""Words, pictures and parameters."""

import doctest
import struct
import tracemalloc
import zlib
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from payload.png import png_gray, png_rgb
from payload.report import (
    page,
    read_report_data,
    render_page,
    words,
)
from payload.report import (
    parameters as parameters_module,
)
from payload.report.parameters import parameters
from payload.report.pictures import halved, pictures

Make = Callable[..., Path]
NBSP = "\u00a0"


def test_the_examples_hold():
    assert doctest.testmod(words, optionflags=doctest.NORMALIZE_WHITESPACE).attempted


@pytest.mark.parametrize(
    ("count_bytes", "text"),
    [
        (0, "0 B"),
        (1, "1 B"),
        (999, "999 B"),
        (1_000, "1 kB"),
        (999_700, "1 MB"),
        (999_400, "999 kB"),
        (112_034_512, "112 MB"),
        (4_310_000, "4.31 MB"),
        (9_223_372_036_854_775_807, "9,220,000 TB"),
    ],
)
def test_sizes_read_well(count_bytes: int, text: str):
    assert words.size(count_bytes) == text.replace(" ", NBSP)


@pytest.mark.parametrize(
    ("part", "text"),
    [
        (0, "0 %"),
        (0.00001, "under 0.1 %"),
        (0.012, "1.2 %"),
        (0.5, "50 %"),
        (0.9996, "99.9 %"),
        (0.99999, "99.9 %"),
        (1, "100 %"),
        (1.5, "150 %"),
    ],
)
def test_shares_never_pretend(part: float, text: str):
    assert words.share(part).replace(NBSP, " ") == text


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(86400, "24 h"), (3 * 86400, "3 d"), (90, "1.5 min"), (59.99, "1 min"), (0.25, "0.25 s")],
)
def test_spans_read_well(seconds: float, text: str):
    assert words.span(seconds) == text.replace(" ", NBSP)


@given(st.floats(1e-6, 1e15))
def test_three_figures_are_within_half_a_per_cent(value: float):
    assert float(words.number(value).replace(",", "")) == pytest.approx(value, rel=0.0051)


def test_lists_and_counts_are_english():
    assert words.listed([]) == ""
    assert words.listed(["a"]) == "a"
    assert words.listed(["a", "b", "c"]) == "a, b and c"
    assert words.count(1, "tile") == f"1{NBSP}tile"
    assert words.count(1200, "tile") == f"1,200{NBSP}tiles"


def test_half_a_picture_is_the_mean_of_four_pixels():
    pixels = np.arange(2 * 4 * 3, dtype=np.uint8).reshape(2, 4, 3) * 9
    small = pixels.reshape(1, 2, 2, 2, 3).transpose(0, 2, 1, 3, 4).reshape(1, 2, 4, 3)
    means = np.floor(small.mean(axis=2) + 0.5).astype(np.uint8)
    assert halved(png_rgb(pixels)) in (png_rgb(means), png_rgb(pixels))
    noise = np.random.default_rng(1).integers(0, 256, (64, 66, 3), np.uint8)
    fours = noise.reshape(32, 2, 33, 2, 3).astype(int)
    means = np.floor(fours.mean(axis=(1, 3)) + 0.5).astype(np.uint8)
    assert halved(png_rgb(noise)) == png_rgb(means)
    gray = noise[..., 0]
    means = np.floor(gray.reshape(32, 2, 33, 2).astype(int).mean(axis=(1, 3)) + 0.5)
    assert halved(png_gray(gray)) == png_gray(means.astype(np.uint8))


@pytest.mark.parametrize("png", [b"", b"\x89PNG\r\n\x1a\n", b"\x89PNG\r\n\x1a\n" + b"x" * 90])
def test_a_strange_picture_stays_as_it_is(png: bytes):
    assert halved(png) == png


@pytest.mark.parametrize("side", [64, 30_000])
def test_a_picture_that_swells_stays_as_it_is_and_takes_no_memory(side: int):
    """A few kilobytes that say to be a tile, or are one too wide, and unpack to 64 MB of zeros."""
    header = struct.pack(">IIBBBBB", side, side, 8, 0, 0, 0, 0)
    parts = {b"IHDR": header, b"IDAT": zlib.compress(bytes(2**26), 9)}
    png = b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(data)) + name + data + b"\0\0\0\0" for name, data in parts.items()
    )
    tracemalloc.start()
    assert halved(png) == png
    _, most_bytes = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert most_bytes < 2**21


def test_pictures_keep_to_their_room(results: Make):
    data = read_report_data(results(pictures=12))
    everything = pictures(data.folder, data.gallery, 10**9)
    assert [picture.tile for picture in everything] == list(data.gallery)
    whole = sum(picture.weight_bytes for picture in everything)
    smaller = pictures(data.folder, data.gallery, whole // 2)
    assert len(smaller) == len(everything)
    assert sum(picture.weight_bytes for picture in smaller) <= whole // 2
    assert smaller[0].mask == everything[0].mask
    few = pictures(data.folder, data.gallery, whole // 100)
    assert 0 < len(few) < len(everything)
    assert sum(picture.weight_bytes for picture in few) <= whole // 100
    assert pictures(data.folder, data.gallery, 0) == ()


def test_a_page_of_many_pictures_stays_small_and_says_what_it_left_out(
    results: Make, monkeypatch: pytest.MonkeyPatch
):
    folder = results(pictures=96, picture_px=256)
    text = render_page(read_report_data(folder))
    assert len(text.encode()) < page.MOST_BYTES
    monkeypatch.setattr(page, "MOST_BYTES", page.MOST_BYTES - 1_800_000)
    text = render_page(read_report_data(folder))
    assert len(text.encode()) < page.MOST_BYTES
    assert "left out to keep this page small" in text


def test_assumptions_come_from_the_schema(results: Make):
    found = {item.key: item for item in read_report_data(results()).parameters}
    assert found["camera.settle_s"].is_assumed
    assert found["camera.settle_s"].value == "30.0"
    assert found["satellites.0.orbit.altitude_km"].about.startswith("[km]")
    assert found["masker.probability_threshold"].value == "not set"
    assert not found["camera.gsd_m"].is_assumed
    assert found["stations.2.name"].value == "punta-arenas"


def test_a_plug_in_that_is_not_installed_keeps_its_values(results: Make):
    found = {item.key: item for item in read_report_data(results()).parameters}
    assert found["link.kind"].value == "one-that-is-not-installed"
    assert found["link.rate_mbps"].value == "4.0"
    assert found["link.rate_mbps"].about == ""


@pytest.mark.parametrize("scenario", [None, [], "text", {}, {"camera": 3}, {"link": []}])
def test_a_strange_scenario_has_few_parameters(scenario: object):
    assert len(parameters(scenario)) <= 1
    assert parameters_module.ASSUMPTION
