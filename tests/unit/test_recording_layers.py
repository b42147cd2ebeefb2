"""Which calls are layers: by name, pattern or type; modules and functions; residual networks and transformers."""

import numpy as np
import pytest
import torch
import torch.nn.functional as F  # noqa: N812 - torch's own custom
from torch import nn

import repshift
from recorded import Lambda, Residual, Transformer, recorded
from repshift import InputError
from repshift.networks.cmd import CMDNetwork
from repshift.recording.layers import choose_layers
from repshift.recording.passes import run_network


@pytest.fixture
def maps(rng):
    return rng.normal(size=(6, 1, 8, 8)).astype(np.float32)


@pytest.fixture
def vectors(rng):
    return rng.normal(size=(5, 4)).astype(np.float32)


@pytest.fixture
def residual():
    torch.manual_seed(0)
    network = Residual().eval()
    with torch.no_grad():
        network.train()(torch.randn(8, 1, 8, 8))
    return network.eval()


@pytest.fixture
def transformer():
    torch.manual_seed(0)
    return Transformer().eval()


def manual_residual(network, maps):
    """Run the residual network by hand and keep every activation."""
    kept = [F.leaky_relu(network.stem(torch.from_numpy(maps)), 0.1)]
    for block in network.blocks:
        features = kept[-1]
        kept.append(block.bn1(block.conv1(features)).relu())
        kept.append(block.bn2(block.conv2(kept[-1])).relu())
        kept.append((kept[-1] + features).relu())
    return [output.detach().flatten(1).numpy() for output in kept]


def test_layers_of_a_residual_network_are_a_manual_pass_s(residual, maps):
    found = recorded(residual, maps)
    block = ["relu:0", "relu:1", ":relu:0"]
    named = [f"blocks.{number}{'' if call[0] == ':' else '.'}{call}" for number in (0, 1) for call in block]
    assert list(found) == [":leaky_relu:0", *named]
    for output, expected in zip(found.values(), manual_residual(residual, maps), strict=True):
        assert output == pytest.approx(expected, abs=1e-6)


def test_layers_of_a_transformer_are_those_of_a_manual_pass(transformer, maps):
    layers = ["patches", "encoder.layers.?", "encoder.layers.1.linear1"]
    found = recorded(transformer, maps, layers=layers)
    tokens = transformer.patches(torch.from_numpy(maps))
    expected = {"patches": tokens}
    features = tokens.flatten(2).transpose(1, 2) + transformer.position
    for number, layer in enumerate(transformer.encoder.layers):
        attended = layer.norm1(features + layer.self_attn(features, features, features)[0])
        inner = layer.linear1(attended)
        features = layer.norm2(attended + layer.linear2(F.gelu(inner)))
        expected[f"encoder.layers.{number}:0"] = features
    expected["encoder.layers.1.linear1"] = inner
    assert found.keys() == expected.keys()
    for name, output in expected.items():
        assert found[name] == pytest.approx(output.detach().flatten(1).numpy(), abs=1e-5)


def test_a_transformer_s_activations_are_seen_inside_its_layers(transformer, maps):
    assert list(recorded(transformer, maps)) == ["encoder.layers.0:gelu:0", "encoder.layers.1:gelu:0"]


def test_fused_layers_are_off_only_while_recording(transformer, maps):
    found = recorded(transformer, maps, layers=["encoder.layers.0.linear1"])
    assert found["encoder.layers.0.linear1"].shape == (6, 4 * 16)
    assert torch.backends.mha.get_fastpath_enabled()


def test_attention_is_its_first_tensor(transformer, maps):
    found = recorded(transformer, maps, layers=["encoder.layers.0.self_attn"])
    assert found["encoder.layers.0.self_attn"].shape == (6, 4 * 8)


def test_a_network_with_the_sequence_first_is_refused(maps):
    with pytest.raises(InputError, match=r"'encoder.layers.0:gelu:0' returns shape \(4, 2, 16\) for 2 maps"):
        recorded(Transformer(batch_first=False), maps)


def test_an_axis_as_long_as_the_batch_by_chance_is_refused(maps):
    with pytest.raises(InputError, match=r"'encoder.layers.0:gelu:0' returns shape \(4, 2, 16\) for 2 maps"):
        recorded(Transformer(batch_first=False), maps[:4])


def test_a_gate_that_does_not_depend_on_the_maps_is_no_layer(vectors):
    network = Lambda(lambda self, maps: torch.sigmoid(2 * self.gate) * F.relu(maps).sum(1, keepdim=True))
    network.gate = nn.Parameter(torch.zeros(len(vectors), 1))
    with pytest.warns(UserWarning, match=r"Layers \[':sigmoid:0'\] are left out"):
        assert list(recorded(network, vectors)) == [":relu:0"]


def test_a_network_that_works_in_place_leaves_the_maps(vectors):
    network = Lambda(lambda self, maps: F.relu(maps.sub_(1).mul_(2)))
    given = vectors.copy()
    first = repshift.record_grams(network, vectors)
    assert np.array_equal(vectors, given)
    assert first.identical(repshift.record_grams(network, torch.from_numpy(vectors)))


def test_maps_are_given_in_the_type_of_the_parameters(vectors):
    network = nn.Sequential(nn.Linear(4, 3), nn.ReLU())
    single = repshift.record_grams(network, vectors)
    assert single.identical(repshift.record_grams(network, vectors.astype(np.float64)))
    assert repshift.record_grams(network.double(), vectors).values == pytest.approx(single.values, abs=1e-5)


def test_a_mode_is_restored_by_the_network_that_has_a_say_in_it(vectors):
    class Merging(nn.Sequential):
        merged = False

        def train(self, mode=True):
            self.merged = not mode
            return super().train(mode)

    network = Merging(nn.Linear(4, 3), nn.ReLU())
    network[1].eval()
    recorded(network, vectors)
    assert (network.merged, network.training, network[0].training, network[1].training) == (False, True, True, False)


def test_a_rule_may_fit_a_layer_that_is_also_named(vectors):
    network = nn.Sequential(nn.Linear(4, 3), nn.ReLU())
    assert list(recorded(network, vectors, layers=["1", nn.ReLU])) == ["1"]


def test_an_empty_list_of_layers_is_refused(vectors):
    with pytest.raises(InputError, match="list of layers is empty"):
        recorded(nn.Sequential(nn.Linear(4, 3), nn.ReLU()), vectors, layers=[])


def test_an_attribute_layers_of_no_calls_names_none(vectors):
    for other in ({}, {"depth": [2, 2]}, ["relu"]):
        network = nn.Sequential(nn.Linear(4, 3), nn.ReLU())
        network.layers = other
        assert list(recorded(network, vectors)) == ["1:0"]


@pytest.mark.parametrize(
    ("function", "name"),
    [
        (F.relu, "relu"),
        (torch.relu, "relu"),
        (torch.Tensor.relu, "relu"),
        (torch.Tensor.relu_, "relu"),
        (torch.relu_, "relu"),
        (lambda features: F.relu(features, inplace=True), "relu"),
        (F.leaky_relu, "leaky_relu"),
        (F.leaky_relu_, "leaky_relu"),
        (F.gelu, "gelu"),
        (F.silu, "silu"),
        (F.elu_, "elu"),
        (F.tanh, "tanh"),
        (torch.sigmoid, "sigmoid"),
        (torch.Tensor.sigmoid_, "sigmoid"),
        (F.relu6, "relu6"),
        (F.softplus, "softplus"),
    ],
)
def test_functions_are_seen_however_they_are_written(function, name, vectors):
    network = Lambda(lambda self, maps: function(self.fc(maps)).mul_(0), fc=nn.Linear(4, 3))
    found = recorded(network, vectors)
    assert list(found) == [f":{name}:0"]
    expected = function(network.fc(torch.from_numpy(vectors))).detach().numpy()
    assert np.array_equal(found[f":{name}:0"], expected)


@pytest.mark.parametrize("kind", [nn.ReLU, nn.GELU, nn.Tanh, nn.ReLU6, nn.SiLU, nn.PReLU, nn.Hardswish, nn.Softsign])
def test_the_function_within_a_module_is_not_counted_again(kind, vectors):
    assert list(recorded(nn.Sequential(nn.Linear(4, 3), kind()), vectors)) == ["1:0"]


def test_an_activation_in_place_does_not_reach_a_record(vectors):
    network = Lambda(lambda self, maps: self.fc(maps).relu_(), fc=nn.Linear(4, 3))
    found = recorded(network, vectors, layers=["fc", ":relu:0"])
    expected = network.fc(torch.from_numpy(vectors)).detach().numpy()
    assert np.array_equal(found["fc"], expected)
    assert np.array_equal(found[":relu:0"], np.maximum(expected, 0))
    assert (expected < 0).any()


def test_calls_of_functions_and_modules_are_counted_apart(vectors):
    network = Lambda(lambda self, maps: self.relu(torch.relu(self.relu(torch.relu(maps)))), relu=nn.ReLU())
    assert list(recorded(network, vectors)) == [":relu:0", "relu:0", ":relu:1", "relu:1"]


def test_each_batch_counts_its_calls_anew(residual, maps):
    assert recorded(residual, maps, batch_size=2).keys() == recorded(residual, maps).keys()


def test_a_module_registered_twice_is_one(vectors):
    shared = nn.ReLU()
    network = Lambda(lambda self, maps: self.b(self.a(maps)), a=shared, b=shared)
    assert list(recorded(network, vectors)) == ["a:0", "a:1"]
    assert list(recorded(network, vectors, layers=["b"])) == ["b"]


def test_an_activation_without_hooks_is_a_function(vectors):
    network = Lambda(lambda self, maps: self.relu.forward(maps), relu=nn.ReLU())
    assert list(recorded(network, vectors)) == [":relu:0"]
    with pytest.raises(InputError, match=r"never made the call of layer \['relu'\]"):
        recorded(network, vectors, layers=["relu"])


def test_a_function_with_a_module_s_parameters_is_seen_by_type(vectors):
    network = Lambda(lambda self, maps: F.linear(self.fc(maps), self.fc.weight), fc=nn.Linear(4, 4))
    assert list(recorded(network, vectors, layers=[nn.Linear])) == ["fc:0", ":linear:0"]


@pytest.mark.parametrize("product", [lambda x, w: F.linear(x, w), lambda x, w: x @ w.T, lambda x, w: x @ w.t()])
def test_a_pattern_whose_modules_are_bypassed_is_refused(product, vectors):
    network = Lambda(lambda self, maps: product(self.fc(maps), self.fc.weight), fc=nn.Linear(4, 4))
    with pytest.raises(InputError, match=r"parameters of \['fc'\] are used outside its call"):
        recorded(network, vectors, layers=["f*"])
    assert list(recorded(network, vectors, layers=["fc"])) == ["fc"]


def test_linear_layers_within_attention_are_refused_by_type(transformer, maps):
    with pytest.raises(InputError, match=r"self_attn.out_proj'\] are used outside its call, by 'multi_head_attention"):
        recorded(transformer, maps, layers=[nn.Linear])


def test_reading_the_type_of_a_parameter_is_no_use_of_it(vectors):
    network = Lambda(lambda self, maps: self.fc(maps.to(self.fc.weight.dtype)), fc=nn.Linear(4, 4))
    assert list(recorded(network, vectors, layers=["f*"])) == ["fc:0"]


def test_a_non_linear_function_of_a_parameter_is_no_layer(vectors):
    network = Lambda(lambda self, maps: F.relu(maps) * F.softplus(self.fc.bias), fc=nn.Linear(4, 4))
    assert list(recorded(network, vectors)) == [":relu:0"]


def test_types_take_modules_and_functions(residual, maps):
    found = recorded(residual, maps, layers=[nn.Conv2d, nn.LeakyReLU])
    convolutions = [f"blocks.{number}.conv{index}:0" for number in (0, 1) for index in (1, 2)]
    assert list(found) == ["stem:0", ":leaky_relu:0", *convolutions]


def test_patterns_take_modules_or_calls(residual, maps):
    assert list(recorded(residual, maps, layers=["blocks.*.bn?"])) == [
        f"blocks.{number}.bn{index}:0" for number in (0, 1) for index in (1, 2)
    ]
    assert list(recorded(residual, maps, layers=["blocks.?:relu:*"])) == ["blocks.0:relu:0", "blocks.1:relu:0"]
    assert list(recorded(residual, maps, layers="*relu:1")) == ["blocks.0.relu:1", "blocks.1.relu:1"]


def test_patterns_are_of_the_convention_where_one_fits():
    network = CMDNetwork(2, size=16)
    assert list(choose_layers(network, ["C?1", "FC2"]).named.values()) == ["C01", "C11", "C21", "FC2"]
    assert choose_layers(network, ["B*"]).rules == ("B*",)


@pytest.mark.parametrize("rule", ["blocks.7.*", "*:gelu:*", nn.GELU])
def test_a_rule_that_fits_no_call_is_refused(residual, maps, rule):
    with pytest.raises(InputError, match="made no call that fits"):
        recorded(residual, maps, layers=["stem", rule])


def test_an_unknown_function_is_refused(residual, maps):
    with pytest.raises(InputError, match=r"no layer \['stem:softmax:0'\]"):
        recorded(residual, maps, layers=["stem:softmax:0"])


def test_two_names_of_one_call_are_refused():
    with pytest.raises(InputError, match="'C01' and 'LeakyReLU:0' are the same call"):
        choose_layers(CMDNetwork(2, size=16), ["C01", "LeakyReLU:0"])


@pytest.mark.parametrize(
    ("answer", "message"),
    [
        (lambda maps: {"a": maps}, "'part' returns a dict, not a tensor"),
        (lambda maps: (), "'part' returns a tuple, not a tensor"),
        (lambda maps: maps.argmax(1), "'part' returns a torch.int64 tensor"),
        (lambda maps: maps.sum(), r"'part' returns shape \(\) for 2 maps"),
        (lambda maps: maps.T, r"'part' returns shape \(4, 2\) for 2 maps: its first axis is not the maps"),
    ],
)
def test_what_is_no_representation_is_refused(answer, message, vectors):
    network = Lambda(lambda self, maps: self.part(maps), part=Lambda(lambda self, maps: answer(maps)))
    with pytest.raises(InputError, match=message):
        recorded(network, vectors, layers=["part"])


def test_calls_that_depend_on_the_batch_are_refused(vectors):
    network = Lambda(lambda self, maps: F.relu(maps) if len(maps) > 1 else F.gelu(F.relu(maps)))
    with pytest.raises(InputError, match=r"Layers \[':gelu:0'\] are called for some batches"):
        recorded(network, vectors, batch_size=4)


def test_compiled_modules_are_refused_by_rule(vectors):
    compiled = torch.jit.trace(nn.Sequential(nn.Linear(4, 3), nn.ReLU()).eval(), torch.from_numpy(vectors))
    network = Lambda(lambda self, maps: self.inner(maps), inner=compiled)
    with pytest.raises(InputError, match="'inner' is compiled"):
        recorded(network, vectors)
    assert recorded(network, vectors, layers=["inner"])["inner"].shape == (5, 3)


def test_what_a_compiled_module_calls_is_refused(vectors):
    scripted = nn.Sequential(nn.Linear(4, 3), torch.jit.script(nn.Sequential(nn.ReLU(), nn.ReLU())))
    in_place = nn.Sequential(nn.Linear(4, 3), nn.ReLU())
    in_place.compile()
    with pytest.raises(InputError, match="'1' is compiled"):
        recorded(scripted, vectors, layers=["1.0"])
    for layers in (None, ["1"], [":relu:0"]):
        with pytest.raises(InputError, match="'' is compiled"):
            recorded(in_place, vectors, layers=layers)
    assert list(recorded(scripted, vectors, layers=["0"])) == ["0"]


def test_what_is_no_tensor_matters_where_asked_for(vectors):
    network = Lambda(lambda self, maps: {"answer": F.relu(maps)})
    assert repshift.record_grams(network, vectors).shape == (1, 5, 5)
    with pytest.raises(InputError, match="returns a dict"):
        run_network(network, vectors, batch_size=5)


def test_a_layer_that_is_not_finite_is_named(vectors):
    network = Lambda(lambda self, maps: F.relu(maps / 0))
    with pytest.raises(InputError, match="Layer ':relu:0': .* not finite"):
        repshift.record_minibatch_grams(network, vectors[:4], batch_size=4)


def test_hooks_and_modes_of_torch_are_gone_after_an_error(residual, maps):
    with pytest.raises(InputError):
        repshift.record_grams(residual, maps * np.nan)
    assert not any(module._forward_hooks or module._forward_pre_hooks for module in residual.modules())
    assert torch.backends.mha.get_fastpath_enabled()


@pytest.mark.parametrize("precision", ["float32", "bfloat16"])
def test_products_stay_in_single_precision(residual, maps, precision):
    grams = repshift.record_grams(residual, maps, precision=precision).to_numpy()
    batches = repshift.record_minibatch_grams(residual, maps, batch_size=6, precision=precision).to_numpy()
    assert batches[0] == pytest.approx(grams, rel=1e-5, abs=1e-5 * np.abs(grams).max())
    for gram, output in zip(grams, recorded(residual, maps, precision=precision).values(), strict=True):
        exact = repshift.linear_gram(output.astype(np.float64))
        assert np.abs(gram - exact).max() <= 1e-6 * np.abs(exact).max()


def test_a_bfloat16_forward_pass_is_another_but_near(residual, maps):
    single, half = (recorded(residual, maps, precision=precision) for precision in ("float32", "bfloat16"))
    worst = max(np.abs(single[name] - half[name]).max() / np.abs(single[name]).max() for name in single)
    assert 1e-4 < worst < 0.05
    assert run_network(residual, maps, batch_size=6, precision="bfloat16").dtype == torch.float32


def test_an_unknown_precision_is_refused(residual, maps):
    with pytest.raises(InputError, match="Unknown precision 'float16'"):
        recorded(residual, maps, precision="float16")


def test_reduced_precision_outside_is_not_recorded(residual, maps):
    expected = repshift.record_grams(residual, maps)
    torch.set_float32_matmul_precision("medium")
    try:
        found = repshift.record_grams(residual, maps)
        assert torch.get_float32_matmul_precision() == "medium"
    finally:
        torch.set_float32_matmul_precision("highest")
    assert found.identical(expected)


def test_recording_does_not_change_the_answer(residual, maps):
    with torch.inference_mode():
        expected = residual(torch.from_numpy(maps))
    found = run_network(residual, maps, batch_size=6, consume=lambda name, output: None)
    assert torch.equal(found, expected)
