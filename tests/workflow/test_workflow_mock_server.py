"""The paper's configuration against a mock server of CMD, then on a local copy, then in slices."""

import json
import os
import pickle
import re
import shutil
import signal
import time
from pathlib import Path

import numpy as np
import pytest
import xarray as xr

from planning import plans
from repshift.__main__ import main
from repshift.mock_server import __main__ as mock_server
from repshift.mock_server import content
from repshift.mock_server.faults import NO_FAULTS, Faults
from repshift.mock_server.server import Server
from repshift.stages.training.train import examples_of
from repshift.storage.files import sha256
from repshift.storage.maps import write_parameters, writing_maps
from repshift.training.loop import Examples
from repshift.vocabulary import MAPS_PER_SIMULATION, PARAMETERS
from running import configure, copy_tree, jobs_of, put, run, start

CASES = ("T-IllustrisTNG/IllustrisTNG", "T-IllustrisTNG/SIMBA", "Mtot-SIMBA/SIMBA", "Mtot-SIMBA/IllustrisTNG")
SHOWN = CASES[:2]
"""The cases of one model, which say of the other what holds of it too."""

PREDICTED = [f"results/predictions/{case}.nc" for case in SHOWN]
MAPS = "2D_maps/data/IllustrisTNG/Maps_T_IllustrisTNG_LH_z=0.00.npy"
FETCHED = "results/maps/IllustrisTNG/Maps_T_IllustrisTNG_LH_z=0.00.npy"
MEASURED = FETCHED.replace(".npy", ".json")


@pytest.fixture(scope="module")
def copy(tmp_path_factory):
    """A small CMD of maps of 256 pixels and networks of six blocks, in both layouts."""
    directory = tmp_path_factory.mktemp("mock_server")
    for seed, suite in enumerate(("IllustrisTNG", "SIMBA")):
        write_simulations(directory / "made" / suite / "few", suite, rng=np.random.default_rng(seed))
    options = "--trials 2 --epochs 1 --hidden 1 1 --processes 2"
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(content, "examples_of", few_examples)
        assert mock_server.main(["make", "--directory", str(directory), *options.split()]) == 0
    return directory


def write_simulations(folder, suite, *, rng):
    """Write two simulations of lognormal maps where the mock server looks for those that it made already."""
    ranges = [(parameter.minimum, parameter.maximum) for parameter in PARAMETERS.values()]
    rows = rng.uniform(*np.transpose(ranges), size=(2, len(ranges)))
    for field in ("Mtot", "T"):
        path = folder / f"Maps_{field}_{suite}_LH_z=0.00.npy"
        with writing_maps(path, n_simulations=len(rows), size=(256, 256)) as append:
            for row in rows:
                append(10 ** (4 + 3 * row[0] + rng.normal(size=(MAPS_PER_SIMULATION, 256, 256))))
    write_parameters(rows, folder / f"params_LH_{suite}.txt")


def few_examples(simulations, split):
    """Return two examples of a split: what these networks answer does not matter."""
    found = examples_of(simulations, split)
    return Examples(found.maps[:2], found.truth[:2])


@pytest.fixture(scope="module")
def server(copy):
    with Server(copy / "nested") as running:
        yield running


@pytest.fixture(scope="module")
def jobs(server, fetched):
    """Return the function that plans a configuration, and gives the jobs that make files of the paper's run."""

    def planned(*changes, address=server.address, make):
        soon = (put("maps", "cmd", "attempts", value=2), put("maps", "cmd", "timeout", value=1))
        configuration = paper(fetched, *soon, *changes, address=address)[1]
        (plan,) = plans(fetched, {"configuration": configuration, "targets": make, "forceall": True})
        return [job for name in make for job in plan if name in job.outputs]

    return planned


@pytest.fixture
def carry_out(tmp_path, monkeypatch, capfd):
    """Return the function that runs jobs in this process, in a folder of their own, and gives what they say."""

    def called(*commands, expect=0):
        monkeypatch.chdir(tmp_path)
        capfd.readouterr()
        for words in commands:
            assert main(words) == expect
        return capfd.readouterr().err

    return called


@pytest.fixture
def sound(server):
    """The server, without faults before and after."""
    server.faults = NO_FAULTS
    server.requests.clear()
    yield server
    server.faults = NO_FAULTS


def paper(folder, *changes, address="http://127.0.0.1:1"):
    """Write the paper's configuration for the mock server, at an address."""
    return configure(folder, put("maps", "cmd", "addresses", value=[address]), *changes, base="mock_server")


def local(copy):
    """Change a configuration to read a copy of CMD where it lies."""

    def change(configuration):
        for suite in configuration["suites"]:
            configuration["suites"][suite] = {"provider": "local", "directory": str(copy), "box": 25.0}
        del configuration["maps"]["cmd"]

    return change


@pytest.fixture(scope="module")
def fetched(server, tmp_path_factory):
    """A directory in which the paper's configuration has run against the server."""
    folder = copy_tree(tmp_path_factory.mktemp("fetched"))
    run(folder, *paper(folder, address=server.address))
    return folder


def test_the_paper_s_four_cases_run_to_the_figure(fetched):
    assert {path.relative_to(fetched / "results/cka") for path in (fetched / "results/cka").rglob("*.nc")} == {
        Path(f"{case}.nc") for case in CASES
    }
    with xr.open_dataset(fetched / f"results/cka/{CASES[1]}.nc") as cka:
        assert (cka.sizes["layer"], cka.attrs["in_distribution"]) == (20, "false")
    assert (fetched / "results/figures/figure1.pdf").exists()
    scores = (fetched / "results/summary/scores.csv").read_text()
    assert scores.count("T-IllustrisTNG,") == 24


def test_the_paper_has_nothing_to_do_again(fetched, server):
    assert "Nothing to be done" in run(fetched, "-n", *paper(fetched, address=server.address))


def test_only_the_chosen_trials_weights_are_fetched(fetched):
    for model in ("T-IllustrisTNG", "Mtot-SIMBA"):
        description = json.loads((fetched / f"results/models/{model}.json").read_text())
        field, suite = description["field"], description["suite"]
        held = list((fetched / "resources/mock_server/2D_maps/inference/weights").glob(f"weights_{suite}_{field}_*.pt"))
        assert [path.name for path in held] == [description["provenance"]["weights"]]
        assert description["layers"][-1] == "FC1"
        assert len(description["layers"]) == 20


def test_what_was_fetched_is_recorded_in_the_form_of_sha256sum(fetched):
    directory = fetched / "resources/mock_server"
    lines = [line.split("  ") for line in (directory / "SHA256SUMS").read_text().splitlines()]
    assert len(lines) == 4 + 2 + 2 + 2
    assert all(sha256(directory / path) == digest for digest, path in lines)


def test_a_local_copy_is_used_in_place_with_the_same_bytes(fetched, copy, tmp_path):
    before = {path: path.stat().st_mtime_ns for path in copy.rglob("*")}
    folder = copy_tree(tmp_path)
    made = [f"results/{stage}/{case}.nc" for stage in ("cka", "predictions") for case in SHOWN]
    run(folder, *made, *paper(folder, local(copy / "nested")))
    assert [path for path in made if (folder / path).read_bytes() != (fetched / path).read_bytes()] == []
    assert {path: path.stat().st_mtime_ns for path in copy.rglob("*")} == before
    assert not (folder / "resources/mock_server").exists()


@pytest.mark.parametrize("root", ["flat", "flat/2D_maps", "nested/2D_maps"])
def test_a_local_copy_may_be_of_either_layout_or_an_inner_folder(fetched, copy, jobs, carry_out, root, tmp_path):
    name = "results/models/T-IllustrisTNG.json"
    for job in jobs(local(copy / root), make=[MEASURED, name]):
        carry_out(*job.commands)
    assert (tmp_path / name).read_bytes() == (fetched / name).read_bytes()


def sliced(sample):
    return put("maps", "cmd", "slices", value={"sample": sample, "seed": 1})


@pytest.fixture(scope="module")
def slices(server, tmp_path_factory):
    """A directory in which networks have answered to slices with exact constants, and the bytes sent."""
    folder = copy_tree(tmp_path_factory.mktemp("slices"))
    before = server.sent
    run(folder, *PREDICTED, *paper(folder, sliced("all"), address=server.address))
    return folder, server.sent - before


def test_slices_with_exact_constants_give_equal_maps_and_predictions(fetched, slices):
    folder, _ = slices
    for case in SHOWN:
        with (
            xr.open_dataset(fetched / f"results/predictions/{case}.nc") as whole,
            xr.open_dataset(folder / f"results/predictions/{case}.nc") as part,
        ):
            xr.testing.assert_equal(whole, part)
    name = "Maps_T_SIMBA_LH_z=0.00"
    measured = json.loads((folder / f"results/maps/SIMBA/test/{name}.json").read_text())
    maps = np.load(fetched / f"results/maps/SIMBA/{name}.npy", mmap_mode="r")
    held = np.load(folder / f"results/maps/SIMBA/test/{name}.npy")
    np.testing.assert_array_equal(held, np.concatenate([maps[15 * n : 15 * n + 15] for n in measured["simulations"]]))


def test_a_sample_transfers_a_part_and_says_how_wrong_it_may_be(fetched, sound, tmp_path):
    folder = copy_tree(tmp_path)
    name, model = "results/maps/SIMBA/test/Maps_T_SIMBA_LH_z=0.00.json", "results/models/Mtot-SIMBA.json"
    run(folder, name, model, *paper(folder, sliced(60), address=sound.address))
    path = fetched / "results/maps/SIMBA/Maps_T_SIMBA_LH_z=0.00.npy"
    sent = sum(request.sent for request in sound.requests if request.path.endswith(path.name))
    # Four test simulations of 15 maps, 60 maps of the sample, of 765 in all, and two headers.
    assert sent / path.stat().st_size == pytest.approx(120 / 765, abs=1e-3)
    exact = json.loads((fetched / "results/maps/SIMBA/Maps_T_SIMBA_LH_z=0.00.json").read_text())["moments"]
    found = json.loads((folder / name).read_text())
    assert found["estimate"]["n_maps"] == 60
    assert json.loads((folder / model).read_text())["provenance"]["moments_estimate"]["n_maps"] == 60
    for moment in ("mean", "std"):
        assert abs(found["moments"][moment] - exact[moment]) < 4 * found["estimate"][f"{moment}_error"]


def test_slices_of_a_server_that_ignores_range_are_refused(sound, tmp_path):
    sound.faults = Faults(ignore_range=True)
    folder = copy_tree(tmp_path)
    name = "results/maps/SIMBA/test/Maps_T_SIMBA_LH_z=0.00.npy"
    output = run(folder, name, *paper(folder, sliced(60), address=sound.address), expect=1)
    assert re.search(r"repshift: error: .*ignores Range", output)
    assert not (folder / name).exists()


# Faults


@pytest.fixture(scope="module")
def command(jobs):
    """The words that fetch one file of maps and give up soon, as the workflow calls them."""
    return jobs(make=[FETCHED])[0].commands[0]


def test_a_server_that_cuts_every_connection_is_read_to_the_end(command, carry_out, sound, copy, tmp_path):
    sound.faults = Faults(cut=30_000_000)
    carry_out(command)
    assert sha256(tmp_path / FETCHED) == sha256(copy / "nested" / MAPS)
    assert len(sound.requests) > 6
    size = (tmp_path / FETCHED).stat().st_size
    assert sum(request.sent for request in sound.requests) == pytest.approx(size, abs=10)


def test_a_download_that_is_killed_goes_on_at_the_byte_it_had(sound, copy, tmp_path):
    folder = copy_tree(tmp_path)
    sound.faults = Faults(cut=30_000_000)
    arguments = (FETCHED, *paper(folder, address=sound.address))
    process = start(folder, *arguments)
    partial, deadline = None, time.monotonic() + 60
    while time.monotonic() < deadline:
        partial = next(iter((folder / "resources/mock_server").rglob(".*.part.npy")), None)
        if partial is not None and partial.stat().st_size > 50_000_000:
            break
        time.sleep(0.01)
    os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    assert partial is not None
    held = partial.stat().st_size
    sound.faults, asked = NO_FAULTS, len(sound.requests)
    run(folder, "--unlock", *arguments)
    run(folder, *arguments)
    assert sha256(folder / FETCHED) == sha256(copy / "nested" / MAPS)
    ranges = [request.range for request in sound.requests[asked:]]
    assert ranges == ["bytes=0-0", f"bytes={held}-{(folder / FETCHED).stat().st_size - 1}"]
    # What was fetched lies outside of the results: without them it is there still.
    asked = len(sound.requests)
    run(folder, *arguments, "--force")
    assert (folder / FETCHED).exists()
    assert len(sound.requests) == asked


@pytest.mark.parametrize(
    ("faults", "sentence"),
    [
        (Faults(status=404), "404"),
        (Faults(status=500), "500"),
        (Faults(status=503), "503"),
        (Faults(cut=30_000_000, ignore_range=True), "cannot resume|gives no parts"),
        (Faults(change=True), "changed"),
        (Faults(redirect="ftp://127.0.0.1"), "redirect"),
    ],
)
def test_a_fault_ends_in_one_clear_sentence_and_no_file(command, carry_out, sound, faults, sentence, tmp_path):
    sound.faults = faults
    said = carry_out(command, expect=2)
    (error,) = [line for line in said.splitlines() if line.startswith("repshift: error: ")]
    assert re.search(sentence, error)
    assert not os.path.lexists(tmp_path / FETCHED)
    assert not (tmp_path / "resources/mock_server" / MAPS).exists()


def test_wrong_bytes_are_refused_by_the_recorded_checksum(command, carry_out, sound, copy, tmp_path):
    target = put_by_hand(tmp_path, copy)
    carry_out(command)
    target.unlink()
    (tmp_path / FETCHED).unlink()
    sound.faults = Faults(wrong=True)
    assert re.search(r"SHA-256 \w+, but \w+ is in .*SHA256SUMS", carry_out(command, expect=2))
    assert not target.exists()


def test_a_page_instead_of_maps_is_refused(tmp_path, tmp_path_factory):
    folder, other = copy_tree(tmp_path), tmp_path_factory.mktemp("page")
    (other / MAPS).parent.mkdir(parents=True)
    (other / MAPS).write_text("<html>Log in</html>")
    with Server(other) as running:
        output = run(folder, FETCHED, *paper(folder, address=running.address), expect=1)
    (error,) = {line for line in output.splitlines() if line.strip().startswith("repshift: error: ")}
    assert "is not a whole .npy file of maps" in error
    assert not os.path.lexists(folder / FETCHED)
    assert not (folder / "resources/mock_server" / MAPS).exists()


def test_a_file_that_changed_after_it_was_fetched_is_refused_before_it_is_used(
    command, jobs, carry_out, copy, sound, tmp_path
):
    target = put_by_hand(tmp_path, copy)
    carry_out(command)
    with target.open("r+b") as file:
        file.seek(-4, 2)
        file.write(b"\0\0\x80?")
    said = carry_out(*jobs(make=[MEASURED])[0].commands, expect=2)
    assert "It was changed or cut since it was fetched: delete" in said
    assert not (tmp_path / MEASURED).exists()


def test_another_mirror_is_no_reason_to_run_again(fetched, slices, server):
    more = put("maps", "cmd", "addresses", value=[server.address, "http://127.0.0.1:9"])
    soon = put("maps", "cmd", "attempts", value=3)
    # The report says what was run.
    assert jobs_of(run(fetched, "-n", *paper(fetched, more, soon))) == {"pages": 1, "all": 1}
    assert "Nothing to be done" in run(slices[0], "-n", *PREDICTED, *paper(slices[0], sliced("all"), more, soon))


def test_a_local_suite_beside_fetched_ones_is_read_in_place(fetched, copy, jobs, carry_out, sound, tmp_path):
    place = put("suites", "SIMBA", value={"provider": "local", "directory": str(copy / "nested"), "box": 25.0})
    name = "results/models/Mtot-SIMBA.json"
    for job in jobs(place, make=["results/maps/SIMBA/Maps_Mtot_SIMBA_LH_z=0.00.json", name]):
        carry_out(*job.commands)
    assert (tmp_path / name).read_bytes() == (fetched / name).read_bytes()
    assert sound.requests == []


def test_no_more_files_are_fetched_at_a_time_than_the_configuration_says(sound, tmp_path):
    folder = copy_tree(tmp_path)
    sound.faults = Faults(stall=0.5)
    names = [f"results/maps/{suite}/params_LH_{suite}.txt" for suite in ("IllustrisTNG", "SIMBA")]
    run(folder, *names, *paper(folder, put("maps", "cmd", "downloads", value=1), address=sound.address))
    paths = [request.path for request in sound.requests]
    assert len(paths) == 4
    assert paths[0] == paths[1]
    assert paths[2] == paths[3]


def test_the_second_best_trial_is_another_model(fetched, server):
    run(fetched, "results/models/second.json", *paper(fetched, second("SIMBA", "Mtot"), address=server.address))
    best, other = (
        json.loads((fetched / f"results/models/{name}.json").read_text())["provenance"]
        for name in ("Mtot-SIMBA", "second")
    )
    assert (other["rank"], {best["trial"], other["trial"]}) == (2, {0, 1})
    assert other["validation_loss"] > best["validation_loss"]


def second(suite, field):
    return put("models", "second", value={"suite": suite, "field": field, "rank": 2})


def test_a_mirror_and_the_flat_layout_are_tried(jobs, carry_out, copy, sound, tmp_path):
    with Server(copy / "flat") as flat:
        both = put("maps", "cmd", "addresses", value=[f"{sound.address}/nowhere", flat.address])
        carry_out(*jobs(both, make=[FETCHED])[0].commands)
        assert sha256(tmp_path / FETCHED) == sha256(copy / "nested" / MAPS)
        assert [request.path.rpartition("/")[0] for request in flat.requests[-1:]] == ["/2D_maps/data"]


def put_by_hand(folder, copy):
    """Put a file of maps where the workflow would fetch it to, and return its path."""
    target = folder / "resources/mock_server" / MAPS
    target.parent.mkdir(parents=True)
    return Path(shutil.copy(copy / "nested" / MAPS, target))


def test_files_put_there_by_hand_are_used(command, carry_out, copy, sound, tmp_path):
    target = put_by_hand(tmp_path, copy)
    carry_out(command)
    assert sound.requests == []
    assert sha256(target) in (tmp_path / "resources/mock_server/SHA256SUMS").read_text()


def test_weights_that_carry_code_are_refused(fetched, copy, jobs, carry_out, tmp_path):
    other = shutil.copytree(copy / "nested/2D_maps/inference", tmp_path / "evil/2D_maps/inference")
    witness = other / "witness"

    class Code:
        def __reduce__(self):
            return (open, (str(witness), "w"))

    for path in (other / "weights").iterdir():
        path.write_bytes(pickle.dumps({"module.C01.weight": Code()}, protocol=2))
    (tmp_path / MEASURED).parent.mkdir(parents=True)
    shutil.copy(fetched / MEASURED, tmp_path / MEASURED)
    with Server(tmp_path / "evil") as running:
        (job,) = jobs(address=running.address, make=["results/models/T-IllustrisTNG.pt"])
        assert "so it was not loaded" in carry_out(*job.commands, expect=2)
    assert not witness.exists()
    assert not list((tmp_path / "resources/mock_server/2D_maps/inference/weights").glob("*.pt"))
