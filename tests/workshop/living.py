"""A workshop's server in a thread of the test, reached by a real socket."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

import uvicorn

from coursekit.workshop.server import Server
from coursekit.workshop.serving import closing_streams
from coursekit.workshop.store import Session, Store


@contextmanager
def living(store: Store, session: Session, port: int = 0) -> Iterator[str]:
    """Serves a session while it lasts; gives its address."""
    listening = socket.create_server(("127.0.0.1", port))
    served = Server(store, session)
    server = uvicorn.Server(uvicorn.Config(served.app(), log_level="error", timeout_graceful_shutdown=5))
    closing_streams(server, served)
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]})
    thread.start()
    while not server.started:
        time.sleep(0.01)
    try:
        yield f"http://127.0.0.1:{listening.getsockname()[1]}"
    finally:
        server.should_exit = True
        thread.join()
