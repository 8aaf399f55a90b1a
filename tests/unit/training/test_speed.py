"""What is measured is what is said to be measured. Needs the extra `train`."""

import json

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="the extra `train` is not installed")
onnx = pytest.importorskip("onnx", reason="the extra `train` is not installed")

from payload.masking.onnx_masker import DEFAULT_MODEL
from payload.provenance import digest_file
from payload.training.export import Told, write_card, write_onnx
from payload.training.quantise import quantise
from payload.training.speed import Speed, Speeds, gflop_per_mpx, measure
from payload.training.student import NAMES, fresh


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    folder = tmp_path_factory.mktemp("models")
    fp32, int8 = folder / "fast.onnx", folder / "fast_int8.onnx"
    network = fresh("fast", 1).eval()
    write_onnx(network, fp32)
    quantise(fp32, int8, [np.random.default_rng(0).random((4, 64, 64), np.float32)] * 2)
    write_card(fp32, network, Told("fast"))
    write_card(int8, network, Told("fast"), precision="int8")
    return {"fp32": fp32, "int8": int8}


def counted(network):
    """Multiplications of all convolutions, as torch meets them."""
    total = 0

    def count(module, _, made):
        nonlocal total
        total += 2 * made.numel() * module.weight[0].numel()

    for module in network.modules():
        if isinstance(module, torch.nn.Conv2d):
            module.register_forward_hook(count)
    with torch.no_grad():
        network(torch.zeros(1, 4, 64, 64))
    return total / 64**2 / 1e3


@pytest.mark.parametrize("name", NAMES)
def test_operations_are_those_that_torch_carries_out(name, tmp_path):
    network = fresh(name, 1).eval()
    write_onnx(network, tmp_path / "n.onnx")
    assert gflop_per_mpx(tmp_path / "n.onnx") == pytest.approx(counted(network))


def test_the_packaged_network_has_the_operations_of_its_design():
    assert gflop_per_mpx(DEFAULT_MODEL) == pytest.approx(5.3, abs=0.1)


def test_everything_is_measured_and_can_be_told(files):
    found = measure(files, side_px=64, repeats=3)
    assert {(row.precision, row.threads) for row in found.rows} == {
        (precision, threads) for precision in ("fp32", "int8") for threads in (1, 2)
    }
    assert set(found.peak_gflop_per_s) == {1, 2}
    told = found.as_dict()
    assert all(row["session_mpx_per_s"] > 0 for row in told["rows"])
    assert [row["path_mpx_per_s"] is None for row in told["rows"]] == [
        row["threads"] == 2 for row in told["rows"]
    ]
    assert told["int8_gain"]["1"] > 0
    assert 0 < told["share_of_peak"]["1"] < 2
    alone = measure({"fp32": files["fp32"]}, side_px=64, repeats=1, threads=(1,))
    assert alone.int8_gain() is None


def test_a_network_may_call_its_input_as_it_likes(files, tmp_path):
    model = onnx.load(files["fp32"])
    for node in model.graph.node:
        node.input[:] = ["pixels" if name == "reflectance" else name for name in node.input]
    model.graph.input[0].name = "pixels"
    path = tmp_path / "other.onnx"
    onnx.save(model, path)
    card = json.loads(files["fp32"].with_suffix(".json").read_text())
    path.with_suffix(".json").write_text(json.dumps(card | {"sha256": digest_file(path)}))
    found = measure({"fp32": path}, side_px=64, repeats=1, threads=(1,))
    assert found.row("fp32").session_mpx_per_s > 0


def test_ratios_are_of_what_they_say():
    rows = (Speed("fp32", 1, 10.0, 9.0), Speed("int8", 1, 16.0, None))
    found = Speeds(256, 5.0, {1: 100.0}, rows)
    assert found.share_of_peak() == 0.5
    assert found.int8_gain() == 1.6
    assert found.row("fp32").path_share == 0.9
    assert found.row("int8").path_share is None
    with pytest.raises(KeyError):
        found.row("fp32", 2)
