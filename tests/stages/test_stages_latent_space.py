"""Action latent_space of the stage repair: maps of both domains, before and after repair, none that tuned it."""

import numpy as np
import pytest
import xarray as xr

from repshift import InputError
from repshift.cli.commands import call_of
from repshift.evidence.repair.latent_space import LATENT_QUANTITIES
from repshift.statistics.tuning_splits import tuning_splits
from world import AWAY, HOME

N_TUNED = 2


def words(world, *, parameters=True, **changes):
    """Return the command of the action in the small world."""
    given = {"model": "T-MockTNG", "weights": world["weights"], "layers": ["C12", "FC1"], "methods": ["pca", "tsne"]}
    given |= {"n-maps": 10, "simulations": N_TUNED, "tuned-maps-each": 3, "seed": 1, "batch-size": 20, "threads": 1}
    given |= {"device": "cpu", "output": world["folder"] / "away_latent_space.nc"}
    for prefix, domain in (("", AWAY), ("reference-", HOME)):
        files = world[domain.name]
        given |= {f"{prefix}domain": domain.name, f"{prefix}suite": domain.suite, f"{prefix}set": domain.set}
        given |= {f"{prefix}split": "all", f"{prefix}standardisation": "training"}
        given |= {f"{prefix}maps": files.maps, f"{prefix}measured": files.measured}
        given |= {f"{prefix}parameters": files.parameters} if parameters else {}
    given |= changes
    each = {name: value if isinstance(value, list) else [value] for name, value in given.items()}
    return ["repair", "latent_space", *(str(word) for name, values in each.items() for word in (f"--{name}", *values))]


def run_words(asked):
    """Run a command as the program does, but let its errors through."""
    call = call_of(asked)
    call.run(**call.arguments)


def made(world, **changes):
    run_words(words(world, **changes))
    with xr.open_dataset(world["folder"] / "away_latent_space.nc", decode_times=False) as found:
        return found.load()


@pytest.fixture(scope="module")
def placed(first_world, tmp_path_factory):
    """Return what the action writes in the small world, once for all tests."""
    return made({**first_world, "folder": tmp_path_factory.mktemp("latent")})


def test_the_file_holds_what_is_declared(placed):
    assert set(placed.data_vars) == {*LATENT_QUANTITIES, "truth"}
    assert all({"units", "long_name"} <= set(placed[name].attrs) for name in placed.data_vars)
    assert list(placed["network"].values) == ["none", "batch_norm"]
    assert list(placed["layer"].values) == ["C12", "FC1"]
    assert placed.attrs["own_domain"] == "home"


def test_no_map_is_of_a_simulation_that_tuned(placed):
    (split,) = tuning_splits(12, n_tuned=N_TUNED, n_splits=1, seed=1)
    away = placed["map_domain"].values == "away"
    assert set(placed["map_simulation"].values[away]) == set(split.judged)
    assert not set(placed["map_simulation"].values[away]) & set(split.tuned)


def test_maps_of_both_domains_are_labelled(placed, first_world):
    held = np.loadtxt(first_world["away"].parameters)
    away = placed.isel(map=placed["map_domain"].values == "away")
    assert away["truth"].sel(parameter="Omega_m").values == pytest.approx(held[away["map_simulation"].values, 0])
    assert placed.sizes["map_home"] == int((placed["map_domain"] == "home").sum())


def test_a_repair_moves_the_maps(placed):
    moved = placed["position"].sel(method="pca").values
    assert np.abs(moved[1] - moved[0]).max() > 1e-3
    assert ((placed["neighbours_kept"] > 0) & (placed["neighbours_kept"] <= 1)).all()


def test_the_same_seed_writes_the_same_bytes(world):
    path = world["folder"] / "away_latent_space.nc"
    run_words(words(world))
    first = path.read_bytes()
    run_words(words(world))
    assert path.read_bytes() == first


def test_without_labels_maps_have_none(world):
    found = made(world, parameters=False, methods=["pca"])
    assert "truth" not in found


def test_a_repaired_model_is_placed_beside(world):
    path = world["folder"] / "repaired.pt"
    how = [word for word in words(world) if word not in ("repair", "latent_space")]
    cut = [*how[: how.index("--layers")], *how[how.index("--seed") :]]
    cut[cut.index("T-MockTNG")], cut[cut.index("--output") + 1] = "repaired", str(path)
    run_words(["repair", "network", *cut, "--of", "T-MockTNG", "--method", "pixel_moments"])
    found = made(world, methods=["pca"], repaired=["repaired", path])
    assert list(found["network"].values) == ["none", "batch_norm", "repaired"]


def test_a_model_that_is_no_repair_is_refused(world):
    with pytest.raises(InputError, match="Model 'other' is no repair. Give repairs of 'T-MockTNG'"):
        run_words(words(world, repaired=["other", world["weights"]]))


def test_an_unknown_layer_is_refused(world):
    with pytest.raises(InputError, match="The network has no layer 'C99'. Its layers are C01"):
        run_words(words(world, layers=["C99"]))


def test_more_simulations_than_there_are_cannot_tune(world):
    with pytest.raises(InputError, match="12 simulations are too few for a split: 3 tune a repair"):
        run_words(words(world, simulations=3))
