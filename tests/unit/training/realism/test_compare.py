"""A world beside the real images: what cannot be compared is refused, the whole is judged and written."""

import json

import pytest

from payload.errors import ImageryError
from payload.training.realism.compare import Sample, compare_world
from payload.training.realism.page import FINDINGS, PAGE, PICTURE


def test_images_without_a_counterpart_are_refused(tmp_path, made, write_plain, monkeypatch):
    monkeypatch.setattr("payload.training.realism.compare._COUNTS", {True: (1, 0, 1)})
    folder = write_plain(tmp_path / "images", [made(1)])
    index = folder / "index.csv"
    index.write_text(index.read_text(encoding="utf-8").replace(",10", ",120"), encoding="utf-8")
    with pytest.raises(ImageryError, match="no image has pixels of 10 or 30 m"):
        compare_world(folder, tmp_path / "out", Sample(quick=True))
    assert not (tmp_path / "out").exists()


def test_the_whole_is_judged_on_real_images_and_written(real_images, tmp_path, monkeypatch):
    pytest.importorskip("ukis_csmask", reason="the extra `train` is not installed")
    monkeypatch.setattr("payload.training.realism.compare._COUNTS", {True: (3, 2, 2)})
    folder = tmp_path / "clouds"
    folder.mkdir()
    table = (real_images / "index.csv").read_text(encoding="utf-8").splitlines()
    rows = [row for row in table if row.startswith("l8biome_")][:4]
    rows += [row for row in table if row.startswith("s12cr_")][:6]
    (folder / "index.csv").write_text("\n".join([table[0], *rows]), encoding="utf-8")
    for row in rows:
        for ending in ("img", "msk"):
            name = f"{row.partition(',')[0]}_{ending}.tif"
            (folder / name).symlink_to(real_images / name)
    verdict = compare_world(folder, tmp_path / "out", Sample(quick=True))
    found = json.loads((tmp_path / "out" / FINDINGS).read_text(encoding="utf-8"))
    assert {name.name for name in (tmp_path / "out").iterdir()} == {FINDINGS, PAGE, PICTURE}
    assert len(found["criteria"]) == len(verdict.criteria)
    assert found["ukis"]["real"]["iou"] > 0.5
    assert "ukis-csmask against truth: IoU" in (tmp_path / "out" / PAGE).read_text("utf-8")
