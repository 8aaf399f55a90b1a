"""The maskers as a scenario names them."""

import pytest
from pydantic import ValidationError

from payload.ports import Masker
from payload.registry import build, kinds, options_model, validate

SOCKET = "payload.masker"


def test_the_three_maskers_are_installed_and_fit_their_socket():
    assert {"blue", "onnx", "oracle"} <= set(kinds(SOCKET))
    for kind in ("blue", "onnx", "oracle"):
        masker = build(SOCKET, kind, {}, bands=("blue", "green", "red", "nir"))
        assert isinstance(masker, Masker)
        assert masker.margin_px % masker.multiple_px == 0
        assert masker.identity.parameters >= 0


def test_every_option_is_described():
    for kind in ("blue", "onnx", "oracle"):
        fields = options_model(SOCKET, kind).model_fields
        assert all(field.description for field in fields.values())
    assert set(options_model(SOCKET, "onnx").model_fields) == {
        "model",
        "precision",
        "card",
        "probability_threshold",
    }


@pytest.mark.parametrize(
    ("kind", "options"),
    [
        ("onnx", {"probability_threshold": 1.01}),
        ("onnx", {"probability_threshold": float("nan")}),
        ("onnx", {"model": "https://example.org/model.onnx"}),
        ("onnx", {"model": "/no/such/model.onnx"}),
        ("onnx", {"model": "no-such-name"}),
        ("onnx", {"model": 3}),
        ("onnx", {"precision": "fp16"}),
        ("onnx", {"bands": ["blue"]}),
        ("blue", {"blue_threshold": -0.1}),
        ("oracle", {"colour": "blue"}),
    ],
)
def test_options_out_of_bounds_are_refused(kind, options):
    with pytest.raises(ValidationError):
        validate(SOCKET, kind, options)
