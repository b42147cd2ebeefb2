"""The cut-outs of the Hubble eXtreme Deep Field, and their catalogue."""

import numpy as np
import pytest
from galaxies import hubble
from galaxies.hubble import SIZE, catalogue, cutout, half_light_radius, is_star, objects, picture

from repshift.vocabulary import InputError

MIDDLE = SIZE // 2


@pytest.fixture(scope="module")
def found():
    return catalogue()


@pytest.fixture
def field(rng):
    """A sky of Gaussian noise without objects."""
    return rng.normal(12, 5, size=(120, 120))


def add_galaxy(image, x, y, *, width=2.0, height=150.0):
    rows, columns = np.indices(image.shape)
    image += height * np.exp(-((rows - y) ** 2 + (columns - x) ** 2) / (2 * width**2))


def chosen(image):
    return [galaxy for galaxy, is_chosen in objects(image) if is_chosen]


def test_the_shipped_catalogue_is_what_is_found(tmp_path):
    hubble.write_catalogue(tmp_path / "hubble.csv")
    assert (tmp_path / "hubble.csv").read_bytes() == hubble.CATALOGUE.read_bytes()


def test_the_catalogue_has_no_galaxy_twice(found):
    assert len({(galaxy.x, galaxy.y) for galaxy in found}) == len(found) > 100


def test_each_cutout_has_its_galaxy_in_the_centre(found, rng):
    for galaxy in found:
        light = cutout({"x": galaxy.x, "y": galaxy.y}, rng).mean(axis=0)
        smooth = hubble.ndimage.gaussian_filter(light, 1.0)
        centre = smooth[MIDDLE - 3 : MIDDLE + 4, MIDDLE - 3 : MIDDLE + 4]
        assert centre.max() == pytest.approx(galaxy.peak + 12.6, abs=15)


def test_cutouts_are_pixels_of_the_picture(found, rng):
    galaxy = found[0]
    maps = cutout({"x": galaxy.x, "y": galaxy.y}, rng)
    assert maps.shape == (3, SIZE, SIZE)
    assert np.array_equal(maps[:, MIDDLE, MIDDLE], picture()[:, galaxy.y, galaxy.x])
    assert np.array_equal(maps, maps.round())


def test_bands_are_red_green_blue(rng):
    """The red galaxy at (481, 553) is brighter in the first band than in the last."""
    red, _, blue = cutout({"x": 481, "y": 553}, rng)[:, MIDDLE - 4 : MIDDLE + 5, MIDDLE - 4 : MIDDLE + 5].mean(
        axis=(1, 2)
    )
    assert red > blue + 50


def test_a_cutout_draws_nothing(rng):
    before = rng.bit_generator.state
    cutout({"x": 510, "y": 18}, rng)
    assert rng.bit_generator.state == before


def test_a_cutout_over_the_edge_is_refused(rng):
    with pytest.raises(InputError, match=r"about x = 990, y = 400 reaches over the edge of the picture"):
        cutout({"x": 990, "y": 400}, rng)


def test_no_star_with_spikes_is_a_galaxy(found):
    assert not any(is_star(galaxy.x, galaxy.y) for galaxy in found)
    assert is_star(754, 578)


def test_a_lone_galaxy_is_found_where_it_is(field):
    add_galaxy(field, 60, 50)
    (galaxy,) = chosen(field)
    assert (galaxy.x, galaxy.y) == (60, 50)
    assert galaxy.radius == pytest.approx(np.sqrt(2 * np.log(2)) * 2.0, abs=0.3)  # of a Gaussian


def test_an_empty_sky_has_no_galaxies(field):
    assert not chosen(field)


@pytest.mark.parametrize(
    ("x", "y", "width", "height"),
    [(63, 50, 2.0, 120.0), (66, 50, 1.5, 120.0), (72, 50, 2.0, 150.0)],
    ids=["blend", "close neighbour", "as bright in the cut-out"],
)
def test_a_galaxy_with_a_neighbour_is_left_out(field, x, y, width, height):
    add_galaxy(field, 60, 50, width=1.5)
    assert len(chosen(field)) == 1
    add_galaxy(field, x, y, width=width, height=height)
    assert (60, 50) not in {(galaxy.x, galaxy.y) for galaxy in chosen(field)}


def test_a_point_source_is_left_out(field):
    add_galaxy(field, 60, 50, width=0.8, height=250.0)
    assert not chosen(field)


def test_a_galaxy_at_the_edge_is_left_out(field):
    add_galaxy(field, 10, 50)
    assert not chosen(field)


def test_a_galaxy_wider_than_the_cutout_is_left_out(field):
    add_galaxy(field, 60, 50, width=10.0)
    assert not chosen(field)


def test_half_light_radius_of_a_disk():
    """A uniform disk of radius 10 holds half of its light within 10 / sqrt(2)."""
    rows, columns = np.indices((31, 31))
    disk = (np.hypot(rows - 15, columns - 15) <= 10).astype(float)
    assert half_light_radius(disk, 15, 15) == pytest.approx(10 / np.sqrt(2), abs=0.15)


def test_another_picture_is_refused(tmp_path, monkeypatch):
    (tmp_path / "picture.jpg").write_bytes(b"another")
    monkeypatch.setattr(hubble, "picture_file", lambda: tmp_path / "picture.jpg")
    with pytest.raises(
        InputError, match=r"picture\.jpg has the SHA-256 .*, expected 3a19c5dd.* of scikit-image 0\.26\.0"
    ):
        hubble.picture_bytes.__wrapped__()


def test_scikit_image_that_is_not_installed_is_said(monkeypatch):
    monkeypatch.setattr(hubble, "find_spec", lambda name: None)
    with pytest.raises(InputError, match="in scikit-image, which is not installed"):
        hubble.picture_file()


def test_the_picture_keeps_its_chroma_in_full():
    with hubble.Image.open(hubble.picture_file()) as image:
        assert [plane[1:3] for plane in image.layer] == [(1, 1)] * 3
    assert sorted(hubble.quantisation()) == [0, 1]
