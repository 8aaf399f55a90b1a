"""`payload-sim serve`: a page on this machine to open, fly and compare."""

from pathlib import Path
from typing import Annotated

import typer

from payload.commands.talk import answer, say


def serve(
    folder: Annotated[
        Path, typer.Argument(metavar="FOLDER", help="Folder of results folders, or one of them.")
    ] = Path("results"),
    scenarios: Annotated[
        Path, typer.Option("--scenarios", metavar="FOLDER", help="Folder of scenario files.")
    ] = Path("scenarios"),
    port: Annotated[
        int, typer.Option("--port", min=0, max=65535, help="Port on 127.0.0.1; 0 for any free one.")
    ] = 8765,
) -> None:
    """Serve a small page to this machine only, until Ctrl-C.

    It opens results, edits a scenario's settings, flies it, and compares two flights. Needs the extra `web`.

    Example:  payload-sim serve results --port 8765
    """
    import sys

    from payload.web.serve import serve as serving

    def tell(address: str) -> None:
        answer(address)
        sys.stdout.flush()

    for place, without in (
        (folder, "nothing to open until something has flown"),
        (scenarios, "nothing to fly; --scenarios names another"),
    ):
        if not place.exists():
            say(f"note: there is no folder {place} yet: {without}")
    serving(folder, scenarios, port=port, tell=tell)
    say("the page is closed")
