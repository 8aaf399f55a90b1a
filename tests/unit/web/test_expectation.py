"""What is left of a flight, by hand."""

import pytest

from payload.web.expectation import Expectation

TEN = Expectation(cpu_s=30.0, images=10, image_s=2.0, at_once=1)
"""Ten images of 2 s, and 10 s of all else."""


@pytest.mark.parametrize(
    ("told", "since_first_s", "left_s"),
    [
        (0, 0.0, 30.0),  # nothing is known but the estimate
        (1, 0.0, 30.0),  # the first has only begun
        (3, 9.0, 26.0),  # two are done; two are too few to tell a pace by
        (6, 10.0, 20.0),  # five in the time that was expected
        (6, 20.0, 40.0),  # five in twice that: all else takes twice as long, too
        (31, 20.0, 10.0),  # retakes: all that was planned is done
        (6, 1e9, 400.0),  # a machine that slept does not say that it takes years
    ],
)
def test_what_is_left_goes_by_the_estimate_and_then_by_the_flight_s_own_pace(
    told, since_first_s, left_s
):
    assert TEN.left_s(told, since_first_s) == pytest.approx(left_s)


def test_helpers_work_on_as_many_images_beside_those_that_are_told():
    two = Expectation(cpu_s=30.0, images=10, image_s=2.0, at_once=2)
    assert two.left_s(0, 0.0) == 15.0
    assert two.left_s(4, 6.0) == pytest.approx((30 - 12) / 2)
