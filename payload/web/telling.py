"""How a child process of this package reports to the server: on a stream that carries its messages and nothing else."""

import os
import sys
from typing import IO


def keep_stdout() -> IO[str]:
    """The stream the server reads, reserved for messages: anything else printed from now on goes to stderr."""
    sys.stdout.flush()
    kept = os.dup(1)
    os.dup2(2, 1)
    sys.stdout = sys.stderr
    return os.fdopen(kept, "w", encoding="utf-8")
