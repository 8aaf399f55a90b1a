"""What made a result: code by what it does."""

from payload.training import lineage


def digest_of(folder, monkeypatch, text):
    (folder / "part.py").write_text(text)
    monkeypatch.setattr(lineage, "ROOM", folder)
    return lineage.code_digest("part")


def test_comments_docstrings_and_layout_change_nothing(tmp_path, monkeypatch):
    plain = digest_of(tmp_path, monkeypatch, "def f(x):\n    return x + 1\n")
    dressed = '"""Why."""\n\n\ndef f(x):\n    """What."""\n    # how\n    return (x + 1)\n'
    assert digest_of(tmp_path, monkeypatch, dressed) == plain


def test_another_number_changes_it(tmp_path, monkeypatch):
    one = digest_of(tmp_path, monkeypatch, "RATE = 1\n")
    assert digest_of(tmp_path, monkeypatch, "RATE = 2\n") != one


def test_a_folder_stands_for_all_its_modules(tmp_path, monkeypatch):
    (tmp_path / "room").mkdir()
    (tmp_path / "room" / "a.py").write_text("A = 1\n")
    monkeypatch.setattr(lineage, "ROOM", tmp_path)
    one = lineage.code_digest("room")
    (tmp_path / "room" / "b.py").write_text("B = 1\n")
    assert lineage.code_digest("room") != one
