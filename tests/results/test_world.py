"""What `results/world` tells was measured on the world as it is painted today."""

import json
from datetime import UTC, datetime

import pytest

from payload.world.laws import Survey, mean_covers, polar_cover
from payload.world.synthetic import Synthetic


@pytest.fixture(scope="module")
def folder(request):
    return request.config.rootpath / "results" / "world"


def test_the_laws_were_measured_on_this_sky(folder):
    """The cheap ones, measured again as they were: the same figures to rounding."""
    told = json.loads((folder / "laws.json").read_text(encoding="utf-8"))
    begin_utc = datetime(told["year"], 1, 1, tzinfo=UTC)
    survey = Survey(Synthetic(seed=told["seed"]), begin_utc, told["effort"])
    laws = {law["name"]: law["measured"] for law in told["laws"]}
    assert mean_covers(survey).everywhere == pytest.approx(told["means"]["everywhere"], rel=1e-6)
    polar = laws["mean cover poleward of 70 deg [%]"]
    assert 100 * polar_cover(survey) == pytest.approx(polar, rel=1e-6)
