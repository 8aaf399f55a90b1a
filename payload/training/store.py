"""Images for training on disk: memory-mapped, and held by the system's page cache.

A store is a folder: `dn.bin` and `truth.bin` hold the pixels of all images one after the other,
`index.json` lists their shapes. Opinions of teachers lie beside them, aligned with `truth.bin`.
"""

import hashlib
import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from payload.errors import ImageryError
from payload.provenance import digest_file
from payload.training.images import LabelledImage

_STEPS = 250
"""Probabilities are stored in steps of 1/250, in a byte."""


@dataclass(frozen=True, slots=True)
class ImageStore:
    """A folder of images; `write` makes it, `images` and `opinions` read it."""

    folder: Path

    @property
    def is_written(self) -> bool:
        """Whether `write` has finished; the index is written last."""
        return self._index.exists()

    @property
    def made_from(self) -> str:
        """What `write` was told about the origin of the images; empty if nothing is written."""
        return str(self._read()["made_from"]) if self.is_written else ""

    @property
    def digest(self) -> str:
        """SHA-256 of all that is stored except opinions.

        Raises:
            ImageryError: The store is not written, or damaged.
        """
        return str(self._read()["sha256"])

    def write(self, images: Iterable[LabelledImage], *, made_from: str = "") -> int:
        """Store images in their order; whatever was there before is removed, opinions too.

        Args:
            images: One after the other; only one is held in memory.
            made_from: What they were made from and by which code, to be recognised later.

        Returns:
            How many.
        """
        self.folder.mkdir(parents=True, exist_ok=True)
        rows: list[dict[str, object]] = []
        total = hashlib.sha256()
        with (
            (self.folder / "dn.part").open("wb") as dn,
            (self.folder / "truth.part").open("wb") as truth,
        ):
            for image in images:
                pixels = np.ascontiguousarray(image.dn, "<u2").tobytes()
                labels = np.ascontiguousarray(image.truth, np.uint8).tobytes()
                total.update(pixels + labels)
                dn.write(pixels)
                truth.write(labels)
                rows.append(
                    {
                        "id": image.id,
                        "scene": image.scene,
                        "source": image.source,
                        "licence": image.licence,
                        "is_human": image.is_human,
                        "surface": image.surface,
                        "resolution_m": image.resolution_m,
                        "shape": list(image.truth.shape),
                    }
                )
        part = self._index.with_suffix(".part")
        # Whoever is still reading the old images keeps them: files are replaced, not overwritten.
        for stale in (self._index, *self.folder.glob("opinion-*")):
            stale.unlink(missing_ok=True)
        for name in ("dn", "truth"):
            (self.folder / f"{name}.part").replace(self.folder / f"{name}.bin")
        total.update(json.dumps(rows).encode())
        index = {"made_from": made_from, "sha256": total.hexdigest(), "images": rows}
        part.write_text(json.dumps(index), encoding="utf-8")
        part.replace(self._index)
        return len(rows)

    def images(self) -> list[LabelledImage]:
        """The images in their order; their arrays are views of the files.

        Raises:
            ImageryError: The store is not written, or damaged.
        """
        index = self._read()
        try:
            rows = index["images"]
            dn = np.memmap(self.folder / "dn.bin", "<u2", mode="r")
            truth = np.memmap(self.folder / "truth.bin", np.uint8, mode="r")
            found, start = [], 0
            for row in rows:
                height, width = row.pop("shape")
                stop = start + height * width
                found.append(
                    LabelledImage(
                        dn=dn[4 * start : 4 * stop].reshape(4, height, width),
                        truth=truth[start:stop].reshape(height, width),
                        **row,
                    )
                )
                start = stop
            if (dn.size, truth.size) != (4 * start, start):
                raise ValueError("pixels and index differ in length")  # noqa: TRY301
        except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
            raise self._damaged(error) from error
        return found

    def has_opinion(self, name: str) -> bool:
        """Whether an opinion of this name is stored."""
        return self._opinion(name).exists()

    def keep_opinion(self, name: str, probabilities: Iterable[NDArray[np.float32]]) -> None:
        """Store a teacher's opinion of each image: cloud probabilities (H, W), in the images' order."""
        part = self._opinion(name).with_suffix(".part")
        with part.open("wb") as file:
            for plane in probabilities:
                file.write(np.rint(plane * _STEPS).astype(np.uint8).tobytes())
        part.replace(self._opinion(name))

    def opinions(self, name: str) -> list[NDArray[np.uint8]]:
        """A teacher's opinion of each image, in steps of 1/250, shape (H, W) each.

        Raises:
            ImageryError: There is no such opinion, or it does not fit these images.
        """
        images = self.images()
        try:
            flat = np.memmap(self._opinion(name), np.uint8, mode="r")
            return _split(flat, [image.truth.shape for image in images])
        except (OSError, ValueError) as error:
            raise ImageryError(f"{self._opinion(name)}: cannot be read: {error}") from error

    def opinion_digest(self, name: str) -> str:
        """SHA-256 of a teacher's opinion.

        Raises:
            ImageryError: There is no such opinion.
        """
        try:
            return digest_file(self._opinion(name))
        except OSError as error:
            raise ImageryError(f"{self._opinion(name)}: cannot be read: {error}") from error

    def _read(self) -> dict[str, Any]:
        try:
            index = json.loads(self._index.read_text(encoding="utf-8"))
            if not isinstance(index, dict) or set(index) != {"made_from", "sha256", "images"}:
                raise ValueError("not an index of images")  # noqa: TRY301
        except (OSError, ValueError) as error:
            raise self._damaged(error) from error
        return index

    def _damaged(self, error: Exception) -> ImageryError:
        return ImageryError(
            f"{self.folder}: its images cannot be read ({error}); delete the folder to create them again"
        )

    @property
    def _index(self) -> Path:
        return self.folder / "index.json"

    def _opinion(self, name: str) -> Path:
        return self.folder / f"opinion-{name}.bin"


def probability(steps: NDArray[np.uint8]) -> NDArray[np.float32]:
    """Cloud probability from the steps that `ImageStore.opinions` returns."""
    return steps.astype(np.float32) / np.float32(_STEPS)


def _split(flat: NDArray[np.uint8], shapes: Sequence[tuple[int, ...]]) -> list[NDArray[np.uint8]]:
    if flat.size != sum(height * width for height, width in shapes):
        raise ValueError("its size differs from that of the images")
    found, start = [], 0
    for height, width in shapes:
        found.append(flat[start : start + height * width].reshape(height, width))
        start += height * width
    return found
