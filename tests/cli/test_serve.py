"""`payload-sim serve` as a process: on the loopback address alone, ended by Ctrl-C."""

import importlib
import signal
import socket
import subprocess
import sys
import urllib.request

import pytest

from payload.errors import PluginError
from payload.web.serve import serve


@pytest.fixture
def running(tmp_path):
    process = subprocess.Popen(
        [sys.executable, "-m", "payload", "serve", str(tmp_path), "--port", "0"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        yield process, process.stdout.readline().strip()
    finally:
        process.kill()
        process.communicate()


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM])
def test_it_answers_here_and_ends_cleanly(running, how):
    process, address = running
    with urllib.request.urlopen(address, timeout=20) as page:
        assert b"payload-sim" in page.read()
    following = socket.create_connection(("127.0.0.1", int(address.split(":")[2].strip("/"))))
    with following:  # a browser that follows the events does not keep it
        host = address.removeprefix("http://").strip("/")
        following.sendall(f"GET /api/flight/events HTTP/1.1\r\nHost: {host}\r\n\r\n".encode())
        assert b"200 OK" in following.recv(1000)
        process.send_signal(how)
        out, err = process.communicate(timeout=30)
    assert process.returncode == 0
    assert (out, err) == ("", "the page is closed\n")


def test_nobody_else_reaches_it(running):
    """Another address of this machine, of the loopback net itself, is not listened on."""
    _, address = running
    port = int(address.split(":")[2].strip("/"))
    for other in ("127.0.0.2", "::1"):
        family = socket.AF_INET6 if ":" in other else socket.AF_INET
        with socket.socket(family) as asking:
            asking.settimeout(5)
            with pytest.raises(OSError):  # noqa: PT011 - refused, or no such address here
                asking.connect((other, port))


def test_a_port_that_is_taken_is_told(running, call, tmp_path):
    _, address = running
    found = call("serve", tmp_path, "--port", address.split(":")[2].strip("/"))
    assert found.code == 1
    assert "choose another with --port" in found.err


def test_a_file_in_place_of_a_folder_is_told(call, tmp_path):
    file = tmp_path / "summary.json"
    file.write_text("{}")
    for words in ((file,), (tmp_path, "--scenarios", file)):
        found = call("serve", *words, "--port", "0")
        assert (found.code, found.err) == (
            2,
            f"error: {file} is not a folder\n",
        )


def test_a_folder_that_is_not_there_is_noted(tmp_path):
    process = subprocess.Popen(
        [sys.executable, "-m", "payload", "serve", "resluts", "--port", "0"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        cwd=tmp_path,
    )
    try:
        assert process.stdout.readline().startswith("http://127.0.0.1:")
    finally:
        process.terminate()
        _, said = process.communicate(timeout=30)
    assert said.splitlines()[:2] == [
        "note: there is no folder resluts yet: nothing to open until something has flown",
        "note: there is no folder scenarios yet: nothing to fly; --scenarios names another",
    ]


def test_without_the_extra_it_says_what_helps(monkeypatch, tmp_path):
    monkeypatch.setitem(sys.modules, "uvicorn", None)
    with pytest.raises(PluginError, match=r"payload-sim\[web\]"):
        serve(tmp_path, tmp_path, port=0, tell=print)
    importlib.invalidate_caches()
