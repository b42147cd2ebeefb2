"""Parts of a remote file of maps: what is read is what lies there, nothing else is sent, and what is wrong is named."""

import collections
import contextlib
import hashlib
import io
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import repshift
from repshift import InputError
from repshift.downloads.connections import Connection
from repshift.downloads.remote import open_remote
from repshift.downloads.slices import Header, read_header, read_maps_at, read_pieces, write_slice
from repshift.downloads.transfer import partial_of
from repshift.mock_server.faults import Faults
from repshift.mock_server.server import Server
from repshift.storage.maps import chunks_of, open_maps

CONNECTION = Connection(attempts=3, timeout=5.0, pause=0.01)
SIZE, N_SIMULATIONS = 16, 12
BYTES = 15 * SIZE**2 * 4
"""Of the maps of one simulation."""


@pytest.fixture
def server(tmp_path, rng):
    directory = tmp_path / "served"
    directory.mkdir()
    np.save(directory / "maps.npy", rng.lognormal(size=(15 * N_SIMULATIONS, SIZE, SIZE)).astype(np.float32))
    with Server(directory) as running:
        yield running


def remote_of(server, name="maps.npy"):
    return open_remote(f"{server.address}/{name}", connection=CONNECTION)


def maps_of_server(server):
    return np.array(open_maps(server.directory / "maps.npy"))


def read_header_of(server, name):
    return read_header(remote_of(server, name))


def open_maps_of(server, name):
    return open_maps(server.directory / name)


def with_header(server, *, version=(1, 0), padding=0, **changes):
    """Write the maps again, under a header of another version, length or content."""
    maps = maps_of_server(server)
    text = repr({"descr": "<f4", "fortran_order": False, "shape": maps.shape} | changes) + " " * padding + "\n"
    length = len(text).to_bytes(2 if version == (1, 0) else 4, "little")
    content = np.lib.format.magic(*version) + length + text.encode() + maps.tobytes()
    (server.directory / "other.npy").write_bytes(content)
    return len(content) - maps.nbytes


def test_the_form_of_a_file_is_read_in_one_request(server):
    remote, before = remote_of(server), len(server.requests)
    assert read_header(remote) == Header(180, (SIZE, SIZE), 128)
    assert len(server.requests) == before + 1


@pytest.mark.parametrize("padding", [0, 900, 1000, 60_000])
@pytest.mark.parametrize("version", [(1, 0), (2, 0), (3, 0)])
def test_headers_of_any_version_and_length_are_read(server, version, padding):
    offset = with_header(server, version=version, padding=padding)
    remote = remote_of(server, "other.npy")
    assert read_header(remote) == Header(180, (SIZE, SIZE), offset)
    found = np.concatenate(list(read_maps_at(remote, read_header(remote), np.array([4, 5, 99]))))
    assert np.array_equal(found, maps_of_server(server)[[4, 5, 99]])


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"descr": "<f8"}, "holds float64 of shape"),
        ({"descr": ">f4"}, "holds >f4"),
        ({"descr": "|O"}, "is not a whole .npy file of maps: it holds objects"),
        ({"descr": [("a", "<f4")]}, r"holds \[\('a', '<f4'\)\]"),
        ({"fortran_order": True}, "in Fortran order. Maps are float32"),
        ({"shape": (180, 256)}, r"has shape \(180, 256\)"),
        ({"shape": (180, 8, 33)}, "has 184.* bytes, but its header promises 190"),
        ({"shape": (180, 0, 0)}, r"has shape \(180, 0, 0\)"),
        ({"shape": ()}, r"has shape \(\)"),
        ({"shape": (15,) * 999}, r"has shape \(15, .{90,99}\. Maps"),
        ({"shape": (181, 16, 16)}, "holds 181 maps. A simulation has 15"),
        ({"shape": (0, 16, 16)}, "holds 0 maps"),
        ({"shape": (-180, 16, 16)}, "holds -180 maps"),
        ({"shape": (-180, -16, -16)}, r"has shape \(-180, -16, -16\)"),
        ({"shape": (15 * 10**30, 16, 16)}, "but its header promises 15"),
        ({"shape": (15, 10**30, 10**30)}, "but its header promises 6"),
        ({"shape": (195, 16, 16)}, "has 184.* bytes, but its header promises 199"),
        ({"shape": (165, 16, 16)}, "bytes, but its header promises 169"),
        ({"shape": "many"}, "is not a whole .npy file of maps: shape is not valid"),
        ({"more": 1}, "is not a whole .npy file of maps: Header does not contain the correct keys"),
        ({"descr": "exit()"}, "is not a whole .npy file of maps: descr is not a valid dtype"),
    ],
)
def test_what_is_no_file_of_maps_is_refused(server, changes, message):
    with_header(server, **changes)
    for read in (read_header_of, open_maps_of):
        with pytest.raises(InputError, match=f"other.npy .*{message}"):
            read(server, "other.npy")


def npy(text, *, version=b"\x01\x00"):
    return b"\x93NUMPY" + version + len(text).to_bytes(2, "little") + text


@pytest.mark.filterwarnings("ignore:Reading `.npy`:UserWarning")
@pytest.mark.parametrize(
    "content",
    [
        b"x",
        b"<html>" * 40,
        b"PK\x03\x04" * 40,
        b"\x93NUMPY\x01\x00\xff\xff{",
        b"\x93NUMPY\x02\x00\xff\xff\xff\xff{" * 9,
        b"\x93NUMPY\x01\x00",
        npy(b"{}", version=b"\x09\x00"),
        npy(b"{'descr': ("),
        npy(b"'''"),
        npy(b"  1\n 2"),
        npy(b"[" * 900),
        npy(b"-" * 30_000 + b"1"),
        npy(b"__import__('os').system('false')"),
        npy(b"\x00\xff\xfe"),
        npy(b"{'descr': '<f4', 'fortran_order': False, 'shape': (15, 0x" + b"f" * 60_000 + b", 1)}"),
        npy(b"{'descr': '<f4', 'fortran_order': False, 'shape': (0x" + b"f" * 60_000 + b", 1, 1)}"),
    ],
)
def test_what_is_no_npy_is_refused(server, content):
    (server.directory / "a.npy").write_bytes(content)
    for read in (read_header_of, open_maps_of):
        with pytest.raises(InputError, match=r"a.npy is not a whole .npy file of maps: [^\n]{1,210}$"):
            read(server, "a.npy")


def test_an_array_of_objects_is_never_unpickled(server):
    file = io.BytesIO()
    np.save(file, np.array([[[{"a": 1}]]] * 15, dtype=object), allow_pickle=True)
    (server.directory / "a.npy").write_bytes(file.getvalue())
    for read in (read_header_of, open_maps_of):
        with pytest.raises(InputError, match="a.npy is not a whole .npy file of maps: it holds objects of Python"):
            read(server, "a.npy")


def test_an_archive_of_arrays_is_no_file_of_maps(server):
    np.savez(server.directory / "a.npz", maps=np.ones((15, 4, 4), np.float32))
    for read in (read_header_of, open_maps_of):
        with pytest.raises(InputError, match="a.npz is not a whole .npy file of maps: the magic string"):
            read(server, "a.npz")


def test_a_directory_is_no_file_of_maps(tmp_path):
    with pytest.raises(InputError, match="is a directory. Expected a file"):
        open_maps(tmp_path)


@pytest.mark.parametrize("times", [100, pytest.param(500, marks=pytest.mark.slow)])
@pytest.mark.filterwarnings("ignore")
def test_a_damaged_header_is_always_named(server, rng, times):
    content = bytearray((server.directory / "maps.npy").read_bytes())
    path = server.directory / "damaged.npy"
    for _ in range(times):
        damaged = content.copy()
        for position in rng.integers(0, 128, rng.integers(1, 4)):
            damaged[position] = rng.integers(256)
        path.write_bytes(damaged)
        with contextlib.suppress(InputError):
            assert open_maps(path).shape == (180, SIZE, SIZE)


def test_a_server_without_ranges_is_refused(server):
    server.faults = Faults(ignore_range=True)
    with pytest.raises(InputError, match="ignores Range: .* would have to send the whole file of 184448 bytes"):
        read_header(remote_of(server))


def test_a_server_that_names_no_version_is_refused(server):
    server.faults = Faults(no_validator=True)
    with pytest.raises(
        InputError, match=r"The server of \S+ gives neither ETag nor Last-Modified, .*Fetch the file whole"
    ):
        read_header(remote_of(server))


def test_all_maps_come_as_those_of_a_file_on_disk(server):
    remote, digest = remote_of(server), hashlib.sha256()
    path = server.directory / "maps.npy"
    for found, expected in zip(
        read_pieces(remote, read_header(remote), consume=digest.update), chunks_of(path), strict=True
    ):
        assert np.array_equal(found, expected)
    assert digest.hexdigest() == hashlib.sha256(path.read_bytes()).hexdigest()


def test_all_maps_come_over_a_connection_that_breaks(server):
    server.faults = Faults(cut=50_001)
    remote, digest = remote_of(server), hashlib.sha256()
    found = np.concatenate(list(read_pieces(remote, read_header(remote), consume=digest.update)))
    assert np.array_equal(found, maps_of_server(server))
    assert digest.hexdigest() == hashlib.sha256((server.directory / "maps.npy").read_bytes()).hexdigest()


def test_maps_at_positions_are_read_and_no_other_byte(server):
    remote = remote_of(server)
    header, before = read_header(remote), (len(server.requests), server.sent)
    positions = np.array([0, 1, 2, 50, 178, 179])
    found = np.concatenate(list(read_maps_at(remote, header, positions)))
    assert np.array_equal(found, maps_of_server(server)[positions])
    assert len(server.requests) == before[0] + 3
    assert server.sent == before[1] + 6 * header.bytes_a_map


@pytest.mark.parametrize("positions", [[3, 3], [4, 2], [-1, 2], [179, 180]])
def test_positions_that_do_not_ascend_in_the_file_are_refused(server, positions):
    remote = remote_of(server)
    with pytest.raises(InputError, match="Positions in .* must ascend, from 0 to 179 at most"):
        list(read_maps_at(remote, read_header(remote), np.array(positions)))


# slices


def fetch(server, path, simulations=(7, 2, 11)):
    remote = remote_of(server)
    return write_slice(remote, read_header(remote), np.array(simulations), path)


def partial_in(directory):
    return next(directory.glob(".part.*.part.npy"))


def rows_of_simulations(server, simulations):
    return maps_of_server(server).reshape(N_SIMULATIONS, 15, SIZE, SIZE)[simulations].reshape(-1, SIZE, SIZE)


def test_a_slice_holds_its_simulations_in_their_order(server, tmp_path):
    before = server.sent
    assert fetch(server, tmp_path / "new" / "part.npy") == 3 * BYTES
    assert np.array_equal(open_maps(tmp_path / "new" / "part.npy"), rows_of_simulations(server, [7, 2, 11]))
    assert server.sent - before < 3 * BYTES + 2000  # the first byte, and the header
    assert [path.name for path in (tmp_path / "new").iterdir()] == ["part.npy"]


def test_a_slice_is_the_bytes_that_numpy_writes(server, tmp_path):
    fetch(server, tmp_path / "part.npy")
    np.save(tmp_path / "expected.npy", rows_of_simulations(server, [7, 2, 11]))
    assert (tmp_path / "part.npy").read_bytes() == (tmp_path / "expected.npy").read_bytes()


def test_a_slice_tells_how_far_it_is(server, tmp_path):
    seen = []
    remote = remote_of(server)
    simulations = np.array([3, 4])
    write_slice(remote, read_header(remote), simulations, tmp_path / "a.npy", watch=lambda *told: seen.append(told))
    assert seen[-1] == (2 * BYTES, 2 * BYTES)


def kill_after(server, path, n_bytes, simulations=(7, 2, 11)):
    """Fetch a slice in a process that is killed once so many bytes were written."""
    code = f"""
import os, signal, sys
from pathlib import Path
import numpy as np
from repshift.downloads.remote import Connection, open_remote
from repshift.downloads.slices import read_header, write_slice

def watch(done, total):
    if done >= {n_bytes}:
        os.kill(os.getpid(), signal.SIGKILL)

connection = Connection(attempts=3, timeout=5.0)
remote = open_remote("{server.address}/maps.npy", connection=connection)
write_slice(remote, read_header(remote), np.array({list(simulations)}), Path({str(path)!r}), watch=watch)
"""
    source = str(Path(repshift.__file__).parents[1])
    assert subprocess.run([sys.executable, "-c", code], env={"PYTHONPATH": source}).returncode == -9
    assert not path.exists()


def test_a_killed_slice_goes_on_after_its_last_whole_simulation(server, tmp_path):
    path = tmp_path / "part.npy"
    kill_after(server, path, BYTES + 100)
    partial = partial_in(tmp_path)
    with partial.open("ab") as file:  # what a killed writer may have reached of the third
        file.write(b"half")
    done = (partial.stat().st_size - 128) // BYTES
    assert done >= 1
    assert fetch(server, path) == (3 - done) * BYTES
    assert np.array_equal(open_maps(path), rows_of_simulations(server, [7, 2, 11]))
    assert [found.name for found in tmp_path.glob("*part*")] == ["part.npy"]


def test_a_partial_slice_of_another_choice_is_begun_again(server, tmp_path):
    kill_after(server, tmp_path / "part.npy", 2 * BYTES)
    old = partial_in(tmp_path)
    old.with_name(f"{old.name}.json").write_text("damaged")
    assert fetch(server, tmp_path / "part.npy", (7, 3, 11)) == 3 * BYTES
    assert list(tmp_path.glob(".part.*")) == []
    assert np.array_equal(open_maps(tmp_path / "part.npy"), rows_of_simulations(server, [7, 3, 11]))


def test_a_partial_slice_of_another_version_is_begun_again(server, tmp_path):
    kill_after(server, tmp_path / "part.npy", 2 * BYTES)
    np.save(server.directory / "maps.npy", maps_of_server(server) + 1)
    assert fetch(server, tmp_path / "part.npy") == 3 * BYTES
    assert np.array_equal(open_maps(tmp_path / "part.npy"), rows_of_simulations(server, [7, 2, 11]))


def test_a_slice_of_another_version_that_fails_destroys_nothing(server, tmp_path):
    kill_after(server, tmp_path / "part.npy", 2 * BYTES)
    old = partial_in(tmp_path)
    before, whole = old.read_bytes(), server.directory / "maps.npy"
    content, times = whole.read_bytes(), whole.stat()
    np.save(whole, maps_of_server(server) + 1)
    remote = remote_of(server)
    header = read_header(remote)
    server.faults = Faults(status=404)
    with pytest.raises(InputError, match="answers 404"):
        write_slice(remote, header, np.array([7, 2, 11]), tmp_path / "part.npy")
    assert old.read_bytes() == before
    whole.write_bytes(content)
    os.utime(whole, ns=(times.st_atime_ns, times.st_mtime_ns))
    server.faults = Faults()
    assert fetch(server, tmp_path / "part.npy") < 3 * BYTES


@pytest.mark.parametrize("content", ["", "[1]", "{"])
def test_a_partial_slice_whose_note_is_damaged_is_begun_again(server, tmp_path, content):
    kill_after(server, tmp_path / "part.npy", 2 * BYTES)
    partial = partial_in(tmp_path)
    partial.with_name(f"{partial.name}.json").write_text(content)
    assert fetch(server, tmp_path / "part.npy") == 3 * BYTES


def test_a_partial_slice_cut_in_its_header_is_begun_again(server, tmp_path):
    kill_after(server, tmp_path / "part.npy", 2 * BYTES)
    os.truncate(partial_in(tmp_path), 5)
    fetch(server, tmp_path / "part.npy")
    assert np.array_equal(open_maps(tmp_path / "part.npy"), rows_of_simulations(server, [7, 2, 11]))


def test_a_disk_without_room_for_a_slice_is_refused(server, tmp_path, monkeypatch):
    usage = collections.namedtuple("usage", ["free"])
    monkeypatch.setattr(shutil, "disk_usage", lambda path: usage(3 * BYTES))
    with pytest.raises(InputError, match="no room for .*maps.npy: 0.000 GB are missing and 0.000 GB free .* is kept"):
        fetch(server, tmp_path / "part.npy")
    assert server.sent < BYTES
    monkeypatch.setattr(shutil, "disk_usage", lambda path: usage(3 * BYTES + 128))
    fetch(server, tmp_path / "part.npy")


def test_a_disk_that_fills_up_under_a_slice_is_told(server, tmp_path):
    remote = remote_of(server)
    identity = remote.identity | {"simulations": [7]}
    partial = partial_of(tmp_path / "part.npy", identity)
    partial.symlink_to("/dev/full")
    partial.with_name(f"{partial.name}.json").write_text(json.dumps(identity))
    with pytest.raises(InputError, match="no room for .*maps.npy: .* are missing"):
        write_slice(remote, read_header(remote), np.array([7]), tmp_path / "part.npy")


def test_a_file_that_changes_meanwhile_leaves_no_slice(server, tmp_path):
    remote = remote_of(server)
    header = read_header(remote)
    np.save(server.directory / "maps.npy", maps_of_server(server) + 1)
    with pytest.raises(InputError, match=r"maps.npy changed while it was read"):
        write_slice(remote, header, np.array([1, 2]), tmp_path / "part.npy")
    assert not (tmp_path / "part.npy").exists()


def test_a_slice_comes_over_a_connection_that_breaks(server, tmp_path):
    server.faults = Faults(cut=7001)
    fetch(server, tmp_path / "part.npy")
    assert np.array_equal(open_maps(tmp_path / "part.npy"), rows_of_simulations(server, [7, 2, 11]))


def test_the_note_of_a_partial_slice_says_what_it_is_of(server, tmp_path):
    kill_after(server, tmp_path / "part.npy", BYTES)
    partial = partial_in(tmp_path)
    note = json.loads(partial.with_name(f"{partial.name}.json").read_text())
    assert note["address"] == f"{server.address}/maps.npy"
    assert note["simulations"] == [7, 2, 11]
