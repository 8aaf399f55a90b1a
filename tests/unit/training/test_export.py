"""A network flies as it was trained, calibrated and told. Needs the extra `train`."""

from dataclasses import dataclass, replace

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="the extra `train` is not installed")
onnx = pytest.importorskip("onnx", reason="the extra `train` is not installed")

import onnxruntime

from payload.errors import MaskerError
from payload.masking.card import read_card
from payload.masking.onnx_masker import DEFAULT_MODEL, OnnxMasker
from payload.training import export
from payload.training.export import Told, receptive_margin_px, seen, write_card, write_onnx
from payload.training.images import RADIOMETRY, LabelledImage
from payload.training.streamline import for_integers, streamline
from payload.training.student import NAMES, fresh, parameters


@pytest.fixture(params=NAMES)
def network(request):
    """A network with statistics of its own, as after a training."""
    made = fresh(request.param, 1).train()
    generator = torch.Generator().manual_seed(0)
    with torch.no_grad():
        for _ in range(3):
            made(torch.rand(2, 4, 64, 64, generator=generator))
    return made.eval()


def dn(height, width):
    return np.random.default_rng(3).integers(0, 12_000, (4, height, width), np.uint16)


def run(model, bands):
    content = model if isinstance(model, bytes) else model.read_bytes()
    session = onnxruntime.InferenceSession(content, providers=["CPUExecutionProvider"])
    return session.run(None, {"reflectance": bands})[0]


def test_a_network_flies_as_torch_runs_it(network, tmp_path):
    path = tmp_path / "model.onnx"
    assert write_onnx(network, path) < 1e-4
    write_card(path, network, Told("model"))
    side = 4 * network.multiple_px
    scene = dn(side, 2 * side)
    with torch.no_grad():
        logits = network(torch.from_numpy(scene.astype(np.float32) * np.float32(1e-4))[None])
    flown = OnnxMasker(model=path).predict_image(scene, RADIOMETRY)
    assert np.abs(flown - torch.sigmoid(logits)[0, 0].numpy()).max() < 1e-5


def test_the_temperature_divides_every_logit_and_leaves_the_network_alone(network, tmp_path):
    plain, cool = tmp_path / "plain.onnx", tmp_path / "cool.onnx"
    before = {key: value.clone() for key, value in network.state_dict().items()}
    write_onnx(network, plain)
    write_onnx(network, cool, temperature=2.5)
    assert all(torch.equal(before[key], value) for key, value in network.state_dict().items())
    bands = np.random.default_rng(0).random((1, 4, 64, 96), np.float32)
    assert run(cool, bands) == pytest.approx(run(plain, bands) / 2.5, abs=1e-5)


def test_a_file_that_answers_otherwise_is_not_left_behind(network, tmp_path, monkeypatch):
    monkeypatch.setattr(export, "PARITY", 0.0)
    with pytest.raises(MaskerError, match="differ"):
        write_onnx(network, tmp_path / "model.onnx")
    assert not list(tmp_path.iterdir())


def test_the_margin_is_what_can_be_seen_and_no_cell_more(network, tmp_path):
    path = tmp_path / "model.onnx"
    write_onnx(network, path)
    margin, cell = receptive_margin_px(network), network.multiple_px
    assert margin % cell == 0
    side = 2 * margin + 5 * cell
    scene, other = dn(side, side), dn(side, side) // 2
    inside = slice(margin + cell, margin + 4 * cell)

    def changed(reach):
        mixed, near = other.copy(), slice(inside.start - reach, inside.stop + reach)
        mixed[:, near, near] = scene[:, near, near]
        first, second = (
            run(path, (pixels * np.float32(1e-4))[None])[0, 0, inside, inside]
            for pixels in (scene, mixed)
        )
        return np.abs(first - second).max()

    assert changed(margin) < 1e-5
    assert margin == 0 or changed(margin - cell) > 1e-7


def test_the_margin_of_the_packaged_network_is_that_of_its_card():
    card = read_card(DEFAULT_MODEL.with_suffix(".json"))
    assert receptive_margin_px(fresh("default", 1)) == card.margin_px


@pytest.mark.parametrize("rewrite", [streamline, for_integers])
@pytest.mark.parametrize("name", NAMES)
def test_a_rewritten_graph_gives_the_same_answer(name, rewrite, tmp_path, monkeypatch):
    path = tmp_path / "as_torch_writes_it.onnx"
    with monkeypatch.context() as patched:
        patched.setattr(export, "streamline", lambda model: model)
        write_onnx(fresh(name, 1), path)  # untrained: torch writes equal biases once
    model = onnx.load(path)
    faster = rewrite(model)
    slow = {"DepthToSpace"} if rewrite is streamline else {"DepthToSpace", "Resize"}
    kinds = [{node.op_type for node in graph.graph.node} for graph in (model, faster)]
    assert slow <= kinds[0] or name == "conv3x3"
    assert slow.isdisjoint(kinds[1])
    for height, width in ((16, 16), (64, 48), (256, 304)):
        bands = np.random.default_rng(height).random((1, 4, height, width), np.float32)
        one, other = (run(graph.SerializeToString(), bands) for graph in (model, faster))
        assert np.abs(one - other).max() < 1e-6  # four bands are summed in another order


@pytest.mark.parametrize(("rewrite", "last_places"), [(streamline, 0), (for_integers, 4)])
def test_where_no_bands_are_mapped_a_rewritten_graph_gives_the_same_but_for_rounding(
    rewrite, last_places, tmp_path, monkeypatch
):
    """To the bit, but where a convolution has four times as many channels: some processors sum those in another order."""
    network, path = fresh("default", 1), tmp_path / "as_torch_writes_it.onnx"
    network.contrast = torch.nn.Identity()
    monkeypatch.setattr(export, "streamline", lambda model: model)
    write_onnx(network, path)
    model = onnx.load(path)
    for height, width in ((16, 16), (64, 48), (256, 304)):
        bands = np.random.default_rng(height).random((1, 4, height, width), np.float32)
        one, other = (run(m.SerializeToString(), bands) for m in (model, rewrite(model)))
        unit = np.spacing(np.abs(one).max())
        assert np.abs(one - other).max() <= last_places * unit


def test_a_graph_that_is_already_streamlined_stays_as_it_is(network, tmp_path):
    write_onnx(network, tmp_path / "model.onnx")
    model = onnx.load(tmp_path / "model.onnx")
    assert streamline(model).graph == model.graph


def test_no_exported_student_shuffles_pixel_by_pixel(network, tmp_path):
    write_onnx(network, tmp_path / "model.onnx")
    nodes = onnx.load(tmp_path / "model.onnx").graph.node
    assert all(node.op_type != "DepthToSpace" for node in nodes)


@dataclass(frozen=True)
class Learned:
    trained_on: tuple[str, ...] = ("a", "b", "c")
    steps: int = 700
    elapsed_s: float = 90.0


def image(id_, source, *, human=False):
    nothing = np.zeros((4, 1, 1), np.uint16)
    return LabelledImage(id_, id_, source, "free", human, nothing, np.zeros((1, 1), np.uint8))


def test_the_card_says_who_was_learned_from_and_what_it_is_smaller_than(tmp_path):
    network = fresh("default", 1).eval()
    path = tmp_path / "default.onnx"
    write_onnx(network, path)
    images = [
        image("a", "x", human=True),
        image("b", "USGS L8 Biome"),
        image("c", "x"),
        image("d", "x"),
    ]
    told = Told(
        "default",
        trained_on=seen(images, Learned(), taught="a teacher", seed=4),
        threshold=0.6,
        threshold_reason="for a test",
        smaller_than=(("a large one", 405_770),),
    )
    written = write_card(path, network, told)
    card = OnnxMasker(model=path).model_card
    assert card == written
    assert (card.parameters, card.tile_multiple_px, card.margin_px) == (40_577, 8, 24)
    assert (card.probability_threshold, card.threshold_reason) == (0.6, "for a test")
    assert card.smaller_than[0].times == 10
    about = card.trained_on
    assert about is not None
    assert about.labels == "a teacher: 1 images by people, 2 by models"
    assert [(s.source, s.images) for s in about.sources] == [("USGS L8 Biome", 1), ("x", 2)]
    assert (about.steps, about.minutes, about.seed) == (700, 1.5, 4)
    again = write_card(path, network, replace(told, name="other"), precision="int8")
    assert (again.name, again.precision) == ("other", "int8")
    assert parameters(network) == again.parameters
