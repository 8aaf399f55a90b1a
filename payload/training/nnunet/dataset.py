"""Labelled images in nnU-Net's file layout.

Bands become float32 reflectance, one file each. Every channel is named `noNorm`, which tells nnU-Net to
leave values as they are: its usual z-score per image would make snow under a bright sky and a forest
under a dim one look alike. Shadow is clear ground; unknown pixels get the ignore label.
"""

import hashlib
import json
from collections.abc import Collection
from itertools import pairwise
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from tifffile import imwrite

from payload.errors import ImageryError
from payload.training.images import RADIOMETRY, LabelledImage
from payload.training.journal import Journal
from payload.types import CLEAR, CLOUD, SHADOW, UNKNOWN

NAME = "Dataset100_clouds"
SPLITS = "splits_final.json"
BANDS = ("blue", "green", "red", "nir")
LABELS = {"background": 0, "cloud": 1, "ignore": 2}
SPACING = (999.0, 1.0, 1.0)  # as nnU-Net's reader of plain images sets it: no resampling
_FOLDS = 5
_TELL_EVERY = 200


def reflectance(image: LabelledImage) -> NDArray[np.float32]:
    """[1] Reflectance as the network receives it, shape (4, H, W)."""
    return image.dn.astype(np.float32) * np.float32(RADIOMETRY.scale)


def labels(truth: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """The mask in nnU-Net's labels, shape (H, W).

    Raises:
        ImageryError: The mask contains values other than 0, 1, 2 and 255.
    """
    table = np.full(256, 255, np.uint8)
    table[[CLEAR, SHADOW]] = LABELS["background"]
    table[CLOUD] = LABELS["cloud"]
    table[UNKNOWN] = LABELS["ignore"]
    translated: NDArray[np.uint8] = table[truth]
    if translated.max() > LABELS["ignore"]:
        raise ImageryError(
            f"found a mask with the values {np.unique(truth).tolist()}; expected only 0, 1, 2 and 255"
        )
    return translated


def digest(images: Collection[LabelledImage]) -> str:
    """A name for these images; the same ids, scenes, pixels and labels give the same name."""
    total = hashlib.sha256()
    for image in images:
        total.update(f"{image.id}|{image.scene}|{image.dn.shape}|".encode())
        total.update(image.dn.tobytes())
        total.update(image.truth.tobytes())
    return total.hexdigest()[:16]


def write(images: Collection[LabelledImage], raw: Path, journal: Journal) -> list[str]:
    """Write the parts of the raw data set that are missing; images without a known pixel are left out.

    Args:
        images: Each is a training case.
        raw: nnU-Net's folder of raw data sets.
        journal: Logs progress.

    Returns:
        Names of the cases. `cases.json` in the data set's folder tells which image each one is.

    Raises:
        ImageryError: A mask contains invalid values, or no image shows a cloud.
    """
    folder = raw / NAME
    for part in ("imagesTr", "labelsTr"):
        (folder / part).mkdir(parents=True, exist_ok=True)
    cases: dict[str, dict[str, str]] = {}
    cloudy = False
    for number, image in enumerate(images):
        mask = labels(image.truth)
        if (mask == LABELS["ignore"]).all():
            continue
        cloudy = cloudy or bool((mask == LABELS["cloud"]).any())
        name = f"c{number:06d}"
        cases[name] = {"id": image.id, "scene": image.scene, "source": image.source}
        _write_case(folder, name, image, mask)
        if (number + 1) % _TELL_EVERY == 0:
            journal.log("nnunet_write", done=(number + 1) / len(images))
    if not cloudy:
        raise ImageryError("nnU-Net: none of the images contains cloud")
    described = {
        "channel_names": {str(channel): "noNorm" for channel in range(len(BANDS))},
        "bands": list(BANDS),
        "labels": LABELS,
        "numTraining": len(cases),
        "file_ending": ".tif",
        "overwrite_image_reader_writer": "NaturalImage2DIO",
        "dataset": {
            name: {"images": _bands(name), "label": f"labelsTr/{name}.tif"} for name in cases
        },
    }
    (folder / "cases.json").write_text(json.dumps(cases, indent=1), encoding="utf-8")
    (folder / "dataset.json").write_text(json.dumps(described, indent=1), encoding="utf-8")
    return list(cases)


def write_splits(raw: Path, preprocessed: Path) -> None:
    """Deal whole scenes into five folds, and write them where nnU-Net looks for its splits.

    Scenes are ordered by their hashes, so a new image does not reorder the others.
    """
    cases = json.loads((raw / NAME / "cases.json").read_text(encoding="utf-8"))
    scenes = sorted({case["scene"] for case in cases.values()}, key=_shuffled)
    edges = np.linspace(0, len(scenes), _FOLDS + 1).round().astype(int)
    splits = []
    for first, last in pairwise(edges.tolist()):
        held_out = set(scenes[first:last])
        splits.append(
            {
                "train": [name for name, case in cases.items() if case["scene"] not in held_out],
                "val": [name for name, case in cases.items() if case["scene"] in held_out],
            }
        )
    target = preprocessed / NAME / SPLITS
    target.write_text(json.dumps(splits, indent=1), encoding="utf-8")


def _shuffled(scene: str) -> bytes:
    return hashlib.sha256(scene.encode()).digest()


def _bands(name: str) -> list[str]:
    return [f"imagesTr/{name}_{channel:04d}.tif" for channel in range(len(BANDS))]


def _write_case(folder: Path, name: str, image: LabelledImage, mask: NDArray[np.uint8]) -> None:
    last = folder / "labelsTr" / f"{name}.tif"
    if last.exists():
        return
    for file, band in zip(_bands(name), reflectance(image), strict=True):
        imwrite(folder / file, band)
    # The label is written last and atomically: if it exists, its case is complete.
    partial = last.with_suffix(".partial")
    imwrite(partial, mask)
    partial.replace(last)
