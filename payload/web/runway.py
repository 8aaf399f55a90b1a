"""One flight at a time: started, followed, cancelled."""

import json
import signal
import subprocess
import sys
import threading
import time
from collections import deque
from collections.abc import Collection, Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import IO, Any

from payload.errors import ScenarioError
from payload.web.expectation import Expectation

ENDS = ("done", "failed", "cancelled")
"""States in which nothing is flying any more."""
PATIENCE_S = 10.0
"""[s] Time given to a cancelled flight to remove what it has written; then it is killed."""


@dataclass(frozen=True, slots=True)
class Status:
    """State of the latest flight.

    Attributes:
        number: Counts flights; 0 before the first.
        state: "idle", "flying", "done", "failed" or "cancelled".
        scenario: Its file's name.
        arm: The arm that is flying.
        arms: Number of arms begun.
        images: Number of images whose pixels were processed or whose tiles were drawn.
        image: The last of them.
        elapsed_s: [s] Since it was started.
        left_s: [s] Approximate time remaining; None before anything is known.
        folder: Name of its results folder, once it is done.
        message: The result, or what went wrong.
    """

    number: int = 0
    state: str = "idle"
    scenario: str = ""
    arm: str = ""
    arms: int = 0
    images: int = 0
    image: str = ""
    elapsed_s: float = 0.0
    left_s: float | None = None
    folder: str = ""
    message: str = ""

    def as_dict(self) -> dict[str, Any]:
        """Plain data for JSON."""
        return asdict(self)


@dataclass
class Runway:
    """Starts flights; their results go below `out`."""

    out: Path
    _status: Status = field(default_factory=Status, init=False)
    _started_s: float = field(default=0.0, init=False)
    _process: "subprocess.Popen[str] | None" = field(default=None, init=False)
    _expecting: "subprocess.Popen[str] | None" = field(default=None, init=False)
    _expectation: Expectation | None = field(default=None, init=False)
    _first_s: float = field(default=0.0, init=False)
    _end_s: float | None = field(default=None, init=False)
    _lock: threading.Lock = field(default_factory=threading.Lock, init=False, repr=False)

    @property
    def status(self) -> Status:
        """The current state."""
        with self._lock:
            if self._status.state != "flying":
                return self._status
            now_s = time.monotonic()
            left_s = None if self._end_s is None else max(0.0, self._end_s - now_s)
            return replace(self._status, elapsed_s=now_s - self._started_s, left_s=left_s)

    def start(self, name: str, path: Path, changes: Sequence[str]) -> Status:
        """Start a flight.

        Args:
            name: What the scenario is called here.
            path: Its file.
            changes: Texts `path.to.key=value`.

        Raises:
            ScenarioError: Another flight is in progress.
        """
        with self._lock:
            if self._status.state == "flying":
                raise ScenarioError(
                    f"{self._status.scenario} is flying; one at a time: cancel it or wait"
                )
            job = {"scenario": str(path), "changes": list(changes), "out": str(self.out)}
            self._process = _begin("flight", subprocess.PIPE)
            self._status = Status(self._status.number + 1, "flying", name)
            self._started_s = time.monotonic()
            self._expectation, self._end_s = None, None
            self._expecting = _begin("expectation", subprocess.DEVNULL)
            found = self._status
        threading.Thread(target=self._expect, args=(self._expecting, job), daemon=True).start()
        threading.Thread(target=self._follow, args=(self._process, job), daemon=True).start()
        return found

    def cancel(self) -> Status:
        """End the current flight; no results folder is made. Does nothing if nothing is flying."""
        process = self._process
        if process is not None and process.poll() is None:
            process.terminate()
            try:
                process.wait(PATIENCE_S)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
            self._wait_until_told()
        return self.status

    def _wait_until_told(self) -> None:
        deadline = time.monotonic() + PATIENCE_S
        while self.status.state == "flying" and time.monotonic() < deadline:
            time.sleep(0.01)

    def _expect(self, process: "subprocess.Popen[str]", job: dict[str, object]) -> None:
        """Receive the estimate of how long the flight will take; ignored if the flight ends first."""
        said, _ = process.communicate(json.dumps(job))
        with self._lock:
            if said and process is self._expecting and self._status.state == "flying":
                self._expectation = Expectation(**json.loads(said))
                self._look_ahead(time.monotonic())

    def _look_ahead(self, now_s: float) -> None:
        if self._expectation is not None:
            since_s = now_s - self._first_s if self._status.images else 0.0
            self._end_s = now_s + self._expectation.left_s(self._status.images, since_s)

    def _follow(self, process: "subprocess.Popen[str]", job: dict[str, object]) -> None:
        """Read a flight's messages until it ends."""
        assert process.stdin is not None
        assert process.stdout is not None
        assert process.stderr is not None
        complaints: deque[str] = deque(maxlen=1)  # only the last line is reported
        listening = threading.Thread(
            target=_collect, args=(process.stderr, complaints), daemon=True
        )
        listening.start()
        try:
            json.dump(job, process.stdin)
            process.stdin.close()
        except OSError:
            pass  # it has ended already; the reason is found below
        try:
            for line in process.stdout:
                self._hear(_read(line))
        finally:
            process.stdout.close()  # so that a process still writing learns that nobody listens
            code = process.wait()
            listening.join(PATIENCE_S)
            process.stderr.close()
            with self._lock:
                if self._status.state == "flying":
                    self._settle(*_last_words(code, complaints))

    def _hear(self, said: dict[str, str]) -> None:
        state, arm, image = (said.get(key, "") for key in ("state", "arm", "image"))
        with self._lock:
            now = self._status
            if state in ENDS:
                self._settle(state, said.get("message", ""), said.get("folder", ""))
            elif image:
                now_s = time.monotonic()
                self._first_s = self._first_s if now.images else now_s
                self._status = replace(
                    now,
                    arm=arm,
                    image=image,
                    arms=now.arms + (arm != now.arm),
                    images=now.images + 1,
                )
                self._look_ahead(now_s)

    def _settle(self, state: str, message: str, folder: str = "") -> None:
        if self._expecting is not None and self._expecting.poll() is None:
            self._expecting.kill()
        elapsed_s = time.monotonic() - self._started_s
        self._status = replace(
            self._status, state=state, message=message, folder=folder, elapsed_s=elapsed_s
        )


def _read(line: str) -> dict[str, str]:
    """The message in a line from a flight; empty if it is not a message."""
    try:
        said = json.loads(line)
    except (ValueError, RecursionError):
        return {}
    return said if isinstance(said, dict) else {}


def _collect(stream: IO[str], lines: deque[str]) -> None:
    lines.extend(stream)


def _last_words(code: int, complaints: Collection[str]) -> tuple[str, str]:
    """What to report of a flight that sent no final message: it was ended from outside, or it is a bug of ours."""
    if -code in {signal.SIGTERM, signal.SIGKILL}:
        return "cancelled", ""
    last = "".join(complaints).strip() or f"exit code {code}"
    return "failed", f"the flight ended unexpectedly: {last}"


def _begin(module: str, errors: int) -> "subprocess.Popen[str]":
    """Start a module of this package as a process that reads a job and reports on it; the caller must end it."""
    return subprocess.Popen(
        [sys.executable, "-m", f"payload.web.{module}"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=errors,
        text=True,
        encoding="utf-8",
        errors="replace",  # third-party code may print what is not valid text
        start_new_session=True,  # Ctrl-C goes to the server, which passes it on
    )
