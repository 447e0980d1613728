"""Asks a function that lives in this process: a learner's own notebook, or a file of their own."""

from __future__ import annotations

import signal
import sys
import threading
import warnings
from _thread import interrupt_main
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from types import FrameType
from typing import Any

import torch

from coursekit.exercise import Ask, Exercise, Stopped
from coursekit.exercise.failure import NO_END
from coursekit.exercise.literal import call_line
from coursekit.report import Outcome
from coursekit.wire import Answer, Question
from coursekit.wire.answering import answer
from coursekit.wire.torch_private import DYNAMO

_LIBRARY = str(Path(__file__).parents[1])
_PATIENCE = 6  # limits that an import may take: torch.func brings half of torch along, when it is first called


def ask_here(function: Callable[..., Any], exercise: Exercise, seconds: float = 10.0) -> Ask:
    """Asks a function that lives in this process: a learner's own notebook, or a file of their own."""

    def ask(question: Question) -> Answer:
        try:
            with _time_limit(seconds), _own_warnings():
                return answer(function, question, exercise.forbids)
        except TimeoutError:
            raise Stopped(
                Outcome.TIMEOUT,
                f"`{call_line(exercise.name, question)}` was still running after {seconds:g} s.",
                NO_END,
            ) from None

    return ask


@contextmanager
def as_graded() -> Iterator[None]:
    """torch's defaults as a graded run has them: numbers in float32, on the CPU, and nothing compiled.

    A notebook may have set others, which the course's own functions would meet as well. To compile a function takes
    longer than the check of all its answers.
    """
    before, device = torch.get_default_dtype(), torch.get_default_device()
    with ExitStack() as stack:
        if device.type != "cpu":
            stack.enter_context(torch.device("cpu"))
        if DYNAMO in sys.modules:  # imported by whoever compiles
            stack.enter_context(torch.compiler.set_stance("force_eager"))
        torch.set_default_dtype(torch.float32)
        try:
            yield
        finally:
            torch.set_default_dtype(before)


@contextmanager
def _own_warnings() -> Iterator[None]:
    """Shows, once, the warnings that point to the learner's code.

    torch's own point to whichever Python has called it last, which may be a module of ours that watches: a path that
    says nothing to a learner. Python can keep warnings back in one thread only.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    with warnings.catch_warnings(record=True) as caught:
        yield
    for each in caught:
        about = (each.filename, each.lineno, str(each.message))
        if not each.filename.startswith(_LIBRARY) and about not in _shown:
            _shown.add(about)
            warnings.warn_explicit(each.message, each.category, each.filename, each.lineno)


_shown: set[tuple[str, int, str]] = set()  # Python's own note of them is lost whenever some are kept back


@contextmanager
def _time_limit(seconds: float) -> Iterator[None]:
    """Ends an endless loop the way that the learner's stop button would; only the main thread can be ended so."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    fired = threading.Event()
    cancel = _call_after(seconds, fired)
    try:
        yield
    except KeyboardInterrupt:
        if fired.is_set():
            raise TimeoutError from None
        raise
    finally:
        cancel()


def _call_after(seconds: float, fired: threading.Event) -> Callable[[], object]:
    """Interrupts the main thread after `seconds`, having set `fired`; returns what calls that off."""
    if not hasattr(signal, "setitimer"):  # Windows: a thread for each question, which costs a tenth of a millisecond

        def interrupt() -> None:
            fired.set()
            interrupt_main()

        timer = threading.Timer(seconds, interrupt)
        timer.daemon = True
        timer.start()
        return timer.cancel

    imports = 0

    def ring(_number: int, frame: FrameType | None) -> None:
        nonlocal imports
        if _is_importing(frame) and imports < _PATIENCE:  # which is not theirs, and is broken for good if it is stopped
            imports += 1
            signal.setitimer(signal.ITIMER_REAL, seconds, 1.0)
            return
        fired.set()
        raise KeyboardInterrupt

    before = signal.signal(signal.SIGALRM, ring)
    signal.setitimer(signal.ITIMER_REAL, seconds, 1.0)  # again each second, for code that swallows the first

    def cancel() -> None:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)

    return cancel


def _is_importing(frame: FrameType | None) -> bool:
    while frame is not None and "importlib._bootstrap" not in frame.f_code.co_filename:
        frame = frame.f_back
    return frame is not None
