"""From labelled images to what nnU-Net's trainer reads: fingerprint, plan and preprocessed cases."""

import json
import shutil
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from nnunetv2.experiment_planning.dataset_fingerprint.fingerprint_extractor import (
    DatasetFingerprintExtractor,
)
from nnunetv2.preprocessing.preprocessors.default_preprocessor import DefaultPreprocessor
from nnunetv2.utilities.plans_handling.plans_handler import PlansManager

from payload.errors import MaskerError
from payload.training.images import LabelledImage
from payload.training.journal import SILENT, Journal
from payload.training.nnunet import dataset, guests, plan
from payload.training.nnunet.config import NnUnet

_MARKER = "nnunet.json"
_PARTS = ("raw", "preprocessed", "none")
_STATISTICS = (
    1e6  # pixels for statistics of intensity, which noNorm does not use; nnU-Net takes 1e8
)
_LOCATIONS = 1000  # pixels of each class to centre crops on; nnU-Net takes 10,000, for volumes
_TELL_EVERY = 200


@dataclass(frozen=True, slots=True)
class Prepared:
    """A data set that nnU-Net can learn from.

    Attributes:
        folder: Its folder.
        digest: Changes with the images and with the plan.
        cases: Number of images.
        parameters: Of the network of our plan.
        stock_parameters: Of the network that nnU-Net's planner would have taken for these images.
    """

    folder: Path
    digest: str
    cases: int
    parameters: int
    stock_parameters: int

    @property
    def raw(self) -> Path:
        """nnU-Net's folder of raw data sets."""
        return self.folder / "raw"

    @property
    def preprocessed(self) -> Path:
        """nnU-Net's folder of preprocessed data sets."""
        return self.folder / "preprocessed"

    @property
    def plans(self) -> Path:
        """The plans file: configuration `2d` is nnU-Net's, `payload` is ours."""
        return self.preprocessed / dataset.NAME / plan.FILE

    @property
    def splits(self) -> Path:
        """Which cases each of five folds learns from and is validated on."""
        return self.preprocessed / dataset.NAME / dataset.SPLITS


def prepare(
    images: Collection[LabelledImage],
    folder: Path,
    config: NnUnet | None = None,
    *,
    journal: Journal = SILENT,
    keep_raw: bool = False,
) -> Prepared:
    """Write the images in nnU-Net's layout, and let it take their fingerprint, plan and preprocess.

    What is finished is not repeated; what was interrupted resumes where it stopped. The folder must be
    empty or contain an earlier preparation, which is removed if its images or its plan differ.

    Args:
        images: Each is a case; they are iterated over twice. Those without a known pixel are left out.
        folder: Takes about 0.7 MB per tile of 256 px, and 1.8 MB until it is finished.
        config: Patch, batch, features and norm determine the plan.
        journal: Logs progress.
        keep_raw: Whether to keep the raw data set, which is no longer needed.

    Raises:
        ImageryError: A mask contains invalid values, or no image shows a cloud.
        MaskerError: The folder holds something else.
    """
    config = config or NnUnet()
    digest = f"{dataset.digest(images)}-{'-'.join(map(str, config.planned.values()))}"
    marker = _open(folder, digest)
    found = json.loads(marker.read_text(encoding="utf-8"))
    if "cases" in found:
        return Prepared(folder, **found)

    raw, preprocessed, none = (folder / part for part in _PARTS)
    log = folder / "log.txt"
    journal.log("nnunet_prepare", images=len(images), digest=digest)
    cases = dataset.write(images, raw, journal)
    with guests.folders(raw, preprocessed, none):
        with guests.quiet(log):
            extractor = DatasetFingerprintExtractor(dataset.NAME, num_processes=1)
            extractor.show_progress_bar = False
            extractor.num_foreground_voxels_for_intensitystats = _STATISTICS
            extractor.run()
        journal.log("nnunet_fingerprint", cases=len(cases))
        with guests.quiet(log):
            plans = plan.plan(config)
        dataset.write_splits(raw, preprocessed)
        _preprocess(plans, raw, preprocessed, cases, journal)
    prepared = Prepared(
        folder,
        digest,
        len(cases),
        plan.parameters(plans),
        plan.parameters(plans, plan.STOCK),
    )
    facts: dict[str, str | int] = {
        "digest": digest,
        "cases": prepared.cases,
        "parameters": prepared.parameters,
        "stock_parameters": prepared.stock_parameters,
    }
    _write(marker, facts)
    if not keep_raw:
        shutil.rmtree(raw)
    journal.log("nnunet_prepared", **facts)
    return prepared


class _Preprocessor(DefaultPreprocessor):  # type: ignore[misc, unused-ignore]
    """nnU-Net's, recording fewer pixels of each class: for small tiles the records outweighed the images."""

    _sample_foreground_locations = staticmethod(
        partial(DefaultPreprocessor._sample_foreground_locations, min_num_samples=_LOCATIONS)
    )


def _preprocess(
    plans: Mapping[str, Any], raw: Path, preprocessed: Path, cases: list[str], journal: Journal
) -> None:
    """Let nnU-Net preprocess each case in this process: its own loop would start all over again."""
    manager = PlansManager(dict(plans))
    configuration = manager.get_configuration(plan.OURS)
    described = json.loads((raw / dataset.NAME / "dataset.json").read_text(encoding="utf-8"))
    target = preprocessed / dataset.NAME / configuration.data_identifier
    partial = target / "partial"
    shutil.rmtree(partial, ignore_errors=True)
    partial.mkdir(parents=True)
    preprocessor = _Preprocessor(verbose=False)
    for number, name in enumerate(cases):
        if (target / f"{name}.pkl").exists():
            continue
        files = described["dataset"][name]
        preprocessor.run_case_save(
            str(partial / name),
            [str(raw / dataset.NAME / file) for file in files["images"]],
            str(raw / dataset.NAME / files["label"]),
            manager,
            configuration,
            described,
        )
        # The .pkl file is moved last: if it exists, its case is complete.
        for suffix in (".b2nd", "_seg.b2nd", ".pkl"):
            (partial / f"{name}{suffix}").replace(target / f"{name}{suffix}")
        if (number + 1) % _TELL_EVERY == 0:
            journal.log("nnunet_preprocess", done=(number + 1) / len(cases))
    shutil.rmtree(partial)


def _open(folder: Path, digest: str) -> Path:
    """Make the folder ready for a preparation of this digest, and return its marker file."""
    folder.mkdir(parents=True, exist_ok=True)
    marker = folder / _MARKER
    if marker.exists():
        if json.loads(marker.read_text(encoding="utf-8"))["digest"] == digest:
            return marker
        for part in _PARTS:
            shutil.rmtree(folder / part, ignore_errors=True)
    elif any(folder.iterdir()):
        raise MaskerError(f"{folder}: not a folder of nnU-Net data; choose an empty one")
    _write(marker, {"digest": digest})
    return marker


def _write(marker: Path, facts: Mapping[str, str | int]) -> None:
    partial = marker.with_suffix(".partial")
    partial.write_text(json.dumps(facts, indent=1), encoding="utf-8")
    partial.replace(marker)
