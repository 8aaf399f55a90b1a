"""Instants in words: many at once beside one after the other."""

from datetime import UTC, datetime, timedelta, timezone

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from payload.units import at, iso_utc_of

EPOCHS = (
    datetime(2026, 6, 21, tzinfo=UTC),
    datetime(1999, 12, 31, 23, 59, 59, 999_500, tzinfo=timezone(timedelta(hours=-7))),
)


def told(instant):
    return instant.astimezone(UTC).replace(tzinfo=None).isoformat(timespec="microseconds")


@given(st.sampled_from(EPOCHS), st.lists(st.floats(0.0, 1e9), max_size=20))
def test_many_instants_read_as_each_alone_does(epoch_utc, times_s):
    alone = [told(at(epoch_utc, time_s)) for time_s in times_s]
    assert iso_utc_of(epoch_utc, np.array(times_s, dtype=np.float64)) == alone


def test_half_a_microsecond_goes_to_the_even_one_together_as_alone():
    """Binary fractions, so that halves of a microsecond are exact: 2^-7 s is 7,812.5 microseconds."""
    times_s = np.arange(1.0, 2.0, 2.0**-7)
    epochs = [EPOCHS[0] + timedelta(microseconds=shift) for shift in range(0, 1000, 37)]
    for epoch_utc in epochs:
        alone = [told(at(epoch_utc, float(time_s))) for time_s in times_s]
        assert iso_utc_of(epoch_utc, times_s) == alone
