"""Networks of one's own: how their code is found, called and refused."""

import subprocess
import sys
from pathlib import Path

import pytest
from torch import nn

import repshift
from own_network import make_world, predict, take
from repshift import InputError
from repshift.provenance.code import code_digest, import_closure
from repshift.storage.constructors import construct
from repshift.storage.functions import Constructor
from repshift.storage.models import read_model


@pytest.fixture
def world(code, tmp_path):
    return make_world(code, tmp_path)


def test_a_constructor_is_called_with_its_arguments(world):
    assert construct(world["own"], {"width": 5}).first.out_channels == 5


def test_an_installed_constructor_needs_no_directory():
    assert isinstance(construct(Constructor("torch.nn:Linear"), {"in_features": 2, "out_features": 3}), nn.Linear)


@pytest.mark.parametrize(
    ("name", "arguments", "message"),
    [
        ("no_such_module:Small", {}, "cannot be imported from '.*': No module named 'no_such_module'"),
        ("broken_network:network", {}, "cannot be imported from '.*': invalid syntax"),
        ("small_network:Large", {}, "small_network.py has no 'Large'"),
        ("small_network:SIZE", {}, "is a int. Expected a function or a class"),
        ("small_network:Small", {"depth": 3}, r"cannot take \{'depth': 3\}: missing a required argument: 'width'"),
        ("small_network:nothing", {"width": 3}, "returned a int. Expected a torch.nn.Module"),
    ],
)
def test_a_constructor_that_cannot_work_is_refused(code, name, arguments, message):
    with pytest.raises(InputError, match=message):
        construct(Constructor(name, code), arguments)


@pytest.mark.parametrize("name", [":f", ".small_network:Small", "small_network", "a..b:f", "small_network:Small.x"])
def test_what_names_no_constructor_is_refused(code, name):
    with pytest.raises(InputError, match=f"'{name}' names no constructor. Expected package.module:function"):
        construct(Constructor(name, code), {})


def test_a_function_without_a_signature_is_refused():
    with pytest.raises(InputError, match=r"'torch:relu' cannot take \{\}: no signature found"):
        construct(Constructor("torch:relu"), {})


@pytest.mark.parametrize("name", ["xarray:Net", "sys:exit"])
def test_a_module_called_like_an_installed_one_is_refused(code, name):
    with pytest.raises(InputError, match=rf"'{name}' cannot be imported from .*: another module is called .*Rename"):
        construct(Constructor(name, code), {})


def test_an_environment_beside_the_code_is_not_the_code(tmp_path, monkeypatch):
    (tmp_path / "lib").mkdir()
    (tmp_path / "lib/kept_elsewhere.py").write_text("")
    monkeypatch.syspath_prepend(tmp_path / "lib")
    with pytest.raises(InputError, match=r"another module is called 'kept_elsewhere', .*lib.kept_elsewhere.py"):
        construct(Constructor("kept_elsewhere:Net", tmp_path), {})


def test_a_file_beside_a_network_stands_in_for_no_package(code):
    text = "import sys, pathlib; from repshift.storage.functions import Constructor; "
    text += "from repshift.storage.constructors import construct; "
    text += "construct(Constructor('small_network:Small', pathlib.Path(sys.argv[1])), {'width': 3}); "
    text += "import netCDF4, xarray; netCDF4.Dataset, xarray.Dataset"
    environment = {"PYTHONPATH": str(Path(repshift.__file__).parents[1])}
    subprocess.run([sys.executable, "-c", text, str(code)], env=environment, check=True)


def test_a_network_may_import_what_lies_beside_it(world):
    taken = take(world, "Late")
    assert read_model(taken["weights"], own=taken["own"])[0].first.out_channels == 5
    assert predict(world, taken).exists()


def test_two_folders_may_hold_modules_of_one_name(tmp_path):
    layers = {}
    for number, folder in enumerate((tmp_path / "one", tmp_path / "two"), start=3):
        folder.mkdir()
        (folder / "widths.py").write_text(f"WIDTH = {number}\n")
        text = "from torch import nn\nimport widths\ndef network():\n    return nn.Linear(2, widths.WIDTH)\n"
        (folder / "twice_named.py").write_text(text)
        layers[folder] = construct(Constructor("twice_named:network", folder), {})
    again = construct(Constructor("twice_named:network", tmp_path / "one"), {})
    assert [one.out_features for one in (*layers.values(), again)] == [3, 4, 3]


def test_a_constructor_that_leaves_the_folder_is_brought_back(tmp_path):
    text = "import os\nfrom torch import nn\nos.chdir('/')\ndef network():\n    os.chdir('/')\n"
    text += "    return nn.Linear(2, 1)\n"
    (tmp_path / "leaving.py").write_text(text)
    here = Path.cwd()
    construct(Constructor("leaving:network", tmp_path), {})
    assert Path.cwd() == here


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("Remembering", r"keeps '_extra_state' in its state dict, a dict. Expected a tensor"),
        ("Lazy", r"leaves the shape of 'head.weight' open. Run a lazy network once in the constructor"),
    ],
)
@pytest.mark.filterwarnings("ignore:Lazy modules")
def test_a_network_that_no_file_of_weights_holds_is_refused(world, name, message):
    with pytest.raises(InputError, match=f"'small_network:{name}' {message}"):
        take(world, name)


def test_a_description_alone_imports_nothing(world):
    taken = take(world)
    with pytest.raises(InputError, match="names the constructor 'small_network:Small'. Known: repshift.networks.CMD"):
        read_model(taken["weights"])
    with pytest.raises(InputError, match=r"Known: torch.nn:Linear"):
        read_model(taken["weights"], own=Constructor("torch.nn:Linear"))


def test_code_is_not_left_out_where_the_model_is_one_of_cmd(world):
    cmd = Path(__file__).parents[2] / "resources/models/T-MockTNG.pt"
    with pytest.raises(InputError, match=r"names the constructor 'repshift.networks.CMDNetwork'. Known: small_network"):
        read_model(cmd, own=world["own"])


def test_the_digest_follows_what_a_module_imports_beside_itself(tmp_path):
    (tmp_path / "parts").mkdir()
    for name, text in {
        "top": "import torch\nfrom parts import one",
        "parts/__init__": "",
        "parts/one": "from . import two",
    }.items():
        (tmp_path / f"{name}.py").write_text(text)
    (tmp_path / "parts/two.py").write_text("VALUE = 1")
    assert import_closure("top", source=tmp_path) == {"top", "parts", "parts.one", "parts.two"}
    before = code_digest("top", source=tmp_path)
    (tmp_path / "parts/two.py").write_text("VALUE = 2")
    assert code_digest("top", source=tmp_path) != before
