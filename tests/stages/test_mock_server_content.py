"""The stand-in has the form of CMD: its copies are exact, its search is one."""

import itertools
from pathlib import Path

import numpy as np
import optuna
import pytest
import torch

from repshift.mock_server import content
from repshift.networks.cmd import CMDNetwork
from repshift.stages.training.train import examples_of
from repshift.storage.files import sha256
from repshift.storage.maps import open_maps
from repshift.storage.simulations import open_simulations
from repshift.storage.studies import read_trial
from repshift.storage.weights import load_weights
from repshift.training.loop import evaluate
from repshift.vocabulary import InputError

STUDY = "wd_dr_hidden_lr_o3"


@pytest.fixture
def expand(tmp_path, write_simulations):
    files = write_simulations("few", n_simulations=3)

    def run(simulations, *, seed=1, name="many"):
        outputs = {"output_maps": tmp_path / f"{name}.npy", "output_parameters": tmp_path / f"{name}.txt"}
        inputs = {"maps": files.maps, "parameters": files.parameters}
        content.expand(**inputs, simulations=simulations, seed=seed, **outputs)
        return files, outputs["output_maps"], outputs["output_parameters"]

    return run


def symmetries(one):
    """Every image of a periodic map under rotation, flip and shift: slow and obvious."""
    size = len(one)
    for turns, flip, down, right in itertools.product(range(4), (False, True), range(size), range(size)):
        turned = np.rot90(one, turns)
        yield np.roll(np.fliplr(turned) if flip else turned, (down, right), (0, 1))


def test_the_given_simulations_come_first_as_they_are(expand):
    files, maps, parameters = expand(7)
    assert open_maps(maps).shape == (105, 16, 16)
    np.testing.assert_array_equal(open_maps(maps)[:45], open_maps(files.maps))
    assert parameters.read_text().splitlines()[:4] == files.parameters.read_text().splitlines()


def test_copies_have_the_parameters_of_what_they_copy_in_turn(expand):
    files, _, parameters = expand(7)
    given = np.loadtxt(files.parameters)
    np.testing.assert_array_equal(np.loadtxt(parameters), given[[0, 1, 2, 0, 1, 2, 0]])


@pytest.mark.parametrize("position", [0, 7, 14])
def test_a_copy_is_a_symmetry_of_its_map_and_another(expand, position):
    files, maps, _ = expand(5)
    given, copy = open_maps(files.maps)[15 + position], open_maps(maps)[60 + position]
    assert not np.array_equal(given, copy)
    assert any(np.array_equal(image, copy) for image in symmetries(given))


def test_symmetries_of_all_kinds_are_drawn():
    one = np.arange(16, dtype=np.float32).reshape(1, 4, 4)
    rng = np.random.default_rng(0)
    drawn = {content._symmetric_copies(one, rng).tobytes() for _ in range(2000)}
    assert drawn == {np.ascontiguousarray(image).tobytes() for image in symmetries(one[0])}


def test_copies_follow_their_seed_alone(expand):
    (_, first, _), (_, again, _) = expand(7), expand(8, name="again")
    _, other, _ = expand(7, seed=2, name="other")
    np.testing.assert_array_equal(open_maps(first), open_maps(again)[:105])
    assert not np.array_equal(open_maps(first), open_maps(other))


def test_as_many_simulations_as_given_are_the_given_ones(expand):
    files, maps, parameters = expand(3)
    assert (sha256(maps), sha256(parameters)) == (sha256(files.maps), sha256(files.parameters))


def test_fewer_simulations_than_given_are_refused(expand, tmp_path):
    with pytest.raises(InputError, match=r"few.npy holds 3 simulations; 2 were asked for"):
        expand(2)
    assert not (tmp_path / "many.npy").exists()


# The search


def arguments_of(files, folder):
    return {
        "maps": files.maps,
        "parameters": files.parameters,
        "measured": files.measured,
        "suite": "MockTNG",
        "field": "T",
        "study": STUDY,
        "trials": 3,
        "epochs": 1,
        "batch_size": 90,
        "hidden": (1, 3),
        "seed": 5,
        "threads": 1,
        "output_study": folder / "MockTNG_o3_T_all_steps_500_500_o3.db",
        "output_weights": str(folder / "weights_MockTNG_T_{trial}_all_steps_500_500_o3.pt"),
    }


@pytest.fixture(scope="module")
def given(write_simulations_once):
    return write_simulations_once(n_simulations=20)


@pytest.fixture
def arguments(given, tmp_path):
    return arguments_of(given, tmp_path)


@pytest.fixture(scope="module")
def searched(given, tmp_path_factory):
    """A search of three trials, which no test may change."""
    arguments = arguments_of(given, tmp_path_factory.mktemp("search"))
    content.search(**arguments)
    return arguments


def weights_of(arguments, number):
    return Path(arguments["output_weights"].format(trial=number))


def trials_of(path):
    return optuna.load_study(study_name=STUDY, storage=f"sqlite:///{path}").get_trials()


def test_a_search_has_the_form_of_cmd_s(searched):
    trials = trials_of(searched["output_study"])
    assert [trial.state.name for trial in trials] == ["COMPLETE"] * 3 + ["FAIL"]
    assert all(set(trial.params) == {"wd", "dr", "hidden", "lr"} for trial in trials)
    assert trials[3].value is None
    assert [weights_of(searched, number).exists() for number in range(4)] == [True, True, True, False]


@pytest.mark.parametrize("rank", [1, 2, 3])
def test_the_weights_of_every_trial_are_of_its_width(searched, rank):
    trial = read_trial(searched["output_study"], study=STUDY, rank=rank)
    network = CMDNetwork(trial.hidden, trial.dropout, size=16)
    load_weights(network, weights_of(searched, trial.number))


def test_the_value_of_a_trial_is_its_networks_validation_loss(arguments):
    content.search(**arguments | {"epochs": 2})
    trial = read_trial(arguments["output_study"], study=STUDY, rank=1)
    network = CMDNetwork(trial.hidden, trial.dropout, size=16)
    load_weights(network, weights_of(arguments, trial.number))
    simulations = open_simulations(*(arguments[name] for name in ("maps", "parameters", "measured")))
    examples = examples_of(simulations, "validation")
    found = evaluate(network, examples, batch_size=90)
    assert found == pytest.approx(trial.value, abs=1e-5)


def test_weights_are_saved_from_a_parallel_network(searched):
    state = torch.load(weights_of(searched, 0), weights_only=True)
    assert all(name.startswith("module.") for name in state)
    assert "module.B01.weight" in state


def test_the_same_seed_gives_the_same_trials_and_weights(searched, arguments):
    content.search(**arguments)
    for first, second in zip(*(trials_of(each["output_study"]) for each in (searched, arguments)), strict=True):
        assert (first.params, first.value) == (second.params, second.value)
    assert weights_of(searched, 2).read_bytes() == weights_of(arguments, 2).read_bytes()


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"field": "Mtot"}, r"MockTNG.npy holds field 'T'; the search is for field 'Mtot'"),
        ({"trials": 0}, "0 trials of width 1 to 3"),
        ({"hidden": (3, 2)}, "3 trials of width 3 to 2"),
        ({"hidden": (0, 2)}, "3 trials of width 0 to 2"),
        ({"output_weights": "weights.pt"}, r"'weights.pt' names the weights of all trials alike. It needs \{trial\}"),
    ],
)
def test_a_search_that_cannot_be_is_refused(arguments, change, message):
    with pytest.raises(InputError, match=message):
        content.search(**arguments | change)
    assert not arguments["output_study"].exists()
