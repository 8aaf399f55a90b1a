"""What dies in a circle of references is not looked for when the process ends anyway."""

import subprocess
import sys

import pytest

KNOT = """
import payload.collecting

class Knot:
    def __init__(self):
        self.itself = self
    def __del__(self):
        print("looked for")

{first}
Knot()
print("over", end=" ")
"""


@pytest.mark.parametrize(
    ("first", "said"),
    [("payload.collecting.leave_at_once()", "over "), ("", "over looked for\n")],
    ids=["at once", "as Python does"],
)
def test_the_end_of_a_process_looks_for_no_cycles(first, said):
    ended = subprocess.run(
        [sys.executable, "-c", KNOT.format(first=first)], capture_output=True, text=True, check=True
    )
    assert (ended.stdout, ended.stderr) == (said, "")
