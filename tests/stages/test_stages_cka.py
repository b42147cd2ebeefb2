"""The stage cka: estimators, measures, two models, paired maps."""

from dataclasses import replace

import numpy as np
import pytest
import xarray as xr

import repshift
from repshift import InputError
from repshift.__main__ import main
from repshift.similarity.between import between_cka_matrix
from repshift.similarity.cka import cka_matrix
from repshift.similarity.measures import MEASURES
from repshift.similarity.measures.svcca import kept_directions
from repshift.statistics.blocks import BLOCK_NUMBERS
from repshift.storage.models import read_model, write_model
from world import AWAY, HOME, activate, compare, initialise, multiply, predict, second_model


def test_cka_is_that_of_the_domain_s_own_maps(world):
    path = multiply(world, AWAY)
    with xr.open_dataset(path) as store, xr.open_dataset(compare(path)) as found:
        block = store["gram"].values[:, :8, :8]
        assert found["cka_biased"].values == pytest.approx(repshift.cka_matrix(block, estimator="biased"))
        assert found["cka_debiased"].values == pytest.approx(repshift.cka_matrix(block, estimator="debiased"))
        batches = [np.flatnonzero(found["batch"].values == number) for number in (0, 1)]
        expected = repshift.minibatch_cka_matrix([block[:, maps[:, None], maps] for maps in batches])
        assert found["cka_minibatch"].values == pytest.approx(expected)


def test_cka_can_be_divided_again_from_its_terms(world):
    with xr.open_dataset(compare(multiply(world))) as found:
        for name in ("biased", "debiased", "minibatch"):
            own, other = found[f"hsic_{name}_own"], found[f"hsic_{name}_own_other"]
            divided = found[f"hsic_{name}"] / np.sqrt(own * other)
            assert divided.values == pytest.approx(found[f"cka_{name}"].values)


def test_rows_are_of_the_first_pass_columns_of_the_second(world):
    world["weights"] = initialise(world["home"], world["folder"] / "dropout.pt", dropout=0.5)
    with xr.open_dataset(compare(multiply(world, passes=2, dropout="on"))) as found:
        diagonal = np.diagonal(found["cka_debiased"].values)
        assert diagonal[:-1] == pytest.approx(np.ones(7))
        assert diagonal[-1] < 0.999


def test_two_models_are_compared_on_the_same_maps(world):
    first, other = multiply(world), second_model(world)
    with xr.open_dataset(first) as rows, xr.open_dataset(other) as columns:
        expected = repshift.cka_matrix(rows["gram"].to_numpy(), columns["gram"].to_numpy(), estimator="debiased")
    with xr.open_dataset(compare(first, others=other)) as found:
        assert found["cka_debiased"].values == pytest.approx(expected)
        assert np.diagonal(found["cka_debiased"].values).max() < 0.999
        names = [found.attrs[name] for name in ("pairing", "model_other", "domain_other")]
        assert names == ["map", "second", "home"]


def test_one_pass_is_compared_with_the_first_of_two(world):
    with (
        xr.open_dataset(compare(multiply(world), others=second_model(world, passes=2))) as found,
        xr.open_dataset(compare(multiply(world), others=second_model(world))) as alone,
    ):
        assert found["cka_biased"].values == pytest.approx(alone["cka_biased"].values)


def test_gram_files_whose_maps_differ_are_refused(world):
    with pytest.raises(InputError, match="disagree on map 0: 'MockTNG LHT .*' and 'MockSIMBA LHT"):
        compare(multiply(world), others=multiply(world, AWAY))


def test_gram_files_of_different_lengths_are_refused(world):
    short = multiply(world, AWAY, n_maps=4)
    with pytest.raises(InputError, match=r"disagree on maps: \(8, 8, 8\) and \(8, 4, 4\)"):
        compare(multiply(world), others=short)


PARAMETERS = {"width": 0.8, "neighbours": 3, "share": 0.7}


def test_no_other_measure_is_written_unless_asked(world):
    path = multiply(world)
    with xr.open_dataset(compare(path)) as found:
        matrices = set(found.data_vars) - {*BLOCK_NUMBERS, "eigenvalue"}
        assert {name.split("_")[0] for name in matrices} == {"cka", "hsic", "batch"}
        assert found["measure"].values.tolist() == ["cka_biased", "cka_debiased", "cka_minibatch"]
        assert "pairing" not in found.attrs
    plain = compare(path).read_bytes()
    assert compare(path, measures=[]).read_bytes() == plain


def test_measures_are_written_beside_cka(world):
    path = multiply(world)
    with xr.open_dataset(compare(path)) as plain, xr.open_dataset(path) as store:
        grams, expected = store["gram"].to_numpy(), plain.load()
    with xr.open_dataset(compare(path, measures=MEASURES, **PARAMETERS)) as found:
        for name in MEASURES:
            matrix = repshift.similarity_matrix(grams, measure=name, **PARAMETERS)
            assert found[name].values == pytest.approx(matrix, abs=1e-12)
            assert found[name].dims == ("layer", "layer_other")
            assert found[name].attrs["units"] == ("rad" if name == "procrustes_angle" else "1")
            assert found[name].attrs["long_name"]
        assert found["rbf_cka_debiased"].attrs["width"] == 0.8
        assert found["mutual_neighbours"].attrs["neighbours"] == 3
        assert found["svcca"].attrs["share"] == 0.7
        assert found["svcca_kept"].values == pytest.approx(kept_directions(grams, share=0.7))
        assert found["cca_kept_other"].max() <= 7
        for name in expected.data_vars:
            numbers = found[name]
            both = {"measure": expected["measure"]} if "measure" in numbers.dims else {}
            xr.testing.assert_identical(numbers.sel(both), expected[name])


def test_measures_keep_their_order(world):
    names = ["rsa_spearman", "procrustes_angle", "cca"]
    with xr.open_dataset(compare(multiply(world), measures=names)) as found:
        assert [name for name in found.data_vars if name in names] == names


def test_measures_compare_two_passes(world):
    world["weights"] = initialise(world["home"], world["folder"] / "dropout.pt", dropout=0.5)
    path = multiply(world, passes=2, dropout="on")
    with xr.open_dataset(compare(path, measures=["procrustes_similarity"])) as found:
        diagonal = np.diagonal(found["procrustes_similarity"].values)
        assert diagonal[:-1] == pytest.approx(np.ones(7))
        assert diagonal[-1] < 0.999


def test_measures_compare_two_models(world):
    first, other = multiply(world), second_model(world)
    with xr.open_dataset(first) as rows, xr.open_dataset(other) as columns:
        expected = repshift.similarity_matrix(rows["gram"], columns["gram"], measure="rsa_pearson")
    with xr.open_dataset(compare(first, others=other, measures=["rsa_pearson"])) as found:
        assert found["rsa_pearson"].values == pytest.approx(expected, abs=1e-12)


def test_a_model_is_compared_with_itself_on_paired_maps(world):
    home, away = multiply(world), multiply(world, AWAY)
    with xr.open_dataset(home) as rows, xr.open_dataset(away) as columns:
        sides = rows["gram"].values, columns["gram"].values[:, :8, :8]
        partners = columns["map"].values[:8].tolist()
    how = {"others": away, "pairing": "simulation", "measures": ["rsa_spearman"]}
    with xr.open_dataset(compare(home, **how)) as found:
        assert found["cka_debiased"].values == pytest.approx(repshift.cka_matrix(*sides, estimator="debiased"))
        expected = repshift.similarity_matrix(*sides, measure="rsa_spearman")
        assert found["rsa_spearman"].values == pytest.approx(expected, abs=1e-12)
        assert found["map_paired"].values.tolist() == partners
        names = [found.attrs[name] for name in ("pairing", "model_other", "domain_other")]
        assert names == ["simulation", "T-MockTNG", "away"]


def test_maps_at_other_positions_are_no_partners(world):
    with pytest.raises(InputError, match=r"grams_away.nc: .* disagree on the position of map 0: '\d+' and '\d+'"):
        compare(multiply(world), others=multiply(world, AWAY, seed=2), pairing="simulation")


def test_maps_of_another_set_are_no_partners(world):
    away = multiply(world, replace(AWAY, set="CV"))
    with pytest.raises(InputError, match="partners within one set; found 'LHT' and 'CV'"):
        compare(multiply(world), others=away, pairing="simulation")


def test_a_pairing_without_others_is_refused(world):
    with pytest.raises(InputError, match="paired by simulation with those of another file: give it as --others"):
        compare(multiply(world), pairing="simulation")


def test_what_a_measure_refuses_is_told_with_the_case(world):
    with pytest.raises(InputError, match="Model 'T-MockTNG' shown domain 'home': 10 neighbours of 8 maps"):
        compare(multiply(world), measures=["mutual_neighbours"])


def test_the_names_of_measures_are_checked_and_may_be_none(world, capfd):
    path = multiply(world)
    words = ["cka", "--grams", str(path), "--batch-size", "4", "--seed", "1", "--output", str(path.with_name("c.nc"))]
    assert main([*words, "--measures"]) == 0
    assert path.with_name("c.nc").read_bytes() == compare(path).read_bytes()
    with pytest.raises(SystemExit, match="2"):
        main([*words, "--measures", "pwcca"])
    assert "invalid choice: 'pwcca'" in capfd.readouterr().err


def rewrite(path, **changes):
    """Write a model again with some tensors filled with a number."""
    network, description = read_model(path)
    for name, value in changes.items():
        network.get_parameter(name.replace("_", ".")).data.fill_(value)
    write_model(network, path, description=description)


def test_a_constant_layer_is_named_with_its_model(world):
    rewrite(world["weights"], C12_weight=0.0)
    with pytest.raises(InputError, match=r"Model 'T-MockTNG' shown domain 'home': Layer \['C12', 'C13', .*is constant"):
        compare(multiply(world))


def test_a_layer_that_is_not_finite_is_named_with_its_model(world):
    rewrite(world["weights"], C12_weight=3e38)
    with pytest.raises(
        InputError, match="^Model 'T-MockTNG' on domain 'home': Layer 'C12' returns values that are not finite.$"
    ):
        activate(world)


def test_maps_of_another_size_are_refused(world, write_simulations):
    world["home"] = write_simulations("Large", size=32)
    for run in (activate, predict):
        with pytest.raises(InputError, match="maps of 32 pixels a side, but the model was built for 16"):
            run(world)


def test_maps_of_another_field_are_refused(world, write_simulations):
    world["home"] = write_simulations("Matter", field="Mtot")
    for run in (activate, predict):
        with pytest.raises(InputError, match="holds field 'Mtot', but the model reads field 'T'"):
            run(world)


@pytest.mark.parametrize(("batch_size", "message"), [(3, "too small"), (5, "leave 3 over")])
def test_bad_batches_are_refused(world, batch_size, message):
    with pytest.raises(InputError, match=message):
        compare(multiply(world), batch_size=batch_size)


def test_maps_of_one_simulation_are_not_compared(world):
    """The debiased CKA of the file is that of `between_cka_matrix`, and not that of all pairs."""
    with xr.open_dataset(multiply(world, maps_each=2, n_maps=16)) as store:
        values, simulations = store["gram"].to_numpy(), store["simulation"].to_numpy()
    with xr.open_dataset(compare(world["folder"] / f"grams_{HOME.name}.nc")) as found:
        debiased = found["cka_debiased"].to_numpy()
    assert len(set(simulations.tolist())) == 8
    assert debiased == pytest.approx(between_cka_matrix(values, simulations=simulations), abs=1e-12)
    assert not np.allclose(debiased, cka_matrix(values, estimator="debiased"), atol=1e-3)
