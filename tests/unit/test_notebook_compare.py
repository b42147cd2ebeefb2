"""A network in two domains in one call: what comes out, what is left alone, what is refused."""

import numpy as np
import pandas as pd
import pytest
import torch
import xarray as xr
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

import repshift
from recorded import Lambda, Transformer
from repshift import InputError
from repshift.evidence.shift_scores import LAYER_SCORES
from repshift.networks.cmd import CMDNetwork
from repshift.statistics.class_scores import class_scores
from repshift.statistics.scores import scores

NOTHING = {"n_permutations": 0, "n_resamples": 0}
LITTLE = {"n_permutations": 39, "n_resamples": 100}


@pytest.fixture
def network():
    torch.manual_seed(0)
    return CMDNetwork(2, dropout=0.3, size=16)


@pytest.fixture
def maps(rng):
    """Twelve maps of each domain, the second brighter."""
    return [scale * rng.normal(size=(12, 1, 16, 16)).astype(np.float32) for scale in (1, 2)]


def test_all_dimensions_and_variables_are_named(network, maps, rng):
    labels = {f"labels_{name}": rng.normal(size=(12, 6)) for name in ("in", "out")}
    found = repshift.compare(network, *maps, **labels, **LITTLE)
    assert found["cka"].dims == ("domain", "layer", "layer_other")
    assert found["gram"].shape == (8, 24, 24)
    assert found["distance"].dims == ("measure", "layer")
    assert found["score"].dims == ("score", "domain", "output")
    assert found["domain"].values.tolist() == ["in", "out"]
    assert found["measure"].values.tolist() == list(LAYER_SCORES)
    assert found["map_domain"].values.tolist() == ["in"] * 12 + ["out"] * 12
    for name in [*found.data_vars, "score"]:
        assert {"units", "long_name"} <= set(found[name].attrs)
        assert np.isfinite(found[name]).all(), name


def test_ends_hold_the_mean_and_the_change(network, maps):
    found = repshift.compare(network, *maps, **LITTLE)
    mean, change = found["off_diagonal_mean"], found["off_diagonal_mean_change"]
    assert ((found["off_diagonal_mean_low"] < mean) & (mean < found["off_diagonal_mean_high"])).all()
    assert found["off_diagonal_mean_change_low"] < change < found["off_diagonal_mean_change_high"]
    assert change == pytest.approx(float(mean.sel(domain="out") - mean.sel(domain="in")))
    assert 1 / 40 <= found["off_diagonal_mean_change_p_value"] <= 1


def test_cka_is_that_of_each_domain_s_own_maps(network, maps):
    found = repshift.compare(network, *maps, **NOTHING)
    for name, one in zip(("in", "out"), maps, strict=True):
        expected = repshift.cka_matrix(repshift.record_grams(network, one), estimator="debiased")
        assert found["cka"].sel(domain=name).to_numpy() == pytest.approx(expected, abs=1e-5)


def test_what_is_not_asked_for_is_left_out(network, maps):
    found = repshift.compare(network, *maps, **NOTHING)
    assert set(found.data_vars) == {"cka", "off_diagonal_mean", "off_diagonal_mean_change", "distance", "gram"}
    tested = set(repshift.compare(network, *maps, n_permutations=39, n_resamples=0).data_vars)
    assert tested - set(found.data_vars) == {"off_diagonal_mean_change_p_value"}


def test_the_network_stays_as_it_was(network, maps):
    network.train()
    network.B01.eval()
    before = {name: value.clone() for name, value in network.state_dict().items()}
    repshift.compare(network, *maps, **NOTHING)
    assert network.training
    assert not network.B01.training
    assert all(torch.equal(value, before[name]) for name, value in network.state_dict().items())
    assert not any(module._forward_hooks for module in network.modules())


def test_maps_of_one_channel_need_no_axis_for_it(network, maps):
    found = [repshift.compare(network, *given, **NOTHING) for given in (maps, [one[:, 0] for one in maps])]
    assert found[0].identical(found[1])


@pytest.mark.parametrize(
    "given",
    [
        torch.from_numpy,
        list,
        lambda maps: list(torch.from_numpy(maps)),
        lambda maps: DataLoader(TensorDataset(torch.from_numpy(maps)), batch_size=5),
    ],
    ids=["tensor", "list of arrays", "list of tensors", "loader"],
)
def test_maps_in_any_form_are_the_same(given, network, maps):
    expected = repshift.compare(network, *maps, **NOTHING)
    assert repshift.compare(network, *map(given, maps), **NOTHING).identical(expected)


def test_rectangular_maps_of_bands_are_compared(rng):
    network = nn.Sequential(nn.Conv2d(3, 4, 3), nn.ReLU(), nn.Conv2d(4, 5, 3), nn.ReLU())
    maps = rng.normal(size=(2, 12, 3, 8, 14)).astype(np.float32)
    assert repshift.compare(network, *maps, **NOTHING)["layer"].values.tolist() == ["1:0", "3:0"]


def test_a_network_with_further_inputs_is_compared(maps):
    network = Lambda(lambda self, maps, more: self.act(maps.flatten(1) + more), act=nn.ReLU())
    network.forward = network.function.__get__(network)
    loaders = [DataLoader(TensorDataset(torch.from_numpy(one), torch.ones(12, 1)), batch_size=6) for one in maps]
    found = repshift.compare(network, *loaders, forward=lambda network, batch: network(*batch), **NOTHING)
    alone = Lambda(lambda self, maps: self.act(maps.flatten(1) + 1), act=nn.ReLU())
    expected = repshift.compare(alone, *maps, **NOTHING)
    assert found["gram"].to_numpy() == pytest.approx(expected["gram"].to_numpy(), abs=1e-3)


def test_tokens_are_pooled(rng):
    maps = rng.normal(size=(2, 12, 8, 8)).astype(np.float32)
    layers = ["encoder.layers.0", "encoder.layers.1"]
    found = [
        repshift.compare(Transformer(), *maps, layers=layers, pool=pool, **NOTHING)["gram"]
        for pool in ("mean", "token")
    ]
    assert found[0].shape == found[1].shape == (2, 24, 24)


def test_scores_are_those_of_the_answers(network, maps, rng):
    truth = rng.normal(size=(12, 6))
    names = [f"p{number}" for number in range(6)]
    found = repshift.compare(network, *maps, labels_out=pd.DataFrame(truth, columns=names), **NOTHING)["score"]
    with torch.no_grad():
        mean, std = network.eval()(torch.from_numpy(maps[1])).double().numpy().reshape(12, 2, 6).swapaxes(0, 1)
    for column, name in enumerate(names):
        expected = vars(scores(truth[:, column], mean[:, column], std[:, column]))
        for score in ("r2", "rmse", "bias", "chi2"):
            assert found.sel(score_name=score, domain="out", output=name) == pytest.approx(expected[score], rel=1e-5)
    assert np.isnan(found.sel(domain="in")).all()


class Classifier(nn.Module):
    """Names one of three classes, by logits or by probabilities."""

    def __init__(self, *, is_share=False):
        super().__init__()
        last = nn.Softmax(dim=1) if is_share else nn.Identity()
        self.layers = nn.Sequential(nn.Flatten(), nn.Linear(16, 5), nn.ReLU(), nn.Linear(5, 3), nn.Tanh(), last)

    def forward(self, maps):
        return self.layers(maps)


@pytest.mark.parametrize("is_share", [False, True])
@pytest.mark.parametrize(
    "kind", [np.asarray, torch.as_tensor, lambda labels: pd.Categorical.from_codes(labels, list("abc"))]
)
def test_classes_have_the_scores_of_classes(rng, kind, is_share):
    torch.manual_seed(0)
    network, maps = Classifier(is_share=is_share), rng.normal(size=(2, 12, 4, 4)).astype(np.float32)
    truth = np.arange(12) % 3
    found = repshift.compare(network, *maps, labels_in=kind(truth), labels_out=kind(truth[::-1].copy()), **LITTLE)
    logits = network(torch.from_numpy(maps[0])).detach().double()
    probability = (logits if is_share else torch.softmax(logits, dim=1)).numpy()
    expected = class_scores(truth, probability / probability.sum(axis=1, keepdims=True))
    for name in ("accuracy", "log_loss", "brier"):
        one = found["score"].sel(score_name=name, domain="in", output="class")
        assert one == pytest.approx(getattr(expected, name), rel=1e-5)
    assert (found["score_low"].sel(score_name="accuracy") <= found["score"].sel(score_name="accuracy")).all()
    assert "accuracy" in [text.get_text() for text in repshift.plot_comparison(found).texts]


FORMS = {
    "int32 tensor": lambda truth: torch.tensor(truth, dtype=torch.int32),
    "bool": lambda truth: truth.astype(bool),
    "list": lambda truth: truth.tolist(),
    "nullable series": lambda truth: pd.Series(truth, dtype="Int64"),
    "table of whole numbers": lambda truth: pd.DataFrame({"kind": truth}),
    "table of a categorical": lambda truth: pd.DataFrame({"kind": pd.Categorical.from_codes(truth, ["a", "b"])}),
}


@pytest.fixture
def vectors(rng):
    return rng.normal(size=(2, 12, 16)).astype(np.float32)


def binary(*last):
    torch.manual_seed(0)
    return nn.Sequential(nn.Linear(16, 5), nn.ReLU(), nn.Linear(5, 1), *last)


@pytest.mark.parametrize("form", FORMS.values(), ids=FORMS)
def test_classes_in_any_form_are_the_same(form, vectors):
    truth = np.arange(12) % 2
    expected = repshift.compare(binary(), *vectors, labels_in=truth, **NOTHING)
    assert repshift.compare(binary(), *vectors, labels_in=form(truth), **NOTHING).identical(expected)


def test_one_output_is_a_logit_or_a_probability(vectors):
    truth = np.arange(12) % 2
    networks = binary(), binary(nn.Sigmoid()), binary(nn.Flatten(0))
    scores = [repshift.compare(network, *vectors, labels_in=truth, **NOTHING)["score"] for network in networks]
    share = torch.sigmoid(binary()(torch.from_numpy(vectors[0]))[:, 0]).detach().double().numpy()
    expected = class_scores(truth, np.stack([1 - share, share], axis=1))
    for score in scores:
        found = score.sel(domain="in", output="class").to_numpy()
        assert found == pytest.approx(list(vars(expected).values()), rel=1e-5)


def test_a_class_that_a_domain_lacks_is_left_out_there(rng):
    maps, truth = rng.normal(size=(2, 12, 4, 4)).astype(np.float32), np.arange(12) % 3
    found = repshift.compare(Classifier(), *maps, labels_in=truth, labels_out=truth % 2, **LITTLE)
    assert np.isfinite(found["score"]).all()
    assert np.isfinite(found["score_low"]).all()


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16, torch.float64])
def test_labels_may_be_a_tensor_of_any_real_type(dtype, vectors):
    truth = torch.linspace(-1, 1, 12, dtype=dtype)
    found = repshift.compare(binary(), *vectors, labels_in=truth, **NOTHING)["score"]
    expected = repshift.compare(binary(), *vectors, labels_in=truth.double().numpy(), **NOTHING)["score"]
    assert found.identical(expected)


def test_answers_without_deviations_have_no_chi2(rng):
    network = nn.Sequential(nn.Flatten(), nn.Linear(16, 5), nn.ReLU(), nn.Linear(5, 1))
    maps = rng.normal(size=(2, 12, 4, 4)).astype(np.float32)
    found = repshift.compare(network, *maps, labels_in=rng.normal(size=12), **NOTHING)
    assert found["score"].values.shape == (3, 2, 1)
    assert found["score_name"].values.tolist() == ["r2", "rmse", "bias"]


def test_maps_of_a_simulation_never_meet(network, maps):
    """Each map twice, nearly: of as many simulations CKA is that of single maps, of maps alone it is not."""
    nearly = np.float32(1e-3) * maps[0]
    twice, labels = [np.concatenate([one, one + nearly]) for one in maps], np.tile(np.arange(12), 2)
    simulations = {"simulations_in": labels, "simulations_out": labels}
    once, together, apart = (
        repshift.compare(network, *given, **settings)["off_diagonal_mean"].to_numpy()
        for given, settings in ((maps, NOTHING), (twice, simulations | LITTLE), (twice, NOTHING))
    )
    assert together == pytest.approx(once, abs=1e-2)
    assert np.abs(apart - once).min() > 0.02


def test_partners_are_compared_as_partners(network, maps):
    noisy = maps[0] + 0.01 * maps[1]
    paired, apart = (repshift.compare(network, maps[0], noisy, paired=paired, **LITTLE) for paired in (True, False))
    width = [
        float(one["off_diagonal_mean_change_high"] - one["off_diagonal_mean_change_low"]) for one in (paired, apart)
    ]
    assert width[0] < width[1] / 2


def test_a_comparison_survives_a_file(network, maps, tmp_path):
    found = repshift.compare(network, *maps, labels_in=np.zeros((12, 6)), **NOTHING)
    found.to_netcdf(tmp_path / "found.nc")
    with xr.open_dataset(tmp_path / "found.nc") as opened:
        assert opened["cka"].equals(found["cka"])


def test_a_single_layer_has_no_mean_of_distinct_layers(network, maps):
    found = repshift.compare(network, *maps, layers=["FC1"], **LITTLE)
    assert set(found.data_vars) == {"cka", "distance", "gram"}


def test_domains_of_other_numbers_are_compared_without_bias(network, maps):
    found = repshift.compare(network, maps[0], maps[1][:10], **LITTLE)
    assert np.isfinite(found["off_diagonal_mean_change_p_value"])


BAD_NUMBERS = [
    ({}, "depends on the number of simulations: found 12 in and 10 out of distribution. Give as many of each, or est"),
    ({"simulations_in": [*range(10), 0, 1]}, "depends on the number of maps: found 12 in and 10 out of distribution"),
]


@pytest.mark.parametrize(("settings", "message"), BAD_NUMBERS)
def test_biased_cka_of_other_numbers_is_refused(settings, message, network, maps):
    with pytest.raises(InputError, match=f"Biased CKA {message}"):
        repshift.compare(network, maps[0], maps[1][:10], estimator="biased", **settings)


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("estimator", ["biased", "debiased"])
def test_equal_maps_in_pairs_do_not_differ(estimator, network, maps):
    found = repshift.compare(network, maps[0], maps[0], paired=True, estimator=estimator, **LITTLE)
    assert found["off_diagonal_mean_change"] == 0
    assert found["off_diagonal_mean_change_p_value"] == 1
    assert (found["distance"].sel(measure="mmd_linear") == 0).all()


BAD = [
    ({"estimator": "minibatch"}, "Unknown estimator 'minibatch'"),
    ({"pool": "max"}, "Unknown pool 'max'"),
    ({"n_permutations": 10}, "n_permutations is 10. Expected 39 to 1000000, or 0 for none"),
    ({"n_resamples": 99}, "n_resamples is 99. Expected 100 to 1000000, or 0 for none"),
    ({"simulations_in": range(11)}, r"simulations_in has the shape \(11,\), but there are 12 maps"),
    ({"simulations_out": [0] * 12}, "domain 'out' are of 1 simulations; intervals and a test need 10 or more"),
    ({"simulations_out": [0] * 12, **NOTHING}, "are of 1 simulations; a comparison needs 4 or more"),
    ({"labels_in": np.zeros(11)}, r"labels_in have the shape \(11,\), but there are 12 maps"),
    ({"labels_in": np.arange(13) % 2}, r"labels_in have the shape \(13,\), but there are 12 maps"),
    (
        {"labels_in": np.arange(12) + 5},
        "labels go up to 16, but .* 12 numbers a map, .* from 0 to 11. Whole .* as labels.astype",
    ),
    ({"labels_in": np.arange(12) - 1}, "labels_in name no class at 1 maps"),
    ({"labels_in": np.zeros(12, int)}, "labels_in are all of the class '0'. Expected two classes or more"),
    (
        {"labels_in": np.arange(12) % 2, "labels_out": np.zeros(12)},
        "labels_out are no classes, but those of the other domain are",
    ),
    ({"labels_in": pd.Categorical.from_codes(np.arange(12) % 3, list("abc"))}, "fit no 3 classes, a, b, c"),
    (
        {
            "labels_in": pd.Categorical.from_codes(np.arange(12) % 2, list("ab")),
            "labels_out": pd.Categorical.from_codes(np.arange(12) % 2, list("ba")),
        },
        r"labels_in have the categories \('a', 'b'\) and labels_out \('b', 'a'\)",
    ),
    ({"labels_in": np.ma.masked_equal(np.arange(12) % 2, 1)}, "labels_in are masked in part. Leave out the maps"),
    ({"labels_in": torch.ones(12, dtype=torch.complex64)}, "labels_in are of type 'complex64'"),
    ({"labels_out": ["spiral"] * 12}, "labels_out are of type '<U6' .* a pandas.Categorical in the order of the outp"),
    ({"labels_in": np.full(12, np.nan)}, "labels_in hold 12 values that are not finite"),
    ({"labels_in": np.zeros((12, 5))}, "returns 12 numbers a map, and the labels are of 5 outputs"),
    (
        {"labels_in": pd.DataFrame({"a": [0.5] * 12}), "labels_out": pd.DataFrame({"b": [0.5] * 12})},
        r"labels_in are of \['a'\] and labels_out of \['b'\]",
    ),
    (
        {"paired": True, "simulations_in": list("abcdefghijkl"), "simulations_out": list("abcdefghijlk")},
        "needs the same simulations in the same order in both domains; found 'k' and 'l'",
    ),
    ({"layers": ["none"]}, r"has no layer \['none'\]"),
    ({"layers": "none"}, r"has no layer \['none'\]"),
    ({"layers": 3}, "layers is 3. Expected a name, or a list of names, patterns, types and modules"),
    ({"paired": "no"}, "paired is 'no'. Expected True or False"),
    ({"seed": 1.0}, "seed is 1.0, of type 'float'. Expected a whole number"),
    ({"seed": None}, "seed is None, of type 'NoneType'. Expected a whole number"),
    ({"seed": -1}, "seed is -1. Expected 0 to 9223372036854775807"),
    ({"n_permutations": "99"}, "n_permutations is '99', of type 'str'. Expected a whole number"),
    ({"n_permutations": -1}, "n_permutations is -1. Expected 39 to 1000000, or 0 for none"),
    ({"n_resamples": True}, "n_resamples is True, of type 'bool'. Expected a whole number"),
    ({"simulations_in": [None, *"abcdefghijk"]}, "simulations_in has no label of map 0, where it is None; 1 of 12 are"),
    ({"simulations_in": ["a"] * 11 + [np.nan]}, "simulations_in has no label of map 11, where it is nan; 1 of 12"),
    (
        {"simulations_out": np.ma.masked_less(np.arange(12), 2)},
        "no label of map 0, where it is --; 2 of 12 are missing",
    ),
]


@pytest.mark.parametrize(("settings", "message"), BAD, ids=[message[:40] for _, message in BAD])
def test_bad_settings_are_refused_in_a_sentence(settings, message, network, maps):
    with pytest.raises(InputError, match=message):
        repshift.compare(network, *maps, **settings)


def spoilt(maps):
    maps = maps.copy()
    maps[3, 0, 2, 2] = np.nan
    return maps


BAD_MAPS = [
    (
        lambda one, other: (one, other[..., :14]),
        r"maps_in has the shape \(1, 16, 16\) and one of maps_out \(1, 16, 14\)",
    ),
    (lambda one, other: (one, spoilt(other)), "Map 3 of maps_out holds values that are not finite"),
    (lambda one, other: (one[:9], other), "domain 'in' are of 9 simulations"),
    (lambda one, other: (one[:0], other), "domain 'in' are of 0 simulations"),
    (lambda one, other: (one, "maps.npy"), "Maps are an array|type '<U"),
    (
        lambda one, other: (one, [*other, other[0, 0]]),
        r"maps_out: The stack of maps is .* together: entry 0 has the shape \(1, 16, 16\) and entry 12 \(16, 16\)",
    ),
    (
        lambda one, other: (one[:, [0, 0]], other[:, [0, 0]]),
        r"not take the maps of domain 'in', each of shape \(2, 16, 16\): Given groups=1, .* Give maps as the network",
    ),
]


@pytest.mark.parametrize(("change", "message"), BAD_MAPS, ids=[message[:40] for _, message in BAD_MAPS])
def test_bad_maps_are_refused_in_a_sentence(change, message, network, maps):
    with pytest.raises(InputError, match=message):
        repshift.compare(network, *change(*maps))


def test_a_loader_beside_an_array_is_refused_with_forward(network, maps):
    loader = DataLoader(TensorDataset(torch.from_numpy(maps[0])), batch_size=6)
    with pytest.raises(InputError, match="One domain is a DataLoader and the other is not"):
        repshift.compare(network, loader, maps[1], forward=lambda network, batch: network(batch[0]))


def test_what_is_no_network_is_refused(maps):
    with pytest.raises(InputError, match="A network is a torch.nn.Module; found a function"):
        repshift.compare(lambda maps: maps, *maps)


def test_answers_that_are_no_tensor_are_refused_with_labels(maps):
    network = Lambda(lambda self, maps: {"answer": self.act(maps)}, act=nn.ReLU())
    with pytest.raises(InputError, match="The network returns a dict, not a tensor"):
        repshift.compare(network, *maps, labels_in=np.zeros(12), **NOTHING)


def batches(vectors):
    return DataLoader(TensorDataset(torch.from_numpy(vectors)), batch_size=5)


def test_batches_that_do_not_fit_are_refused_by_domain(vectors):
    loaders = batches(vectors[0]), batches(vectors[1, :, :7].copy())
    with pytest.raises(InputError, match=r"domain 'out', each of shape \(7,\): mat1 and mat2") as refused:
        repshift.compare(binary(), *loaders, forward=lambda network, batch: network(batch[0]), **NOTHING)
    assert isinstance(refused.value.__cause__, RuntimeError)


@pytest.mark.parametrize("error", [KeyError("redshift"), RuntimeError("no such survey")])
def test_other_errors_of_a_network_stay_as_they_are(error, vectors):
    def fail(_network, _maps):
        raise error

    with pytest.raises(type(error), match=error.args[0]):
        repshift.compare(Lambda(fail, act=nn.ReLU()), *vectors, **NOTHING)


def test_a_network_that_draws_random_numbers_is_refused(vectors):
    network = Lambda(lambda self, maps: self.act(maps + torch.rand_like(maps)), act=nn.ReLU())
    with pytest.raises(
        InputError, match="Layer 'act:0' differs by .* Expected a network, and a forward=, without rand"
    ):
        repshift.compare(network, *vectors, **NOTHING)


def test_random_numbers_are_drawn_as_if_nothing_was_compared(vectors):
    torch.manual_seed(3)
    expected = torch.rand(2)
    torch.manual_seed(3)
    with pytest.raises(InputError):
        repshift.compare(Lambda(lambda self, maps: self.act(maps + torch.rand_like(maps)), act=nn.ReLU()), *vectors)
    assert torch.equal(torch.rand(2), expected)


BAD_ANSWERS = [
    (torch.sum, r"have the shapes \(\), for 24 maps in all. Expected \(maps, outputs\)"),
    (lambda features: features.sum(0), r"have the shapes \(16,\), for 24 maps in all. Expected \(maps, outputs\)"),
    (lambda features: torch.complex(features, features), "are complex numbers, which have no score"),
]


@pytest.mark.parametrize(("answer", "message"), BAD_ANSWERS, ids=[message[:40] for _, message in BAD_ANSWERS])
def test_answers_that_are_not_of_maps_are_refused_with_labels(answer, message, vectors):
    network = Lambda(lambda self, maps: answer(self.act(maps)), act=nn.ReLU())
    with pytest.raises(InputError, match=message):
        repshift.compare(network, *vectors, labels_in=np.zeros(12), **NOTHING)


def test_one_name_of_a_layer_needs_no_list(network, maps):
    alone, listed = (repshift.compare(network, *maps, layers=layers, **NOTHING) for layers in ("FC1", ["FC1"]))
    assert alone.identical(listed)


@pytest.mark.parametrize("kind", [float, str, torch.tensor, lambda label: pd.Series(label, dtype="Int64")])
def test_a_label_of_a_simulation_is_the_same_in_any_type(kind, vectors):
    labels = np.arange(12)
    others = labels.astype(kind) if isinstance(kind, type) else kind(labels)
    found = repshift.compare(binary(), *vectors, simulations_in=labels, simulations_out=others, paired=True, **NOTHING)
    assert found["simulation"].values.tolist() == [str(label) for label in labels] * 2
