"""The current directory may be deleted while a command is in it: the message says so and blames nothing else."""

import pytest
from sweeping import write_sweep

from payload.tables import write_table


@pytest.fixture
def nowhere(tmp_path, monkeypatch):
    """Make the current directory one that does not exist any more."""
    gone = tmp_path / "gone"
    gone.mkdir()
    monkeypatch.chdir(gone)
    gone.rmdir()


@pytest.mark.usefixtures("nowhere")
def test_a_query_blames_no_table(call, tmp_path):
    write_table(tmp_path / "ledger.parquet", {"bytes": "BIGINT"}, {"bytes": [3]})
    found = call("query", tmp_path, "select bytes from ledger")
    assert found.code == 2
    assert found.err == "error: the current directory was deleted; change to one that exists\n"


@pytest.mark.usefixtures("nowhere")
def test_a_sweep_says_what_does_not_exist(call, write_scenario, tmp_path):
    found = call("sweep", write_sweep(tmp_path, write_scenario(), grid={"link.rate_mbps": [1, 2]}))
    assert found.code == 1
    assert found.err == "error: the current directory was deleted; change to one that exists\n"
