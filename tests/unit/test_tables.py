"""Tables go out and come back; a query sees its folder's tables and nothing else."""

import subprocess
import sys

import pytest

from payload.errors import ScenarioError
from payload.tables import query_folder, read_table, write_table


@pytest.fixture
def folder(tmp_path):
    types = {"fate": "VARCHAR", "bytes": "BIGINT", "time_s": "DOUBLE", "kept": "BOOLEAN"}
    columns = {
        "fate": ["saved", "lost", None],
        "bytes": [2**60, None, 3],
        "time_s": [0.5, None, 2.0],
        "kept": [True, None, False],
    }
    write_table(tmp_path / "ledger.parquet", types, columns)
    return tmp_path


def test_what_is_written_comes_back(folder):
    assert read_table(folder / "ledger.parquet") == {
        "fate": ["saved", "lost", None],
        "bytes": [2**60, None, 3],
        "time_s": [0.5, None, 2.0],
        "kept": [True, None, False],
    }


def test_an_empty_table_keeps_its_columns(tmp_path):
    write_table(tmp_path / "t.parquet", {"a": "BIGINT", "b": "VARCHAR"}, {"a": [], "b": []})
    assert read_table(tmp_path / "t.parquet") == {"a": [], "b": []}


def test_the_same_rows_give_the_same_file(tmp_path):
    for name in ("one", "two"):
        write_table(tmp_path / f"{name}.parquet", {"a": "BIGINT"}, {"a": list(range(5000))})
    assert (tmp_path / "one.parquet").read_bytes() == (tmp_path / "two.parquet").read_bytes()


def test_a_query_answers_with_names_and_rows(folder):
    assert query_folder(folder, "select fate, bytes from ledger order by bytes limit 1") == (
        ["fate", "bytes"],
        [(None, 3)],
    )


@pytest.mark.parametrize(
    "sql",
    [
        "select * from read_csv('/etc/passwd')",
        "select * from '/etc/passwd'",
        "select * from read_parquet('{folder}/ledger.parquet')",
        "copy ledger to '{folder}/out.csv'",
        "attach '{folder}/other.db'",
        "install httpfs",
        "load httpfs",
        "set enable_external_access = true",
        "export database '{folder}/all'",
        "select * from nothing",
        "selec 1",
        "",
    ],
)
def test_a_query_sees_nothing_else(folder, sql):
    before = sorted(item.name for item in folder.iterdir())
    with pytest.raises(ScenarioError):
        query_folder(folder, sql.format(folder=folder))
    assert sorted(item.name for item in folder.iterdir()) == before


@pytest.mark.parametrize(
    ("sql", "said"),
    [
        ("drop table ledger", "DROP does more than read"),
        ("create table other as select 1", "CREATE does more than read"),
        ("insert into ledger select * from ledger", "INSERT does more than read"),
        ("with a as (select 1) delete from ledger", "DELETE does more than read"),
        ("copy ledger to 'out.csv'", "COPY does more than read"),
        ("set threads = 3", "SET does more than read"),
        ("select 1; drop table ledger", "found 2 statements"),
        (" ; -- nothing", "the query is empty"),
    ],
)
def test_a_query_only_asks_and_asks_once(folder, sql, said):
    with pytest.raises(ScenarioError, match=said):
        query_folder(folder, sql)


@pytest.mark.parametrize(
    "sql",
    [
        "select 1;",
        "with a as (select 1) from a",
        "from ledger",
        "values (1)",
        "describe ledger",
        "summarize ledger",
        "show tables",
        "pragma table_info('ledger')",
        "explain select 1",
        "pivot ledger on fate using sum(bytes)",
    ],
)
def test_every_way_of_asking_is_answered(folder, sql):
    names, rows = query_folder(folder, sql)
    assert names
    assert rows


def test_a_damaged_table_is_no_fault_of_the_query(folder):
    (folder / "tiles.parquet").write_bytes(b"garbage")
    with pytest.raises(ScenarioError, match=r"a table is damaged: .*tiles\.parquet"):
        query_folder(folder, "select 1")


def test_a_folder_without_tables_is_refused(tmp_path):
    with pytest.raises(ScenarioError, match="contains no tables"):
        query_folder(tmp_path, "select 1")


INTERRUPTED = """
import os, signal, sys, threading
from payload.tables import query_folder
threading.Timer(1.0, os.kill, (os.getpid(), signal.SIGINT)).start()
query_folder(sys.argv[1], sys.argv[2])
"""


def test_who_interrupts_a_question_interrupts_the_program(tmp_path):
    """While DuckDB counts what takes it hours; it says so as a RuntimeError."""
    write_table(tmp_path / "one.parquet", {"x": "BIGINT"}, {"x": range(1000)})
    endless = "select count(*) from one a, one b, one c, one d where a.x * b.x < c.x * d.x + a.x"
    ended = subprocess.run(
        [sys.executable, "-c", INTERRUPTED, tmp_path, endless],
        stderr=subprocess.PIPE,
        text=True,
        check=False,
        timeout=60,
    )
    assert ended.stderr.rstrip().endswith("KeyboardInterrupt")
