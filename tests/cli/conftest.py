"""The command line in this process: exit code, stdout and stderr of a call."""

from dataclasses import dataclass

import pytest
from typer.testing import CliRunner

from payload.cli import app


@dataclass(frozen=True)
class Answer:
    """What a call of the command line gave."""

    code: int
    out: str
    err: str


@pytest.fixture
def call():
    """Call `payload-sim` with words; a traceback fails the test."""

    def run(*words):
        result = CliRunner().invoke(app, [str(word) for word in words])
        if result.exception is not None and not isinstance(result.exception, SystemExit):
            raise result.exception
        assert "Traceback" not in result.stderr
        return Answer(result.exit_code, result.stdout, result.stderr)

    return run
