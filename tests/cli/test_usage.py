"""What a command's help says first: how it is called, in the signs that manual pages have for that (POSIX.1, 12.1)."""

import re

import pytest
import typer

from payload.cli import app

COMMANDS = sorted(typer.main.get_command(app).commands)
USUAL = r"Usage: \S+ [a-z]+ \[OPTIONS\]( [A-Z]+(\.\.\.)?)*( \[[A-Z]+(\.\.\.)?\])*"


@pytest.mark.parametrize("command", COMMANDS)
def test_a_usage_line_has_names_brackets_about_what_may_be_left_out_and_dots(call, command):
    first, *_ = call(command, "--help").out.splitlines()
    assert re.fullmatch(USUAL, first), first


@pytest.mark.parametrize(
    ("command", "ends"),
    [
        ("check", "[OPTIONS] SCENARIO"),
        ("plan", "[OPTIONS] [SCENARIO]"),
        ("unpack", "[OPTIONS] FILE..."),
        ("compress", "[OPTIONS] [IMAGE...]"),
        ("query", "[OPTIONS] FOLDER [SQL]"),
    ],
)
def test_what_is_needed_is_told_from_what_is_not(call, command, ends):
    assert call(command, "--help").out.splitlines()[0].endswith(ends)
