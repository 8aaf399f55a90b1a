"""Files that are there whole or not at all: links stay links, and devices what they are."""

import os
import stat

import pytest

from payload.errors import ScenarioError
from payload.text_files import check_place, write_text


def test_what_a_link_names_is_written_there(tmp_path):
    (tmp_path / "elsewhere").mkdir()
    link, place = tmp_path / "link.json", tmp_path / "elsewhere" / "real.json"
    link.symlink_to(place)
    for text in ("one", "two"):
        check_place(link)
        write_text(link, text)
        assert link.is_symlink()
        assert place.read_text() == text
    assert [path.name for path in (tmp_path / "elsewhere").iterdir()] == ["real.json"]


@pytest.mark.parametrize("write", [check_place, lambda path: write_text(path, "x")])
def test_what_is_no_file_is_refused_and_stays(tmp_path, write):
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "folder").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "pipe")
    for name in ("pipe", "folder", "link"):
        with pytest.raises(ScenarioError, match=r"is not a file|a file name in an existing folder"):
            write(tmp_path / name)
    assert stat.S_ISFIFO((tmp_path / "pipe").stat().st_mode)
    assert len(list(tmp_path.iterdir())) == 3
