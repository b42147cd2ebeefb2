"""The stand-in server answers as a web server does, and each fault is a fault."""

import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest
import requests

from repshift.mock_server.faults import Faults
from repshift.mock_server.server import Server, serve
from repshift.vocabulary import InputError

SOURCE = Path(__file__).parents[2] / "src"
PATH = "/data/z=0%2050%25.npy"
CONTENT = bytes(range(256)) * 4096
SIZE = len(CONTENT)


@pytest.fixture
def directory(tmp_path):
    directory = tmp_path / "served"
    (directory / "data").mkdir(parents=True)
    (directory / "data" / "z=0 50%.npy").write_bytes(CONTENT)
    (directory / "empty").write_bytes(b"")
    (tmp_path / "secret").write_text("secret")
    return directory


@pytest.fixture
def server(directory):
    with Server(directory) as server:
        yield server


def ask(server, path=PATH, *, method="GET", session=None, **headers):
    headers = {name.replace("_", "-"): value for name, value in headers.items()}
    with requests.Session() as own:
        asked = {"headers": headers, "timeout": 5, "allow_redirects": False}
        return (session or own).request(method, server.address + path, **asked)


def test_a_file_comes_whole_with_size_and_validators(server):
    response = ask(server)
    assert (response.status_code, response.content) == (200, CONTENT)
    assert response.headers["Content-Length"] == str(SIZE)
    assert response.headers["Accept-Ranges"] == "bytes"
    assert response.headers["ETag"].startswith('"')
    assert response.headers["Last-Modified"].endswith("GMT")


def test_a_head_has_the_headers_and_no_body(server):
    response = ask(server, method="HEAD")
    assert (response.headers["Content-Length"], response.content, server.sent) == (str(SIZE), b"", 0)


@pytest.mark.parametrize(
    ("header", "start", "stop"),
    [("bytes=0-0", 0, 1), ("bytes=10-19", 10, 20), ("bytes=1000000-", 1000000, SIZE), ("bytes=9-99999999", 9, SIZE)],
)
def test_a_range_gives_its_bytes(server, header, start, stop):
    response = ask(server, Range=header)
    assert (response.status_code, response.content) == (206, CONTENT[start:stop])
    assert response.headers["Content-Range"] == f"bytes {start}-{stop - 1}/{SIZE}"
    assert server.requests[-1].range == header
    assert server.sent == stop - start


@pytest.mark.parametrize("header", ["bytes=5-4", "bytes=0-1,3-4", "bytes=-5", "lines=1-2"])
def test_what_is_no_single_range_gives_the_whole(server, header):
    assert ask(server, Range=header).status_code == 200


@pytest.mark.parametrize(("path", "size"), [(PATH, SIZE), ("/empty", 0)])
def test_a_range_after_the_end_is_refused(server, path, size):
    response = ask(server, path, Range=f"bytes={size}-")
    assert (response.status_code, response.headers["Content-Range"]) == (416, f"bytes */{size}")


@pytest.mark.parametrize("validator", ["ETag", "Last-Modified"])
def test_a_range_of_the_same_file_is_given(server, validator):
    assert ask(server, Range="bytes=5-", If_Range=ask(server).headers[validator]).status_code == 206


def test_a_range_of_another_file_gives_the_whole(server, directory):
    etag = ask(server).headers["ETag"]
    (directory / "data" / "z=0 50%.npy").write_bytes(b"new")
    response = ask(server, Range="bytes=1-", If_Range=etag)
    assert (response.status_code, response.content) == (200, b"new")


@pytest.mark.parametrize("path", ["/../secret", "/%2e%2e/secret", "/data/..%2f../../secret", "/none", "/data", "/%00"])
def test_nothing_outside_the_directory_is_served(server, path):
    with socket.create_connection(("127.0.0.1", server.server_port), timeout=5) as client:
        client.sendall(f"GET {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n".encode())
        assert client.makefile("rb").readline().split()[1] == b"404"


def test_a_connection_is_kept(server):
    with requests.Session() as session:
        for _ in range(3):
            assert ask(server, session=session, Range="bytes=0-9").status_code == 206
        assert len(server.connections) == 1


def test_a_client_may_go_away(server, capfd):
    with requests.Session() as session:
        session.get(server.address + PATH, stream=True, timeout=5).close()
    assert ask(server).content == CONTENT
    assert capfd.readouterr().err == ""


def test_a_cut_connection_ends_early_whatever_was_promised(server):
    server.faults = Faults(cut=1000)
    with requests.Session() as session:
        assert ask(server, session=session, Range="bytes=0-699").content == CONTENT[:700]
        with pytest.raises(requests.exceptions.ChunkedEncodingError, match="300 bytes read"):
            ask(server, session=session)


def test_a_server_may_ignore_ranges(server):
    server.faults = Faults(ignore_range=True)
    response = ask(server, Range="bytes=5-9")
    assert (response.status_code, response.content) == (200, CONTENT)
    assert "Accept-Ranges" not in response.headers


@pytest.mark.parametrize(("times", "versions"), [(None, 4), (1, 2)])
def test_a_file_may_be_replaced_after_requests(server, times, versions):
    server.faults = Faults(change=True, times=times)
    responses = [ask(server) for _ in range(4)]
    assert responses[0].content == CONTENT
    assert {len(response.content) for response in responses} == {SIZE}
    assert len({response.content for response in responses}) == versions
    assert len({response.headers["ETag"] for response in responses}) == versions


def test_wrong_bytes_are_as_many(server):
    etag = ask(server).headers["ETag"]
    server.faults = Faults(wrong=True)
    response = ask(server)
    assert (len(response.content), response.headers["ETag"]) == (SIZE, etag)
    assert response.content != CONTENT


def test_a_stall_is_a_pause_in_the_middle(server):
    server.faults = Faults(stall=0.6)
    start = time.monotonic()
    assert ask(server, Range="bytes=0-0").content == CONTENT[:1]
    assert time.monotonic() - start < 0.5
    assert ask(server).content == CONTENT
    assert time.monotonic() - start > 0.6


@pytest.mark.parametrize("status", [403, 404, 500, 503])
def test_a_server_may_answer_a_status(server, status):
    server.faults = Faults(status=status)
    assert ask(server).status_code == status


def test_a_server_may_redirect(server):
    server.faults = Faults(redirect="https://elsewhere.org")
    response = ask(server)
    assert (response.status_code, response.headers["Location"]) == (302, "https://elsewhere.org" + PATH)


def test_a_server_may_give_no_validator(server):
    server.faults = Faults(no_validator=True)
    assert not {"ETag", "Last-Modified"} & set(ask(server).headers)


def test_faults_are_limited_to_paths_and_to_the_first_requests(server):
    server.faults = Faults(status=503, match=r"\.npy$", times=2)
    assert [ask(server).status_code for _ in range(3)] == [503, 503, 200]
    assert ask(server, "/empty").status_code == 200


def test_a_pattern_is_one():
    with pytest.raises(InputError, match=r"'\[' is not a regular expression"):
        Faults(match="[")


def test_a_directory_is_there(tmp_path):
    with pytest.raises(FileNotFoundError, match="no directory .*none to serve"):
        serve(tmp_path / "none", port=0)


def test_a_server_in_the_foreground_ends_when_interrupted(directory):
    code = (
        "import logging, pathlib, signal, sys; from repshift.mock_server.server import serve; "
        "signal.signal(signal.SIGINT, signal.default_int_handler); "  # ignored where the tests run in the background
        "logging.basicConfig(level='INFO', format='%(message)s'); serve(pathlib.Path(sys.argv[1]), port=0)"
    )
    command = [sys.executable, "-c", code, str(directory)]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True, env={"PYTHONPATH": str(SOURCE)}) as child:
        address = child.stderr.readline().split()[0]
        assert requests.get(address + PATH, timeout=5).content == CONTENT
        child.send_signal(signal.SIGINT)
        assert (child.wait(5), child.stderr.read()) == (0, "")
