"""Weights of a stranger: those that fit are loaded, whatever torch wrote them; all else is refused and runs nothing."""

import collections
import contextlib
import warnings
import zipfile

import pytest
import torch

from repshift.networks.cmd import CMDNetwork
from repshift.storage.weights import load_weights
from repshift.vocabulary import InputError

NETWORK = {"hidden": 1, "size": 16}
FORMATS = pytest.mark.parametrize("zipped", [True, False], ids=["zip", "legacy"])


@pytest.fixture
def path(tmp_path):
    return tmp_path / "weights.pt"


def network(seed=0, **arguments):
    torch.manual_seed(seed)
    return CMDNetwork(**NETWORK | arguments)


def changed(name, tensor):
    return network().state_dict() | {name: tensor}


@FORMATS
def test_weights_of_a_parallel_network_are_loaded_as_its_own(path, zipped):
    trained = network(seed=1)
    parallel = torch.nn.DataParallel(trained)
    torch.save(parallel.state_dict(), path, _use_new_zipfile_serialization=zipped)
    assert all(name.startswith("module.") for name in parallel.state_dict())
    loaded = network()
    load_weights(loaded, path)
    for name, tensor in trained.state_dict().items():
        assert torch.equal(loaded.state_dict()[name], tensor.cpu())


@FORMATS
def test_weights_without_a_prefix_are_loaded(path, zipped):
    torch.save(network(seed=1).state_dict(), path, _use_new_zipfile_serialization=zipped)
    loaded = network()
    load_weights(loaded, path)
    assert torch.equal(loaded.FC2.bias, network(seed=1).FC2.bias)


def test_a_prefix_of_some_names_is_refused(path):
    state = {f"module.{name}" if name.startswith("FC") else name: t for name, t in network().state_dict().items()}
    torch.save(state, path)
    with pytest.raises(InputError, match=r"missing \['FC1.bias'.* unknown \['module.FC1.bias'"):
        load_weights(network(), path)


def test_weights_without_a_tensor_are_refused(path):
    torch.save({}, path)
    with pytest.raises(InputError, match=r"does not fit the network: missing \['B01.bias'"):
        load_weights(network(), path)


class Explosive:
    """Writes a file when it is unpickled."""

    def __init__(self, target):
        self.target = str(target)

    def __reduce__(self):
        return (open, (self.target, "w"))


@FORMATS
@pytest.mark.parametrize("name", ["module.C01.weight", "extra"])
def test_code_in_a_file_of_weights_is_refused_and_never_run(tmp_path, path, zipped, name):
    written = tmp_path / "written"
    state = torch.nn.DataParallel(network()).state_dict() | {name: Explosive(written)}
    torch.save(state, path, _use_new_zipfile_serialization=zipped)
    with pytest.raises(
        InputError,
        match=r"weights.pt holds more than tensors, so it was not loaded: .*GLOBAL io.open was not an al[a-z ]*\.$",
    ):
        load_weights(network(), path)
    assert not written.exists()
    with warnings.catch_warnings(action="ignore"):
        torch.load(path, weights_only=False)
    assert written.exists()


def test_a_whole_network_instead_of_its_weights_is_refused(path):
    torch.save(network(), path)
    with pytest.raises(InputError, match="holds more than tensors, so it was not loaded: .*CMDNetwork"):
        load_weights(network(), path)


def test_a_web_page_is_refused(path):
    path.write_text("<!DOCTYPE html><title>404 Not Found</title>")
    with pytest.raises(InputError, match=r"weights.pt is not a file of weights: it begins like neither"):
        load_weights(network(), path)


@FORMATS
@pytest.mark.parametrize("part", [0.1, 0.5, 0.99])
def test_a_cut_file_is_refused(path, zipped, part):
    torch.save(network().state_dict(), path, _use_new_zipfile_serialization=zipped)
    content = path.read_bytes()
    path.write_bytes(content[: int(part * len(content))])
    with pytest.raises(InputError, match=r"weights.pt is not a whole file of weights"):
        load_weights(network(), path)


def test_weights_of_another_width_than_the_study_s_are_refused(path):
    torch.save(torch.nn.DataParallel(network(hidden=2)).state_dict(), path)
    with pytest.raises(InputError, match=r"'C01.weight' of shape \(4, 1, 3, 3\); the network needs \(2, 1, 3, 3\)"):
        load_weights(network(), path)


@pytest.mark.parametrize("dtype", [torch.int64, torch.complex64, torch.bool])
def test_weights_that_are_no_real_numbers_are_refused_not_converted(path, dtype):
    torch.save(changed("C01.weight", torch.ones(2, 1, 3, 3, dtype=dtype)), path)
    with pytest.raises(InputError, match=rf"'C01.weight' of {dtype}, torch.strided on cpu; the network needs torch.fl"):
        load_weights(network(), path)


@pytest.mark.parametrize(
    "tensor", [torch.ones(2, 1, 3, 3).to_sparse(), torch.ones(2, 1, 3, 3, device="meta")], ids=["sparse", "meta"]
)
def test_tensors_without_all_their_numbers_are_refused(path, tensor):
    torch.save(changed("C01.weight", tensor), path)
    with pytest.raises(
        InputError, match=r"'C01.weight' of torch.float32, .* the network needs torch.float32, torch.st"
    ):
        load_weights(network(), path)


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
@pytest.mark.parametrize("name", ["FC2.bias", "B11.running_var"])
def test_values_that_are_not_finite_are_refused(path, value, name):
    tensor = network().state_dict()[name].clone()
    tensor[0] = value
    torch.save(changed(name, tensor), path)
    with pytest.raises(InputError, match=rf"weights.pt has '{name}' with values that are not finite"):
        load_weights(network(), path)


@pytest.mark.parametrize("state", [[torch.ones(2)], {"C01.weight": 1.0}, {1: torch.ones(2)}, torch.ones(2)])
def test_what_is_no_state_dict_is_refused(path, state):
    torch.save(state, path)
    with pytest.raises(InputError, match="is not a state dict: expected names with tensors"):
        load_weights(network(), path)


def test_a_plain_dictionary_of_tensors_is_a_state_dict(path):
    torch.save(dict(collections.OrderedDict(network(seed=1).state_dict())), path)
    load_weights(network(), path)


@pytest.mark.parametrize("times", [60, pytest.param(300, marks=pytest.mark.slow)])
@pytest.mark.parametrize("damage", ["one", "many"])
@FORMATS
@pytest.mark.filterwarnings("ignore")
def test_a_damaged_file_is_loaded_or_named_and_nothing_else(path, rng, zipped, damage, times):
    torch.save(network().state_dict(), path, _use_new_zipfile_serialization=zipped)
    content, loaded = bytearray(path.read_bytes()), network()
    reach = len(content) if zipped or damage == "many" else 6000
    for _ in range(times):
        damaged = content.copy()
        for position in rng.integers(0, reach, 1 if damage == "one" else 30):
            damaged[position] = rng.integers(256)
        path.write_bytes(damaged)
        with contextlib.suppress(InputError):
            load_weights(loaded, path)


@pytest.mark.parametrize(
    "error", [AssertionError(), AttributeError("x"), TypeError("x"), MemoryError(), RecursionError()]
)
def test_whatever_torch_raises_is_named(path, monkeypatch, error):
    def load(*arguments, **options):
        raise error

    torch.save(network().state_dict(), path)
    monkeypatch.setattr(torch, "load", load)
    with pytest.raises(InputError, match=rf"weights.pt is not a whole file of weights: {type(error).__name__}"):
        load_weights(network(), path)


def test_metadata_of_any_kind_do_no_harm(path):
    state = network().state_dict()
    state._metadata = 5
    torch.save(state, path)
    load_weights(network(), path)


def test_a_compressed_archive_is_refused_before_it_is_read(path, monkeypatch):
    torch.save(network().state_dict(), path)
    with zipfile.ZipFile(path) as archive:
        entries = {name: archive.read(name) for name in archive.namelist()}
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in entries.items():
            archive.writestr(name, content)
    monkeypatch.setattr(torch, "load", None)
    with pytest.raises(InputError, match=r"weights.pt is a compressed archive. Weights are stored as they are"):
        load_weights(network(), path)


def test_an_archive_that_promises_too_much_is_refused(path, monkeypatch):
    torch.save(network().state_dict(), path)
    content = bytearray(path.read_bytes())
    entry = content.rindex(b"PK\x01\x02")
    content[entry + 24 : entry + 28] = (2**31).to_bytes(4, "little")
    path.write_bytes(content)
    monkeypatch.setattr(torch, "load", None)
    with pytest.raises(InputError, match=r"weights.pt is a compressed archive"):
        load_weights(network(), path)


@FORMATS
def test_a_file_far_larger_than_the_network_is_not_read(path, monkeypatch, zipped):
    n_bytes = sum(tensor.nbytes for tensor in network().state_dict().values())
    state = changed("extra", torch.zeros(4 * n_bytes + 4_100_000))
    torch.save(state, path, _use_new_zipfile_serialization=zipped)
    monkeypatch.setattr(torch, "load", None)
    with pytest.raises(
        InputError, match=rf"has {path.stat().st_size} bytes, but the weights of the network are {n_bytes}"
    ):
        load_weights(network(), path)
