"""What importing the command line must not wake, and how soon it answers."""

import statistics
import subprocess
import sys
import time

import pytest

HEAVY = (
    "numpy", "rasterio", "onnxruntime", "duckdb", "plotly", "shapely", "simpy", "pydantic", "torch",
    "dask", "numba", "highspy", "jinja2", "yaml", "sgp4",
)  # fmt: skip


def python(code):
    return subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    ).stdout


def test_importing_the_command_line_wakes_nothing_heavy():
    woken = python("import sys, payload.cli; print(*sorted(sys.modules))").split()
    assert not set(HEAVY) & {name.partition(".")[0] for name in woken}


def test_importing_the_package_wakes_nothing_at_all():
    woken = python(
        "import sys; before = set(sys.modules); import payload; print(*(set(sys.modules) - before))"
    )
    assert woken.split() == ["payload"]


def test_only_the_simulation_imports_simpy_and_nothing_that_flies_imports_torch():
    woken = python("import sys, payload.api; print(*sys.modules)").split()
    assert "torch" not in woken
    assert "payload.training" not in woken


def test_help_answers_at_once():
    """`payload-sim --help` within 8 starts of a bare Python (about 0.05 s each): under 0.4 s."""

    def seconds(words):
        start = time.perf_counter()
        subprocess.run(words, capture_output=True, check=True)
        return time.perf_counter() - start

    bare, help_ = [], []
    for _ in range(5):
        bare.append(seconds([sys.executable, "-c", "import argparse, json, pathlib, inspect"]))
        help_.append(seconds([sys.executable, "-m", "payload", "--help"]))
    assert statistics.median(help_) < 8 * statistics.median(bare)


@pytest.mark.parametrize("name", ["simpy", "plotly", "onnxruntime"])
def test_a_scenario_is_read_without_what_only_a_flight_needs(name):
    code = "import sys; from payload.scenario.load import load_scenario; print(*sys.modules)"
    assert name not in python(code).split()


@pytest.mark.parametrize("command", ["check", "passes", "link"])
def test_what_flies_nothing_wakes_neither_flight_nor_report(root, command):
    """`check` wakes the masker, as it asks whether the network fits; nothing else does."""
    words = [command, str(root / "scenarios" / "quickstart.yaml")]
    code = f"import sys; from payload.cli import app; app({words!r}, standalone_mode=False); print(*sys.modules)"
    woken = set(python(code).splitlines()[-1].split())
    asleep = {"simpy", "plotly", "rasterio", "duckdb", "jinja2", "onnxruntime"}
    assert not woken & (asleep - {"onnxruntime"} if command == "check" else asleep)
