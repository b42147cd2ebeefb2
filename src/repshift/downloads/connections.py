"""Questions to a web server: which failures are worth another attempt, and when."""

import logging
import os
import re
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, TypeVar
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

T = TypeVar("T")


class NotThereError(InputError):
    """A server says that it has no such file."""


class GivenUpError(InputError):
    """A host did not give what it was asked for, after all attempts."""

    def __init__(self, message: str, host: str) -> None:
        super().__init__(message)
        self.host = host


class HopelessError(InputError):
    """What no other address would mend."""


class TrickleError(requests.ConnectionError):
    """A connection gives next to nothing, and does not end."""


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
    slowest
        Bytes a second, below which a connection fails; such a failure counts although new bytes came.
    window
        Seconds of waiting over which the speed is averaged; at least `timeout`.
    """

    attempts: int
    timeout: float
    pause: float = 1.0
    slowest: float = 1000.0
    window: float = 60.0


def first_of(addresses: Sequence[str], take: Callable[[str], T], *, what: str) -> T:
    """Return what `take` gives for the first address for which it raises no `InputError`.

    An address on a host that was given up is not asked. `what` ends the sentence "None of 2 addresses ...".

    Raises
    ------
    HopelessError
        At once, if `take` does.
    InputError
        If no address gives anything: every address with its reason.
    """
    not_there: list[str] = []
    reasons: list[str] = []
    given_up: set[str] = set()
    for address in addresses:
        if (host := _host(address)) in given_up:
            reasons.append(f"{address} was not asked, because {host} had been given up")
            continue
        try:
            return take(address)
        except HopelessError:
            raise
        except InputError as error:
            logger.warning("%s", error)
            if isinstance(error, NotThereError):
                not_there.append(address)
                continue
            if isinstance(error, GivenUpError):
                given_up.add(error.host)
            reasons.append((str(error) if address in str(error) else f"{address}: {error}").rstrip("."))
    summed_up = [f"not there (404): {', '.join(not_there)}"] if not_there else []
    told = "; ".join(dict.fromkeys(summed_up + reasons))
    raise InputError(f"None of {len(addresses)} addresses {what}: {told}.")


def get(address: str, connection: Connection, headers: Mapping[str, str]) -> requests.Response:
    """Return the answer to a GET, its body unread, after redirects within the scheme: 200, 206 or 416.

    Raises
    ------
    InputError
        If the server refuses for good, or redirects to another scheme, to no address, or again and again.
    requests.RequestException
        If it may answer better the next time.
    """
    url = address
    for _ in range(_REDIRECTS + 1):
        response = _ask(address, url, connection, headers)
        if not response.is_redirect:
            return _accepted(address, response)
        response.close()
        url = _redirected(address, url, response.headers["Location"])
    raise InputError(f"{address} is redirected more than {_REDIRECTS} times, at last to {url!r:.100}.")


def _ask(address: str, url: str, connection: Connection, headers: Mapping[str, str]) -> requests.Response:
    """Send one GET."""
    if not _is_address(url):
        raise InputError(f"{address} leads to {url!r:.100}, which is no address.")
    try:
        return _session().get(
            url,
            headers={"Accept-Encoding": "identity", **headers},
            stream=True,
            allow_redirects=False,
            timeout=connection.timeout,
        )
    except ValueError as error:
        raise InputError(f"{address} cannot be asked: {reason(error)}.") from error


def _accepted(address: str, response: requests.Response) -> requests.Response:
    status = response.status_code
    if status in (200, 206, 416):
        return response
    response.close()
    answer = f"{status} {response.reason!r:.100}"
    if status >= 500 or status in (408, 429):
        raise requests.HTTPError(answer, response=response)
    refusal = NotThereError if status == 404 else InputError
    raise refusal(f"{address} answers {answer} instead of the file (is the address right?).")


def _redirected(address: str, url: str, location: str) -> str:
    try:
        target = urljoin(url, location)
        same = urlsplit(target).scheme == urlsplit(address).scheme
    except ValueError as error:
        raise InputError(f"{address} is redirected to {location!r:.100}, which is no address.") from error
    if not same:
        raise InputError(f"{address} is redirected to {target!r:.100}. A redirect to another scheme is not followed.")
    return target


def _is_address(url: str) -> bool:
    try:
        return bool(urllib3.util.parse_url(url).host)
    except ValueError:
        return False


def _host(address: str) -> str:
    """Return scheme, name and port of an address."""
    scheme, _, rest = address.lower().partition("://")
    return f"{scheme}://{re.split('[/?#]', rest, maxsplit=1)[0].rpartition('@')[2]}"


def back_off(address: str, connection: Connection, failures: int, error: Exception) -> None:
    """Wait after a number of failures in a row: the pause of `connection`, or what the server asks for.

    Raises
    ------
    GivenUpError
        If there were as many failures as attempts; names the address and the last reason.
    """
    if failures >= connection.attempts:
        asked = getattr(getattr(error, "request", None), "url", None) or address
        text = f"{address} was given up after {failures} attempts: {reason(error)}."
        raise GivenUpError(text, _host(asked)) from error
    pause = min(connection.pause * 2.0 ** min(max(failures - 1, 0), 30), _LONGEST_PAUSE)
    after = getattr(getattr(error, "response", None), "headers", {}).get("Retry-After", "")
    pause = max(pause, min(float(after), _LONGEST_RETRY_AFTER)) if re.fullmatch("[0-9]{1,18}", after) else pause
    logger.info("%s: %s; next attempt in %g s", address, reason(error), pause)
    time.sleep(pause)


def reason(error: BaseException) -> str:
    """Return what the innermost error says: the outer ones of requests and urllib3 only wrap it.

    It may hold what a server sent, which is quoted and cut where it is long or not printable.
    """
    while isinstance(inner := error.__cause__ or next(iter(error.args), None), BaseException):
        error = inner
    text = str(error).rstrip(".") or type(error).__name__
    return text if text.isprintable() and len(text) <= 200 else f"{text!r:.100}"


class _Session(requests.Session):
    """Leaves redirects alone; requests would read their bodies whole, although it is not to follow them."""

    def get_redirect_target(self, resp: requests.Response) -> None:
        """Return that there is none."""


def _session() -> requests.Session:
    """Return the connections of this thread; a forked process makes its own."""
    if getattr(_of_thread, "process", None) != os.getpid():
        _of_thread.session, _of_thread.process = _Session(), os.getpid()
    session: requests.Session = _of_thread.session
    return session
