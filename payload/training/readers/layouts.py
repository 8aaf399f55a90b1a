"""The layouts, by their names in recipes."""

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from types import MappingProxyType

from payload.errors import ImageryError
from payload.training.images import LabelledImage
from payload.training.readers import cloud38, cloudsen12, l8_biome, on_cloud_n, plain

Reader = Callable[[Path], Iterator[LabelledImage]]

READERS: Mapping[str, Reader] = MappingProxyType(
    {
        "plain": plain.read,
        "on_cloud_n": on_cloud_n.read,
        "cloud38": cloud38.read,
        "l8_biome": l8_biome.read,
        "cloudsen12": cloudsen12.read,
    }
)


def read_images(folder: Path, layout: str = "plain") -> Iterator[LabelledImage]:
    """Read the images of a folder in order of their ids, one in memory at a time.

    Args:
        folder: Folder of the set; each layout says which of its folders are accepted.
        layout: A key of `READERS`.

    Raises:
        ImageryError: The layout is unknown or the folder is missing (at once), or a file is missing
            or not as its layout prescribes (when it is reached).
    """
    if layout not in READERS:
        raise ImageryError(
            f"unknown layout {layout!r} for {folder}; expected one of {', '.join(READERS)}"
        )
    if not folder.is_dir():
        raise ImageryError(f"{folder}: there is no such folder")
    return READERS[layout](folder)
