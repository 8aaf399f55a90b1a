"""Training of one nnU-Net, which can be interrupted at any time."""

import json
from pathlib import Path

from payload.errors import MaskerError
from payload.training.journal import SILENT, Journal
from payload.training.nnunet import guests, plan
from payload.training.nnunet.config import NnUnet
from payload.training.nnunet.preparation import Prepared
from payload.training.nnunet.trainer import FINAL, LATEST, CloudTrainer

_MARKER = "nnunet.json"


def train(prepared: Prepared, config: NnUnet, folder: Path, *, journal: Journal = SILENT) -> Path:
    """Train nnU-Net until its budget is spent; a finished training is not repeated.

    With iterations as the binding limit, one thread and no workers, the same data and configuration
    give the same weights, interrupted or not.

    Args:
        prepared: The data it learns from.
        config: Patch, batch, features and norm must be those of the preparation.
        folder: nnU-Net's folder of results, for one training; about 500 MB while it lasts.
        journal: Logs progress.

    Returns:
        The final checkpoint, in nnU-Net's usual place; the descriptions of plans and data set are two
        folders above it.

    Raises:
        MaskerError: The folder holds another training, the configuration does not fit the prepared
            plan, there are too few scenes for its fold, or the loss is no longer finite.
    """
    _claim(folder, {"data": prepared.digest, "config": config.digest})
    if not prepared.digest.endswith("-".join(map(str, config.planned.values()))):
        raise MaskerError(
            f"{prepared.folder}: was prepared for a plan other than {config.planned}; prepare it again"
        )
    _check_fold(prepared, config)
    log = folder / "log.txt"
    with (
        guests.folders(prepared.raw, prepared.preprocessed, folder),
        guests.threads(config.threads),
        guests.seeded(config.seed),
    ):
        with guests.quiet(log):
            trainer = _trainer(prepared, config, journal)
        final = Path(trainer.output_folder) / FINAL
        if final.exists():
            return final
        with guests.quiet(log):
            trainer.initialize()
            latest = final.with_name(LATEST)
            if latest.exists():
                trainer.resume(latest)
        trainer.run_training()
        journal.log(
            "nnunet_trained", iterations=trainer.iteration, trained_s=round(trainer.elapsed_s, 1)
        )
    return final


def _trainer(prepared: Prepared, config: NnUnet, journal: Journal) -> CloudTrainer:
    plans = json.loads(prepared.plans.read_text(encoding="utf-8"))
    described = prepared.plans.with_name("dataset.json").read_text(encoding="utf-8")
    trainer = CloudTrainer(
        plans=plans | {"continue_training": False},
        configuration=plan.OURS,
        fold="all" if config.fold is None else config.fold,
        dataset_json=json.loads(described),
        device=guests.device(),
    )
    trainer.follow(config, journal)
    return trainer


def _check_fold(prepared: Prepared, config: NnUnet) -> None:
    if config.fold is None:
        return
    splits = json.loads(prepared.splits.read_text(encoding="utf-8"))
    if not all(splits[config.fold].values()):
        raise MaskerError(f"{prepared.folder}: too few scenes to hold out fold {config.fold}")


def _claim(folder: Path, wanted: dict[str, str]) -> None:
    """Mark a folder as belonging to a training.

    Raises:
        MaskerError: It belongs to another one.
    """
    folder.mkdir(parents=True, exist_ok=True)
    marker = folder / _MARKER
    if not marker.exists():
        marker.write_text(json.dumps(wanted), encoding="utf-8")
    elif json.loads(marker.read_text(encoding="utf-8")) != wanted:
        raise MaskerError(f"{folder}: contains another training of nnU-Net; choose another folder")
