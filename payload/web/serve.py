"""The server: on the loopback address only, until Ctrl-C."""

import socket
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from payload.errors import PayloadError, PluginError, ScenarioError

if TYPE_CHECKING:
    from payload.web.site import Site

LOOPBACK = "127.0.0.1"
GOODBYE_S = 2
"""[s] Time for requests in progress when the server ends."""


def serve(results: Path, scenarios: Path, *, port: int, tell: Callable[[str], None]) -> None:
    """Serve the page until interrupted; a flight in progress is then cancelled.

    Args:
        results: A folder of results folders, or one of them; created when something flies.
        scenarios: A folder of scenario files.
        port: On the loopback address; 0 for any free one.
        tell: Called with the page's address as soon as the port is open.

    Raises:
        PluginError: The extra `web` is missing.
        ScenarioError: What should be a folder is a file.
        PayloadError: The port is taken.
    """
    for folder in (results, scenarios):
        if folder.exists() and not folder.is_dir():
            raise ScenarioError(f"{folder} is not a folder")
    try:
        import uvicorn  # noqa: PLC0415

        site = make_site(results, scenarios)
    except ModuleNotFoundError as error:
        raise PluginError(f"the page needs {error.name}: pip install 'payload-sim[web]'") from error
    with _listen(port) as listening:
        bound = listening.getsockname()[1]
        config = uvicorn.Config(
            site.app(bound),
            log_level="warning",
            access_log=False,
            server_header=False,
            ws="none",
            http="h11",
            loop="asyncio",
            timeout_graceful_shutdown=GOODBYE_S,
        )
        tell(f"http://{LOOPBACK}:{bound}/")
        server = uvicorn.Server(config)
        site.is_over = lambda: server.should_exit
        try:
            server.run(sockets=[listening])
        except KeyboardInterrupt:
            pass  # uvicorn has closed everything, and passes the signal on
        finally:
            site.runway.cancel()


def make_site(results: Path, scenarios: Path) -> "Site":
    """Build the site for two folders."""
    from payload.web.runway import Runway  # noqa: PLC0415
    from payload.web.shelf import SUMMARY, Shelf  # noqa: PLC0415
    from payload.web.site import Site  # noqa: PLC0415

    parent = results.absolute()
    if (parent / SUMMARY).is_file():
        parent = parent.parent
    return Site(Shelf(parent, scenarios.absolute()), Runway(parent))


def _listen(port: int) -> socket.socket:
    listening = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listening.bind((LOOPBACK, port))
        listening.listen()  # requests before the server is ready wait
    except (OSError, OverflowError) as error:
        listening.close()
        raise PayloadError(
            f"port {port} is not available: {error}; choose another with --port"
        ) from error
    return listening
