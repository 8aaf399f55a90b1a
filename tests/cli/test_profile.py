"""`payload-sim profile`: this machine as a profile that then flies."""

import json


def test_it_writes_a_profile_that_a_scenario_can_name(call, write_scenario, tmp_path):
    path, out = write_scenario(), tmp_path / "host.json"
    answer = call("profile", path, "--out", out, "--cpu-s", 0.01, "--active-w", 15)
    assert (answer.code, answer.err) == (0, "")
    found = json.loads(out.read_text())
    assert found["status"] == "measured"
    assert found["mpx_per_s"] > 0
    assert found["active_w"] == 15
    assert f"{found['mpx_per_s']:g} Mpx/s" in answer.out
    assert call("check", path, "--set", "computer.profile=host.json").code == 0


def test_without_watts_it_says_that_energy_will_be_unknown(call, write_scenario, tmp_path):
    answer = call("profile", write_scenario(), "--out", tmp_path / "host.json", "--cpu-s", 0.01)
    assert answer.code == 0
    assert "unknown" in answer.err
    assert json.loads((tmp_path / "host.json").read_text())["active_w"] is None


def test_bad_words_are_answered_in_a_sentence(call, write_scenario, tmp_path):
    path = write_scenario()
    for words in (["--active-w", -1], ["--cpu-s", 0]):
        answer = call("profile", path, "--out", tmp_path / "host.json", *words)
        assert answer.code == 2
        assert len(answer.err.splitlines()) == 1
    assert call("profile", path, "--out", tmp_path / "host.txt").code == 2
