"""A download is resumed where it broke off, and gets its name only when it is whole and right."""

import hashlib
import json
import multiprocessing
import os
import re
import shutil
import signal
import subprocess
import threading
from collections import namedtuple

import pytest

from repshift.downloads.connections import Connection
from repshift.downloads.transfer import download
from repshift.mock_server.faults import Faults
from repshift.mock_server.server import Server
from repshift.storage.checksums import accept, record, recorded
from repshift.vocabulary import InputError

CONTENT = b"CMD" + bytes(range(253)) * 8000
SIZE = len(CONTENT)
DIGEST = hashlib.sha256(CONTENT).hexdigest()
OTHER = "0" * 64
fork = multiprocessing.get_context("fork")


@pytest.fixture
def served(tmp_path):
    path = tmp_path / "served" / "maps.npy"
    path.parent.mkdir()
    path.write_bytes(CONTENT)
    return path


@pytest.fixture
def server(served):
    with Server(served.parent) as server:
        yield server


@pytest.fixture
def directory(tmp_path):
    return tmp_path / "resources"


@pytest.fixture
def target(directory):
    return directory / "maps" / "maps.npy"


def require_cmd(path):
    assert path.suffix == ".npy"
    with path.open("rb") as file:
        if file.read(3) != b"CMD":
            raise InputError(f"{path} does not begin as it should.")


@pytest.fixture
def fetch(server, target, directory):
    """Download from the server to the target, with little patience."""

    def fetch(*servers, attempts=2, timeout=0.5, **options):
        addresses = [f"{each.address}/maps.npy" for each in servers or [server]]
        connection = Connection(attempts=attempts, timeout=timeout, pause=0.0)
        options = {"check": require_cmd, "directory": directory} | options
        download(addresses, options.pop("target", target), connection=connection, **options)

    return fetch


def put(target, content=CONTENT):
    """Put a file where a download would put it."""
    target.parent.mkdir(parents=True)
    target.write_bytes(content)


def left(target):
    """Return the names beside a target, the lock aside."""
    return sorted(path.name for path in target.parent.glob("*") if path.suffix != ".lock")


def partial_of(target):
    return next(target.parent.glob(".maps.*.part.npy"))


def ranges(server):
    return [request.range for request in server.requests]


def test_a_file_is_fetched_checked_and_recorded(server, target, directory, fetch):
    fetch(sha256=None)
    assert target.read_bytes() == CONTENT
    assert list(target.parent.iterdir()) == [target]
    assert (directory / "SHA256SUMS").read_text() == f"{DIGEST}  maps/maps.npy\n"
    assert subprocess.run(["sha256sum", "--check", "--quiet", "SHA256SUMS"], cwd=directory).returncode == 0
    assert server.sent == SIZE + 1


def test_a_file_that_is_there_is_not_asked_for(server, target, fetch):
    put(target)
    fetch()
    assert (target.read_bytes(), server.requests) == (CONTENT, [])


def test_bytes_are_reported_as_they_come(fetch):
    seen = []
    fetch(watch=lambda *numbers: seen.append(numbers))
    assert (seen[0], seen[-1]) == ((0, SIZE), (SIZE, SIZE))
    assert [done for done, _ in seen] == sorted({done for done, _ in seen})


def test_a_server_that_cuts_connections_gives_the_file(server, target, fetch):
    server.faults = Faults(cut=150_000)
    fetch(attempts=1, sha256=DIGEST)
    assert target.read_bytes() == CONTENT
    assert server.sent == SIZE + 1


def test_a_killed_process_is_resumed_at_its_byte(server, target, fetch):
    def fetch_and_die():
        fetch(watch=lambda done, _: done > SIZE // 2 and os.kill(os.getpid(), signal.SIGKILL))

    child = fork.Process(target=fetch_and_die)
    child.start()
    child.join()
    assert child.exitcode == -signal.SIGKILL
    assert not target.exists()
    there, seen = partial_of(target).stat().st_size, []
    fetch(watch=lambda done, _: seen.append(done))
    assert there > SIZE // 2
    assert ranges(server)[-1] == f"bytes={there}-{SIZE - 1}"
    assert (seen[0], target.read_bytes()) == (there, CONTENT)


def test_a_partial_that_is_whole_is_only_checked(server, target, fetch):
    def stop(done, size):
        if done == size:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        fetch(watch=stop)
    fetch()
    assert (ranges(server)[2:], target.read_bytes()) == (["bytes=0-0"], CONTENT)


@pytest.fixture
def begun(server, target, fetch):
    """Leave the first 100 000 bytes as a partial file."""

    def stop(done, _):
        if done == 100_000:
            raise KeyboardInterrupt

    server.faults = Faults(cut=100_001)
    with pytest.raises(KeyboardInterrupt):
        fetch(watch=stop)
    server.faults = Faults()
    return partial_of(target)


def begun_anew(begun, served, server, target, fetch, caplog, spoil):
    """Spoil what was begun, fetch, and return the bytes of the old partial file just before the target is whole."""
    spoil(begun, served, server)
    seen = []
    fetch(check=lambda path: seen.append(begun.read_bytes()))
    assert target.read_bytes() == served.read_bytes()
    assert ranges(server)[-1] in (f"bytes=0-{SIZE - 1}", None)
    assert list(target.parent.iterdir()) == [target]
    return seen[0]


def replace_on_the_server(begun, served, server):
    served.write_bytes(CONTENT[:-1] + b"!")


def lose_the_validator(begun, served, server):
    server.faults = Faults(no_validator=True)


def lose_ranges(begun, served, server):
    server.faults = Faults(ignore_range=True)


def lose_the_record(begun, served, server):
    begun.with_name(f"{begun.name}.json").unlink()


def grow_too_large(begun, served, server):
    begun.write_bytes(CONTENT + b"more")


def empty_the_record(begun, served, server):
    begun.with_name(f"{begun.name}.json").write_text("")


def damage_the_record(begun, served, server):
    begun.with_name(f"{begun.name}.json").write_bytes(b'[\xff"')


@pytest.mark.parametrize("spoil", [lose_the_record, empty_the_record, damage_the_record, grow_too_large])
def test_what_may_be_of_another_file_is_fetched_anew(begun, served, server, target, fetch, caplog, spoil):
    begun_anew(begun, served, server, target, fetch, caplog, spoil)
    assert f"{begun.name} is begun again: " in caplog.text


@pytest.mark.parametrize("spoil", [replace_on_the_server, lose_the_validator, lose_ranges])
def test_another_version_stays_until_the_file_is_whole(begun, served, server, target, fetch, caplog, spoil):
    there = begun.read_bytes()
    assert begun_anew(begun, served, server, target, fetch, caplog, spoil) == there


def test_one_wrong_answer_destroys_nothing(begun, served, server, target, fetch):
    there = begun.read_bytes()
    served.write_bytes(b"<html>Please log in</html>")
    server.faults = Faults(ignore_range=True, no_validator=True)
    with pytest.raises(InputError, match="does not begin as it should; what was fetched is deleted"):
        fetch()
    assert (left(target), begun.read_bytes()) == ([begun.name, f"{begun.name}.json"], there)


def test_partials_of_other_files_are_left_alone(target, fetch):
    others = [target.with_name(f".{name}.01234567.part.npy") for name in ("maps.x", "more")]
    put(others[0]), others[1].write_bytes(b"")
    fetch()
    assert left(target) == sorted([*(path.name for path in others), target.name])


@pytest.mark.parametrize(
    ("faults", "message"),
    [
        (Faults(status=404), ""),
        (Faults(status=403), "maps.npy answers 403"),
        (Faults(status=500), "maps.npy was given up after 2 attempts: 500"),
        (Faults(status=503), "maps.npy was given up after 2 attempts: 503"),
        (Faults(redirect="ftp://host"), "is redirected to 'ftp://host/maps.npy'"),
        (Faults(cut=90_000, ignore_range=True), "ignores Range, so it cannot resume"),
        (Faults(cut=90_000, no_validator=True), "so nothing proves that the rest is of the same file"),
        (Faults(cut=0), "was given up after 2 attempts"),
        (Faults(change=True), "changed while it was read"),
        (Faults(wrong=True), "does not give .*maps.npy: .*does not begin as it should"),
    ],
)
def test_a_fault_beyond_help_is_told_and_leaves_no_file(server, target, directory, fetch, faults, message):
    server.faults = faults
    with pytest.raises(InputError, match=f"None of 1 addresses gives .*maps.npy: .*{server.address}.*{message}"):
        fetch()
    assert not target.exists()
    assert not (directory / "SHA256SUMS").exists()


@pytest.mark.parametrize(
    "faults",
    [
        Faults(ignore_range=True),
        Faults(no_validator=True),
        Faults(stall=5.0, times=2),
        Faults(status=503, times=1),
        Faults(cut=90_000),
    ],
)
def test_a_fault_that_can_be_helped_is(server, target, fetch, faults):
    server.faults = faults
    fetch(sha256=DIGEST)
    assert target.read_bytes() == CONTENT


def test_a_redirect_to_another_server_is_followed(server, served, target, fetch):
    with Server(served.parent, faults=Faults(redirect=server.address)) as front:
        fetch(front)
    assert target.read_bytes() == CONTENT


def test_a_file_replaced_once_meanwhile_is_fetched_anew(server, target, fetch):
    server.faults = Faults(change=True, times=1)
    fetch(check=lambda path: None)
    assert target.read_bytes() == bytes((byte + 1) % 256 for byte in CONTENT)


def test_a_file_replaced_in_the_middle_is_fetched_anew(server, served, target, fetch):
    server.faults = Faults(cut=90_000)
    new = b"CMD" + CONTENT[:2:-1]
    fetch(watch=lambda done, _: 0 < done < 90_000 and served.read_bytes() != new and served.write_bytes(new))
    assert target.read_bytes() == new


def test_a_file_that_is_replaced_again_and_again_is_given_up(server, fetch):
    server.faults = Faults(change=True)
    with pytest.raises(InputError, match="changed while it was read"):
        fetch()
    assert len(server.requests) == 6


def test_wrong_bytes_are_refused_by_the_checksum_given(server, target, fetch):
    server.faults = Faults(wrong=True)
    with pytest.raises(InputError, match=f"has the SHA-256 [0-9a-f]{{64}}, but {DIGEST} was given; .* is deleted"):
        fetch(sha256=DIGEST.upper())
    assert left(target) == []


def test_wrong_bytes_are_refused_by_the_checksum_recorded(server, target, directory, fetch):
    record(directory, target, DIGEST)
    server.faults = Faults(wrong=True)
    with pytest.raises(InputError, match=f"but {DIGEST} is in .*SHA256SUMS; if the change is wanted, delete it there"):
        fetch(check=lambda path: None)
    assert left(target) == []
    assert recorded(directory, target) == DIGEST


def test_a_checksum_given_goes_before_the_one_recorded(target, directory, fetch):
    record(directory, target, OTHER)
    fetch(sha256=DIGEST)
    assert recorded(directory, target) == OTHER


def test_a_checksum_that_is_none_is_refused_before_any_request(server, fetch):
    with pytest.raises(InputError, match="'12' is no SHA-256 of .*maps.npy: 64 hexadecimal digits were expected"):
        fetch(sha256="12")
    assert server.requests == []


def test_a_mirror_takes_over(server, served, target, fetch):
    with Server(served.parent, faults=Faults(wrong=True)) as broken, Server(served.parent) as right:
        server.faults = Faults(cut=90_000, no_validator=True)
        fetch(server, broken, right, sha256=DIGEST)
    assert target.read_bytes() == CONTENT
    assert list(target.parent.iterdir()) == [target]


def test_when_no_mirror_helps_every_reason_is_told(begun, server, served, target, fetch):
    server.faults = Faults(status=503)
    with (
        Server(served.parent, faults=Faults(status=404)) as other,
        pytest.raises(
            InputError,
            match=f": not there .404.: {other.address}/maps.npy; {server.address}/maps.npy was .* 503 [^;]*[^.][.]$",
        ),
    ):
        fetch(server, other)
    assert 0 < begun.stat().st_size <= 100_000


def test_a_disk_without_room_is_refused_before_a_byte_comes(begun, server, fetch, monkeypatch):
    usage = namedtuple("usage", ["free"])
    monkeypatch.setattr(shutil, "disk_usage", lambda path: usage(10**6))
    there = begun.stat().st_size
    missing = f"{(SIZE - there) / 1e9:.3f}"
    with pytest.raises(InputError, match=f"no room for .*: {missing} GB are missing and 0.001 GB free .* is kept"):
        fetch()
    assert begun.stat().st_size == there
    assert server.sent < SIZE // 2


def test_a_disk_that_fills_up_is_told(begun, fetch):
    begun.unlink()
    begun.symlink_to("/dev/full")
    with pytest.raises(InputError, match="no room for .*maps.npy: 0.002 GB are missing"):
        fetch()


def test_another_error_of_the_disk_is_no_lack_of_room(begun, fetch, monkeypatch):
    def broken(file):
        raise OSError(5, "Input/output error")

    monkeypatch.setattr(os, "fsync", broken)
    with pytest.raises(OSError, match="Input/output error"):
        fetch()


@pytest.mark.parametrize("path", ["../maps.npy", "maps/../../maps.npy", "/elsewhere/maps.npy", "."])
def test_a_target_outside_the_directory_is_refused(server, directory, fetch, path):
    for sha256 in (None, DIGEST):
        with pytest.raises(InputError, match=f"is not inside {directory}"):
            fetch(target=directory / path, sha256=sha256)
    assert server.requests == []


@pytest.mark.parametrize("start", [fork.Process, threading.Thread])
def test_simultaneous_downloads_of_a_file_are_one_transfer(server, target, fetch, start):
    server.faults = Faults(cut=90_000)
    both = [start(target=fetch) for _ in range(3)]
    for each in both:
        each.start()
    for each in both:
        each.join()
    assert (server.sent, target.read_bytes()) == (SIZE + 1, CONTENT)
    assert list(target.parent.iterdir()) == [target]


@pytest.mark.parametrize("start", [fork.Process, threading.Thread])
def test_simultaneous_records_lose_no_line(directory, start):
    def run(part):
        for number in range(10):
            record(directory, directory / f"{part}{number}", DIGEST)

    all_four = [start(target=run, args=(part,)) for part in "dbca"]
    for each in all_four:
        each.start()
    for each in all_four:
        each.join()
    lines = (directory / "SHA256SUMS").read_text().splitlines()
    assert lines == [f"{DIGEST}  {part}{number}" for part in "abcd" for number in range(10)]


def test_a_record_replaces_the_line_of_its_file(directory, target):
    record(directory, target, OTHER)
    record(directory, directory / "x" / ".." / "maps" / "maps.npy", DIGEST)
    assert recorded(directory, target) == DIGEST
    assert recorded(directory, directory / "other") is None


@pytest.mark.parametrize("line", ["what is this", f"{DIGEST} maps.npy", f"{DIGEST[1:]}  maps.npy", ""])
def test_a_malformed_record_is_refused(server, directory, fetch, line):
    directory.mkdir()
    (directory / "SHA256SUMS").write_text(f"{DIGEST}  good\n{line}\n")
    with pytest.raises(InputError, match=f"SHA256SUMS has '{re.escape(line)}' in line 2. Expected: 64 digits"):
        fetch()
    assert server.requests == []


def test_what_was_begun_is_described(begun, server):
    about = json.loads(begun.with_name(f"{begun.name}.json").read_text())
    assert (about["address"], about["size"]) == (f"{server.address}/maps.npy", SIZE)
    digits = hashlib.sha256(json.dumps(about, sort_keys=True).encode()).hexdigest()[:8]
    assert (begun.name, about["resumable"]) == (f".maps.{digits}.part.npy", True)


# files that are there already


def test_a_file_that_is_there_is_checked_then_recorded(target, directory, fetch):
    put(target)
    fetch()
    assert recorded(directory, target) == DIGEST


def test_a_wrong_file_that_is_there_is_never_recorded(server, target, directory, fetch):
    put(target, b"<html>")
    with pytest.raises(InputError, match="maps.npy is not taken: .*does not begin as it should.* Delete it to fetch"):
        fetch()
    assert (target.read_bytes(), recorded(directory, target), server.requests) == (b"<html>", None, [])


@pytest.mark.parametrize("given", [None, OTHER])
def test_a_file_that_is_there_is_held_against_its_checksum(target, directory, fetch, given):
    put(target)
    record(directory, target, OTHER if given is None else DIGEST)
    with pytest.raises(InputError, match=f"not taken: it has the SHA-256 {DIGEST}, but {OTHER} (is in|was given)"):
        fetch(sha256=given)


def test_a_file_fetched_meanwhile_is_held_against_its_checksum(target, fetch, monkeypatch):
    seen = []
    monkeypatch.setattr(type(target), "exists", lambda path: path == target and (seen.append(path) or len(seen) > 1))
    put(target, b"CMD")
    with pytest.raises(InputError, match="not taken: it has the SHA-256"):
        fetch(sha256=DIGEST)


def test_checksums_are_compared_in_lower_case(target, directory, fetch):
    put(target)
    (directory / "SHA256SUMS").write_text(f"{DIGEST.upper()}  maps/maps.npy\n")
    fetch()
    fetch(sha256=DIGEST.upper())
    record(directory, target, DIGEST.upper())
    assert (directory / "SHA256SUMS").read_text() == f"{DIGEST}  maps/maps.npy\n"


def test_a_file_elsewhere_is_accepted_with_its_checksum_alone(tmp_path, directory):
    (tmp_path / "maps.npy").write_bytes(CONTENT)
    accept(tmp_path / "maps.npy", directory=directory, sha256=DIGEST, check=require_cmd)
    with pytest.raises(InputError, match="is not inside"):
        accept(tmp_path / "maps.npy", directory=directory, check=require_cmd)


# what a server may do


@pytest.mark.parametrize("error", [KeyError("a\nb"), MemoryError(), AssertionError(), OSError(5, "no")])
def test_whatever_a_check_raises_is_a_sentence(server, target, fetch, error):
    def check(path):
        raise error

    with pytest.raises(
        InputError, match=rf"could not be checked \({type(error).__name__}[^\n]*\); what was .*deleted\.$"
    ):
        fetch(check=check)
    assert left(target) == []
    fetch()


@pytest.mark.parametrize("largest", [SIZE - 1, SIZE])
def test_a_file_larger_than_expected_is_refused_before_its_body(server, target, fetch, largest):
    if largest == SIZE:
        fetch(largest=largest)
        return
    with pytest.raises(InputError, match=f"has {SIZE} bytes; at most {largest} were expected of maps.npy"):
        fetch(largest=largest)
    assert (server.sent, left(target)) == (1, [])


def test_reasons_are_one_sentence_of_all_addresses(server, target, directory):
    addresses = [f"{server.address}/{name}" for name in ("a", "maps.npy", "b", "maps.npy")]
    server.faults = Faults(status=403, match="npy")
    with pytest.raises(InputError) as raised:
        download(addresses, target, directory=directory, connection=Connection(1, 1.0), check=require_cmd)
    assert str(raised.value) == (
        f"None of 4 addresses gives {target}: not there (404): {addresses[0]}, {addresses[2]}; "
        f"{addresses[1]} answers 403 'Forbidden' instead of the file (is the address right?)."
    )
