"""Parquet in and out, and SQL over a folder's tables, by DuckDB: no network, no extensions, one thread."""

import errno
import os
from collections.abc import Callable, Mapping, Sequence
from contextlib import closing, contextmanager
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

import numpy as np
from numpy.typing import NDArray

from payload.errors import NOWHERE, ScenarioError, is_full_disk, is_nowhere

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    import duckdb

TABLES_VERSION = 1
PART_ROWS = 50_000
"""Rows of a table that are held in memory at a time."""
Column = NDArray[Any] | Sequence[object]


def _database() -> "duckdb.DuckDBPyConnection":
    """A new, empty database in memory: takes 20 ms; a cursor of an existing one takes 10 us. Measured."""
    import duckdb  # noqa: PLC0415 - takes a tenth of a second, and most commands never need it

    config: dict[str, str | bool | int | float | list[str]] = {
        "autoinstall_known_extensions": False,
        "autoload_known_extensions": False,
        "threads": 1,
    }
    return duckdb.connect(":memory:", config=config)


_writers_database = cache(_database)
"""Shared by all tables that this process writes: what is registered on a cursor goes with it. Files are read in databases of
their own, as a database may remember what it has read."""


def write_table(path: Path, types: Mapping[str, str], columns: Mapping[str, Column]) -> None:
    """Write columns of equal length as a Parquet file.

    Args:
        path: The file to write.
        types: SQL type of each column, in order, such as `{"bytes": "BIGINT"}`.
        columns: Values of each column; None is NULL, except in DOUBLE, where only masked values are.
    """
    with closing(_writers_database().cursor()) as connection:
        connection.register("given", _arrays(types, columns))
        _copy(connection, path, types)


class TableWriter:
    """Writes rows into a Parquet file as they come, one batch at a time: only that batch is in memory.

    The file exists once the writer is closed, at the end of its `with` block.
    """

    def __init__(self, path: Path, types: Mapping[str, str], rows: int | None = None) -> None:
        """Begin a table.

        Args:
            path: The file to write; unfinished parts lie beside it.
            types: SQL type of each column, in order.
            rows: Rows in a batch; PART_ROWS if left out.
        """
        self.path, self.types, self.most = path, types, rows or PART_ROWS
        self._rows: list[tuple[object, ...]] = []
        self._parts: list[Path] = []

    def write(self, rows: "Iterable[tuple[object, ...]]") -> None:
        """Append rows."""
        for row in rows:
            self._rows.append(row)
            if len(self._rows) >= self.most:
                self._part()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: object, *_: object) -> None:
        if kind is None:
            self._finish()
        for part in self._parts:
            part.unlink(missing_ok=True)

    def _columns(self) -> dict[str, Column]:
        columns: list[Column] = list(zip(*self._rows, strict=True)) or [()] * len(self.types)
        return dict(zip(self.types, columns, strict=True))

    def _part(self) -> None:
        self._parts.append(self.path.with_name(f".{self.path.name}.{len(self._parts)}"))
        write_table(self._parts[-1], self.types, self._columns())
        self._rows = []

    def _finish(self) -> None:
        if not self._parts:
            write_table(self.path, self.types, self._columns())
            return
        if self._rows:
            self._part()
        with closing(_database()) as connection:
            files = ", ".join(_quoted(part) for part in self._parts)
            connection.execute(f"create view given as select * from read_parquet([{files}])")
            _copy(connection, self.path, self.types)


def _copy(connection: "duckdb.DuckDBPyConnection", path: Path, types: Mapping[str, str]) -> None:
    """Write the table `given` as a Parquet file."""
    import duckdb  # noqa: PLC0415 - already loaded

    fields = ", ".join(f'cast("{name}" as {kind}) as "{name}"' for name, kind in types.items())
    try:
        connection.execute(
            f"copy (select {fields} from given) to ? "
            f"(format parquet, compression zstd, kv_metadata {{payload_sim_tables: '{TABLES_VERSION}'}})",
            [str(path)],
        )
    except duckdb.IOException as error:
        why = errno.ENOSPC if is_full_disk(error) else errno.EIO
        raise OSError(why, os.strerror(why), str(path)) from error


def _quoted(path: Path) -> str:
    """A path as an SQL string literal."""
    return "'" + str(path).replace("'", "''") + "'"


def _arrays(types: Mapping[str, str], columns: Mapping[str, Column]) -> dict[str, NDArray[Any]]:
    return {name: _array(columns[name], kind) for name, kind in types.items()}


def _array(values: Column, kind: str) -> NDArray[Any]:
    """A column as DuckDB takes it: integers and booleans with a mask where they are NULL."""
    if isinstance(values, np.ma.MaskedArray):
        return values
    dtype = {"BIGINT": np.int64, "DOUBLE": np.float64, "BOOLEAN": np.bool_}.get(kind)
    if dtype is None:
        return np.asarray(values, dtype=object)
    if dtype is np.float64:
        return np.asarray(values, dtype=dtype)
    missing = [value is None for value in values]
    filled = [0 if value is None else value for value in values]
    return np.ma.MaskedArray(np.asarray(filled, dtype=dtype), mask=missing)


def read_table(path: Path) -> dict[str, list[Any]]:
    """All columns of a Parquet file, as lists in row order."""
    with closing(_database()) as connection:
        result = connection.execute("select * from read_parquet(?)", [str(path)])
        names = [item[0] for item in result.description or ()]
        rows = result.fetchall()
    return {name: [row[index] for row in rows] for index, name in enumerate(names)}


Ask = Callable[[str], tuple[list[str], list[tuple[Any, ...]]]]
"""Runs a query; returns the column names and the rows."""


@contextmanager
def folder_tables(folder: Path, *, are_ours: bool = False) -> "Iterator[Ask]":
    """The tables of a results folder, ready for queries; each `<name>.parquet` is the table `<name>`.

    They are loaded first, then external access is disabled: a query sees nothing else and can change nothing.

    Args:
        folder: Where the tables lie.
        are_ours: Whether the queries are our own: each then reads only the parts of files that it needs.

    Raises:
        ScenarioError: There are no tables, or one is damaged; when a query is run: it is refused.
    """
    import duckdb  # noqa: PLC0415

    files = sorted(folder.glob("*.parquet")) if folder.is_dir() else []
    if not files:
        raise ScenarioError(f"{folder}: contains no tables (*.parquet); expected a results folder")
    known = ", ".join(file.stem for file in files)

    def refused(error: duckdb.Error) -> ScenarioError:
        return ScenarioError(f"the query is refused: {_first_line(error)} (tables: {known})")

    with closing(_database()) as connection:

        def ask(sql: str) -> tuple[list[str], list[tuple[Any, ...]]]:
            try:
                sql.encode()
            except UnicodeEncodeError as error:
                raise ScenarioError(
                    "the query is not text: it contains bytes that are not UTF-8"
                ) from error
            try:
                result = connection.execute(_question(connection, sql))
                return [item[0] for item in result.description or ()], result.fetchall()
            except duckdb.Error as error:
                raise refused(error) from error
            except RuntimeError as error:
                if "interrupt" not in str(error).lower():
                    raise
                raise KeyboardInterrupt from error  # which DuckDB had caught

        try:
            for file in files:
                name, source = file.stem.replace('"', ""), f"read_parquet({_quoted(file)})"
                kept = "view" if are_ours else "table"
                connection.execute(f'create {kept} "{name}" as select * from {source}')
            if not are_ours:
                connection.execute("set enable_external_access = false")
            connection.execute("set lock_configuration = true")
        except duckdb.Error as error:
            if is_nowhere():  # DuckDB needs it, wherever the tables are
                raise ScenarioError(NOWHERE) from error
            raise ScenarioError(f"{folder}: a table is damaged: {_first_line(error)}") from error
        yield ask


def _first_line(error: Exception) -> str:
    return str(error).strip().splitlines()[0]


_QUESTIONS = {"SELECT", "EXPLAIN", "PRAGMA", "MULTI"}
"""Statement types that only read, as DuckDB's parser names them: SHOW, DESCRIBE, SUMMARIZE, FROM and VALUES count as SELECT,
PIVOT as MULTI."""


def _question(connection: "duckdb.DuckDBPyConnection", sql: str) -> "duckdb.Statement":
    """The one statement of a query.

    Raises:
        ScenarioError: There is no statement, there are several, or it would change something.
    """
    found = connection.extract_statements(sql)
    if not found:
        raise ScenarioError("the query is empty; expected SQL")
    if len(found) > 1:
        raise ScenarioError(f"found {len(found)} statements; expected one query at a time")
    kind = found[0].type.name
    if kind not in _QUESTIONS:
        raise ScenarioError(
            f"the query is refused: {kind} does more than read; expected SELECT, WITH, FROM,"
            " PIVOT, DESCRIBE, SUMMARIZE, SHOW or EXPLAIN"
        )
    return found[0]


def query_folder(folder: str | Path, sql: str) -> tuple[list[str], list[tuple[Any, ...]]]:
    """Run one query over the tables of a results folder; see `folder_tables`.

    Raises:
        ScenarioError: There are no tables, or the query is refused.
    """
    folder = Path(folder)
    with folder_tables(folder) as ask:
        return ask(sql)
