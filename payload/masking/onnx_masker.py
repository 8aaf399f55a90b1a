"""The masker `onnx`: a small network on one thread, tile by tile as if on the whole image at once.

onnxruntime is imported when the first tile is masked; until then only card and digest are read.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from payload.errors import MaskerError
from payload.masking.card import ModelCard, check_digest, read_card
from payload.masking.footprint import measure_footprint
from payload.masking.packaged import (
    NAMES,
    RECOMMENDED_NAME,
    RECOMMENDED_PRECISION,
    ModelChoice,
    Precision,
    packaged,
    packaged_cards,
)
from payload.masking.preprocess import Channel, network_input
from payload.provenance import digest_bytes, digest_file
from payload.registry import option, supplied
from payload.scenario.paths import InputPath
from payload.types import CloudMask, Footprint, MaskerIdentity, Radiometry, Tile

if TYPE_CHECKING:
    from onnxruntime import InferenceSession

DEFAULT_MODEL = packaged(RECOMMENDED_NAME, RECOMMENDED_PRECISION)
BANDS = ("blue", "green", "red", "nir")
EXACT_EIGHT_BITS = ("session.x64quantprecision", "1")
"""Session configuration entry that makes int8 results the same everywhere: without it, x86 processors without VNNI
add up eight-bit products in sixteen bits, which can overflow; with it they take a slower, exact path.

Source: onnxruntime, onnxruntime_session_options_config_keys.h, kOrtSessionOptionsAvx2PrecisionMode."""


@dataclass(frozen=True)
class OnnxMasker:
    """A neural network (ONNX) with its model card.

    Tiles that start at multiples of `multiple_px` and bring `margin_px` of surroundings get the
    same mask as if the whole image were masked in one piece.

    Raises:
        MaskerError: The card is missing or invalid; the model is not the file that the card
            describes, or not of the precision wanted; the sensor lacks a band that the card names;
            there is no packaged network of that name.
    """

    model: ModelChoice | None = option(
        None,
        description="A packaged network by name (fast, default), or an ONNX file of your own: "
        "four bands in, one channel out; `default` if omitted.",
    )
    precision: Precision | None = option(
        None,
        description="Of a packaged network: fp32, or int8, which is faster on processors with 8-bit dot products; "
        f"{RECOMMENDED_PRECISION} if omitted.",
    )
    card: InputPath | None = option(
        None,
        description="Its model card (JSON); if omitted, the model's path with the suffix .json.",
    )
    probability_threshold: float | None = option(
        None,
        ge=0,
        le=1,
        description="A pixel is cloud from this probability on; the card's threshold if omitted.",
    )
    bands: tuple[str, ...] = supplied(BANDS)
    model_card: ModelCard = field(init=False, repr=False, compare=False)
    _model: Path = field(init=False, repr=False, compare=False)
    _channels: tuple[Channel, ...] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        model = self._find_model()
        card = read_card(model.with_suffix(".json") if self.card is None else Path(self.card))
        check_digest(model, card)
        if self.precision not in {None, card.precision}:
            raise MaskerError(
                f"{model}: precision {self.precision} is requested, but the card of {card.name!r}"
                f" says {card.precision}"
            )
        missing = [band for band in card.bands if band not in self.bands]
        if missing:
            raise MaskerError(
                f"{model}: the model needs the bands {', '.join(card.bands)}, but the sensor has"
                f" {', '.join(self.bands)}; missing: {', '.join(missing)}"
            )
        scaling = zip(card.bands, card.scaling.gain, card.scaling.offset, strict=True)
        channels = tuple(
            Channel(self.bands.index(band), gain, offset) for band, gain, offset in scaling
        )
        object.__setattr__(self, "_model", model)
        object.__setattr__(self, "model_card", card)
        object.__setattr__(self, "_channels", channels)

    def _find_model(self) -> Path:
        model = RECOMMENDED_NAME if self.model is None else self.model
        if isinstance(model, Path):
            return model
        if model not in NAMES and Path(model).exists():
            return Path(model)
        return packaged(model, self.precision or RECOMMENDED_PRECISION)

    @property
    def threshold(self) -> float:
        """A pixel is cloud at or above this probability."""
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
    def files_beside(self) -> tuple[Path, ...]:
        """The card found beside the model; none if `card` names it, or if it is a packaged network's."""
        beside = self._model.with_suffix(".json")
        is_named = self.card is not None
        return () if is_named or digest_file(beside) in packaged_cards() else (beside,)

    @property
    def identity(self) -> MaskerIdentity:
        """Identity of the masker, for reports."""
        return self.model_card.identity

    def footprint(self, tile_px: int) -> Footprint:
        """What the network costs for a tile of `tile_px` pixels a side, its margin included.

        Raises:
            MaskerError: The model has changed, or cannot be run.
        """
        card = self.model_card
        cell_px = card.tile_multiple_px
        side_px = -(-(tile_px + 2 * card.margin_px) // cell_px) * cell_px
        return _footprint(self._model, card.sha256, card.name, tile_px, side_px)

    def predict(self, tile: Tile) -> CloudMask:
        """Cloud probability of the tile without its surroundings, shape (H, W).

        Raises:
            MaskerError: The model does not fit its card, or cannot be run.
        """
        logits = self._run(tile.surroundings, tile.radiometry)
        return CloudMask(self._probability(logits[tile.inset]), self.threshold)

    def predict_image(self, dn: NDArray[np.uint16], radiometry: Radiometry) -> NDArray[np.float32]:
        """Cloud probability of an image masked in one piece; memory grows with its size.

        Args:
            dn: [DN] shape (B, H, W), the sensor's bands in order, any H and W above 0.
            radiometry: DN to reflectance.

        Returns:
            Probabilities 0 to 1, shape (H, W).

        Raises:
            MaskerError: The image has other bands than the sensor, the model does not fit its card,
                or it cannot be run.
        """
        return self._probability(self._run(dn, radiometry)[: dn.shape[1], : dn.shape[2]])

    def _run(self, dn: NDArray[np.uint16], radiometry: Radiometry) -> NDArray[np.float32]:
        """Raw output of the network, shape (H', W'): whole cells."""
        if dn.ndim != 3 or dn.shape[0] != len(self.bands):
            raise MaskerError(
                f"pixels of shape {dn.shape} do not have the {len(self.bands)} bands"
                f" {', '.join(self.bands)}"
            )
        card = self.model_card
        bands = network_input(dn, radiometry, self._channels, multiple_px=card.tile_multiple_px)
        return _run(self._model, card, bands)

    def _probability(self, answer: NDArray[np.float32]) -> NDArray[np.float32]:
        """Probabilities from a part of the network's raw output, as an array of its own."""
        if self.model_card.output == "logit":
            return _sigmoid(answer)
        return np.array(answer)


def bare_run(masker: OnnxMasker) -> Callable[[NDArray[np.float32]], object]:
    """Run a masker's onnxruntime session alone, without pre- or postprocessing: the yardstick of speed.

    Returns:
        A function of bands of shape (1, 4, H, W), in whole cells.
    """
    session, name = _session(masker._model, masker.model_card.sha256)
    return lambda bands: session.run(None, {name: bands})


def _run(model: Path, card: ModelCard, bands: NDArray[np.float32]) -> NDArray[np.float32]:
    """The network's one output channel, shape (H, W), for input of shape (1, 4, H, W)."""
    session, name = _session(model, card.sha256)
    try:
        answer = np.asarray(session.run(None, {name: bands})[0])
    except Exception as error:  # onnxruntime's exceptions have no common base
        raise MaskerError(
            f"{model}: the model cannot be run on an input of shape {bands.shape}: {error}"
        ) from error
    if answer.shape != (1, 1, *bands.shape[2:]):
        raise MaskerError(
            f"{model}: the model returns shape {answer.shape} for {bands.shape[2:]} pixels;"
            " expected one channel of the same height and width"
        )
    plane: NDArray[np.float32] = answer[0, 0]
    lowest, highest = plane.min(), plane.max()  # NaN makes both NaN
    if not (np.isfinite(lowest) and np.isfinite(highest)):
        raise MaskerError(f"{model}: the model returns values that are not finite")
    if card.output == "probability" and (lowest < 0 or highest > 1):
        raise MaskerError(
            f"{model}: the card promises probabilities, but the model returns values outside 0 to 1"
        )
    return plane


@cache
def _session(model: Path, sha256: str) -> tuple["InferenceSession", str]:
    """The session for a file of this digest, one per process, and the name of its input."""
    import onnxruntime  # noqa: PLC0415 - heavy, and not needed to check a scenario

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    options.inter_op_num_threads = 1
    options.execution_mode = onnxruntime.ExecutionMode.ORT_SEQUENTIAL
    options.add_session_config_entry(*EXACT_EIGHT_BITS)
    options.log_severity_level = 3
    content = _read_again(model, sha256)
    try:
        session = onnxruntime.InferenceSession(content, options, providers=["CPUExecutionProvider"])
    except Exception as error:  # onnxruntime's exceptions have no common base
        raise MaskerError(f"{model}: the model cannot be loaded: {error}") from error
    _check_shapes(model, session)
    return session, session.get_inputs()[0].name


@cache
def _footprint(model: Path, sha256: str, name: str, tile_px: int, side_px: int) -> Footprint:
    content = _read_again(model, sha256)
    try:
        return measure_footprint(content, name, tile_px=tile_px, side_px=side_px)
    except MaskerError as error:
        raise MaskerError(f"{model}: {error}") from error


def _read_again(model: Path, sha256: str) -> bytes:
    """The file's content, if it has not changed since the card was checked."""
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
            f"{model}: the model has {len(inputs)} inputs and {len(outputs)} outputs; expected one"
            " of each"
        )
    for place, node, channels in (("input", inputs[0], 4), ("output", outputs[0], 1)):
        if node.type != "tensor(float)":
            raise MaskerError(f"{model}: the {place} has type {node.type}; expected float32")
        shape = list(node.shape)
        if len(shape) != 4 or (isinstance(shape[1], int) and shape[1] != channels):
            raise MaskerError(
                f"{model}: the {place} has shape {shape}; expected (1, {channels}, height, width)"
            )
        if place == "input" and any(isinstance(side, int) for side in shape[2:]):
            raise MaskerError(
                f"{model}: the input has the fixed size {shape[2]} x {shape[3]}; expected dynamic"
                " height and width, as tiles at the edges of an image are smaller"
            )


def _sigmoid(logits: NDArray[np.float32]) -> NDArray[np.float32]:
    probability = np.negative(logits)
    with np.errstate(over="ignore"):  # where exp is infinite the probability is 0, as it should be
        np.exp(probability, out=probability)
    probability += np.float32(1)
    np.divide(np.float32(1), probability, out=probability)
    return probability
