"""What a network costs, against arithmetic by hand, the model card and the runtime's own record."""

import json
import subprocess
import sys
from math import prod
from pathlib import Path

import numpy as np
import onnxruntime
import pytest

from payload.errors import MaskerError
from payload.masking.footprint import measure_footprint
from payload.masking.graph import read_graph
from payload.masking.onnx_masker import OnnxMasker
from payload.masking.packaged import packaged


@pytest.mark.parametrize("name", ["fast", "default"])
def test_the_file_holds_the_weights_that_the_card_counts(name):
    """A float32 file has 4 bytes a weight; the card counts those of training, some of which the export folds."""
    masker = OnnxMasker(model=name, precision="fp32")
    weights = masker.footprint(256).weight_bytes / 4
    assert weights == pytest.approx(masker.model_card.parameters, rel=0.02)


@pytest.mark.parametrize("name", ["fast", "default"])
def test_operations_are_those_that_the_runtime_records(name, tmp_path):
    """Second method: onnxruntime's profile tells the shapes of each node it ran, in a record of its own."""
    path, side_px = packaged(name, "fp32"), 128
    options = onnxruntime.SessionOptions()
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL
    options.enable_profiling = True
    options.profile_file_prefix = str(tmp_path / "run")
    options.intra_op_num_threads = 1
    session = onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
    session.run(
        None, {session.get_inputs()[0].name: np.zeros((1, 4, side_px, side_px), np.float32)}
    )
    events = json.loads(Path(session.end_profiling()).read_text())
    macs = 0
    for event in events:
        told = event.get("args", {})
        if (
            told.get("op_name") in {"Conv", "ConvTranspose", "MatMul"}
            and "output_type_shape" in told
        ):
            sizes = [next(iter(item.values())) for item in told["input_type_shape"]]
            out = next(iter(told["output_type_shape"][0].values()))
            each = sizes[0] if told["op_name"] == "ConvTranspose" else out
            macs += prod(each) * (
                sizes[0][-1] if told["op_name"] == "MatMul" else prod(sizes[1][1:])
            )
    assert macs > 0
    found = measure_footprint(path.read_bytes(), name, tile_px=side_px, side_px=side_px)
    assert found.ops_per_px * side_px**2 == pytest.approx(2 * macs, rel=1e-12)


def test_activations_are_at_least_the_largest_layer_with_its_input_and_grow_with_the_tile():
    masker = OnnxMasker(model="default", precision="fp32")
    small, large = masker.footprint(128), masker.footprint(256)
    side_px = 256 + 2 * masker.margin_px
    assert large.activation_bytes > 4 * 4 * side_px**2  # the input alone: four bands of float32
    grown = large.activation_bytes / small.activation_bytes
    assert grown == pytest.approx((side_px / (128 + 2 * masker.margin_px)) ** 2, rel=0.01)
    assert small.weight_bytes == large.weight_bytes
    assert small.ops_per_px > large.ops_per_px  # the margin weighs more on a small tile


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="reads the peak in kilobytes")
def test_to_count_activations_takes_about_as_much_memory_as_they_do():
    """A process of its own tells its peak: what lives at one time is there once, and not every tensor until the end."""
    script = (
        "import resource\n"
        "from payload.masking.onnx_masker import OnnxMasker\n"
        "peak = lambda: 1024 * resource.getrusage(resource.RUSAGE_SELF).ru_maxrss\n"
        "masker = OnnxMasker()\n"
        "masker.footprint(256)\n"
        "before = peak()\n"
        "print(masker.footprint(2048).activation_bytes, peak() - before)\n"
    )
    told = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, check=True, text=True
    )
    activations, more = map(int, told.stdout.split())
    assert activations > 500_000_000
    assert more < 2 * activations


@pytest.mark.parametrize("content", [b"", b"not a model", bytes([0xFF] * 40)])
def test_what_is_no_graph_is_refused(content):
    with pytest.raises(MaskerError, match="not an ONNX file"):
        read_graph(content)
