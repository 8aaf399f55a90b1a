"""`payload-train` at the door."""

import subprocess
import sys

import pytest

CALL = (
    "import sys; from payload.training.cli import main; "
    "sys.argv = ['payload-train', *sys.argv[1:]]; main()"
)


def call(*arguments):
    return subprocess.run(
        [sys.executable, "-c", CALL, *arguments], capture_output=True, text=True, check=False
    )


@pytest.mark.parametrize("command", ["folds", "evaluate", "ship"])
def test_each_command_helps_with_an_example(command):
    answer = call(command, "--help")
    assert answer.returncode == 0
    assert f"payload-train {command} --data" in answer.stdout


def test_help_does_not_wake_torch():
    code = (
        "import sys, payload.training.cli; print('torch' in sys.modules, 'rasterio' in sys.modules)"
    )
    answer = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )
    assert answer.stdout.split() == ["False", "False"]


def test_a_folder_without_images_is_answered_with_a_sentence(tmp_path):
    answer = call("folds", "--data", str(tmp_path))
    assert answer.returncode in {3, 5}  # 3 where the extra is not installed
    assert "Traceback" not in answer.stderr
    assert "index.csv" in answer.stderr or "payload-sim[train]" in answer.stderr
