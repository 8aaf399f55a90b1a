"""Write a verdict: JSON for programs, Markdown and a picture of rendered scenes for people."""

import json
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from payload.png import png_rgb, true_colour
from payload.training.judge.findings import machine
from payload.training.judge.tables import figure, table
from payload.training.realism.colours import Colour
from payload.training.realism.criteria import Criterion
from payload.training.realism.masks import Contents, Marks
from payload.training.realism.shots import Shot
from payload.training.realism.verdict import (
    JUDGED_PARTS,
    LIKE,
    Feature,
    Separation,
    Verdict,
)

FINDINGS, PAGE, PICTURE = "realism.json", "README.md", "scenes.png"
MAX_PICTURE_BYTES = 450_000
_COLUMNS, _ROWS = 8, 5
_GUTTER = 3
_SHADES = 8  # [DN] step of the picture's samples: fewer shades make a smaller file
_WEIGHTS, _FEATURES = 15, 30
_MARKS = (
    *("masker, set", "images", "IoU", "omission", "commission", "clear called cloud"),
    *("thin missed", "thick missed"),
)
_MASKERS = (
    "Omission: share of the true cloud that is missed; commission: share of the pixels called cloud that "
    "are not. Of the real images, only human-labelled ones were given to ukis-csmask."
)
_STATISTICS = (
    "Features of a tile, defined in `payload/training/realism/features.py`. AUC of a feature: the "
    "probability that it is larger in a rendered tile than in a real one. AUC of all: of a linear classifier on "
    "unseen places; its weights are for features of unit deviation, and positive if a larger value indicates "
    "a rendered tile. Rendered tiles are weighted to match the classes, covers and, if clear, the shares of "
    "water and land of the real ones; no real place counts as more than eight tiles."
)
_COLOURS = (
    "Median top-of-atmosphere reflectance, and mean ± standard deviation of the logarithms of band ratios, "
    "over pixels. Clear ground away from cloud is classified by its colour."
)


def write(verdict: Verdict, rendered: Sequence[Shot], folder: Path, *, made: str) -> None:
    """Write `realism.json`, `README.md` and `scenes.png` into a folder, which is made if need be.

    Args:
        verdict: What was found.
        rendered: Shots to show; real ones among them are left out of the picture.
        folder: Folder to write to.
        made: One sentence on the world and the sample.
    """
    folder.mkdir(parents=True, exist_ok=True)
    plain = {
        "made": made,
        **verdict.plain(),
        "first_views": first_views(rendered),
        "machine": machine(),
    }
    (folder / FINDINGS).write_text(json.dumps(plain, indent=1) + "\n", encoding="utf-8")
    (folder / PAGE).write_text("\n".join(lines(verdict, made)), encoding="utf-8")
    (folder / PICTURE).write_bytes(picture(rendered))


def first_views(rendered: Sequence[Shot]) -> dict[str, list[float]]:
    """[DN] Mean of each band of the first view of each class; these reveal changes in the rendering."""
    found: dict[str, list[float]] = {}
    for shot in rendered:
        found.setdefault(shot.kind, shot.dn.mean(axis=(1, 2)).tolist())
    return found


def lines(verdict: Verdict, made: str) -> list[str]:
    """The page, line by line."""
    found = [
        "# Rendered against real images",
        "",
        f"Written by `payload-train realism`. {made}",
        "",
        _compared(verdict),
        "",
        *table(("measure", "rendered", "expected", "real", ""), map(_criterion, verdict.criteria)),
        "## Maskers",
        "",
        _MASKERS,
        "",
        *table(
            _MARKS,
            [_marks(f"ukis-csmask, {name}", one) for name, one in verdict.ukis.items()]
            + [_marks(f"packaged, {name}", one) for name, one in verdict.student.items()],
        ),
        "Share of clear pixels that ukis-csmask calls cloud, by the kind of ground that their colour indicates.",
        "",
        *_false_on(verdict),
        "## Contents of cloudy tiles",
        "",
        "Tiles with cloud on at least 1 % of their pixels; thin cloud and shadow are counted from 1 % on too.",
        "",
        *table(
            ("set", "tiles", "with thin", "with shadow", "thin/cloud", "shadow", "mean cover"),
            [_contents(name, one) for name, one in verdict.contents.items()],
        ),
        "## Bits per sample of `med-zstd`",
        "",
        "Median, and the 10th and 90th percentile over tiles.",
        "",
        *_bits(verdict),
        "## Statistics",
        "",
        _STATISTICS,
        "",
    ]
    for part, one in verdict.separation.items():
        found += _separation(part, one)
    return [
        *found,
        *_colours(verdict),
        "## Some rendered views",
        "",
        f"![Rendered views]({PICTURE})",
        "",
        f"{machine()}.",
        "",
    ]


def _compared(verdict: Verdict) -> str:
    sample = verdict.sample
    return (
        f"{sample['rendered_images']} rendered views and {sample['real_images']} real images of "
        f"{sample['real_places']} places, all as delivered by a 12-bit camera with a full scale of reflectance "
        "1.6; tiles of 128 px. Clear: cloud on at most 1 % of the labelled pixels; cloudy: on at least 30 %."
    )


def picture(shots: Sequence[Shot]) -> bytes:
    """A PNG of rendered shots at half size, in rows, grouped by class."""
    shown = [shot for shot in shots if shot.is_rendered]
    kinds = sorted({shot.gsd_m for shot in shown})
    for rows in range(_ROWS, 0, -1):
        cells: list[Shot] = []
        for place, gsd_m in enumerate(kinds):
            share = (rows * _COLUMNS * (place + 1)) // len(kinds)
            share -= (rows * _COLUMNS * place) // len(kinds)
            cells += [shot for shot in shown if shot.gsd_m == gsd_m][:share]
        png = png_rgb(_draw(cells))
        if len(png) < MAX_PICTURE_BYTES:
            break
    return png


def _draw(shots: Sequence[Shot]) -> NDArray[np.uint8]:
    panels = [_panel(shot) for shot in shots]
    side = max((len(panel) for panel in panels), default=1)
    step = side + _GUTTER
    rows = -(-len(panels) // _COLUMNS) or 1
    page = np.full((rows * step, _COLUMNS * step, 3), 24, np.uint8)
    for number, panel in enumerate(panels):
        top, left = (number // _COLUMNS) * step, (number % _COLUMNS) * step
        page[top : top + len(panel), left : left + panel.shape[1]] = panel
    return page


def _panel(shot: Shot) -> NDArray[np.uint8]:
    _, height, width = shot.bands.shape
    even = shot.bands[:, : height // 2 * 2, : width // 2 * 2]
    halved = even.reshape(4, height // 2, 2, width // 2, 2).mean(axis=(2, 4))
    shades = true_colour(halved[0], halved[1], halved[2]) // _SHADES
    return (shades * np.uint8(_SHADES)).astype(np.uint8)


def _criterion(one: Criterion) -> list[str]:
    if one.low is None:
        wanted = f"at most {figure(one.high)}"
    elif one.high is None:
        wanted = f"at least {figure(one.low)}"
    else:
        wanted = f"{figure(one.low)} to {figure(one.high)}"
    met = "met" if one.is_met else "**not met**"
    return [one.name, figure(one.value), wanted, figure(one.real), met]


def _marks(name: str, one: Marks | None) -> list[str]:
    if one is None:
        return [name, *[""] * (len(_MARKS) - 1)]
    rates = (
        *(one.iou, one.omission, one.commission, one.false_cloud),
        *(one.missed_thin, one.missed_thick),
    )
    return [name, str(one.images), *map(figure, rates)]


def _false_on(verdict: Verdict) -> list[str]:
    real, rendered = (
        {} if one is None else one.false_on for one in (verdict.ukis["real"], verdict.ukis[LIKE])
    )
    names = dict.fromkeys([*real, *rendered])
    rows = [[name, figure(real.get(name)), figure(rendered.get(name))] for name in names]
    return table(("ground", "real", "rendered"), rows)


def _contents(name: str, one: Contents | None) -> list[str]:
    if one is None:
        return [name, *[""] * 6]
    rates = (one.with_thin, one.with_shadow, one.thin, one.shadow, one.cover)
    return [name, str(one.tiles), *map(figure, rates)]


def _bits(verdict: Verdict) -> list[str]:
    real, rendered = verdict.bits["real"], verdict.bits["rendered"]
    rows = []
    for kind, weather in sorted({*real, *rendered}):
        cells = [f"{kind}, {weather}"]
        for found in (real, rendered):
            one = found.get((kind, weather))
            cells += (
                ["", ""]
                if one is None
                else [f"{one.median:.2f} ({one.low:.2f} to {one.high:.2f})", str(one.count)]
            )
        rows.append(cells)
    return table(("tiles", "real", "count", "rendered", "count"), rows)


def _separation(part: str, one: Separation) -> list[str]:
    is_judged = part in JUDGED_PARTS
    shown = one.features if is_judged else one.features[:_FEATURES]
    heavy = sorted(one.features, key=lambda each: -abs(each.weight))[:_WEIGHTS]
    weights = ", ".join(f"{each.name} {each.weight:+.2f}" for each in heavy)
    return [
        f"## {'Rendered and real tiles' if is_judged else 'In detail'}: {part}",
        "",
        f"{one.real} real and {one.rendered} rendered tiles. AUC of a linear classifier on histogram, power spectrum and",
        f"band correlations: {one.auc:.3f}; on all features below: {one.auc_of_all:.3f}, with the largest weights",
        f"{weights or 'none'}.",
        "",
        *table(("feature", "real", "rendered", "AUC"), map(_feature, shown)),
    ]


def _feature(one: Feature) -> list[str]:
    real, rendered = (f"{mean:.3f} ± {sd:.3f}" for mean, sd in (one.real, one.rendered))
    return [one.name, real, rendered, f"{one.auc:.3f}"]


def _colours(verdict: Verdict) -> list[str]:
    found: list[str] = [
        "## Colours",
        "",
        _COLOURS,
        "",
    ]
    names = [name for name in verdict.colours["real"] if name in verdict.colours["rendered"]]
    names += [name for found in verdict.colours.values() for name in found if name not in names]
    rows = []
    for name in sorted(dict.fromkeys(names)):
        for source, classes in verdict.colours.items():
            if name in classes:
                rows.append(_colour(f"{name}: {source}", classes[name]))
    head = ("pixels", "px", "images", "blue", "green", "red", "nir", "g/b", "r/b", "n/b")
    return [*found, *table(head, rows)]


def _colour(name: str, one: Colour) -> list[str]:
    ratios = zip(one.ratios, one.spread, strict=True)
    return [
        name,
        f"{one.pixels:,}",
        str(one.images),
        *map(figure, one.spectrum),
        *(f"{mean:+.3f} ± {sd:.3f}" for mean, sd in ratios),
    ]
