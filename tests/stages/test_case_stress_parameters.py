"""Maps of a case along a parameter: of objects that a generator makes again, and of a set 1P."""

import numpy as np
import pytest

from repshift import InputError
from repshift.case.stress.object_parameter import ObjectParameter
from repshift.case.stress.parameter_set import ParameterSet, read_variation, require_varied
from repshift.cli.generators import generator_from
from repshift.networks.channels import Preprocessing
from repshift.simulation.columns import Column
from repshift.simulation.objects import Code, Objects
from repshift.simulation.one_at_a_time import vary_parameters
from repshift.stages.maps import measure
from repshift.storage.labels import read_all_columns, write_columns
from repshift.storage.maps import write_parameters, writing_maps
from repshift.storage.simulations import open_simulations
from repshift.vocabulary import PARAMETERS

N_OBJECTS = 12
STRENGTHS = (-0.2, 0.0, 0.1)
COLUMNS = (Column("flux", 1, 10), Column("size", 0.5, 2), Column("kind", values=("dark", "bright")))


def blob(parameters, rng, glow=0.5):
    """Two maps of two bands, in which the flux of a dark object does not show."""
    noise = rng.normal(size=(2, 2, 4, 5))
    return noise + glow + parameters["size"] + (parameters["kind"] == "bright") * parameters["flux"]


def apparent(parameters, glow=0.5):
    return {"double": 2 * parameters["flux"], "light": parameters["flux"] + glow}


def made_by(function=blob):
    labels = {"labels": Code("sky:apparent", apparent), "label_names": ("double", "light")}
    return Objects(Code("sky:blob", function), COLUMNS, (2, 2, 4, 5), "HSC", 1, {"glow": 0.5}, **labels)


@pytest.fixture(scope="module")
def simulations(tmp_path_factory):
    """The maps of a set of objects, as the stage maps writes them."""
    folder, objects = tmp_path_factory.mktemp("objects"), made_by()
    maps, measured = ([folder / f"{band}{end}" for band in "gr"] for end in (".npy", ".json"))
    for band, (path, of_path) in enumerate(zip(maps, measured, strict=True)):
        with writing_maps(path, n_simulations=N_OBJECTS, size=(4, 5), maps_per_simulation=2) as append:
            for index in range(N_OBJECTS):
                append(objects.maps("LH", index)[:, band])
        how = Preprocessing(logarithm=False)
        measure.run(maps=path, field="T", output=of_path, preprocessing=how, maps_per_simulation=2)
    write_columns([objects.row("LH", index) for index in range(N_OBJECTS)], folder / "objects.csv")
    return open_simulations(maps, folder / "objects.csv", measured)


def along(simulations, parameter="flux", scale="log10", strengths=STRENGTHS, outputs=("double",), objects=None):
    about = ("name", "a label", "dex", strengths)
    return ObjectParameter(*about, parameter, scale, "LH", simulations, objects or made_by(), outputs)


ALL = np.arange(2 * N_OBJECTS)


def test_objects_stay_in_range_and_show_the_parameter(simulations):
    objects = made_by()
    rows = [objects.row("LH", index) for index in range(N_OBJECTS)]
    inside = np.array([row["flux"] * 10**-0.2 >= 1 and row["flux"] * 10**0.1 <= 10 for row in rows])
    bright = np.array([row["kind"] == "bright" for row in rows])
    taken = along(simulations).takes(ALL)
    assert np.array_equal(taken, np.repeat(inside & bright, 2))
    assert 0 < taken.sum() < min(inside.sum(), bright.sum()) * 2


def test_those_that_take_no_part_are_counted(simulations, caplog):
    with caplog.at_level("INFO"):
        along(simulations).takes(ALL)
    assert "of 12 objects take part in axis 'name'" in caplog.text
    assert "leave the range 1 to 10 of 'flux' at some strength" in caplog.text


def test_objects_are_changed_under_the_same_noise(simulations):
    axis, objects = along(simulations), made_by()
    positions = ALL[axis.takes(ALL)][1:]
    unchanged, changed = (axis.raw(positions, strength)[0] for strength in (0, 0.1))
    assert np.array_equal(unchanged, simulations.raw(positions))
    flux = np.array([objects.row("LH", index)["flux"] for index in positions // 2])
    expected = np.broadcast_to((flux * (10**0.1 - 1))[:, None, None, None], changed.shape)
    assert changed - unchanged == pytest.approx(expected, abs=1e-5)


def test_labels_move_with_the_object_that_makes_them(simulations):
    axis = along(simulations)
    positions = ALL[axis.takes(ALL)]
    before, after = (axis.truth(positions, strength) for strength in (0, 0.1))
    double = simulations.labels.index("double")
    assert np.array_equal(before, simulations.parameters[positions // 2])
    assert after[:, double] == pytest.approx(before[:, double] * 10**0.1)
    assert axis.moves_labels


def test_labels_of_other_parameters_stay(simulations):
    axis = along(simulations, "size", "linear", (0.0, 0.5))
    assert not axis.moves_labels
    assert axis.truth(ALL, 0.5) is None


def test_an_argument_moves_for_all_objects(simulations):
    axis = along(simulations, "glow", strengths=(0.0, 0.3), outputs=("light",))
    assert axis.takes(ALL).all()
    assert axis.raw(ALL, 0.3)[0] - axis.raw(ALL, 0)[0] == pytest.approx(0.5 * (10**0.3 - 1), abs=1e-5)
    light = simulations.labels.index("light")
    assert (axis.truth(ALL, 0.3) - axis.truth(ALL, 0))[:, light] == pytest.approx(0.5 * (10**0.3 - 1))


def other(parameters, rng, glow):
    return blob(parameters, rng) + 1


@pytest.mark.parametrize(
    ("how", "sentence"),
    [
        ({"parameter": "mass"}, "'sky:blob' has no parameter 'mass'. Its parameters are flux, size, kind, glow."),
        ({"parameter": "kind"}, "Parameter 'kind' of 'sky:blob' is one of dark, bright. Expected one that is a number"),
        ({"strengths": (0.0, 2.0)}, "0 of 12 objects take part in axis 'name'; 12 leave the range 1 to 10 of 'flux'"),
        ({"objects": made_by(other)}, "'sky:blob' makes other maps of object 0 of set 'LH' today."),
    ],
)
def test_axes_of_no_object_are_refused(simulations, how, sentence):
    with pytest.raises(InputError) as error:
        along(simulations, **how).takes(ALL)
    assert sentence in str(error.value)


def test_no_factor_moves_a_parameter_across_zero(simulations):
    objects = Objects(Code("sky:blob", blob), (Column("flux", -1, 1),), (4, 5), "HSC", 1)
    with pytest.raises(InputError, match="begins at -1, so no factor moves it. Expected values above 0, or the scale"):
        along(simulations, objects=objects)


def test_a_generator_is_read_from_its_options(tmp_path):
    words = ["--generator", "sky:blob", "--parameters", '[{"name": "flux", "range": [1, 10, "uniform"]}]']
    words += ["--shape", "4", "5", "--suite", "HSC", "--seed", "3"]
    found = generator_from(words, {"LH": tmp_path / "table.csv"})
    assert (found.function.name, found.columns, found.shape) == ("sky:blob", (Column("flux", 1, 10),), (4, 5))
    assert (found.seed, found.tables) == (3, (("LH", tmp_path / "table.csv"),))
    with pytest.raises(InputError, match="cannot be read: .*required: --generator"):
        generator_from(words[2:], {})
    with pytest.raises(InputError, match="cannot be read: unrecognized arguments: --colour"):
        generator_from([*words, "--colour"], {})


@pytest.fixture(scope="module")
def one_at_a_time(tmp_path_factory):
    """A set 1P of two realisations, whose maps hold their row and their place in it."""
    folder, table = tmp_path_factory.mktemp("1P"), vary_parameters(60)
    with writing_maps(folder / "maps.npy", n_simulations=60, size=(4, 4)) as append:
        for row in range(60):
            append(np.broadcast_to(row + np.arange(15)[:, None, None] / 100 + 1, (15, 4, 4)))
    write_parameters(table, folder / "1P.txt")
    measure.run(maps=folder / "maps.npy", field="T", output=folder / "maps.json")
    return open_simulations(folder / "maps.npy", folder / "1P.txt", folder / "maps.json"), folder / "1P.txt"


def varying(one_at_a_time, parameter):
    simulations, table = one_at_a_time
    variation = read_variation(table)
    strengths = require_varied(variation, parameter, None)
    return ParameterSet("name", "a label", "dex", strengths, parameter, simulations, variation, tuple(PARAMETERS))


def test_maps_of_a_set_1p_are_of_one_realisation(one_at_a_time):
    axis, positions = varying(one_at_a_time, "A_SN1"), np.arange(60 * 15)
    shown = positions[axis.takes(positions)]
    assert np.array_equal(np.unique(shown // 15), [2, 32])
    assert axis.strengths == pytest.approx(np.log10([0.25, 0.5, 1, 2, 4]), abs=1e-6)
    for place, strength in enumerate(axis.strengths):
        rows = np.array([10 + place, 40 + place]) if strength else np.array([2, 32])
        found = axis.raw(shown[[3, 17]], strength)[0][:, 0, 0, 0]
        assert found == pytest.approx(rows + 1 + shown[[3, 17]] % 15 / 100, abs=1e-5)
        assert np.array_equal(axis.truth(shown[[3, 17]], strength), vary_parameters(60)[rows])


def test_a_split_of_a_set_1p_is_refused(one_at_a_time):
    with pytest.raises(InputError, match="A set 1P is shown whole: set split: all"):
        varying(one_at_a_time, "A_SN1").takes(np.arange(45, 60 * 15))


def test_strengths_of_a_set_1p_are_those_that_it_has(one_at_a_time):
    variation = read_variation(one_at_a_time[1])
    assert require_varied(variation, "A_SN1", (0, 0.301)) == (0, pytest.approx(np.log10(2), abs=1e-6))
    with pytest.raises(InputError, match="The set moves 'A_SN1' by -0.60206, -0.30103, 0, 0.30103, 0.60206, but not"):
        require_varied(variation, "A_SN1", (0, 0.1))
    with pytest.raises(InputError, match="The set varies no 'h'. It varies Omega_m, sigma_8"):
        require_varied(variation, "h", None)


def test_a_table_that_is_no_set_1p_is_named(tmp_path, rng):
    write_parameters(rng.uniform(0.3, 0.9, size=(9, 6)), tmp_path / "LH.txt")
    with pytest.raises(InputError, match="LH.txt: The table is of no set 1P: "):
        read_variation(tmp_path / "LH.txt")


def test_columns_of_a_wide_table_are_named_as_camels_counts(tmp_path, rng):
    np.savetxt(tmp_path / "wide.txt", rng.uniform(size=(3, 28)))
    assert read_all_columns(tmp_path / "wide.txt").names == ("Omega_m", "sigma_8", *(f"p{n}" for n in range(3, 29)))
