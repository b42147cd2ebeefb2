"""Maps and labels of one's own: what is converted, and what is refused."""

import bz2
import gzip
import lzma
from pathlib import Path

import h5py
import numpy as np
import pytest
from astropy.io import fits

from own_network import make_world, measure
from repshift import InputError
from repshift.stages.maps.convert import run as convert
from repshift.storage.fits import open_image
from repshift.storage.measurement import read_measured
from repshift.storage.simulations import open_simulations
from repshift.vocabulary import Field


@pytest.fixture
def world(code, tmp_path):
    return make_world(code, tmp_path)


def test_what_is_measured_says_what_cmd_would(world):
    measured = read_measured(world["home"]["measured"])
    assert (measured.quantity, measured.maps_per_simulation) == (Field("convergence", "1"), 2)
    assert not measured.preprocessing.logarithm


def test_maps_that_do_not_divide_into_simulations_are_refused(world):
    with pytest.raises(InputError, match="holds 24 maps. A simulation has 5: expected a multiple"):
        measure(world["home"]["maps"], world["folder"] / "x.json", maps_per_simulation=5)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a,b\n1,2\n", "has 1 rows, but .* is of 24 maps, so 12 rows were expected"),
        ("a,b\n" + "1\n" * 12, "has 1 cells in row 0, but its header names 2"),
        ("a,a\n" + "1,2\n" * 12, "begins with .*none of them twice"),
        ("", "begins with .*Expected a name for each column"),
    ],
)
def test_labels_that_do_not_fit_are_refused(world, text, message):
    files = world["home"]
    files["parameters"].write_text(text)
    with pytest.raises(InputError, match=message):
        open_simulations(files["maps"], files["parameters"], files["measured"])


@pytest.mark.parametrize("cell", ["x", "nan", "", "NGC 1300"])
def test_a_column_that_is_no_number_is_no_label(world, cell):
    files = world["home"]
    files["parameters"].write_text("a,b\n" + "1,2\n" * 11 + f"1,{cell}\n")
    simulations = open_simulations(files["maps"], files["parameters"], files["measured"])
    assert simulations.labels == ("a",)
    assert f"holds '{cell}' in row 11 of column 'b'. Labels are finite numbers" in simulations.unusable["b"]


def test_a_table_of_numbers_may_name_its_columns(world):
    table = world["folder"] / "home.txt"
    table.write_text("# amplitude slope\n" + "1 2\n" * 12)
    simulations = open_simulations(world["home"]["maps"], table, world["home"]["measured"])
    assert simulations.labels == ("amplitude", "slope")


@pytest.mark.parametrize("encoding", ["latin-1", "utf-16"])
def test_labels_in_another_encoding_are_refused_by_their_name(world, encoding):
    files = world["home"]
    files["parameters"].write_bytes(("Größe\n" + "1\n" * 12).encode(encoding))
    with pytest.raises(InputError, match=r"home.csv is not text in UTF-8: .* Save it as UTF-8"):
        open_simulations(files["maps"], files["parameters"], files["measured"])


def test_a_cell_too_long_for_a_table_is_refused(world):
    files = world["home"]
    files["parameters"].write_text("a\n" + "1" * 200_000)
    with pytest.raises(InputError, match=r"home.csv is not a table of cells between commas: field larger"):
        open_simulations(files["maps"], files["parameters"], files["measured"])


def test_a_table_is_known_whatever_the_case_of_its_suffix(world):
    files = world["home"]
    table = files["parameters"].rename(world["folder"] / "home.CSV")
    assert open_simulations(files["maps"], table, files["measured"]).labels == ("amplitude", "slope")


def test_without_labels_there_are_simulations_all_the_same(world):
    simulations = open_simulations(world["home"]["maps"], None, world["home"]["measured"])
    assert simulations.parameters.shape == (12, 0)
    assert simulations.labels == ()


def write_fits(path, array, **cards):
    """Write an array as a primary image, by the letter of the standard."""
    kinds = {"u1": 8, "i2": 16, "i4": 32, "f4": -32, "f8": -64}
    axes = {f"NAXIS{axis + 1}": size for axis, size in enumerate(reversed(array.shape))}
    values = {"SIMPLE": "T", "BITPIX": kinds[array.dtype.str[1:]], "NAXIS": array.ndim, **axes, **cards}
    header = "".join(f"{name:8}= {value:>20} / a comment = 1".ljust(80) for name, value in values.items())
    header += "COMMENT = no value".ljust(80) + "END"
    content = array.astype(array.dtype.newbyteorder(">")).tobytes()
    path.write_bytes(header.ljust(-(-len(header) // 2880) * 2880).encode() + content + b"\0" * (-len(content) % 2880))
    return path


@pytest.mark.parametrize("kind", ["u1", "i2", "i4", "f4", "f8"])
def test_a_cube_is_read_whatever_its_type(tmp_path, rng, kind):
    cube = rng.integers(0, 100, size=(5, 4, 4)).astype(kind)
    convert(source=write_fits(tmp_path / "cube.fits", cube), output=tmp_path / "maps.npy")
    found = np.load(tmp_path / "maps.npy")
    assert found.dtype.str == "<f4"
    assert np.array_equal(found, cube)


def test_stored_integers_are_scaled_and_shifted(tmp_path):
    stored = np.array([[[-32768, 0], [1, 32767]]], dtype="i2")
    convert(source=write_fits(tmp_path / "a.fits", stored, BSCALE="5.0D-1", BZERO=16384.0), output=tmp_path / "m.npy")
    assert np.load(tmp_path / "m.npy") == pytest.approx(16384 + 0.5 * stored)


def test_a_folder_is_read_in_the_order_of_its_names(tmp_path):
    (tmp_path / "maps").mkdir()
    for number in (2, 0, 1):
        write_fits(tmp_path / f"maps/map_{number}.fits", np.full((4, 4), number, dtype="f4"))
    (tmp_path / "maps/notes.txt").write_text("no map")
    convert(source=tmp_path / "maps", output=tmp_path / "maps.npy")
    assert np.load(tmp_path / "maps.npy")[:, 0, 0].tolist() == [0, 1, 2]


def test_an_axis_of_length_one_is_no_axis(tmp_path):
    convert(source=write_fits(tmp_path / "a.fits", np.ones((1, 1, 3, 4, 4), "f4")), output=tmp_path / "maps.npy")
    assert np.load(tmp_path / "maps.npy").shape == (3, 4, 4)


BLANK = np.array([[[0, 1], [2, -99]]], dtype="i2")
SPOILT = np.array([[[0, 1], [2, 3]], [[0, 1], [2, np.nan]]], dtype="f4")


@pytest.mark.parametrize(
    ("array", "cards", "message"),
    [
        (SPOILT, {}, "has 1 pixels that are blank or not finite, the first in map 1"),
        (BLANK, {"BLANK": -99}, "has 1 pixels that are blank or not finite, the first in map 0"),
        (np.full((1, 2, 2), 1e300), {}, "has 4 pixels that are blank or not finite"),
        (np.ones((2, 3, 4, 5), "f4"), {}, r"holds an array of shape \(2, 3, 4, 5\). Expected \(n_maps, y, x\); where"),
        (np.ones((4, 4), "f4"), {"NAXIS": 0}, "is not a whole FITS file|holds no image"),
        (np.ones((4, 4), "f4"), {"BITPIX": 24}, "is not a whole FITS file|holds no image"),
        (np.ones((4, 4), "f4"), {"NAXIS": "many"}, "is not a whole FITS file|holds no image"),
        (np.ones((4, 4), "f4"), {"NAXIS1": 2.5}, "is not a whole FITS file|holds no image"),
    ],
)
def test_images_that_are_no_maps_are_refused_by_their_name(tmp_path, array, cards, message):
    path = write_fits(tmp_path / "bad.fits", array, **cards)
    with pytest.raises(InputError, match=rf"bad.fits {message}"):
        convert(source=path, output=tmp_path / "maps.npy")
    assert not (tmp_path / "maps.npy").exists()


def test_files_that_are_cut_or_no_fits_are_refused(tmp_path):
    path = write_fits(tmp_path / "bad.fits", np.ones((40, 8, 8), "f4"))
    path.write_bytes(path.read_bytes()[:9000])
    with pytest.raises(InputError, match=r"bad.fits is not a whole FITS file: .*truncated"):
        convert(source=path, output=tmp_path / "maps.npy")
    path.write_bytes(b"\x1f\x8b" + b"0" * 5000)
    with pytest.raises(InputError, match=r"bad.fits is not a whole FITS file"):
        convert(source=path, output=tmp_path / "maps.npy")


@pytest.mark.parametrize("name", ["0.fits.gz", "0.FITS.gz", "0.fit.bz2", "0.fits.xz"])
def test_packed_files_are_read(tmp_path, name):
    packers = {".gz": gzip, ".bz2": bz2, ".xz": lzma}
    cube = np.arange(48, dtype="f4").reshape(3, 4, 4)
    content = write_fits(tmp_path / "plain", cube).read_bytes()
    (tmp_path / name).write_bytes(packers[Path(name).suffix].compress(content))
    convert(source=tmp_path / name, output=tmp_path / "maps.npy")
    assert np.array_equal(np.load(tmp_path / "maps.npy"), cube)


def test_an_image_in_an_extension_is_found_or_named(tmp_path, rng):
    first, second = rng.normal(size=(2, 3, 4, 4)).astype("f4")
    hdus = [fits.PrimaryHDU(), fits.ImageHDU(first, name="SCI"), fits.ImageHDU(second, name="ERR")]
    fits.HDUList(hdus).writeto(tmp_path / "a.fits")
    for name, expected in (("", first), (":SCI", first), (":err", second), (":2", second)):
        convert(source=f"{tmp_path / 'a.fits'}{name}", output=tmp_path / "maps.npy")
        assert np.array_equal(np.load(tmp_path / "maps.npy"), expected)
    for name, message in (
        (":MASK", "has no extension 'MASK'. It has 3, named .*SCI, ERR"),
        (":0", "holds no image in ext"),
    ):
        with pytest.raises(InputError, match=message):
            convert(source=f"{tmp_path / 'a.fits'}{name}", output=tmp_path / "maps.npy")


@pytest.mark.parametrize(("level", "is_exact"), [(16, False), (0, True)])
def test_tiles_are_read_and_rounding_is_said(tmp_path, rng, caplog, level, is_exact):
    cube = rng.normal(size=(3, 32, 32)).astype("f4")
    kind = "GZIP_1" if is_exact else "RICE_1"
    packed = fits.CompImageHDU(cube, compression_type=kind, quantize_level=level)
    fits.HDUList([fits.PrimaryHDU(), packed]).writeto(tmp_path / "a.fits.fz")
    with caplog.at_level("WARNING"):
        convert(source=tmp_path / "a.fits.fz", output=tmp_path / "maps.npy")
    assert np.array_equal(np.load(tmp_path / "maps.npy"), cube) == is_exact
    assert ("rounded when it was compressed" in caplog.text) != is_exact


def numbered(folder, numbers):
    folder.mkdir()
    for number in numbers:
        write_fits(folder / f"cutout_{number}.fits", np.full((4, 4), number, dtype="f4"))
    return folder


def test_labels_may_name_the_files(tmp_path):
    folder = numbered(tmp_path / "maps", range(1, 12))
    order = [11, 2, 10, 1, 3, 4, 5, 6, 7, 8, 9]
    rows = "".join(f"cutout_{number}.fits,{number}\n" for number in order)
    (tmp_path / "labels.csv").write_text("file,size\n" + rows)
    convert(source=folder, labels=tmp_path / "labels.csv", output=tmp_path / "maps.npy")
    assert np.load(tmp_path / "maps.npy")[:, 0, 0].tolist() == order


@pytest.mark.parametrize("rows", ["cutout_1,1\ncutout_1,2\n", "cutout_1,1\n", "cutout_1,1\ncutout_9,2\n"])
def test_labels_that_do_not_name_each_file_once_are_refused(tmp_path, rows):
    folder = numbered(tmp_path / "maps", [1, 2])
    (tmp_path / "labels.csv").write_text("file,size\n" + rows)
    with pytest.raises(InputError, match=r"names 1 of 2 files in . rows of column 'file'. Expected each file once"):
        convert(source=folder, labels=tmp_path / "labels.csv", output=tmp_path / "maps.npy")


def test_an_order_that_is_not_known_is_refused_beside_labels(tmp_path):
    folder = numbered(tmp_path / "maps", [1, 2, 10])
    (tmp_path / "labels.csv").write_text("size\n1.5\n2\n10\n")
    with pytest.raises(InputError, match=r"another order by text than by number \('cutout_10.fits' or 'cutout_2.fits'"):
        convert(source=folder, labels=tmp_path / "labels.csv", output=tmp_path / "maps.npy")
    convert(source=folder, output=tmp_path / "maps.npy")


def test_numbers_with_zeros_before_them_are_an_order(tmp_path):
    folder = numbered(tmp_path / "maps", ["01", "02", "10"])
    (tmp_path / "labels.csv").write_text("size\n1\n2\n10\n")
    convert(source=folder, labels=tmp_path / "labels.csv", output=tmp_path / "maps.npy")
    assert np.load(tmp_path / "maps.npy")[:, 0, 0].tolist() == [1, 2, 10]


@pytest.mark.parametrize("shape", [(3, 4, 4), (2, 4, 4)])
def test_cubes_in_a_folder_are_refused(tmp_path, shape):
    write_fits(tmp_path / "a.fits", np.ones((4, 4), "f4"))
    write_fits(tmp_path / "b.fits", np.ones(shape, "f4"))
    with pytest.raises(InputError, match=rf"b.fits is a cube of {shape[0]} images, one of 2 files"):
        convert(source=tmp_path, output=tmp_path / "maps.npy")


@pytest.mark.parametrize("kind", ["f8", "f2", ">f4", "i2", "u1"])
def test_arrays_of_npz_and_hdf5_are_read(tmp_path, rng, kind):
    maps = rng.integers(0, 9, size=(5, 1, 4, 4)).astype(kind)
    np.savez(tmp_path / "a.npz", maps=maps)
    with h5py.File(tmp_path / "a.h5", "w") as file:
        file["simba/T"] = maps[:, 0]
        file["labels"] = np.arange(5)
    for source in ("a.npz", "a.npz:maps", "a.h5", "a.h5:simba/T", "a.h5:/simba/T"):
        convert(source=f"{tmp_path}/{source}", output=tmp_path / "maps.npy")
        found = np.load(tmp_path / "maps.npy")
        assert found.dtype.str == "<f4"
        assert np.array_equal(found, maps[:, 0].astype("f4"))


@pytest.mark.parametrize(
    ("source", "message"),
    [
        ("a.h5:nothing", "holds no array 'nothing'. It holds Mtot, T"),
        ("a.h5", "holds 2 arrays of maps. It holds Mtot, T: name one, as 'a.h5:NAME'"),
        ("a.npz:b", r"holds 'b' of shape \(3,\) and type"),
        ("a.npz", "holds 2 arrays of maps"),
        ("none.h5", "No such file"),
        ("bad.h5", "is not a whole HDF5 file"),
        ("bad.npz", "is not a whole .npz file"),
    ],
)
def test_arrays_that_are_no_maps_are_refused(tmp_path, source, message):
    np.savez(tmp_path / "a.npz", a=np.ones((2, 4, 4)), b=np.ones(3), c=np.ones((2, 4, 4)))
    with h5py.File(tmp_path / "a.h5", "w") as file:
        file["T"], file["Mtot"] = np.ones((2, 4, 4)), np.ones((2, 4, 4))
    for name in ("bad.h5", "bad.npz"):
        (tmp_path / name).write_bytes(b"damaged")
    with pytest.raises((InputError, FileNotFoundError), match=message):
        convert(source=f"{tmp_path}/{source}", output=tmp_path / "maps.npy")


def test_a_folder_in_a_folder_is_no_map(tmp_path):
    write_fits(tmp_path / "0.fits", np.ones((4, 4), "f4"))
    (tmp_path / "1.fits").mkdir()
    convert(source=tmp_path, output=tmp_path / "maps.npy")
    assert len(np.load(tmp_path / "maps.npy")) == 1


def test_maps_of_two_sizes_and_empty_folders_are_refused(tmp_path):
    with pytest.raises(InputError, match="holds no file whose name ends with .fits"):
        convert(source=tmp_path, output=tmp_path / "maps.npy")
    for size in (4, 8):
        write_fits(tmp_path / f"{size}.fits", np.ones((size, size), "f4"))
    with pytest.raises(InputError, match=r"8.fits holds maps of 8 pixels a side, but .*4.fits of 4"):
        convert(source=tmp_path, output=tmp_path / "maps.npy")


def test_fits_of_astropy_is_read():
    map_, y, x = np.mgrid[:3, :4, :4]
    image = open_image(Path(__file__).parents[1] / "data/astropy.fits")
    assert next(image.parts([slice(0, 3)])) == pytest.approx(map_ + y + x / 10, abs=0.005)


def test_the_first_of_two_extensions_of_one_name_is_read(tmp_path):
    first, second = np.zeros((2, 4, 4), "f4"), np.ones((2, 4, 4), "f4")
    hdus = [fits.PrimaryHDU(), fits.ImageHDU(first, name="SCI"), fits.ImageHDU(second, name="SCI", ver=2)]
    fits.HDUList(hdus).writeto(tmp_path / "a.fits")
    convert(source=f"{tmp_path / 'a.fits'}:SCI", output=tmp_path / "maps.npy")
    assert not np.load(tmp_path / "maps.npy").any()


def test_a_file_that_is_there_twice_is_refused(tmp_path):
    content = write_fits(tmp_path / "a.fits", np.ones((4, 4), "f4")).read_bytes()
    (tmp_path / "a.fits.gz").write_bytes(gzip.compress(content))
    with pytest.raises(InputError, match=r"holds a.fits and a.fits.gz, which are one map"):
        convert(source=tmp_path, output=tmp_path / "maps.npy")


@pytest.mark.parametrize("column", ["class\n0\n1\n1\n0\n", "rank\n0\n1\n2\n3\n", "z\n0.5\n3\n0.1\n1\n"])
def test_numbers_are_labels_not_names_of_files(tmp_path, column):
    folder = tmp_path / "maps"
    folder.mkdir()
    for number in range(4):
        write_fits(folder / f"{number}.fits", np.full((4, 4), number, dtype="f4"))
    (tmp_path / "labels.csv").write_text(column)
    convert(source=folder, labels=tmp_path / "labels.csv", output=tmp_path / "maps.npy")
    assert np.load(tmp_path / "maps.npy")[:, 0, 0].tolist() == [0, 1, 2, 3]


def test_the_column_that_names_all_files_decides(tmp_path):
    folder = numbered(tmp_path / "maps", [1, 2])
    (tmp_path / "labels.csv").write_text("like,file\ncutout_1,cutout_2.fits.gz\ncutout_1,cutout_1\n")
    for path in list(folder.iterdir()):
        path.with_name(f"{path.name}.gz").write_bytes(gzip.compress(path.read_bytes()))
        path.unlink()
    convert(source=folder, labels=tmp_path / "labels.csv", output=tmp_path / "maps.npy")
    assert np.load(tmp_path / "maps.npy")[:, 0, 0].tolist() == [2, 1]


@pytest.mark.parametrize("names", [["map", "map1", "map2"], ["a_1", "b_2", "c_10"]])
def test_an_order_that_is_the_same_by_text_and_number_is_taken(tmp_path, names):
    folder = tmp_path / "maps"
    folder.mkdir()
    for name in names:
        write_fits(folder / f"{name}.fits", np.ones((4, 4), "f4"))
    (tmp_path / "labels.csv").write_text("size\n1\n2\n10\n")
    convert(source=folder, labels=tmp_path / "labels.csv", output=tmp_path / "maps.npy")


def test_the_one_array_of_maps_is_found_beside_others(tmp_path):
    np.savez(tmp_path / "a.npz", y=np.arange(3), maps=np.ones((3, 4, 4), "f4"))
    convert(source=tmp_path / "a.npz", output=tmp_path / "maps.npy")
    assert np.load(tmp_path / "maps.npy").shape == (3, 4, 4)


@pytest.mark.parametrize("harm", ["cut", "flipped", "npy"])
def test_a_damaged_npz_is_refused(tmp_path, harm):
    path = tmp_path / "a.npz"
    np.savez_compressed(path, maps=np.random.default_rng(0).normal(size=(30, 8, 8)))
    content = bytearray(path.read_bytes())
    if harm == "flipped":
        content[len(content) // 2] ^= 255
    path.write_bytes(content[: len(content) // 2] if harm == "cut" else bytes(content))
    if harm == "npy":
        np.save(tmp_path / "b.npy", np.ones((3, 4, 4)))
        path.write_bytes((tmp_path / "b.npy").read_bytes())
    with pytest.raises(InputError, match=r"a.npz is not a whole .npz file"):
        convert(source=path, output=tmp_path / "maps.npy")


@pytest.mark.parametrize("part", [0.3, 0.9])
def test_a_cut_hdf5_is_refused(tmp_path, part):
    with h5py.File(tmp_path / "a.h5", "w") as file:
        file["T"] = np.ones((30, 16, 16), "f4")
    content = (tmp_path / "a.h5").read_bytes()
    (tmp_path / "a.h5").write_bytes(content[: int(part * len(content))])
    with pytest.raises(InputError, match=r"a.h5 (is not a whole HDF5 file|cannot be read)"):
        convert(source=tmp_path / "a.h5", output=tmp_path / "maps.npy")


@pytest.mark.parametrize(
    ("header", "labels"),
    [
        ("# Omega_m sigma_8", ("Omega_m", "sigma_8")),
        ("# sigma_8 Omega_m h n_s M_nu w", ("sigma_8", "Omega_m", "h", "n_s", "M_nu", "w")),
    ],
)
def test_names_after_a_hash_are_those_of_the_columns(world, header, labels):
    table = world["folder"] / "home.txt"
    table.write_text(header + "\n" + (" ".join("1" * len(labels)) + "\n") * 12)
    assert open_simulations(world["home"]["maps"], table, world["home"]["measured"]).labels == labels


def test_wide_tables_of_cmd_have_two_known_columns(world):
    table = world["folder"] / "home.txt"
    table.write_text((" ".join(map(str, range(28))) + "\n") * 12)
    simulations = open_simulations(world["home"]["maps"], table, world["home"]["measured"])
    assert simulations.labels == ("Omega_m", "sigma_8")
    assert simulations.parameters.tolist() == [[0.0, 1.0]] * 12


@pytest.mark.parametrize(
    "form", ["map_{}.fit", "map_{}.npy", "map_{}.fits.gz", "MAP_{}.fits", "C:\\d\\map_{}.fits", "'map_{}'"]
)
def test_files_are_named_in_any_form(tmp_path, form):
    folder = tmp_path / "maps"
    folder.mkdir()
    for number in (1, 2, 3):
        write_fits(folder / f"map_{number}.fits", np.full((4, 4), number, dtype="f4"))
    (tmp_path / "labels.csv").write_text("file,z\n" + "".join(f"{form.format(number)},1\n" for number in (3, 1, 2)))
    convert(source=folder, labels=tmp_path / "labels.csv", output=tmp_path / "maps.npy")
    assert np.load(tmp_path / "maps.npy")[:, 0, 0].tolist() == [3, 1, 2]


@pytest.mark.parametrize("cells", ["3 1 2", "003 001 002"])
def test_numbers_of_files_in_another_order_are_refused(tmp_path, cells):
    folder = numbered(tmp_path / "maps", [1, 2, 3])
    (tmp_path / "labels.csv").write_text("id,z\n" + "".join(f"{cell},1\n" for cell in cells.split()))
    with pytest.raises(InputError, match="has the numbers of the files in column 'id', in another order"):
        convert(source=folder, labels=tmp_path / "labels.csv", output=tmp_path / "maps.npy")


@pytest.mark.parametrize(
    ("names", "cells"),
    [("10.5 20.5 30.5", "30.5 10.5 20.5"), ("obj7_64px obj8_64px obj9_64px", "9 7 8"), ("a1_2 a2_1 a3_3", "2 1 3")],
)
def test_numbers_anywhere_in_the_names_of_files_set_no_order_either(tmp_path, names, cells):
    folder = tmp_path / "maps"
    folder.mkdir()
    for name in names.split():
        np.save(folder / f"{name}.npy", np.ones((4, 4), "f4"))
    (tmp_path / "labels.csv").write_text("id,z\n" + "".join(f"{cell},1\n" for cell in cells.split()))
    with pytest.raises(InputError, match="has the numbers of the files in column 'id', in another order"):
        convert(source=folder, labels=tmp_path / "labels.csv", output=tmp_path / "maps.npy")


def test_maps_below_single_precision_are_refused(tmp_path):
    np.savez(tmp_path / "a.npz", (np.ones((3, 4, 4)) * 1e-50))
    with pytest.raises(InputError, match="48 pixels that are too small for single precision"):
        convert(source=tmp_path / "a.npz", output=tmp_path / "maps.npy")


def test_attributes_of_hdf5_count(tmp_path):
    with h5py.File(tmp_path / "a.h5", "w") as file:
        file["T"] = np.array([[[1, 2], [3, -9]]], dtype="i2")
        file["T"].attrs.update({"scale_factor": 0.5, "add_offset": 10.0})
    convert(source=tmp_path / "a.h5", output=tmp_path / "maps.npy")
    assert np.load(tmp_path / "maps.npy").tolist() == [[[10.5, 11.0], [11.5, 5.5]]]
    with h5py.File(tmp_path / "a.h5", "a") as file:
        file["T"].attrs["_FillValue"] = -9
    with pytest.raises(InputError, match="1 pixels that are blank or not finite"):
        convert(source=tmp_path / "a.h5", output=tmp_path / "maps.npy")


def test_labels_that_name_other_files_are_refused(tmp_path):
    folder = numbered(tmp_path / "maps", [1, 2, 3])
    (tmp_path / "labels.csv").write_text("file,z\n" + "".join(f"other_{number}.fits,1\n" for number in "312"))
    with pytest.raises(InputError, match="labels.csv names 0 of 3 files in 3 rows of column 'file'. Expected each"):
        convert(source=folder, labels=tmp_path / "labels.csv", output=tmp_path / "maps.npy")
