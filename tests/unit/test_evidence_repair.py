import numpy as np
import pytest
from scipy import stats

from repshift.evidence.map_scores import ACCURACY, R2
from repshift.evidence.repair.judgement import JudgedMaps, Resampled, resampled_scores
from repshift.evidence.repair.numbers import Judgement, entry_numbers
from repshift.evidence.repair.prior import difference_over_splits, needs_same_prior, word_of_tests
from repshift.evidence.repair.quantities import AS_IT_IS, LOWER_HALF, ONE_COSMOLOGY, RANDOM_HALF
from repshift.evidence.repair.runs import LadderRuns, Run
from repshift.statistics.scores import scores
from repshift.vocabulary import InputError

N_SIMULATIONS, EACH = 30, 2
LOWER = LOWER_HALF.format("Omega_m")


def maps_of(rng, errors, *, splits=1, n_parameters=2):
    """Return maps of a domain judged by runs of some error; split s judges half of the simulations."""
    simulations = np.repeat(np.arange(N_SIMULATIONS), EACH)
    truth = rng.random((N_SIMULATIONS, n_parameters))[simulations]
    predictions = truth + np.array(errors)[:, None, None] * rng.normal(size=(len(errors), *truth.shape))
    for run in range(len(errors)):
        predictions[run, (simulations + run % splits) % 2 == 0] = np.nan
    return JudgedMaps(predictions, truth, simulations)


def ladder_of(rng, runs, errors, *, splits=1):
    """Return runs of some errors on the target; at home all are of one error."""
    target, home = maps_of(rng, errors, splits=splits), maps_of(rng, [0.05] * len(errors), splits=splits)
    nothing = np.full((len(runs), 2, 2), np.nan)
    return LadderRuns(tuple(runs), target, home, None, np.tile(errors, (2, 1)).T, nothing, nothing)


def run_of(rung, split=0, **more):
    return Run(rung, rung, kind="bound" if rung == AS_IT_IS else more.pop("kind", "repair"), split=split, **more)


JUDGEMENT = Judgement(R2, 400, 1, "Omega_m")


def test_r2_of_sums_is_that_of_maps(rng):
    target, home = maps_of(rng, [0.2]), maps_of(rng, [0.05])
    found = resampled_scores({"target": target, "home": home}, R2, n_resamples=100, seed=1)
    for place, domain in enumerate((target, home)):
        judged = domain.judged[0]
        for parameter in range(2):
            columns = domain.truth[judged, parameter], domain.predictions[0][judged, parameter]
            expected = scores(*columns, np.ones(judged.sum())).r2
            assert found.values[0, place, parameter] == pytest.approx(expected, abs=1e-12)


def test_mixed_sky_is_both_domains_of_equal_weight(rng):
    target, home = maps_of(rng, [0.2]), maps_of(rng, [0.05])
    found = resampled_scores({"target": target, "home": home}, R2, n_resamples=100, seed=1)
    parts = [(one.truth[one.judged[0], 0], one.predictions[0][one.judged[0], 0]) for one in (target, home)]
    truth, mean = (np.concatenate(column) for column in zip(*parts, strict=True))
    assert found.values[0, 2, 0] == pytest.approx(scores(truth, mean, np.ones(len(truth))).r2, abs=1e-12)


def test_accuracy_counts_the_class_that_is_named(rng):
    simulations = np.repeat(np.arange(N_SIMULATIONS), EACH)
    truth = np.eye(3)[rng.integers(3, size=len(simulations))]
    probability = rng.dirichlet(np.ones(3), size=(1, len(simulations)))
    maps = JudgedMaps(probability, truth, simulations)
    found = resampled_scores({"target": maps, "home": maps}, ACCURACY, n_resamples=100, seed=1)
    expected = (probability[0].argmax(1) == truth.argmax(1)).mean()
    assert found.values[0, :, 0] == pytest.approx([expected] * 3, abs=1e-12)


def test_gain_is_paired_by_split(rng):
    runs = [run_of(rung, split) for rung in (AS_IT_IS, "batch_norm") for split in (0, 1)]
    entries, found = entry_numbers(ladder_of(rng, runs, [0.4, 0.4, 0.1, 0.1], splits=2), JUDGEMENT)
    score, gain = found["score"][0], found["gain"][0]
    assert [one.rung for one in entries.entries] == [AS_IT_IS, "batch_norm"]
    assert gain[1] == pytest.approx(score[1] - score[0], abs=1e-12)
    assert np.abs(gain[0]).max() == 0
    assert (found["gain"][1].low[1, 0] > 0).all()


def test_the_interval_of_a_paired_gain_is_the_narrower(rng):
    target = maps_of(rng, [0.3])
    offset = JudgedMaps(
        np.concatenate([target.predictions, target.predictions + 0.01]), target.truth, target.simulations
    )
    found = resampled_scores({"target": offset, "home": offset}, R2, n_resamples=400, seed=1)
    gain, ends = found.difference([(1, 0)])
    _, of_score = found.mean([0])
    assert (ends.high - ends.low)[0, 0] < 0.2 * (of_score.high - of_score.low)[0, 0]
    assert ends.low[0, 0] <= gain[0, 0] <= ends.high[0, 0]


def test_a_control_is_of_the_same_frozen_layers(rng):
    runs = [run_of(AS_IT_IS)]
    runs += [run_of("source_training", kind="control", freeze=layer) for layer in ("", "C31")]
    runs += [run_of("mmd", control="source_training", freeze=layer) for layer in ("", "C31")]
    _, found = entry_numbers(ladder_of(rng, runs, [0.3, 0.5, 0.2, 0.1, 0.1]), JUDGEMENT)
    score, gain = found["score"][0], found["gain_over_control"][0]
    assert gain[3] == pytest.approx(score[3] - score[1], abs=1e-12)
    assert gain[4] == pytest.approx(score[4] - score[2], abs=1e-12)
    assert np.isnan(gain[:3]).all()


def prior_numbers(rng, errors, *, priors=(LOWER, RANDOM_HALF), splits=5, other=0.05):
    """Return the numbers of repairs "a", whose runs of `priors` have some errors, and "b", of which all have one."""
    names = [(AS_IT_IS, "same", (0.3,) * splits)]
    names += [("a", prior, held) for prior, held in zip(priors, errors, strict=True)]
    names += [("b", prior, (other,) * splits) for prior in priors]
    runs = [run_of(rung, split, prior=prior) for rung, prior, _ in names for split in range(splits)]
    ladder = ladder_of(rng, runs, [error for *_, held in names for error in held], splits=splits)
    return entry_numbers(ladder, JUDGEMENT)


def test_a_repair_that_needs_the_prior_is_found(rng):
    entries, found = prior_numbers(rng, [(0.4,) * 5, (0.05,) * 5])
    words = dict(zip([(one.rung, one.prior) for one in entries.entries], found["needs_same_prior"], strict=True))
    assert words[AS_IT_IS, "same"] == ""
    assert {word for (rung, _), word in words.items() if rung == "a"} == {"yes"}
    assert {word for (rung, _), word in words.items() if rung == "b"} == {"no"}


def test_a_loss_in_one_split_alone_is_not_known(rng):
    """The simulations that judge would say yes, and so sure are they that the mean loses."""
    _, found = prior_numbers(rng, [(0.6, *(0.05,) * 4), (0.05,) * 5])
    value, ends = found["prior_difference"]
    assert value[1, 0] < -0.1
    assert ends.low[1, 0] < value[1, 0] < 0 < ends.high[1, 0]
    assert found["needs_same_prior"][1] == "not known"


def test_one_split_says_nothing_of_the_prior(rng):
    _, found = prior_numbers(rng, [(0.6,), (0.05,)], splits=1)
    assert np.isnan(found["prior_difference"][1].low).all()
    assert found["needs_same_prior"].tolist()[1:] == ["not known"] * 4


def test_one_cosmology_alone_can_need_the_prior(rng):
    priors = (LOWER, RANDOM_HALF, ONE_COSMOLOGY, "same")
    _, found = prior_numbers(rng, [(0.05,) * 5, (0.05,) * 5, (0.4,) * 5, (0.05,) * 5], priors=priors)
    assert found["needs_same_prior"].tolist() == ["", *["yes"] * 4, *["no"] * 4]


@pytest.mark.parametrize(
    ("words", "word"),
    [(["yes", "no"], "yes"), (["no", "no"], "no"), (["no", "not known"], "not known"), ([], "not known")],
)
def test_no_is_the_word_of_all_tests_of_the_prior(words, word):
    assert word_of_tests(words) == word


def test_the_interval_of_priors_holds_that_of_the_splits():
    """Batch norm of the default over five splits: the bootstrap's interval, [-1.07, -0.21], leaves 0 out."""
    differences = np.array([0.0, -0.49, -1.22, -0.34, -0.51])
    spread = np.linspace(-0.5, 0.3, 101)
    resamples = np.zeros((101, 10, 1, 1))
    resamples[:, :5, 0, 0] = differences + spread[:, None]
    scored = Resampled(np.concatenate([differences, np.zeros(5)])[:, None, None], resamples, 50)
    value, ends = difference_over_splits(scored, [(place, place + 5) for place in range(5)], range(5))
    of_splits = stats.ttest_1samp(differences, 0).confidence_interval(0.95)
    assert value[0, 0] == pytest.approx(differences.mean(), abs=1e-12)
    assert ends.low[0, 0] < min(of_splits.low, -1.0)
    assert of_splits.high < ends.high[0, 0] < of_splits.high + 0.3


@pytest.mark.parametrize(
    ("numbers", "word"),
    [
        ((-0.5, -0.8, -0.2), "yes"),
        ((-0.02, -0.05, -0.01), "no"),
        ((0.1, -0.3, 0.4), "not known"),
        ((np.nan, np.nan, np.nan), "not known"),
    ],
)
def test_word_of_the_prior_reads_the_interval(numbers, word):
    assert needs_same_prior(*numbers) == word


def test_without_labels_of_the_target_home_alone_is_scored(rng):
    ladder = ladder_of(rng, [run_of(AS_IT_IS), run_of("batch_norm")], [0.3, 0.1])
    unlabelled = JudgedMaps(ladder.target.predictions, None, ladder.target.simulations)
    blind = LadderRuns(ladder.runs, unlabelled, *list(vars(ladder).values())[2:])
    _, found = entry_numbers(blind, JUDGEMENT)
    values, ends = found["score"]
    assert np.isnan(values[:, [0, 2]]).all()
    assert np.isnan(ends.low[:, [0, 2]]).all()
    assert np.isfinite(values[:, 1]).all()


def test_fewer_than_ten_judging_simulations_are_refused(rng):
    maps = maps_of(rng, [0.1])
    few = JudgedMaps(maps.predictions[:, :18], maps.truth[:18], maps.simulations[:18])
    with pytest.raises(InputError, match=r"9 simulations are too few for an interval"):
        resampled_scores({"target": few, "home": few}, R2, n_resamples=100, seed=1)
