"""Made shots: bright squares of cloud on grained ground."""

import numpy as np
import pytest

from payload.training.realism.shots import Shot


def _shot(number, *, rendered=False, cover=0.25, gsd_m=10.0, side=256, blur=1):  # noqa: PLR0913 - what a test wants to say of a shot
    rng = np.random.default_rng(number)
    size = round(side * np.sqrt(cover))
    truth = np.zeros((side, side), np.uint8)
    truth[:size, :size] = 1
    base = np.array([300, 270, 260, 700])[:, None, None] + 20 * (number % 5)
    grain = rng.normal(0, 12, (4, side, side))
    for _ in range(blur - 1):
        grain = (grain + np.roll(grain, 1, 1) + np.roll(grain, 1, 2)) / 2
    dn = np.where(truth == 1, 1500, base) + grain
    thin = truth == 1
    thin[: size // 2] = False
    return Shot(
        f"s{number}",
        f"p{number}",
        gsd_m,
        rendered,
        not rendered,
        np.clip(dn, 1, 4095).astype(np.uint16),
        truth,
        thin,
    )


@pytest.fixture(scope="session")
def shot():
    """Makes one shot of a number; `blur` above one takes the finest grain away."""
    return _shot
