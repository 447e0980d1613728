"""Runs the server of a workshop, and says how to join it."""

from __future__ import annotations

import io
import socket
import sys
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from coursekit.errors import CommandError
from coursekit.workshop.store import Role, Session, Store

if TYPE_CHECKING:
    import uvicorn

    from coursekit.workshop.server import Server

PORT = 8765
_HERE, _EVERYWHERE = "127.0.0.1", "0.0.0.0"
_CLEAR = (
    "What is posted travels in clear text: whoever shares this network can read it, and copy a learner's token or "
    "yours. With --tls-cert and --tls-key it is encrypted."
)
_ALONE = (
    "Only this machine can reach it. For learners on other machines of your network: coursekit workshop start --network"
)


@dataclass(frozen=True)
class Listening:
    """Where a server listens.

    Attributes:
        network: whether other machines may come in.
        port: at which.
        address: what learners type, where that is another, as behind a proxy; empty where it is not.
        certificate: a file with the TLS certificate and those above it; None for clear text.
        key: the file of its key.
    """

    network: bool = False
    port: int = PORT
    address: str = ""
    certificate: Path | None = None
    key: Path | None = None

    @property
    def joined_at(self) -> str:
        """The address that learners type."""
        return self.address.rstrip("/") or self._at(_own_address() if self.network else _HERE)

    @property
    def board_at(self) -> str:
        """The address of the board, on this machine or, where there is a certificate of another name, on that."""
        return self.joined_at if self.certificate or self.address else self._at(_HERE)

    def _at(self, host: str) -> str:
        return f"{'https' if self.certificate else 'http'}://{host}:{self.port}"


def serve(store: Store, session: Session, listening: Listening) -> None:
    """Serves a session until Ctrl-C; says before how to join it.

    Raises:
        CommandError: the packages are not there, the port is taken, or the certificate is none.
    """
    try:
        import uvicorn

        from coursekit.workshop.server import Server
    except ImportError as error:
        raise CommandError(
            f"A workshop needs packages that are not installed here ({error.name}). In the environment of the course: "
            "pip install 'starlette>=0.46' 'uvicorn>=0.34' 'segno>=1.6'"
        ) from None
    server = Server(store, session, listening.joined_at)
    config = uvicorn.Config(
        server.app(),
        log_level="warning",
        access_log=False,
        server_header=False,
        ws="none",
        proxy_headers=bool(listening.address),
        ssl_certfile=listening.certificate,
        ssl_keyfile=listening.key,
        timeout_graceful_shutdown=2,
    )
    try:
        config.load()
    except OSError as error:  # ssl.SSLError is one
        raise CommandError(f"The certificate or its key cannot be used: {error}.") from None
    try:
        opened = socket.create_server((_EVERYWHERE if listening.network else _HERE, listening.port), backlog=1024)
    except OSError as error:
        raise CommandError(
            f"Port {listening.port} cannot be had: {error.strerror}. If a workshop runs there already, go on with that "
            "one; or name another port: --port 8766"
        ) from None
    _, token = store.add_person(session, Role.INSTRUCTOR)
    print(said(session, token, listening), flush=True)
    _let_many_in()
    running = uvicorn.Server(config)
    closing_streams(running, server)
    running.run(sockets=[opened])


def closing_streams(running: uvicorn.Server, server: Server) -> None:
    """Ends the streams, which have no end of their own, before uvicorn waits for all that is under way."""
    shutdown = running.shutdown

    async def close_first(sockets: list[socket.socket] | None = None) -> None:
        server.close()
        await shutdown(sockets)

    running.shutdown = close_first  # type: ignore[method-assign]


def said(session: Session, token: str, listening: Listening) -> str:
    """How to join, for whoever stands in front of the room."""
    address = listening.joined_at
    lines = [
        f"The workshop “{session.title}” is open.",
        "",
        "Your board. This line is yours alone: it holds your key.",
        f"  {listening.board_at}/board#{token}",
        "",
        "Your learners, in a cell of any notebook of the course:",
        f'  from coursekit import join; join("{address}", "{session.code}")',
        "or in a terminal:",
        f"  coursekit join {address} {session.code}",
        "",
        "The same to scan, for copying:",
        _code(f"{address}/#{session.code}"),
        *([] if listening.network or listening.address else [_ALONE]),
        *([_CLEAR] if not address.startswith("https:") and (listening.network or listening.address) else []),
        "What arrives is advice on where the room is. It is no grade.",
        "Ctrl-C stops the server, and the same command goes on with the session: nothing is lost in between.",
    ]
    return "\n".join(lines)


def _code(address: str) -> str:
    import segno

    drawn = io.StringIO()
    segno.make_qr(address, error="L").terminal(drawn, compact=True, border=2)
    return drawn.getvalue().rstrip("\n")


def _own_address() -> str:
    """This machine's address in its network; nothing is sent to find it."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe, suppress(OSError):
        probe.connect(("192.0.2.1", 9))
        return str(probe.getsockname()[0])
    return _HERE


def _let_many_in() -> None:
    """Each notebook and each board keeps a connection open, and systems let a program have 1,024 unless it asks."""
    if sys.platform != "win32":
        import resource

        with suppress(ValueError, OSError):
            _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
            resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
