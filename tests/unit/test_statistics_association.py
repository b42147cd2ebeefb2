"""Rank correlations of pairs that share networks and shifts: known truth, planted relations, and what they share."""

from pathlib import Path

import numpy as np
import pytest
import yaml
from benchmarks.association import LAYOUTS, interval_of_networks, planted, samples, true_rho
from scipy import stats

from monte_carlo import least
from repshift import InputError
from repshift.statistics.association import association, require_networks, transfers
from repshift.statistics.ranks import partial_spearman, spearman

SWEEP = LAYOUTS["sweep"]
HOW = {"n_resamples": 200, "seed": 1}


def test_the_correlation_is_scipy_s_with_ties(rng):
    predictor = rng.normal(size=60).round(1)
    response = predictor + rng.normal(size=60).round(1)
    assert spearman(predictor, response) == pytest.approx(stats.spearmanr(predictor, response).statistic)


def test_weights_are_repetitions(rng):
    predictor, response = rng.normal(size=(2, 40)).round(1)
    weights = rng.multinomial(40, np.full(40, 1 / 40), size=5).astype(float)
    repeated = [np.repeat([predictor, response], count.astype(int), axis=1) for count in weights]
    expected = [stats.spearmanr(*both).statistic for both in repeated]
    assert spearman(predictor, response, weights=weights) == pytest.approx(expected)


def test_a_constant_has_no_correlation(rng):
    assert np.isnan(spearman(np.ones(20), rng.normal(size=20)))


def test_the_partial_correlation_is_of_residuals_of_ranks(rng):
    control, noise, other = rng.normal(size=(3, 80))
    predictor, response = control + 0.5 * noise, control + 0.5 * other
    design = np.stack([np.ones(80), stats.rankdata(control)], axis=1)
    ranks = np.stack([stats.rankdata(predictor), stats.rankdata(response)], axis=1)
    residuals = ranks - design @ np.linalg.lstsq(design, ranks, rcond=None)[0]
    expected = np.corrcoef(residuals.T)[0, 1]
    assert partial_spearman(predictor, response, controls=control[:, None]) == pytest.approx(expected)


def test_what_the_controls_explain_is_taken_away(rng):
    control, noise, other = rng.normal(size=(3, 400))
    predictor, response = control + 0.3 * noise, control + 0.3 * other
    assert spearman(predictor, response) > 0.8
    assert abs(partial_spearman(predictor, response, controls=control[:, None])) < 0.15


def test_what_goes_beyond_the_controls_stays(rng):
    control, own, other = rng.normal(size=(3, 400))
    assert partial_spearman(control + own, own + 0.3 * other, controls=control[:, None]) > 0.8


def test_a_control_itself_is_explained_wholly(rng):
    control, response = rng.normal(size=(2, 40))
    assert np.isnan(partial_spearman(control, response, controls=control[:, None]))


def test_controls_of_other_pairs_are_refused(rng):
    with pytest.raises(InputError, match=r"Controls \(7, 1\) of 8 pairs"):
        partial_spearman(rng.normal(size=8), rng.normal(size=8), controls=rng.normal(size=(7, 1)))


DRAWS = pytest.mark.parametrize("draws", [10, pytest.param(40, marks=pytest.mark.slow)])
"""Of forty draws an interval holds the truth in nine of ten; of ten in as many as once in a thousand choices."""


def expected(draws):
    return 0.9 if draws == 40 else least(0.95, draws) - 1e-9


def covered(case, *, draws, slope=None):
    """Whether the intervals hold the truth on the pairs of config/sweep.yaml: ours, and that of networks alone."""
    hits = []
    for seed in range(draws):
        rng = np.random.default_rng(seed)
        both = samples(rng, SWEEP, case) if slope is None else planted(rng, SWEEP, slope)
        truth = 0 if slope is None else true_rho(slope)
        ours = association(*both, groups=SWEEP.group, shifts=SWEEP.shift, n_resamples=200, seed=1)
        naive = interval_of_networks(*both, SWEEP.network, 1)
        hits.append([one.low <= truth <= one.high for one in (ours, naive)])
    return np.mean(hits, axis=0)


def test_the_layout_is_that_of_the_sweep():
    sweep = yaml.safe_load((Path(__file__).parents[2] / "config/sweep.yaml").read_text())
    models = sweep["models"]
    assert len(SWEEP.shift) == sum(len(shown) - 1 for shown in sweep["cases"].values()) == 96
    assert len(set(SWEEP.network)) == len(models) == 12
    assert len(set(SWEEP.group)) == len({(one["field"], one["suite"]) for one in models.values()}) == 6
    assert len(set(SWEEP.shift)) == 9


@DRAWS
@pytest.mark.parametrize("case", ["shifts", "suites", "distances"])
def test_what_networks_or_domains_share_is_no_association(case, draws):
    ours, naive = covered(case, draws=draws)
    assert ours > expected(draws)
    assert naive < 0.8


@DRAWS
@pytest.mark.parametrize("slope", [0.5, 1.5])
def test_the_interval_covers_a_relation_beside_levels_of_both(slope, draws):
    assert covered("planted", slope=slope, draws=draws)[0] > expected(draws)


@pytest.mark.parametrize("draws", [5, pytest.param(20, marks=pytest.mark.slow)])
def test_a_strong_relation_is_told_from_none(draws):
    found = [
        association(*planted(np.random.default_rng(seed), SWEEP, 4), groups=SWEEP.group, shifts=SWEEP.shift, **HOW)
        for seed in range(draws)
    ]
    assert np.mean([one.low > 0 for one in found]) > 0.9


def test_a_relation_of_one_side_alone_is_seen_through():
    """What every network says of nine shifts is nine numbers, however many networks say it."""
    both = np.random.default_rng(1).normal(size=(2, 9))[:, SWEEP.shift]
    found = [association(*both, groups=SWEEP.network, shifts=shifts, **HOW) for shifts in (SWEEP.shift, np.arange(96))]
    assert found[0].high - found[0].low > 2 * (found[1].high - found[1].low)


def test_the_partial_correlation_has_an_interval_too(rng):
    control, own = rng.normal(size=(2, 96))
    predictor, response = control + 0.3 * rng.normal(size=96), own + control
    how = {"groups": SWEEP.group, "shifts": SWEEP.shift, **HOW}
    plain, beyond = (association(predictor, response, controls=one, **how) for one in (None, control[:, None]))
    assert plain.low > 0
    assert beyond.low < 0 < beyond.high


def test_fewer_than_ten_networks_are_refused():
    with pytest.raises(InputError, match="9 networks are too few for a correlation with an interval"):
        require_networks(np.repeat(np.arange(9), 8))


def test_a_predictor_that_is_constant_has_no_correlation(rng):
    found = association(np.ones(96), rng.normal(size=96), groups=SWEEP.group, shifts=SWEEP.shift, **HOW)
    assert np.isnan([found.rho, found.low, found.high]).all()


def test_one_shift_or_one_group_alone_has_no_interval(rng):
    one, pair = np.zeros(96, dtype=int), rng.normal(size=(2, 96))
    for sides in ({"groups": SWEEP.group, "shifts": one}, {"groups": one, "shifts": SWEEP.shift}):
        found = association(*pair, **sides, **HOW)
        assert found.rho == pytest.approx(float(spearman(*pair)))
        assert np.isnan([found.low, found.high]).all()


# From the other fields to one


def test_a_relation_that_all_fields_share_transfers(rng):
    predictor = rng.uniform(size=96)
    fields = ["T"] * 48 + ["Mtot"] * 48
    first, second = transfers(predictor, np.exp(2 * predictor), groups=fields)
    assert (first.group, second.group) == ("T", "Mtot")
    assert first.n_pairs == 48
    assert first.rho == pytest.approx(1)
    assert min(first.r2, second.r2) > 0.95


def test_a_falling_relation_transfers_as_well(rng):
    predictor = rng.uniform(size=96)
    found = transfers(predictor, -predictor, groups=["T", "Mtot"] * 48)
    assert all(one.rho == pytest.approx(-1) and one.r2 > 0.95 for one in found)


def test_a_relation_that_turns_round_is_worse_than_the_mean(rng):
    predictor = rng.uniform(size=96)
    sign = np.repeat([1.0, -1.0], 48)
    found = transfers(predictor, sign * predictor, groups=["T"] * 48 + ["Mtot"] * 48)
    assert all(one.r2 < 0 for one in found)


def test_one_field_alone_has_nothing_to_transfer(rng):
    assert transfers(*rng.normal(size=(2, 8)), groups=["T"] * 8) == []
