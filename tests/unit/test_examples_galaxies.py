"""The galaxies of the example: what redshift and survey make of them, and the training of their network at toy size."""

import hashlib
import json
import re
from pathlib import Path

import numpy as np
import pytest
import torch
from galaxies.network import LEAST_DEVIATION, galaxy_network
from galaxies.sky import LEAST_LIGHT, apparent, appearance, galaxy, noiseless, scale_and_distance
from galaxies.spectra import bulge_colour, disk_colour, rest_wavelength
from galaxies.train import Settings, train
from skies.surveys import HSC, HST, SDSS, flux

from repshift.study.reading import read_study, read_yaml
from repshift.vocabulary import InputError

ROOT = Path(__file__).parents[2]
CONFIGURATION = ROOT / "examples/galaxies/config.yaml"
GALAXY = {
    "absolute_magnitude": -21.0,
    "bulge_fraction": 0.4,
    "disk_radius": 4.0,
    "radius_ratio": 0.4,
    "disk_axis_ratio": 0.6,
    "bulge_axis_ratio": 0.8,
    "disk_blueness": 0.3,
}
HOME = {"survey": "HSC", "redshift": 0.3}


def drawn(name="HSC", *, redshift=0.3, seed=1, **changed):
    return galaxy(GALAXY | changed, np.random.default_rng(seed), survey=name, redshift=redshift)


def noise_free(camera=HSC, *, seed=1, **changed):
    return noiseless(appearance(GALAXY | changed, camera, 0.3), camera, camera.stamp(), np.random.default_rng(seed))


@pytest.mark.parametrize("camera", [SDSS, HSC, HST], ids=lambda camera: camera.name)
def test_an_image_holds_the_flux_of_its_magnitude(camera):
    total = flux(apparent(GALAXY, survey=camera.name, redshift=0.3)["magnitude"])
    held = appearance(GALAXY, camera, 0.3).light_within(camera.stamp().side / 2)[2]
    assert held < noise_free(camera)[2].sum() / total < 1


def test_surveys_agree_on_the_flux_of_a_galaxy():
    labels = [apparent(GALAXY, survey=name, redshift=0.3)["magnitude"] for name in ("SDSS", "HSC", "HST")]
    # Their i bands lie up to 20 nm apart.
    assert np.ptp(labels) < 0.05


def test_surface_brightness_falls_as_redshift_says():
    def brightness(redshift):
        seen = appearance(GALAXY, HSC, redshift)
        emitted = rest_wavelength(HSC.bands["i"].wavelength, redshift)
        at_r = seen.fluxes[:, 2] * 10 ** (0.4 * np.array([bulge_colour(emitted), disk_colour(emitted, 0.3)]))
        return at_r / seen.radii**2

    np.testing.assert_allclose(brightness(0.6) / brightness(0.3), (1.6 / 1.3) ** -3, rtol=1e-3)


def test_a_galaxy_is_as_large_as_its_distance_says():
    radius, _ = appearance(GALAXY, HSC, 0.3).radii[::-1]
    # 4 kpc at redshift 0.3, with H0 = 67.66 and Omega_m = 0.311: 4.60 kpc an arcsec.
    assert radius == pytest.approx(4.0 / 4.60, rel=0.002)


def test_distance_and_scale_agree():
    kiloparsecs, modulus = scale_and_distance(0.5)
    megaparsecs = 10 ** (modulus / 5 - 5)
    assert megaparsecs * 1e3 / 1.5**2 * np.pi / (180 * 3600) == pytest.approx(kiloparsecs, rel=1e-6)


def test_an_elliptical_galaxy_has_its_known_colour():
    # Fukugita, Shimasaku & Ichikawa 1995, PASP 107, 945, table 3: g' - r' = 0.77, r' - i' = 0.39 at redshift 0.
    assert bulge_colour(475) - bulge_colour(622) == pytest.approx(0.77, abs=0.06)
    assert bulge_colour(622) - bulge_colour(755) == pytest.approx(0.39, abs=0.06)


def test_a_blue_disk_is_bluer_than_a_red_one():
    assert disk_colour(475, 1.0) < disk_colour(475, 0.0) < bulge_colour(475)


def test_the_labels_of_a_disk_are_its_own():
    labels = apparent(GALAXY | {"bulge_fraction": 0.0}, **HOME)
    kiloparsecs, _ = scale_and_distance(0.3)
    assert labels["bulge_to_total"] == 0
    assert 10 ** labels["log10_radius"] == pytest.approx(4.0 / kiloparsecs * np.sqrt(0.6))


def test_a_bulge_is_more_of_the_light_at_longer_wavelengths():
    fluxes = appearance(GALAXY, HSC, 0.3).fluxes
    assert np.all(np.diff(fluxes[0] / fluxes.sum(axis=0)) > 0)


def test_a_galaxy_looks_alike_in_every_survey():
    images = [noise_free(camera, seed=3) for camera in (HSC, HST.changed(pixel_scale=0.168))]
    # The seeing of HSC hides details of a tenth of an arcsec, not the angle of the disk.
    assert np.corrcoef(images[0][2].ravel(), images[1][2].ravel())[0, 1] > 0.8


def test_changed_parameters_leave_the_noise():
    def noise(**changed):
        """Return the noise in units of its standard deviation."""
        image = noise_free(**changed)
        variance = [HSC.sky_sigma(band) ** 2 + np.maximum(one, 0) / HSC.bands[band].electrons
                    for band, one in zip("gri", image, strict=True)]  # fmt: skip
        return (drawn(**changed) - image) / np.sqrt(variance)

    changed = {"absolute_magnitude": -19.5, "bulge_fraction": 0.9, "disk_radius": 2.0, "disk_blueness": 1.0}
    np.testing.assert_allclose(noise(**changed), noise(), atol=1e-8)


def test_another_seed_turns_the_galaxy():
    assert np.abs(drawn(seed=1) - drawn(seed=2)).max() > 10 * HSC.sky_sigma("i")


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: drawn("HST", disk_radius=40.0), "The pixels of HST do not hold the galaxy: "),
        (lambda: drawn(redshift=1.5), "At redshift 1.5 a band at 484.4 nm shows 194 nm of the galaxy"),
        (lambda: drawn(redshift=1.5), "expected a redshift of at most 1.11."),
        (lambda: drawn(redshift=0.0), "The redshift is 0.0, expected one above 0."),
        (lambda: drawn("LSST"), "No survey is named 'LSST'"),
    ],
)
def test_what_cannot_be_seen_is_refused_in_a_sentence(call, message):
    with pytest.raises(InputError, match=re.escape(message)):
        call()


@pytest.mark.parametrize("camera", [SDSS, HSC, HST], ids=lambda camera: camera.name)
def test_every_galaxy_of_the_configuration_is_held(camera):
    parameters = read_yaml(CONFIGURATION)["suites"]["HSC"]["parameters"]
    largest = {name: held["range"][1] for name, held in parameters.items()} | {"bulge_fraction": 1.0}
    assert appearance(largest, camera, 0.3).light_within(camera.stamp().side / 2).min() > LEAST_LIGHT


def test_the_network_gives_means_and_deviations():
    torch.manual_seed(1)
    network = galaxy_network().eval()
    network.get_buffer("scale").copy_(torch.tensor([1.0, 2.0, 3.0]))
    with torch.inference_mode():
        outputs = network(torch.randn(4, 3, 64, 64))
    assert outputs.shape == (4, 6)
    assert bool((outputs[:, 3:] >= LEAST_DEVIATION * torch.tensor([1.0, 2.0, 3.0])).all())


@pytest.mark.parametrize("camera", [SDSS, HSC, HST], ids=lambda camera: camera.name)
def test_the_readme_has_the_numbers_of_the_surveys(camera):
    bands = camera.bands.values()
    numbers = [
        f"{camera.pixel_scale}",
        ", ".join(f"{band.seeing}" for band in bands),
        ", ".join(f"{band.depth:.2f}" if camera is SDSS else f"{band.depth}" for band in bands),
    ]
    noise = ", ".join(f"{sigma:.1f}" if sigma < 10 else f"{sigma:.0f}" for sigma in map(camera.sky_sigma, camera.bands))
    readme = (ROOT / "examples/galaxies/README.md").read_text()
    row = next(line for line in readme.splitlines() if line.startswith(f"| {camera.name}, "))
    assert all(number in row for number in (*numbers, noise))


def toy_study(monkeypatch, *, sets):
    monkeypatch.chdir(ROOT)
    config = read_yaml(CONFIGURATION)
    config["suites"]["HSC"]["sets"] = {"LH": 200} | sets
    return read_study(config)


def trained(study, path, *, epochs=4):
    settings = Settings(epochs=epochs, batch_size=8, learning_rate=1e-2)
    return train(study, "morphology", settings, weights=path)


def test_training_lowers_the_loss_and_repeats(monkeypatch, tmp_path):
    torch.set_num_threads(1)
    study = toy_study(monkeypatch, sets={"Train": 24, "Validation": 8})
    first, second = (trained(study, tmp_path / name / "network.pt") for name in ("first", "second"))
    found = json.loads(first.with_suffix(".json").read_text())
    assert found["losses"][-1] < found["losses"][0] - 0.1
    assert first.read_bytes() == second.read_bytes()
    assert found["sha256"] == hashlib.sha256(first.read_bytes()).hexdigest()


def test_training_needs_its_set(monkeypatch, tmp_path):
    study = toy_study(monkeypatch, sets={"Validation": 8})
    with pytest.raises(InputError, match=re.escape("suites.HSC.sets has no number of objects of 'Train'")):
        trained(study, tmp_path / "network.pt")


def test_the_shipped_weights_are_those_of_their_provenance():
    weights = ROOT / "examples/galaxies/weights/morphology.pt"
    found = json.loads(weights.with_suffix(".json").read_text())
    config = read_yaml(CONFIGURATION)
    assert found["sha256"] == hashlib.sha256(weights.read_bytes()).hexdigest()
    assert found["numbers"]["Train"] == config["suites"]["HSC"]["sets"]["Train"]
    assert found["outputs"] == config["models"]["morphology"]["network"]["outputs"]
    assert found["parameters"] == {name: one["range"] for name, one in config["suites"]["HSC"]["parameters"].items()}
