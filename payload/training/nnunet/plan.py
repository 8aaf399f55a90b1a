"""nnU-Net's plan, and what we change in it.

Its planner makes the configuration `2d` from the fingerprint of the data, which is left unchanged in the
plans file. Ours is added and inherits from it, as nnU-Net documents for plans edited by hand: a smaller
patch and batch, the topology that the same planner chooses for that patch, and the norm.
"""

import json
import tempfile
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

from nnunetv2.experiment_planning.experiment_planners.default_experiment_planner import (
    ExperimentPlanner,
)
from nnunetv2.utilities.get_network_from_plans import get_network_from_plans
from nnunetv2.utilities.json_export import recursive_fix_for_json_export
from nnunetv2.utilities.plans_handling.plans_handler import PlansManager
from torch import nn

from payload.errors import MaskerError
from payload.training.nnunet import guests
from payload.training.nnunet.config import NnUnet
from payload.training.nnunet.dataset import BANDS, LABELS, NAME, SPACING

STOCK = "2d"
OURS = "payload"
FILE = "nnUNetPlans.json"
NORMS = {
    "batch": "torch.nn.modules.batchnorm.BatchNorm2d",
    "instance": "torch.nn.modules.instancenorm.InstanceNorm2d",
}
_HEADS = len(LABELS) - 1  # unknown is no class

Plans = dict[str, Any]


def plan(config: NnUnet) -> Plans:
    """Run nnU-Net's planner on the data set in its folders, and add our configuration.

    Returns:
        The plans, as written to `nnUNetPlans.json`.

    Raises:
        MaskerError: The planner does not accept this patch.
    """
    planner = ExperimentPlanner(NAME)
    plans: Plans = planner.plan_experiment()
    plans["configurations"][OURS] = ours(config, planner)
    planner.save_plans(plans)
    return plans


def ours(config: NnUnet, planner: ExperimentPlanner) -> dict[str, Any]:
    """What differs in our configuration from that of the planner.

    Raises:
        MaskerError: The planner does not accept this patch.
    """
    planner.UNet_base_num_features = config.base_features
    planner.UNet_max_features_2d = config.max_features
    patch = (config.patch_px, config.patch_px)
    # Told that images are no larger than the patch, the planner chooses the topology for the patch.
    small = planner.get_plans_for_configuration(SPACING[1:], patch, OURS, 1e12, {})
    if tuple(small["patch_size"]) != patch:
        raise MaskerError(
            f"nnU-Net: found a plan for patch {small['patch_size']}; expected {patch}"
        )
    architecture = small["architecture"]
    architecture["arch_kwargs"]["norm_op"] = NORMS[config.norm]
    different = {
        "inherits_from": STOCK,
        "data_identifier": f"{OURS}_{config.patch_px}",
        "patch_size": list(patch),
        "batch_size": config.batch,
        "architecture": architecture,
    }
    recursive_fix_for_json_export(different)
    return different


def parameters(plans: Mapping[str, Any] | Path, configuration: str = OURS) -> int:
    """Number of trained parameters in the network of a plan.

    Args:
        plans: The plans or their file.
        configuration: `payload` for ours, `2d` for the planner's own.
    """
    if isinstance(plans, Path):
        loaded: Plans = json.loads(plans.read_text(encoding="utf-8"))
        return parameters(loaded, configuration)
    return sum(tensor.numel() for tensor in network(plans, configuration).parameters())


def network(plans: Mapping[str, Any], configuration: str = OURS) -> nn.Module:
    """The untrained network of a plan as nnU-Net builds it, without deep supervision."""
    planned = PlansManager(dict(plans)).get_configuration(configuration)
    built: nn.Module = get_network_from_plans(
        planned.network_arch_class_name,
        planned.network_arch_init_kwargs,
        planned.network_arch_init_kwargs_req_import,
        len(BANDS),
        _HEADS,
        deep_supervision=False,
    )
    return built


@cache
def parameters_for(config: NnUnet | None = None, *, tile_px: int = 256) -> int:
    """Number of parameters of the network planned for tiles of four bands; no data are needed.

    Args:
        config: Our configuration; without it the planner's own is used, and the answer is the
            denominator of "so many times smaller".
        tile_px: [px] Edge of the tiles, for which a fingerprint is made up.
    """
    with tempfile.TemporaryDirectory() as place:
        raw, preprocessed = Path(place) / "raw", Path(place) / "preprocessed"
        described = {
            "channel_names": {str(channel): "noNorm" for channel in range(len(BANDS))},
            "labels": LABELS,
            "numTraining": 1000,
            "file_ending": ".tif",
            "overwrite_image_reader_writer": "NaturalImage2DIO",
            "dataset": {"c": {"images": ["c_0000.tif"], "label": "c.tif"}},
        }
        fingerprint = {
            "spacings": [SPACING],
            "shapes_after_crop": [(1, tile_px, tile_px)],
            "foreground_intensity_properties_per_channel": {},
            "median_relative_size_after_cropping": 1.0,
        }
        for file, content in (
            (raw / NAME / "dataset.json", described),
            (preprocessed / NAME / "dataset_fingerprint.json", fingerprint),
        ):
            file.parent.mkdir(parents=True)
            file.write_text(json.dumps(content), encoding="utf-8")
        with (
            guests.folders(raw, preprocessed, Path(place) / "results"),
            guests.quiet(Path(place) / "log.txt"),
        ):
            planner = ExperimentPlanner(NAME)
            if config is None:
                return parameters(planner.plan_experiment(), STOCK)
            return parameters({"configurations": {STOCK: {}, OURS: ours(config, planner)}})
