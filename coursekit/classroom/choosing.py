"""Names that somebody types, found among those that are there."""

from __future__ import annotations

import difflib
import unicodedata
from collections.abc import Iterable, Sequence

from coursekit.errors import CommandError
from coursekit.text import visible

_FEW = 8


def names_among(names: Iterable[str], known: Sequence[str], kind: str, where: str) -> list[str]:
    """Those of `known` that are named, each once.

    Args:
        names: as somebody typed them.
        known: as they are written here.
        kind: what they are, such as learner.
        where: where they should be.

    Raises:
        CommandError: one is not there; the message offers the nearest.
    """
    by_form = {unicodedata.normalize("NFC", each): each for each in known}
    found = []
    for name in names:
        form = unicodedata.normalize("NFC", name)
        if form not in by_form:
            hint = _hint(form, list(by_form))
            raise CommandError(f"No {kind} in {where} is called `{visible(name)}`. {hint}".strip())
        found.append(by_form[form])
    return list(dict.fromkeys(found))


def _hint(name: str, known: Sequence[str]) -> str:
    folded = {each.casefold(): each for each in known}
    near = difflib.get_close_matches(name.casefold(), folded, n=3, cutoff=0.6)
    near = near or [each for each in folded if name.casefold() in each][:3] if name else []
    if near:
        return f"Did you mean {' or '.join(f'`{visible(folded[each])}`' for each in near)}?"
    return f"There are: {', '.join(map(visible, known))}." if len(known) <= _FEW else ""
