"""The command check: what it knows of a configuration before its run, and all that it finds wrong with it."""

import shutil
from pathlib import Path

import numpy as np
import pytest
import torch
import yaml

from inspected import new, said, write_user
from repshift.__main__ import main
from repshift.costs.sizes import sizes_of
from repshift.inspection.models import maps_for
from repshift.inspection.problems import Problems
from repshift.inspection.sets import set_report
from repshift.inspection.survey import survey
from repshift.networks.cmd import CMDNetwork
from repshift.storage.studies import writing_study
from repshift.study.reading import read_study
from running import ROOT, put

NETWORK = ("models", "Reader", "network")


@pytest.fixture
def own(tmp_path, code, capsys):
    """A configuration that `repshift new` wrote, to be changed."""
    words = write_user(tmp_path, code)
    new(words)
    capsys.readouterr()
    return Path(*words["output"])


@pytest.fixture
def check(own, capsys):
    """Check the configuration after some changes, and return the exit status, the rows and the sentences."""

    def check(*changes):
        configuration = yaml.safe_load(own.read_text())
        for change in changes:
            change(configuration)
        own.write_text(yaml.safe_dump(configuration, sort_keys=False))
        status = main(["check", str(own)])
        captured = capsys.readouterr()
        return status, captured.out, said(captured)

    return check


def row(table, what):
    """Return the rest of the only row of a kind."""
    (found,) = [line.removeprefix(what).strip() for line in table.splitlines() if line.startswith(what)]
    return " ".join(found.split())


def test_a_table_says_what_was_found(check):
    status, table, _ = check()
    assert status == 0
    assert "12 maps of 8 pixels a side, float32" in table
    assert "12 rows: mass, age" in table
    assert row(table, "model") == "Reader 2 layers (rest.0:0, rest.1:0), 4 outputs, weights as it is built with"
    assert row(table, "cases") == "Reader sims, sky: 3 maps go through, outputs of shape (4,)"
    assert row(table, "cost").startswith("11 jobs about ")


def test_nothing_is_written(check, own, code):
    (code / "inspected_network.py").touch()
    before = [(path, path.stat().st_mtime_ns) for folder in (own.parent, code) for path in sorted(folder.rglob("*"))]
    check()
    own_again = [(path, time) for path, time in before if path != own]
    after = [(path, path.stat().st_mtime_ns) for path, _ in before if path != own]
    assert after == own_again
    assert {path for folder in (own.parent, code) for path in folder.rglob("*")} == {path for path, _ in before}


def test_all_that_is_wrong_is_said_at_once(check, own):
    (own.parent / "sky.csv").write_text("object,mass,age\na,1,2\n")
    torch.save({"first.weight": torch.zeros(3, 1, 3, 3)}, own.parent / "w.pt")
    status, table, sentences = check(
        put("suites", "sims", "maps", "image", value="none.npy"), put(*NETWORK, "weights", value=f"{own.parent}/w.pt")
    )
    assert (status, row(table, "maps  sims")) == (2, ", image not readable")
    assert [sentence.partition(":")[0] for sentence in sentences[:1]] == ["No such file or folder"]
    assert "sky.csv has 1 rows, but" in sentences[1]
    assert "models.Reader: " in sentences[2]
    assert "does not fit the network" in sentences[2]
    assert len(sentences) == 3


def test_a_layer_that_is_the_same_for_all_maps_is_named(check):
    status, _, sentences = check(put(*NETWORK, "constructor", value="inspected_network:constant"))
    assert status == 2
    assert "layers that are the same for all maps: rest.1:1. A constant has no CKA" in sentences[0]
    assert check(put(*NETWORK, "layers", value=["rest*", "!rest.1:1"]))[0] == 0


def test_a_network_is_built_where_its_maps_cannot_be_read(check):
    status, table, sentences = check(put("suites", "sims", "maps", "image", value="none.npy"))
    assert (status, len(sentences)) == (2, 1)
    assert row(table, "model") == "Reader weights as it is built with, not shown maps, whose size is not known"


def test_every_place_of_the_file_is_named(check):
    changes = [put("device", value="gpu"), put("cases", "other", value=["sims"]), put("threads", value=0)]
    assert len(check(*changes)[2]) == 2


def test_every_name_that_refers_to_nothing_is_named(check):
    sentences = check(put("domains", value={"sky": {"suite": "sea"}}), put("figures", value={"figure1": ["me"]}))[2]
    assert ["'sea'" in sentences[0], "'me'" in sentences[1]] == [True, True]


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        (
            [put(*NETWORK, "constructor", value="inspected_network:broken")],
            "models.Reader: 'inspected_network:broken' is",
        ),
        ([put(*NETWORK, "arguments", value={"bands": 3})], "cannot take maps of shape (3, 1, 8, 8)"),
        (
            [put(*NETWORK, "outputs", value=["mass", "size"])],
            "has no column 'size', which models.Reader.network.outputs",
        ),
        (
            [put(*NETWORK, "outputs", value=["mass", "object"])],
            "holds 'sims_0' in row 0 of column 'object'. Labels are",
        ),
        (
            [put(*NETWORK, "outputs", value=["mass"])],
            "The network returns shape (3, 4) for 3 maps, but its outputs are mass",
        ),
        ([put(*NETWORK, "files", value=["none.pt"])], "No such file, which the network reads: none.pt"),
        ([put(*NETWORK, "layers", value=["first"])], "has one layer, first. Similarity is of two or more: name others"),
        ([put(*NETWORK, "layers", value=["none"])], "models.Reader: The network has no layer ['none']"),
        ([put("activations", "n_maps", value=20)], "but domain 'sims' (set 'LH', split 'all') has 12 simulations"),
        ([put("activations", value={"n_maps": 10, "maps_each": 2})], "but a simulation of domain 'sims' has 1 maps"),
        ([put("suites", "sky", "labels", value="none.csv")], "There is no file of labels 'none.csv'."),
        ([put("suites", "sky", "maps_per_simulation", value=5)], "holds 12 maps. A simulation has 5"),
        (
            [put("attribution", value={"cases": {"Reader": ["sims"]}, "methods": ["grad_cam"], "layer": "none"})],
            "attribution of Reader: The network has no layer ['none']",
        ),
        ([put("models", "Reader", "preprocessing", value={})], None),
    ],
)
def test_what_a_run_would_stop_at_is_found_before(check, changes, message):
    status, _, sentences = check(*changes)
    assert status == (2 if message else 0)
    assert message is None or any(message in sentence for sentence in sentences), sentences


def prepare(function):
    return put(
        "models", "Reader", "preprocessing", value={"function": f"inspected_network:{function}", "logarithm": False}
    )


def test_a_function_of_the_user_prepares_the_maps(check):
    assert check(prepare("root"))[0] == 0
    assert (
        "'inspected_network:torn' is your own code, and when it prepared maps, it raised ValueError: no root of"
        in (check(prepare("torn"))[2][0])
    )
    assert "blended' makes another map of the same map when it is given alone" in check(prepare("blended"))[2][0]


def test_maps_in_another_unit_are_a_row(check, own):
    assert "note" not in check()[1]
    np.save(own.parent / "sky.npy", 255 * np.load(own.parent / "sims.npy"))
    status, table, _ = check()
    words = "Reader sky: pixels are 255 times those of sims, perhaps another unit: see domains.NAME.standardisation"
    assert (status, row(table, "note")) == (0, words)
    assert "note" not in check(put("domains", "sky", "standardisation", value="own"))[1]


def test_maps_of_two_sizes_are_named(check, own):
    np.save(own.parent / "sky.npy", np.random.default_rng(1).lognormal(size=(12, 9, 9)).astype(np.float32))
    (sentence,) = check()[2]
    assert sentence.startswith(
        "Maps of domain 'sky' have 9 pixels a side, but those of 'sims', the first of models.Reader, have 8 pixels a"
    )


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("config", "MockSIMBA: one_point like MockTNG"),
        ("test", "results/training/T-MockTNG.pt: trained in the run"),
        ("paper", "rank 1 of those that CMD publishes: not fetched yet"),
    ],
)
def test_every_kind_of_suite_and_model_is_known(name, words, monkeypatch, capsys):
    monkeypatch.chdir(ROOT)
    assert main(["check", f"config/{name}.yaml"]) == 0
    assert words in capsys.readouterr().out


def local(folder):
    """Return a configuration of two suites in the form of CMD, one network untrained, one suite derived."""
    return {
        "suites": {
            "IllustrisTNG": {"provider": "local", "directory": str(folder), "box": 25.0},
            "noisy": {"provider": "derived", "of": "IllustrisTNG", "noise": 0.1},
        },
        "models": {"T": {"suite": "IllustrisTNG", "field": "T", "untrained": {"hidden": 1}}},
        "domains": {"IllustrisTNG": {"split": "all"}, "noisy": {"split": "all"}},
        "cases": {"T": ["IllustrisTNG", "noisy"]},
        "activations": {"n_maps": 10},
    }


@pytest.fixture
def in_form_of_cmd(write_simulations_once, tmp_path):
    """The file of a configuration of suites in the form of CMD, 12 simulations."""
    files = write_simulations_once("IllustrisTNG", seed=1)
    shutil.copy(files.maps, tmp_path / "Maps_T_IllustrisTNG_LH_z=0.00.npy")
    shutil.copy(files.parameters, tmp_path / "params_LH_IllustrisTNG.txt")
    (tmp_path / "local.yaml").write_text(yaml.safe_dump(local(tmp_path)))
    return tmp_path / "local.yaml"


def test_costs_go_by_the_pixels_of_a_rectangle(own):
    for name in ("sims", "sky"):
        values = np.random.default_rng(6).lognormal(size=(12, 4, 16)).astype(np.float32)
        np.save(own.parent / f"{name}.npy", values)
    study = read_study(yaml.safe_load(own.read_text()))
    names = {"model": "Reader", "domain": "sky"}
    assert survey(study).numbers(names)["pixels"] == sizes_of(study, "grams", names)["pixels"] == 8


def test_a_network_of_two_fields_is_shown_both(own, check, capsys):
    values = np.random.default_rng(4).lognormal(size=(12, 8, 8)).astype(np.float32)
    np.save(own.parent / "other.npy", values)

    def two_fields(configuration):
        for name in ("sims", "sky"):
            maps = configuration["suites"][name]["maps"]
            configuration["suites"][name]["maps"] = {"image": maps["image"], "T": str(own.parent / "other.npy")}
        configuration["models"]["Reader"]["field"] = ["image", "T"]

    status, table, _ = check(two_fields, put(*NETWORK, "arguments", value={"bands": 2}))
    assert status == 0
    assert "12 maps of 2 channels of 8 pixels a side" in table
    np.save(own.parent / "other.npy", values[:, :, :4])
    assert any("The channels of a network have one size" in sentence for sentence in check()[2])


def test_a_set_is_shown_where_a_suite_has_several(check, own, in_form_of_cmd, capsys):
    assert "LH" not in check()[1]
    for name in ("sims", "sky"):
        (own.parent / f"{name}_LH.npy").write_bytes((own.parent / f"{name}.npy").read_bytes())
    assert "sims, image, LH" in check(put("suites", "sims", "maps", "image", value=f"{own.parent}/sims_{{set}}.npy"))[1]
    main(["check", str(in_form_of_cmd)])
    assert "IllustrisTNG, T, LH" in capsys.readouterr().out


def test_a_classifier_of_one_output_without_an_axis_is_checked(check, own):
    for name in ("sims", "sky"):
        rows = "".join(f"{number},{'ab'[number % 2]}\n" for number in range(12))
        (own.parent / f"{name}.csv").write_text(f"object,kind\n{rows}")
    keys = {"outputs": ["kind"], "task": "classification", "classes": ["a", "b"]}
    keys |= {"constructor": "inspected_network:flat"}
    changes = [put(*NETWORK, name, value=value) for name, value in keys.items()]
    status, table, _ = check(*changes)
    assert (status, "layers (rest.0:0, rest.1:0), 1 output, weights" in table) == (0, True)
    assert " Reader sims: a 6, b 6 " in " ".join(table.split())


def test_shares_that_are_said_to_be_logits_are_a_part_of_their_row(check, own):
    for name in ("sims", "sky"):
        rows = "".join(f"{number},{'ab'[number % 2]}\n" for number in range(12))
        (own.parent / f"{name}.csv").write_text(f"object,kind\n{rows}")
    keys = {"outputs": ["kind"], "task": "classification", "classes": ["a", "b"]}
    keys |= {"arguments": {"answers": 2, "is_share": True}, "layers": ["rest.?"]}
    changes = [put(*NETWORK, name, value=value) for name, value in keys.items()]
    assert "outputs of shape (2,) that sum to 1, though output_scale is logits" in check(*changes)[1]
    assert "sum to 1" not in check(*changes, put(*NETWORK, "output_scale", value="probabilities"))[1]


def test_bands_in_another_order_are_shown_in_that_of_the_model(own):
    values = np.random.default_rng(7).lognormal(size=(12, 3, 8, 8)).astype(np.float32)
    np.save(own.parent / "sims.npy", values)
    np.save(own.parent / "sky.npy", values[:, ::-1])
    configuration = yaml.safe_load(own.read_text())
    for name, bands in (("sims", ["g", "r", "i"]), ("sky", ["i", "r", "g"])):
        configuration["suites"][name]["bands"] = bands
    put(*NETWORK, "arguments", value={"bands": 3})(configuration)
    study, problems = read_study(configuration), Problems()
    reports = [set_report(study, name, "LH", fields=["image"], problems=problems) for name in ("sims", "sky")]
    of_sims, of_sky = (maps_for(study, "Reader", one) for one in reports)
    assert np.array_equal(of_sims, of_sky)


def test_suites_in_the_form_of_cmd_are_opened(in_form_of_cmd, capsys):
    assert main(["check", str(in_form_of_cmd)]) == 0
    table = capsys.readouterr().out
    assert "180 maps of 16 pixels a side, float32" in table
    assert "made from IllustrisTNG: noise 0.1" in table
    assert "12 rows: Omega_m" in table


def test_files_of_cmd_that_were_fetched_are_opened(in_form_of_cmd, capsys):
    configuration = yaml.safe_load(in_form_of_cmd.read_text())
    configuration["suites"]["IllustrisTNG"] = {"provider": "cmd"}
    configuration["maps"] = {"cmd": {"directory": str(in_form_of_cmd.parent / "copy")}}
    place = in_form_of_cmd.parent / "copy/2D_maps/data/IllustrisTNG"
    place.mkdir(parents=True)
    for path in in_form_of_cmd.parent.glob("*_LH_*"):
        shutil.copy(path, place)
    in_form_of_cmd.write_text(yaml.safe_dump(configuration))
    main(["check", str(in_form_of_cmd)])
    assert "180 maps of 16 pixels a side, float32" in capsys.readouterr().out


def test_a_suite_without_its_files_is_named(in_form_of_cmd, capsys):
    (in_form_of_cmd.parent / "Maps_T_IllustrisTNG_LH_z=0.00.npy").unlink()
    assert main(["check", str(in_form_of_cmd)]) == 2
    assert "suites.IllustrisTNG.directory is" in said(capsys.readouterr())[0]


def write_search(folder):
    """Write a search of one trial of width 2 for maps of 16 pixels, and its weights, where a copy of CMD has them."""
    name = "all_steps_500_500_o3"
    (folder / "2D_maps/inference/databases").mkdir(parents=True)
    path = folder / f"2D_maps/inference/databases/IllustrisTNG_o3_T_{name}.db"
    with writing_study(path, study="wd_dr_hidden_lr_o3", seed=1) as study:
        trial = study.ask()
        trial.suggest_int("hidden", 2, 2)
        trial.suggest_float("dr", 0.0, 0.5)
        study.tell(trial, 0.1)
    (folder / "2D_maps/inference/weights").mkdir()
    return folder / f"2D_maps/inference/weights/weights_IllustrisTNG_T_0_{name}.pt"


def test_a_published_network_on_disk_is_loaded(in_form_of_cmd, capsys):
    configuration = yaml.safe_load(in_form_of_cmd.read_text())
    configuration["models"]["T"] = {"suite": "IllustrisTNG", "field": "T", "rank": 1}
    in_form_of_cmd.write_text(yaml.safe_dump(configuration))
    assert main(["check", str(in_form_of_cmd)]) == 2
    assert "No such file, of the search of models.T: " in said(capsys.readouterr())[0]
    weights = write_search(in_form_of_cmd.parent)
    assert main(["check", str(in_form_of_cmd)]) == 2
    assert "No such file, the weights of trial 0 of models.T: " in said(capsys.readouterr())[0]
    torch.save(CMDNetwork(2, size=16).state_dict(), weights)
    assert main(["check", str(in_form_of_cmd)]) == 0
    assert "8 layers" in row(capsys.readouterr().out, "model")


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (put("maps", "mock", "size", value=32), "T-MockTNG.pt was built for maps of 64 pixels a side; those of its"),
        (put("models", "T-MockTNG", "field", value="Mtot"), "T-MockTNG.pt was trained on field 'T' of suite 'MockTNG'"),
        (put("models", "T-MockTNG", "weights", value="none.pt"), "none.json"),
    ],
)
def test_a_model_file_of_other_maps_is_refused(change, message, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(ROOT)
    configuration = yaml.safe_load((ROOT / "config/config.yaml").read_text())
    change(configuration)
    (tmp_path / "changed.yaml").write_text(yaml.safe_dump(configuration))
    assert main(["check", str(tmp_path / "changed.yaml")]) == 2
    assert any(message in sentence for sentence in said(capsys.readouterr()))


def test_fields_of_different_simulations_are_refused(own, check):
    np.save(own.parent / "other.npy", np.ones((10, 8, 8), dtype=np.float32))

    def two_fields(configuration):
        configuration["suites"]["sims"]["maps"]["T"] = str(own.parent / "other.npy")
        configuration["suites"]["sky"]["maps"]["T"] = str(own.parent / "other.npy")
        configuration["models"]["Reader"]["field"] = ["image", "T"]

    assert "other.npy holds 10 maps, but " in check(two_fields)[2][0]


AXES = """
def dimmed(maps, strength, rng):
    return maps * (1 - strength)

def wrong(maps, strength, rng):
    return maps[..., :-1]
"""


@pytest.fixture
def stressed(check, code):
    """Check the configuration with an axis of the user's own."""
    (code / "optics.py").write_text(AXES)
    axis = {"path": str(code), "strengths": [0, 0.1, 0.2]}

    def stressed(function, **section):
        axes = {"noise": {"strengths": [0, 0.1]}, "dim": {"function": f"optics:{function}", **axis}}
        changed = {"cases": {"Reader": ["sims"]}, "axes": axes, **section}
        return check(put(*NETWORK, "outputs", value=["mass", "age"]), put("stress", value=changed))

    return stressed


def test_what_stress_costs_is_said(stressed):
    status, table, sentences = stressed("dimmed", maps_each=1)
    assert (status, sentences) == (0, [])
    assert row(table, "stress").startswith("Reader sims: 12 maps at 4 strengths of 2 axes; about 10 s of one core")


def test_what_attribution_costs_is_said(check):
    section = {"cases": {"Reader": ["sims"]}, "maps": 12, "window": 4, "stride": 4, "faithfulness": None}
    status, table, sentences = check(put(*NETWORK, "outputs", value=["mass", "age"]), put("attribution", value=section))
    assert (status, sentences) == (0, [])
    assert row(table, "attribution").startswith(
        "Reader mass, age: 3 methods on 12 maps of sims; about 10 s of one core"
    )
    assert row(table, "note") == "attribution no figure is drawn of it: for one write figure5: [Reader] under figures"


@pytest.mark.parametrize(
    ("answers", "section", "sentence"),
    [
        (2, {"outputs": ["mass_std"]}, "There is no output 'mass_std'. There are mass, age, by name or from 0 up."),
        (4, {"methods": ["grad_cam"], "layer": "conv9"}, "The network has no layer ['conv9']. Its modules are"),
    ],
)
def test_what_the_network_has_not_is_not_attributed(check, answers, section, sentence):
    section = {"cases": {"Reader": ["sims"]}, "maps": 12, "window": 4, "stride": 4, "faithfulness": None, **section}
    changes = put(*NETWORK, "outputs", value=["mass", "age"]), put(*NETWORK, "arguments", value={"answers": answers})
    status, _, sentences = check(*changes, put("attribution", value=section))
    assert status == 2
    assert [one.startswith(f"attribution of Reader: {sentence}") for one in sentences] == [True]


def repaired(**sections):
    """Return changes that name outputs, and give sections of repair, pruning and trust."""
    known = [put(*NETWORK, "outputs", value=["mass", "age"]), put(*NETWORK, "trained", value=True)]
    return [*known, *(put(name, value=held) for name, held in sections.items())]


def test_what_repairs_cost_is_said(check):
    repair = {"cases": {"Reader": ["sky"]}, "simulations": [2], "maps_each": 1, "tuned_maps_each": 1}
    trust = {"cases": {"Reader": ["sims", "sky"]}, "level": 0.8, "maps_each": 1}
    pruning = {"cases": {"Reader": ["sims"]}, "maps_each": 1, "retraining": {"batch": 4}}
    status, table, sentences = check(*repaired(repair=repair, trust=trust, pruning=pruning))
    assert (status, sentences) == (0, [])
    assert row(table, "repair").startswith("Reader up to 5 rungs without training for sky; about ")
    assert "layers and runs replaced, judged on sims; retraining; about " in row(table, "pruning")
    assert row(table, "trust").startswith("Reader on sims, sky; about ")
    assert table.count("no figure is drawn of it: for one write figure") == 3


OF_REPAIR = {"cases": {"Reader": ["sky"]}, "simulations": [2], "maps_each": 1, "tuned_maps_each": 1}
TRAINED = {"rungs": ["source_training"], "batch": 4, "labelled": [2], "simulations": [2]}
OF_TRUST = {"cases": {"Reader": ["sims"]}, "level": 0.8, "maps_each": 1}


@pytest.mark.parametrize(
    ("sections", "words"),
    [
        (
            {"repair": {**OF_REPAIR, "rungs": ["batch_norm"]}},
            "repair.rungs has batch_norm, but the network has no batch norms that keep statistics. What remains "
            "possible: pixel_moments, feature_moments, recalibration",
        ),
        (
            {"repair": {**OF_REPAIR, "layer": "conv9"}},
            "There is no layer 'conv9' before the outputs. There are rest",
        ),
        (
            {"repair": {**OF_REPAIR, "training": {**TRAINED, "freeze": ["conv9"]}}},
            "There is no layer 'conv9' to freeze below.",
        ),
        ({"trust": {**OF_TRUST, "layers": ["conv9"]}}, "The network has no layer ['conv9']"),
        (
            {"trust": {**OF_TRUST, "dropout_passes": 5}},
            "trust.dropout_passes is 5, but the network has no dropout: all passes give the same. Leave it out.",
        ),
        ({"pruning": {"cases": {"Reader": ["sims"]}, "layers": ["conv9"]}}, "The network has no layer ['conv9']"),
    ],
)
def test_what_the_network_has_not_is_not_repaired(check, sections, words):
    status, _, sentences = check(*repaired(**sections))
    assert status == 2
    assert [one.startswith(f"models.Reader: {words}") for one in sentences] == [True]


@pytest.mark.parametrize(
    ("section", "words"),
    [
        ({"outputs": ["size"]}, "the outputs of the model are mass, age, and LABEL_std where it predicts standard dev"),
        ({"twins": ["sky"]}, "'sky' holds files of your own, and nothing says that its maps are paired with others"),
    ],
)
def test_of_files_of_your_own_a_refusal_says_what_to_do(check, section, words):
    section = {"cases": {"Reader": ["sims"]}, "maps": 12, "window": 4, "stride": 4, "faithfulness": None, **section}
    status, _, sentences = check(put(*NETWORK, "outputs", value=["mass", "age"]), put("attribution", value=section))
    assert status == 2
    assert words in sentences[0]


def test_an_axis_of_your_own_is_tried_on_a_map(stressed):
    status, _, sentences = stressed("wrong", maps_each=1)
    assert status == 2
    assert sentences == [
        "stress.axes.dim: Axis 'dim' is your own code: at strength 0.1 it returned float64 of shape (1, 1, 8, 7). "
        "Expected numbers (1, 1, 8, 8)."
    ]


def test_an_axis_of_your_own_is_tried_before_there_are_maps(tmp_path, code, capsys):
    (code / "optics.py").write_text(AXES)
    configuration = yaml.safe_load((ROOT / "config/test.yaml").read_text())
    axis = {"function": "optics:wrong", "path": str(code), "strengths": [0, 0.1]}
    put("stress", "axes", "dim", value=axis)(configuration)
    (tmp_path / "mine.yaml").write_text(yaml.safe_dump(configuration, sort_keys=False))
    assert main(["check", str(tmp_path / "mine.yaml")]) == 2
    assert said(capsys.readouterr()) == [
        "stress.axes.dim: Axis 'dim' is your own code: at strength 0.1 it returned float64 of shape (1, 1, 32, 31). "
        "Expected numbers (1, 1, 32, 32)."
    ]


def test_an_axis_of_your_own_that_is_not_there_is_refused(stressed):
    status, _, sentences = stressed("bright", maps_each=1)
    assert status == 2
    assert len(sentences) == 1
    assert "bright" in sentences[0]
