"""A journal: lines for programs, one line with the time left for people."""

import io
import json
import pickle
import re
import sys
import time

import pytest

from payload.training import journal as journals
from payload.training.journal import SILENT, Journal, on_screen


class Terminal(io.StringIO):
    """A screen with somebody in front of it."""

    def isatty(self):
        return True


@pytest.fixture
def clock(monkeypatch):
    """Seconds that pass when they are told to."""

    class Clock:
        now_s = 1_000.0

        def monotonic(self):
            return self.now_s

    made = Clock()
    monkeypatch.setattr(journals, "time", made)
    return made


def opened(clock, **about):
    return Journal(_opened_s=clock.monotonic(), **about)


def lines(path):
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def test_every_line_is_json_with_seconds_since_the_opening(tmp_path, clock):
    path = tmp_path / "deep" / "journal.jsonl"
    journal = opened(clock, path=path, context={"stage": "prepare"})
    journal.log("began", images=3)
    clock.now_s += 61.26
    journal.log("ended", done=1.0, iou=None, name="Größe")
    assert lines(path) == [
        {"elapsed_s": 0.0, "stage": "prepare", "event": "began", "images": 3},
        {
            "elapsed_s": 61.3,
            "stage": "prepare",
            "event": "ended",
            "done": 1.0,
            "iou": None,
            "name": "Größe",
        },
    ]


def test_lines_are_added_to_those_of_an_earlier_run(tmp_path):
    for _ in range(2):
        Journal(tmp_path / "j").log("again")
    assert len(lines(tmp_path / "j")) == 2


def test_a_part_of_the_job_adds_its_facts_and_has_its_own_clock(tmp_path):
    long_ago_s = time.monotonic() - 1_000
    journal = Journal(tmp_path / "j", {"stage": "teacher"}, _opened_s=long_ago_s)
    journal.within(run="one", stage="distil").log("step")
    journal.log("step")
    first, second = lines(tmp_path / "j")
    assert 0 <= first["elapsed_s"] < 500
    assert (first["stage"], first["run"]) == ("distil", "one")
    assert 1_000 <= second["elapsed_s"] < 1_500
    assert (second["stage"], "run" in second) == ("teacher", False)


def test_a_terminal_sees_one_line_that_moves_with_the_time_left(clock):
    screen = Terminal()
    journal = opened(clock, context={"stage": "distil", "run": "a"}, screen=screen)
    clock.now_s += 30
    journal.log("step", done=0.25, loss=0.5)
    clock.now_s += 30
    journal.log("step", done=0.5, loss=0.4)
    clock.now_s += 60
    journal.log("step", done=1.0, loss=0.3)
    # A quarter took 30 s: three quarters take 90. Then half took 60, and half is left.
    assert screen.getvalue() == (
        "\r\x1b[Kdistil a: step 25%, 1 min 30 s left; loss 0.5"
        "\r\x1b[Kdistil a: step 50%, 1 min 00 s left; loss 0.4"
        "\r\x1b[Kdistil a: step 100%, 0 min 00 s left; loss 0.3\n"
    )


def test_a_file_instead_of_a_terminal_gets_whole_lines(clock):
    screen = io.StringIO()
    journal = opened(clock, context={"stage": "teacher"}, screen=screen)
    clock.now_s += 3_600
    journal.log("step", done=0.1)
    journal.log("told", images=3)
    first, second = screen.getvalue().splitlines()
    assert first.startswith("teacher: step 10%, 9 h 00 min left")
    assert second == "teacher: told images 3"
    assert "\x1b" not in screen.getvalue()


@pytest.mark.parametrize("done", [0.0, 0, "half", None])
def test_what_is_no_share_has_no_time_left(done):
    screen = Terminal()
    Journal(screen=screen).log("step", done=done)
    assert "left" not in screen.getvalue()


def test_a_long_line_is_cut_where_it_would_break_the_screen():
    screen = Terminal()
    Journal(screen=screen).log("step", done=0.5, text="x" * 500)
    assert len(re.sub(r"^\r\x1b\[K", "", screen.getvalue())) <= 110


def test_progress_hands_out_everything_and_tells_every_so_often(tmp_path):
    journal = Journal(tmp_path / "j")
    assert list(journal.progress("looks", "abcde", every=2)) == list("abcde")
    told = [(line["count"], line["done"]) for line in lines(tmp_path / "j")]
    assert told == [(2, 0.4), (4, 0.8), (5, 1.0)]
    assert list(journal.progress("looks", [], every=2)) == []


def test_a_silent_journal_says_and_keeps_nothing(capsys, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    SILENT.log("anything", done=0.5)
    SILENT.within(stage="x").log("else")
    assert capsys.readouterr() == ("", "")
    assert not list(tmp_path.iterdir())


def test_a_journal_on_screen_talks_on_stderr(tmp_path, capsys):
    journal = on_screen(tmp_path / "j")
    journal.log("hello")
    assert journal.screen is sys.stderr
    out, err = capsys.readouterr()
    assert (out, "hello" in err) == ("", True)
    assert lines(tmp_path / "j")[0]["event"] == "hello"


def test_a_journal_goes_with_its_job_to_another_process(tmp_path):
    journal = Journal(tmp_path / "j", {"stage": "distil"})
    assert pickle.loads(pickle.dumps(journal)) == journal
