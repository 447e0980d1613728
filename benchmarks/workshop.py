"""How long it takes from a learner's post to a board, in a full room, and whether an event is lost or doubled.

python benchmarks/workshop.py [--learners 200] [--boards 50] [--every 5] [--seconds 60] [--kill] [--store URL]

The real server runs in a process of its own. Every learner posts each few seconds over a connection of its own, as a
notebook does, and listens to the room; all boards listen. With --kill the server is ended by SIGKILL in the middle and
started again; what was not acknowledged is posted again, with the same ids. Learners and boards are simulated in one
process beside it, which takes its share of the processor. Run on a quiet machine.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import random
import resource
import secrets
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from collections import Counter
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from coursekit.workshop.store import Role, Store

EXERCISE = "kl_divergence"
MISTAKES = ("swapped_arguments", "")


@dataclass
class Load:
    """What is simulated, and what came of it.

    Attributes:
        posted: when an attempt of a learner, by both numbers, was first posted.
        took: the seconds from there until a board showed it.
        again: posts that were tried again, by why.
    """

    port: int
    every: float
    until: float
    posted: dict[tuple[str, int], float] = field(default_factory=dict)
    took: list[float] = field(default_factory=list)
    again: Counter[str] = field(default_factory=Counter)
    shown: Counter[str] = field(default_factory=Counter)
    snapshots: int = 0


async def ask(load: Load, token: str, body: bytes) -> int:
    """Posts over a new connection, and returns the status."""
    reader, writer = await asyncio.open_connection("127.0.0.1", load.port)
    try:
        head = f"POST /api/events HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer {token}\r\nConnection: close\r\n"
        head += f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
        writer.write(head.encode() + body)
        answer = await asyncio.wait_for(reader.read(), 10)
        return int(answer.split(b" ", 2)[1])
    finally:
        writer.close()


async def learner(load: Load, who: str, token: str) -> int:
    """Checks again and again, and posts each check until it is kept; returns how many."""
    attempt = 0
    await asyncio.sleep(random.random() * load.every)
    while time.time() < load.until:
        attempt += 1
        check = {"id": secrets.token_hex(16), "kind": "check", "exercise": EXERCISE, "outcome": "failed", "done": False}
        check |= {"attempt": attempt, "mistake": random.choice(MISTAKES), "group": "abc", "line": "f(torch.ones(3))"}
        body = json.dumps({"events": [check]}).encode()
        load.posted[who, attempt] = time.time()
        while True:
            try:
                status = await ask(load, token, body)
            except (OSError, TimeoutError, IndexError, ValueError) as error:
                status, why = 0, type(error).__name__
            else:
                why = str(status)
            if status == 200:
                break
            load.again[why] += 1
            await asyncio.sleep(1 + random.random())
        await asyncio.sleep(load.every * (0.5 + random.random()))
    return attempt


async def listen(load: Load, path: str, token: str, *, looks: bool = False) -> None:
    """Keeps a stream open; one of the boards looks at what comes."""
    while True:
        with suppress(OSError, asyncio.IncompleteReadError):
            reader, writer = await asyncio.open_connection("127.0.0.1", load.port, limit=16 << 20)
            try:
                writer.write(
                    f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer {token}\r\n\r\n".encode()
                )
                while line := await reader.readline():
                    if looks and line.startswith(b"data: "):
                        look(load, json.loads(line[6:]))
            finally:
                writer.close()
        await asyncio.sleep(0.5)


def look(load: Load, board: dict[str, Any]) -> None:
    """Notes which attempts the board shows that it did not show before."""
    load.snapshots += 1
    now = time.time()
    for who, (_, attempts) in board.get("works", {}).get(EXERCISE, {}).items():
        for n in range(load.shown[who] + 1, attempts + 1):
            load.took.append(now - load.posted[who, n])
        load.shown[who] = max(attempts, load.shown[who])


def serve(url: str, port: int) -> subprocess.Popen[bytes]:
    """The server, once it answers."""
    program = [sys.executable, "-m", "coursekit", "workshop", "start", "--store", url, "--port", str(port)]
    process = subprocess.Popen(program, stdout=subprocess.DEVNULL)
    import socket

    for _ in range(600):
        with suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
            return process
        time.sleep(0.05)
    raise TimeoutError("the server does not begin")


async def simulate(load: Load, tokens: dict[str, str], boards: list[str], kill: Any) -> int:
    """All of the room at once; returns how many events were posted."""
    streams = [asyncio.create_task(listen(load, "/api/room", token)) for token in tokens.values()]
    streams += [asyncio.create_task(listen(load, "/api/board", t, looks=not n)) for n, t in enumerate(boards)]
    killing = asyncio.create_task(kill())
    sent = await asyncio.gather(*(learner(load, who, token) for who, token in tokens.items()))
    await asyncio.sleep(3)
    for each in (*streams, killing):
        each.cancel()
    return sum(sent)


def main() -> None:
    """Measures and prints."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--learners", type=int, default=200)
    parser.add_argument("--boards", type=int, default=50)
    parser.add_argument("--every", type=float, default=5, help="seconds between two posts of a learner")
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--kill", action="store_true", help="end the server by SIGKILL in the middle")
    parser.add_argument("--store", help="a PostgreSQL URL (default: SQLite in a folder of its own)")
    parser.add_argument("--port", type=int, default=8799)
    arguments = parser.parse_args()
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    with tempfile.TemporaryDirectory() as folder:
        url = arguments.store or f"sqlite:///{Path(folder) / 'workshop.sqlite'}"
        with Store(url) as store:
            session = store.begin("Benchmark")
            people = [store.add_person(session, Role.LEARNER) for _ in range(arguments.learners)]
            boards = [store.add_person(session, Role.INSTRUCTOR)[1] for _ in range(arguments.boards)]
            running = [serve(url, arguments.port)]
            load = Load(arguments.port, arguments.every, time.time() + arguments.seconds)

            async def kill() -> None:
                await asyncio.sleep(arguments.seconds / 2)
                if arguments.kill:
                    running[0].send_signal(signal.SIGKILL)
                    running[0].wait()
                    running[0] = await asyncio.to_thread(serve, url, arguments.port)

            begin = os.times()
            sent = asyncio.run(simulate(load, {str(who.id): token for who, token in people}, boards, kill))
            own = os.times()
            status = Path(f"/proc/{running[0].pid}/status")
            memory = status.read_text().partition("VmHWM:")[2].split()[0] if status.exists() else "0"
            running[0].terminate()
            running[0].wait()
            kept = len([each for each in store.events(session, most=10**9) if each.body["kind"] == "check"])
    took = sorted(load.took)
    print(f"{arguments.learners} learners, {arguments.boards} boards, {sent} events in {arguments.seconds:g} s")
    print(f"kept {kept}: {sent - kept} lost, and none twice by their ids; shown on the board {len(took)}")
    cuts = statistics.quantiles(took, n=100)
    print(f"post to board: median {cuts[49]:.2f} s, 95th percentile {cuts[94]:.2f} s, worst {took[-1]:.2f} s")
    print(f"snapshots {load.snapshots}; posts tried again: {dict(load.again) or 'none'}")
    simulated = own.user + own.system - begin.user - begin.system
    print(f"the simulation itself took {simulated:.0f} s of a processor; the server {int(memory) >> 10} MB at most")


if __name__ == "__main__":
    main()
