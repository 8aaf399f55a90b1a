"""The routes of the page and their answers. Words and numbers are sent as JSON; the page displays them."""

import asyncio
import contextlib
import json
import re
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from importlib.resources import files
from pathlib import Path
from typing import Any

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import (
    FileResponse,
    JSONResponse,
    PlainTextResponse,
    Response,
    StreamingResponse,
)
from starlette.routing import Route

from payload import __version__, api
from payload.errors import PayloadError, ScenarioError
from payload.report.palette import DARK, LIGHT
from payload.scenario.load import load_scenario, read_template
from payload.web.guard import REPORT_POLICY, Guard
from payload.web.knobs import knobs_of
from payload.web.runway import Runway
from payload.web.shelf import REPORT, SCENARIO, Shelf

LOOK_S = 0.2
"""[s] Interval at which a flight is polled while somebody follows it."""
HEARTBEAT_S = 15.0
_KEY = re.compile(r"[A-Za-z0-9_-]+(\.[A-Za-z0-9_-]+)*")
MOST_CHANGES = 1_000
_TYPES = {"app.js": "text/javascript", "app.css": "text/css"}


@dataclass
class Site:
    """The page for a shelf and a runway; event streams end once `is_over` is true."""

    shelf: Shelf
    runway: Runway
    is_over: Callable[[], bool] = lambda: False

    def app(self, port: int) -> Guard:
        """The ASGI application behind its guard, which accepts only its own port."""
        routes = [
            Route("/", self.page),
            Route("/static/{name}", self.static),
            Route("/results/{name}/report.html", self.report),
            Route("/api/results", self.results),
            Route("/api/scenarios", self.scenarios),
            Route("/api/knobs", self.knobs, methods=["POST"]),
            Route("/api/flight", self.status),
            Route("/api/flight", self.fly, methods=["POST"]),
            Route("/api/flight/cancel", self.cancel, methods=["POST"]),
            Route("/api/flight/events", self.events),
            Route("/api/compare", self.compare),
        ]
        handlers: dict[Any, Callable[..., Response]] = {PayloadError: _refused}
        inner = Starlette(routes=routes, exception_handlers=handlers, lifespan=self._lifespan)
        guard = Guard(inner, port)
        inner.state.token = guard.token
        return guard

    @contextlib.asynccontextmanager
    async def _lifespan(self, _app: Starlette) -> AsyncIterator[None]:
        yield
        await run_in_threadpool(self.runway.cancel)

    @cached_property
    def _schema(self) -> dict[str, Any]:
        return api.json_schema()

    async def page(self, request: Request) -> Response:
        """The page itself, with the token for its requests."""
        text = _packaged("index.html").decode()
        filled = text.replace("{{token}}", request.app.state.token).replace(
            "{{version}}", __version__
        )
        return Response(filled, media_type="text/html")

    async def static(self, request: Request) -> Response:
        """The page's script and style sheet."""
        name = request.path_params["name"]
        if name not in _TYPES:
            return PlainTextResponse("there is no such file", 404)
        content = _packaged(name)
        if name == "app.css":
            content = content.replace(b"/*light*/", _colours(LIGHT)).replace(
                b"/*dark*/", _colours(DARK)
            )
        return Response(content, media_type=_TYPES[name])

    async def report(self, request: Request) -> Response:
        """A results folder's report; whoever made it, it has no origin here and can request nothing."""
        folder = await run_in_threadpool(self.shelf.folder, request.path_params["name"])
        path = folder / REPORT
        if not path.is_file() or path.is_symlink():
            raise ScenarioError(
                f"{folder.name}: there is no {REPORT}; create it with payload-sim report"
            )
        # A page without an origin may not claim a browsing context group of its own either.
        headers = {
            "content-security-policy": REPORT_POLICY,
            "cross-origin-opener-policy": "unsafe-none",
        }
        return FileResponse(path, media_type="text/html", headers=headers)

    async def results(self, _request: Request) -> Response:
        """All results."""
        told = await run_in_threadpool(self.shelf.told)
        return JSONResponse({"folder": str(self.shelf.results), "results": told})

    async def scenarios(self, _request: Request) -> Response:
        """Names of all scenario files."""
        found = await run_in_threadpool(self.shelf.files)
        return JSONResponse({"folder": str(self.shelf.scenarios), "scenarios": list(found)})

    async def knobs(self, request: Request) -> Response:
        """The knobs of a scenario as changed, or what is wrong with the changes."""
        name, path, changes = await self._asked(request)

        def find() -> dict[str, Any]:
            scenario = load_scenario(path, changes)
            values = scenario.model_dump(mode="json")
            found = knobs_of(self._schema, values, read_template(path))
            return {
                "scenario": name,
                "title": scenario.name,
                "description": scenario.description,
                "knobs": [knob.as_dict() for knob in found],
            }

        return JSONResponse(await run_in_threadpool(find))

    async def status(self, _request: Request) -> Response:
        """The state of the flight."""
        return JSONResponse(self.runway.status.as_dict())

    async def fly(self, request: Request) -> Response:
        """Start a flight."""
        name, path, changes = await self._asked(request)
        if self.runway.status.state == "flying":
            return JSONResponse({"error": "a flight is in progress; one at a time"}, 409)
        await run_in_threadpool(load_scenario, path, changes)
        started = await run_in_threadpool(self.runway.start, name, path, changes)
        return JSONResponse(started.as_dict(), 202)

    async def cancel(self, _request: Request) -> Response:
        """Cancel the flight."""
        found = await run_in_threadpool(self.runway.cancel)
        return JSONResponse(found.as_dict())

    async def events(self, request: Request) -> Response:
        """The state of the flight as server-sent events, until the browser or the server disconnects."""
        return StreamingResponse(self._tell(request), media_type="text/event-stream")

    async def _tell(self, request: Request) -> AsyncIterator[bytes]:
        last, quiet_s = "", 0.0
        while not self.is_over() and not await request.is_disconnected():
            text = json.dumps(self.runway.status.as_dict())
            quiet_s += LOOK_S
            if text != last:
                last, quiet_s = text, 0.0
                yield f"data: {text}\n\n".encode()
            elif quiet_s >= HEARTBEAT_S:
                quiet_s = 0.0
                yield b": still here\n\n"
            await asyncio.sleep(LOOK_S)

    async def compare(self, request: Request) -> Response:
        """Two flights side by side: their figures, their arms, and the settings that differ."""
        names = [request.query_params.get(side, "") for side in ("left", "right")]
        return JSONResponse(await run_in_threadpool(self._compared, names))

    def _compared(self, names: Sequence[str]) -> dict[str, Any]:
        folders = [self.shelf.folder(name) for name in names]
        found = api.compare_results(folders)
        flown = [_leaves(_json(folder / SCENARIO)) for folder in folders]
        keys = [key for key in {**flown[0], **flown[1]} if flown[0].get(key) != flown[1].get(key)]
        arms = [
            [
                {
                    "name": arm["name"],
                    "clear_px": arm["clear_pixels_delivered"],
                    "downlinked_bytes": arm["downlinked_bytes"],
                    "waiting_bytes": arm["waiting_bytes"],
                }
                for arm in _json(folder / "summary.json")["arms"]
            ]
            for folder in folders
        ]
        return {
            **found.as_dict(),
            "changed": [
                {"key": key, "values": [flown[0].get(key), flown[1].get(key)]} for key in keys
            ],
            "arms": arms,
        }

    async def _asked(self, request: Request) -> tuple[str, Path, list[str]]:
        """The scenario and changes given in a request.

        Raises:
            ScenarioError: No scenario is given, or the request is malformed.
        """
        try:
            asked = await request.json()
        except (ValueError, RecursionError) as error:
            raise ScenarioError("the request is not JSON") from error
        if not isinstance(asked, dict) or not isinstance(asked.get("scenario"), str):
            raise ScenarioError("the request names no scenario")
        changes = asked.get("changes", {})
        if not isinstance(changes, dict) or len(changes) > MOST_CHANGES:
            raise ScenarioError(f"changes must be given by key, at most {MOST_CHANGES:,}")
        for key in changes:
            if not _KEY.fullmatch(key):
                raise ScenarioError(f"{key[:60]!r} is not a key of a scenario")
        path = await run_in_threadpool(self.shelf.file, asked["scenario"])
        # `kind` first: choosing another plug-in discards the options of the previous one.
        ordered = sorted(changes, key=lambda key: (not key.endswith(".kind"), key.count(".")))
        texts = [f"{key}={json.dumps(changes[key], ensure_ascii=False)}" for key in ordered]
        return asked["scenario"], path, texts


_AS_OPTION = re.compile(r"^--set .*?: (?=[A-Za-z0-9_.]+: )", re.MULTILINE)
"""How an error message about a change begins; on the page nobody has written an option."""


def _refused(_request: Request, error: Exception) -> Response:
    return JSONResponse({"error": _AS_OPTION.sub("", str(error))}, 422)


def _packaged(name: str) -> bytes:
    return (files("payload.web") / "page" / name).read_bytes()


def _colours(colours: dict[str, str]) -> bytes:
    return " ".join(f"--{name}: {value};" for name, value in colours.items()).encode()


def _json(path: Path) -> dict[str, Any]:
    try:
        loaded = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError) as error:
        raise ScenarioError(f"{path.name}: cannot be read") from error
    if not isinstance(loaded, dict):
        raise ScenarioError(f"{path.name}: damaged: not a mapping")
    return loaded


def _leaves(value: object, path: str = "") -> dict[str, object]:
    """Values by path, through mappings and lists of mappings; everything else is a value."""
    if isinstance(value, dict) and value:
        items = [(str(key), inner) for key, inner in value.items()]
    elif isinstance(value, list) and value and all(isinstance(item, dict) for item in value):
        items = [(str(index), inner) for index, inner in enumerate(value)]
    else:
        return {path: value}
    return {
        key: leaf
        for name, inner in items
        for key, leaf in _leaves(inner, f"{path}.{name}" if path else name).items()
    }
