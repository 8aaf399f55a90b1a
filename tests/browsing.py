"""A real browser that tests look at pages with: one process for all, a page of its own for each."""

import json
import os
import select
import shutil
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

CHROMIUM = next(
    (
        found
        for name in ("chromium", "chromium-browser", "google-chrome", "chrome")
        if (found := shutil.which(name))
    ),
    None,
)
in_a_browser = pytest.mark.skipif(CHROMIUM is None, reason="no chromium is installed")
FLAGS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-dev-shm-usage",
    "--hide-scrollbars",
    "--remote-debugging-pipe",
)
PATIENCE_S = 60


class Browser:
    """Chromium, spoken to in its DevTools protocol over a pair of pipes: no port, no driver."""

    def __init__(self, profile: Path) -> None:
        its_in, our_out = os.pipe()
        our_in, its_out = os.pipe()
        # Chromium reads from descriptor 3 and writes to 4, wherever the pipes happen to be.
        wiring = f'exec "$@" 3<&{its_in} 4>&{its_out}'
        self.process = subprocess.Popen(
            ["bash", "-c", wiring, "sh", CHROMIUM, *FLAGS, f"--user-data-dir={profile}"],
            pass_fds=(its_in, its_out),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        os.close(its_in)
        os.close(its_out)
        self.reading, self.writing = our_in, our_out
        self.left, self.last_id, self.session = b"", 0, None
        self.events: list[dict] = []

    @contextmanager
    def page(self) -> Iterator["Browser"]:
        """An empty page that knows nothing of those before: storage, media and scripts are its own."""
        context = self.ask("Target.createBrowserContext")["browserContextId"]
        blank = {"url": "about:blank", "browserContextId": context}
        target = self.ask("Target.createTarget", **blank)["targetId"]
        attached = self.ask("Target.attachToTarget", targetId=target, flatten=True)
        self.session = attached["sessionId"]
        self.events.clear()
        for domain in ("Page", "Runtime", "Log", "Network"):
            self.ask(f"{domain}.enable")
        yield self
        self.session = None
        self.ask("Target.disposeBrowserContext", browserContextId=context)

    def ask(self, method: str, **params: object) -> dict:
        self.last_id += 1
        message = {"id": self.last_id, "method": method, "params": params}
        if self.session:
            message["sessionId"] = self.session
        os.write(self.writing, json.dumps(message).encode() + b"\0")
        deadline = time.monotonic() + PATIENCE_S
        while True:
            answer = self._next(deadline)
            if answer.get("id") == self.last_id:
                assert "error" not in answer, answer
                return answer["result"]
            if answer.get("sessionId") == self.session:
                self.events.append(answer)

    def _next(self, deadline: float) -> dict:
        while b"\0" not in self.left:
            ready, _, _ = select.select([self.reading], [], [], max(0, deadline - time.monotonic()))
            assert ready, "the browser does not answer"
            piece = os.read(self.reading, 1 << 20)
            assert piece, "the browser has gone"
            self.left += piece
        message, _, self.left = self.left.partition(b"\0")
        return json.loads(message)

    def value(self, expression: str) -> object:
        found = self.ask(
            "Runtime.evaluate", expression=expression, returnByValue=True, awaitPromise=True
        )
        assert "exceptionDetails" not in found, found
        return found["result"].get("value")

    def open(
        self, page: Path, *, width: int = 1280, height: int = 900, theme: str = "light"
    ) -> None:
        self.resize(width, height)
        self.set_theme(theme)
        self.events.clear()
        self.ask("Page.navigate", url=page.as_uri())
        self.wait_for("document.documentElement?.dataset.drawn === 'yes'")

    def resize(self, width: int, height: int = 900) -> None:
        self.ask(
            "Emulation.setDeviceMetricsOverride",
            width=width,
            height=height,
            deviceScaleFactor=1,
            mobile=width < 600,
        )

    def set_theme(self, theme: str) -> None:
        self.ask(
            "Emulation.setEmulatedMedia",
            features=[{"name": "prefers-color-scheme", "value": theme}],
        )

    def wait_for(self, condition: str) -> None:
        deadline = time.monotonic() + PATIENCE_S
        while not self.value(condition):
            assert time.monotonic() < deadline, f"never: {condition}"
            self.value("new Promise(done => setTimeout(done, 50))")

    def complaints(self) -> list[str]:
        """Errors and warnings of the console, uncaught exceptions, refusals of the page's policy."""
        found = []
        for event in self.events:
            method, said = event["method"], event.get("params", {})
            if method == "Runtime.exceptionThrown":
                found.append(str(said["exceptionDetails"]))
            elif method == "Log.entryAdded" and said["entry"]["level"] in ("error", "warning"):
                found.append(said["entry"]["text"])
            elif method == "Runtime.consoleAPICalled" and said["type"] in ("error", "warning"):
                found.append(str(said["args"]))
        return found

    def requests(self) -> list[str]:
        return [
            event["params"]["request"]["url"]
            for event in self.events
            if event["method"] == "Network.requestWillBeSent"
        ]

    def close(self) -> None:
        os.close(self.writing)
        os.close(self.reading)
        self.process.terminate()
        try:
            self.process.wait(20)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
