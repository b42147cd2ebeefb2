"""Studies of CMD: what the catalogue knows of suites, sets and files, and what is refused."""

import pytest

from repshift.study.attribution_jobs import shift_cases
from repshift.study.cases import unscored
from repshift.study.catalogue import paths_in_copy, paths_on_disk, read_catalogue
from repshift.study.commands import predictions_command
from repshift.study.files import addresses, files_of, simulation_files, trial_files
from repshift.vocabulary import FIELDS, MAPS_PER_SIMULATION
from studies import derive, put, refusal, study_of

TRAINED = put("models", "new", value={"suite": "SIMBA", "field": "T", "weights": "results/training/new.pt"})


def pair(others, set_name):
    """Return the change that compares a network on two suites, paired by simulation."""

    def change(configuration):
        for name in ("SIMBA", others):
            configuration["suites"][name] = {"provider": "cmd"}
            entry = {"suite": name, "set": set_name, "split": "all"}
            configuration.setdefault("domains", {})[f"{name}-paired"] = entry
            configuration["cases"]["Mtot-SIMBA"].append(f"{name}-paired")
        sides = {"rows": ["Mtot-SIMBA", "SIMBA-paired"], "columns": ["Mtot-SIMBA", f"{others}-paired"]}
        configuration["comparisons"] = [{**sides, "pairing": "simulation"}]
        configuration["activations"]["n_maps"] = 20

    return change


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        (
            [put("suites", "Horizon", value={"provider": "cmd"})],
            "a suite of provider cmd is 'Horizon'; the suites of CMD are",
        ),
        (
            [put("models", "T-IllustrisTNG", value={"suite": "SIMBA", "field": "B", "rank": 1})],
            "models.T-IllustrisTNG reads 'B' of cmd suite 'SIMBA', which has Mgas",
        ),
        ([put("domains", "SIMBA", "set", value="BE")], "domains.SIMBA.set is 'BE'; the sets of SIMBA are LH, CV"),
        (
            [put("models", "T-IllustrisTNG", "rank", value=0)],
            "at models.T-IllustrisTNG.rank, 0 is less than the minimum of",
        ),
        (
            [put("maps", "cmd", "addresses", value=["ftp://cmd"])],
            "at maps.cmd.addresses.0, 'ftp://cmd' is not an addr",
        ),
        (
            [put("maps", "cmd", "slices", value={"sample": "some"})],
            "at maps.cmd.slices.sample, 'some' is neither a whole",
        ),
        (
            [put("maps", "cmd", "slices", value={"sample": 1})],
            "at maps.cmd.slices.sample, 1 is less than the minimum of 2",
        ),
        (
            [put("models", "T-IllustrisTNG", "preprocessing", value={"monopole": "removed"})],
            "models.T-IllustrisTNG.preprocessing is not one that CMD publishes networks for",
        ),
        (
            [put("models", "T-IllustrisTNG", "preprocessing", value={"smoothing": 1.5})],
            "models.T-IllustrisTNG.preprocessing is not one that CMD publishes networks for",
        ),
        (
            [put("models", "T-IllustrisTNG", "preprocessing", value={"smoothing": float("inf")})],
            "at models.T-IllustrisTNG.preprocessing.smoothing, inf is not a finite number",
        ),
        (
            [
                put("suites", "EAGLE", value={"provider": "cmd"}),
                put("models", "Mtot-SIMBA", "suite", value="EAGLE"),
            ],
            "models.Mtot-SIMBA has a rank, but CMD publishes no networks of 'EAGLE'",
        ),
        (
            [put("maps", "cmd", "slices", value={}), TRAINED, put("training", value={})],
            "model 'new' of suite 'SIMBA' is trained in the run, but its maps are fetched in slices",
        ),
        ([TRAINED], "models new are trained in the run, so training is needed"),
        (
            [put("models", "T-IllustrisTNG", "weights", value="x.pt")],
            "at models.T-IllustrisTNG, one of weights, untrained",
        ),
        (
            [put("suites", "SIMBA", value={"provider": "local", "directory": "nowhere", "box": 25.0})],
            "suites.SIMBA.directory is 'nowhere', which holds none of 2D_maps/data/SIMBA/Maps_T_SIMBA_LH_z=0.00.npy",
        ),
        (
            [put("domains", "SIMBA", value={}), put("grid", value={"fields": ["T"], "suites": ["SIMBA"]})],
            "domains and grid both make SIMBA",
        ),
        ([pair("IllustrisTNG", "LH")], "SIMBA and IllustrisTNG draw the initial conditions of set LH each for itself"),
        (
            [put("activations", "n_maps", value=60)],
            "but domain 'IllustrisTNG' (set 'LH', split 'test') has 50 simulations",
        ),
    ],
)
def test_a_study_of_cmd_that_cannot_work_is_refused(changes, message):
    assert message in refusal(*changes, base="paper")


def test_no_suite_is_derived_of_slices():
    sentence = refusal(derive(of="SIMBA", beam=2.0), base="cmd")
    assert "suites.derived.of is 'SIMBA', whose maps are fetched in slices" in sentence


def test_suites_are_twins_in_the_set_cv_alone():
    def attributed(configuration):
        cases = {"Mtot-SIMBA": ["SIMBA", "SIMBA-paired"]}
        configuration["attribution"] = {"cases": cases, "twins": ["IllustrisTNG"], "maps": 20}

    study = study_of(pair("IllustrisTNG", "CV"), attributed, base="paper")
    assert shift_cases(study) == [("Mtot-SIMBA", "SIMBA-paired", "IllustrisTNG")]


@pytest.mark.parametrize(("others", "set_name"), [("IllustrisTNG", "CV"), ("Nbody_SIMBA", "LH")])
def test_suites_are_compared_on_simulations_they_share(others, set_name):
    assert study_of(pair(others, set_name), base="paper").comparisons[0].pairing == "simulation"


def test_maps_of_a_simulation_are_15_in_cmd():
    grouped = put("activations", value={"n_maps": 240, "maps_each": 20})
    sentence = refusal(grouped, put("influence", value={"most": 1}), base="paper")
    assert "activations.maps_each is 20, but a simulation of domain 'IllustrisTNG' has 15 maps" in sentence


def test_the_catalogue_s_fields_are_the_vocabulary_s():
    assert set(read_catalogue().fields) == set(FIELDS)
    assert read_catalogue().maps_per_simulation == MAPS_PER_SIMULATION


def test_suites_of_cmd_show_their_test_split_by_default():
    assert {domain.split for domain in study_of(base="paper").domains.values()} == {"test"}


def test_old_copies_name_no_set():
    paths = paths_in_copy(read_catalogue(), "parameters", suite="Nbody_SIMBA", set_name="LH")
    assert paths[::2] == ["2D_maps/data/Nbody/params_LH_Nbody_SIMBA.txt", "2D_maps/data/Nbody/params_Nbody_SIMBA.txt"]


def test_a_copy_is_found_by_any_of_its_folders():
    assert paths_on_disk("/d", "2D_maps/data/x.npy") == ["/d/2D_maps/data/x.npy", "/d/data/x.npy", "/d/x.npy"]


def test_a_trial_is_looked_for_by_its_smoothing():
    study = study_of(put("models", "Mtot-SIMBA", "preprocessing", value={"smoothing": 2}), base="paper")
    (path,) = trial_files(study, "weights", "Mtot-SIMBA")
    assert path == "2D_maps/inference/weights/weights_SIMBA_Mtot_{trial}_all_steps_500_500_o3_smoothing_2.pt"


def test_slices_lie_by_their_split():
    files = simulation_files(study_of(base="cmd"), "SIMBA", "LH", field="T", split="test", variant="_smoothing=2")
    assert files["maps"] == "results/maps/SIMBA/test/Maps_T_SIMBA_LH_z=0.00_smoothing=2.npy"


def test_files_are_fetched_from_the_catalogue_s_addresses():
    assert addresses(study_of(base="paper")) == read_catalogue().addresses
    assert addresses(study_of(base="mock_server")) == ("http://127.0.0.1:8000",)


def test_files_of_cmd_are_relative_to_a_copy():
    (first, _) = files_of(study_of(base="paper"), "maps", "SIMBA", set_name="LH", field="T")
    assert first == "2D_maps/data/SIMBA/Maps_T_SIMBA_LH_z=0.00.npy"


def test_a_local_suite_is_read_where_it_lies(tmp_path):
    for name in ("Maps_T_SIMBA_LH_z=0.00.npy", "Maps_Mtot_SIMBA_LH_z=0.00.npy", "params_LH_SIMBA.txt"):
        (tmp_path / name).touch()
    local = put("suites", "SIMBA", value={"provider": "local", "directory": str(tmp_path), "box": 25.0})
    files = simulation_files(study_of(local, base="paper"), "SIMBA", "LH", field="T", split="test", variant="")
    assert files["maps"] == str(tmp_path / "Maps_T_SIMBA_LH_z=0.00.npy")
    assert files["measured"] == "results/maps/SIMBA/Maps_T_SIMBA_LH_z=0.00.json"


def test_sets_of_other_parameters_are_scored_by_the_cosmology_alone():
    study = study_of(put("domains", "IllustrisTNG", "set", value="SB28"), base="paper")
    assert unscored(study, "IllustrisTNG") == ("A_SN1", "A_AGN1", "A_SN2", "A_AGN2")
    assert unscored(study, "SIMBA") == ()
    words = predictions_command(study, "T-IllustrisTNG", "IllustrisTNG")
    assert words[words.index("--unscored") + 1 :][:4] == ["A_SN1", "A_AGN1", "A_SN2", "A_AGN2"]


def test_sizes_of_sets_are_known_before_anything_is_fetched():
    catalogue = read_catalogue()
    sizes = {("IllustrisTNG", "LH"): 1000, ("SIMBA", "CV"): 27, ("IllustrisTNG", "1P"): 140, ("Astrid", "SB7"): 1024}
    sizes |= {("SIMBA", "EX"): 4, ("IllustrisTNG", "BE"): 27, ("IllustrisTNG", "SB28"): 2048, ("Astrid", "1P"): None}
    assert {key: catalogue.simulations_of(*key) for key in sizes} == sizes
