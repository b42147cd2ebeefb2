"""Rank correlations of clustered pairs: known truth, planted relations, and what clusters share."""

import numpy as np
import pytest
from scipy import stats

from repshift import InputError
from repshift.statistics.association import (
    association,
    exchange_p_value,
    exchanged_pairs,
    require_clusters,
    transfers,
)
from repshift.statistics.ranks import partial_spearman, spearman

CLUSTERS = np.repeat(np.arange(12), 8)


def clustered(rng, *, slope, n_clusters=12, own=1.0):
    """Pairs of networks whose levels of both numbers are their own, and a relation of `slope` beside."""
    levels, others = rng.normal(size=(2, n_clusters)) * own
    predictor = np.repeat(levels, 8) + 0.7 * rng.normal(size=8 * n_clusters)
    return predictor, np.repeat(others, 8) + slope * predictor + 0.7 * rng.normal(size=8 * n_clusters)


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


def test_the_partial_correlation_is_that_of_the_residuals_of_ranks(rng):
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


@pytest.mark.parametrize("slope", [0.0, 0.5, 1.5])
def test_the_interval_covers_the_correlation_where_clusters_have_levels(slope):
    truth = np.mean(
        [spearman(*clustered(np.random.default_rng(seed), slope=slope, n_clusters=300)) for seed in range(20)]
    )
    found = [
        association(
            *clustered(np.random.default_rng(100 + seed), slope=slope), clusters=CLUSTERS, n_resamples=200, seed=1
        )
        for seed in range(100)
    ]
    assert np.mean([one.low <= truth <= one.high for one in found]) > 0.87


def test_pairs_taken_for_independent_make_the_interval_too_narrow():
    samples = [clustered(np.random.default_rng(seed), slope=0.0) for seed in range(60)]
    naive = [association(*sample, clusters=np.arange(96), n_resamples=200, seed=1) for sample in samples]
    assert np.mean([one.low <= 0 <= one.high for one in naive]) < 0.8


def test_fewer_than_ten_networks_are_refused(rng):
    with pytest.raises(InputError, match="9 networks are too few for a correlation with an interval"):
        require_clusters(np.repeat(np.arange(9), 8))
    with pytest.raises(InputError, match="9 networks"):
        association(*rng.normal(size=(2, 72)), clusters=np.repeat(np.arange(9), 8), n_resamples=100, seed=1)


def test_a_predictor_that_is_constant_has_no_interval(rng):
    found = association(np.ones(96), rng.normal(size=96), clusters=CLUSTERS, n_resamples=100, seed=1)
    assert np.isnan([found.rho, found.low, found.high]).all()


# Domains that change places


def names(n_networks=12, n_domains=8):
    networks = [f"network {number}" for number in range(n_networks) for _ in range(n_domains)]
    domains = [f"domain {number}" for number in range(n_domains)] * n_networks
    homes = [f"suite {number % 3}" for number in range(n_networks) for _ in range(n_domains)]
    return networks, domains, homes


def test_a_pair_takes_the_predictor_of_its_own_network():
    networks, domains, homes = names()
    positions = exchanged_pairs(networks, domains, homes, n_permutations=20, seed=1)
    assert (np.sort(positions, axis=1) == np.arange(96)).all()
    assert (positions // 8 == np.arange(96) // 8).all()


def test_networks_of_one_home_exchange_alike_and_others_do_not():
    positions = exchanged_pairs(*names(), n_permutations=20, seed=1).reshape(20, 12, 8) % 8
    assert (positions[:, 0] == positions[:, 3]).all()
    assert (positions[:, 0] != positions[:, 1]).any()


def exchange(predictor, response):
    return exchange_p_value(predictor, response, positions=exchanged_pairs(*names(), n_permutations=199, seed=1))


def test_a_relation_within_networks_is_no_chance(rng):
    predictor = np.tile(np.linspace(0, 1, 8), 12) + 0.1 * rng.normal(size=96)
    assert exchange(predictor, predictor + 0.2 * rng.normal(size=96)) == pytest.approx(0.01)


def test_levels_of_networks_are_no_evidence(rng):
    levels = np.repeat(rng.normal(size=12), 8)
    found = exchange(levels + 0.01 * rng.normal(size=96), levels + 0.01 * rng.normal(size=96))
    assert found > 0.05


def test_what_all_networks_of_a_home_share_makes_chance_no_rarer():
    """Each domain has a predictor and a failure of its own, the same for four networks: three draws, not twelve."""

    def shared(rng):
        return np.tile(rng.normal(size=(3, 8)), (4, 1)).ravel() + 0.1 * rng.normal(size=96)

    found = []
    for seed in range(150):
        rng = np.random.default_rng(seed)
        found.append(exchange(shared(rng), shared(rng)))
    assert np.mean(np.array(found) <= 0.05) < 0.1


def test_a_domain_twice_is_refused():
    with pytest.raises(InputError, match="'a' has 'x' twice"):
        exchanged_pairs(["a", "a"], ["x", "x"], ["s", "s"], n_permutations=5, seed=1)


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
