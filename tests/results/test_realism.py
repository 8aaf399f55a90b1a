"""What `results/world/realism.json` tells was measured on views that are painted so today."""

import json

import pytest

from payload.training.realism.page import first_views
from payload.training.realism.places import render
from payload.world.synthetic import Synthetic


def test_the_views_were_painted_as_today(request):
    """The first view of each class, painted again."""
    path = request.config.rootpath / "results" / "world" / "realism.json"
    told = json.loads(path.read_text(encoding="utf-8"))["first_views"]
    again = first_views(list(render(Synthetic(seed=0), seed=0, counts={10.0: 1, 30.0: 1})))
    assert set(told) == set(again)
    for kind, means in again.items():
        assert told[kind] == pytest.approx(means, rel=1e-4)
