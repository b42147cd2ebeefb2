"""Studies of your own networks and maps: the smallest configuration, and what is refused."""

import numpy as np
import pytest

from repshift.study.cases import failing_pairs, infers, is_scored, shifted_pairs, trials_of
from repshift.study.channels import bands_of, channels_of
from repshift.study.commands import activations_command, model_command
from repshift.study.figure_cases import drawn_cases, drawn_shifts
from repshift.study.files import case_simulations, moments_of_trial, trial_files
from repshift.study.jobs import network_job, statistics_job
from repshift.study.preparations import preparations
from repshift.vocabulary import Domain
from studies import ROOT, SMALLEST, drop, put, refusal, study_of

NETWORK = ("models", "mine", "network")


@pytest.fixture(autouse=True)
def files(tmp_path, monkeypatch):
    """A working directory with the files of the smallest configuration."""
    for name in ("ours", "theirs"):
        np.save(tmp_path / f"{name}.npy", np.ones((60, 4, 4), dtype=np.float32))
        (tmp_path / f"{name}.csv").write_text("Omega_m\n0.3\n")
    np.save(tmp_path / "few.npy", np.ones((40, 4, 4), dtype=np.float32))
    (tmp_path / "mine.py").touch()
    monkeypatch.chdir(tmp_path)


def test_the_smallest_configuration_has_at_most_15_lines():
    assert len(SMALLEST.splitlines()) <= 15
    assert SMALLEST in (ROOT / "config/README.md").read_text()


def test_the_smallest_configuration_is_a_whole_study():
    study = study_of(base="smallest")
    assert study.domains["Theirs"].set == "LH"
    assert drawn_cases(study, "figure1") == [("mine", "Ours"), ("mine", "Theirs")]
    assert study.intervals.resamples == 2000
    assert study.permutation_tests.permutations == 1999
    assert study.influence is None


def test_files_that_are_read_in_place_are_the_suite_s_own():
    found = case_simulations(study_of(base="smallest"), "mine", "Ours")
    assert found == {
        "maps": ("ours.npy",),
        "measured": ("results/maps/Ours/Maps_density_Ours_LH_z=0.00.json",),
        "parameters": ("ours.csv",),
    }


def test_fits_is_converted_once(tmp_path):
    (tmp_path / "ours.fits").touch()
    fits = put("suites", "Ours", "maps", "density", value="ours.fits")
    found = case_simulations(study_of(fits, base="smallest"), "mine", "Ours")
    assert found["maps"] == ("results/maps/Ours/Maps_density_Ours_LH_z=0.00.npy",)


def test_a_set_stands_in_the_name_of_a_file(tmp_path):
    np.save(tmp_path / "ours_CV.npy", np.ones((60, 4, 4), dtype=np.float32))
    changes = [
        put("suites", "Ours", "maps", "density", value="ours_{set}.npy"),
        put("domains", "Ours", value={"set": "CV"}),
    ]
    assert case_simulations(study_of(*changes, base="smallest"), "mine", "Ours")["maps"] == ("ours_CV.npy",)


def test_maps_without_labels_are_not_scored():
    study = study_of(drop("suites", "Theirs", "labels"), base="smallest")
    assert is_scored(study, "mine", "Ours")
    assert not is_scored(study, "mine", "Theirs")


def test_a_network_without_outputs_is_not_scored():
    study = study_of(drop(*NETWORK, "outputs"), base="smallest")
    assert not is_scored(study, "mine", "Ours")
    assert infers(study, "mine") == ()


SHIFTS = put("shift_scores", value={"folds": 2})


@pytest.mark.parametrize("unlabelled", [["Theirs"], ["Ours"], ["Ours", "Theirs"]])
def test_maps_without_labels_have_predictions_and_shift_scores(unlabelled):
    without = [drop("suites", name, "labels") for name in unlabelled]
    study = study_of(*without, SHIFTS, put("symmetries", value={}), base="smallest")
    assert failing_pairs(study) == []
    assert shifted_pairs(study) == [("mine", "Theirs")]
    shown = network_job(study, "mine", ("Ours", "Theirs")).commands
    assert [command[0] for command in shown].count("symmetries") == 2
    predicted = [command for command in shown if command[0] == "predictions"]
    assert [("--without-truth" in command) for command in predicted] == [n in unlabelled for n in ("Ours", "Theirs")]
    of_cases = [command[0] for command in statistics_job(study, "mine", ("Ours", "Theirs")).commands]
    assert of_cases.count("shift_scores") == 1
    assert of_cases.count("scores") == 2 - len(unlabelled)


def test_a_network_without_outputs_has_shift_scores():
    changes = [drop(*NETWORK, "outputs"), SHIFTS, put("symmetries", value={})]
    study = study_of(*changes, base="smallest")
    assert shifted_pairs(study) == [("mine", "Theirs")]
    assert "predictions" not in network_job(study, "mine", ("Ours", "Theirs")).words
    assert "symmetries" not in network_job(study, "mine", ("Ours", "Theirs")).words
    (command,) = [one for one in statistics_job(study, "mine", ("Theirs",)).commands if one[0] == "shift_scores"]
    assert not {"--predictions", "--own-predictions", "--symmetries"} & set(command)


def test_of_one_network_the_model_with_outputs_is_shifted():
    unnamed = other_network(weights="mine.pt", layers=["a"])
    study = study_of(*unnamed, drop(*NETWORK, "outputs"), SHIFTS, base="smallest")
    assert shifted_pairs(study) == [("other", "Theirs")]


def test_of_one_network_the_model_that_can_fail_is_shifted():
    again = other_network(weights="mine.pt", layers=["a"])
    assert shifted_pairs(study_of(*again, SHIFTS, base="smallest")) == [("mine", "Theirs")]
    alone = put("cases", "mine", value=["Ours"])
    assert shifted_pairs(study_of(*again, alone, SHIFTS, base="smallest")) == [("other", "Theirs")]


def test_trials_need_no_labels():
    twin = other_network(constructor="mine:build")
    study = study_of(*twin, drop("suites", "Theirs", "labels"), SHIFTS, base="smallest")
    assert trials_of(study, "mine", "Theirs") == ["other"]


def test_failures_need_labels_of_both_domains():
    unlabelled = [drop("suites", "Theirs", "labels"), SHIFTS, put("failures", value={})]
    said = refusal(*unlabelled, base="smallest")
    assert "failures is there, but cases has no trained model with a scored domain of another suite" in said


def test_few_simulations_are_not_halved_by_default():
    few = [put("activations", value={"n_maps": 6}), put("cka", value={"batch_size": 6})]
    assert study_of(SHIFTS, base="smallest").shift_scores.halves == 20
    assert study_of(*few, SHIFTS, base="smallest").shift_scores.halves == 0
    asked = put("shift_scores", value={"folds": 2, "halves": 5})
    assert "shift_scores.halves is 5, but activations compares 6 simulations" in refusal(*few, asked, base="smallest")


def test_shift_scores_are_drawn_of_models_that_have_some():
    drawn = put("figures", value={"shift_scores": ["mine"]})
    assert drawn_shifts(study_of(drawn, SHIFTS, base="smallest")) == [("mine", "Theirs")]
    assert "figures.shift_scores is there, so the section shift_scores is needed" in refusal(drawn, base="smallest")
    home = put("figures", value={"shift_scores": [["mine", "Ours"]]})
    assert "figures.shift_scores has 'mine', of which no case" in refusal(home, SHIFTS, base="smallest")


def test_more_maps_than_a_file_has_are_refused(tmp_path):
    np.save(tmp_path / "theirs.npy", np.ones((49, 4, 4), dtype=np.float32))
    assert "domain 'Theirs' (set 'LH', split 'all') has 49 simulations" in refusal(base="smallest")


def test_maps_of_one_simulation_count_once():
    grouped = put("suites", "Theirs", "maps_per_simulation", value=2)
    assert "domain 'Theirs' (set 'LH', split 'all') has 30 simulations" in refusal(grouped, base="smallest")


def test_maps_that_are_no_array_are_left_to_the_stage(tmp_path):
    (tmp_path / "theirs.npy").write_bytes(b"no array")
    assert study_of(base="smallest").cases


def test_predictions_are_drawn_of_the_outputs():
    study = study_of(put("figures", "predictions", value=["mine"]), base="smallest")
    assert study.figures.parameters == ("Omega_m",)


def sorting(*classes, model="mine", **changes):
    """Return the changes that make a network a classifier."""
    given = {"task": "classification", "classes": list(classes), "outputs": ["kind"]} | changes
    return [put("models", model, "network", key, value=value) for key, value in given.items()]


def test_a_classifier_is_given_its_classes_in_their_order():
    words = model_command(study_of(*sorting("spiral", 2, "a b", output_scale="probabilities"), base="smallest"), "mine")
    assert words[words.index("--task") :][:8] == (
        ["--task", "classification", "--classes", "spiral", "2", "a b", "--output-scale", "probabilities"]
    )


def test_a_network_of_values_is_given_nothing_of_classes():
    words = model_command(study_of(base="smallest"), "mine")
    assert not {"--task", "--classes", "--output-scale"} & set(words)


def other_network(**network):
    """Return the changes that add another network with the same cases."""
    held = {"path": ".", "constructor": "mine:other", "weights": "other.pt", "outputs": ["Omega_m"]} | network
    return [
        put("models", "other", value={"suite": "Ours", "field": "density", "network": held}),
        put("cases", "other", value=["Ours", "Theirs"]),
    ]


def test_two_heads_of_one_checkpoint_can_both_fail():
    heads = [*other_network(weights="mine.pt"), *sorting("a", "b", model="other")]
    study = study_of(*heads, base="smallest")
    assert failing_pairs(study) == [("mine", "Theirs"), ("other", "Theirs")]


def test_labels_of_two_classifiers_are_drawn_together():
    changes = [*sorting("a", "b"), *other_network(), *sorting("c", "d", model="other", outputs=["type"])]
    study = study_of(*changes, put("figures", "predictions", value=["mine", "other"]), base="smallest")
    assert study.figures.parameters == ("kind", "type")


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        (
            [put(*NETWORK, "classes", value=["a", "b"])],
            "task is regression, beside the outputs Omega_m and the classes a, b: one head cannot have both tasks. "
            "Give two models, whose constructors return a head each.",
        ),
        (
            sorting("a", "b", outputs=["kind", "mass"]),
            "task is classification, beside the outputs kind, mass and the classes a, b: one head cannot have both",
        ),
        ([put(*NETWORK, "task", value="classification")], "at models.mine.network, task classification needs classes."),
        (sorting("a"), "at models.mine.network, The classes are a. Expected two or more."),
        (sorting("a", "a"), "at models.mine.network.classes, 'a' stands twice."),
        (sorting("1", 1), "at models.mine.network, The classes 1 and 1 are one and the same. Expected each once."),
        (sorting(True, False), "classes.0, True is no class, which is a word or a whole number. Put it in quotes."),
        (sorting(1.0, 2.0), "classes.0, 1.0 is no class, which is a word or a whole number. Put it in quotes."),
        (sorting("-a", "b"), "at models.mine.network.classes.0, '-a' is not text of one line that begins with no -"),
        (
            sorting("a", "b", output_scale="odds"),
            "network.output_scale, 'odds' is not one of ['logits', 'probabilities'].",
        ),
        ([put(*NETWORK, "output_scale", value="probabilities")], "network, output_scale needs task classification."),
        (
            [*sorting("a", "b"), *other_network(), put("figures", "predictions", value=["mine", "other"])],
            "figures.predictions has mine, which infer classes, beside networks that infer values. One figure",
        ),
        (
            [
                *sorting("a", "b", outputs=["Omega_m"]),
                *other_network(),
                put("shift_scores", value={}),
                put("failures", value={}),
            ],
            "failures is there, and of the networks that can fail mine infer classes, the others values",
        ),
    ],
)
def test_a_head_of_two_tasks_and_classes_that_are_none_are_refused(changes, message):
    assert message in refusal(*changes, base="smallest")


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ([put(*NETWORK, "constructor", value="net:work")], "is 'net:work', but its path '.' holds no module 'net'"),
        (
            [put(*NETWORK, "constructor", value="network")],
            "at models.mine.network.constructor, 'network' is not a function as package.module:function",
        ),
        (
            [put(*NETWORK, "weights", value=None)],
            "at models.mine.network, seed and trained must be given, for there are no weights: true if",
        ),
        (
            [put(*NETWORK, "weights", value=None), put(*NETWORK, "seed", value=1)],
            "at models.mine.network, trained must be given, for there are no weights: true if the constructor loads",
        ),
        (
            [put(*NETWORK, "files", value=["none.pt"])],
            "models.mine.network.files names none.pt, which is no file.",
        ),
        (
            [put(*NETWORK, "weights", value="mine.txt")],
            "at models.mine.network.weights, 'mine.txt' is not a file whose name ends with .pt,",
        ),
        (
            [put(*NETWORK, "arguments", value={"x": float("nan")})],
            "at models.mine.network.arguments.x, nan is not a finit",
        ),
        ([put("models", "mine", "preprocessing", value={"mean": "all"})], "preprocessing.mean, 'all' is not a number."),
        ([put("models", "mine", "preprocessing", value={"mean": 0})], "at models.mine.preprocessing, mean needs std."),
        (
            [put("models", "mine", "preprocessing", value={"std": 0, "mean": 0})],
            "preprocessing.std, 0 is less than or eq",
        ),
        ([put("models", "mine", "layers", value=["a"])], "models.mine has layers beside its network"),
        ([put("models", "mine", "field", value="Heat")], "the field of models.mine is 'Heat'; the fields are"),
        (
            [put("models", "mine", "field", value="HI")],
            "models.mine reads 'HI' of files suite 'Ours', which has density.",
        ),
        ([put("fields", value={"T": {"long_name": "heat"}})], "fields has T, which CMD has already."),
        (
            [put("suites", "Ours", "labels", value="no.csv")],
            "domains.Ours.set is 'LH', but suites.Ours has no 'no.csv'.",
        ),
        (
            [put("suites", "Ours", "labels", value="ours.dat")],
            "at suites.Ours.labels, 'ours.dat' is not a file whose name ends with .csv or",
        ),
        ([put("suites", "Ours", "maps", value={})], "at suites.Ours.maps, {} should be non-empty"),
        (
            [
                put(
                    "models",
                    "other",
                    value={
                        "suite": "Ours",
                        "field": "density",
                        "network": {"constructor": "a:b", "seed": 1, "trained": False},
                    },
                )
            ],
            "models.other is your own network, so it needs a case",
        ),
        (
            [drop(*NETWORK, "outputs"), put("figures", "predictions", value=["mine"])],
            "figures.predictions has 'mine', of which no case is scored: it needs outputs, and maps with labels.",
        ),
        (
            [
                put("models", "new", value={"suite": "Ours", "field": "density", "weights": "new.pt"}),
                put("training", value={}),
            ],
            None,
        ),
        (
            [
                put("models", "new", value={"suite": "Ours", "field": "density", "weights": "new.pt"}),
                put("training", value={"models": ["new"]}),
            ],
            "model 'new' of suite 'Ours' is trained in the run, but on your own maps.",
        ),
    ],
)
def test_what_cannot_work_is_refused(changes, message):
    if message is None:
        assert study_of(*changes, base="smallest").training.models == ()
    else:
        assert message in refusal(*changes, base="smallest")


def test_your_own_maps_have_no_redshift_and_those_of_cmd_are_at_zero():
    assert "--redshift" not in activations_command(study_of(base="smallest"), "mine", "Ours")
    words = activations_command(study_of(), "T-MockTNG", "MockTNG")
    assert words[words.index("--redshift") + 1] == "0"
    assert "redshift" not in Domain("a", "b", "c", "all", redshift=None).attributes()


def test_files_of_a_constructor_are_inputs(tmp_path):
    (tmp_path / "own.pt").write_text("weights")
    changes = [
        put(*NETWORK, "weights", value=None),
        put(*NETWORK, "seed", value=1),
        put(*NETWORK, "trained", value=True),
    ]
    study = study_of(*changes, put(*NETWORK, "files", value=[str(tmp_path / "own.pt")]), base="smallest")
    job = network_job(study, "mine", ("Ours",))
    assert str(tmp_path / "own.pt") in job.inputs
    assert job.words[job.words.index("--files") + 1] == str(tmp_path / "own.pt")
    assert "--untrained" not in job.words


# Channels


BANDS = [put("suites", suite, "bands", value=["g", "r", "i"]) for suite in ("Ours", "Theirs")]


def banded(*changes):
    return study_of(*BANDS, *changes, base="smallest")


def prepared(**how):
    return put("models", "mine", "preprocessing", value=how)


def test_bands_are_channels_of_files_of_their_own():
    study = banded()
    assert channels_of(study, "mine") == ("density-g", "density-r", "density-i")
    made = [f"results/maps/Ours/Maps_density-{band}_Ours_LH_z=0.00" for band in "gri"]
    found = case_simulations(study, "mine", "Ours")
    assert found["maps"] == tuple(f"{path}.npy" for path in made)
    assert found["measured"] == tuple(f"{path}.json" for path in made)
    assert found["parameters"] == ("ours.csv",)


def test_bands_may_stand_in_another_order_in_another_suite():
    study = study_of(BANDS[0], put("suites", "Theirs", "bands", value=["i", "r", "g"]), base="smallest")
    maps = case_simulations(study, "mine", "Theirs")["maps"]
    assert [path.split("_")[1] for path in maps] == ["density-g", "density-r", "density-i"]
    assert bands_of(study, "Theirs") == ("i", "r", "g")


def test_a_band_a_file_is_read_in_place(tmp_path):
    for band in "gri":
        np.save(tmp_path / f"ours_{band}.npy", np.ones((60, 4, 4), dtype=np.float32))
    found = case_simulations(banded(put("suites", "Ours", "maps", "density", value="ours_{band}.npy")), "mine", "Ours")
    assert found["maps"] == ("ours_g.npy", "ours_r.npy", "ours_i.npy")


@pytest.mark.parametrize(("kind", "is_read"), [("f4", True), ("f8", False), ("u1", False)])
def test_maps_of_another_type_are_converted(tmp_path, kind, is_read):
    np.save(tmp_path / "other.npy", np.ones((60, 4, 4), dtype=kind))
    study = study_of(put("suites", "Ours", "maps", "density", value="other.npy"), base="smallest")
    assert (case_simulations(study, "mine", "Ours")["maps"] == ("other.npy",)) == is_read


def test_each_channel_has_its_preparation():
    study = banded(prepared(logarithm=False, scale=[1, 2, 3], clip=[[0, 1], [0, 2], [None, 3]], mean=[0, 1, 2], std=1))
    names = [one.variant for one in preparations(study, "mine")]
    assert names[0] == "_clip=0,1_logarithm=none"
    assert names[2] == "_clip=none,3_scale=3_logarithm=none"
    words = model_command(study, "mine")
    assert words[words.index("--moments") + 1 :][:6] == ["0.0", "1.0", "1.0", "1.0", "2.0", "1.0"]


def test_arcsinh_leaves_the_logarithm_out():
    for how in ({"arcsinh": 0.1}, {"arcsinh": [0.1, None, 0.2], "logarithm": [False, True, False]}):
        (first, *_) = preparations(banded(prepared(**how)), "mine")
        assert (first.chosen.arcsinh, first.chosen.logarithm) == (0.1, False)


def test_the_code_of_a_function_is_named_where_maps_are_prepared():
    study = study_of(prepared(function="mine:stretch", logarithm=False), base="smallest")
    words = network_job(study, "mine", ["Ours", "Theirs"]).words
    assert words.count("--functions") == words.count("mine:stretch") == 4
    assert preparations(study, "mine")[0].variant.startswith("_function=")


def test_several_fields_are_channels_of_the_same_simulations():
    names = ("T-MockTNG", "T-MockTNG-repaired")
    study = study_of(*(put("models", name, "field", value=["T", "Mtot"]) for name in names))
    found = case_simulations(study, "T-MockTNG", "MockSIMBA")
    assert [path.split("_")[1] for path in found["maps"]] == ["T", "Mtot"]
    assert len(found["parameters"]) == 1
    assert study.models["T-MockTNG"].field_label == "T+Mtot"


def test_published_networks_of_several_fields_have_their_names_joined():
    study = study_of(put("models", "T-IllustrisTNG", "field", value=["T", "Mtot"]), base="paper")
    (path, *_) = trial_files(study, "weights", "T-IllustrisTNG")
    assert path.endswith("weights_IllustrisTNG_T_Mtot_{trial}_all_steps_500_500_o3.pt")
    assert len(moments_of_trial(study, "T-IllustrisTNG")) == 2


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        (
            [BANDS[0]],
            "cases.mine shows 'Theirs', whose suite 'Theirs' has the bands none; the model's own suite 'Ours'",
        ),
        (
            [*BANDS, put("suites", "Theirs", "bands", value=["r", "g", "z"])],
            "has the bands r, g, z; the model's own suite 'Ours' has g, r, i. Both need the same ones",
        ),
        ([put("suites", "Ours", "maps", "density", value="ours_{band}.npy")], "so suites.Ours.bands is needed"),
        (
            [*BANDS, prepared(scale=[1, 2])],
            "preprocessing.scale has 2 values, but the model reads 3 channels: density-g",
        ),
        ([prepared(clip=[2, 1])], "clip is [2.0, 1.0]; expected the smaller value first"),
        ([prepared(arcsinh=0.1, logarithm=True)], "both logarithm and arcsinh are asked for; leave one out"),
        ([prepared(scale=0)], "0 is less than or equal to the minimum of 0"),
        ([prepared(clip=[0, 1, 2])], "at models.mine.preprocessing.clip, [0, 1, 2] is too long; expected 2 or fewer"),
        ([prepared(clip=[0])], "at models.mine.preprocessing.clip, [0] is too short; expected 2 or more"),
        ([prepared(clip=["a", 1])], "at models.mine.preprocessing.clip.0, 'a' is not a number"),
        ([prepared(scale=[1, None])], "at models.mine.preprocessing.scale.1, nothing is written, but a number is ex"),
        ([prepared(function="mine")], "'mine' is not a function as package.module:function"),
        (
            [put("models", "mine", "field", value=["density", "other"])],
            "the field of models.mine is 'other'; the fields",
        ),
        ([put("models", "mine", "field", value=["density", "density"])], "'density' stands twice"),
        (
            [
                put("suites", "Ours", "maps", value={"density": "ours.npy", "other": "few.npy"}),
                put("suites", "Theirs", "maps", value={"density": "theirs.npy", "other": "theirs.npy"}),
                put("fields", "other", value={"long_name": "another"}),
                put("models", "mine", "field", value=["density", "other"]),
            ],
            "cases.mine shows 'Ours', whose files hold 60 of density, 40 of other simulations",
        ),
    ],
)
def test_channels_that_do_not_fit_are_refused(changes, sentence):
    assert sentence in refusal(*changes, base="smallest")
