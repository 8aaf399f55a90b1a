"""A small nnU-Net goes through every step on made images. Needs the extra `train`."""

import json
import os
import random
from dataclasses import replace

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="the extra `train` is not installed")
pytest.importorskip("nnunetv2", reason="the extra `train` is not installed")

from batchgeneratorsv2.transforms.utils.random import RandomTransform
from nnunetv2.training.dataloading.nnunet_dataset import nnUNetDatasetBlosc2
from nnunetv2.training.nnUNetTrainer.nnUNetTrainer import nnUNetTrainer
from nnunetv2.utilities.plans_handling.plans_handler import PlansManager

from payload.errors import ImageryError, MaskerError
from payload.training.images import LabelledImage
from payload.training.nnunet import dataset, plan
from payload.training.nnunet.augmentation import keep_reflectance
from payload.training.nnunet.config import NnUnet
from payload.training.nnunet.prediction import NnUnetPredictor
from payload.training.nnunet.preparation import prepare
from payload.training.nnunet.trainer import LATEST, CropLoader
from payload.training.nnunet.training import train

SMALL = NnUnet(
    patch_px=32,
    batch=4,
    base_features=4,
    max_features=16,
    iterations=36,
    budget_s=600,
    epoch_iterations=6,
    validation_batches=1,
    settle_batches=4,
    peak_rate=1e-2,
    threads=1,
)


class Diary:
    """Keeps what it hears, and may interrupt."""

    def __init__(self, until=None):
        self.events = []
        self.until = until

    def log(self, event, /, **facts):
        self.events.append((event, facts))
        if (event, facts.get("epoch")) == ("nnunet_epoch", self.until):
            raise KeyboardInterrupt


def images(count=10):
    """Bright squares on dark ground are cloud, beside them shadow; the last rows are unknown."""
    made = []
    for number in range(count):
        rng = np.random.default_rng(number)
        truth = np.zeros((64, 60), np.uint8)
        top, left = rng.integers(0, 30, 2)
        truth[top : top + 24, left : left + 24] = 1
        dn = np.where(truth == 1, 6000, 900) + rng.integers(1, 300, (4, 64, 60))
        truth[:4, :4] = 2
        truth[-4:] = 255
        made.append(
            LabelledImage(
                f"i/{number}",
                f"s{number // 2}",
                "made",
                "own",
                is_human=False,
                dn=dn.astype(np.uint16),
                truth=truth,
            )
        )
    return made


@pytest.fixture(scope="module")
def prepared(tmp_path_factory):
    return prepare(images(), tmp_path_factory.mktemp("data"), SMALL, keep_raw=True)


@pytest.fixture(scope="module")
def checkpoint(prepared, tmp_path_factory):
    return train(prepared, SMALL, tmp_path_factory.mktemp("run"))


def case(prepared, name):
    """Network input and labels as nnU-Net's loader reads them."""
    folder = prepared.preprocessed / dataset.NAME / "payload_32"
    data, labels, _, notes = nnUNetDatasetBlosc2(str(folder)).load_case(name)
    return data[:], labels[:], notes


def test_the_planner_left_alone_takes_33_472_684_parameters_for_tiles_of_256():
    assert plan.parameters_for(tile_px=256) == 33_472_684


def test_our_plan_for_a_patch_of_128_is_one_stage_shallower_and_has_20_6_million_parameters():
    assert plan.parameters_for(NnUnet()) == pytest.approx(20.6e6, rel=2e-3)
    assert plan.parameters_for(NnUnet(patch_px=256)) == 33_472_684


def test_the_plans_file_keeps_the_planners_configuration_beside_ours(prepared):
    plans = json.loads(prepared.plans.read_text())
    stock, ours = plans["configurations"][plan.STOCK], plans["configurations"][plan.OURS]
    assert plans["experiment_planner_used"] == "ExperimentPlanner"
    assert stock["patch_size"] == [64, 64]  # 64 x 60, padded to what the network can halve
    assert ours["inherits_from"] == plan.STOCK
    assert (ours["patch_size"], ours["batch_size"]) == ([32, 32], 4)
    assert ours["architecture"]["arch_kwargs"]["norm_op"].endswith("BatchNorm2d")
    assert stock["architecture"]["arch_kwargs"]["norm_op"].endswith("InstanceNorm2d")
    assert prepared.parameters == plan.parameters(prepared.plans)
    assert prepared.stock_parameters == plan.parameters(prepared.plans, plan.STOCK)
    assert prepared.parameters < prepared.stock_parameters


def test_the_network_is_given_reflectance_and_labels_without_shadow(prepared):
    image = images()[3]
    data, labels, notes = case(prepared, "c000003")
    assert np.array_equal(data[:, 0], image.dn.astype(np.float32) * np.float32(1e-4))
    assert np.array_equal(labels[0, 0] == 1, image.truth == 1)
    assert np.array_equal(labels[0, 0] == 2, image.truth == 255)
    assert (labels[0, 0][image.truth == 2] == 0).all()
    assert set(notes["class_locations"]) == {1, (-1, 0, 1)}


def test_an_image_at_half_the_brightness_gives_half_the_network_input(tmp_path):
    # This is why channels are called noNorm: nnU-Net's z-score would give the same input for both.
    bright = images(1)[0]
    bright = replace(bright, dn=bright.dn // 2 * 2)
    dark = replace(bright, id="dark", dn=bright.dn // 2)
    both = prepare([bright, dark], tmp_path / "data", SMALL)
    (light, *_), (dim, *_) = case(both, "c000000"), case(both, "c000001")
    assert light.mean() > 0.1
    assert np.allclose(dim, light / 2, rtol=1e-6)


def test_whole_scenes_are_held_out_and_each_once(prepared):
    splits = json.loads(prepared.splits.read_text())
    scene = {f"c{number:06d}": image.scene for number, image in enumerate(images())}
    for split in splits:
        assert sorted(split["train"] + split["val"]) == sorted(scene)
        assert not {scene[c] for c in split["train"]} & {scene[c] for c in split["val"]}
    assert sorted(name for split in splits for name in split["val"]) == sorted(scene)


def test_a_finished_preparation_is_not_repeated_and_another_one_replaces_it(prepared, tmp_path):
    diary = Diary()
    assert prepare(images(), prepared.folder, SMALL, journal=diary) == prepared
    assert not diary.events

    (tmp_path / "mine.txt").write_text("keep me")
    with pytest.raises(MaskerError, match="empty"):
        prepare(images(), tmp_path, SMALL)


def test_an_interrupted_preparation_goes_on_where_it_stopped(tmp_path):
    class Interrupts(Diary):
        def log(self, event, /, **facts):
            super().log(event, **facts)
            if event == "nnunet_fingerprint":
                raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        prepare(images(2), tmp_path, SMALL, journal=Interrupts())
    written = tmp_path / "raw" / dataset.NAME / "labelsTr" / "c000000.tif"
    before = written.stat().st_mtime_ns
    # As if the next kill came amid the first case.
    half = tmp_path / "preprocessed" / dataset.NAME / "payload_32" / "partial" / "c000000.b2nd"
    half.parent.mkdir(parents=True)
    half.write_text("half a case")
    done = prepare(images(2), tmp_path, SMALL, keep_raw=True)
    assert (done.cases, written.stat().st_mtime_ns) == (2, before)
    assert case(done, "c000000")[0].shape == (4, 1, 64, 60)
    with pytest.raises(MaskerError, match="too few scenes"):
        train(done, replace(SMALL, fold=0), tmp_path / "run")


def test_images_that_teach_nothing_are_left_out_or_refused(tmp_path):
    blank, cloudless = images(2)
    unknown = replace(blank, truth=np.full_like(blank.truth, 255))
    clear = replace(cloudless, truth=np.zeros_like(cloudless.truth))
    with pytest.raises(ImageryError, match="cloud"):
        prepare([unknown, clear], tmp_path / "a", SMALL)
    strange = replace(blank, truth=np.full_like(blank.truth, 7))
    with pytest.raises(ImageryError, match="7"):
        prepare([strange], tmp_path / "b", SMALL)


def test_augmentation_keeps_what_a_value_means():
    stock = nnUNetTrainer.get_training_transforms(
        (32, 32), (-1.0, 1.0), [[1, 1], [0.5, 0.5]], (0, 1), do_dummy_2d_data_aug=False
    )
    ours = keep_reflectance(stock, replace(SMALL, noise=0.0), ignore_label=2)
    names = [
        type(each.transform if isinstance(each, RandomTransform) else each).__name__
        for each in ours.transforms
    ]
    assert not {"ContrastTransform", "GammaTransform"} & set(names)
    torch.manual_seed(1)
    ratios = []
    for _ in range(60):
        # Two flat bands: whatever happens to them, their level stays within the gain, and their ratio.
        flat = torch.ones(2, 48, 48) * torch.tensor([0.2, 0.4])[:, None, None]
        crop = ours(image=flat, segmentation=torch.zeros(1, 48, 48, dtype=torch.int16))["image"]
        middle = crop[:, 12:20, 12:20].mean((1, 2))
        ratios.append(float(middle[0] / 0.2))
        assert float(middle[1] / middle[0]) == pytest.approx(2, rel=1e-3)
    assert 0.899 < min(ratios) < 0.99
    assert 1.01 < max(ratios) < 1.101


def test_crops_overhang_an_image_by_no_more_than_the_margin_for_rotation(prepared):
    manager = PlansManager(json.loads(prepared.plans.read_text()))
    described = json.loads(prepared.plans.with_name("dataset.json").read_text())
    cases = nnUNetDatasetBlosc2(str(prepared.preprocessed / dataset.NAME / "payload_32"))
    loader = CropLoader(cases, 4, [40, 40], [32, 32], manager.get_label_manager(described), 0.33)
    *_, notes = cases.load_case("c000000")
    corners = []
    for _ in range(300):
        lower, upper = loader.get_bbox((1, 64, 60), False, notes["class_locations"])
        corners.append((*lower[1:], *upper[1:]))
        assert [b - a for a, b in zip(lower, upper, strict=True)] == [1, 40, 40]
    low, high = np.min(corners, axis=0), np.max(corners, axis=0)
    assert low.tolist()[:2] == [-4, -4]
    assert high.tolist()[2:] == [68, 64]


def test_a_training_learns_and_its_network_tells_bright_from_dark(checkpoint):
    predictor = NnUnetPredictor((checkpoint,), threads=1)
    image = images()[1]
    cloud = predictor.probability(dataset.reflectance(image))
    assert cloud.shape == image.truth.shape
    assert cloud.dtype == np.float32
    assert cloud[image.truth == 1].mean() > 0.8
    assert cloud[image.truth == 0].mean() < 0.2
    assert predictor.parameters == plan.parameters(checkpoint.parents[1] / "plans.json")
    # The same shapes in the dark are not cloud: absolute brightness survives all the way.
    dark = predictor.probability(dataset.reflectance(image) / 8)
    assert dark[image.truth == 1].mean() < 0.4


@pytest.mark.parametrize("shape", [(1, 1), (5, 33), (100, 40)])
def test_any_size_is_answered_and_an_ensemble_of_one_network_twice_is_that_network(
    checkpoint, shape
):
    bands = np.random.default_rng(1).random((4, *shape), np.float32)
    one = NnUnetPredictor((checkpoint,), threads=1).probability(bands)
    two = NnUnetPredictor((checkpoint, checkpoint), threads=1).probability(bands)
    assert one.shape == shape
    assert ((one >= 0) & (one <= 1)).all()
    assert np.allclose(one, two, atol=2e-3)  # nnU-Net adds logits up in half precision


def test_without_an_image_there_is_no_cloud(checkpoint):
    predictor = NnUnetPredictor((checkpoint,), threads=1)
    bands = dataset.reflectance(images()[0])
    bands[:, :, :20] = 0
    assert (predictor.probability(bands)[:, :20] == 0).all()
    with pytest.raises(MaskerError, match="bands"):
        predictor.probability(bands[:3])


def test_bfloat16_changes_little(checkpoint):
    bands = dataset.reflectance(images()[2])
    quick = NnUnetPredictor((checkpoint,), threads=1).probability(bands)
    exact = NnUnetPredictor((checkpoint,), threads=1, bf16=False).probability(bands)
    assert 0 < np.abs(quick - exact).mean() < 0.02


def test_with_mirroring_a_mirrored_image_has_the_mirrored_answer(checkpoint):
    bands = dataset.reflectance(images()[2])
    mirrored = np.ascontiguousarray(bands[:, ::-1])
    differences = []
    for mirroring in (False, True):
        predictor = NnUnetPredictor((checkpoint,), threads=1, mirroring=mirroring)
        back = predictor.probability(mirrored)[::-1]
        differences.append(np.abs(predictor.probability(bands) - back).max())
    assert differences[1] < 0.01 < differences[0]


@pytest.mark.parametrize(("norm", "is_erased"), [("instance", True), ("batch", False)])
def test_instance_norm_erases_the_brightness_of_a_scene_and_batch_norm_keeps_it(
    prepared, norm, is_erased
):
    # Reason for not taking nnU-Net's own: half the light on a scene makes no difference to it.
    plans = json.loads(prepared.plans.read_text())
    architecture = plans["configurations"][plan.OURS]["architecture"]
    architecture["arch_kwargs"]["norm_op"] = plan.NORMS[norm]
    network = plan.network(plans).eval()
    bands = torch.from_numpy(dataset.reflectance(images()[0]))[None, :, :32, :32]
    with torch.inference_mode():
        bright, dark = network(bands), network(bands / 2)
    change = float((bright - dark).abs().mean() / bright.abs().mean())
    assert (change < 0.02) is is_erased
    assert (change > 0.2) is not is_erased


def test_an_interrupted_training_ends_with_the_same_weights(prepared, checkpoint, tmp_path):
    run = tmp_path / "run"
    with pytest.raises(KeyboardInterrupt):
        train(prepared, SMALL, run, journal=Diary(until=2))
    latest = next(run.rglob(LATEST))
    # The interruption came before the checkpoint of the third epoch; two are in the last one.
    assert torch.load(latest, weights_only=False)["logging"]["iterations"] == [6, 12]

    diary = Diary()
    again = train(prepared, SMALL, run, journal=diary)
    events = [event for event, _ in diary.events]
    assert events[0] == "nnunet_resume"
    assert events[-1] == "nnunet_trained"
    assert diary.events[-1][1]["iterations"] == 36
    assert not latest.exists()
    first, second = (
        torch.load(file, weights_only=False)["network_weights"] for file in (checkpoint, again)
    )
    assert all(torch.equal(first[name], second[name]) for name in first)


def test_a_finished_training_is_not_repeated_and_no_other_may_use_its_folder(prepared, checkpoint):
    folder = next(parent for parent in checkpoint.parents if (parent / "nnunet.json").exists())
    before = checkpoint.stat().st_mtime_ns
    assert train(prepared, SMALL, folder) == checkpoint
    assert checkpoint.stat().st_mtime_ns == before
    with pytest.raises(MaskerError, match="another training"):
        train(prepared, replace(SMALL, seed=2), folder)
    with pytest.raises(MaskerError, match="a plan other than"):
        train(prepared, replace(SMALL, batch=5), folder.with_name("other"))


def test_time_ends_a_training_and_takes_the_rate_down_with_it(prepared, tmp_path):
    hasty = replace(SMALL, iterations=100_000, budget_s=1.5, checkpoint_s=0.4, fold=1)
    diary = Diary()
    train(prepared, hasty, tmp_path, journal=diary)
    epochs = [facts for event, facts in diary.events if event == "nnunet_epoch"]
    assert len(epochs) > 1
    assert 1.5 <= epochs[-1]["trained_s"] < 10
    log = torch.load(next(tmp_path.rglob("checkpoint_final.pth")), weights_only=False)["logging"]
    assert log["lrs"][0] == pytest.approx(hasty.peak_rate, rel=0.2)
    assert all(later < earlier for earlier, later in zip(log["lrs"], log["lrs"][1:], strict=False))


def test_what_guests_need_of_the_process_is_put_back(prepared, tmp_path, capsys):
    def state():
        return (
            random.getstate(),
            np.random.get_state()[1].tolist(),  # noqa: NPY002 - a guest draws from it
            torch.get_rng_state().tolist(),
            torch.get_num_threads(),
            {name: value for name, value in os.environ.items() if name != "PYTEST_CURRENT_TEST"},
        )

    before = state()
    train(prepared, replace(SMALL, iterations=1, norm="batch", optimiser="sgd"), tmp_path)
    assert state() == before
    assert capsys.readouterr().out == ""


@pytest.mark.parametrize(
    "wrong",
    [
        {"patch_px": 100},
        {"batch": 0},
        {"budget_s": 0},
        {"norm": "layer"},
        {"optimiser": "lion"},
        {"fold": 5},
        {"gain": 1.0},
    ],
)
def test_a_configuration_that_cannot_be_trained_is_refused(wrong):
    with pytest.raises(MaskerError, match="nnU-Net"):
        NnUnet(**wrong)
