"""The action features of the stage attribution: what it writes, that numbers follow from it, what it refuses."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from attribution_run import read
from case_inputs import on_case
from repshift import InputError
from repshift.cli.commands import call_of
from repshift.evidence.attribution.feature_quantities import FEATURE_QUANTITIES
from repshift.stages.attribution import features
from repshift.stages.figures import features as sheets
from repshift.storage.models import read_model
from repshift.storage.simulations import open_simulations
from world import AWAY, HOME, once, paths_of

GIVEN = {"layers": ["C02", "C1*"], "n_maps": 20, "channels": 3, "filters": 2, "seeds": 2, "steps": 4}
GIVEN |= {"dream_maps": 2, "dream_size": 0.2, "outputs": ["sigma_8"], "seed": 1, "resamples": 100}
GIVEN |= {"batch_size": 7, "device": "cpu", "threads": 1}


@pytest.fixture(scope="module")
def wide(write_simulations_once, first_world, tmp_path_factory):
    """The model of the world, shown more simulations of its own and of another domain."""
    files = {
        name: write_simulations_once(f"wide_{name}", seed=place, n_simulations=24)
        for place, name in enumerate(("home", "away"))
    }
    return {**first_world, **files, "folder": tmp_path_factory.mktemp("features")}


def show(world, domain=AWAY, *, reference=HOME, write=None, **changes):
    """Run the action, once for what it is given, and return where it wrote."""
    output = world["folder"] / f"{domain.name}_features.nc"
    own = {} if reference is None else {"reference": reference, **_reference(world["home"])}
    given = {"model": "T-MockTNG", "weights": world["weights"], **own} | GIVEN | changes
    stage = on_case(write) if write else once(on_case(features.run))
    stage(domain=domain, output=output, **paths_of(world[domain.name]) | given)
    return output


def _reference(files):
    return {"reference_maps": [files.maps], "reference_measured": [files.measured]}


@pytest.fixture(scope="module")
def found(wide):
    return read(show(wide))


def test_every_variable_is_declared_and_there(found):
    layers = found.attrs["layers"].split(", ")
    held = {name.removesuffix("_low").removesuffix("_high") for name in found.data_vars}
    assert held == {*FEATURE_QUANTITIES, *(f"feature_map_{place}" for place in range(len(layers)))}


def test_feature_maps_are_those_of_the_network(wide, found):
    network, _ = read_model(wide["weights"])
    outputs = []
    network.eval().LeakyReLU.register_forward_hook(lambda _module, _given, output: outputs.append(output.numpy()))
    with torch.no_grad():
        network(torch.from_numpy(found["input"].values))
    units = found["unit"].values[found["layer"].values == "C02"]
    assert found["feature_map_0"].values == pytest.approx(outputs[1][:, units], abs=1e-6)
    simulations = open_simulations(**paths_of(wide["home"]))
    assert simulations.n_simulations == 24


def test_activations_of_filters_are_those_of_their_maps(wide, found):
    network, _ = read_model(wide["weights"])
    outputs = {}
    for name, module in network.eval().named_modules():
        module.register_forward_hook(lambda _m, _g, output, name=name: outputs.setdefault(name, []).append(output))
    layer = list(network.layers).index(str(found["filter_layer"].values[0]))
    with torch.no_grad():
        network(torch.from_numpy(found["filter_map"].values[0, 0]))
    activation = outputs["LeakyReLU"][layer][:, int(found["filter_unit"].values[0])].mean((1, 2))
    assert activation.numpy() == pytest.approx(found["filter_activation"].values[0, 0], abs=1e-5)


def test_rises_are_over_that_of_the_largest_real_map(found):
    scale = found["largest_activation"] - found["real_activation"]
    assert (scale > 0).all()
    expected = (found["filter_activation"] - found["real_activation"]) / scale
    assert found["filter_rise"].values == pytest.approx(expected.transpose(*found["filter_rise"].dims).values, rel=1e-4)
    assert (found["filter_rise"] > found["random_rise"]).all()


def test_maps_of_one_spectrum_are_alike_in_power(found):
    alike = found["power_similarity"].sel({"constraint": "spectrum"})
    assert alike.values == pytest.approx(np.ones(alike.shape), abs=1e-3)
    assert (found["pixel_similarity"] < 1).all()


def test_dreams_move_outputs_up_and_down(found):
    moved = found["dream_moved"].mean("dreamt").groupby("goal_direction")
    assert (moved["up"] > 0).all()
    assert (moved["down"] < 0).all()
    assert list(found["goal"].values) == ["sigma_8 up", "sigma_8 down", f"{found['layer'].values[-1]} up"]


def test_what_dreams_add_has_the_size_asked_for(found):
    size = np.sqrt(np.square(found["dream_added"]).mean(["channel", "y", "x"]))
    assert size.values == pytest.approx(np.full(size.shape, float(size[0, 0, 0])), rel=1e-3)


def test_the_same_seed_gives_the_same_bytes(wide, found):
    first = show(wide).read_bytes()
    assert show(wide, write=features.run).read_bytes() == first


def test_a_domain_of_its_own_has_no_shift(wide):
    alone = read(show(wide, HOME, reference=None, filters=0))
    assert "shift" not in alone
    assert "filter_map" not in alone
    assert set(alone["reason"].values) == {"activation"}


def test_sheets_have_pages_and_one_picture(wide, found, tmp_path):
    pair = [tmp_path / "T.pdf", tmp_path / "T.png"]
    sheets.run(features=[show(wide, layers=["C02"], channels=1, filters=1)], outputs=pair)
    assert pair[0].read_bytes().count(b"/Type /Page ") == 3
    assert pair[1].stat().st_size > 10_000


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"reference": None}, "is not the model's own, whose maps are shown beside. Give --reference-domain"),
        ({"dream_maps": 21}, "Dreams start from 21 maps of 20. Expected at most as many."),
        ({"filters": 4}, "optimised for 4 channels of the 3 shown of a layer"),
        ({"layers": ["FC1"]}, "Layer 'FC1' returns shape .* no maps of features"),
        ({"dream_layer": "C99"}, "The network has no layer"),
        ({"dream_layer": "C0?"}, r"'C0\?' fits 3 layers: C01, C02, C03. A deep dream enhances one."),
        ({"outputs": ["H0"]}, "H0"),
    ],
)
def test_what_cannot_be_shown_is_refused(wide, changes, words):
    with pytest.raises(InputError, match=words):
        show(wide, write=features.run, **changes)


WORDS = "attribution features --model m --weights w --domain d --suite s --set LH --split all --standardisation own"
WORDS += " --maps a.npy --measured a.json --threads 1 --batch-size 2 --device cpu --n-maps 20 --channels 2 --filters 1"
WORDS += " --seeds 2 --steps 3 --dream-maps 1 --dream-size 0.2 --seed 1 --resamples 100 --output out.nc"
OWN = "--reference-domain o --reference-suite s --reference-set LH --reference-split all"


def test_the_command_asks_for_what_its_words_say():
    asked = {}
    more = "--reference-standardisation training --reference-maps b.npy --reference-measured b.json"
    call = call_of(f"{WORDS} {OWN} {more}".split())
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(features, "run", lambda case, **given: asked.update(given, home=case.home.domain))
        call.run(**call.arguments)
    assert asked["home"] == replace(HOME, name="o", suite="s", set="LH", redshift=asked["home"].redshift)
    how = asked["settings"]
    assert (how.channels, how.dream_size, how.layers, how.dream_layer) == (2, 0.2, [], None)


def test_a_size_that_is_none_is_refused(capsys):
    with pytest.raises(SystemExit):
        call_of(WORDS.replace("0.2", "0").split())
    assert "found '0'. Expected a finite number above 0." in capsys.readouterr().err
