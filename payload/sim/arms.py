"""The arms: the scenario with one part exchanged, flown over the same world and seed."""

from dataclasses import dataclass
from typing import Literal

from payload.pruning import KEEP_ALL, Policy
from payload.scenario.camera import PruningModel

ArmName = Literal["raw", "compressed", "discard", "prune", "mask", "oracle"]
ARMS: tuple[ArmName, ...] = ("raw", "compressed", "discard", "prune", "mask", "oracle")


@dataclass(frozen=True, slots=True)
class Arm:
    """What an arm does with the pixels.

    Attributes:
        name: One of ARMS.
        mask: No mask, the scenario's masker, or the truth itself.
        policy: What is dropped.
        compresses: Whether kept tiles are encoded with the scenario's codec; otherwise they are sent raw.
        leaves_cloud_out: Whether cloudy pixels of kept tiles are left uncoded.
    """

    name: ArmName
    mask: Literal["none", "scenario", "perfect"]
    policy: Policy
    compresses: bool
    leaves_cloud_out: bool = False

    @property
    def is_scenarios_own(self) -> bool:
        """Whether this is the scenario itself, unchanged: its records are kept and delivered to the ground."""
        return self.name == "prune"

    @property
    def sees_cloud(self) -> bool:
        """Whether the satellite knows which of its images are cloudy."""
        return self.mask != "none"


def make_arm(name: ArmName, pruning: PruningModel) -> Arm:
    """An arm by its name, with the policy and the thresholds of the scenario.

    `discard` always judges whole images by the mask, whatever the policy, because it stands for missions that fly. A
    perfect mask is certain of each pixel, so its expected cover equals the cover found.
    """
    if pruning.policy == "expected_value":
        tiles = Policy("tile", pruning.max_expected_cover, judged_by="expected_cover")
    else:
        tiles = Policy("tile", pruning.max_cloud_cover)
    images = Policy("image", pruning.max_image_cloud_cover)
    match name:
        case "raw":
            return Arm(name, "none", KEEP_ALL, compresses=False)
        case "compressed":
            return Arm(name, "none", KEEP_ALL, compresses=True)
        case "discard":
            return Arm(name, "scenario", images, compresses=True)
        case "prune":
            return Arm(name, "scenario", tiles, compresses=True)
        case "mask":
            nearly_all = Policy("tile", pruning.max_masked_cloud_cover)
            return Arm(name, "scenario", nearly_all, compresses=True, leaves_cloud_out=True)
        case "oracle":
            return Arm(name, "perfect", tiles, compresses=True)
