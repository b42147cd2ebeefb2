"""Files over HTTP from a directory, with ranges, validators and keep-alive, and with a bad connection's faults."""

import logging
import os
import re
import socket
import threading
from collections import Counter
from contextlib import suppress
from dataclasses import dataclass
from email.utils import formatdate
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, BinaryIO, Final, Self
from urllib.parse import unquote, urlsplit

from repshift.mock_server.faults import NO_FAULTS, Faults

__all__ = ["NO_FAULTS", "Faults", "Request", "Server", "serve"]

logger = logging.getLogger(__name__)

_BLOCK: Final = 1 << 18


@dataclass
class Request:
    """A request as it came; `sent` are the bytes of files sent in answer, counted as they are sent."""

    method: str
    path: str
    range: str | None
    sent: int = 0


class Server(ThreadingHTTPServer):
    """A server of a directory on 127.0.0.1, running inside a ``with`` block.

    Attributes
    ----------
    address
        Such as ``http://127.0.0.1:8000``.
    faults
        May be replaced while the server runs.
    requests
        All that came, in order.

    Raises
    ------
    FileNotFoundError
        If there is no such directory.
    """

    daemon_threads = True

    def __init__(self, directory: Path, *, port: int = 0, faults: Faults = NO_FAULTS) -> None:
        if not directory.is_dir():
            raise FileNotFoundError(f"There is no directory {directory} to serve.")
        super().__init__(("127.0.0.1", port), _Handler)
        self.directory = directory.resolve()
        self.faults = faults
        self.address = f"http://127.0.0.1:{self.server_port}"
        self.requests: list[Request] = []
        self.closing = threading.Event()
        self._counts: Counter[str] = Counter()
        self._lock = threading.Lock()
        self.connections: set[socket.socket] = set()

    @property
    def sent(self) -> int:
        """Bytes of files sent so far."""
        return sum(request.sent for request in self.requests)

    def __enter__(self) -> Self:
        threading.Thread(target=self.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
        return self

    def __exit__(self, *exception: object) -> None:
        self.shutdown()
        self.closing.set()
        for connection in list(self.connections):
            with suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)
        self.server_close()

    def admit(self, request: Request) -> tuple[Faults, int]:
        """Count a request; return the faults it meets and how often its file was replaced before."""
        with self._lock:
            number = self._counts[request.path]
            self._counts[request.path] += 1
            self.requests.append(request)
        faults = self.faults
        if not re.search(faults.match, request.path):
            return NO_FAULTS, 0
        times = number + 1 if faults.times is None else faults.times
        version = min(number, times) if faults.change else 0
        return faults if number < times else NO_FAULTS, version

    def located(self, path: str) -> Path | None:
        """Return the file that a path names; None if there is none inside the directory."""
        with suppress(ValueError, OSError):
            file = (self.directory / path.lstrip("/")).resolve()
            if file.is_relative_to(self.directory) and file.is_file():
                return file
        return None


def serve(directory: Path, *, port: int, faults: Faults = NO_FAULTS) -> None:
    """Serve a directory until interrupted.

    Raises
    ------
    FileNotFoundError
        If there is no such directory.
    """
    with Server(directory, port=port, faults=faults) as server, suppress(KeyboardInterrupt):
        logger.info("%s serves %s", server.address, directory)
        threading.Event().wait()


class _Handler(BaseHTTPRequestHandler):
    """One connection: its requests, one after the other."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    server: Server
    carried = 0

    def handle(self) -> None:
        self.server.connections.add(self.connection)
        with suppress(OSError):
            super().handle()
        self.server.connections.discard(self.connection)

    def do_GET(self) -> None:
        path = unquote(urlsplit(self.path).path)
        request = Request(self.command, path, self.headers.get("Range"))
        faults, version = self.server.admit(request)
        file = self.server.located(path)
        if faults.status is not None:
            self.send_error(faults.status)
        elif faults.redirect is not None:
            self._send_head(HTTPStatus.FOUND, {"Location": faults.redirect + self.path, "Content-Length": 0})
        elif file is None:
            self.send_error(HTTPStatus.NOT_FOUND)
        else:
            with file.open("rb") as content:
                self._send_file(content, request, faults, version)

    do_HEAD = do_GET  # noqa: N815

    def _send_file(self, file: BinaryIO, request: Request, faults: Faults, version: int) -> None:
        size = os.fstat(file.fileno()).st_size
        validators = {} if faults.no_validator else _validators(file, version)
        condition = self.headers.get("If-Range")
        honoured = not faults.ignore_range and (condition is None or condition in validators.values())
        span = _span(request.range, size) if honoured else None
        if span is None:
            status, part, span = HTTPStatus.OK, {}, range(size)
        elif span:
            status, part = HTTPStatus.PARTIAL_CONTENT, {"Content-Range": f"bytes {span[0]}-{span[-1]}/{size}"}
        else:
            status, part = HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE, {"Content-Range": f"bytes */{size}"}
        ranges = {} if faults.ignore_range else {"Accept-Ranges": "bytes"}
        self._send_head(status, {"Content-Length": len(span)} | ranges | part | validators)
        if self.command == "GET":
            self._send_body(file, span, faults, version + faults.wrong, request)

    def _send_head(self, status: HTTPStatus, headers: dict[str, Any]) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, str(value))
        self.end_headers()

    def _send_body(self, file: BinaryIO, span: range, faults: Faults, shift: int, request: Request) -> None:
        """Send the bytes of `span`, each with `shift` added."""
        length = len(span) if faults.cut is None else min(len(span), faults.cut - self.carried)
        middle, done = len(span) // 2, 0
        table = bytes((byte + shift) % 256 for byte in range(256))
        file.seek(span.start)
        while done < length:
            if faults.stall is not None and done == middle > 0:
                self.server.closing.wait(faults.stall)
            block = file.read(min(_BLOCK, length - done, middle - done if done < middle else length))
            if not block:
                raise ConnectionError("The file was cut while it was sent.")
            done += len(block)
            self.carried += len(block)
            request.sent += len(block)
            self.wfile.write(block.translate(table))
        if faults.cut is not None and self.carried >= faults.cut:
            self.close_connection = True

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        logger.debug(format, *args)


def _validators(file: BinaryIO, version: int) -> dict[str, str]:
    """Return ETag and Last-Modified of a file that was replaced `version` times."""
    state = os.fstat(file.fileno())
    modified = state.st_mtime_ns + version * 10**9
    return {
        "ETag": f'"{state.st_size:x}-{modified:x}"',
        "Last-Modified": formatdate(modified // 10**9, usegmt=True),
    }


def _span(header: str | None, size: int) -> range | None:
    """Return the bytes that a Range header asks for: empty where there are none, None for the whole file."""
    found = re.fullmatch(r"bytes=(\d+)-(\d*)", header or "")
    if found is None or (found[2] and int(found[2]) < int(found[1])):
        return None
    return range(min(int(found[1]), size), min(int(found[2]) + 1, size) if found[2] else size)
