"""Eight bits say what thirty-two say. Needs the extra `train`."""

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="the extra `train` is not installed")
onnx = pytest.importorskip("onnx", reason="the extra `train` is not installed")

from payload.errors import MaskerError
from payload.masking.onnx_masker import DEFAULT_MODEL, OnnxMasker
from payload.masking.preprocess import reflectance
from payload.training import quantise as subject
from payload.training.export import Told, write_card, write_onnx
from payload.training.images import RADIOMETRY
from payload.training.quantise import agreement, best, edge_nodes, quantise, quantise_best
from payload.training.readers.plain import read
from payload.training.student import fresh


def scenes(count, side=96, seed=0):
    """Bright blobs with soft borders on dark ground, and where they are."""
    rng = np.random.default_rng(seed)
    rows, cols = np.mgrid[:side, :side]
    made = []
    for _ in range(count):
        row, col, size = *rng.uniform(0, side, 2), rng.uniform(10, 30)
        opacity = 1 / (1 + np.exp((np.hypot(rows - row, cols - col) - size) / 3))
        ground = rng.uniform(0.03, 0.2, (4, 1, 1)) + rng.normal(0, 0.01, (4, side, side))
        bands = ground * (1 - opacity) + rng.uniform(0.5, 0.9) * opacity
        made.append((bands.astype(np.float32), opacity > 0.5))
    return made


@pytest.fixture(scope="module", params=["fast", "default"])
def student(request):
    """A student that has learned what blobs are, in a few seconds."""
    torch.set_num_threads(1)
    network = fresh(request.param, 1).train()
    optimiser = torch.optim.AdamW(network.parameters(), lr=5e-3)
    bands, truth = zip(*scenes(8), strict=True)
    bands, truth = torch.from_numpy(np.stack(bands)), torch.from_numpy(np.stack(truth))[:, None]
    for _ in range(60):
        loss = torch.nn.functional.binary_cross_entropy_with_logits(network(bands), truth.float())
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
    return network.eval()


def test_a_student_in_eight_bits_says_the_same_and_flies(student, tmp_path):
    fp32, int8 = tmp_path / "s.onnx", tmp_path / "s_int8.onnx"
    write_onnx(student, fp32)
    held_out = [bands for bands, _ in scenes(12, seed=1)]
    trials = quantise_best(fp32, int8, [bands for bands, _ in scenes(8)], held_out)
    chosen = best(trials)
    assert chosen.agreement >= 0.998
    assert agreement(fp32, int8, held_out) == chosen.agreement
    assert int8.stat().st_size < 0.6 * fp32.stat().st_size
    assert sorted(path.name for path in tmp_path.iterdir()) == ["s.onnx", "s_int8.onnx"]

    about = chosen.card(fp32, measured_on="blobs")
    write_card(int8, student, Told("s int8"), precision="int8", quantisation=about)
    masker = OnnxMasker(model=int8, precision="int8")
    for bands, truth in scenes(4, seed=2):
        dn = np.rint(bands * 10_000).clip(0).astype(np.uint16)
        cloud = masker.predict_image(dn, RADIOMETRY) >= 0.5
        assert (cloud == truth).mean() > 0.95


def test_weights_are_signed_by_channel_and_activations_unsigned(student, tmp_path):
    fp32, int8 = tmp_path / "s.onnx", tmp_path / "s_int8.onnx"
    write_onnx(student, fp32)
    quantise(fp32, int8, [bands for bands, _ in scenes(4)])
    graph = onnx.load(int8).graph
    held = {tensor.name: onnx.numpy_helper.to_array(tensor) for tensor in graph.initializer}
    weights = [
        node
        for node in graph.node
        if node.op_type == "DequantizeLinear" and held.get(node.input[0], np.zeros(1)).ndim == 4
    ]
    convolutions = [node for node in graph.node if node.op_type == "Conv"]
    assert len(convolutions) == sum(n.op_type == "Conv" for n in onnx.load(fp32).graph.node)
    # What sees the bands does so in float32: their linear map and the first convolution.
    floats = [n for n in graph.node if n.op_type == "MatMul" or "reflectance" in n.input[:1]]
    assert {"MatMul", "Conv"} <= {node.op_type for node in floats}
    assert len(weights) == len(convolutions) - 1
    for node in weights:
        kernel, scales = held[node.input[0]], held[node.input[1]]
        if node.input[0].startswith("logit"):
            assert np.unique(scales).size == 1  # one output, for several pixels at once
        assert kernel.dtype == np.int8
        assert scales.shape == (kernel.shape[0],)
    zeros = {held[n.input[2]].dtype for n in graph.node if n.op_type == "QuantizeLinear"}
    assert zeros == {np.dtype(np.uint8)}


@pytest.mark.parametrize("method", ["minmax", "percentile", "entropy"])
def test_each_method_finds_ranges(tmp_path, method):
    int8 = tmp_path / "q.onnx"
    quantise(DEFAULT_MODEL, int8, [bands for bands, _ in scenes(4)], method=method)
    assert agreement(DEFAULT_MODEL, int8, [bands for bands, _ in scenes(4, seed=1)]) > 0.98


def test_what_is_kept_in_float_stays_there_and_brings_the_answers_nearer(tmp_path):
    cal = [bands for bands, _ in scenes(6)]
    held_out = np.stack([bands for bands, _ in scenes(6, seed=1)])
    errors = []
    for kept in ("nothing", "bands"):
        int8 = tmp_path / f"{kept}.onnx"
        quantise(DEFAULT_MODEL, int8, cal, keep_fp32=edge_nodes(DEFAULT_MODEL, kept))
        whole, eighth = (
            np.stack([subject._session(p).run(None, {"reflectance": b[None]})[0] for b in held_out])
            for p in (DEFAULT_MODEL, int8)
        )
        errors.append(np.abs(whole - eighth).mean())
    assert errors[1] < 0.8 * errors[0]
    graph = onnx.load(int8).graph
    maker = {output: node for node in graph.node for output in node.output}
    last = maker["logit"]
    while last.op_type != "Conv":
        assert last.op_type in {"Transpose", "Reshape", "Unsqueeze"}
        last = maker[last.input[0]]
    assert maker[last.input[0]].op_type == "Relu"  # no DequantizeLinear


def test_the_edges_are_found_by_the_shape_of_the_graph():
    assert edge_nodes(DEFAULT_MODEL, "nothing") == ()
    kept = edge_nodes(DEFAULT_MODEL, "bands")
    assert {"/stem/stem.0/Conv", "/head/head.0/Conv", "/logit/Conv"} < set(kept)
    assert not any("encode" in name or "decode" in name for name in kept)


def test_the_first_way_that_is_good_enough_is_taken_and_else_the_best(tmp_path, monkeypatch):
    cal, held_out = ([bands for bands, _ in scenes(6, seed=seed)] for seed in (0, 1))
    monkeypatch.setattr(subject, "AIM", 0.0)
    assert len(quantise_best(DEFAULT_MODEL, tmp_path / "a.onnx", cal, held_out)) == 1
    monkeypatch.setattr(subject, "AIM", 1.1)
    trials = quantise_best(DEFAULT_MODEL, tmp_path / "b.onnx", cal, held_out)
    assert len(trials) == len(subject.SCHEMES)
    assert agreement(DEFAULT_MODEL, tmp_path / "b.onnx", held_out) == best(trials).agreement


def test_agreement_is_counted_at_the_threshold_that_is_asked_for(tmp_path):
    path = tmp_path / "shifted.onnx"
    model = onnx.load(DEFAULT_MODEL)
    bias = next(t for t in model.graph.initializer if t.name == "logit.bias")
    bias.CopyFrom(onnx.numpy_helper.from_array(onnx.numpy_helper.to_array(bias) + 2, bias.name))
    onnx.save(model, path)
    images = [bands for bands, _ in scenes(6)]
    answers = [
        subject._session(DEFAULT_MODEL).run(None, {"reflectance": b[None]})[0] for b in images
    ]
    for threshold in (0.3, 0.5, 0.8):
        limit = np.log(threshold / (1 - threshold))
        same = np.mean([(a >= limit) == (a + 2 >= limit) for a in answers])
        assert agreement(DEFAULT_MODEL, path, images, threshold=threshold) == pytest.approx(same)


def test_nothing_to_look_at_is_refused(tmp_path):
    with pytest.raises(MaskerError, match="at least 32 x 32 px"):
        quantise(DEFAULT_MODEL, tmp_path / "x.onnx", [np.zeros((4, 16, 200), np.float32)])
    with pytest.raises(MaskerError, match="at least 32 x 32 px"):
        agreement(DEFAULT_MODEL, DEFAULT_MODEL, [])
    broken = tmp_path / "broken.onnx"
    broken.write_bytes(b"no model")
    with pytest.raises(MaskerError, match="cannot be quantised"):
        quantise(broken, tmp_path / "x.onnx", [np.zeros((4, 64, 64), np.float32)])


def test_on_real_images_the_packaged_network_loses_next_to_nothing(tmp_path, real_images):
    images = list(read(real_images))
    bands = [reflectance(image.dn, RADIOMETRY) for image in images]
    int8 = tmp_path / "int8.onnx"
    quantise(DEFAULT_MODEL, int8, bands[::6])
    assert agreement(DEFAULT_MODEL, int8, bands[1::3]) >= 0.998

    def jaccard(path):
        session, both, either = subject._session(path), 0, 0
        for image, reflected in zip(images, bands, strict=True):
            if image.is_human:
                said = session.run(None, {"reflectance": reflected[None]})[0][0, 0] >= 0
                both += (said & (image.truth == 1)).sum()
                either += (said | (image.truth == 1)).sum()
        return both / either

    assert jaccard(int8) >= jaccard(DEFAULT_MODEL) - 0.002
