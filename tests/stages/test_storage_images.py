"""Images in any form: of one band or several, in a file or a folder."""

import struct
import zlib

import numpy as np
import pytest
from astropy.io import fits
from PIL import Image

from repshift import InputError
from repshift.inspection.maps import n_bands_of
from repshift.stages.maps.convert import run as convert
from repshift.storage.headers import shape_of_folder
from repshift.storage.images import image_files, open_images
from repshift.storage.maps import open_maps

BANDS = ("g", "r", "i")


@pytest.fixture
def images(rng):
    """Six images of three bands, 5 by 4 pixels: (n, band, y, x)."""
    return rng.integers(1, 200, size=(6, 3, 5, 4)).astype("u1")


def converted(source, folder, *, band="r", **how):
    convert(source=source, bands=BANDS, band=band, output=folder / "out.npy", **how)
    return np.array(open_maps(folder / "out.npy", maps_per_simulation=1))


@pytest.mark.parametrize("axis", [1, -1])
@pytest.mark.parametrize("name", ["a.npy", "a.npz", "a.h5", "a.fits"])
def test_bands_are_found_before_or_after_the_pixels(tmp_path, images, axis, name):
    h5py = pytest.importorskip("h5py")
    stored = np.moveaxis(images, 1, axis)
    if name == "a.npy":
        np.save(tmp_path / name, stored)
    elif name == "a.npz":
        np.savez(tmp_path / name, images=stored)
    elif name == "a.h5":
        with h5py.File(tmp_path / name, "w") as file:
            file["images"] = stored
    else:
        fits.PrimaryHDU(stored.astype("f4")).writeto(tmp_path / name)
    for number, band in enumerate(BANDS):
        assert np.array_equal(converted(tmp_path / name, tmp_path, band=band), images[:, number])


@pytest.mark.parametrize("name", ["a.npy", "a.npz", "a.h5", "a.fits"])
@pytest.mark.parametrize("most", [1, 7, 20, 39, 40, 60])
def test_a_sample_is_of_the_first_to_the_last_map(tmp_path, name, most):
    h5py = pytest.importorskip("h5py")
    stored = np.arange(40, dtype="f4")[:, None, None] * np.ones((3, 2), dtype="f4")
    if name == "a.h5":
        with h5py.File(tmp_path / name, "w") as file:
            file["images"] = stored
    elif name == "a.fits":
        fits.PrimaryHDU(stored).writeto(tmp_path / name)
    else:
        {"a.npy": np.save, "a.npz": np.savez}[name](tmp_path / name, stored)
    images = open_images([tmp_path / name], None)
    found = images.sample(most)
    assert (images.kind, found.shape[1:]) == ("float32", (3, 2))
    maps = found[:, 0, 0].tolist()
    assert len(set(maps)) == len(maps) >= min(most, 40) * 0.75
    assert (maps, maps[0]) == (sorted(maps), 0)
    assert most == 1 or maps[-1] == 39


def test_a_sample_names_the_map_that_is_wrong(tmp_path):
    values = np.ones((40, 3, 2))
    values[39] = np.nan
    np.save(tmp_path / "a.npy", values)
    with pytest.raises(InputError, match=r"a.npy has 6 pixels that are blank or not finite, the first in map 39\."):
        open_images([tmp_path / "a.npy"], None).sample(20)


def test_a_folder_of_cubes_is_an_object_a_file(tmp_path, images):
    folder = tmp_path / "cutouts"
    folder.mkdir()
    for number, image in enumerate(images):
        fits.PrimaryHDU(image.astype("f4")).writeto(folder / f"{number}.fits")
    assert np.array_equal(converted(folder, tmp_path, band="i"), images[:, 2])


def test_a_named_extension_of_each_file_of_a_folder_is_read(tmp_path, images):
    folder = tmp_path / "cutouts"
    folder.mkdir()
    for number, image in enumerate(images):
        bands = [fits.ImageHDU(one.astype("f4"), name=band) for one, band in zip(image, BANDS, strict=True)]
        fits.HDUList([fits.PrimaryHDU(), *bands]).writeto(folder / f"{number}.fits")
    convert(source=f"{folder}/:R", output=tmp_path / "out.npy")
    assert np.array_equal(open_maps(tmp_path / "out.npy", maps_per_simulation=1), images[:, 1])


@pytest.mark.parametrize("suffix", [".png", ".tif"])
def test_pictures_give_their_colours(tmp_path, images, suffix):
    folder = tmp_path / "pictures"
    folder.mkdir()
    for number, image in enumerate(images):
        Image.fromarray(np.moveaxis(image, 0, -1).copy()).save(folder / f"{number}{suffix}")
    (folder / "notes.txt").write_text("no picture")
    assert np.array_equal(converted(folder, tmp_path, band="g"), images[:, 0])


def test_grey_pictures_of_16_bits_keep_their_values(tmp_path):
    folder = tmp_path / "pictures"
    folder.mkdir()
    for number in range(3):
        Image.fromarray(np.full((4, 6), 1000 * number, dtype="u2")).save(folder / f"{number}.png")
    convert(source=folder, output=tmp_path / "out.npy")
    assert np.array(open_maps(tmp_path / "out.npy", maps_per_simulation=1))[:, 0, 0].tolist() == [0, 1000, 2000]


def test_labels_order_pictures_by_their_names(tmp_path, images):
    folder = tmp_path / "pictures"
    folder.mkdir()
    for number, image in enumerate(images):
        Image.fromarray(np.moveaxis(image, 0, -1).copy()).save(folder / f"galaxy_{number}.png")
    order = [5, 0, 3, 1, 2, 4]
    rows = "".join(f"galaxy_{number}.png,spiral\n" for number in order)
    (tmp_path / "labels.csv").write_text("file,class\n" + rows)
    found = converted(folder, tmp_path, labels=tmp_path / "labels.csv")
    assert np.array_equal(found, images[order, 1])


def refused(tmp_path, bands=()):
    with pytest.raises(InputError) as error:
        open_images(*image_files(str(tmp_path)), bands=bands)
    return str(error.value)


def test_images_of_two_sizes_are_named_both(tmp_path):
    for number, shape in enumerate([(4, 6), (4, 8)]):
        Image.fromarray(np.ones(shape, "u1")).save(tmp_path / f"{number}.png")
    message = refused(tmp_path)
    assert "1.png holds maps of 4 x 8 pixels, but" in message
    assert "0.png of 4 x 6 pixels. All maps of a set have one size" in message


def test_an_empty_folder_is_refused(tmp_path):
    assert "holds no file whose name ends with .fits" in refused(tmp_path)


@pytest.mark.parametrize(("content", "message"), [(b"no image", "is no image"), (None, "is not a whole image")])
def test_what_is_no_whole_image_is_refused(tmp_path, rng, content, message):
    Image.fromarray(rng.integers(0, 9, size=(64, 64), dtype="u1")).save(tmp_path / "a.png")
    held = (tmp_path / "a.png").read_bytes()
    (tmp_path / "a.png").write_bytes(held[: len(held) // 2] if content is None else content)
    assert f"a.png {message}" in refused(tmp_path)


def test_a_picture_with_a_palette_or_a_mask_is_refused(tmp_path):
    Image.fromarray(np.ones((4, 4, 4), "u1"), mode="RGBA").save(tmp_path / "a.png")
    assert "is a picture of mode 'RGBA'. Expected one of grey values, or of red, green and blue" in refused(tmp_path)


@pytest.mark.parametrize(
    ("shape", "bands", "message"),
    [
        ((6, 2, 5, 4), BANDS, "image of shape (2, 5, 4), which has no axis of 3 bands. The bands are g, r, i"),
        ((6, 3, 5, 4), (), "array of shape (6, 3, 5, 4). Expected (n_maps, y, x); where it has bands, name them"),
        ((5, 4), BANDS, "array of shape (5, 4). Expected (n_maps, band, y, x) of the bands g, r, i"),
        ((6,), (), "of shape (6,)"),
    ],
)
def test_bands_that_disagree_with_an_array_are_refused(tmp_path, shape, bands, message):
    np.save(tmp_path / "a.npy", np.ones(shape))
    assert message in refused(tmp_path / "a.npy", bands)


def test_colours_that_nobody_named_are_refused(tmp_path):
    for number in range(2):
        Image.fromarray(np.ones((4, 6, 3), "u1")).save(tmp_path / f"{number}.png")
    assert "is a cube of 3 images, one of 2 files" in refused(tmp_path)


def test_a_band_that_is_none_is_refused(tmp_path, images):
    np.save(tmp_path / "a.npy", images)
    with pytest.raises(InputError, match="The band is 'z', of the bands g, r, i"):
        converted(tmp_path / "a.npy", tmp_path, band="z")


# What a folder holds, by headers alone


def write_images(folder, form, shape):
    folder.mkdir()
    for number in range(3):
        values, path = np.ones(shape, "u1"), folder / f"{number}.{form}"
        if form == "fits":
            fits.HDUList([fits.PrimaryHDU(), fits.ImageHDU(values, name="SCI")]).writeto(path)
        elif form == "npy":
            np.save(path, values)
        else:
            Image.fromarray(values).save(path)
    return folder


@pytest.mark.parametrize(
    ("form", "shape", "size"),
    [
        ("fits", (4, 6), (4, 6)),
        ("fits", (3, 4, 6), (4, 6)),
        ("png", (4, 6, 3), (4, 6)),
        ("jpg", (4, 6), (None, None)),
        ("npy", (4, 6), (None, None)),
    ],
)
def test_a_folder_says_how_many_images_it_holds(tmp_path, form, shape, size):
    assert shape_of_folder(write_images(tmp_path / "images", form, shape)) == (3, *size)


def test_what_is_no_folder_of_images_says_nothing(tmp_path):
    folder = write_images(tmp_path / "images", "fits", (4, 6))
    assert shape_of_folder(folder / "0.fits") is None
    (folder / "1.fits").unlink()
    (folder / "2.fits").unlink()
    assert shape_of_folder(folder) is None
    assert shape_of_folder(tmp_path / "none") is None


def png_of_16_bits(path):
    """Write a colour picture of 16 bits, 2 by 3 pixels, which Pillow does not write: ISO/IEC 15948, clause 5.3."""

    def chunk(kind, data):
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    rows = b"".join(b"\0" + struct.pack(">9H", *range(row, row + 9)) for row in (1, 300))
    header = struct.pack(">IIBBBBB", 3, 2, 16, 2, 0, 0, 0)
    chunks = chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")
    path.write_bytes(b"\x89PNG\r\n\x1a\n" + chunks)


def test_a_picture_that_pillow_would_cut_to_8_bits_is_refused(tmp_path):
    png_of_16_bits(tmp_path / "a.png")
    with pytest.raises(InputError, match="a.png is a colour picture of 16 bits, of which Pillow would read the upper"):
        open_images([tmp_path / "a.png"], None, bands=("r", "g", "b"))


def test_a_picture_alone_is_one_image(tmp_path, rng):
    Image.fromarray(rng.integers(0, 9, size=(4, 6, 3), dtype="u1")).save(tmp_path / "a.png")
    files, _ = image_files(str(tmp_path))
    found = open_images(files, None, bands=("r", "g", "b"))
    assert (n_bands_of(str(tmp_path)), found.n_maps, found.size) == (3, 1, (4, 6))
    with pytest.raises(InputError, match=r"of shape \(4, 6, 3\). Expected \(y, x\); where it has bands, name them"):
        open_images(files, None)


def test_a_file_of_several_pictures_is_refused(tmp_path):
    pages = [Image.fromarray(np.full((4, 6), value, "u1")) for value in (1, 2)]
    pages[0].save(tmp_path / "a.tif", save_all=True, append_images=pages[1:])
    with pytest.raises(InputError, match="a.tif holds 2 pictures. Expected a file for each"):
        open_images([tmp_path / "a.tif"], None)


@pytest.mark.parametrize(("first", "second"), [("u1", "u2"), ("u1", "f4"), ("f4", "i2")])
def test_whole_numbers_of_another_range_are_refused(tmp_path, first, second):
    paths = [tmp_path / "a.npy", tmp_path / "b.npy"]
    for path, kind in zip(paths, (first, second), strict=True):
        np.save(path, np.ones((4, 6), kind))
    with pytest.raises(InputError, match=r"b.npy holds numbers of type \w+, but .*a.npy of \w+. Give all in one type"):
        open_images(paths, None)


def test_real_numbers_of_another_precision_are_one_range(tmp_path):
    paths = [tmp_path / "a.npy", tmp_path / "b.npy", tmp_path / "c.npy"]
    for path, kind in zip(paths, ("<f4", "<f8", ">f4"), strict=True):
        np.save(path, np.ones((4, 6), kind))
    assert open_images(paths, None).n_maps == 3
