"""The action maps of the stage attribution: what it writes of each method and null, and what it refuses."""

import re
from dataclasses import replace

import numpy as np
import pytest
import torch

import own_network
from attribution_run import METHOD, METHODS, NULLS, attribute, read
from case_inputs import on_case
from own_network import make_world, take
from repshift import InputError
from repshift.case.attribution.settings import Faithfulness, MethodSettings
from repshift.cli.commands import call_of
from repshift.stages.attribution import maps
from repshift.storage.models import read_model
from repshift.storage.simulations import open_simulations
from test_stages_classes import OF_CLASSES, label
from world import AWAY, HOME, initialise, paths_of


@pytest.fixture(scope="module")
def home(first_world, write_simulations_once, tmp_path_factory):
    """The world, ranked by maps of density, and the file of its own domain; no test may change either."""
    density = write_simulations_once("density", seed=3, field="Mtot")
    world = {**first_world, "folder": tmp_path_factory.mktemp("attribution")}
    world["ranked"] = {"environment": density.maps, "environment_measured": density.measured}
    path = attribute(world, **NULLS, **world["ranked"], pixel=0.5, pixel_units="Mpc/h")
    return world, path, read(path)


def inputs_of(world, found):
    network, description = read_model(world["weights"])
    simulations = open_simulations(**paths_of(world["home"]))
    return network.eval(), simulations.standardised(found["position"].values, description.moments)


def test_a_loop_over_maps_finds_the_same_gradients(home):
    world, _, found = home
    network, inputs = inputs_of(world, found)
    assert found["input"].values == pytest.approx(inputs)
    gradients = found["attribution"].sel({"method": "gradient", "output": "sigma_8"})
    for one, gradient in zip(inputs, gradients.values, strict=True):
        leaf = torch.from_numpy(one[None]).requires_grad_()
        network(leaf)[0, 1].backward()
        assert gradient == pytest.approx(leaf.grad[0].numpy(), rel=1e-3, abs=1e-6)


def test_errors_are_what_the_contributions_miss(home):
    found = home[2].sel({"method": "integrated_gradients"})
    change = found["value"] - found["baseline_value"]
    missed = found["attribution"].sum(["channel", "y", "x"]) - change
    assert found["completeness_error"].values == pytest.approx(missed.transpose("output", "map").values, abs=1e-5)
    expected = np.abs(missed).median("map") / np.sqrt(np.square(change).mean("map"))
    assert found["completeness"].values == pytest.approx(expected.values, rel=1e-2, abs=1e-5)
    assert np.isnan(home[2]["completeness_error"].sel({"method": "gradient"})).all()


def test_values_are_those_of_the_network(home):
    world, _, found = home
    network, inputs = inputs_of(world, found)
    with torch.inference_mode():
        answers, at_mean = (network(torch.from_numpy(one)).numpy()[:, :2].T for one in (inputs, 0 * inputs))
    assert found["value"].values == pytest.approx(answers, rel=1e-4, abs=1e-6)
    assert found["baseline_value"].values == pytest.approx(at_mean, rel=1e-4, abs=1e-6)


def test_hiding_a_square_lowers_the_output_as_written(home):
    world, _, found = home
    network, inputs = inputs_of(world, found)
    hidden = inputs.copy()
    hidden[:, :, 4:8, 8:12] = 0
    with torch.inference_mode():
        whole, without = (network(torch.from_numpy(one)).numpy()[:, 0] for one in (inputs, hidden))
    occluded = found["attribution"].sel({"method": "occlusion", "output": "Omega_m"})[:, 0, 5, 9].values
    assert occluded == pytest.approx(whole - without, rel=1e-3, abs=1e-5)


def test_pixels_are_ranked_by_the_density_that_is_given(home):
    world, _, found = home
    density = np.load(world["ranked"]["environment"])[found["position"].values]
    above = np.abs(found["input"].values[:, 0])
    middle = np.median(density, axis=(1, 2), keepdims=True)
    expected = (above * (density < middle)).sum((1, 2))
    lower = found["input_by_environment"].sel(environment="lower half").values
    assert lower == pytest.approx(expected, rel=1e-4)
    assert found.attrs["environment"] == "Mtot"
    others = read(attribute(world, name="value"))
    assert others.attrs["environment"] == "pixel value"
    assert others["input_by_environment"].sel(environment="lower half").values != pytest.approx(expected, rel=1e-2)


def test_hiding_in_order_is_compared_with_random_order(home):
    found = home[2]
    assert found["order"].values.tolist() == [*METHODS, "input", "random"]
    assert found["fill"].values.tolist() == ["blur", "donor"]
    assert (found["deletion_curve"].isel(step=0) == 0).all()
    curves = found["deletion_curve"].isel(step=slice(1, None))
    gains = (curves.sel({"order": "occlusion"}) - curves.sel({"order": "random"})).mean("step")
    written = found["deletion_gain"].sel({"method": "occlusion"})
    assert written.values == pytest.approx(gains.values, rel=1e-4, abs=1e-7)
    assert "insertion_gain" not in found


def test_shuffled_weights_change_every_attribution(home):
    found = home[2]
    assert found["depth"].values[-1] == "all"
    assert found.sizes["depth"] == 2
    assert (np.abs(found["randomisation_signed"].sel(depth="all")) < 0.9).all()
    example = found["attribution"].isel(map=found.attrs["example"])
    null = found["null_attribution"].transpose(*example.dims)
    assert (np.abs(null - example).max(["channel", "y", "x"]) > 0).all()


def test_the_file_says_what_it_was_made_of(home):
    found = home[2]
    for name in ("weights_sha256", "maps_sha256", "environment_sha256", "seed", "resamples", "nodes", "window", "fill"):
        assert str(found.attrs[name]), name
    assert found.attrs["pixel"] == 0.5
    assert found.attrs["in_distribution"] == "true"
    assert found["simulation"].values.tolist() == (found["position"].values // 15).tolist()
    assert all({"units", "long_name"} <= set(found[name].attrs) for name in found.data_vars)


@pytest.mark.parametrize("batch_size", [1, 11])
def test_batches_change_attributions_by_rounding_alone(home, batch_size):
    world, _, expected = home
    found = read(attribute(world, name="batches", batch_size=batch_size))
    assert found["attribution"].values == pytest.approx(expected["attribution"].values, rel=1e-3, abs=1e-5)


def test_attributions_repeat_to_the_byte(home):
    world, path, _ = home
    how = {**NULLS, **world["ranked"], "pixel": 0.5, "pixel_units": "Mpc/h"}
    assert attribute(world, name="again", write=maps.run, **how).read_bytes() == path.read_bytes()


def test_another_domain_is_compared_with_the_own_one(home):
    world, path, own = home
    found = read(attribute(world, AWAY, home=path, **world["ranked"]))
    assert found.attrs["in_distribution"] == "false"
    for name in ("share_over_pixels", "power_over_input"):
        assert found[f"{name}_change"].values == pytest.approx((found[name] - own[name]).values, abs=1e-6, nan_ok=True)
        assert (found[f"{name}_change_low"] <= found[f"{name}_change_high"]).any()
    assert not [name for name in own if "_change" in str(name)]


def test_standard_deviations_are_attributed_by_their_root(home):
    world, _, found = home
    network, inputs = inputs_of(world, found)
    few = read(attribute(world, name="deviation", outputs=["Omega_m_std"], method=MethodSettings(("gradient",))))
    with torch.inference_mode():
        answers = network(torch.from_numpy(inputs)).numpy()
    assert few["output"].values.tolist() == ["Omega_m_std"]
    assert few["value"].values[0] == pytest.approx(np.sqrt(answers[:, 6]), rel=1e-4)


def test_classes_are_attributed_by_their_log_odds(code, tmp_path):
    world = make_world(code, tmp_path)
    label(world, "home", np.arange(12) % 3)
    taken = take(world, **OF_CLASSES)
    found = read(attribute_own(world, taken, outputs=[]))
    assert found["output"].values.tolist() == list(OF_CLASSES["classes"])
    network, _ = read_model(taken["weights"], own=taken["own"])
    with torch.inference_mode():
        shares = network.eval()(torch.from_numpy(found["input"].values)).softmax(1).numpy()
    assert found["value"].values == pytest.approx(np.log(shares / (1 - shares)).T, abs=1e-4)


def attribute_own(world, taken, **changes):
    how = {**taken, **world["home"], "domain": own_network.HOME, "method": METHOD, "n_maps": 10, "seed": 1}
    output = world["folder"] / "attribution.nc"
    how |= {"outputs": ["slope"], "resamples": 100, "batch_size": 8, "device": "cpu", "threads": 1} | changes
    on_case(maps.run)(**how, output=output)
    return output


def test_a_method_names_the_call_that_it_cannot_pass(code, tmp_path):
    world = make_world(code, tmp_path)
    taken = take(world, "Masked")
    with pytest.raises(InputError, match="no rule for 'matmul', called by the network itself"):
        attribute_own(world, taken, method=replace(METHOD, methods=("deeplift",)))
    assert read(attribute_own(world, taken))["output"].values.tolist() == ["slope"]


def test_each_channel_has_its_share(write_simulations, tmp_path):
    files = [write_simulations(field, field=field) for field in ("T", "Mtot")]
    of_both = {"maps": [one.maps for one in files], "measured": [one.measured for one in files]}
    both = replace(files[0], **of_both)
    weights = initialise(both, tmp_path / "both.pt", field="T+Mtot")
    method = replace(METHOD, methods=("gradient", "grad_cam"))
    found = read(attribute({"home": both, "weights": weights, "folder": tmp_path}, method=method))
    assert found["channel"].values.tolist() == ["T", "Mtot"]
    shares = found["channel_share"].sum("channel")
    assert shares.values == pytest.approx(np.ones(shares.shape))
    assert (found["channel_share"].sel({"method": "grad_cam"}) == 0.5).all()
    assert found["attribution"].shape[3:] == (2, 16, 16)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"outputs": ["Omega_b"]}, "Omega_b"),
        ({"n_maps": 13}, "13 maps, each of another simulation, were asked for; the split has 12"),
        ({"method": replace(METHOD, methods=("saliency",))}, "saliency"),
        ({"method": replace(METHOD, methods=("gradient", "gradient"))}, "The methods are gradient, gradient."),
        ({"method": replace(METHOD, window=2)}, "'stride' is 4 and 'window' 2"),
        ({"method": replace(METHOD, methods=("grad_cam",), layer="FC2")}, "FC2"),
        ({"faithfulness": Faithfulness(maps=10, window=32)}, "Blocks of 32 pixels"),
        ({"environment": "density.npy"}, "lack --environment-measured"),
    ],
)
def test_what_cannot_be_attributed_is_refused(home, changes, message):
    with pytest.raises(InputError, match=re.escape(message)):
        attribute(home[0], name="refused", write=maps.run, **changes)


@pytest.mark.parametrize(("name", "expected"), [("baseline", "mean, blur"), ("fill", "mean, blur, donor")])
def test_unknown_fills_and_baselines_are_refused(name, expected):
    with pytest.raises(InputError, match=f"Unknown {name} 'black'. Choose {expected}"):
        MethodSettings(**{name: "black"})


@pytest.mark.parametrize(("fills", "found"), [((), "none"), (("mean", "mean"), "mean, mean")])
def test_blocks_are_hidden_by_each_fill_once(fills, found):
    with pytest.raises(InputError, match=f"by the fills {found}"):
        Faithfulness(fills=fills)


def test_density_of_other_simulations_is_refused(home, write_simulations):
    files = write_simulations("few", n_simulations=3)
    with pytest.raises(InputError, match="does not rank the pixels of .*its n_maps is 45, expected 180"):
        attribute(home[0], name="refused", write=maps.run, environment=files.maps, environment_measured=files.measured)


def test_the_own_file_of_another_model_is_refused(home, tmp_path):
    world, path, _ = home
    other = {**world, "weights": initialise(world["home"], tmp_path / "other.pt", seed=2)}
    with pytest.raises(InputError, match="is of model 'T-MockTNG' shown 'home'. Expected attributions of 'T-MockTNG'"):
        attribute(other, AWAY, home=path, write=maps.run)


def test_the_command_asks_for_what_its_words_say():
    words = "--model m --weights w --domain d --suite s --set LH --split all --standardisation training --maps a.npy"
    words += " --measured a.json --threads 1 --batch-size 2 --device cpu --n-maps 5 --seed 1 --resamples 100"
    words += " --methods gradient occlusion --baseline blur --nodes 3 --window 4 --stride 2 --fill donor --noise 0.2"
    words += " --draws 7 --output out.nc"
    asked = []
    nulls = "--faithfulness-maps 6 --insertion --randomisation-maps 8 --untrained"
    for more in ([], nulls.split()):
        call = call_of(["attribution", "maps", *words.split(), *more])
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(maps, "run", lambda case, **given: asked.append(given | {"case": case}))
            call.run(**call.arguments)
    bare, full = asked
    expected = MethodSettings(["gradient", "occlusion"], "blur", 3, 4, 2, "donor", 0.2, 7)
    assert bare["method"] == full["method"] == expected
    assert bare["faithfulness"] is None
    assert bare["randomisation"] is None
    assert full["faithfulness"].insertion
    assert full["faithfulness"].maps == 6
    assert full["randomisation"].untrained
    assert full["case"].domain == replace(HOME, name="d", suite="s", set="LH", redshift=None)


def test_a_shift_is_no_home(home, tmp_path):
    world, _, found = home
    shift = tmp_path / "shift.nc"
    found.drop_dims("method").to_netcdf(shift)
    with pytest.raises(
        InputError, match=r"shift\.nc holds no attributions by methods\. Expected a file of 'attribution"
    ):
        attribute(world, AWAY, home=shift, write=maps.run)


def test_a_density_that_is_not_finite_is_refused(home, tmp_path):
    world = home[0]
    holed = np.load(world["ranked"]["environment"])
    holed[:, 2, 3] = np.nan
    path = tmp_path / "holed.npy"
    np.save(path, holed)
    with pytest.raises(InputError, match=r"holed\.npy: Map \d+ of field 'Mtot' holds nan at pixel \(2, 3\)"):
        attribute(world, name="refused", write=maps.run, **{**world["ranked"], "environment": path})
