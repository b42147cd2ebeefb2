"""The stages influence and subsets, their tables and the sheet, on Gram matrices whose outliers are planted."""

import numpy as np
import pandas as pd
import pytest
import xarray as xr

from repshift import InputError, cka_matrix
from repshift.similarity.between import between_cka_matrix
from repshift.stages import cka, influence
from repshift.stages import sample_size as subsets
from repshift.stages.figures import influential_maps as sheet
from repshift.stages.summary import stack, tables
from repshift.statistics.blocks import block_numbers
from repshift.storage.datasets import write_dataset
from repshift.storage.maps import open_maps
from repshift.storage.measurement import read_measured
from repshift.vocabulary import INFLUENTIAL_MAPS_SHOWN, Case, Domain

HOME = Domain("home", "MockTNG", "LHT", "all")
AWAY = Domain("away", "MockSIMBA", "LHT", "all")
N_MAPS, OUTLIERS = 30, (4, 17)
CASE = ["model", "field", "train_suite", "domain", "test_suite", "in_distribution"]


@pytest.fixture
def files(write_simulations):
    return write_simulations(n_simulations=N_MAPS)


def write_grams(files, *, outliers=OUTLIERS, dims=("layer", "map", "map_other"), maps_each=1, **changes):
    """Write the Gram matrices of a case out of distribution: 6 independent layers, and after its maps those of home."""
    rng = np.random.default_rng(3)
    layers = rng.normal(size=(6, 2 * N_MAPS, 60))
    layers[:, list(outliers)] += 5 * rng.normal(size=(6, 1, 60))
    layers[:, N_MAPS:] *= 1e3  # nothing of the model's own domain may count
    positions = 15 * (np.arange(N_MAPS) // maps_each) + np.arange(N_MAPS) % maps_each
    of_maps = [domain.coordinates(positions) for domain in (AWAY, HOME)]
    grams = layers @ layers.swapaxes(1, 2)
    gram = (dims, grams[None] if len(dims) == 4 else grams, {"units": "1", "long_name": "linear Gram matrix"})
    coordinates = {name: ("map", np.concatenate([maps[name][1] for maps in of_maps])) for name in of_maps[0]}
    measured = read_measured(files.measured)
    attributes = {
        **Case("T-MockTNG", "T", "MockTNG", "away", "MockSIMBA").attributes(),
        "passes": 1,
        "maps_sha256": measured.sha256,
        "moments_mean": measured.moments.mean,
        "moments_std": measured.moments.std,
        **changes,
    }
    path = files.maps.with_name("grams.nc")
    coordinates["layer"] = [f"C{index:02d}" for index in range(6)]
    write_dataset(xr.Dataset({"gram": gram}, coordinates, attributes), path)
    return path


def weigh(files, *, name="influence.nc", grams=None, **changes):
    output = files.maps.with_name(name)
    how = {"most": 5, "draws": 20, "seed": 1, "maps": files.maps, "measured": files.measured} | changes
    influence.run(grams=grams or write_grams(files), output=output, **how)
    return output


def load(path):
    with xr.open_dataset(path) as opened:
        return opened.load()


def own_grams(files):
    return load(write_grams(files))["gram"].to_numpy()[:, :N_MAPS, :N_MAPS]


def test_planted_outliers_are_named_and_make_the_block(files):
    found = load(weigh(files))
    assert np.flatnonzero(found["dominant"]).tolist() == list(OUTLIERS)
    assert set(found["map"].values[found["rank"].values <= 2]) == set(found["map"].values[list(OUTLIERS)])
    means = found["block"].sel(estimator="debiased", number="off_diagonal_mean")
    assert means.sel(choice="all") > 0.9
    assert abs(means.sel(choice="without_named")) < 0.05
    assert abs(means.sel(choice="without_most")) < 0.05


def test_a_case_without_outliers_names_none(files):
    found = load(weigh(files, grams=write_grams(files, outliers=())))
    assert found["dominant"].sum() == 0
    assert (found["block"].sel(choice="without_named") == found["block"].sel(choice="all")).all()


def test_the_matrices_are_those_of_the_maps_that_are_left(files):
    found, grams = load(weigh(files)), own_grams(files)
    kept = np.flatnonzero(found["rank"].to_numpy() > 5)
    for estimator in ("biased", "debiased"):
        expected = cka_matrix(grams[:, kept][:, :, kept], estimator=estimator)
        chosen = found.sel(choice="without_most", estimator=estimator)
        assert chosen["cka"].to_numpy() == pytest.approx(expected, abs=1e-12)
        assert chosen["block"].to_numpy() == pytest.approx(block_numbers(expected), abs=1e-12)
        assert found["cka"].sel(choice="all", estimator=estimator).to_numpy() == pytest.approx(
            cka_matrix(grams, estimator=estimator), abs=1e-12
        )


def test_the_curve_leaves_that_of_random_maps(files):
    found = load(weigh(files))
    means = found.sel(number="off_diagonal_mean", estimator="debiased")
    curves = ["without_dominant", "random_mean", "random_low", "random_high"]
    assert [float(means[name][0]) for name in curves] == pytest.approx([float(means["block"].sel(choice="all"))] * 4)
    assert means["without_dominant"][2] < means["random_mean"][2] - 0.5
    # one outlier gone is enough for the block to be, and random maps hold one in every eighth draw
    assert means["random_high"][2] > 0.9
    assert (means["random_low"] <= means["random_high"]).all()
    assert means["without_dominant"][5] == pytest.approx(float(means["block"].sel(choice="without_most")), abs=1e-12)


def test_influence_is_what_leaving_out_a_map_does(files):
    found, grams = load(weigh(files)), own_grams(files)
    kept = np.delete(np.arange(N_MAPS), 4)
    values = [cka_matrix(one, estimator="debiased") for one in (grams, grams[:, kept][:, :, kept])]
    whole, without = (block_numbers(matrix)[0] for matrix in values)
    assert found["influence"].to_numpy()[4] == pytest.approx(without - whole, abs=1e-12)


def test_pixels_are_the_file_s_and_inputs_the_network_s(files):
    found, moments = load(weigh(files)), read_measured(files.measured).moments
    maps = open_maps(files.maps)[found["position"].values].astype(np.float64)
    inputs = (np.log10(maps) - moments.mean) / moments.std
    assert found["pixel_maximum"].to_numpy() == pytest.approx(maps.max((1, 2)))
    assert found["pixel_std"].to_numpy() == pytest.approx(maps.std((1, 2)))
    assert found["input_minimum"].to_numpy() == pytest.approx(inputs.min((1, 2)), abs=1e-5)
    assert found["input_mean"].to_numpy() == pytest.approx(inputs.mean((1, 2)), abs=1e-5)
    assert found["pixel_minimum"].attrs["units"] == "K"
    assert found["input_minimum"].attrs["units"] == "1"


def test_the_file_names_its_maps_and_what_it_is_of(files):
    found = load(weigh(files))
    assert set(found["domain"].values) == {"away"}
    assert found["share"].dims == ("layer", "map")
    assert found["share"].sum("map").to_numpy() == pytest.approx(np.ones(6))
    assert found.attrs["in_distribution"] == "false"
    assert (found.attrs["influence_most"], found.attrs["influence_draws"]) == (5, 20)
    assert len(found.attrs["grams_sha256"]) == 64
    assert all({"units", "long_name"} <= set(variable.attrs) for variable in found.data_vars.values())


def test_the_seed_makes_the_bytes_of_the_band(files):
    first, again = weigh(files), weigh(files, name="again.nc")
    assert first.read_bytes() == again.read_bytes()
    other = load(weigh(files, name="other.nc", seed=2))
    assert (load(first)["random_mean"] != other["random_mean"]).any()
    assert (load(first)["without_dominant"] == other["without_dominant"]).all()


def test_too_few_maps_left_are_refused(files):
    with pytest.raises(
        InputError, match=r"Without the 21 maps of influence.most, 9 of 30 simulations are left; at least 10"
    ):
        weigh(files, most=21)


def test_two_passes_are_refused(files):
    path = write_grams(files, dims=("pass", "layer", "map", "map_other"))
    with pytest.raises(InputError, match="holds two passes over the maps; its statistics need activations.passes 1"):
        weigh(files, grams=path)


@pytest.mark.parametrize("changes", [{"maps_sha256": "0" * 64}, {"field": "Mtot"}])
def test_other_maps_than_those_compared_are_refused(files, changes):
    with pytest.raises(InputError, match=r"MockTNG.npy is not the file that the case was made from: its field is 'T'"):
        weigh(files, grams=write_grams(files, **changes))


def test_what_the_layers_refuse_is_told_with_the_case(files):
    path = write_grams(files)
    store = load(path)
    store["gram"][2] = 0.0
    write_dataset(store, path)
    with pytest.raises(InputError, match=r"Model 'T-MockTNG' shown domain 'away': Layer \['C02'\] is constant"):
        weigh(files, grams=path)
    with pytest.raises(
        InputError, match=r"Model 'T-MockTNG' shown domain 'away': On 10 of the 30 maps: Layer \['C02'\]"
    ):
        draw_subsets(files, grams=path)


def draw_subsets(files, *, name="subsets.nc", grams=None, **changes):
    output = files.maps.with_name(name)
    how = {"sizes": [10, 20], "draws": 30, "seed": 1} | changes
    subsets.run(grams=grams or write_grams(files), output=output, **how)
    return output


def test_subsets_end_with_all_simulations_which_do_not_scatter(files):
    found, grams = load(draw_subsets(files)), own_grams(files)
    assert found["size"].values.tolist() == [10, 20, 30]
    assert found["mean"].dims == ("estimator", "number", "size")
    whole = found.sel(size=30)
    assert (whole["std"] == 0).all()
    for estimator in ("biased", "debiased"):
        expected = block_numbers(cka_matrix(grams, estimator=estimator))
        assert all(
            whole[name].sel(estimator=estimator).to_numpy() == pytest.approx(expected) for name in ("mean", "low")
        )


def test_fewer_maps_raise_the_biased_number_alone(files):
    found = load(draw_subsets(files, grams=write_grams(files, outliers=()))).sel(number="off_diagonal_mean")
    biased, debiased = (found["mean"].sel(estimator=name).to_numpy() for name in ("biased", "debiased"))
    assert biased[0] > biased[1] + 0.1 > biased[2] + 0.1
    assert debiased == pytest.approx(np.zeros(3), abs=0.03)
    assert (found["std"].sel(estimator="debiased", size=10) > found["std"].sel(estimator="debiased", size=20)).all()


def test_a_size_does_not_hang_on_those_beside_it(files):
    both, alone = load(draw_subsets(files)), load(draw_subsets(files, name="alone.nc", sizes=[20]))
    assert (both.sel(size=20)["low"] == alone.sel(size=20)["low"]).all()


def test_more_simulations_than_there_are_are_refused(files):
    with pytest.raises(InputError, match="shown domain 'away': Subsets of 31 simulations were asked for; there are 30"):
        draw_subsets(files, sizes=[10, 31])


def test_maps_of_one_simulation_are_drawn_together(files):
    grams = write_grams(files, maps_each=2)
    store = load(grams).isel(map=slice(N_MAPS), map_other=slice(N_MAPS))
    expected = between_cka_matrix(store["gram"].to_numpy(), simulations=store["simulation"].to_numpy())
    weighed, drawn = load(weigh(files, grams=grams)), load(draw_subsets(files, grams=grams, sizes=[10]))
    found = weighed["cka"].sel(choice="all", estimator="debiased").to_numpy()
    assert found == pytest.approx(expected, abs=1e-12)
    assert found != pytest.approx(cka_matrix(store["gram"].to_numpy(), estimator="debiased"), abs=1e-3)
    assert drawn["size"].values.tolist() == [10, 15]
    whole = drawn["mean"].sel(estimator="debiased", size=15)
    assert whole.to_numpy() == pytest.approx(block_numbers(expected), abs=1e-12)


# summary and figures


def write_tables(files, *names, **kinds):
    """Stack files of the case and return tables of the stack."""
    compared, summary = files.maps.with_name("cka.nc"), files.maps.with_name("summary.nc")
    cka.run(grams=write_grams(files), batch_size=5, seed=1, output=compared)
    stack.run(cka=[compared], output=summary, **kinds)
    outputs = [files.maps.with_name(f"{name}.csv") for name in names]
    tables.run(summary=summary, tables=names, outputs=outputs)
    return [pd.read_csv(output) for output in outputs]


def test_influential_maps_are_listed_by_rank_with_their_case(files):
    path = weigh(files)
    influential_maps, sums = write_tables(files, "influential_maps", "influence", influence=[path])
    case = load(path)
    assert list(influential_maps)[:13] == [
        *CASE,
        *("rank", "map", "simulation", "position", "mean_share", "z_score", "dominant"),
    ]
    assert influential_maps["rank"].tolist() == [1, 2, 3, 4, 5]
    assert influential_maps["dominant"].tolist() == [True, True, False, False, False]
    first = case.isel(map=int(np.argmin(case["rank"].to_numpy())))
    assert influential_maps.loc[0, "map"] == first["map"].item()
    assert influential_maps.loc[0, "pixel_maximum"] == pytest.approx(first["pixel_maximum"].item())
    sums = sums.set_index("estimator")
    assert sums["n_dominant"].tolist() == [2, 2]
    means = case["block"].sel(estimator="debiased", number="off_diagonal_mean")
    assert sums.loc["debiased", "without_named"] == pytest.approx(means.sel(choice="without_named").item())
    assert sums.loc["debiased", "without_random"] > sums.loc["debiased", "without_most"] + 0.3


def test_all_named_maps_are_listed_where_fewer_are_left_out(files):
    (listed,) = write_tables(files, "influential_maps", influence=[weigh(files, most=1)])
    assert listed["dominant"].tolist() == [True, True]


def test_subsets_have_a_row_for_each_estimator_and_size(files):
    path = draw_subsets(files)
    (found,) = write_tables(files, "sample_size", sample_sizes=[path])
    assert list(found)[:9] == [*CASE, "estimator", "n_simulations", "off_diagonal_mean_mean"]
    assert found["n_simulations"].tolist() == [10, 20, 30] * 2
    expected = load(path)["high"].sel(number="leading_share").to_numpy().ravel()
    assert found["leading_share_high"].to_numpy() == pytest.approx(expected)


def test_the_file_holds_the_maps_of_the_sheet(files):
    case = load(weigh(files))
    assert case.sizes["shown"] == INFLUENTIAL_MAPS_SHOWN
    first = case["position"].to_numpy()[np.argsort(case["rank"].to_numpy())[:INFLUENTIAL_MAPS_SHOWN]]
    assert np.array_equal(case["influential_map"], open_maps(files.maps)[first])
    assert case.attrs["logarithm"] == "taken"


def test_sheets_of_several_cases_are_the_same_bytes_again(files):
    path, outputs = weigh(files), [files.maps.with_name(name) for name in ("a.pdf", "a.png", "b.pdf", "b.png")]
    sheet.run(influence=[path, path], estimator="debiased", boxes=[25.0, 25.0], outputs=outputs)
    assert outputs[0].read_bytes() == outputs[2].read_bytes()
    assert outputs[1].read_bytes() == outputs[3].read_bytes()


def test_sheets_need_a_box_and_two_outputs_each(files):
    with pytest.raises(InputError, match="2 files of influence, 1 boxes and 2 outputs"):
        sheet.run(influence=[files.maps] * 2, estimator="debiased", boxes=[25.0], outputs=[files.maps] * 2)
