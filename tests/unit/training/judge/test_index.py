"""All findings of a folder on one page."""

import json

import pytest

from payload.errors import MaskerError
from payload.training.judge.evaluation import Trial, evaluate_model
from payload.training.judge.findings import write_findings
from payload.training.judge.index import write_index
from payload.training.predictors import Blue


@pytest.fixture
def folder(picture, tmp_path):
    truth = [[1] * 6 + [0] * 6] * 12
    said = [[0.4] * 5 + [0.1] * 7] * 12
    images = [picture(truth, said, "a"), picture(truth, said, "b")]
    found = evaluate_model([Blue()], images, Trial(perturbations=()))
    write_findings(found, tmp_path / "two", title="The second")
    write_findings(found, tmp_path / "one", title="The first")
    return tmp_path


def test_the_page_lists_all_findings_in_order_with_the_scores_of_each(folder):
    write_index(folder)
    page = (folder / "README.md").read_text()
    assert page.index("[The first](one/README.md)") < page.index("[The second](two/README.md)")
    pooled = json.loads((folder / "one" / "findings.json").read_text())["maskers"][0]["pooled"]
    assert page.count(f"| blue > 0.25 | 1 | {pooled['iou']['mean']:.3f} |") == 2


def test_findings_that_are_none_are_named(folder):
    (folder / "one" / "findings.json").write_text("{}")
    with pytest.raises(MaskerError, match=r"one/findings\.json"):
        write_index(folder)
