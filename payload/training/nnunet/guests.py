"""Containment of nnU-Net, which reads the environment, prints a lot and draws from global generators."""

import os
import random
import warnings
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stdout
from pathlib import Path

import numpy as np
import torch

# nnU-Net reads this once, when it is imported: how many threads and processes it may use at most.
os.environ.setdefault("nnUNet_def_n_proc", str(os.cpu_count() or 1))
_FOLDERS = ("nnUNet_raw", "nnUNet_preprocessed", "nnUNet_results")


@contextmanager
def folders(raw: Path, preprocessed: Path, results: Path) -> Iterator[None]:
    """Tell nnU-Net where its three folders are, for as long as the context lasts."""
    wanted = dict(zip(_FOLDERS, (raw, preprocessed, results), strict=True))
    before = {name: os.environ.get(name) for name in _FOLDERS}
    for name, folder in wanted.items():
        folder.mkdir(parents=True, exist_ok=True)
        os.environ[name] = str(folder)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value


@contextmanager
def quiet(log: Path) -> Iterator[None]:
    """Append what nnU-Net prints and warns about to a file."""
    log.parent.mkdir(parents=True, exist_ok=True)
    with (
        log.open("a", encoding="utf-8") as file,
        redirect_stdout(file),
        warnings.catch_warnings(record=True) as caught,
    ):
        warnings.simplefilter("default")
        try:
            yield
        finally:
            file.writelines(f"{one.category.__name__}: {one.message}\n" for one in caught)


@contextmanager
def seeded(seed: int) -> Iterator[None]:
    """Seed the global random generators, and restore their state afterwards.

    nnU-Net's crops and augmentation have no other source of randomness.
    """
    before = random.getstate(), np.random.get_state()  # noqa: NPY002 - a guest's generator
    with torch.random.fork_rng():
        reseed(seed)
        try:
            yield
        finally:
            random.setstate(before[0])
            np.random.set_state(before[1])  # noqa: NPY002 - a guest's generator


def reseed(*names: int) -> None:
    """Seed the global generators with numbers such as seed and epoch."""
    first, second, third = np.random.SeedSequence(names).generate_state(3)
    random.seed(int(first))
    np.random.seed(int(second))  # noqa: NPY002 - a guest's generator
    torch.manual_seed(int(third))


@contextmanager
def threads(count: int) -> Iterator[None]:
    """Let torch use this many threads."""
    before = torch.get_num_threads()
    torch.set_num_threads(count)
    try:
        yield
    finally:
        torch.set_num_threads(before)


def device() -> torch.device:
    """The GPU if there is one, else the CPU."""
    return torch.device("cuda" if torch.cuda.is_available() else "cpu")
