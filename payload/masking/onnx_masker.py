"""The masker `onnx`: a small network, one thread, tile by tile, as if the image were one piece.

onnxruntime is imported when the first tile is judged; before that only card and digest are read.
"""

from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from payload.errors import MaskerError
from payload.masking.card import ModelCard, check_digest, read_card
from payload.masking.preprocess import crop_back, pad_to_multiple, reflectance
from payload.provenance import digest_bytes
from payload.registry import option, supplied
from payload.scenario.paths import InputPath
from payload.types import CloudMask, MaskerIdentity, Radiometry, Tile

if TYPE_CHECKING:
    from onnxruntime import InferenceSession

DEFAULT_MODEL = Path(str(files("payload"))) / "data" / "models" / "s2d2_w16_L3_p16.onnx"
BANDS = ("blue", "green", "red", "nir")


@dataclass(frozen=True)
class OnnxMasker:
    """A network behind a model card.

    Tiles that start at multiples of `multiple_px` and bring `margin_px` of surroundings get the
    mask that the whole image would get in one piece.

    Raises:
        MaskerError: The card is missing or none; the model is not the file that the card means; the
            sensor lacks a band that the card names.
    """

    model: InputPath | None = option(
        None,
        description="ONNX file: four bands in, one channel out; the packaged one if left out.",
    )
    card: InputPath | None = option(
        None,
        description="Its model card (JSON); the model's path with the suffix .json if left out.",
    )
    probability_threshold: float | None = option(
        None,
        ge=0,
        le=1,
        description="A pixel is cloud from this probability on; the card's own if left out.",
    )
    bands: tuple[str, ...] = supplied(BANDS)
    model_card: ModelCard = field(init=False, repr=False, compare=False)
    _model: Path = field(init=False, repr=False, compare=False)
    _channels: tuple[int, ...] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        model = DEFAULT_MODEL if self.model is None else Path(self.model)
        card = read_card(model.with_suffix(".json") if self.card is None else Path(self.card))
        check_digest(model, card)
        missing = [band for band in card.bands if band not in self.bands]
        if missing:
            raise MaskerError(
                f"{model}: the model wants the bands {', '.join(card.bands)}, but the sensor has "
                f"{', '.join(self.bands)}: {', '.join(missing)} is missing"
            )
        object.__setattr__(self, "_model", model)
        object.__setattr__(self, "model_card", card)
        object.__setattr__(self, "_channels", tuple(self.bands.index(band) for band in card.bands))

    @property
    def threshold(self) -> float:
        """From this probability on a pixel is cloud."""
        if self.probability_threshold is not None:
            return self.probability_threshold
        return self.model_card.probability_threshold

    @property
    def margin_px(self) -> int:
        """[px] How far around a tile the network looks, in whole cells."""
        return self.model_card.margin_px

    @property
    def multiple_px(self) -> int:
        """[px] Tiles must start at multiples of this."""
        return self.model_card.tile_multiple_px

    @property
    def identity(self) -> MaskerIdentity:
        """Who made the mask, for reports."""
        return self.model_card.identity

    def predict(self, tile: Tile) -> CloudMask:
        """Cloud probability of the tile's own cell, shape (H, W).

        Raises:
            MaskerError: The model does not fit its card, or cannot be run.
        """
        probability = self.predict_image(tile.surroundings, tile.radiometry)
        return CloudMask(np.ascontiguousarray(probability[tile.inset]), self.threshold)

    def predict_image(self, dn: NDArray[np.uint16], radiometry: Radiometry) -> NDArray[np.float32]:
        """Cloud probability of an image in one piece; memory grows with its size.

        Args:
            dn: [DN] shape (B, H, W), the sensor's bands in order, any H and W above 0.
            radiometry: DN to reflectance.

        Returns:
            Probabilities 0 to 1, shape (H, W).

        Raises:
            MaskerError: Image or model have other bands than the card says, or the model fails.
        """
        if dn.ndim != 3 or dn.shape[0] != len(self.bands):
            raise MaskerError(
                f"pixels of shape {dn.shape} do not hold the {len(self.bands)} bands "
                f"{', '.join(self.bands)}"
            )
        card = self.model_card
        gain, offset = (
            np.array(values, np.float32)[:, None, None]
            for values in (card.scaling.gain, card.scaling.offset)
        )
        bands = reflectance(dn[list(self._channels)], radiometry) * gain + offset
        padded = np.ascontiguousarray(pad_to_multiple(bands, card.tile_multiple_px))
        answer = crop_back(_run(self._model, card, padded), dn.shape[1:])
        return _sigmoid(answer) if card.output == "logit" else answer


def _run(model: Path, card: ModelCard, bands: NDArray[np.float32]) -> NDArray[np.float32]:
    """The network's one channel, shape (H, W), of its input, shape (4, H, W)."""
    session = _session(model, card.sha256)
    try:
        answer = np.asarray(session.run(None, {session.get_inputs()[0].name: bands[None]})[0])
    except Exception as error:  # onnxruntime's exceptions have no common base
        raise MaskerError(f"{model}: the model cannot be run on {bands.shape}: {error}") from error
    if answer.shape != (1, 1, *bands.shape[1:]):
        raise MaskerError(
            f"{model}: the model answers {bands.shape[1:]} pixels with shape {answer.shape}; "
            "one channel of the same height and width is wanted"
        )
    if not np.isfinite(answer).all():
        raise MaskerError(f"{model}: the model answers with values that are no numbers")
    if card.output == "probability" and (answer.min() < 0 or answer.max() > 1):
        raise MaskerError(f"{model}: the card promises probabilities, but the model leaves 0 to 1")
    plane: NDArray[np.float32] = answer[0, 0].astype(np.float32)
    return plane


@cache
def _session(model: Path, sha256: str) -> "InferenceSession":
    """One session a process for a file of this digest."""
    import onnxruntime  # noqa: PLC0415 - heavy, and not needed to check a scenario

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    options.inter_op_num_threads = 1
    options.execution_mode = onnxruntime.ExecutionMode.ORT_SEQUENTIAL
    options.log_severity_level = 3
    content = _read_again(model, sha256)
    try:
        session = onnxruntime.InferenceSession(content, options, providers=["CPUExecutionProvider"])
    except Exception as error:  # onnxruntime's exceptions have no common base
        raise MaskerError(f"{model}: this is not a model that can be run: {error}") from error
    _check_shapes(model, session)
    return session


def _read_again(model: Path, sha256: str) -> bytes:
    """The file's content, if it is still what it was when the card was checked."""
    try:
        content = model.read_bytes()
    except OSError as error:
        raise MaskerError(f"{model}: the model cannot be read: {error.strerror}") from error
    if digest_bytes(content) != sha256:
        raise MaskerError(f"{model}: the model has changed since its card was checked")
    return content


def _check_shapes(model: Path, session: "InferenceSession") -> None:
    inputs, outputs = session.get_inputs(), session.get_outputs()
    if len(inputs) != 1 or len(outputs) != 1:
        raise MaskerError(
            f"{model}: one input and one output are wanted, not {len(inputs)} and {len(outputs)}"
        )
    for place, node, channels in (("input", inputs[0], 4), ("output", outputs[0], 1)):
        if node.type != "tensor(float)":
            raise MaskerError(f"{model}: the {place} is {node.type}; float32 is wanted")
        shape = list(node.shape)
        if len(shape) != 4 or (isinstance(shape[1], int) and shape[1] != channels):
            raise MaskerError(
                f"{model}: the {place} has shape {shape}; (1, {channels}, height, width) is wanted"
            )
        if place == "input" and any(isinstance(side, int) for side in shape[2:]):
            raise MaskerError(
                f"{model}: the input has the fixed size {shape[2]} x {shape[3]}; dynamic height "
                "and width are wanted, as tiles at the edges of an image are smaller"
            )


def _sigmoid(logits: NDArray[np.float32]) -> NDArray[np.float32]:
    # exp of minus the absolute value never overflows.
    small = np.exp(-np.abs(logits))
    probability: NDArray[np.float32] = np.where(logits >= 0, 1, small) / (1 + small)
    return probability.astype(np.float32, copy=False)
