"""`payload-sim run`: what it says beside what it leaves."""

import pytest

SHORT = ("--set", "fidelity=surrogate", "--set", "duration_h=6")
WEIGHS_ALL = ("--set", "scheduler.kind=best-of")


@pytest.mark.parametrize("horizon", [(), ("--set", "rescheduling.horizon_h=2")])
def test_who_plans_far_again_and_again_is_warned_before_it_flies(
    call, root, tmp_path, monkeypatch, caplog, horizon
):
    """A short flight is not worth a word; were it, its remedy is named, and whoever follows it hears no more."""
    words = ("run", root / "scenarios/quickstart.yaml", *SHORT, *WEIGHS_ALL, *horizon)
    short = call(*words, "--out", tmp_path / "short")
    assert (short.code, "horizon_h" in caplog.text) == (0, False)
    monkeypatch.setattr("payload.sim.replanning.WORTH_A_WORD", 1)
    long = call(*words, "--out", tmp_path / "long")
    assert (long.code, "rescheduling.horizon_h" in caplog.text) == (0, not horizon)
