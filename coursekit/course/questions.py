"""What a lesson asks, and what would give the answer away: it is folded, so that a learner may think first.

A text asks if there is a question in its last paragraph. The outputs of the code below it are folded, as far as the
next text; what is moved by hand is not, since it answers only then. Where a learner is told to predict, and around an
exercise, the text below is folded as well: it begins with `<details>`.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Sequence
from typing import Any

_TOLD_TO_PREDICT = re.compile(r"\b(Predict|Guess|[Bb]efore you (run|move|look|read|do)|[Ww]hat do you expect)\b")
_FOLDED = re.compile(r"<details[ >].*?</details>", re.S)
_TAGS = {"outputs_hidden": "hide-output", "source_hidden": "hide-input"}  # what sites made of notebooks go by


def fold(cells: Sequence[Any]) -> None:
    """Folds the outputs of all cells that answer a question, and the sources of those that ask one by `predict`."""
    for cell in cells:
        if _is_prediction(cell):
            _hide(cell, "source_hidden")
            cell.metadata["cellView"] = "form"  # the same, in Colab
    asking = [at for at, cell in enumerate(cells) if _asks(cell)]
    answers = [cell for at in asking for cell in _answering(cells, at)]
    for cell in cells:
        if any(cell is answer for answer in answers):
            _hide(cell, "outputs_hidden")
            cell.metadata["collapsed"] = True  # the same, to older programs
        elif _is_folded(cell, "outputs_hidden"):
            _open(cell)  # its question is gone, or asks something else
    for cell in cells:
        if cell.get("outputs") and _is_hidden(cell) and not _is_covered(cell):
            # JupyterLab shows the first line of what is folded: of an output that holds nothing, there is none
            cell.outputs.insert(0, type(cell)(output_type="display_data", data={}, metadata={}))


def _hide(cell: Any, what: str) -> None:
    cell.metadata.setdefault("jupyter", {})[what] = True
    tags = cell.metadata.setdefault("tags", [])
    if _TAGS[what] not in tags:
        tags.append(_TAGS[what])


def _open(cell: Any) -> None:
    del cell.metadata["jupyter"]["outputs_hidden"]
    cell.metadata["tags"].remove(_TAGS["outputs_hidden"])
    for key in ("jupyter", "tags"):
        if not cell.metadata[key]:
            del cell.metadata[key]
    cell.metadata.pop("collapsed", None)
    if cell.outputs and _is_covered(cell):
        del cell.outputs[0]


def faults(cells: Sequence[Any], lesson: str) -> Iterator[str]:
    """A sentence for each answer that stands in plain view, and for each prediction that cannot be remembered."""
    for at, cell in enumerate(cells):
        if _asks(cell):
            question = _question(cell)
            if not all(_is_folded(each, "outputs_hidden") and _is_covered(each) for each in _answering(cells, at)):
                yield f"what answers “{question}” is not folded (run `coursekit refresh`)."
            if _is_answered_by_text(cells, at):
                yield f"the text below “{question}” answers it in plain view: put the answer into <details>."
        elif cell.cell_type == "markdown" and _is_told_to_predict(_FOLDED.sub("", cell.source)):
            yield f"“{_start(cell)}” asks for a prediction and goes on: end it with the question."
    yield from _faults_of_predictions([cell for cell in cells if _is_prediction(cell)], lesson)


def predictions(cells: Sequence[Any]) -> dict[str, ast.expr]:
    """The id of each prediction of a lesson, and how its right answer is computed; without those that are no call."""
    read = [_read(cell) for cell in cells if _is_prediction(cell)]
    return dict(each for each in read if each is not None)


def _read(cell: Any) -> tuple[str, ast.expr] | None:
    """The id of a prediction and its right answer; None where the cell does not end with such a call."""
    try:
        call = ast.parse(cell.source).body[-1].value
        given = {keyword.arg: keyword.value for keyword in call.keywords}
        return str(ast.literal_eval(given["id"])), given["right"]
    except (AttributeError, LookupError, SyntaxError, ValueError):
        return None


def _faults_of_predictions(cells: Sequence[Any], lesson: str) -> Iterator[str]:
    seen = set()
    for cell in cells:
        read = _read(cell)
        if read is None:
            yield f'“{_start(cell)}” has to end with `predict(…, id="…", right=…, …)`.'
            continue
        id, right = read
        if not id.startswith(f"{lesson}/") or id in seen:
            yield f"the id of a prediction is `{lesson}/` and a name that no other has, not `{id}`."
        if not any(isinstance(node, ast.Name) for node in ast.walk(right)):
            yield f"the right answer of {id} is written down: compute it, so that it cannot be false."
        if not _is_folded(cell, "source_hidden"):
            yield f"the source of {id} holds its answer, and is not folded (run `coursekit refresh`)."
        seen.add(id)


def _is_prediction(cell: Any) -> bool:
    return bool(cell.cell_type == "code" and re.search(r"(?m)^predict\(", cell.source))


def _asks(cell: Any) -> bool:
    if cell.cell_type == "markdown":
        return "?" in _last_paragraph(cell.source)
    return _is_prediction(cell)


def _question(cell: Any) -> str:
    if _is_prediction(cell):
        return (_read(cell) or (_start(cell),))[0]
    return " ".join(re.findall(r"[^.?!:]*\?", _last_paragraph(cell.source))[-1].split())


def _last_paragraph(text: str) -> str:
    return _FOLDED.sub("", text).strip().split("\n\n")[-1]


def _below(cells: Sequence[Any], at: int) -> Iterator[Any]:
    """The code cells below a question, as far as the next text."""
    for cell in cells[at + 1 :]:
        if cell.cell_type != "code":
            return
        yield cell


def _answering(cells: Sequence[Any], at: int) -> Iterator[Any]:
    """The cells whose outputs answer a question."""
    for cell in _below(cells, at):
        if cell.outputs and not (_is_prediction(cell) or _is_checked(cell) or _is_moved_by_hand(cell)):
            yield cell


def _is_moved_by_hand(cell: Any) -> bool:
    """Whether it is an explorer, or an explorable, whose stored output says so."""
    pages = (output.get("data", {}).get("text/html", "") for output in cell.outputs)
    return bool(re.search(r"(?m)^explore\(", cell.source)) or any("data-explorable=" in page for page in pages)


def _is_checked(cell: Any) -> bool:
    """Whether it is an exercise, or the check below one."""
    return "exercise" in cell.metadata.get("coursekit", {}) or bool(re.fullmatch(r"check\(\w+\)", cell.source.strip()))


def _is_answered_by_text(cells: Sequence[Any], at: int) -> bool:
    """Whether the text below gives the answer away: after code only where a learner is told to predict."""
    code = list(_below(cells, at))
    text = next((cell.source for cell in cells[at + 1 + len(code) :]), "<details>")
    if not code:
        return not text.startswith(("<details>", "#"))
    asked = _is_prediction(cells[at]) or _is_told_to_predict(_last_paragraph(cells[at].source))
    return (asked or any(_is_checked(cell) for cell in code)) and not text.startswith("<details>")


def _is_told_to_predict(text: str) -> bool:
    return any(_TOLD_TO_PREDICT.search(part) for part in text.split("\n\n") if "?" in part)


def _is_hidden(cell: Any) -> bool:
    return bool(cell.metadata.get("jupyter", {}).get("outputs_hidden"))


def _is_covered(cell: Any) -> bool:
    return bool(cell.outputs[0].get("data") == {})


def _is_folded(cell: Any, what: str) -> bool:
    return bool(cell.metadata.get("jupyter", {}).get(what)) and _TAGS[what] in cell.metadata.get("tags", [])


def _start(cell: Any) -> str:
    return " ".join(cell.source.split())[:40]
