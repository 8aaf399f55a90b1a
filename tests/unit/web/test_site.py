"""What the page's addresses answer, and to whom they answer nothing."""

import json
import os
import shutil
import subprocess
import sys
import threading
import time

import pytest
from conftest import write_small
from starlette.testclient import TestClient
from sweeping import write_plugin
from unit.web.conftest import HOME, PORT

from payload.errors import ScenarioError
from payload.web.guard import MOST_BODY_BYTES, TOKEN_HEADER
from payload.web.runway import Runway
from payload.web.serve import make_site
from payload.web.shelf import Shelf

GETS = ("/", "/static/app.js", "/api/results", "/api/scenarios", "/api/flight")
POSTS = ("/api/knobs", "/api/flight", "/api/flight/cancel")


def wait(served, state, seconds=60):
    deadline = time.monotonic() + seconds
    while served.site.runway.status.state != state:
        assert time.monotonic() < deadline, served.site.runway.status
        time.sleep(0.05)
    return served.site.runway.status


def land(runway, seconds=60):
    """Wait until nothing flies."""
    deadline = time.monotonic() + seconds
    while runway.status.state == "flying":
        assert time.monotonic() < deadline, runway.status
        time.sleep(0.05)
    return runway.status


def flight_that(says, folder, monkeypatch):
    """A runway on which a process that runs this code stands for a flight."""

    def begin(module, errors):
        return subprocess.Popen(
            [sys.executable, "-c", says if module == "flight" else "pass"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=errors,
            text=True,
        )

    monkeypatch.setattr("payload.web.runway._begin", begin)
    runway = Runway(folder)
    runway.start("small.yaml", folder / "small.yaml", [])
    return runway


class TestWhoMayAsk:
    @pytest.mark.parametrize("path", GETS)
    @pytest.mark.parametrize(
        "headers",
        [
            {"host": "evil.example:8765"},
            {"host": "127.0.0.1.evil.example:8765"},
            {"host": "127.0.0.1:8766"},
            {"host": ""},
            {"sec-fetch-site": "cross-site"},
            {"sec-fetch-site": "same-site"},
            {"origin": "http://evil.example"},
            {"origin": "null"},
        ],
        ids=str,
    )
    def test_another_site_or_name_is_refused(self, served, path, headers):
        found = served.client.get(path, headers=headers)
        assert found.status_code == 403
        assert served.token not in found.text

    @pytest.mark.parametrize("path", POSTS)
    @pytest.mark.parametrize(
        "headers",
        [
            {TOKEN_HEADER: ""},
            {TOKEN_HEADER: "guess"},
            {"origin": "http://evil.example"},
            {"content-type": "text/plain"},
            {"content-type": "application/x-www-form-urlencoded"},
            {"sec-fetch-site": "cross-site"},
        ],
        ids=str,
    )
    def test_nothing_is_changed_without_token_json_and_origin(self, served, path, headers):
        body = {"scenario": "small.yaml", "changes": {}}
        assert served.post(path, body, **headers).status_code == 403
        assert served.site.runway.status.number == 0

    def test_a_body_too_large_is_refused(self, served):
        changes = {"description": "x" * MOST_BODY_BYTES}
        assert (
            served.post("/api/knobs", {"scenario": "small.yaml", "changes": changes}).status_code
            == 413
        )

    def test_localhost_is_this_machine_too(self, served):
        assert served.client.get("/", headers={"host": f"localhost:{PORT}"}).status_code == 200

    def test_every_answer_says_what_a_browser_may_do_with_it(self, served):
        for path in GETS:
            headers = served.client.get(path).headers
            assert "default-src 'none'" in headers["content-security-policy"]
            assert "frame-ancestors 'none'" in headers["content-security-policy"]
            assert headers["x-content-type-options"] == "nosniff"

    def test_each_server_has_a_token_of_its_own(self, flown):
        tokens = {make_site(flown, flown).app(PORT).token for _ in range(5)}
        assert len(tokens) == 5


class TestPaths:
    @pytest.mark.parametrize(
        "name",
        [
            "..", "../..", "%2e%2e", "..%2f..%2fetc", "%2fetc%2fpasswd", ".hidden", "small", "a\x00b",
            "x" * 10_000, "'; drop table x; --", "<script>alert(1)</script>", "..\\..\\windows", "\u202e",
        ],
    )  # fmt: skip
    def test_no_name_leads_outside(self, served, name):
        (served.results / ".hidden").mkdir(exist_ok=True)
        (served.results / ".hidden" / "summary.json").write_text("{}")
        for path in ("/results/{}/report.html", "/static/{}"):
            try:
                found = served.client.get(path.format(name))
            except Exception as error:  # noqa: BLE001 - the client itself refuses some addresses
                assert "InvalidURL" in type(error).__name__  # noqa: PT017
                continue
            # Of dots the client itself makes an address of ours.
            assert found.status_code in {404, 422} or found.url.path == "/"
            assert "root:" not in found.text
        for body in (
            {"scenario": name, "changes": {}},
            {"scenario": f"{name}.yaml", "changes": {}},
        ):
            if name != "small":
                assert served.post("/api/knobs", body).status_code == 422

    def test_links_and_folders_that_are_none_are_not_shown(self, served, tmp_path):
        real = next(iter(served.site.shelf.folders().values()))
        results = tmp_path / "results"
        results.mkdir()
        (results / "linked").symlink_to(real)
        (results / "empty").mkdir()
        (results / "a file").write_text("x")
        assert Shelf(results, tmp_path).folders() == {}

    def test_a_report_that_is_a_link_is_not_followed(self, served, tmp_path):
        real = next(iter(served.site.shelf.folders().values()))
        own = tmp_path / "results" / "own"
        shutil.copytree(real, own)
        (own / "report.html").unlink()
        (own / "report.html").symlink_to("/etc/passwd")
        site = make_site(tmp_path / "results", tmp_path)
        with TestClient(site.app(PORT), base_url=HOME) as client:
            assert client.get("/results/own/report.html").status_code == 422

    def test_a_results_folder_itself_can_be_served(self, served):
        real = next(iter(served.site.shelf.folders().values()))
        assert make_site(real, served.scenarios).shelf.results == served.results


class TestResults:
    def test_they_are_told_with_what_their_summaries_say(self, served):
        told = served.client.get("/api/results").json()["results"]
        assert len(told) == 2
        for one in told:
            summary = json.loads((served.results / one["name"] / "summary.json").read_text())
            assert one["delivered_bytes"] == summary["bytes"]["delivered"]
            assert one["problem"] is None
            assert one["finished_utc"].endswith("Z")

    def test_a_report_is_shown_without_an_origin(self, served):
        name = served.client.get("/api/results").json()["results"][0]["name"]
        found = served.client.get(f"/results/{name}/report.html")
        assert found.status_code == 200
        assert "savings report" in found.text
        assert found.headers["content-security-policy"].startswith("sandbox allow-scripts;")

    @pytest.mark.parametrize(
        ("content", "words"),
        [
            ('{"schema_version": 99}', "schema_version 99"),
            ("{", "not valid JSON"),
            ("[" * 100_000, "not valid JSON"),
            ("", "not valid JSON"),
            ('{"schema_version": 2, "arms": []}', "damaged"),
        ],
    )
    def test_damaged_ones_and_those_of_another_version_say_so(
        self, served, tmp_path, content, words
    ):
        good = next(iter(served.site.shelf.folders().values()))
        shutil.copytree(good, tmp_path / "results" / "good")
        broken = tmp_path / "results" / "broken"
        broken.mkdir()
        (broken / "summary.json").write_text(content)
        site = make_site(tmp_path / "results", tmp_path)
        with TestClient(site.app(PORT), base_url=HOME) as client:
            told = {one["name"]: one for one in client.get("/api/results").json()["results"]}
            assert told["good"]["problem"] is None
            assert words in told["broken"]["problem"]
            found = client.get("/api/compare", params={"left": "good", "right": "broken"})
            assert found.status_code == 422
            assert words in found.json()["error"]

    def test_one_without_its_own_arm_says_so_and_the_others_say_their_fidelity(
        self, served, tmp_path
    ):
        good = next(iter(served.site.shelf.folders().values()))
        said = json.loads((good / "summary.json").read_text())
        plain = {key: value for key, value in said.items() if key != "surrogate"}
        sampled = plain | {"sampled": {"sentences": ["Of 9 tiles, 3 were rendered."]}}
        for name, summary in (
            ("armless", said | {"arms": []}),
            ("plain", plain),
            ("sampled", sampled),
            ("surrogate", said),
        ):
            (tmp_path / "results" / name).mkdir(parents=True)
            (tmp_path / "results" / name / "summary.json").write_text(json.dumps(summary))
        told = {one["name"]: one for one in Shelf(tmp_path / "results", tmp_path).told()}
        assert "has no arm 'prune'" in told["armless"]["problem"]
        assert told["plain"]["problem"] is None
        for name, fidelity in (
            ("plain", "pixels"),
            ("sampled", "sampled"),
            ("surrogate", "surrogate"),
        ):
            assert told[name]["fidelity"] == fidelity

    def test_names_that_are_no_text_are_left_out(self, served, tmp_path):
        good = next(iter(served.site.shelf.folders().values()))
        folder = tmp_path / "results" / os.fsdecode(b"bad\xff\xfe")
        folder.mkdir(parents=True)
        shutil.copy(good / "summary.json", folder)
        site = make_site(tmp_path / "results", tmp_path)
        with TestClient(site.app(PORT), base_url=HOME) as client:
            assert client.get("/api/results").json()["results"] == []

    def test_two_flights_are_set_side_by_side(self, served):
        names = [one["name"] for one in served.client.get("/api/results").json()["results"]]
        summaries = [json.loads((served.results / n / "summary.json").read_text()) for n in names]
        found = served.client.get(
            "/api/compare", params=dict(zip(("left", "right"), names, strict=True))
        )
        told = found.json()
        assert told["variants"] == names
        rows = {row["key"]: row for row in told["rows"]}
        down = [summary["bytes"]["delivered"] for summary in summaries]
        assert rows["bytes.delivered"]["values"] == down
        assert rows["bytes.delivered"]["differences"] == [0, down[1] - down[0]]
        assert down[0] != down[1]
        assert [row["key"] for row in told["changed"]] == ["link.rate_mbps"]
        assert [arm["name"] for arm in told["arms"][0]] == [
            "raw", "compressed", "discard", "prune", "mask", "oracle",
        ]  # fmt: skip


class TestFlying:
    def test_only_scenarios_are_offered(self, served):
        assert served.client.get("/api/scenarios").json()["scenarios"] == ["small.yaml"]

    def test_changes_are_checked_before_anything_flies(self, served):
        bad = {"scenario": "small.yaml", "changes": {"link.rate_mbps": -1}}
        for path in ("/api/knobs", "/api/flight"):
            found = served.post(path, bad)
            assert found.status_code == 422
            assert found.json()["error"].startswith("link.rate_mbps: found -1; ")
        assert served.site.runway.status.number == 0

    @pytest.mark.parametrize(
        "body",
        [
            [], "text", 1, {}, {"scenario": 3}, {"scenario": "small.yaml", "changes": []},
            {"scenario": "small.yaml", "changes": {"a b": 1}},
            {"scenario": "small.yaml", "changes": {"x=1\nseed": 1}},
            {"scenario": "small.yaml", "changes": {"": 1}},
            {"scenario": "small.yaml", "changes": {"__class__": 1}},
            {"scenario": "small.yaml", "changes": {"description": {"a": [1] * 3}}},
            {"scenario": "small.yaml", "changes": {"name": "../../escape"}},
        ],
        ids=str,
    )  # fmt: skip
    def test_nonsense_is_answered_with_a_sentence(self, served, body):
        found = served.post("/api/flight", body)
        assert found.status_code == 422
        assert found.json()["error"]
        assert served.site.runway.status.number == 0

    def test_a_flight_leaves_what_run_leaves(self, served, flown, tmp_path):
        from payload import api  # noqa: PLC0415

        served.site.runway.out = tmp_path / "web"
        changes = {"seed": 11, "description": 'it\'s "quoted" # and: {odd}'}
        started = served.post("/api/flight", {"scenario": "small.yaml", "changes": changes})
        assert started.status_code == 202
        assert started.json()["state"] == "flying"
        status = wait(served, "done")
        assert status.images > 0
        assert status.arms >= 1
        texts = [f"{key}={json.dumps(value)}" for key, value in changes.items()]
        own = api.run(api.check(flown / "scenarios/small.yaml", texts), tmp_path / "own")
        assert status.folder == own.folder.name
        for name in ("summary.json", "scenario.json", "ledger.parquet"):
            assert (tmp_path / "web" / status.folder / name).read_bytes() == (
                own.folder / name
            ).read_bytes()

    def test_one_at_a_time_and_a_cancelled_one_leaves_nothing(self, served, tmp_path):
        served.site.runway.out = tmp_path / "web"
        asked = {"scenario": "small.yaml", "changes": {"seed": 12, "duration_h": 4000}}
        assert served.post("/api/flight", asked).status_code == 202
        again = served.post("/api/flight", asked)
        assert again.status_code == 409
        with pytest.raises(ScenarioError, match="one at a time"):
            served.site.runway.start("small.yaml", served.scenarios / "small.yaml", [])
        deadline = time.monotonic() + 60
        while not (tmp_path / "web").exists():  # until it writes
            assert time.monotonic() < deadline
            time.sleep(0.05)
        assert served.post("/api/flight/cancel", {}).json()["state"] == "cancelled"
        assert list((tmp_path / "web").iterdir()) == []
        assert served.post("/api/flight/cancel", {}).json()["state"] == "cancelled"

    def test_a_flight_tells_how_long_it_still_takes_and_ends_who_estimates(self, served, tmp_path):
        served.site.runway.out = tmp_path / "web"
        asked = {"scenario": "small.yaml", "changes": {"seed": 14, "duration_h": 4000}}
        assert served.post("/api/flight", asked).json()["left_s"] is None
        deadline = time.monotonic() + 60
        while (left_s := served.client.get("/api/flight").json()["left_s"]) is None:
            assert served.site.runway.status.state == "flying"
            assert time.monotonic() < deadline
            time.sleep(0.05)
        assert left_s > 0
        time.sleep(0.05)
        assert served.site.runway._expecting.wait(10) == 0
        served.post("/api/flight/cancel", {})
        assert served.client.get("/api/flight").json()["left_s"] is None
        served.post("/api/flight", asked)
        served.post("/api/flight/cancel", {})  # before the estimate is there
        assert served.site.runway._expecting.wait(10) != 0

    def test_what_fails_in_flight_is_told(self, served, tmp_path):
        (tmp_path / "file").write_text("in the way")
        served.site.runway.out = tmp_path / "file"
        served.post("/api/flight", {"scenario": "small.yaml", "changes": {}})
        assert "cannot be written" in wait(served, "failed").message

    def test_a_flight_that_is_killed_is_told(self, served, tmp_path):
        served.site.runway.out = tmp_path
        served.post("/api/flight", {"scenario": "small.yaml", "changes": {"duration_h": 4000}})
        served.site.runway._process.kill()
        assert wait(served, "cancelled").folder == ""

    def test_what_a_plug_in_prints_is_no_message(self, tmp_path, monkeypatch):
        path = write_small(tmp_path, masker={"kind": "rude", "does": "print"}, duration_h=3)
        places = (str(write_plugin(tmp_path)), os.environ.get("PYTHONPATH"))
        monkeypatch.setenv("PYTHONPATH", os.pathsep.join(filter(None, places)))
        runway = Runway(tmp_path / "web")
        runway.start("small.yaml", path, [])
        status = land(runway)
        assert status.state == "done", status
        assert (tmp_path / "web" / status.folder / "summary.json").is_file()

    def test_lines_that_are_no_messages_are_passed_over(self, tmp_path, monkeypatch):
        spoken = ["hello", "[1]", "{}", "[" * 100_000, '{"state": "done", "folder": "x"}']
        runway = flight_that(f"print(*{spoken}, sep='\\n')", tmp_path, monkeypatch)
        assert (land(runway).state, runway.status.folder) == ("done", "x")

    def test_a_follower_that_fails_leaves_no_flight_behind(self, tmp_path, monkeypatch):
        def fail(*_):
            raise RuntimeError("deaf")

        monkeypatch.setattr(Runway, "_hear", fail)
        monkeypatch.setattr(threading, "excepthook", lambda _: None)
        runway = flight_that("print('{}')", tmp_path, monkeypatch)
        assert land(runway).state == "failed"

    def test_events_tell_how_it_goes_and_end_with_the_server(self, served, tmp_path):
        served.site.runway.out = tmp_path / "web"
        served.post("/api/flight", {"scenario": "small.yaml", "changes": {"seed": 13}})
        wait(served, "done")
        over = []
        served.site.is_over = lambda: bool(over)
        states = []
        with served.client.stream("GET", "/api/flight/events") as events:
            assert events.headers["content-type"].startswith("text/event-stream")
            for line in events.iter_lines():
                if line.startswith("data: "):
                    states.append(json.loads(line.removeprefix("data: "))["state"])
                    over.append(True)
        assert states == ["done"]
