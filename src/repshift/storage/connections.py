"""Questions to a web server: which failures are worth another attempt, and when."""

import logging
import os
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final
from urllib.parse import urljoin, urlsplit

import requests
import urllib3

from repshift.vocabulary import InputError

logger = logging.getLogger(__name__)

BROKEN: Final = (requests.RequestException, urllib3.exceptions.HTTPError)
"""What a connection raises that broke, or a server that may answer better the next time."""

_REDIRECTS: Final = 5
_LONGEST_PAUSE: Final = 60.0
_LONGEST_RETRY_AFTER: Final = 300.0
_of_thread = threading.local()


@dataclass(frozen=True)
class Connection:
    """How patiently a server is asked.

    Attributes
    ----------
    attempts
        Failures in a row, without a new byte, after which an address is given up.
    timeout
        Seconds without a byte that count as a failure.
    pause
        Seconds between a failure and the next attempt; doubles at every failure in a row, up to 60. A server's
        Retry-After is waited for where it is longer, up to 300 seconds.
    """

    attempts: int
    timeout: float
    pause: float = 1.0


def get(address: str, connection: Connection, headers: Mapping[str, str]) -> requests.Response:
    """Return the answer to a GET, its body unread, after redirects within the scheme: 200, 206 or 416.

    Raises
    ------
    InputError
        If the server refuses for good, or redirects to another scheme, to no address, or again and again.
    requests.RequestException
        If it may answer better the next time.
    """
    url, session = address, _session()
    for _ in range(_REDIRECTS + 1):
        try:
            response = session.get(
                url,
                headers={"Accept-Encoding": "identity", **headers},
                stream=True,
                allow_redirects=False,
                timeout=connection.timeout,
            )
        except ValueError as error:
            raise InputError(f"{address} leads to '{url}', which is no address: {error}.") from error
        if not response.is_redirect:
            return _accepted(address, response)
        response.close()
        url = _redirected(address, url, response.headers["Location"])
    raise InputError(f"{address} is redirected more than {_REDIRECTS} times, at last to {url}.")


def _accepted(address: str, response: requests.Response) -> requests.Response:
    status = response.status_code
    if status in (200, 206, 416):
        return response
    response.close()
    if status >= 500 or status in (408, 429):
        response.raise_for_status()
    raise InputError(f"{address} answers {status} {response.reason}. Expected was the file: is the address right?")


def _redirected(address: str, url: str, location: str) -> str:
    target = urljoin(url, location)
    if urlsplit(target).scheme != urlsplit(address).scheme:
        raise InputError(f"{address} is redirected to {target}. A redirect to another scheme is not followed.")
    return target


def back_off(address: str, connection: Connection, failures: int, error: Exception) -> None:
    """Wait after a number of failures in a row: the pause of `connection`, or what the server asks for.

    Raises
    ------
    InputError
        If there were as many failures as attempts; names the address and the last reason.
    """
    if failures >= connection.attempts:
        raise InputError(f"{address} was given up after {failures} attempts: {reason(error)}.") from error
    pause = min(connection.pause * 2.0 ** min(max(failures - 1, 0), 30), _LONGEST_PAUSE)
    after = getattr(getattr(error, "response", None), "headers", {}).get("Retry-After", "")
    pause = max(pause, min(float(after), _LONGEST_RETRY_AFTER)) if after.isdecimal() else pause
    logger.info("%s: %s; next attempt in %g s", address, reason(error), pause)
    time.sleep(pause)


def reason(error: BaseException) -> str:
    """Return what the innermost error says: the outer ones of requests and urllib3 only wrap it."""
    while isinstance(inner := error.__cause__ or next(iter(error.args), None), BaseException):
        error = inner
    return str(error).rstrip(".")


def _session() -> requests.Session:
    """Return the connections of this thread; a forked process makes its own."""
    if getattr(_of_thread, "process", None) != os.getpid():
        _of_thread.session, _of_thread.process = requests.Session(), os.getpid()
    session: requests.Session = _of_thread.session
    return session
