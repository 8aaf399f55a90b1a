"""Masks for a user's own images: `<stem>_mask.tif`, `<stem>_probability.tif`, and a report on them."""

import contextlib
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TypedDict

import numpy as np

from payload.errors import ImageryError, ScenarioError
from payload.imaging.tiling import cut_tiles
from payload.masking.onnx_masker import OnnxMasker
from payload.masking.scores import estimate_cover, pool
from payload.ports import Masker, Scene
from payload.products.imagery import RasterWriter
from payload.types import CLOUD, CoverEstimate
from payload.world.brightness import Brightness
from payload.world.geotiff import Reading, open_raster
from payload.world.raster_files import GroundControl, ground_control

NODATA = 255
"""No data in the mask; in the probability it is -1."""
NO_PROBABILITY = -1.0


class _Judged(TypedDict, total=False):
    """The part of a `MaskReport` that requires truth."""

    true_cloud_px: int
    missed_cloud_px: int
    false_cloud_px: int
    true_clear_px: int
    iou: float | None
    f1: float | None
    precision: float | None
    recall: float | None


@dataclass(frozen=True, slots=True)
class MaskReport:
    """What was found in an image. Counts and scores are None if there is no truth.

    Attributes:
        image: The image.
        mask: The mask: 0 clear, 1 cloud, 255 no data.
        probability: Probability of cloud, float32, -1 where there is no data.
        width_px: [px] Columns.
        height_px: [px] Rows.
        valid_px: [px] Pixels with data.
        cloud_px: [px] Pixels that the masker calls cloud.
        cloud_cover: Their share of the pixels with data; None if no pixel has any.
        true_cloud_px: [px] Cloud by truth and masker.
        missed_cloud_px: [px] Cloud by truth alone.
        false_cloud_px: [px] Cloud by the masker alone.
        true_clear_px: [px] Cloud by neither.
        iou: Intersection over union of cloud; it and the other scores are None if the divisor is zero.
        f1: Harmonic mean of precision and recall.
        precision: Share of the masker's cloud that is cloud by truth.
        recall: Share of the true cloud that the masker calls cloud.
        doubts: Reasons to suspect that the bands are different ones or the values not reflectance, in words.
    """

    image: Path
    mask: Path
    probability: Path
    width_px: int
    height_px: int
    valid_px: int
    cloud_px: int
    cloud_cover: float | None
    true_cloud_px: int | None = None
    missed_cloud_px: int | None = None
    false_cloud_px: int | None = None
    true_clear_px: int | None = None
    iou: float | None = None
    f1: float | None = None
    precision: float | None = None
    recall: float | None = None
    doubts: tuple[str, ...] = ()

    def as_dict(self) -> dict[str, object]:
        """The whole report as values that JSON can hold."""
        paths = {"image": str(self.image), "mask": str(self.mask)}
        return {**asdict(self), **paths, "probability": str(self.probability)}

    def sentence(self) -> str:
        """The report in one line of text."""
        scores = "".join(
            f", {name} {value:.3f}"
            for name, value in (
                ("IoU", self.iou),
                ("F1", self.f1),
                ("precision", self.precision),
                ("recall", self.recall),
            )
            if value is not None
        )
        cover = "no data" if self.cloud_cover is None else f"cloud {self.cloud_cover:.1%}"
        return f"{self.image}: {cover}{scores}"


def mask_images(
    images: str | Path | Sequence[str | Path],
    out: str | Path,
    *,
    truths: str | Path | Sequence[str | Path] = (),
    masker: Masker | None = None,
    reading: Reading | None = None,
    tell: Callable[[str, str], None] = lambda _what, _image: None,
) -> list[MaskReport]:
    """Mask images of any size; write `<stem>_mask.tif` and `<stem>_probability.tif` into a folder.

    Args:
        images: GeoTIFFs with blue, green, red and near infrared, or a single one.
        out: The folder, created if missing.
        truths: A mask for each image in order (0 clear, 1 cloud, 2 shadow, 255 unknown), or none.
        masker: The masker to use; by default the packaged network.
        reading: Bands, scaling and no-data value of the images.
        tell: Called with the image being processed.

    Raises:
        ImageryError: An image or mask cannot be read or does not fit.
        MaskerError: The model cannot be run.
        ScenarioError: The numbers of images and masks differ, or two images have the same name.
    """
    files, known = _paths(images), _paths(truths)
    out = Path(out)
    _check_names(files, known, out)
    how = reading or Reading()
    reports = []
    for index, image in enumerate(files):
        tell("mask", image.name)
        reports.append(
            mask_raster(
                image,
                out,
                masker=masker or OnnxMasker(),
                truth=known[index] if known else None,
                bands=how.bands,
                scale=how.scale,
                offset=how.offset,
                nodata=how.nodata,
            )
        )
    return reports


def _paths(given: str | Path | Sequence[str | Path]) -> list[Path]:
    return [Path(given)] if isinstance(given, str | Path) else [Path(each) for each in given]


def _check_names(images: Sequence[Path], truths: Sequence[Path], out: Path) -> None:
    """Check that every image has its truth or none has, and that no mask overwrites anything.

    Raises:
        ScenarioError: The numbers differ, two images have the same name, or a mask would overwrite an input.
    """
    if truths and len(truths) != len(images):
        raise ScenarioError(
            f"found {len(images)} images and {len(truths)} truth masks; expected one mask per image"
        )
    times = Counter(image.stem for image in images)
    twice = sorted(stem for stem, count in times.items() if count > 1)
    if twice:
        raise ScenarioError(
            f"two images are named {twice[0]!r}: their masks would overwrite each other"
        )
    inputs = {path.resolve() for path in (*images, *truths)}
    for image in images:
        for name in mask_names(image):
            if (out / name).resolve() in inputs:
                raise ScenarioError(
                    f"{out / name} is an input and would be overwritten; choose another --out"
                )


def mask_names(image: Path) -> tuple[str, str]:
    """File names of an image's mask and probability."""
    return f"{image.stem}_mask.tif", f"{image.stem}_probability.tif"


def mask_raster(
    image: Path,
    out: Path,
    *,
    masker: Masker,
    truth: Path | None = None,
    bands: tuple[int, ...] = (1, 2, 3, 4),
    scale: float | None = None,
    offset: float = 0.0,
    nodata: float | None = None,
    tile_px: int = 512,
) -> MaskReport:
    """Mask an image of any size, tile by tile, and write the masks with the image's georeference or ground control.

    Args:
        image: A GeoTIFF with blue, green, red and near infrared.
        out: The folder, created if missing. Each file appears once it is complete.
        masker: The masker to use.
        truth: A GeoTIFF of the same size: 0 clear, 1 cloud, 2 shadow, 255 unknown.
        bands: Which bands of the image to use, counted from one.
        scale: Reflectance = value x scale + offset; None for what is customary for its type.
        offset: See scale.
        nodata: Value that stands for no data; None for what the file says.
        tile_px: [px] Least side of a tile; it is rounded up to a multiple of what the masker works in. The larger, the
            fewer border pixels are processed twice, and the more memory is needed.

    Raises:
        ImageryError: Image or truth cannot be read, or the masks cannot be written.
        MaskerError: The masker fails.
    """
    tile_px += -tile_px % masker.multiple_px
    scene = open_raster(image, bands=bands, scale=scale, offset=offset, nodata=nodata, truth=truth)
    mask, probability = (out / name for name in mask_names(image))
    inputs = {path.resolve() for path in (image, truth) if path is not None}
    if inputs & {mask.resolve(), probability.resolve()}:
        raise ImageryError(
            f"{image} or its truth would be overwritten by a mask; choose another folder"
        )
    try:
        out.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise ImageryError(f"{out}: the folder cannot be created: {error.strerror}") from error
    seen = Brightness()
    with _writers(scene, ground_control(image), mask, probability) as writers:
        estimates = list(_mask_tiles(scene, masker, tile_px, writers, seen))
    valid_px = sum(estimate.valid_px for estimate in estimates)
    cloud_px = sum(estimate.cloud_px for estimate in estimates)
    return MaskReport(
        image=image,
        mask=mask,
        probability=probability,
        width_px=scene.width_px,
        height_px=scene.height_px,
        valid_px=valid_px,
        cloud_px=cloud_px,
        cloud_cover=cloud_px / valid_px if valid_px else None,
        doubts=(*filter(None, [scene.doubt]), *seen.doubts(scene.radiometry)),
        **_judged(estimates),
    )


@contextlib.contextmanager
def _writers(
    scene: Scene, control: GroundControl, mask: Path, probability: Path
) -> Iterator[tuple[RasterWriter, RasterWriter]]:
    def writer(path: Path, dtype: str, nodata: float, what: str) -> RasterWriter:
        return RasterWriter(
            path,
            width=scene.width_px,
            height=scene.height_px,
            count=1,
            dtype=dtype,
            georeference=scene.georeference,
            ground_control=control,
            nodata=nodata,
            descriptions=(what,),
        )

    with (
        writer(mask, "uint8", NODATA, "cloud mask") as masks,
        writer(probability, "float32", NO_PROBABILITY, "cloud probability") as probabilities,
    ):
        yield masks, probabilities


def _mask_tiles(
    scene: Scene,
    masker: Masker,
    tile_px: int,
    writers: tuple[RasterWriter, RasterWriter],
    seen: Brightness,
) -> Iterator[CoverEstimate]:
    """Mask and write tile by tile, keeping statistics of brightness; yield the estimate of each tile."""
    masks, probabilities = writers
    for tile in cut_tiles(scene, "image", tile_px=tile_px, margin_px=masker.margin_px):
        found = masker.predict(tile)
        empty = np.zeros(found.cloud.shape, np.bool_)
        if tile.patch.valid is not None:
            empty = ~tile.patch.valid
        classes = np.where(empty, NODATA, found.cloud * CLOUD).astype(np.uint8)
        shares = np.where(empty, np.float32(NO_PROBABILITY), found.probability)
        masks.write(classes[None], tile.window)
        probabilities.write(shares.astype(np.float32)[None], tile.window)
        seen.add(tile.patch)
        yield estimate_cover(found, tile.patch)


def _judged(estimates: list[CoverEstimate]) -> _Judged:
    """Counts and scores against truth, pixels pooled; empty if there is no truth."""
    scores = pool(estimates)
    if scores is None:
        return {}
    return {
        "true_cloud_px": sum(estimate.true_cloud_px or 0 for estimate in estimates),
        "missed_cloud_px": sum(estimate.missed_cloud_px or 0 for estimate in estimates),
        "false_cloud_px": sum(estimate.false_cloud_px or 0 for estimate in estimates),
        "true_clear_px": sum(estimate.true_clear_px or 0 for estimate in estimates),
        "iou": scores.iou,
        "f1": scores.f1,
        "precision": scores.precision,
        "recall": scores.recall,
    }
