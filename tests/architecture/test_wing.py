"""Each test of the training wing runs once: those that want the extra `train` where it is, the others where it is not."""

import ast

FOUND_BY = "the extra `train` is not installed"


def ways_out(path):
    """Where a test may be left out, and the reason if it is said in so many words."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    calls = {id(node.func): node for node in ast.walk(tree) if isinstance(node, ast.Call)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and node.attr in {"importorskip", "skip", "skipif"}:
            given = calls[id(node)].keywords if id(node) in calls else []
            reasons = [ast.unparse(each.value) for each in given if each.arg == "reason"]
            yield path.name, node.lineno, node.attr, *reasons


def test_the_wing_runs_the_files_that_may_be_left_out_where_its_extra_is_not(root):
    assert f"'{FOUND_BY}' tests/unit/training)" in (root / ".ci" / "run").read_text()
    found = [way for path in (root / "tests/unit/training").rglob("*.py") for way in ways_out(path)]
    assert len(found) > 10
    for name, line, *said in found:
        assert name.startswith("test_"), (name, line)
        assert said == ["importorskip", repr(FOUND_BY)], (name, line)
