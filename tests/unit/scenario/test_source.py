"""YAML is read once, by libyaml where that says the same as PyYAML's own parser, and all complaints are those of the latter."""

import random
import time

import pytest
import yaml

from payload.errors import ScenarioError
from payload.scenario import source
from payload.scenario.source import parse_value, read_yaml

with_libyaml = pytest.mark.skipif(not yaml.__with_libyaml__, reason="PyYAML without libyaml")
PIECES = [
    *" \n:-,[]{}#&*!|>'\"%@`?~\\.0aé\u2028\x85\t",
    "\n  ", "- ", ": ", "? ", "--- ", "...\n", "---\n", "<<: ", "!!str ", "&a ", "*a ", "|\n  x\n", ">-\n  y\n",
    " #c\n", "''", "\ufeff", "%YAML 1.2\n", "[a: b]", "{a, b}", "{a:1}", "1e6", "22:30", "null", "0x1F", ".inf",
]  # fmt: skip


@pytest.fixture(params=["libyaml", "pure"])
def parser(request, monkeypatch):
    if request.param == "pure":
        monkeypatch.setattr(source, "_LIBYAML", None)
    elif source._LIBYAML is None:
        pytest.skip("PyYAML without libyaml")
    return request.param


@pytest.mark.usefixtures("parser")
def test_plain_data_comes_with_the_line_of_each_key(tmp_path):
    path = tmp_path / "some.yaml"
    path.write_text('a: 22:30\nb:\n  - {c: 1e6, d: 0x1F}\n  - [yes, ~, "é"]\n', encoding="utf-8")
    data, where = read_yaml(path)
    assert data == {"a": "22:30", "b": [{"c": 1e6, "d": 31}, ["yes", None, "é"]]}
    assert where.lines == {
        (): 1, ("a",): 1, ("b",): 2, ("b", 0): 3, ("b", 0, "c"): 3, ("b", 0, "d"): 3,
        ("b", 1): 4, ("b", 1, 0): 4, ("b", 1, 1): 4, ("b", 1, 2): 4,
    }  # fmt: skip


@pytest.mark.usefixtures("parser")
@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("a: [1\nb", "some:2: is not YAML: expected ',' or ']', but got '<stream end>'"),
        ("a: 1\n b: 2", "some:2: is not YAML: mapping values are not allowed here"),
        ("a: 1\n---\nb: 2", "some:2: is not YAML: but found another document"),
        ("a: 1\nb: &x 1", "some:2: anchors and aliases (&, *) are not supported; write the value out"),
        ("a: 1\na: 2", "some:2: the key 'a' appears twice"),
        ("a: !!set {}", "some:1: the tag 'tag:yaml.org,2002:set' is not supported; expected plain values"),
        ("a:\t1", "some:1: is not YAML: found character '\\t' that cannot start any token"),
        ("[" * 100 + "]" * 100, "some:1: is nested more than 32 deep"),
        ("- " * 2000 + "x", "some:1: is nested more than 32 deep"),
        ("\n".join(" " * n + "a:" for n in range(40)), "some:33: is nested more than 32 deep"),
    ],
)  # fmt: skip
def test_complaints_name_the_line_and_the_reason(text, said):
    with pytest.raises(ScenarioError) as refused:
        parse_value(text, "some")
    assert str(refused.value) == said


@pytest.mark.usefixtures("parser")
def test_thirty_two_levels_are_read():
    found = parse_value("[" * 32 + "x" + "]" * 32, "some")
    for _ in range(32):
        (found,) = found
    assert found == "x"


@pytest.mark.usefixtures("parser")
@pytest.mark.parametrize("end", ["", "]"])
def test_more_brackets_than_one_line_may_begin_with_take_no_more_time(end):
    """PyYAML's own parser looks up to 1,024 characters ahead; the time it takes grows with the square of the depth."""

    def taken_s(depth):
        start_s = time.process_time()
        with pytest.raises(ScenarioError, match="some:1: is nested more than 32 deep"):
            parse_value("[" * depth + end * depth, "some")
        return time.process_time() - start_s

    assert taken_s(5_000) < 4 * taken_s(1_250)


@with_libyaml
def test_both_parsers_say_the_same_of_made_up_texts(monkeypatch):
    def read(text):
        try:
            return repr(parse_value(text, "some"))
        except ScenarioError as error:
            return str(error)

    draw = random.Random(20)
    texts = ["".join(draw.choices(PIECES, k=draw.randint(1, 12))) for _ in range(800)]
    found = [read(text) for text in texts]
    monkeypatch.setattr(source, "_LIBYAML", None)
    pure = [read(text) for text in texts]
    assert [*zip(texts, found, strict=True)] == [*zip(texts, pure, strict=True)]


@with_libyaml
def test_a_long_file_is_read_in_less_than_half_the_time_of_the_pure_parser(tmp_path, monkeypatch):
    path = tmp_path / "long.yaml"
    path.write_text("".join(f"- {{name: p{n}, lat_deg: {n % 90}.5}}\n" for n in range(1_500)))

    def taken_s():
        start_s = time.process_time()
        read_yaml(path)
        return time.process_time() - start_s

    fast_s = min(taken_s() for _ in range(3))
    monkeypatch.setattr(source, "_LIBYAML", None)
    assert fast_s < min(taken_s() for _ in range(3)) / 2
