"""The public surface: what `payload.api` exports is there and is documented, rooms have their guide."""

import ast
import inspect
import re
import statistics

from payload import api


def test_every_exported_name_is_there_and_documented():
    for name in api.__all__:
        assert inspect.getdoc(getattr(api, name)), name
    assert api.__all__ == sorted(api.__all__)


def test_every_public_function_of_the_front_door_is_exported():
    own = {
        name
        for name, value in vars(api).items()
        if inspect.isfunction(value)
        and value.__module__ == "payload.api"
        and not name.startswith("_")
    }
    assert own <= set(api.__all__)


def test_whoever_hands_over_a_file_may_name_it_by_text():
    asked = {
        (name, parameter.name): str(parameter.annotation)
        for name in api.__all__
        if inspect.isfunction(getattr(api, name))
        for parameter in inspect.signature(getattr(api, name), eval_str=True).parameters.values()
        if re.search(r"\bPath\b", str(parameter.annotation))
    }
    assert len(asked) > 20
    assert {what for what, type_ in asked.items() if "str" not in type_} == set()


def test_every_room_has_a_guide(root):
    for folder in (root / "payload").iterdir():
        if (folder / "__init__.py").exists():
            text = (folder / "__init__.py").read_text(encoding="utf-8")
            assert ast.get_docstring(ast.parse(text)), folder.name


def test_modules_stay_small(root):
    lengths = {
        path.relative_to(root).as_posix(): len(path.read_text(encoding="utf-8").splitlines())
        for path in (root / "payload").rglob("*.py")
    }
    long = {name: lines for name, lines in lengths.items() if lines > 400}
    assert len(long) <= 3, long
    assert max(lengths.values()) <= 520, long
    assert statistics.median(lengths.values()) <= 150


def test_the_repository_speaks_of_the_project_alone(root):
    allowed = {
        "pyproject.toml", "README.md", "payload", "scenarios", "tests", "results", "LICENSE",
        "CHANGELOG.md", "justfile", "uv.lock", "build", "dist",
    }  # fmt: skip
    found = {path.name for path in root.iterdir() if not path.name.startswith(".")}
    assert found <= allowed
