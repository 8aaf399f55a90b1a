"""How a process of this room tells the server what it knows: lines of its own, between which nobody else's come."""

import os
import sys
from typing import IO


def keep_stdout() -> IO[str]:
    """The stream on which the server listens, for messages alone: what anybody prints from now on goes to stderr."""
    sys.stdout.flush()
    kept = os.dup(1)
    os.dup2(2, 1)
    sys.stdout = sys.stderr
    return os.fdopen(kept, "w", encoding="utf-8")
