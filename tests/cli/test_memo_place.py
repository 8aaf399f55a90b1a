"""`--memo FOLDER`: who flies pixels remembers them where the user says."""

import pytest
from sweeping import write_sweep


@pytest.fixture(autouse=True)
def _environment(monkeypatch):
    """The option tells the environment, which is put back."""
    monkeypatch.setenv("PAYLOAD_SIM_MEMO", "off")


@pytest.mark.parametrize("command", ["run", "compare", "sweep"])
def test_pixel_work_is_remembered_where_the_option_says(command, call, write_scenario, tmp_path):
    scenario, place, out = write_scenario(), tmp_path / "memo", tmp_path / "out"
    words = {
        "run": ["run", scenario],
        "compare": ["compare", scenario, "--what-if", "link.rate_mbps=3"],
        "sweep": ["sweep", write_sweep(tmp_path, scenario, grid={"link.rate_mbps": [1, 2]})],
    }[command]
    found = call(*words, "--out", out, "--jobs", 1, "--memo", place)
    assert found.code == 0, found.err
    assert list(place.glob("??/*.facts"))
