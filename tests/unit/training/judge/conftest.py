"""Made images, and a predictor whose answer anyone can foretell: blue is the probability itself."""

from dataclasses import dataclass

import numpy as np
import pytest

from payload.training.images import LabelledImage


@dataclass(frozen=True)
class Says:
    """The reflectance in blue is the probability of cloud."""

    name: str = "says blue"
    parameters: int = 0
    threshold: float = 0.5

    def probability(self, bands):
        return np.clip(bands[0], 0, 1)


@pytest.fixture
def says():
    """A predictor class: cloud where blue is at least the threshold."""
    return Says


@pytest.fixture
def picture():
    """An image of given truth in which blue says `said`, 0 to 1."""

    def make(truth, said=0.0, id_="a", **about):
        truth = np.asarray(truth, np.uint8)
        dn = np.zeros((4, *truth.shape), np.uint16)
        dn[0] = np.rint(np.asarray(said, np.float64) * 10_000)
        facts = {"scene": id_, "source": "made", "licence": "none", "is_human": True} | about
        return LabelledImage(id=id_, dn=dn, truth=truth, **facts)

    return make
