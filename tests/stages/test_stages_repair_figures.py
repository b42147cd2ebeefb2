"""Figures 7 to 9 and of latent space are written of the files of their stages, a pair of files a model."""

import numpy as np
import pytest

from latent_datasets import latent_dataset
from pruning_datasets import pruning_dataset, retrained_dataset
from repair_datasets import TRAINED, repair_dataset
from repshift import InputError
from repshift.stages.figures import figure7, figure8, figure9, latent_space
from repshift.storage.datasets import write_dataset
from repshift.vocabulary import about
from trust_datasets import trust_dataset


def files(folder, n_models):
    return [folder / f"{number}.{suffix}" for number in range(n_models) for suffix in ("pdf", "png")]


def written(folder, datasets):
    """Write datasets, and return where."""
    paths = [folder / f"{place}.nc" for place in range(len(datasets))]
    for path, dataset in zip(paths, datasets, strict=True):
        for name, variable in dataset.data_vars.items():
            variable.attrs |= about(name)
        write_dataset(dataset, path)
    return paths


STAGES = {
    "repair": (figure7, lambda rng, **how: [repair_dataset(rng, **how), repair_dataset(rng, rungs=TRAINED, **how)]),
    "pruning": (figure8, lambda rng, **how: [pruning_dataset(rng, **how), retrained_dataset(rng, **how)]),
    "trust": (figure9, lambda rng, **how: [trust_dataset(rng, **how)]),
    "latent_space": (latent_space, lambda rng, **how: [latent_dataset(rng, **how)]),
}


@pytest.mark.parametrize("name", list(STAGES))
def test_each_model_has_a_figure(name, rng, tmp_path):
    stage, made = STAGES[name]
    paths = written(tmp_path, [*made(rng), *made(rng, model="second")])
    outputs = files(tmp_path, 2)
    stage.run(**{name: paths}, parameters=["sigma_8"], outputs=outputs)
    assert [path.read_bytes()[:4] for path in outputs] == [b"%PDF", b"\x89PNG"] * 2


@pytest.mark.parametrize("name", list(STAGES))
def test_the_same_files_make_the_same_bytes(name, tmp_path):
    stage, made = STAGES[name]
    paths, outputs = written(tmp_path, made(np.random.default_rng(1))), files(tmp_path, 1)
    stage.run(**{name: paths}, parameters=["Omega_m"], outputs=outputs)
    first = [path.read_bytes() for path in outputs]
    stage.run(**{name: paths}, parameters=["Omega_m"], outputs=outputs)
    assert [path.read_bytes() for path in outputs] == first


def test_a_long_ladder_is_drawn_on_pages(rng, tmp_path):
    paths = written(tmp_path, [repair_dataset(rng, domain=name) for name in ("one", "two")])
    figure7.run(repair=paths, outputs=files(tmp_path, 1))
    assert (tmp_path / "0.pdf").read_bytes().count(b"/Count 2") == 1


@pytest.mark.parametrize("name", list(STAGES))
def test_a_model_without_both_files_is_refused(name, rng, tmp_path):
    stage, made = STAGES[name]
    with pytest.raises(InputError, match=r"1 models and 1 outputs: each model needs a \.pdf and a \.png"):
        stage.run(**{name: written(tmp_path, made(rng))}, outputs=[tmp_path / "a.png"])
