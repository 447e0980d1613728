"""Hostile submissions in the real jail, graded as everybody's: what they get, and that nothing is left of them.

`hostile/` holds the submissions and says in its MANIFEST what each may get; `attacks.py` holds more. All of them run
with bubblewrap and without, as root (if the tests are root's) and as an ordinary user, each in two of these four jails,
and must get the same every time; HOSTILE_ROUNDS=3 grades each in all four, and three times more in other orders (about
ten minutes: `HOSTILE_ROUNDS=3 python3 start.py test tests/jail/test_hostile.py -n0`).
"""

from __future__ import annotations

import dataclasses
import json
import os
import random
import re
import shutil
import socket
import stat
import sys
from pathlib import Path

import attacks
import pytest
import torch

from coursekit.course import syllabus
from coursekit.exercise import Exercise, same_gradient
from coursekit.grading.scoring import score
from coursekit.jail import bubblewrap, walls
from coursekit.jail.judge import Jail
from coursekit.jail.terms import Limits
from coursekit.report import Outcome, Report

pytestmark = [
    pytest.mark.usefixtures("strict_time"),
    pytest.mark.slow,
    pytest.mark.skipif(sys.platform != "linux", reason="only Linux can confine"),
]

FOLDER = Path(__file__).parents[1] / "hostile"
MANIFEST = json.loads((FOLDER / "MANIFEST.json").read_text(encoding="utf-8"))
SECRET = "TOKEN-of-the-grader-7f3a9c"
CANARY = f"coursekit-canary-{os.getpid()}"
ROUNDS = int(os.environ.get("HOSTILE_ROUNDS", "0"))
ENDLESS = {"timeout", "memory", "killed", "output-limit"}  # only these may be short of time, or a busy machine decides
USER = 12345  # nobody has this number
IS_ROOT = os.name == "posix" and os.geteuid() == 0
# each wall and each user is met by every attack, in two of the four jails; who is no root has two anyway
PAIRS = [("bubblewrap", "user-bare"), ("bare", "user-bubblewrap")] if IS_ROOT else [("bubblewrap", "bare")]
JAILS = [name for pair in PAIRS for name in pair]
LIMITS = Limits(seconds=0.7, memory=300 << 20)
PATIENT = dataclasses.replace(LIMITS, seconds=30.0)

# our outcomes in the manifest's words
WORDS = {
    Outcome.PASSED: {"pass"},
    Outcome.FAILED: {"fail"},
    Outcome.TIMEOUT: {"timeout"},
    Outcome.MEMORY: {"memory"},
    Outcome.FORBIDDEN: {"forbidden-call"},
    Outcome.UNATTEMPTED: {"unattempted"},
    Outcome.ERROR: {"error", "crash", "output-limit", "oversize-result", "file-limit", "exit-"},
}

HONEST = """import torch

def cross_entropy(logits, target):
    z = logits - logits.max(dim=1, keepdim=True).values
    logp = z - z.exp().sum(1, keepdim=True).log()
    return -logp[torch.arange(len(target)), target].mean()
"""


def spec(logits, target):
    z = logits - logits.amax(1, keepdim=True)
    return (z.exp().sum(1).log() - z.gather(1, target[:, None])[:, 0]).mean()


def make_exercise(forbids: tuple[str, ...] = ()) -> Exercise:
    """Four checks, value and gradient, on ever larger logits; the last ones overflow a naive exp."""
    exercise = Exercise("cross_entropy", spec, points=1, idea="", hints=(), forbids=forbids)
    for scale in (1, 5, 100, 1000):

        def check(f, rng, scale=scale):
            rows, classes = int(rng.integers(2, 9)), int(rng.integers(3, 12))
            logits = torch.from_numpy(rng.normal(size=(rows, classes)) * scale)
            same_gradient(f, spec, logits, torch.from_numpy(rng.integers(0, classes, size=rows)))

        check.__name__, check.__doc__ = f"scale_{scale}", f"Logits of about {scale}"
        exercise.check(check)
    return exercise


def whole(text: str) -> str:
    """A submission all of whose statements run, the ones that the function does not need included."""
    run = "(exec(compile(TEXT, 'submission:whole', 'exec'), SPACE), SPACE['cross_entropy'])[1]"
    return f"TEXT = {text!r}\nSPACE = {{'__name__': 'submission'}}\ncross_entropy = {run}\n"


OPEN = make_exercise()
BY_HAND = make_exercise(syllabus.find_exercise("cross_entropy")[1].forbids)

CASES = {}  # name: exercise, text, words that are allowed, the most it may score
for entry in MANIFEST:
    name, text = entry["file"].removesuffix(".py"), (FOLDER / entry["file"]).read_text(encoding="utf-8")
    exercise, allowed = BY_HAND if name.startswith("h") else OPEN, set(entry["verdicts"])
    # we run only what the function needs, so of a file that has no such function, nothing
    missing = "def cross_entropy" not in text and "cross_entropy =" not in text
    CASES[name] = exercise, text, {"unattempted"} if missing else allowed, entry["max_score"]
    if exercise is OPEN:
        CASES[f"{name}-whole"] = exercise, whole(text), allowed, entry["max_score"]
for name, body in attacks.BODIES.items():
    CASES[name] = OPEN, attacks.source(body), {"fail"}, 0.0
for name, (word, body) in attacks.WHOLE.items():
    CASES[name] = OPEN, attacks.source(body), {word}, 0.0

RECORDED: dict[str, dict[str, object]] = {}  # what each got, with bubblewrap and without


def words(report: Report) -> set[str]:
    """The report's outcome in the manifest's words; what is no tensor is an error there, and a failure with us."""
    no_tensor = report.outcome is Outcome.FAILED and "expected a torch.Tensor" in report.first_failure.rationale
    return WORDS[report.outcome] | ({"error"} if no_tensor else set())


def limits_for(name: str) -> Limits:
    return LIMITS if CASES[name][2] <= ENDLESS or name.startswith("b08") else PATIENT


@pytest.fixture(scope="module", params=JAILS)
def jail(request):
    """The jail as `coursekit grade` has it, and as it is where bubblewrap is missing; each as root and as a user."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("COURSEKIT_API_KEY", SECRET)
        if request.param.endswith("bare"):
            patch.setattr(bubblewrap, "usable", lambda: False)
        elif not bubblewrap.usable() and not os.environ.get("CI"):
            pytest.skip("bubblewrap is not installed, or may make no namespaces")
        if request.param.startswith("user"):
            if shutil.which("bwrap") is None and not os.environ.get("CI"):
                pytest.skip("bubblewrap is not installed, which lets another user into the folders of this one")
            as_user = as_ordinary_user()
            spawn = walls._spawn
            patch.setattr(
                walls, "_spawn", lambda module, wrapper, *to, **how: spawn(module, [*as_user, *wrapper], *to, **how)
            )
        with Jail(LIMITS) as jail:
            assert jail.layers[-1].in_force == request.param.endswith("bubblewrap")
            user = USER if request.param.startswith("user") else os.geteuid()
            assert user_of_zygote(jail) == user
            jail.recorded = RECORDED.setdefault(request.param, {})
            yield jail


def user_of_zygote(jail: Jail) -> int:
    """Whose process it is, seen from outside: bubblewrap gives it another number inside."""
    for pid in (jail._zygote.pid, *below(jail._zygote.pid)):
        status = Path(f"/proc/{pid}/status").read_text()
        if status.startswith("Name:\tpython"):
            return int(re.search(r"^Uid:\s+(\d+)", status, re.MULTILINE)[1])
    raise AssertionError("the zygote is not there")


def as_ordinary_user() -> list[str]:
    """The words before a command that root has an ordinary user run, who may enter the folders on Python's way."""
    words = ["bwrap", "--dev-bind", "/", "/", "--cap-add", "ALL"]
    shown = [Path(path) for path in (sys.prefix, sys.base_prefix, walls.COURSE)]
    closed = {next((each for each in reversed(path.parents) if not is_open(each)), None) for path in shown} - {None}
    for home in closed:
        words += ["--tmpfs", str(home)]
        for path in shown:
            if path.is_relative_to(home):
                between = path.parents[: len(path.parts) - len(home.parts) - 1]
                # of itself, bubblewrap makes the folders between so that only their owner may enter
                words += [word for above in reversed(between) for word in ("--dir", str(above))]
                words += ["--dev-bind", str(path), str(path)]
    return [*words, "setpriv", f"--reuid={USER}", f"--regid={USER}", "--clear-groups", "--inh-caps=-all"]


def is_open(folder: Path) -> bool:
    """Whether everybody may enter it."""
    return bool(folder.stat().st_mode & stat.S_IXOTH)


def armed(jail: Jail, text: str) -> str:
    """The attack in earnest, once this very jail has shown that it holds."""
    in_force = {layer.name for layer in jail.layers if layer.in_force}
    assert {"Landlock", "seccomp"} <= in_force
    probes = ("open('/etc/hostname')", "os.kill(os.getppid(), 0)", "socket.socket()", "os.fork()")
    for probe in probes:
        body = f"try:\n    {probe}\nexcept PermissionError:\n    return logits.sum() * 0\nos.abort()"
        assert graded(jail, OPEN, attacks.source(body)).outcome is Outcome.FAILED, probe
    return text.replace("ARMED = False", "ARMED = True")


def graded(jail: Jail, exercise: Exercise, text: str, limits: Limits = LIMITS) -> Report:
    jail.limits = limits
    with jail.child((("submission.py", text),), exercise) as ask:
        return score(exercise, ask, seed=7, learner="mallory")


@pytest.fixture
def world(tmp_path, monkeypatch):
    """What an attack might reach outside: a secret file, places to write to, somebody who listens."""
    (tmp_path / "secret_solutions.py").write_text(SECRET, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    with (
        socket.create_server(("127.0.0.1", 0)) as tcp,
        socket.socket(type=socket.SOCK_DGRAM) as udp,
        socket.socket(socket.AF_UNIX) as unix,
    ):
        udp.bind(("127.0.0.1", 0))
        unix.bind(f"\0{CANARY}")
        unix.listen()
        yield tmp_path, (tcp, udp, unix)


def names_outside(folder: Path) -> set[str]:
    """What the attacks would have made, wherever they try to."""
    places = ("/", "/tmp", "/var/tmp", "/home", str(Path.home()), str(folder), str(folder.parent))
    names = ("fill.bin", "PWNED_BY_PICKLE", "canary_dir", "gradebook.csv", "gradebook.db", "other", "attack", "core")
    found = {str(Path(place, name)) for place in places for name in names if Path(place, name).exists()}
    return found | {path.name for path in folder.iterdir()}


def heard(listeners: tuple[socket.socket, ...]) -> list[str]:
    found = []
    for listener in listeners:
        listener.setblocking(False)
        try:
            listener.recv(1) if listener.type == socket.SOCK_DGRAM else listener.accept()[0].close()
            found.append(str(listener))
        except BlockingIOError:
            pass
    return found


def below(pid: int) -> list[int]:
    """A process's children, and theirs."""
    children = []
    for task in Path(f"/proc/{pid}/task").iterdir():
        children += [int(child) for child in (task / "children").read_text().split()]
    return children + [pid for child in children for pid in below(child)]


@pytest.mark.parametrize(
    ("jail", "name"),
    [(jail, name) for jail in JAILS for at, name in enumerate(CASES) if ROUNDS or jail in PAIRS[at % len(PAIRS)]],
    indirect=["jail"],
    scope="module",  # or each would have a jail of its own
)
def test_contained(jail, world, name):
    """It gets what it may get, scores nothing it should not, leaves nothing, and the next one is graded as ever."""
    exercise, text, allowed, most = CASES[name]
    folder, listeners = world
    text = text.replace("18766", str(listeners[1].getsockname()[1])).replace("coursekit-canary", CANARY)
    if "ARMED = False" in text:
        text = armed(jail, text)
    if jail._zygote is None:  # the test before this one failed, and left none
        assert graded(jail, OPEN, HONEST, PATIENT).points == 1
    processes, before = below(jail._zygote.pid), names_outside(folder)
    report = graded(jail, exercise, text, limits_for(name))
    said = json.dumps(report.to_json(), ensure_ascii=False)
    jail.recorded[name] = report.outcome, report.points
    assert words(report) & allowed, said
    assert report.points <= most, said
    assert not re.search(r"GOT_THROUGH: |RuntimeError: [A-Z]{3}", said), said
    assert SECRET not in said
    assert len(said) < 20_000
    assert names_outside(folder) == before
    assert heard(listeners) == []
    assert graded(jail, OPEN, HONEST, PATIENT).points == 1
    assert below(jail._zygote.pid) == processes  # the same zygote, and nobody beside it


def test_verdicts_come_again(jail):
    """In another order, every submission gets what it got before."""
    for number in range(ROUNDS):
        names = sorted(jail.recorded)
        random.Random(number).shuffle(names)
        again = {}
        for name in names:
            exercise, text, _, _ = CASES[name]
            report = graded(jail, exercise, text.replace("ARMED = False", "ARMED = True"), limits_for(name))
            again[name] = report.outcome, report.points
        assert again == jail.recorded
    for other in RECORDED.values():
        both = jail.recorded.keys() & other.keys()
        assert {name: jail.recorded[name] for name in both} == {name: other[name] for name in both}


def test_attacks_are_real():
    """Without the walls, attacks on them get through, and are seen to."""
    through = []
    with Jail(LIMITS, confined=False) as jail:
        for name in ("looks about", "every kind of socket", "memory as a file", "own machine code", "scheduling"):
            said = json.dumps(graded(jail, OPEN, CASES[name][1]).to_json())
            through.append("GOT_THROUGH: " in said)
    assert all(through)
