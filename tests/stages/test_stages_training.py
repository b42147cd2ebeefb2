"""The stage training: a model, its curve, and where it is published."""

import pandas as pd
import pytest

from repshift import InputError
from repshift.networks.channels import Preprocessing
from repshift.stages.training import publish, train
from repshift.storage.models import read_model
from world import paths_of


def learn(files, folder):
    train.run(
        **paths_of(files),
        suite="MockTNG",
        field="T",
        hidden=1,
        dropout=0.0,
        seed=1,
        epochs=2,
        batch_size=32,
        learning_rate=3e-3,
        weight_decay=0.0,
        patience=2,
        device="cpu",
        threads=1,
        configuration='{"set": "LH"}',
        code="0123",
        checkpoint=folder / ".checkpoint.pt",
        output=folder / "trained.pt",
        output_curve=folder / "trained.csv",
    )


def test_training_writes_a_model_its_curve_and_no_checkpoint(write_simulations, tmp_path):
    learn(write_simulations(n_simulations=40), tmp_path)
    _, description = read_model(tmp_path / "trained.pt")
    assert description.channels[0].preprocessing == Preprocessing()
    assert description.provenance["n_training_maps"] == 36 * 15
    assert set(description.provenance["validation_r2"]) >= {"Omega_m", "sigma_8"}
    assert len(pd.read_csv(tmp_path / "trained.csv")) == 2
    assert not (tmp_path / ".checkpoint.pt").exists()


def test_publishing_to_where_a_model_was_trained_is_refused(world):
    with pytest.raises(InputError, match=r"model.pt is where the model was trained"):
        publish.run(weights=world["weights"], output=world["weights"])


def test_publishing_copies_the_model(world):
    publish.run(weights=world["weights"], output=world["folder"] / "published.pt")
    assert (world["folder"] / "published.pt").read_bytes() == world["weights"].read_bytes()
    assert read_model(world["folder"] / "published.pt")


def test_too_few_simulations_to_validate_are_refused(write_simulations, tmp_path):
    with pytest.raises(InputError, match="20 simulations leave 1 for validation"):
        learn(write_simulations(n_simulations=20), tmp_path)
