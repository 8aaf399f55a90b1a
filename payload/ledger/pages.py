"""A book of any length: its last page is in memory; full pages are kept on disk if there is a file for them."""

import pickle
from collections.abc import Callable, Iterable, Iterator, MutableSequence
from dataclasses import fields
from itertools import chain
from pathlib import Path
from typing import Any, TypeVar, overload

Entry = TypeVar("Entry")
Row = tuple[Any, ...]

PAGE_ROWS = 20_000


class Pages(MutableSequence[Entry]):
    """Entries of one kind in the order in which they were written, kept as plain rows.

    Iteration loads one page at a time. What is on disk is never changed.

    >>> from payload.ledger.book import Acquired
    >>> book = Pages(Acquired)
    >>> book.write((1.5, "a#0,0", 100))
    >>> book[0]
    Acquired(time_s=1.5, tile_id='a#0,0', raw_bytes=100)
    """

    def __init__(
        self, kind: Callable[..., Entry], file: Path | None = None, page_rows: int | None = None
    ) -> None:
        """Create an empty book.

        Args:
            kind: Class of the entries, a dataclass.
            file: A file for full pages, used for nothing else; None to keep everything in memory.
            page_rows: Number of entries per page; PAGE_ROWS by default.
        """
        self.kind, self.file, self.page_rows = kind, file, page_rows or PAGE_ROWS
        self._open: list[Row] = []
        self._full: list[int] = []

    def write(self, row: Row) -> None:
        """Append an entry, given as the row of its fields."""
        page = self._open
        page.append(row)
        if len(page) >= self.page_rows and self.file is not None:
            self._turn(self.file)

    def write_all(self, rows: Iterable[Row]) -> None:
        """Append entries, given as rows of their fields."""
        self._open.extend(rows)
        while len(self._open) >= self.page_rows and self.file is not None:
            self._turn(self.file)

    def rows(self) -> Iterator[Row]:
        """All entries as rows."""
        return chain(self._turned(), self._open) if self._full else iter(self._open)

    def _turned(self) -> Iterator[Row]:
        """The rows of the full pages."""
        assert self.file is not None  # otherwise there are no full pages
        with self.file.open("rb") as file:
            for offset in self._full:
                file.seek(offset)
                yield from zip(*pickle.load(file), strict=True)

    def _turn(self, file: Path) -> None:
        with file.open("ab") as pages:
            self._full.append(pages.tell())
            page = self._open[: self.page_rows]
            columns = [list(column) for column in zip(*page, strict=True)]
            pickle.dump(columns, pages, pickle.HIGHEST_PROTOCOL)  # read in half the time of rows
        del self._open[: self.page_rows]

    # --- a sequence of entries ------------------------------------------------------------------------

    def __len__(self) -> int:
        return len(self._full) * self.page_rows + len(self._open)

    def __iter__(self) -> Iterator[Entry]:
        return (self.kind(*row) for row in self.rows())

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Pages):
            return NotImplemented
        return len(self) == len(other) and all(
            mine == theirs for mine, theirs in zip(self.rows(), other.rows(), strict=True)
        )

    __hash__ = None  # type: ignore[assignment]

    @overload
    def __getitem__(self, index: int) -> Entry: ...
    @overload
    def __getitem__(self, index: slice) -> "Pages[Entry]": ...
    def __getitem__(self, index: int | slice) -> "Entry | Pages[Entry]":
        if isinstance(index, slice):
            part = Pages(self.kind)
            part._open = list(self.rows())[index]
            return part
        at = self._in_memory(index)
        if at >= 0:
            return self.kind(*self._open[at])
        wanted = range(len(self))[index]
        return self.kind(*next(row for n, row in enumerate(self.rows()) if n == wanted))

    def __setitem__(self, index: int | slice, entry: Entry | Iterable[Entry]) -> None:
        self._open[self._changeable(index)] = _row(entry)

    def __delitem__(self, index: int | slice) -> None:
        del self._open[self._changeable(index)]

    def insert(self, index: int, value: Entry) -> None:
        """Insert an entry; inserted at the end, it may start a new page."""
        if index >= len(self):
            self.write(_row(value))
        else:
            self._open.insert(self._changeable(index), _row(value))

    def _in_memory(self, index: int) -> int:
        """Position of an entry on the last page; below 0 if the entry is on disk."""
        return range(len(self))[index] - len(self._full) * self.page_rows

    def _changeable(self, index: int | slice) -> int:
        if isinstance(index, slice) or (at := self._in_memory(index)) < 0:
            raise IndexError("only single entries of the last page can be changed")
        return at


def _row(entry: object) -> Row:
    return tuple(getattr(entry, item.name) for item in fields(entry))  # type: ignore[arg-type]
