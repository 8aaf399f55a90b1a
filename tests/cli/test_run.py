"""`payload-sim run`: what it says beside what it leaves."""

from pathlib import Path

SCENARIO = Path(__file__).parents[2] / "scenarios" / "quickstart.yaml"
SHORT = ("--set", "fidelity=surrogate", "--set", "duration_h=6")
WEIGHS_ALL = ("--set", "scheduler.kind=best-of")


def test_who_plans_far_again_and_again_is_warned_before_it_flies(
    call, tmp_path, monkeypatch, caplog
):
    """A short flight is not worth a word; were it, its remedy is named, and whoever follows it hears no more."""

    def warned(*words):
        caplog.clear()
        answer = call("run", SCENARIO, *SHORT, *WEIGHS_ALL, *words, "--out", tmp_path)
        assert answer.code == 0
        return "rescheduling.horizon_h" in caplog.text

    assert not warned()
    monkeypatch.setattr("payload.sim.loops.replanning.WORTH_A_WORD", 1)
    assert warned()
    assert not warned("--set", "rescheduling.horizon_h=2")
