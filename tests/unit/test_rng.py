"""Streams are keyed by name: who else draws, and in what order, changes nothing."""

import subprocess
import sys

from hypothesis import given
from hypothesis import strategies as st

from payload.rng import key, stream

names = st.lists(st.one_of(st.text(max_size=8), st.integers()), min_size=1, max_size=4)


@given(st.integers(0, 2**62), names, names)
def test_different_names_have_different_keys(seed, one, other):
    assert (key(seed, *one) == key(seed, *other)) == (
        [(type(part), part) for part in one] == [(type(part), part) for part in other]
    )


def test_names_that_look_alike_when_joined_are_different():
    assert (
        len({key(1, "a", "b"), key(1, "ab"), key(1, "a:b"), key(1, "b", "a"), key(2, "a", "b")})
        == 5
    )
    assert key(1, "1") != key(1, 1)


def test_a_stream_is_the_same_in_another_process():
    here = stream(7, "fade", "svalbard", 3).integers(0, 2**60, 5).tolist()
    code = "from payload.rng import stream; print(stream(7, 'fade', 'svalbard', 3).integers(0, 2**60, 5).tolist())"
    there = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert there.stdout.strip() == str(here)
