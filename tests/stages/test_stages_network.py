"""Networks and maps of one's own: what is read of them, and what is refused."""

import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch
import xarray as xr
from torch import nn

import repshift
from repshift import InputError
from repshift.__main__ import main
from repshift.networks.preprocessing import Moments
from repshift.provenance.code import code_digest, import_closure
from repshift.stages import activations as stage
from repshift.stages import cka, predictions, scores
from repshift.stages import example_maps as examples
from repshift.stages.figures import figure1
from repshift.stages.figures import predictions as predictions_figure
from repshift.stages.grams import multiply as grams
from repshift.stages.grams import record
from repshift.stages.maps import measure as measure_action
from repshift.stages.maps.convert import run as convert
from repshift.stages.models.network import run as take_network
from repshift.stages.summary import stack, tables
from repshift.storage.constructors import Constructor, construct
from repshift.storage.datasets import layer_of, variable_of
from repshift.storage.fits import open_image
from repshift.storage.maps import open_simulations
from repshift.storage.measurement import read_measured
from repshift.storage.models import read_model
from repshift.vocabulary import Domain, Field

HOME = Domain("home", "Smooth", "test", "all")
AWAY = Domain("away", "Clumpy", "test", "all")
OUTPUTS = ["amplitude", "slope"]
NETWORK = """
import torch
from torch import nn
from torch.nn import functional

class Small(nn.Module):
    def __init__(self, width, answers=4, scale=1.0):
        super().__init__()
        self.first = nn.Conv2d(1, width, 3, padding=1)
        self.second = nn.Conv2d(width, width, 3, padding=1)
        self.dropout = nn.Dropout(0.5)
        self.head = nn.Linear(width, answers)

    def forward(self, maps):
        features = functional.relu(self.first(maps))
        features = self.dropout(features + functional.relu(self.second(features)))
        return self.head(features.mean(dim=(2, 3)))

class Talkative(Small):
    def forward(self, maps):
        return {"answer": super().forward(maps)}

class Masked(Small):
    def __init__(self, width, drawn=False):
        super().__init__(width)
        mask = torch.rand(8, 8) < 0.5 if drawn else torch.ones(8, 8).tril() == 0
        self.register_buffer("mask", torch.zeros(8, 8).masked_fill(mask, -torch.inf))

    def forward(self, maps):
        tokens = maps[:, 0]
        weights = functional.softmax(tokens @ tokens.transpose(1, 2) + self.mask, dim=-1)
        return super().forward((weights @ tokens)[:, None])

class Remembering(Small):
    def get_extra_state(self):
        return {"epochs": 3}

    def set_extra_state(self, state):
        pass

class Lazy(Small):
    def __init__(self, width):
        super().__init__(width)
        self.head = nn.LazyLinear(4)

class Wrapped(nn.Module):
    def __init__(self, width):
        super().__init__()
        self.module = Small(width)

    def forward(self, maps):
        return self.module(maps)

class Oddly(Small):
    def __init__(self, width):
        super().__init__(width)
        self.odd = nn.ModuleDict({name: nn.ReLU() for name in ("a/b", "map", "x y ", "_c", "ü")})
        self.map = nn.ReLU()

    def forward(self, maps):
        features = self.map(self.first(maps))
        for module in self.odd.values():
            features = module(features)
        return self.head(features.mean(dim=(2, 3)))

class Late(Small):
    def __init__(self, width):
        import small_part
        super().__init__(width + small_part.MORE)

    def forward(self, maps):
        from small_rest import LESS
        return super().forward(maps) - LESS

def nothing(width):
    return width

SIZE = 3
"""
HOW = {"n_maps": 8, "seed": 1, "batch_size": 3, "passes": 1, "dropout": "off", "precision": "float32"}
HOW |= {"device": "cpu", "threads": 1}


@pytest.fixture(scope="module")
def code(tmp_path_factory):
    folder = tmp_path_factory.mktemp("code")
    (folder / "small_network.py").write_text(NETWORK)
    (folder / "broken_network.py").write_text("def network(:")
    (folder / "small_part.py").write_text("MORE = 2")
    (folder / "small_rest.py").write_text("LESS = 1")
    for installed in ("netCDF4", "xarray"):
        (folder / f"{installed}.py").write_text("class Net: pass")
    yield folder
    sys.modules.pop("small_network", None)


@pytest.fixture
def world(code, tmp_path):
    """Maps of two suites, two a simulation, that hold negative values, and what takes a network."""
    files = {}
    for number, name in enumerate(("home", "away")):
        rng = np.random.default_rng(number)
        labels = rng.uniform(size=(12, 2))
        (tmp_path / f"{name}.csv").write_text("amplitude, slope\n" + "".join(f"{a},{b}\n" for a, b in labels))
        values = rng.normal(size=(24, 8, 8)) * (1 + number) + np.repeat(labels[:, 0], 2)[:, None, None]
        np.save(tmp_path / f"{name}.npy", values.astype(np.float32))
        files[name] = {kind: tmp_path / f"{name}{suffix}" for kind, suffix in (("maps", ".npy"), ("measured", ".json"))}
        measure(files[name]["maps"], files[name]["measured"])
        files[name]["parameters"] = tmp_path / f"{name}.csv"
    return {**files, "own": Constructor("small_network:Small", code), "folder": tmp_path}


def measure(path, output, **changes):
    form = {"quantity": ("convergence", "1"), "maps_per_simulation": 2, "logarithm": False}
    measure_action.run(maps=path, field="kappa", smoothing=0.0, monopole="kept", output=output, **form | changes)


def take(world, name="Small", **changes):
    output = world["folder"] / f"{name}.pt"
    arguments = {"arguments": {"width": 3}, "weights": None, "seed": 1, "layers": None, "outputs": OUTPUTS}
    arguments |= {"moments": None, "measured": world["home"]["measured"], "suite": "Smooth", "field": "kappa"}
    constructor = Constructor(f"small_network:{name}", world["own"].directory)
    take_network(constructor, output=output, **arguments | changes)
    return {"model": name, "weights": output, "own": constructor}


# Constructors


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
        ("small_network:SIZE", {}, "is a int. A constructor must be callable"),
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


def test_an_environment_in_the_directory_of_the_code_is_not_the_code(tmp_path, monkeypatch):
    (tmp_path / "lib").mkdir()
    (tmp_path / "lib/kept_elsewhere.py").write_text("")
    monkeypatch.syspath_prepend(tmp_path / "lib")
    with pytest.raises(InputError, match=r"another module is called 'kept_elsewhere', .*lib.kept_elsewhere.py"):
        construct(Constructor("kept_elsewhere:Net", tmp_path), {})


def test_a_file_beside_a_network_stands_in_for_no_package(code):
    text = "import sys, pathlib; from repshift.storage.constructors import Constructor, construct; "
    text += "construct(Constructor('small_network:Small', pathlib.Path(sys.argv[1])), {'width': 3}); "
    text += "import netCDF4, xarray; netCDF4.Dataset, xarray.Dataset"
    environment = {"PYTHONPATH": str(Path(repshift.__file__).parents[1])}
    subprocess.run([sys.executable, "-c", text, str(code)], env=environment, check=True)


def test_a_network_may_import_what_lies_beside_it_when_it_is_built_and_run(world):
    taken = take(world, "Late")
    assert read_model(taken["weights"], own=taken["own"])[0].first.out_channels == 5
    assert predict(world, taken).exists()


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


# The stage models


def test_taking_a_network_finds_its_layers_and_its_weights(world):
    weights = world["folder"] / "trained.pt"
    torch.manual_seed(5)
    torch.save(construct(world["own"], {"width": 3}).state_dict(), weights)
    network, description = read_model(take(world, weights=weights)["weights"], own=world["own"])
    assert description.layers == (":relu:0", ":relu:1")
    assert description.outputs == ("amplitude", "slope")
    assert description.moments == read_measured(world["home"]["measured"]).moments
    assert torch.equal(network.head.bias, torch.load(weights)["head.bias"])


def test_patterns_choose_layers_in_the_order_of_their_calls(world):
    description = read_model(take(world, layers=["head", "f*"])["weights"], own=world["own"])[1]
    assert description.layers == ("first:0", "head")


def test_given_moments_stand_in_for_the_measured_ones(world):
    assert read_model(take(world, moments=[0.5, 2.0])["weights"], own=world["own"])[1].moments == Moments(0.5, 2.0)


@pytest.mark.parametrize("moments", [[np.nan, 1.0], [np.inf, 1.0], [0.0, 0.0], [0.0, np.inf], [0.0, -1.0]])
def test_moments_that_standardise_nothing_are_refused_before_anything_is_written(world, moments):
    with pytest.raises(InputError, match=rf"moments are mean {moments[0]} and standard deviation {moments[1]}. Expect"):
        take(world, moments=moments)
    assert not list(world["folder"].glob("*.pt"))


def test_arguments_that_json_does_not_hold_leave_no_half_of_a_model(world):
    with pytest.raises(InputError, match=r"Small.json would hold a number that is not finite"):
        take(world, arguments={"width": 3, "scale": np.nan})
    assert not list(world["folder"].glob("*.pt"))


@pytest.mark.parametrize("kept", [True, False])
def test_a_mask_of_minus_infinity_works_from_end_to_end(world, kept):
    weights = world["folder"] / "trained.pt"
    torch.manual_seed(5)
    masked = construct(Constructor("small_network:Masked", world["own"].directory), {"width": 3})
    torch.save(masked.state_dict(), weights)
    taken = take(world, "Masked", weights=weights if kept else None)
    assert predict(world, taken).exists()
    for cache in (True, False):
        assert multiply(world, taken, cache=cache).exists()


def test_a_mask_that_is_drawn_anew_is_refused_at_once(world):
    with pytest.raises(InputError, match="Masked' does not build the same network again: .* has 'mask' with val"):
        take(world, "Masked", arguments={"width": 3, "drawn": True})
    assert not list(world["folder"].glob("*.pt"))


def test_a_network_inside_a_module_called_module_is_read_as_written(world):
    taken = take(world, "Wrapped")
    assert read_model(taken["weights"], own=taken["own"])[1].layers == ("module:relu:0", "module:relu:1")


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"layers": ["third"]}, "has no layer"),
        ({"layers": ["blocks.*"]}, r"made no call that fits 'blocks"),
        ({"outputs": ["amplitude", "slope", "age"]}, r"answers shape \(3, 4\) .* Expected 3 columns, or 6"),
        ({"arguments": {"width": 3, "answers": 7}}, r"answers shape \(3, 7\)"),
        ({"field": "T"}, "measured of field 'kappa', but the model reads field 'T'"),
    ],
)
def test_a_network_that_is_not_what_is_said_is_refused(world, changes, message):
    with pytest.raises(InputError, match=message):
        take(world, **changes)


def test_weights_that_do_not_fit_are_refused(world):
    weights = world["folder"] / "trained.pt"
    torch.save(construct(world["own"], {"width": 4}).state_dict(), weights)
    with pytest.raises(InputError, match=r"trained.pt has 'first.weight' of shape \(4, 1, 3, 3\); the network needs"):
        take(world, weights=weights)


def test_a_network_that_cannot_take_the_maps_is_refused(world):
    linear = Constructor("torch.nn:Linear")
    with pytest.raises(InputError, match=r"'torch.nn:Linear' cannot take maps of shape \(3, 1, 8, 8\)"):
        take_network(
            linear,
            arguments={"in_features": 5, "out_features": 2},
            weights=None,
            seed=1,
            layers=[""],
            outputs=[],
            moments=None,
            measured=world["home"]["measured"],
            suite="Smooth",
            field="kappa",
            output=world["folder"] / "linear.pt",
        )


# Grams with and without the cache


def multiply(world, taken, *, cache, domain=HOME, **changes):
    how = {**HOW, **changes}
    output = world["folder"] / f"grams_{taken['model']}_{domain.name}_{cache}.nc"
    shown = [(HOME, world["home"])] if domain is HOME else [(domain, world[domain.name]), (HOME, world["home"])]
    if not cache:
        other = {"reference": HOME} | {f"reference_{k}": world["home"][k] for k in ("maps", "measured")}
        more = other if domain is not HOME else {}
        record.run(domain=domain, output=output, **taken, **world[domain.name], **more, **how)
        return output
    paths = [world["folder"] / f"activations_{number}.nc" for number in range(len(shown))]
    for path, (one, files) in zip(paths, shown, strict=True):
        stage.run(domain=one, output=path, **taken, **files, **how)
    grams.run(activations=paths[0], reference=(paths[1:] or [None])[0], device="cpu", threads=1, output=output)
    return output


@pytest.mark.parametrize("domain", [HOME, AWAY])
@pytest.mark.parametrize("changes", [{}, {"passes": 2, "dropout": "on"}])
def test_grams_without_the_cache_equal_those_with_it(world, domain, changes):
    taken = take(world)
    written = [multiply(world, taken, cache=cache, domain=domain, **changes) for cache in (True, False)]
    with xr.open_dataset(written[0]) as cached, xr.open_dataset(written[1]) as straight:
        largest = np.abs(cached["gram"].to_numpy()).max()
        assert straight["gram"].to_numpy() == pytest.approx(cached["gram"].to_numpy(), rel=1e-6, abs=1e-6 * largest)
        assert straight.coords.to_dataset().equals(cached.coords.to_dataset())
        assert straight.attrs.keys() == cached.attrs.keys() - {"activations_sha256"}
        assert cached.sizes["map"] == (8 if domain is HOME else 16)


def test_layers_of_the_network_itself_keep_their_names(world):
    with xr.open_dataset(multiply(world, take(world), cache=True)) as found:
        assert list(found["layer"].values) == [":relu:0", ":relu:1"]
        assert list(found["simulation"].values) == [position // 2 for position in found["position"].values]


def test_layers_that_netcdf_takes_for_no_variable_are_compared_under_their_names(world):
    layers = ["map", "odd.*", "first", ""]
    taken = take(world, "Oddly", layers=layers)
    for cache in (True, False):
        with xr.open_dataset(multiply(world, taken, cache=cache, domain=AWAY)) as found:
            names = ["first", "map", *(f"odd.{name}:0" for name in ("a/b", "map", "x y ", "_c", "ü")), ""]
            assert list(found["layer"].values) == names


@pytest.mark.parametrize(
    "layer", ["", "head", "_a", "__a", "_:a", ":relu:0", "a/b", "_a%2Fb", "a%2Fb", "map", "pass", "unit_head", "ü "]
)
def test_the_variable_of_a_layer_says_which(layer):
    assert layer_of(variable_of(layer)) == layer
    assert variable_of(layer) not in ("map", "pass", "unit_head")
    assert re.fullmatch(r"\w[\w.%:~-]*", variable_of(layer), re.ASCII)


def test_layers_named_as_before_keep_their_variables():
    assert [variable_of(name) for name in ("block.1.relu:0", ":relu:0")] == ["block.1.relu:0", "_:relu:0"]


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"reference": HOME}, "The cross block lacks --reference-maps, --reference-measured"),
        ({"reference_maps": Path("a"), "reference_measured": Path("b")}, "The cross block lacks --reference-domain"),
        ({"reference": HOME, "reference_maps": Path("a.npy")}, "The cross block lacks --reference-measured"),
    ],
)
def test_a_part_of_a_reference_is_refused_not_left_out(world, given, message):
    output = world["folder"] / "grams.nc"
    with pytest.raises(InputError, match=message):
        record.run(domain=AWAY, output=output, **take(world), **world["away"], **HOW, **given)
    assert not output.exists()


def record_words(world, *words):
    """Return the command of a stage that records."""
    taken, files = take(world), world["away"]
    how = {name.replace("_", "-"): value for name, value in HOW.items()}
    shown = {"domain": "away", "suite": "Clumpy", "set": "test", "split": "all", "standardisation": "training"}
    named = {"model": "Small", "weights": taken["weights"], "constructor": "small_network:Small"}
    named |= {"source": world["own"].directory, **files, **shown, **how, "output": world["folder"] / "grams.nc"}
    return ["grams", "record", *(str(word) for key, value in named.items() for word in (f"--{key}", value)), *words]


def test_a_part_of_a_reference_is_one_line_and_exit_2(world, capfd):
    assert main(record_words(world, "--reference-domain", "home", "--reference-suite", "Smooth")) == 2
    message = (
        "error: The cross block lacks --reference-set, --reference-split, --reference-standardisation, --reference-m"
    )
    assert message in capfd.readouterr().err


def test_code_without_a_constructor_is_one_line_and_exit_2(world, capfd):
    words = record_words(world)
    del words[words.index("--constructor") : words.index("--constructor") + 2]
    assert main(words) == 2
    assert "--constructor is missing. It says what to import from there." in capfd.readouterr().err


@pytest.mark.parametrize(("name", "value"), [("threads", "0"), ("batch-size", "0"), ("seed", "-1"), ("n-maps", "many")])
def test_a_number_out_of_range_is_refused_by_the_parser(world, capfd, name, value):
    with pytest.raises(SystemExit, match="2"):
        main(record_words(world, f"--{name}", value))
    assert f"argument --{name}: found '{value}'. Expected a whole number, " in capfd.readouterr().err


def test_a_network_whose_answers_are_no_tensor_is_compared(world):
    with xr.open_dataset(multiply(world, take(world, "Talkative", outputs=[]), cache=False)) as found:
        assert found.sizes["layer"] == 2


# Predictions, summary, figures


def predict(world, taken, domain=HOME, **files):
    output = world["folder"] / f"predictions_{domain.name}.nc"
    given = world[domain.name] | files
    predictions.run(domain=domain, batch_size=5, device="cpu", threads=1, output=output, **taken, **given)
    return output


def test_means_come_first_and_standard_deviations_after_them(world):
    with xr.open_dataset(predict(world, take(world))) as found:
        assert found["mean"].dims == ("map", "parameter")
        assert list(found["parameter"].values) == ["amplitude", "slope"]
        labels = np.loadtxt(world["home"]["parameters"], delimiter=",", skiprows=1)
        assert found["truth"].values == pytest.approx(np.repeat(labels, 2, axis=0))


def test_outputs_are_matched_with_labels_by_name(world):
    with xr.open_dataset(predict(world, take(world, outputs=["slope", "amplitude"]))) as found:
        labels = np.loadtxt(world["home"]["parameters"], delimiter=",", skiprows=1)
        assert found["truth"].values[::2] == pytest.approx(labels[:, ::-1])


@pytest.mark.parametrize(("moments", "read"), [(None, "all"), ([0.5, 2.0], "none")])
def test_what_is_written_says_how_the_maps_were_prepared(world, moments, read):
    taken = take(world, moments=moments)
    with (
        xr.open_dataset(predict(world, taken)) as predicted,
        xr.open_dataset(multiply(world, taken, cache=False)) as gram,
    ):
        for found in (predicted, gram):
            assert (found.attrs["logarithm"], found.attrs["moments_maps"]) == ("left out", read)
            assert moments is None or [found.attrs[f"moments_{name}"] for name in ("mean", "std")] == moments


@pytest.mark.parametrize(
    ("outputs", "parameters", "message"),
    [
        (
            ["amplitude", "age"],
            {},
            "has the outputs amplitude, age, but age is no label. The labels are amplitude, slope",
        ),
        (OUTPUTS, {"parameters": None}, "amplitude, slope is no label. There are no labels"),
        ([], {}, "answers nothing that can be scored"),
    ],
)
def test_outputs_that_name_no_label_are_refused(world, outputs, parameters, message):
    with pytest.raises(InputError, match=message):
        predict(world, take(world, outputs=outputs), **parameters)


def compare(path):
    output = path.with_name(f"cka_{path.name}")
    cka.run(grams=path, batch_size=4, seed=1, output=output)
    return output


def score(world, predicted, multiplied):
    output = world["folder"] / "scores.nc"
    scores.run(predictions=predicted, grams=multiplied, output=output)
    return output


def sum_up(world, compared, scored):
    summary, output = world["folder"] / "summary.nc", world["folder"] / "scores.csv"
    stack.run(cka=compared, scores=scored, output=summary)
    tables.run(summary=summary, tables=["scores"], outputs=[output])
    return {"summary.nc": summary, "scores.csv": output}


def test_a_case_without_predictions_has_similarity_alone(world):
    scored, silent = take(world, arguments={"width": 3, "answers": 2}), take(world, "Talkative", outputs=[])
    multiplied = [multiply(world, taken, cache=False) for taken in (scored, silent)]
    compared, predicted = [compare(path) for path in multiplied], [predict(world, scored)]
    of_case = [score(world, predicted[0], multiplied[0])]
    outputs = sum_up(world, compared, of_case)
    lines = outputs["scores.csv"].read_text().splitlines()
    assert len(lines) == 1 + 2 * 2
    assert not [line for line in lines if line.startswith("Talkative")]
    with xr.open_dataset(outputs["summary.nc"]) as found:
        assert found["n_maps"].values.tolist() == [[24, 8], [0, 0]]
        assert np.isnan(found["r2"].values[1]).all()
        assert np.isfinite(found["off_diagonal_mean"].values).all()
    figure, files = world["folder"] / "figure.png", {name: world["home"][name] for name in ("maps", "measured")}
    shown = [world["folder"] / f"example_{name}.nc" for name in ("scored", "silent")]
    for case, output in zip((predicted[0], compared[1]), shown, strict=True):
        examples.run(case=case, **files, output=output)
    figure1.run(
        cka=compared,
        scores=of_case,
        models=["Small", "Talkative"],
        estimator="debiased",
        example_maps=shown,
        boxes=[0.0, 10.0],
        outputs=[figure],
    )
    how = {"scores": of_case, "parameters": OUTPUTS, "outputs": [figure.with_name("predicted.png")]}
    predictions_figure.run(predictions=predicted, **how)
    assert figure.stat().st_size > 10_000


def test_a_summary_may_hold_no_predictions_at_all(world):
    outputs = sum_up(world, [compare(multiply(world, take(world), cache=False))], [])
    assert outputs["scores.csv"].read_text().startswith("model,field,")
    assert outputs["scores.csv"].read_text().count("\n") == 1
    with xr.open_dataset(outputs["summary.nc"]) as found:
        assert found.sizes["parameter"] == 0


# Maps and labels


def test_what_is_measured_says_what_cmd_would(world):
    measured = read_measured(world["home"]["measured"])
    assert (measured.quantity, measured.maps_per_simulation) == (Field("convergence", "1"), 2)
    assert not measured.preprocessing.logarithm


def test_maps_that_do_not_divide_into_simulations_are_refused(world):
    with pytest.raises(InputError, match="holds 24 maps. A simulation has 5: expected a multiple"):
        measure(world["home"]["maps"], world["folder"] / "x.json", maps_per_simulation=5)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a,b\n1,2\n", "has 1 rows, but .* is of 24 maps, so 12 rows were expected"),
        ("a,b\n" + "1,2\n" * 11 + "1,x\n", "holds 'x' in row 11 of column 'b'. Labels are finite numbers"),
        ("a,b\n" + "1,nan\n" * 12, "holds 'nan' in row 0 of column 'b'"),
        ("a,b\n" + "1\n" * 12, "has 1 cells in row 0, but its header names 2"),
        ("a,a\n" + "1,2\n" * 12, "begins with .*none of them twice"),
        ("", "begins with .*Expected a name for each column"),
    ],
)
def test_labels_that_do_not_fit_are_refused(world, text, message):
    files = world["home"]
    files["parameters"].write_text(text)
    with pytest.raises(InputError, match=message):
        open_simulations(files["maps"], files["parameters"], files["measured"])


@pytest.mark.parametrize("encoding", ["latin-1", "utf-16"])
def test_labels_in_another_encoding_are_refused_by_their_name(world, encoding):
    files = world["home"]
    files["parameters"].write_bytes(("Größe\n" + "1\n" * 12).encode(encoding))
    with pytest.raises(InputError, match=r"home.csv is not text in UTF-8: .* Save it as UTF-8"):
        open_simulations(files["maps"], files["parameters"], files["measured"])


def test_a_cell_too_long_for_a_table_is_refused(world):
    files = world["home"]
    files["parameters"].write_text("a\n" + "1" * 200_000)
    with pytest.raises(InputError, match=r"home.csv is not a table of cells between commas: field larger"):
        open_simulations(files["maps"], files["parameters"], files["measured"])


def test_a_table_with_a_header_is_known_whatever_the_case_of_its_suffix(world):
    files = world["home"]
    table = files["parameters"].rename(world["folder"] / "home.CSV")
    assert open_simulations(files["maps"], table, files["measured"]).labels == ("amplitude", "slope")


def test_without_labels_there_are_simulations_all_the_same(world):
    simulations = open_simulations(world["home"]["maps"], None, world["home"]["measured"])
    assert simulations.parameters.shape == (12, 0)
    assert simulations.labels == ()


def write_fits(path, array, **cards):
    """Write an array as a primary image, by the letter of the standard."""
    kinds = {"u1": 8, "i2": 16, "i4": 32, "f4": -32, "f8": -64}
    axes = {f"NAXIS{axis + 1}": size for axis, size in enumerate(reversed(array.shape))}
    values = {"SIMPLE": "T", "BITPIX": kinds[array.dtype.str[1:]], "NAXIS": array.ndim, **axes, **cards}
    header = "".join(f"{name:8}= {value:>20} / a comment = 1".ljust(80) for name, value in values.items())
    header += "COMMENT = no value".ljust(80) + "END"
    content = array.astype(array.dtype.newbyteorder(">")).tobytes()
    path.write_bytes(header.ljust(-(-len(header) // 2880) * 2880).encode() + content + b"\0" * (-len(content) % 2880))
    return path


@pytest.mark.parametrize("kind", ["u1", "i2", "i4", "f4", "f8"])
def test_a_cube_is_read_whatever_its_type(tmp_path, rng, kind):
    cube = rng.integers(0, 100, size=(5, 4, 4)).astype(kind)
    convert(source=write_fits(tmp_path / "cube.fits", cube), output=tmp_path / "maps.npy")
    found = np.load(tmp_path / "maps.npy")
    assert found.dtype.str == "<f4"
    assert np.array_equal(found, cube)


def test_stored_integers_are_scaled_and_shifted(tmp_path):
    stored = np.array([[[-32768, 0], [1, 32767]]], dtype="i2")
    convert(source=write_fits(tmp_path / "a.fits", stored, BSCALE="5.0D-1", BZERO=16384.0), output=tmp_path / "m.npy")
    assert np.load(tmp_path / "m.npy") == pytest.approx(16384 + 0.5 * stored)


def test_a_folder_is_read_in_the_order_of_its_names(tmp_path):
    (tmp_path / "maps").mkdir()
    for number in (2, 0, 1):
        write_fits(tmp_path / f"maps/map_{number}.fits", np.full((4, 4), number, dtype="f4"))
    (tmp_path / "maps/notes.txt").write_text("no map")
    convert(source=tmp_path / "maps", output=tmp_path / "maps.npy")
    assert np.load(tmp_path / "maps.npy")[:, 0, 0].tolist() == [0, 1, 2]


def test_an_axis_of_length_one_is_no_axis(tmp_path):
    convert(source=write_fits(tmp_path / "a.fits", np.ones((1, 1, 3, 4, 4), "f4")), output=tmp_path / "maps.npy")
    assert np.load(tmp_path / "maps.npy").shape == (3, 4, 4)


BLANK = np.array([[[0, 1], [2, -99]]], dtype="i2")
SPOILT = np.array([[[0, 1], [2, 3]], [[0, 1], [2, np.nan]]], dtype="f4")


@pytest.mark.parametrize(
    ("array", "cards", "message"),
    [
        (SPOILT, {}, "has 1 pixels that are blank or not finite, the first in map 1"),
        (BLANK, {"BLANK": -99}, "has 1 pixels that are blank or not finite, the first in map 0"),
        (np.full((1, 2, 2), 1e300), {}, "has 4 pixels that are blank or not finite"),
        (np.ones((3, 4, 5), "f4"), {}, r"has a primary image of shape \(3, 4, 5\)"),
        (np.ones((4, 4), "f4"), {"NAXIS": 0}, r"has a primary image of shape \(\)"),
        (np.ones((4, 4), "f4"), {"BITPIX": 24}, "has BITPIX 24. Expected one of"),
        (np.ones((4, 4), "f4"), {"NAXIS": "many"}, "has NAXIS 'many'. Expected a number"),
        (np.ones((4, 4), "f4"), {"NAXIS1": 2.5}, "has NAXIS1 2.5. Expected a whole number"),
        (np.ones((4, 4), "f4"), {"NAXIS1": "nan"}, "has NAXIS1 'nan'. Expected a finite number"),
        (np.ones((4, 4), "f4"), {"BITPIX": "-inf"}, "has BITPIX '-inf'. Expected a finite number"),
        (np.ones((4, 4), "i2"), {"BSCALE": "inf"}, "has BSCALE 'inf'. Expected a finite number"),
        (np.ones((4, 4), "f4"), {"SIMPLE": "F"}, "has SIMPLE 'F', so it is not in the form of an image"),
        (np.ones((4, 4), "f4"), {"GROUPS": "T"}, "has GROUPS 'T', so it is not in the form of an image"),
    ],
)
def test_images_that_are_no_maps_are_refused_by_their_name(tmp_path, array, cards, message):
    path = write_fits(tmp_path / "bad.fits", array, **cards)
    with pytest.raises(InputError, match=rf"bad.fits {message}"):
        convert(source=path, output=tmp_path / "maps.npy")
    assert not (tmp_path / "maps.npy").exists()


def test_files_that_are_cut_or_no_fits_are_refused(tmp_path):
    path = write_fits(tmp_path / "bad.fits", np.ones((40, 8, 8), "f4"))
    path.write_bytes(path.read_bytes()[:9000])
    with pytest.raises(InputError, match=r"bad.fits is cut: its header promises 2560 pixels after byte 2880"):
        convert(source=path, output=tmp_path / "maps.npy")
    path.write_bytes(b"\x1f\x8b" + b"0" * 5000)
    with pytest.raises(InputError, match=r"bad.fits is not a whole FITS file"):
        convert(source=path, output=tmp_path / "maps.npy")


@pytest.mark.parametrize("name", ["1.fits.gz", "1.FITS.Z", "1.fit.bz2", "1.fz"])
def test_a_compressed_file_in_a_folder_is_refused_not_skipped(tmp_path, name):
    write_fits(tmp_path / "0.fits", np.ones((4, 4), "f4"))
    (tmp_path / name).write_bytes(b"packed")
    with pytest.raises(InputError, match=rf"{name} is compressed, one of 1 such files. Unpack them"):
        convert(source=tmp_path, output=tmp_path / "maps.npy")


def test_a_folder_in_a_folder_is_no_map(tmp_path):
    write_fits(tmp_path / "0.fits", np.ones((4, 4), "f4"))
    (tmp_path / "1.fits").mkdir()
    convert(source=tmp_path, output=tmp_path / "maps.npy")
    assert len(np.load(tmp_path / "maps.npy")) == 1


def test_maps_of_two_sizes_and_empty_folders_are_refused(tmp_path):
    with pytest.raises(InputError, match="holds no file whose name ends with .fits"):
        convert(source=tmp_path, output=tmp_path / "maps.npy")
    for size in (4, 8):
        write_fits(tmp_path / f"{size}.fits", np.ones((size, size), "f4"))
    with pytest.raises(InputError, match=r"8.fits holds maps of 8 pixels a side, but .*4.fits of 4"):
        convert(source=tmp_path, output=tmp_path / "maps.npy")


def test_fits_of_astropy_is_read():
    map_, y, x = np.mgrid[:3, :4, :4]
    image = open_image(Path(__file__).parents[1] / "data/astropy.fits")
    assert image.stored.dtype.str == ">i2"
    assert image.maps(0, 3) == pytest.approx(map_ + y + x / 10, abs=0.005)
