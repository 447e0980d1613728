"""A workshop's server, asked with the standard library alone."""

from __future__ import annotations

import json
import ssl
from collections.abc import Iterator
from contextlib import closing
from http.client import HTTPConnection, HTTPException, HTTPResponse, HTTPSConnection
from typing import Any
from urllib.parse import urlsplit

_MOST = 4 << 20  # bytes of an answer
SILENCE = 40.0  # seconds after which a stream that says nothing is broken; the server says something every 15


def ask(
    address: str, path: str, body: object = None, token: str = "", seconds: float = 10.0
) -> tuple[int, dict[str, Any], float]:
    """Posts JSON and reads JSON; waits for each step of it so many seconds at most.

    Returns:
        The status, the answer, and the seconds that the server asks to wait, or 0.

    Raises:
        OSError: nobody answers, or somebody who is no workshop.
    """
    connection = _connection(address, seconds)
    with closing(connection):
        try:
            connection.request("POST", path, json.dumps(body), _headers(token) | {"Content-Type": "application/json"})
            response = connection.getresponse()
            found = json.loads(response.read(_MOST))
            wait = response.getheader("Retry-After", "0")
        except ssl.SSLCertVerificationError as error:
            raise OSError(f"{error.verify_message}; name its certificate in SSL_CERT_FILE if you trust it") from None
        except ssl.SSLError:
            raise OSError("it does not speak TLS; does its address begin with http://?") from None
        except (HTTPException, ValueError, RecursionError) as error:
            raise OSError(f"what answers there is no workshop: {type(error).__name__}") from None
    if not isinstance(found, dict):
        raise OSError("what answers there is no workshop")
    return response.status, found, float(wait) if wait.isdecimal() else 0.0


def listen(address: str, path: str, token: str) -> Iterator[dict[str, Any] | None]:
    """What a stream of the server says, one after another; None when the workshop is over.

    Raises:
        OSError: it breaks off, cannot be had, or is none.
    """
    connection = _connection(address, SILENCE)
    with closing(connection):
        try:
            connection.request("GET", path, headers=_headers(token))
            response = connection.getresponse()
            if response.status == 401:
                yield None
                return
            if response.status != 200:
                raise OSError(f"the server answers {response.status}")
            for line in _lines(response):
                if line.startswith(b"event: over"):
                    yield None
                    return
                if line.startswith(b"data: "):
                    found = json.loads(line.removeprefix(b"data: "))
                    if isinstance(found, dict):
                        yield found
        except (HTTPException, ValueError, RecursionError) as error:
            raise OSError(f"the stream of {address} is broken ({type(error).__name__})") from None
    raise OSError(f"the stream of {address} has ended")


def _lines(response: HTTPResponse) -> Iterator[bytes]:
    while line := response.readline(_MOST):
        yield line


def _connection(address: str, seconds: float) -> HTTPConnection:
    parts = urlsplit(address)
    kind = HTTPSConnection if parts.scheme == "https" else HTTPConnection
    return kind(parts.hostname or "", parts.port, timeout=seconds)


def _headers(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"} if token else {}
