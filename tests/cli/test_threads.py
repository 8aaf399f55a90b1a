"""Whoever starts the command line multiplies small matrices by one thread, unless told otherwise."""

import os
import subprocess
import sys

import pytest

ASKING = """
import os, sys, types
sys.modules["payload.cli"] = types.SimpleNamespace(
    app=lambda **_: print(os.environ["OPENBLAS_NUM_THREADS"], "numpy" in sys.modules)
)
from payload.__main__ import main
main()
"""


@pytest.mark.parametrize(("told", "wanted"), [({}, "1"), ({"OPENBLAS_NUM_THREADS": "3"}, "3")])
def test_threads_are_set_before_numpy_is_there(told, wanted):
    others = {key: value for key, value in os.environ.items() if key != "OPENBLAS_NUM_THREADS"}
    said = subprocess.run(
        [sys.executable, "-c", ASKING],
        env=others | told,
        check=True,
        capture_output=True,
        text=True,
    )
    assert said.stdout.split() == [wanted, "False"]
