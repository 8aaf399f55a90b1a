"""Digests of the code that made a result, by what it does and not by how it is written."""

import ast
from collections.abc import Iterable
from functools import cache
from pathlib import Path

from payload.provenance import digest_json

ROOM = Path(__file__).parent


def code_digest(*modules: str) -> str:
    """One digest of modules of `payload.training`; comments, docstrings and layout do not change it.

    Args:
        modules: Paths below that folder without suffix; a folder stands for all modules in it.

    Source: Python's own syntax tree, without strings that stand alone.
    """
    trees = {
        str(path.relative_to(ROOM)): _tree(path.read_text(encoding="utf-8"))
        for path in sorted(_files(modules))
    }
    return digest_json(trees)


def _files(modules: Iterable[str]) -> Iterable[Path]:
    for module in modules:
        folder = ROOM / module
        yield from folder.rglob("*.py") if folder.is_dir() else [folder.with_suffix(".py")]


@cache
def _tree(text: str) -> str:
    """The syntax tree as text; cached, as each run of a study asks for the same files."""
    tree = ast.parse(text)
    for node in ast.walk(tree):
        body = getattr(node, "body", None)
        if isinstance(body, list):
            node.body = [part for part in body if not _is_text(part)]  # type: ignore[attr-defined]
    return ast.dump(tree)


def _is_text(part: ast.AST) -> bool:
    return (
        isinstance(part, ast.Expr)
        and isinstance(part.value, ast.Constant)
        and isinstance(part.value.value, str)
    )
