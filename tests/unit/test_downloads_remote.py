"""A file is read over a bad connection byte for byte, or the reader says why not."""

import contextlib
import multiprocessing
import re
import socket
import threading
import time

import pytest

from repshift.downloads.connections import Connection, first_of
from repshift.downloads.remote import ChangedError, open_remote, read_range
from repshift.mock_server.faults import Faults
from repshift.mock_server.server import Server
from repshift.vocabulary import InputError

CONTENT = bytes(range(251)) * 4000
SIZE = len(CONTENT)
QUICK = Connection(attempts=2, timeout=0.5, pause=0.0)
CHUNKED = "HTTP/1.1 206 OK\nContent-Range: bytes 5-7/9\nTransfer-Encoding: chunked\n\n4\r\nabcd\r\n0\r\n\r\n"


@pytest.fixture
def server(tmp_path):
    (tmp_path / "maps.npy").write_bytes(CONTENT)
    (tmp_path / "empty").write_bytes(b"")
    with Server(tmp_path) as server:
        yield server


@pytest.fixture
def scripted():
    """Start a server that gives each connection the next of some answers, byte for byte; return its address."""
    closing = []

    def start(*answers):
        listener = socket.create_server(("127.0.0.1", 0))

        def run():
            for answer in answers:
                client, _ = listener.accept()
                head, body = answer.split("\n\n")
                with client:
                    client.recv(65536)
                    client.sendall(f"{head}\n\n".replace("\n", "\r\n").encode() + body.encode())

        thread = threading.Thread(target=run, daemon=True)
        thread.start()
        closing.append((listener, thread))
        return f"http://127.0.0.1:{listener.getsockname()[1]}/x"

    yield start
    for listener, thread in closing:
        thread.join(5)
        listener.close()


def remote_of(server, path="/maps.npy", **changes):
    return open_remote(server.address + path, connection=Connection(**{**vars(QUICK), **changes}))


def open_first(addresses):
    return first_of(addresses, lambda address: open_remote(address, connection=QUICK), what="answers")


def read(remote, start=0, stop=SIZE):
    return b"".join(read_range(remote, start, stop))


def ranges(server):
    return [request.range for request in server.requests]


def partial(*, part="0-0/9", body="a"):
    head = f'HTTP/1.1 206 OK\nConnection: close\nETag: "a"\nContent-Range: bytes {part}\n'
    return f"{head}Content-Length: {len(body)}\n\n{body}"


def test_a_file_is_described_by_its_first_byte(server):
    remote = remote_of(server)
    assert (remote.size, remote.ranges, remote.validator[0]) == (SIZE, True, '"')
    assert (ranges(server), server.sent) == (["bytes=0-0"], 1)


def test_ranges_are_read_exactly_over_one_connection(server):
    remote = remote_of(server)
    for start, stop in [(0, 1), (7, 7), (5, 1000), (SIZE - 1, SIZE), (0, SIZE)]:
        assert read(remote, start, stop) == CONTENT[start:stop]
    assert len(server.connections) == 1


@pytest.mark.parametrize(("start", "stop"), [(-1, 5), (5, 4), (0, SIZE + 1)])
def test_bytes_that_are_not_there_are_refused(server, start, stop):
    with pytest.raises(InputError, match=f"Bytes {start} to {stop} of .* cannot be read: it has {SIZE} bytes"):
        read(remote_of(server), start, stop)


def test_a_server_that_cuts_every_connection_is_read_to_the_end(server):
    server.faults = Faults(cut=100_000)
    assert read(remote_of(server, attempts=1)) == CONTENT
    assert server.sent == SIZE + 1
    assert ranges(server)[1:3] == [f"bytes=0-{SIZE - 1}", f"bytes=99999-{SIZE - 1}"]


def test_a_stall_is_a_failure_and_the_rest_is_read(server):
    server.faults = Faults(stall=5.0, times=2)
    assert read(remote_of(server)) == CONTENT
    assert ranges(server)[-1] == f"bytes={SIZE // 2}-{SIZE - 1}"


def test_a_server_that_stalls_before_the_first_byte_is_given_up():
    with socket.create_server(("127.0.0.1", 0)) as listener:
        address = f"http://127.0.0.1:{listener.getsockname()[1]}/x"
        with pytest.raises(InputError, match=f"{address} was given up after 2 attempts: timed out"):
            open_remote(address, connection=QUICK)


@pytest.mark.parametrize("status", [500, 503, 408, 429])
def test_a_passing_failure_is_tried_again(server, status):
    server.faults = Faults(status=status, times=1)
    assert read(remote_of(server)) == CONTENT
    server.faults = Faults(status=status)
    with pytest.raises(InputError, match=f"maps.npy was given up after 2 attempts: {status}"):
        remote_of(server)


def test_a_failure_between_two_parts_is_tried_again(server):
    remote = remote_of(server)
    server.faults = Faults(status=503, times=2)
    assert read(remote, 5, 99) == CONTENT[5:99]
    server.faults = Faults(status=503)
    with pytest.raises(InputError, match="given up after 2 attempts: 503"):
        read(remote, 5, 99)


@pytest.mark.parametrize("status", [400, 401, 403, 404, 410])
def test_a_refusal_is_final(server, status):
    server.faults = Faults(status=status)
    with pytest.raises(InputError, match=f"maps.npy answers {status} .*is the address right"):
        remote_of(server)
    assert len(server.requests) == 1


def test_no_server_is_a_reason():
    with socket.create_server(("127.0.0.1", 0)) as listener:
        address = f"http://127.0.0.1:{listener.getsockname()[1]}/x"
    with pytest.raises(InputError, match="2 attempts: .*Connection refused"):
        open_remote(address, connection=QUICK)


@pytest.mark.parametrize("address", ["ftp://host/x", "file:///etc/passwd", "maps.npy"])
def test_other_schemes_are_refused(address):
    with pytest.raises(InputError, match=f"'{address}' cannot be downloaded. An address starts with http"):
        open_remote(address, connection=QUICK)


@pytest.mark.parametrize("address", ["http://", "http://[::1/x", "http://host:port/x"])
def test_an_address_that_is_none_is_refused(address):
    with pytest.raises(InputError, match="no address"):
        open_remote(address, connection=QUICK)


def test_an_empty_file_is_refused(server):
    with pytest.raises(InputError, match="empty is an empty file"):
        remote_of(server, "/empty")


def test_a_redirect_within_the_scheme_is_followed(server, tmp_path):
    with Server(tmp_path, faults=Faults(redirect=server.address)) as front:
        remote = remote_of(front)
        assert remote.address.startswith(front.address)
        assert read(remote, 3, 9) == CONTENT[3:9]


@pytest.mark.parametrize("other", ["https://host", "ftp://host", "file://"])
def test_a_redirect_to_another_scheme_is_refused(server, other):
    server.faults = Faults(redirect=other)
    with pytest.raises(
        InputError, match=f"{server.address}/maps.npy is redirected to '{other}/maps.npy'.*other scheme"
    ):
        remote_of(server)


def test_redirects_in_a_circle_end(server):
    server.faults = Faults(redirect=server.address)
    with pytest.raises(InputError, match="redirected more than 5 times"):
        remote_of(server)
    assert len(server.requests) == 6


def test_a_server_without_ranges_is_read_once_from_the_start(server):
    server.faults = Faults(ignore_range=True)
    remote = remote_of(server)
    assert not remote.ranges
    assert read(remote) == CONTENT
    assert read(remote, 0, 1000) == CONTENT[:1000]
    with pytest.raises(InputError, match="gives no parts, so that every reading starts at byte 0"):
        read(remote, 1)


def test_a_server_without_ranges_that_breaks_off_cannot_resume(server):
    remote = remote_of(server)
    server.faults = Faults(ignore_range=True, cut=1000)
    remote = remote_of(server)
    with pytest.raises(InputError, match=r"broke off at byte 1000 \(.*1000 bytes read.* ignores Range, so it cannot"):
        read(remote)


def test_a_server_that_begins_to_ignore_ranges_is_refused(server):
    remote = remote_of(server)
    server.faults = Faults(ignore_range=True)
    with pytest.raises(InputError, match="ignores Range: asked for bytes 5 to 9, it sends the whole"):
        read(remote, 5, 9)


def test_without_a_validator_nothing_is_resumed(server):
    server.faults = Faults(no_validator=True)
    remote = remote_of(server)
    assert remote.validator == ""
    assert read(remote) == CONTENT
    server.faults = Faults(no_validator=True, cut=100_000)
    with pytest.raises(InputError, match="broke off .*neither ETag nor Last-Modified, so nothing proves"):
        read(remote)


def test_a_file_replaced_before_the_reading_has_changed(server):
    server.faults = Faults(change=True)
    with pytest.raises(ChangedError, match="changed while it was read: it had .* now"):
        read(remote_of(server), 5)


def test_a_file_replaced_during_the_reading_has_changed(server, tmp_path):
    server.faults = Faults(cut=100_000)
    blocks = read_range(remote_of(server), 0, SIZE)
    next(blocks)
    (tmp_path / "maps.npy").write_bytes(CONTENT[::-1])
    with pytest.raises(ChangedError, match="changed while it was read"):
        list(blocks)


def test_a_file_that_shrank_has_changed(server, tmp_path):
    remote = remote_of(server)
    (tmp_path / "maps.npy").write_bytes(b"abc")
    server.faults = Faults(no_validator=True)
    with pytest.raises(ChangedError, match="changed while it was read"):
        read(remote, 5)


def test_an_answer_that_the_range_is_not_there_means_a_change(scripted):
    gone = "HTTP/1.1 416 No\nContent-Range: bytes */3\nContent-Length: 0\n\n"
    remote = open_remote(scripted(partial(), gone), connection=QUICK)
    with pytest.raises(ChangedError, match="changed while it was read: it has no byte 5 any more"):
        read(remote, 5, 9)


@pytest.mark.parametrize(
    ("answer", "message"),
    [
        (partial(part="4-8/9", body="abcde"), "sends bytes 4 to 9, but 5 to 8 were asked for"),
        (partial(part="5-8/9", body="abcd"), "sends bytes 5 to 9, but 5 to 8 were asked for"),
        (partial(part="5-7/10", body="abc"), "changed while it was read"),
        (partial(part="*/9", body="abc"), "does not say its size: Content-Range is 'bytes \\*/9'"),
        (CHUNKED, "sends more than the 3 bytes"),
    ],
)
def test_an_answer_to_another_question_is_refused(scripted, answer, message):
    remote = open_remote(scripted(partial(), answer), connection=QUICK)
    with pytest.raises(InputError, match=message):
        read(remote, 5, 8)


def test_an_answer_shorter_than_asked_is_gone_on_from(scripted):
    address = scripted(partial(), partial(part="5-5/9", body="f"), partial(part="6-7/9", body="gh"))
    assert read(open_remote(address, connection=QUICK), 5, 8) == b"fgh"


def test_a_body_shorter_than_its_range_is_noticed(scripted):
    address = scripted(partial(), *[partial(part="5-7/9", body="")] * 2)
    with pytest.raises(InputError, match="given up after 2 attempts: no more bytes came"):
        read(open_remote(address, connection=QUICK), 5, 8)


@pytest.mark.parametrize("answer", ["HTTP/1.1 200 OK\n\nabc", partial(part="0-0/*")])
def test_a_file_of_unknown_size_is_refused(scripted, answer):
    with pytest.raises(InputError, match="does not say its size"):
        open_remote(scripted(answer), connection=QUICK)


def test_a_weak_etag_proves_nothing(scripted):
    answer = 'HTTP/1.1 200 OK\nETag: W/"a"\nLast-Modified: yesterday\nContent-Length: 3\n\nabc'
    assert open_remote(scripted(answer), connection=QUICK).validator == "yesterday"


@pytest.mark.parametrize(("after", "seconds"), [("7", 7.0), ("1000", 300.0), ("0", 1.0), ("Fri, 1 Jan 2027", 1.0)])
def test_retry_after_is_honoured(scripted, monkeypatch, after, seconds):
    pauses = []
    monkeypatch.setattr(time, "sleep", pauses.append)
    busy = f"HTTP/1.1 503 Busy\nConnection: close\nRetry-After: {after}\nContent-Length: 0\n\n"
    open_remote(scripted(busy, partial()), connection=Connection(attempts=2, timeout=5))
    assert pauses == [seconds]


def test_pauses_double_up_to_a_minute(server, monkeypatch):
    pauses = []
    monkeypatch.setattr(time, "sleep", pauses.append)
    server.faults = Faults(status=503)
    with pytest.raises(InputError, match="given up after 9 attempts"):
        remote_of(server, attempts=9, pause=1.0)
    assert pauses == [1, 2, 4, 8, 16, 32, 60, 60]


def test_the_first_address_that_answers_is_taken(server):
    addresses = [server.address + path for path in ("/none", "/maps.npy")]
    assert open_first(addresses).address == addresses[1]


def test_when_no_address_answers_every_reason_is_told(server):
    addresses = [server.address + path for path in ("/none", "/empty")]
    with pytest.raises(
        InputError, match=r"None of 2 addresses answers: not there \(404\): .*/none; .*/empty is an empty"
    ):
        open_first(addresses)


def test_a_host_that_was_given_up_is_not_asked_again(server):
    with socket.create_server(("127.0.0.1", 0)) as listener:
        dead = f"http://127.0.0.1:{listener.getsockname()[1]}"
    server.faults = Faults(status=503, match="broken")
    with pytest.raises(InputError, match=f"{dead}/a was given up .*{dead}/b was not asked, because {dead} had"):
        open_first([f"{server.address}/broken", f"{dead}/a", f"{server.address}/maps.npy", f"{dead}/b"])
    assert len(server.requests) == 2


def test_a_host_that_was_given_up_is_named(server):
    server.faults = Faults(status=503)
    addresses = [server.address + path for path in ("/a", "/b?c")]
    with pytest.raises(
        InputError, match=f"attempts: 503 .*; {server.address}/b.c was not asked, because {server.address} had"
    ):
        open_first(addresses)


def test_the_host_redirected_to_is_given_up(server, tmp_path):
    server.faults = Faults(status=503)
    with Server(tmp_path, faults=Faults(redirect=server.address, match="empty")) as front:
        assert open_first([f"{front.address}/empty", f"{front.address}/maps.npy"]).size == SIZE


def test_a_reason_without_its_address_gets_it():
    def take(address):
        raise InputError("It is small.")

    with pytest.raises(
        InputError, match=r"^None of 2 addresses gives maps: http://a: It is small; http://b: It is small\.$"
    ):
        first_of(["http://a", "http://b"], take, what="gives maps")


# what a server may send


@pytest.fixture
def trickling():
    """Start a server whose bodies come a byte at a time; return its address and the ranges asked for."""
    asked, closing = [], threading.Event()
    listener = socket.create_server(("127.0.0.1", 0))

    def answer(client):
        with client, contextlib.suppress(OSError):
            asked.append(re.search(r"bytes=(\d+)", client.recv(65536).decode())[1])
            first = int(asked[-1])
            head = f'HTTP/1.1 206 OK\r\nETag: "a"\r\nContent-Range: bytes {first}-999/1000\r\n'
            client.sendall(f"{head}Content-Length: {1000 - first}\r\n\r\n".encode())
            while not closing.wait(0.02):
                client.sendall(b"a")

    def run():
        with contextlib.suppress(OSError):
            while True:
                client, _ = listener.accept()
                threading.Thread(target=answer, args=(client,), daemon=True).start()

    threading.Thread(target=run, daemon=True).start()
    yield f"http://127.0.0.1:{listener.getsockname()[1]}/x", asked
    closing.set()
    listener.shutdown(socket.SHUT_RDWR)
    listener.close()


def test_a_trickle_ends(trickling):
    address, asked = trickling
    remote = open_remote(address, connection=Connection(attempts=3, timeout=0.2, pause=0.0, window=0.3))
    with pytest.raises(InputError, match=r"x was given up after 3 attempts: only \d+ bytes came in 0.3\d* seconds"):
        read(remote, 0, 1000)
    assert len(asked) == 4
    assert 0 < int(asked[2]) < int(asked[3])


def test_time_that_the_reader_takes_is_not_the_servers(server, monkeypatch):
    remote = remote_of(server, window=0.0, timeout=0.2, slowest=1e6)
    found = b""
    for block in read_range(remote, 0, SIZE):
        found += block
        if len(found) < SIZE:
            time.sleep(0.3)
    assert (found, len(server.requests)) == (CONTENT, 2)


@pytest.mark.parametrize("location", ["http://[::1/x", "http://host:port/x"])
def test_a_redirect_to_no_address_is_refused(scripted, location):
    with pytest.raises(InputError, match="which is no address"):
        open_remote(scripted(f"HTTP/1.1 302 Found\nConnection: close\nLocation: {location}\n\n"), connection=QUICK)


def test_the_body_of_a_redirect_is_not_read(server, scripted):
    answer = f"HTTP/1.1 302 Found\nConnection: close\nLocation: {server.address}/maps.npy\nContent-Length: 9999\n\nabc"
    assert open_remote(scripted(answer), connection=QUICK).size == SIZE


def test_another_error_is_not_blamed_on_the_address(server, monkeypatch):
    monkeypatch.setenv("HTTP_PROXY", "odd://proxy")
    monkeypatch.setenv("NO_PROXY", "")
    with pytest.raises(InputError, match="maps.npy cannot be asked: .*(scheme|Proxy)") as raised:
        remote_of(server)
    assert "no address" not in str(raised.value)


@pytest.mark.parametrize(
    "answer",
    [
        f"HTTP/1.1 200 OK\nContent-Length: {'9' * 19}\n\n",
        f"HTTP/1.1 206 OK\nContent-Range: bytes 0-0/{'9' * 5000}\nContent-Length: 1\n\na",
        "HTTP/1.1 206 OK\nContent-Range: bytes 0-0/٣\nContent-Length: 1\n\na",
    ],
)
def test_sizes_have_18_digits_at_most(scripted, answer):
    with pytest.raises(InputError, match="does not say its size: Content-(Length|Range) is '[^']*'?.$") as raised:
        open_remote(scripted(answer), connection=QUICK)
    assert len(str(raised.value)) < 220


@pytest.mark.parametrize("status", [403, 404, 503])
def test_what_a_server_says_is_quoted_and_cut(scripted, status):
    answer = f"HTTP/1.1 {status} \x1b[2J{'x' * 5000}\nConnection: close\nContent-Length: 0\n\n"
    with pytest.raises(InputError, match=rf"{status} '\\x1b\[2Jxxx") as raised:
        open_remote(scripted(*[answer] * (1 + (status == 503))), connection=QUICK)
    assert len(str(raised.value)) < 300


def test_what_is_no_http_is_quoted_and_cut(scripted):
    with pytest.raises(InputError, match=r"given up after 2 attempts: .*BadStatusLine") as raised:
        open_remote(scripted(*[f"\x1b[2J{'x' * 5000}\n\n"] * 2), connection=QUICK)
    assert len(str(raised.value)) < 300


def test_a_retry_after_of_many_digits_is_none(scripted, monkeypatch):
    pauses = []
    monkeypatch.setattr(time, "sleep", pauses.append)
    busy = f"HTTP/1.1 503 Busy\nConnection: close\nRetry-After: {'9' * 5000}\nContent-Length: 0\n\n"
    open_remote(scripted(busy, partial()), connection=Connection(attempts=2, timeout=5))
    assert pauses == [1.0]


def _read_in_child(remote, queue):
    queue.put(read(remote, 5, 9))


def test_a_forked_process_has_its_own_connections(server):
    remote = remote_of(server)
    context = multiprocessing.get_context("fork")
    queue = context.SimpleQueue()
    child = context.Process(target=_read_in_child, args=(remote, queue))
    child.start()
    assert queue.get() == CONTENT[5:9]
    child.join()
    assert read(remote, 5, 9) == CONTENT[5:9]
