"""Failure and what tells of it, in the workflow: what is planned for which configuration, and what is refused."""

import pytest

from running import configure, copy_tree, jobs_of, put, run

OURS = {"symmetries", "shift_scores", "failures", "correlations", "figure3"}


@pytest.fixture(scope="module")
def tree(tmp_path_factory):
    return copy_tree(tmp_path_factory.mktemp("tree"))


def planned(tree, folder, *changes, base="test"):
    return jobs_of(run(tree, "-n", *configure(folder, *changes, base=base)))


def refusal(tree, folder, *changes, base="test"):
    output = run(tree, "-n", *configure(folder, *changes, base=base), expect=1)
    return next(line for line in output.splitlines() if line.startswith("Configuration: "))


def without(*sections):
    def change(configuration):
        for section in sections:
            del configuration[section]

    return change


def alone(configuration):
    """Leave out the sections of other stages, which have sentences of their own."""
    for section in ("comparisons", "shift_steps", "intervals", "permutation_tests", "influence", "subsets"):
        configuration.pop(section, None)
    configuration["figures"] = {"estimator": "debiased", "figure1": ["T-MockTNG"]}


def test_two_networks_have_a_table_but_no_correlations(tree, tmp_path):
    jobs = planned(tree, tmp_path)
    # The untrained network fails at nothing; both domains of MockSIMBA are out of distribution, and so is noise.
    assert {name: jobs[name] for name in OURS & set(jobs)} == {"symmetries": 6, "shift_scores": 4, "failures": 1}


def test_the_sweep_has_networks_and_pairs_enough(tree, tmp_path):
    jobs = planned(tree, tmp_path, base="sweep")
    assert jobs["training"] >= 10
    assert jobs["shift_scores"] >= 40
    assert jobs["correlations"] == jobs["figure3"] == 1


def test_without_the_sections_nothing_of_it_is_done(tree, tmp_path):
    assert not OURS & set(planned(tree, tmp_path, without("symmetries", "shift_scores", "failures")))
    assert OURS & set(planned(tree, tmp_path, without("symmetries", "failures"))) == {"shift_scores"}


def test_nine_networks_are_not_correlated(tree, tmp_path):
    def fewer(configuration):
        for name in list(configuration["cases"])[9:]:
            del configuration["cases"][name]
        configuration["figures"]["figure1"] = ["T-MockTNG-1"]

    jobs = planned(tree, tmp_path, fewer, base="sweep")
    assert jobs["failures"] == 1
    assert not {"correlations", "figure3"} & set(jobs)


def test_each_network_is_trained_by_its_own_seed(tree, tmp_path):
    output = run(tree, "-n", "-p", *configure(tmp_path, base="sweep"))
    seeds = {}
    for command in output.split("python -m repshift ")[1:]:
        if command.startswith("training train"):
            words = command.split()
            seeds[words[words.index("--output") + 1]] = words[words.index("--seed") + 1]
    assert seeds["results/training/T-MockTNG-1.pt"] == "1"
    assert seeds["results/training/T-MockTNG-2.pt"] == "2"


def test_another_seed_of_all_leaves_a_network_with_its_own(tree, tmp_path):
    output = run(tree, "-n", "-p", *configure(tmp_path, put("training", "seed", value=7)))
    assert output.count("--seed 7 ") == 2
    own = configure(tmp_path, put("training", "seed", value=7), put("models", "T-MockTNG", "seed", value=9))
    output = run(tree, "-n", "-p", *own)
    assert output.count("--seed 7 ") == output.count("--seed 9 ") == 1


def test_trials_stand_beside_each_other(tree, tmp_path):
    output = run(tree, "results/shift_scores/T-MockTNG-1/MockSIMBA.nc", "-n", "-p", *configure(tmp_path, base="sweep"))
    (command,) = output.split("python -m repshift shift_scores ")[1:]
    command = " ".join(command.split())
    assert "--trials results/predictions/T-MockTNG-2/MockSIMBA.nc " in command
    assert "--own-trials results/predictions/T-MockTNG-2/MockTNG.nc " in command


def again(name, model, **settings):
    """Show a model once more, as another of some settings."""

    def change(configuration):
        configuration["models"][name] = configuration["models"][model] | settings
        configuration["cases"][name] = configuration["cases"][model]
        if "weights" in settings:
            configuration["training"]["models"].append(name)

    return change


CONVOLUTIONS = {"layers": ["C[0-9][0-9]:0", "FC[12]:0"]}


@pytest.mark.parametrize(
    "changes",
    [
        CONVOLUTIONS,
        {**CONVOLUTIONS, "seed": 3, "weights": "results/training/other.pt"},
        {"weights": "results/training/other.pt"},
        {"preprocessing": {"monopole": "removed"}, "seed": 3, "weights": "results/training/other.pt"},
    ],
)
def test_what_differs_in_more_or_less_than_its_seed_is_no_trial(tree, tmp_path, changes):
    wanted = "results/shift_scores/T-MockTNG-1/MockSIMBA.nc"
    output = run(tree, wanted, "-n", "-p", *configure(tmp_path, again("other", "T-MockTNG-1", **changes), base="sweep"))
    (command,) = output.split("python -m repshift shift_scores ")[1:]
    assert "--trials results/predictions/T-MockTNG-2/MockSIMBA.nc --own-trials" in " ".join(command.split())


def test_one_network_read_in_two_ways_fails_once(tree, tmp_path):
    jobs = planned(tree, tmp_path, again("other", "T-MockTNG-1", **CONVOLUTIONS), base="sweep")
    assert jobs["grams"] == 117
    assert jobs["shift_scores"] == 96


def test_a_network_of_one_s_own_without_weights_fails_at_nothing(tree, tmp_path):
    def own(weights):
        def change(configuration):
            network = {"constructor": "package.module:function", "weights": weights, "outputs": ["Omega_m", "sigma_8"]}
            model = configuration["models"]["T-MockTNG-untrained"]
            del model["untrained"]
            model["network"] = network | ({} if weights else {"seed": 1})

        return change

    counts = [
        planned(tree, tmp_path, own(weights))["shift_scores"] for weights in (None, "resources/models/T-MockTNG.pt")
    ]
    assert counts == [4, 5]


@pytest.mark.parametrize(
    ("domain", "flags"),
    [
        ("MockSIMBA", "results/predictions/T-MockTNG-2/MockTNG.nc --shift suite --condition MockSIMBA "),
        ("MockTNG-noise-weak", "--paired --shift noise --condition 'noise 0.03' "),
        ("MockTNG-beam-wide", "--paired --shift beam --condition 'beam 2' "),
    ],
)
def test_noise_and_a_beam_show_the_same_simulations(tree, tmp_path, domain, flags):
    wanted = f"results/shift_scores/T-MockTNG-1/{domain}.nc"
    output = run(tree, wanted, "-n", "-p", *configure(tmp_path, base="sweep"))
    (command,) = output.split("python -m repshift shift_scores ")[1:]
    assert flags in " ".join(command.split())


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (without("shift_scores"), " needs shift_scores"),
        (
            put("shift_scores", "folds", value=7),
            "shift_scores.folds is 7, but activations compares 12 simulations of a domain",
        ),
        (put("shift_scores", "components", value=1), "at shift_scores.components, 1 is less than the minimum of 2"),
        (put("symmetries", "shifts", value=-1), "at symmetries.shifts, -1 is less than the minimum of 0"),
        (put("failures", "resamples", value=10), "at failures.resamples, 10 is less than the minimum of 100"),
        (put("models", "T-MockTNG-untrained", "seed", value=2), "seed needs weights"),
    ],
)
def test_what_cannot_work_is_refused(tree, tmp_path, change, message):
    assert message in refusal(tree, tmp_path, change)


def test_two_passes_have_no_predictors(tree, tmp_path):
    two = put("activations", "passes", value=2)
    message = refusal(tree, tmp_path, alone, two)
    assert "shift_scores compares the maps of one pass, so activations.passes must be 1" in message


def test_predictors_need_something_that_can_fail(tree, tmp_path):
    def home(configuration):
        configuration["cases"]["T-MockTNG"] = ["MockTNG"]
        configuration["cases"]["Mtot-MockSIMBA"] = ["MockSIMBA"]

    message = refusal(tree, tmp_path, alone, home)
    assert "no trained model with a scored domain of another suite" in message


def test_a_seed_without_a_training_is_refused(tree, tmp_path):
    def shipped(configuration):
        configuration["models"]["T-MockTNG"] |= {"weights": "resources/models/T-MockTNG.pt", "seed": 2}
        configuration["training"]["models"] = ["Mtot-MockSIMBA"]

    assert "models.T-MockTNG has a seed, which draws its training" in refusal(tree, tmp_path, shipped)
