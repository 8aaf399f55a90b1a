"""Mass memory counts whole bytes and never holds more than it can."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, precondition, rule

from payload.sim.aboard.memory import MassMemory
from payload.sim.aboard.shelf import Shelf


def lying(memory):
    """[byte] On each shelf, by tile."""
    return {tile_id: shelf.bytes for tile_id, shelf in memory.items.items()}


class Shelves(RuleBasedStateMachine):
    """Admit and release in any order, beside a plain dictionary."""

    def __init__(self):
        super().__init__()
        self.memory = MassMemory(1000)
        self.model = {}
        self.count = 0

    @rule(size=st.integers(1, 600))
    def admit(self, size):
        self.count += 1
        fits = sum(self.model.values()) + size <= 1000
        assert self.memory.put(Shelf(f"t{self.count}", size)) == fits
        if fits:
            self.model[f"t{self.count}"] = size

    @precondition(lambda self: self.model)
    @rule(data=st.data())
    def release(self, data):
        tile = data.draw(st.sampled_from(sorted(self.model)))
        assert self.memory.release(tile) == self.model.pop(tile)

    def teardown(self):
        assert lying(self.memory) == self.model
        assert self.memory.used_bytes == sum(self.model.values()) <= self.memory.peak_bytes <= 1000


test_mass_memory_agrees_with_a_plain_dictionary = Shelves.TestCase


@given(st.integers(1, 100))
def test_a_full_memory_admits_nothing(size):
    memory = MassMemory(size)
    assert memory.put(Shelf("a", size))
    assert not memory.put(Shelf("b", 1))


@given(st.lists(st.integers(1, 60), min_size=1, max_size=9), st.integers(0, 99))
def test_an_image_lies_there_whole_or_not_at_all_as_its_tiles_would_one_by_one(sizes, before):
    """Second method: one tile after the other, which all find room just where they do together."""
    together, apart = MassMemory(200), MassMemory(200)
    for memory in (together, apart):
        memory.put(Shelf("before", before))
    fits = together.put(*[Shelf(f"t{n}", size) for n, size in enumerate(sizes)])
    assert fits == all(apart.put(Shelf(f"t{n}", size)) for n, size in enumerate(sizes))
    if fits:
        assert (lying(together), together.peak_bytes) == (lying(apart), apart.peak_bytes)
    else:
        assert (lying(together), together.peak_bytes) == ({"before": before}, before)


def test_the_peak_is_what_lay_there_at_most_not_last():
    """By hand: 60 and 30 together, then 30 alone, then 30 and 10."""
    memory = MassMemory(100)
    for tile, size in (("a", 60), ("b", 30)):
        assert memory.put(Shelf(tile, size))
    memory.release("a")
    assert memory.put(Shelf("c", 10))
    assert (memory.used_bytes, memory.peak_bytes) == (40, 90)


@pytest.mark.parametrize("policy", ["newest", "oldest", "cloudiest", "lowest_value_per_byte"])
def test_what_is_spare_pushes_out_nothing_but_what_is_spare(policy):
    """By hand, 100 bytes: a thumbnail comes last, whatever it would be worth; other spare tiles make room, oldest first."""
    spare = Shelf("shown", 20, order=9, is_spare=True)
    memory = MassMemory(100, when_full=policy)
    memory.put(Shelf("wanted", 90, order=1))
    assert memory.who_goes(spare) is None
    memory = MassMemory(100, when_full=policy)
    for order, name in enumerate(("first", "second")):
        memory.put(Shelf(name, 40, order=order, is_spare=True))
    memory.put(Shelf("wanted", 20, order=2))
    assert memory.who_goes(spare) == ["first"]


def test_of_two_equally_cloudy_tiles_the_newer_goes():
    """By hand; a newcomer as cloudy as all others is the newest and goes itself."""
    memory = MassMemory(100, when_full="cloudiest")
    for order in (1, 2):
        memory.put(Shelf(f"t{order}", 50, order=order, cover=0.8))
    assert memory.who_goes(Shelf("clear", 50, order=3, cover=0.1)) == ["t2"]
    assert memory.who_goes(Shelf("same", 50, order=3, cover=0.8)) is None


@pytest.mark.parametrize("policy", ["newest", "oldest", "cloudiest", "lowest_value_per_byte"])
def test_a_full_memory_asks_no_longer_the_more_lies_in_it(policy):
    """Sixteen times the tiles, each of which somebody has to go for, take less than 48 times as long: no square of it."""

    def seconds(tiles):
        memory = MassMemory(10 * tiles, when_full=policy)
        start = time.process_time()
        for number in range(3 * tiles):
            cover = number * 0.61803 % 1.0
            shelf = Shelf(f"t{number}", 10, order=number, cover=cover, raw_bytes=20)
            for tile_id in memory.who_goes(shelf) or ():
                memory.release(tile_id)
            memory.put(shelf)
        assert len(memory.items) == tiles
        return time.process_time() - start

    assert min(seconds(4000), seconds(4000)) < 48 * min(seconds(250) for _ in range(3))


def test_all_tiles_of_an_image_that_comes_later_stand_in_the_row():
    """By hand, 90 bytes: once somebody had to go the order is kept, and an image of three comes in one go."""
    memory = MassMemory(90, when_full="oldest")
    assert memory.put(Shelf("first", 90, order=0))
    assert memory.who_goes(Shelf("big", 90, order=1)) == ["first"]
    memory.release("first")
    assert memory.put(*[Shelf(f"t{order}", 30, order=order) for order in (2, 3, 4)])
    assert memory.who_goes(Shelf("new", 60, order=5)) == ["t2", "t3"]
