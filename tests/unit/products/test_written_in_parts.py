"""Files that are written part by part, beside the same written at once by `json` and by a line's own words."""

import json
from datetime import UTC, datetime

import numpy as np
import pytest

from payload.ledger import ContactLog
from payload.products import oem
from payload.products.contact_plan import write_contact_plan
from payload.products.folder import dump_json, dump_parts
from payload.types import ContactWindow, Ephemeris
from payload.units import at

EPOCH = datetime(2026, 6, 21, tzinfo=UTC)


@pytest.mark.parametrize("count", [0, 1, 3])
def test_a_collection_in_parts_is_the_collection_at_once(tmp_path, count):
    parts = [{"name": f'é "{n}", {{', "at": [n / 3, None]} for n in range(count)]
    dump_parts(tmp_path / "parts", {"type": "Collection"}, "parts", iter(parts))
    dump_json(tmp_path / "whole", {"type": "Collection", "parts": parts}, indent=None)
    assert (tmp_path / "parts").read_bytes() == (tmp_path / "whole").read_bytes()


@pytest.mark.parametrize("count", [0, 1, 3])
def test_a_contact_plan_is_a_list_with_an_indent_of_one(tmp_path, count):
    logs = [
        ContactLog(ContactWindow('o",\n  "ne', "é", 10.0 * n, 10.0 * n + 5, 45.0), n, 7, 5, False)
        for n in range(count)
    ]
    write_contact_plan(tmp_path, logs, EPOCH)
    text = (tmp_path / "contact_plan.json").read_text(encoding="utf-8")
    rows = json.loads(text)
    assert [row["aos_s"] for row in rows] == [10.0 * n for n in range(count)]
    assert text == json.dumps(rows, indent=1, ensure_ascii=False) + "\n"


def test_states_in_parts_are_those_of_each_alone(tmp_path, monkeypatch):
    """Seven states, three at a time."""
    numbers = np.random.default_rng(1).normal(size=(2, 7, 3))
    way = Ephemeris("one", np.arange(7) * 59.9995, 7000.0 * numbers[0], 7.5 * numbers[1])
    monkeypatch.setattr(oem, "PART_STATES", 3)
    oem.write_oem(tmp_path / "one.oem", way, EPOCH)
    lines = (tmp_path / "one.oem").read_text(encoding="utf-8").splitlines()
    assert lines[-7:] == [
        " ".join(
            [
                at(EPOCH, float(time_s)).replace(tzinfo=None).isoformat(timespec="microseconds"),
                *(f"{value:.6f}" for value in place),
                *(f"{value:.9f}" for value in speed),
            ]
        )
        for time_s, place, speed in zip(way.time_s, way.position_km, way.velocity_km_s, strict=True)
    ]
    assert lines[-8] == ""
