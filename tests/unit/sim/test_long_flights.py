"""What a flight keeps on disk is what it would have kept in memory."""

import sys

from hypothesis import given
from hypothesis import strategies as st

from payload import api, tables
from payload.darkroom import drawer as drawers
from payload.ledger import Entry, Fate, Pages, pages
from payload.ledger import album as albums
from payload.ledger.book import Ledger
from payload.sim import flights
from payload.tables import read_table

audits = sys.modules["payload.ledger.audit"]  # its room names a verb alike


@given(
    st.lists(st.lists(st.integers(1, 99), min_size=1, max_size=20), max_size=9), st.integers(1, 7)
)
def test_a_book_in_pages_reads_as_a_list(tmp_path_factory, parts, page_rows):
    """Written one by one or many at a time, which may fill several pages."""
    book = Pages(Entry, tmp_path_factory.mktemp("book") / "pages", page_rows)
    entries = list[Entry]()
    for sizes in parts:
        first = len(entries)
        entries += [Entry(float(n), f"t#{n},0", Fate.SAVED, n) for n in sizes]
        if len(sizes) == 1:
            book.append(entries[-1])
        else:
            book.write_all([(e.time_s, e.tile_id, e.fate, e.bytes) for e in entries[first:]])
    assert list(book) == entries
    assert len(book) == len(entries)
    assert [book[n] for n in range(len(entries))] == entries


def test_the_same_flight_on_disk_and_in_memory(root, tmp_path, monkeypatch):
    """Pages of a few rows, no room for images or facts, records in files, tables in parts: nothing changes."""
    changes = ["fidelity=surrogate", "duration_h=12", "rescheduling.policy=next_opportunity"]
    scenario = api.load_scenario(root / "scenarios" / "quickstart.yaml", changes)
    plain = api.run(scenario, tmp_path / "plain", jobs=1)
    for module, name, small in (
        (albums, "MOST_TILES", 50),
        (drawers, "MOST_TILES", 50),
        (flights, "MOST_TILES", 1),
        (pages, "PAGE_ROWS", 11),
        (tables, "PART_ROWS", 13),
        (audits, "PART_TILES", 100),
    ):
        monkeypatch.setattr(module, name, small)
    again = api.run(scenario, tmp_path / "again", jobs=1)
    assert again.summary == plain.summary
    for table in ("ledger", "tiles", "images", "contacts", "events", "surfaces"):
        one, other = (read_table(r.folder / f"{table}.parquet") for r in (plain, again))
        assert repr(one) == repr(other)
    assert len(read_table(plain.folder / "tiles.parquet")["tile"]) > 500
    assert not list(again.folder.glob(".*"))


def test_books_on_disk_are_audited_as_those_in_memory(tmp_path):
    """`on_disk` gives each book a file of its own."""
    books = Ledger.on_disk(tmp_path)
    files = {book.file for book in (books.acquired, books.entries, books.tiles, books.joules)}
    assert len(files) == 4
