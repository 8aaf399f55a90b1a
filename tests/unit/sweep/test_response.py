"""The front, against its definition."""

import random

from payload.sweep.response import pareto


def test_the_front_is_who_is_beaten_by_nobody():
    """A second method: the definition, all against all, on points with many ties."""
    draws = random.Random(5)
    for _ in range(50):
        points = [(draws.randrange(8), draws.randrange(8)) for _ in range(30)]
        wanted = [
            not any(c <= cost and w >= worth and (c < cost or w > worth) for c, w in points)
            for cost, worth in points
        ]
        assert pareto(points) == wanted
