"""Trust scores of maps, and what they are worth: orders of errors, domains told apart, conformal intervals."""

import numpy as np
import pytest

from repshift import InputError
from repshift.evidence.trust.calibration_numbers import class_calibration, parameter_calibration
from repshift.evidence.trust.conformal_kinds import CONFORMAL_KINDS, kinds_of
from repshift.evidence.trust.conformal_numbers import ConformalCase, conformal_numbers
from repshift.evidence.trust.map_values import Halves, map_values
from repshift.evidence.trust.numbers import class_errors, domain_numbers, error_numbers, parameter_errors
from repshift.evidence.trust_scores import TRUST_SCORES, scores_of, trust_score
from repshift.evidence.trust_scores.score import TrustMaps, TrustReference
from repshift.statistics.class_scores import class_scores
from repshift.statistics.conformal import attainable_level
from repshift.statistics.map_resamples import map_resamples
from repshift.statistics.ranks import spearman
from repshift.statistics.simulation_halves import simulation_halves

HOW = {"layers": ("C1",), "n_parameters": 2, "neighbours": 3}


def maps_of(rng, *, n_simulations=12, each=4, moved=0.0, n_classes=0):
    """Maps whose standard deviations and features grow with `moved`."""
    n = n_simulations * each
    scale = 1 + moved + rng.uniform(0, 0.5, size=(n, 1))
    outputs = {"mean": rng.normal(size=(n, 2)), "std": scale * rng.uniform(0.5, 1, size=(n, 2))}
    scatters = {"symmetries": scale * rng.uniform(0.1, 0.2, size=(n, 2))}
    if n_classes:
        outputs = {"probability": rng.dirichlet(np.ones(n_classes), size=n)}
        scatters = {name: values[:, :1] for name, values in scatters.items()}
    pixels = np.hstack([rng.normal(size=(n, 1)), scale])
    features = {"C1": (3 * moved + rng.normal(size=(n, 5))).astype(np.float32)}
    return TrustMaps(np.repeat(np.arange(n_simulations), each), pixels, features, outputs, scatters)


def resamples_of(maps, seed=1):
    return map_resamples(maps.simulations, n_resamples=200, seed=seed)


@pytest.fixture
def own(rng):
    return maps_of(rng)


@pytest.fixture
def halves():
    return simulation_halves(12, n_splits=2, seed=1)


def test_the_baseline_is_the_first_of_all_scores():
    assert next(iter(TRUST_SCORES)) == "pixel_std"
    assert {one.name for one in TRUST_SCORES.values() if one.is_of_layers} == {"mahalanobis", "nearest_neighbours"}
    with pytest.raises(InputError, match="Unknown trust score 'sigma'. There are pixel_std, "):
        trust_score("sigma")


def test_what_a_case_has_not_is_left_out(rng):
    assert list(scores_of(maps_of(rng), layers=("C1", "C2"))) == [
        "pixel_std",
        "mahalanobis_C1",
        "mahalanobis_C2",
        "nearest_neighbours_C1",
        "nearest_neighbours_C2",
        "predicted_std",
        "symmetry_scatter",
        "pixel_distance",
    ]
    assert "doubt" in scores_of(maps_of(rng, n_classes=3), layers=())


def test_no_map_is_judged_by_its_own_simulation(own, halves):
    """Slow twin: each half by hand."""
    found = map_values(Halves(own, halves), **HOW)
    score, places = trust_score("mahalanobis"), own.simulations
    for number in (0, 7):
        judging = [half[places] for half in halves if not half[places[number]]]
        one = np.arange(len(own)) == number
        slow = [score.function(own.of(one), TrustReference(own.of(known), "C1"))[0] for known in judging]
        assert found.values[list(found.scores).index("mahalanobis_C1"), number] == pytest.approx(np.mean(slow))
        assert len(judging) == 2


def test_a_score_of_outputs_stands_beside_its_own_parameter(own, halves):
    found = map_values(Halves(own, halves), **HOW)
    place = list(found.scores).index("predicted_std")
    std = own.outputs["std"]
    assert (found.by_parameter[place] == std.T).all()
    assert found.values[place] == pytest.approx(np.sqrt((std**2 / (std**2).mean(0)).mean(1)))
    assert (found.by_parameter[0] == found.values[0]).all()


def test_an_exactly_invariant_network_does_not_scatter(own, halves):
    still = TrustMaps(own.simulations, own.pixels, own.features, own.outputs, {"symmetries": np.zeros((48, 2))})
    found = map_values(Halves(still, halves), **HOW)
    assert (found.values[list(found.scores).index("symmetry_scatter")] == 0).all()


def test_a_constant_layer_is_named(own, halves):
    flat = TrustMaps(own.simulations, own.pixels, {"C1": np.ones((48, 5))})
    with pytest.raises(InputError, match="Layer 'C1': The 24 maps of the reference have the same features"):
        map_values(Halves(flat, halves), **HOW)


def numbers_of(rng, own, score):
    """Numbers of two scores, of which the first is the baseline, beside errors that grow with the second."""
    errors = parameter_errors(score[:, None] * np.array([1.0, np.nan]), np.zeros((48, 2)))
    both = np.stack([rng.normal(size=48), score])
    by_parameter = np.broadcast_to(both[:, None], (2, 2, 48))
    return error_numbers(by_parameter, errors, baseline=0, resamples=resamples_of(own)), both


def test_a_score_that_is_the_error_orders_it_exactly(rng, own):
    found, _ = numbers_of(rng, own, rng.exponential(size=48))
    assert found["rank_correlation"][0][1, 0] == 1
    assert found["auc_worst_tenth"][0][1, 0] == 1
    assert found["risk_area"][0][1, 0] == found["risk_area_best"][0][0] < 1
    assert (found["rank_correlation"][1].low[1, 0], found["rank_correlation"][1].high[1, 0]) == (1, 1)


def test_differences_are_to_the_baseline_on_the_same_maps(rng, own):
    found, both = numbers_of(rng, own, rng.exponential(size=48))
    slow = [float(spearman(one, both[1])) for one in both]
    assert found["rank_correlation"][0][:, 0] == pytest.approx(slow)
    assert found["rank_correlation_difference"][0][:, 0] == pytest.approx([0, slow[1] - slow[0]])
    interval = found["rank_correlation_difference"][1]
    assert (interval.low[0, 0], interval.high[0, 0]) == (0, 0)
    assert 0 < interval.low[1, 0] < interval.high[1, 0]


def test_a_parameter_without_truth_has_no_numbers(rng, own):
    found, _ = numbers_of(rng, own, rng.exponential(size=48))
    assert all(np.isnan(found[name][0][:, 1]).all() for name in ("rank_correlation", "auc_worst_tenth", "risk_area"))


def test_too_few_simulations_have_no_intervals(rng):
    few = maps_of(rng, n_simulations=9)
    errors = parameter_errors(rng.normal(size=(36, 2)), np.zeros((36, 2)))
    found = error_numbers(rng.normal(size=(1, 2, 36)), errors, baseline=0, resamples=resamples_of(few))
    assert np.isfinite(found["rank_correlation"][0]).all()
    assert np.isnan(found["rank_correlation"][1].low).all()


def test_the_worst_tenth_is_of_largest_absolute_error(rng):
    errors = parameter_errors(np.array([[-9.0], *[[0.1]] * 18, [5.0]]), np.zeros((20, 1)))
    assert np.flatnonzero(errors.is_worst[:, 0]).tolist() == [0, 19]


def test_of_classes_the_worst_are_those_named_wrongly():
    errors = class_errors(np.array([[0.7, 0.3], [0.4, 0.6]]), np.array([1, 1]))
    assert errors.error[:, 0] == pytest.approx([0.7, 0.4])
    assert errors.is_worst[:, 0].tolist() == [True, False]
    assert errors.risk(np.array([0.5])) == 0.5


def test_a_score_that_moves_tells_domains_apart(rng, own):
    away = maps_of(rng, moved=1.0)
    values = np.stack([rng.normal(size=48), away.pixels[:, 1]])
    at_home = np.stack([rng.normal(size=48), own.pixels[:, 1]])
    both = {"resamples": resamples_of(away), "own_resamples": resamples_of(own, 2)}
    found = domain_numbers(values, at_home, baseline=0, **both)
    assert found["auc_domain"][0][1] == 1
    assert found["auc_domain"][1].low[0] < 0.5 < found["auc_domain"][1].high[0]
    assert found["auc_domain_difference"][1].low[1] > 0


def case_of(own, halves, *, shown=None, error=1.0, level=(0.5, 0.8)):
    """Conformal intervals of errors that follow the predicted standard deviations, `error` times as large away."""
    rng = np.random.default_rng(5)
    own_errors = own.outputs["std"] * rng.normal(size=(len(own), 2))
    errors = own_errors if shown is None else error * shown.outputs["std"] * rng.normal(size=(len(shown), 2))
    own_resamples = resamples_of(own)
    resamples = own_resamples if shown is None else resamples_of(shown, 2)
    return ConformalCase(Halves(own, halves, shown), own_errors, errors, "C1", 3, level, own_resamples, resamples)


def test_intervals_at_home_hold_about_their_level(rng):
    own, halves = maps_of(rng, n_simulations=40), simulation_halves(40, n_splits=3, seed=1)
    found = conformal_numbers(case_of(own, halves))
    coverage = found["conformal_coverage"][0]
    assert coverage.shape == (4, 2, 2)
    assert coverage == pytest.approx(np.broadcast_to([0.5, 0.8], coverage.shape), abs=0.06)
    assert (found["conformal_coverage_lowest"] <= coverage).all()
    assert (coverage <= found["conformal_coverage_highest"]).all()


def test_intervals_abroad_hold_less_where_errors_grow(rng, own, halves):
    found = conformal_numbers(case_of(own, halves, shown=maps_of(rng), error=5.0))
    value, interval = found["conformal_coverage"]
    assert (interval.high[:1, :, 1] < 0.8).all()
    assert (interval.low <= value).all()


def test_far_maps_have_no_finite_weighted_interval(rng, own, halves):
    found = conformal_numbers(case_of(own, halves, shown=maps_of(rng, moved=20.0)))
    weighted = list(CONFORMAL_KINDS).index("weighted")
    assert (found["conformal_bounded"][weighted] < 0.5).all()
    assert (found["conformal_bounded"][0] == 1).all()


def test_half_widths_follow_what_errors_are_measured_by(rng, own, halves):
    found = conformal_numbers(case_of(own, halves, shown=maps_of(rng, moved=3.0)))
    kinds = list(CONFORMAL_KINDS)
    widths = dict(zip(kinds, found["conformal_half_width"], strict=True))
    assert (widths["over_std"] > 2 * widths["plain"]).all()
    assert (widths["over_distance"] > 2 * widths["plain"]).all()


def test_a_level_beyond_the_halves_has_no_number(own, halves):
    case = case_of(own, halves, level=(0.5, 0.9))
    assert case.attainable[0] == attainable_level(6, 0.5)
    assert np.isnan(case.attainable[1])
    assert np.isnan(conformal_numbers(case)["conformal_coverage"][0][..., 1]).all()


def test_maps_at_no_distance_have_no_weight(rng, own, halves):
    twice = TrustMaps(own.simulations, own.pixels, {"C1": np.zeros((48, 5))}, own.outputs)
    with pytest.raises(InputError, match="A map lies at no distance from its nearest maps"):
        conformal_numbers(case_of(twice, halves))


def test_of_classes_intervals_are_sets(rng, halves):
    own = maps_of(rng, n_classes=3)
    truth = rng.integers(3, size=48)
    error = 1 - own.outputs["probability"][np.arange(48), truth][:, None]
    resamples = resamples_of(own)
    case = ConformalCase(Halves(own, halves), error, error, "C1", 3, (0.5, 0.8), resamples, resamples)
    found = conformal_numbers(case)
    assert [kind.name for kind in case.kinds] == ["plain", "weighted"]
    sizes = found["conformal_set_size"]
    assert (sizes[..., 0] < sizes[..., 1]).all()
    assert (sizes <= 3).all()


def test_kinds_need_what_they_divide_by():
    assert [one.name for one in kinds_of(frozenset(), of_classes=False)] == ["plain"]
    assert [one.name for one in kinds_of(frozenset({"std"}), of_classes=False)] == ["plain", "over_std"]


def test_calibration_is_of_each_parameter(rng, own):
    mean, std = np.zeros((48, 2)), np.ones((48, 2))
    truth = np.stack([rng.normal(size=48), np.full(48, np.nan)], axis=1)
    found = parameter_calibration(truth, mean, std, levels=(0.5, 0.9), resamples=resamples_of(own))
    assert found["coverage"][0][0] == pytest.approx([0.5, 0.9], abs=0.15)
    assert found["pit"][0][0].sum() == pytest.approx(1)
    assert all(np.isnan(found[name][0][1]).all() for name in found)


def test_the_calibration_error_is_that_of_the_stage_scores(rng, own):
    truth, probability = rng.integers(3, size=48), rng.dirichlet(np.ones(3), size=48)
    found = class_calibration(truth, probability, resamples=resamples_of(own))
    assert found["calibration_error"][0][0] == pytest.approx(class_scores(truth, probability).calibration_error)
    held = found["share_of_maps"][0] > 0
    right = (found["accuracy"][0] * found["share_of_maps"][0])[held].sum()
    assert right == pytest.approx((probability.argmax(1) == truth).mean())
    assert np.isnan(found["accuracy"][0][~held]).all()
