"""`payload-sim query`: what SQL counts is a number for programs and for people."""

import json

from payload.tables import write_table


def test_a_number_with_a_point_is_a_number(call, tmp_path):
    """DuckDB's 0.5 is a DECIMAL, and so is what is multiplied by it."""
    write_table(tmp_path / "ledger.parquet", {"bytes": "BIGINT"}, {"bytes": [3, 40]})
    words = ("query", tmp_path, "select bytes * 0.5 half, bytes from ledger order by bytes")
    told = json.loads(call(*words, "--json").out)
    assert told == [{"half": 1.5, "bytes": 3}, {"half": 20.0, "bytes": 40}]
    assert call(*words).out.splitlines() == ["half  bytes", " 1.5      3", "20.0     40"]
