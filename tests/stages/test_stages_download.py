"""Files of CMD found on this machine or fetched to it, and the models made of them."""

import json
import os
import shutil
from pathlib import Path

import numpy as np
import pytest
import torch

from repshift import InputError
from repshift.__main__ import main
from repshift.downloads import sources
from repshift.mock_server.faults import Faults
from repshift.mock_server.server import Server
from repshift.networks.cmd import CMDNetwork
from repshift.stages.maps import download
from repshift.stages.maps import measure as measure_action
from repshift.stages.models import initialise, trial
from repshift.storage.files import sha256
from repshift.storage.models import read_model
from repshift.storage.studies import writing_study

STUDY = "wd_dr_hidden_lr_o3"
PATIENCE = {"attempts": 2, "timeout": 5.0}


@pytest.fixture
def served(tmp_path, write_simulations):
    """A folder that holds a file of maps, as a server's root."""
    files = write_simulations()
    folder = tmp_path / "served"
    folder.mkdir()
    files.maps.rename(folder / "maps.npy")
    return folder


@pytest.fixture
def server(served):
    with Server(served) as running:
        yield running


@pytest.fixture
def fetch(tmp_path, server):
    def run(*, output=tmp_path / "results/maps.npy", content="maps", roots=(server.address,)):
        download.run(
            content=content,
            files=["maps.npy"],
            directory=tmp_path / "cmd",
            roots=list(roots),
            output=output,
            **PATIENCE,
        )
        return output

    return run


def test_the_output_is_a_link_to_what_was_fetched(fetch, served, tmp_path):
    output = fetch()
    assert output.is_symlink()
    assert output.resolve() == (tmp_path / "cmd/maps.npy").resolve()
    assert sha256(output) == sha256(served / "maps.npy")


def test_the_link_holds_where_results_lie_on_another_disk(fetch, tmp_path):
    (tmp_path / "scratch/deep/down").mkdir(parents=True)
    (tmp_path / "results").symlink_to(tmp_path / "scratch/deep/down")
    assert fetch().exists()


def test_a_second_fetch_asks_no_server(fetch, server):
    fetch()
    asked = len(server.requests)
    fetch()
    assert len(server.requests) == asked


def test_a_file_put_there_by_hand_must_be_whole(fetch, served, tmp_path):
    (tmp_path / "cmd").mkdir()
    (tmp_path / "cmd/maps.npy").write_bytes((served / "maps.npy").read_bytes()[:5000])
    with pytest.raises(InputError, match="not a whole"):
        fetch()
    assert not (tmp_path / "cmd/SHA256SUMS").exists()
    (tmp_path / "cmd/maps.npy").write_bytes((served / "maps.npy").read_bytes())
    fetch()
    assert "maps.npy" in (tmp_path / "cmd/SHA256SUMS").read_text()


def test_without_a_directory_nothing_is_fetched():
    with pytest.raises(FileNotFoundError, match="None of these files is there: nowhere/a, nowhere/b"):
        sources.obtain(
            ["nowhere/a", "nowhere/b"],
            directory=None,
            roots=["http://127.0.0.1:1"],
            connection=sources.Connection(1, 1.0),
            check=print,
            largest=1,
        )


@pytest.mark.parametrize(("content", "sentence"), [("parameters", "has .* bytes; at most"), ("maps", None)])
def test_a_file_far_too_large_is_not_fetched(fetch, served, monkeypatch, content, sentence):
    monkeypatch.setitem(download._CHECKS, "parameters", (download.read_table, 1000))
    if sentence is None:
        assert fetch(content=content).exists()
    else:
        with pytest.raises(InputError, match=sentence):
            fetch(content=content)


def measure(path, folder, **changes):
    arguments = {"field": "T", "output": folder / "measured.json"} | changes
    measure_action.run(maps=path, **arguments)


def test_a_file_changed_after_fetching_is_not_measured(fetch, tmp_path):
    output = fetch()
    measure(output, tmp_path, directory=tmp_path / "cmd")
    changed = np.load(output) * 2
    np.save(tmp_path / "cmd/maps.npy", changed)
    (tmp_path / "measured.json").unlink()
    with pytest.raises(InputError, match=r"SHA256SUMS records \w+. It was changed or cut since .*: delete .*maps.npy"):
        measure(output, tmp_path, directory=tmp_path / "cmd")
    assert not (tmp_path / "measured.json").exists()


# Models of CMD's trials


@pytest.fixture(scope="module")
def searched(tmp_path_factory):
    """A study of three trials of width 2 and their weights of DataParallel, as a copy of CMD holds them."""
    folder = tmp_path_factory.mktemp("searched")
    with writing_study(folder / "study.db", study=STUDY, seed=1) as study:
        for number, value in enumerate((0.3, 0.1, 0.2)):
            trial = study.ask()
            trial.suggest_int("hidden", 2, 2)
            trial.suggest_float("dr", 0.0, 0.5)
            study.tell(trial, value)
            torch.manual_seed(number)
            state = torch.nn.DataParallel(CMDNetwork(2, size=16)).state_dict()
            torch.save(state, folder / f"weights_{number}.pt")
    return folder


@pytest.fixture
def inference(searched, tmp_path):
    return shutil.copytree(searched, tmp_path / "copy")


@pytest.fixture
def arguments(tmp_path, inference, write_simulations):
    return {
        "study": STUDY,
        "studies": [str(inference / "study.db")],
        "weights": [str(inference / "weights_{trial}.pt")],
        "rank": 1,
        "directory": None,
        "roots": [],
        **PATIENCE,
        "measured": write_simulations().measured,
        "suite": "MockTNG",
        "field": "T",
        "output": tmp_path / "models/T.pt",
    }


def weights_of(number):
    torch.manual_seed(number)
    return CMDNetwork(2, size=16).FC2.bias


@pytest.mark.parametrize(("rank", "number"), [(1, 1), (2, 2), (3, 0)])
def test_a_rank_is_a_trial_and_its_weights(arguments, rank, number):
    trial.run(**arguments | {"rank": rank})
    network, description = read_model(arguments["output"])
    assert description.provenance["trial"] == number
    torch.testing.assert_close(network.FC2.bias, weights_of(number), rtol=0, atol=0)


def test_a_trial_fetched_meanwhile_by_another_is_the_trial(arguments, inference, tmp_path, monkeypatch):
    real = sources.download

    def late(addresses, target, **options):
        real(addresses, target, **options)
        return real(addresses, target, **options)

    monkeypatch.setattr(sources, "download", late)
    with Server(inference) as server:
        source = {"studies": ["study.db"], "weights": ["weights_{trial}.pt"], "directory": tmp_path / "cmd"}
        trial.run(**arguments | source | {"roots": [server.address]})
        asked = [request.path for request in server.requests]
    network, _ = read_model(arguments["output"])
    torch.testing.assert_close(network.FC2.bias, weights_of(1), rtol=0, atol=0)
    assert {path for path in asked if path.endswith(".pt")} == {"/weights_1.pt"}


def test_a_model_says_which_constants_and_weights_it_has(arguments, inference):
    trial.run(**arguments)
    provenance = json.loads(arguments["output"].with_suffix(".json").read_text())["provenance"]
    assert provenance["weights_sha256"] == sha256(inference / "weights_1.pt")
    assert provenance["study_sha256"] == sha256(inference / "study.db")
    assert (provenance["moments_estimate"], provenance["maps_source"]) == (None, None)
    assert str(inference) not in json.dumps(provenance)


def test_an_estimate_of_the_constants_is_in_the_model(arguments):
    record = json.loads(arguments["measured"].read_text())
    estimate = {"n_maps": 40, "seed": 1, "mean_error": 0.01, "std_error": 0.02}
    arguments["measured"].write_text(json.dumps(record | {"estimate": estimate}))
    trial.run(**arguments)
    assert read_model(arguments["output"])[1].provenance["moments_estimate"] == estimate


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"rank": 4}, "no trial of rank 4: study .* holds 3 completed trials"),
        ({"field": "Mtot"}, "was measured of field 'T', but the model reads field 'Mtot'"),
        ({"study": "another"}, "holds no study 'another'"),
    ],
)
def test_a_trial_that_cannot_be_is_refused(arguments, change, message):
    with pytest.raises(InputError, match=message):
        trial.run(**arguments | change)
    assert not arguments["output"].exists()


def test_weights_of_another_width_are_refused(arguments, inference):
    torch.save(CMDNetwork(3, size=16).state_dict(), inference / "weights_1.pt")
    with pytest.raises(InputError, match="another width"):
        trial.run(**arguments)


def test_a_missing_file_is_exit_2_with_its_places(arguments, capsys):
    words = ["--studies", "nowhere.db", "--weights", "w.pt", "--roots", "--attempts", "1", "--timeout", "1"]
    rest = [
        word
        for name in ("study", "rank", "measured", "suite", "field", "output")
        for word in (f"--{name}", str(arguments[name]))
    ]
    assert main(["models", "trial", *words, *rest]) == 2
    assert capsys.readouterr().err.startswith("repshift: error: None of these files is there: nowhere.db.")


def test_a_fetch_is_a_command(tmp_path, server):
    words = f"--content maps --files maps.npy --roots {server.address} --attempts 2 --timeout 5".split()
    places = ["--directory", str(tmp_path / "cmd"), "--output", str(tmp_path / "a.npy")]
    assert main(["maps", "download", *words, *places]) == 0
    assert (tmp_path / "a.npy").readlink() == Path("cmd/maps.npy")


def test_a_server_that_fails_leaves_no_link(fetch, server, tmp_path):
    server.faults = Faults(status=404)
    with pytest.raises(InputError, match="404|not there"):
        fetch()
    assert not os.path.lexists(tmp_path / "results/maps.npy")


def test_an_untrained_network_says_its_constants_are_estimates(tmp_path, write_simulations):
    files = write_simulations()
    estimate = {"n_maps": 40, "seed": 1, "mean_error": 0.01, "std_error": 0.02}
    files.measured.write_text(json.dumps(json.loads(files.measured.read_text()) | {"estimate": estimate}))
    inputs = {"maps": files.maps, "parameters": files.parameters, "measured": files.measured}
    shape = {"suite": "MockTNG", "field": "T", "hidden": 1, "dropout": 0.0, "seed": 1, "split": "all"}
    initialise.run(**inputs, **shape, batch_size=60, threads=1, output=tmp_path / "new.pt")
    assert read_model(tmp_path / "new.pt")[1].provenance["moments_estimate"] == estimate
