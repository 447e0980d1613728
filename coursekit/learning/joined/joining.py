"""How a learner joins a workshop, in a notebook or in a terminal."""

from __future__ import annotations

import time
from ipaddress import ip_address
from urllib.parse import urlsplit

from coursekit.learning.feedback import prose
from coursekit.learning.joined import http, membership, posting
from coursekit.learning.joined.membership import Membership

_SECONDS = 8.0  # to wait for a server that is asked to join
_CLEAR = "This address begins with http://, so whoever shares your network can read what is posted."


class JoinError(Exception):
    """A workshop cannot be joined; the message says why and what to do."""


class Joined:
    """What `join` gives back: shows where the learner is, and in a notebook what the workshop sends.

    Attributes:
        member: the place in the workshop; None where it could not be joined.
        lines: what is to be said.
    """

    def __init__(self, member: Membership | None, lines: tuple[str, ...]) -> None:
        self.member, self.lines = member, lines

    def __repr__(self) -> str:
        return "\n".join(self.lines)

    def _ipython_display_(self) -> None:
        from IPython import get_ipython
        from IPython.display import display

        said = "".join(f"<div>{prose(line)}</div>" for line in self.lines)
        display({"text/html": said, "text/plain": repr(self)}, raw=True)  # type: ignore[no-untyped-call]
        if self.member is not None and getattr(get_ipython(), "kernel", None):
            from coursekit.learning.joined.cards import Cards

            display(Cards(self.member).box)  # type: ignore[no-untyped-call]


def join(address: str = "", code: str = "", name: str = "", *, share_code: bool = False) -> Joined:
    """Joins a workshop: from now on each check and each prediction tells its board what came of it.

    What is told is the exercise, the outcome and the mistake, the smallest input that shows it and what came there;
    of code nothing, unless you say so. It is advice for the instructor, and never a grade.

    Args:
        address: of the workshop, as it stands on the board. Without it, the workshop that was joined is shown.
        code: as it stands on the board.
        name: what the board calls you; without one you are a number.
        share_code: whether your answers go along, for the instructor to look at.
    """
    try:
        if not address and not code:
            member = membership.read()
            if member is None:
                raise JoinError('You are in no workshop. Copy the line on the board: `join("http://…", "CODE")`.')
        else:
            member = enter(address, code, name, share_code=share_code)
    except JoinError as error:
        return Joined(None, (str(error),))
    posting.start_sending()  # what may be left from before
    return Joined(member, said_of(member))


def enter(address: str, code: str, name: str, *, share_code: bool) -> Membership:
    """Joins; where this workshop was joined before, the learner stays who they are.

    Raises:
        JoinError: that cannot be done.
    """
    address, code = _address(address), code.strip()
    if not code:
        raise JoinError("The code is missing: it stands on the board, beside the address.")
    before = membership.read()
    if before and (before.address, before.code, before.shares_code) == (address, code, share_code):
        return before
    try:
        status, answer, _ = http.ask(address, "/api/join", {"code": code, "name": name}, seconds=_SECONDS)
    except OSError as error:
        raise JoinError(
            f"No workshop answers at {address} ({error}). Compare the address with the board; both machines have to "
            "be in one network."
        ) from None
    token, title, number = (answer.get(key) for key in ("token", "title", "number"))
    if status != 200 or not (isinstance(token, str) and isinstance(title, str) and isinstance(number, int)):
        says = answer.get("error")
        raise JoinError(says if isinstance(says, str) else f"What answers at {address} is no workshop.")
    called = name.strip() or f"Learner {number}"
    member = Membership(address, code, token, title, called, share_code, time.time())
    try:
        membership.keep(member)
    except OSError as error:
        raise JoinError(f"The workshop is not joined: it could not be noted on this disk ({error}).") from None
    return member


def said_of(member: Membership) -> tuple[str, ...]:
    """Where a learner is, and what is posted of them."""
    code = "Your answers are posted as well." if member.shares_code else "No code is posted."
    clear = urlsplit(member.address).scheme == "http" and not _is_here(member.address)
    return (
        f"You are in the workshop “{member.title}”, as {member.called}.",
        f"Each check and prediction now tells the board what came of it, in all notebooks of this course. {code} "
        "It counts for no grade.",
        *([_CLEAR] if clear else []),
        "To leave: `coursekit join --leave`, or the button.",
    )


def _address(address: str) -> str:
    address = address.strip().rstrip("/")
    try:
        parts = urlsplit(address)
        host, port = parts.netloc.rpartition("@")[2], parts.port
        if parts.scheme in ("http", "https") and parts.hostname and port != 0:
            return f"{parts.scheme}://{host}"
    except ValueError:
        pass
    raise JoinError(f"`{address[:80]}` is no address of a workshop: that begins with http:// or https://.")


def _is_here(address: str) -> bool:
    host = urlsplit(address).hostname or ""
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
