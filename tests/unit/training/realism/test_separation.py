"""Laws of telling sets apart: alike is one half, apart is one; weights and folds keep their promises."""

import numpy as np
import pytest

from payload.training.realism.separation import (
    Linear,
    area_under_curve,
    balanced,
    deal,
    held_out_scores,
)


def two_sets(count, distance, seed=0, features=6):
    """Rows of two sets that differ in their first feature alone, eight rows a group."""
    rng = np.random.default_rng(seed)
    is_second = np.arange(2 * count) >= count
    rows = rng.normal(size=(2 * count, features))
    rows[is_second, 0] += distance
    groups = [f"g{number // 8}" for number in range(2 * count)]
    return rows, is_second, groups


def test_sets_without_overlap_have_an_area_of_1_and_the_other_way_round_of_0():
    is_second = np.array([False] * 5 + [True] * 5)
    assert area_under_curve(np.arange(10.0), is_second) == 1.0
    assert area_under_curve(-np.arange(10.0), is_second) == 0.0


def test_equal_scores_and_empty_sets_have_an_area_of_one_half():
    assert area_under_curve(np.ones(6), np.arange(6) > 2) == 0.5
    assert area_under_curve(np.arange(6.0), np.zeros(6, np.bool_)) == 0.5


def test_the_area_is_the_share_of_pairs_in_order_each_by_its_weight():
    rng = np.random.default_rng(3)
    scores, is_second = rng.integers(0, 9, 40).astype(float), rng.random(40) < 0.4
    weight = rng.random(40)
    won = total = 0.0
    for a in np.flatnonzero(~is_second):
        for b in np.flatnonzero(is_second):
            total += weight[a] * weight[b]
            won += weight[a] * weight[b] * ((scores[b] > scores[a]) + (scores[b] == scores[a]) / 2)
    assert area_under_curve(scores, is_second, weight) == pytest.approx(won / total)


def test_sets_of_one_kind_cannot_be_told_apart_on_groups_not_seen():
    areas = []
    for seed in range(5):
        rows, is_second, groups = two_sets(160, 0.0, seed)
        scores = held_out_scores(rows, is_second, groups, np.ones(320))
        areas.append(area_under_curve(scores, is_second))
    assert np.mean(areas) == pytest.approx(0.5, abs=0.06)


def test_sets_far_apart_are_told_apart_on_groups_not_seen():
    rows, is_second, groups = two_sets(80, 8.0)
    scores = held_out_scores(rows, is_second, groups, np.ones(160))
    assert area_under_curve(scores, is_second) == pytest.approx(1.0, abs=1e-3)


def test_the_classifier_puts_its_weight_on_the_feature_that_differs():
    rows, is_second, _ = two_sets(200, 2.0)
    weights = Linear.fitted(rows, is_second, np.ones(400)).weights
    assert weights[0] > 5 * np.abs(weights[1:]).max()


def test_the_classifier_is_that_of_scikit_learn():
    linear_model = pytest.importorskip(
        "sklearn.linear_model", reason="the extra `train` is not installed"
    )
    rows, is_second, _ = two_sets(100, 1.0)
    rows = (rows - rows.mean(axis=0)) / rows.std(axis=0)
    weight = np.random.default_rng(1).uniform(0.5, 2.0, 200)
    rows = np.clip(rows, -2, 2)  # nothing is far out, for both alike
    ours = Linear.fitted(rows, is_second, weight, strength=0.1)
    theirs = linear_model.LogisticRegression(C=0.1, tol=1e-10, max_iter=1000)
    theirs.fit((rows - ours.mean) / ours.deviation, is_second, sample_weight=weight)
    np.testing.assert_allclose(ours.weights, theirs.coef_[0], atol=1e-4)
    assert ours.offset == pytest.approx(float(theirs.intercept_[0]), abs=1e-4)


def test_where_one_group_is_all_there_is_of_a_set_nothing_is_claimed():
    rows, is_second, _ = two_sets(10, 5.0)
    groups = ["one" if second else "other" for second in is_second]
    scores = held_out_scores(rows, is_second, groups, np.ones(20))
    assert area_under_curve(scores, is_second) == 0.5


def test_a_constant_feature_harms_nobody():
    rows, is_second, groups = two_sets(40, 3.0)
    rows[:, 2] = 7.0
    scores = held_out_scores(rows, is_second, groups, np.ones(80))
    assert np.isfinite(scores).all()


def test_balanced_weights_give_both_sets_the_same_in_each_stratum():
    strata = ["a"] * 6 + ["b"] * 2 + ["a"] * 1 + ["b"] * 3 + ["c"] * 4
    is_second = np.arange(16) >= 8
    weight = balanced(strata, is_second)
    for stratum, wanted in (("a", 6.0), ("b", 2.0), ("c", 0.0)):
        inside = np.array([one == stratum for one in strata])
        assert weight[inside & ~is_second].sum() == pytest.approx(wanted)
        assert weight[inside & is_second].sum() == pytest.approx(wanted)


def test_members_count_among_their_like_as_they_are_told_to():
    is_second = np.array([False, False, True, True])
    weight = balanced(["a"] * 4, is_second, np.array([1.0, 0.5, 2.0, 1.0]))
    assert weight == pytest.approx([1.0, 0.5, 1.0, 0.5])


def test_no_group_is_torn_and_folds_are_of_about_one_size():
    rows, is_second, groups = two_sets(160, 0.0)
    fold = deal(groups, is_second, np.ones(len(rows)), 5)
    for group in set(groups):
        assert len(set(fold[np.array(groups) == group])) == 1
    for chosen in (is_second, ~is_second):
        counts = np.bincount(fold[chosen], minlength=5)
        assert counts.max() - counts.min() <= 8
