"""What README and the pages that it leads to say is so: commands run, keys exist, the contributor's example works."""

import dataclasses
import json
import re
import shlex
from importlib.metadata import EntryPoint

import pytest
from contracts.codec import CodecContract
from typer.main import get_command
from typer.testing import CliRunner

from payload import registry
from payload.cli import app
from payload.scenario.load import load_scenario
from payload.scenario.source import read_yaml
from payload.sim import assemble, fly_arms

PAGES = ("README.md", "scenarios/README.md", "results/README.md")


def blocks(root, language, page="README.md"):
    """The fenced blocks of a page in a language, in order."""
    text = (root / page).read_text(encoding="utf-8")
    fenced = re.findall(r"^```(\w*)\n(.*?)^```$", text, re.DOTALL | re.MULTILINE)
    return [block for name, block in fenced if name == language]


def commands(root, page):
    """The payload-sim commands in a page's shell blocks, as words."""
    for block in blocks(root, "sh", page):
        for line in block.splitlines():
            if line.startswith("payload-sim"):
                yield shlex.split(line, comments=True)[1:]


def test_the_quickstart_holds_exactly_two_commands(root):
    text = (root / "README.md").read_text(encoding="utf-8")
    quickstart = text.split("## Quickstart", 1)[1].split("\n## ", 1)[0]
    found = [
        line
        for block in re.findall(r"```sh\n(.*?)```", quickstart, re.DOTALL)
        for line in block.splitlines()
    ]
    assert len(found) == 2
    assert all("pip install -e" in line for line in found)


def test_every_command_of_the_pages_exists_with_its_options(root):
    known = get_command(app).commands
    found = [words for page in PAGES for words in commands(root, page)]
    assert len(found) >= 20
    for words in found:
        options = {name for parameter in known[words[0]].params for name in parameter.opts}
        assert {word for word in words if word.startswith("--")} <= options, words


def test_every_command_has_help_with_an_example_that_parses(call_help):
    for name, command in get_command(app).commands.items():
        text = call_help(name)
        example = re.search(r"Example:\s+payload-sim (.*?)(?:\n\s*\n|\Z)", command.help, re.DOTALL)
        assert example, name
        words = shlex.split(" ".join(example[1].split()))
        assert words[0] == name
        assert "Example" in text


@pytest.fixture
def call_help():
    def run(name):
        result = CliRunner().invoke(app, [name, "--help"])
        assert result.exit_code == 0
        return result.stdout

    return run


def test_the_knobs_in_the_walk_are_keys_of_the_quickstart(root, tmp_path):
    """README's abridged scenario, laid over the quickstart, is a good scenario with the same values."""
    (tmp_path / "walk.yaml").write_text(blocks(root, "yaml")[0], encoding="utf-8")
    walk, _ = read_yaml(tmp_path / "walk.yaml")
    quickstart, _ = read_yaml(root / "scenarios" / "quickstart.yaml")
    for section, values in walk.items():
        whole = quickstart[section]
        for mine, theirs in zip(
            *(([v] if isinstance(v, dict) else v) for v in (values, whole)), strict=True
        ):
            assert mine.items() <= theirs.items(), section


def test_the_console_example_answers_as_printed(root, monkeypatch):
    monkeypatch.chdir(root)
    (block,) = blocks(root, "console")
    command, answer = block.strip().split("\n", 1)
    result = CliRunner().invoke(app, shlex.split(command.removeprefix("$ payload-sim ")))
    assert result.exit_code == 2
    assert result.stderr.strip() == answer


def test_the_summary_keys_of_readme_are_those_of_a_run(root, write_scenario, tmp_path):
    powered = write_scenario(
        power={"array_w": 20.0, "battery_wh": 40.0, "bus_w": 5.0, "radio_tx_w": 10.0}
    )
    result = CliRunner().invoke(
        app, ["run", str(powered), "--out", str(tmp_path / "out"), "--json"]
    )
    summary = json.loads(result.stdout)
    (text,) = blocks(root, "", "results/README.md")
    for line in text.splitlines():
        if match := re.match(r"(\w+): +(.*)", line):
            section, names = match[1], [name.strip(" ,[]{}") for name in match[2].split(",")]
            if section == "arms":
                assert set(names) - {"…"} <= summary["arms"][0].keys()
            elif section == "energy_j":  # with a battery its consumers stand beside these
                assert names == list(summary[section])[: len(names)]
            elif section != "notes":
                assert names == list(summary[section])
        else:
            assert {name.strip() for name in line.split(",") if name.strip()} <= summary.keys()


def test_the_scores_of_the_masker_are_those_that_were_found(root):
    found = json.loads((root / "results/masker/study/findings.json").read_text(encoding="utf-8"))
    maskers = {each["name"]: each for each in found["maskers"]}
    text = (root / "README.md").read_text(encoding="utf-8")
    section = text.split("## The masker", 1)[1].split("\n## ", 1)[0]
    rows = re.findall(
        r"^\| ([^|]+) \| ([\d,]+|-) \| ([\d.]+) \| ([\d.]+) \| ([\d.]+) \|$", section, re.MULTILINE
    )
    assert len(rows) == 8
    for name, _, *scores in rows:
        plain = name.strip("* ").split(":")[0].removesuffix(", 4 bands")
        pooled = maskers[plain]["pooled"]
        told = [pooled[key]["mean"] for key in ("iou", "precision", "recall")]
        assert [float(score) for score in scores] == pytest.approx(told, abs=6e-4), name


def test_the_steps_and_the_speed_of_the_shipped_networks_are_those_that_were_found(root):
    text = (root / "README.md").read_text(encoding="utf-8")
    section = text.split("## The masker", 1)[1].split("\n## ", 1)[0]
    for name in ("fast", "default"):
        card = json.loads((root / f"payload/data/models/{name}.json").read_text(encoding="utf-8"))
        assert re.search(rf"`{name}`[^`]* {card['trained_on']['steps']:,}", section), name
    speed = json.loads((root / "results/masker/shipped/speed.json").read_text(encoding="utf-8"))
    path = {
        (name, row["precision"]): row["path_mpx_per_s"]
        for name, one in speed["networks"].items()
        for row in one["rows"]
        if row["threads"] == 1
    }
    found = [
        path["fast", "int8"] / path["default", "int8"],
        path["fast", "fp32"] / path["default", "fp32"],
        path["fast", "int8"] / path["fast", "fp32"],
        path["default", "int8"] / path["default", "fp32"],
    ]
    told = re.findall(r"([\d.]+) \S+ to ([\d.]+) times", section)
    assert [float(one) for pair in told for one in pair] == pytest.approx(found, abs=0.02)


def test_what_is_told_of_the_synthetic_earth_was_found(root):
    """All figures of the table and of the laws, in the order in which they were judged."""
    folder = root / "results" / "world"
    found = json.loads((folder / "realism.json").read_text(encoding="utf-8"))["criteria"]
    assert all(each["is_met"] for each in found)
    told = [each for each in found if "cloudy tiles with" not in each["name"]]
    text = (root / "README.md").read_text(encoding="utf-8")
    section = text.split("## The synthetic Earth", 1)[1].split("\n## ", 1)[0]
    cells = re.findall(r"^\| [^|]+ \| ([\d., ]+) \| [^|]+ \| ([\d., ]+) \|$", section, re.MULTILINE)
    values, real = (
        [float(value) for row in column for value in row.split(", ")]
        for column in zip(*cells, strict=True)
    )
    assert values == pytest.approx([each["value"] for each in told], abs=6e-3)
    assert real[:8] == pytest.approx([each["real"] for each in told[:8]], abs=6e-3)
    laws = json.loads((folder / "laws.json").read_text(encoding="utf-8"))["laws"]
    bound = [law for law in laws if law["least"] is not None]
    assert all(law["least"] <= law["measured"] <= law["most"] for law in bound)
    for law in laws[:3]:
        assert f"{law['measured']:.0f}" in section


class TestTheContributorsCodec(CodecContract):
    """README's example keeps the contract of a codec, and flies."""

    @pytest.fixture(autouse=True)
    def _deflate(self, root, monkeypatch):
        space = {"__name__": "contributor"}
        (code,) = blocks(root, "python")
        exec(compile(code, "README.md", "exec"), space)  # noqa: S102
        self.kind = space["Deflate"]
        type(self).codec = self.kind()

        class Declared(EntryPoint):
            def load(self):
                return space["Deflate"]

        real = registry._entry_points
        monkeypatch.setattr(
            registry,
            "_entry_points",
            lambda socket: (
                real(socket)
                | (
                    {"deflate": Declared("deflate", "x:Deflate", socket)}
                    if socket == "payload.codec"
                    else {}
                )
            ),
        )

    def test_it_flies_and_its_option_is_known(self, write_scenario, tmp_path):
        scenario = load_scenario(write_scenario(codec={"kind": "deflate", "level": 9}))
        records, _ = fly_arms(assemble(scenario), tmp_path)
        assert records["compressed"].delivered_s
        assert {f.name for f in dataclasses.fields(self.kind)} == {"level"}


def anchors_of(page):
    """What links within a page may lead to, by GitHub's rule: small letters, no marks, hyphens for spaces."""
    text = re.sub(r"^```.*?^```$", "", page.read_text("utf-8"), flags=re.DOTALL | re.MULTILINE)
    headings = re.findall(r"^#+ (.+)$", text, re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", each.lower()).replace(" ", "-") for each in headings}


@pytest.mark.parametrize("page", PAGES)
def test_every_link_of_a_page_leads_somewhere(root, page):
    home = root / page
    links = re.findall(r"\]\(([^)]+)\)", home.read_text(encoding="utf-8"))
    assert len([link for link in links if not link.startswith("https://")]) >= 10
    for link in links:
        if not link.startswith("https://"):
            path, _, anchor = link.partition("#")
            target = home.parent / path if path else home
            assert target.exists(), link
            assert not anchor or anchor in anchors_of(target), link


def test_every_key_of_a_scenario_is_told_of_once(root):
    schema = json.loads((root / "scenarios" / "schema.json").read_text(encoding="utf-8"))
    text = (root / "scenarios" / "README.md").read_text(encoding="utf-8")
    table = text.split("| key | what it says |", 1)[1].split("\n\n", 1)[0]
    first_cells = [row.split("|")[1] for row in table.splitlines()[2:]]
    told = [name for cell in first_cells for name in re.findall(r"`(\w+)`", cell)]
    assert sorted(told) == sorted(schema["properties"])
