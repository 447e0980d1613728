"""The new lessons with all that was written in the old ones: answers by exercise, the rest beside its neighbour."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from coursekit.course.updating.blocks import Block, Sheet, new_key, sides_of
from coursekit.course.updating.changes import Changes
from coursekit.course.updating.lending import lent
from coursekit.course.updating.matching import Origin, Place, anchors, match
from coursekit.course.updating.shipped import Shipped

_YOURS = "Your version of the cell above, which the course has changed since:"
_YOUR_HEADER = "Your version of this file's first lines, which the course has changed since:"


@dataclass
class Carried:
    """What was carried over, and whatever of it is to be told.

    Attributes:
        sheets: the new files, by name.
        answers: by exercise the name of the file that its answer stands in now.
        moved: by exercise the file that it was in before, where that is another lesson.
        described: exercises whose answers have a new docstring.
        spare: exercises that had several answers, with the number of those that stand above the last.
        lent: exercises whose answers have what they need of their old file above them.
        removed: answers to exercises that are no more.
        own: by file the number of the learner's own blocks.
        homeless: by old file the number of own blocks for which there is no neighbour any more.
        edited: by file the number of the course's blocks that stay as the learner changed them.
        noted: by file the number of those that the course has changed as well: the learner's version stands below.
        back: by file the number of cells that the learner had deleted.
    """

    sheets: dict[str, Sheet] = field(default_factory=dict)
    answers: dict[str, str] = field(default_factory=dict)
    moved: dict[str, str] = field(default_factory=dict)
    described: list[str] = field(default_factory=list)
    spare: dict[str, int] = field(default_factory=dict)
    lent: list[str] = field(default_factory=list)
    removed: dict[str, list[str]] = field(default_factory=dict)
    own: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    homeless: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    edited: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    noted: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    back: dict[str, int] = field(default_factory=lambda: defaultdict(int))


def carry(
    old: Sequence[Sheet], new: Mapping[str, Sheet], known: Shipped, before: Shipped | None, changes: Changes
) -> Carried:
    """Carries what is the learner's from the old files of one kind, notebooks or modules, to the new ones.

    Args:
        old: the files as they are; one in conflict is there twice.
        new: the new course's, by name.
        known: what was ever shipped, the new course included.
        before: what was shipped up to the version that is there; None where nobody knows.
        changes: how exercises have changed from that version to the new one.
    """
    return _Carrying([_with_known_exercises(sheet, known) for sheet in old], new, known, before, changes).carried


def _with_known_exercises(sheet: Sheet, known: Shipped) -> Sheet:
    """The sheet, in which only what the course has ever asked there is an exercise, and no helper of the same name."""
    is_module = sheet.name.endswith(".py")
    there = (block.key in known.keys if is_module else block.exercise in known.exercises for block in sheet.blocks)
    blocks = (
        block if is_one else replace(block, exercise="") for block, is_one in zip(sheet.blocks, there, strict=True)
    )
    return replace(sheet, blocks=tuple(blocks))


class _Carrying:
    def __init__(
        self, old: Sequence[Sheet], new: Mapping[str, Sheet], known: Shipped, before: Shipped | None, changes: Changes
    ) -> None:
        self.old, self.new, self.known, self.before, self.changes = old, new, known, before, changes
        self.places = match(old, new, known)
        self.carried = Carried()
        self.instead: dict[Place, Block] = {}
        self.added: dict[tuple[str, str, str], int] = {}  # the learner's own, and the sheet that each is from
        self.written_in: dict[Place, Origin] = {}
        self.above: dict[Place, list[Block]] = defaultdict(list)
        self.below: dict[Place, list[Block]] = defaultdict(list)
        self._answers()
        for number, sheet in enumerate(old):
            self._edits(number, sheet)
            self._own(number, sheet)
        self._deleted()
        for name, sheet in new.items():
            self._lend(sheet, list(self._filled(sheet)))
            self.carried.sheets[name] = replace(sheet, blocks=tuple(self._filled(sheet)))

    def _block(self, origin: Origin) -> Block:
        return self.old[origin.sheet].blocks[origin.at]

    def _is_ours(self, block: Block) -> bool:
        return self.known.has(block) or (bool(block.exercise) and self.known.has_text(block))

    # ---- answers -------------------------------------------------------------------------------------------------

    def _answers(self) -> None:
        """Puts the answer of each exercise in its place; of several the last one, and the others above it."""
        written: dict[Place, list[tuple[Origin, Block]]] = defaultdict(list)
        for origin, block in self._in_order():
            place = self.places.get(origin)
            if place is not None and self._place(place).exercise:
                written[place] += [(origin, side) for side in self._written(block)]
            elif place is None and block.exercise:
                removed = self.carried.removed.setdefault(block.exercise, [])
                removed += [side.text for side in self._written(block) if side.text not in removed]
        self.carried.removed = {name: texts for name, texts in self.carried.removed.items() if texts}
        for place, found in written.items():
            self._answer(place, found)

    def _in_order(self) -> Iterator[tuple[Origin, Block]]:
        """The blocks of all files; those of an exercise that was moved before those that stand where it is now."""
        everything = [Origin(number, at) for number, sheet in enumerate(self.old) for at in range(len(sheet.blocks))]
        away = {each for each in everything if each in self.places and not self._is_home(each)}
        for origin in sorted(everything, key=lambda each: each not in away):
            yield origin, self._block(origin)

    def _is_home(self, origin: Origin) -> bool:
        return self.old[origin.sheet].name == self.places[origin].name

    def _written(self, block: Block) -> list[Block]:
        """What a learner has written there: the sides of a conflict that the course has not shipped."""
        sides = [replace(block, text=side) for side in sides_of(block.text)]
        return [side for side in sides if not self._is_ours(side)]

    def _answer(self, place: Place, found: list[tuple[Origin, Block]]) -> None:
        stub = self._place(place)
        found = list({block.mark: (origin, block) for origin, block in found}.values())
        answers = [each for each in found if stub.exercise in each[1].defines]
        if not answers:
            answers = found[-1:]  # a lambda, perhaps; or what cannot be read
        if not answers:
            return
        origin, block = max(answers, key=lambda each: (not is_stub(each[1].text), answers.index(each)))
        described = self.changes.described_anew(stub.exercise, block)
        if described is not block:
            self.carried.described.append(stub.exercise)
        self.instead[place] = self._in_place(stub, described)
        self.written_in[place] = origin
        self.carried.answers[stub.exercise] = place.name
        there = self.old[origin.sheet]
        if there.topic != self.new[place.name].topic:
            self.carried.moved[stub.exercise] = there.name
        others = [other for _, other in found if other is not block]
        spare = [_unasked(other) for other in others]
        if spare:
            self.above[place] += spare
            self.carried.spare[stub.exercise] = len(spare)

    def _place(self, place: Place) -> Block:
        return self.new[place.name].blocks[place.at]

    @staticmethod
    def _in_place(course: Block, yours: Block) -> Block:
        """The learner's text and outputs in the place of the course's, with all that the course says of the cell."""
        metadata = {**_metadata(yours.cell), **_metadata(course.cell)}
        return replace(course, text=yours.text, cell={**yours.cell, "metadata": metadata})

    # ---- the course's own text -----------------------------------------------------------------------------------

    def _edits(self, number: int, sheet: Sheet) -> None:
        """Keeps what the learner has changed in the course's text: in its place, or below where the course has, too.

        In a conflict the list of what was shipped is that of the newer side, so nobody knows whether the course has.
        """
        before = self.before if [each.name for each in self.old].count(sheet.name) == 1 else None
        for at, block in enumerate(sheet.blocks):
            place = self.places.get(Origin(number, at))
            if place is None or self._place(place).exercise:
                continue
            course = self._place(place)
            for side in self._written(block):
                if self.known.has_text(side) or side.mark == course.mark:
                    continue
                is_unchanged = before is not None and (course.key, course.mark) in before.pairs
                if is_unchanged and place not in self.instead and place.name == sheet.name:
                    self.instead[place] = self._in_place(course, side)
                    self.carried.edited[place.name] += 1
                elif self.instead.get(place, course).mark != side.mark:
                    note = _note(side)
                    if note not in self.below[place]:
                        self.below[place].insert(0, note)
                        self.carried.noted[place.name] += 1

    # ---- the learner's own ---------------------------------------------------------------------------------------

    def _own(self, number: int, sheet: Sheet) -> None:
        blocks = sheet.blocks
        places = {at: self.places[Origin(number, at)] for at in range(len(blocks)) if Origin(number, at) in self.places}
        own = [at for at, block in enumerate(blocks) if at not in places and self._is_own(block)]
        beside = anchors(blocks, places, own)
        for at in own:
            if at not in beside:
                self.carried.homeless[sheet.name] += 1
                continue
            place, is_below = beside[at]
            for side in sides_of(blocks[at].text):
                block = replace(blocks[at], text=side)
                if block.key in self._keys(place.name):  # one of the course's is called so
                    block = _unasked(block)
                sign = (place.name, block.mark, block.key if sheet.name.endswith(".ipynb") else "")
                if self.added.setdefault(sign, number) == number:  # from a conflict's other side, or a copy: once
                    if block not in self.below[place]:  # it may be a note that an update has left
                        (self.below if is_below else self.above)[place].append(block)
                    self.carried.own[place.name] += 1

    def _keys(self, name: str) -> set[str]:
        return {block.key for block in self.new[name].blocks if not block.key.endswith(".py")}

    def _is_own(self, block: Block) -> bool:
        return not block.exercise and not self.known.has(block)

    def _deleted(self) -> None:
        """Counts the cells that are back: the version before had them, and nothing in the lesson is them."""
        if self.before is None:
            return
        there = set(self.places.values())
        lessons = {sheet.name for sheet in self.old}
        for name, sheet in self.new.items():
            for at, block in enumerate(sheet.blocks):
                was_there = block.key in self.before.keys and (block.key, block.mark) in self.before.pairs
                if name in lessons and was_there and Place(name, at) not in there:
                    self.carried.back[name] += 1

    def _lend(self, sheet: Sheet, now: list[Block]) -> None:
        """Puts above an answer what it needs, where that is not in its file any more."""
        for place, origin in self.written_in.items():
            if place.name != sheet.name:
                continue
            old = self.old[origin.sheet]
            own = [block for block in old.blocks if not self.known.has(block)]
            statements = lent(self.instead[place], old, own, now)
            if statements:
                blocks = [Block(text, f"{sheet.topic}.py") for text in statements]
                if sheet.name.endswith(".ipynb"):
                    text = "\n".join(statements)
                    blocks = [Block(text, new_key(f"{place} {text}"))]
                self.above[place] += blocks
                now += blocks
                self.carried.lent.append(self._place(place).exercise)

    # ---- the new file --------------------------------------------------------------------------------------------

    def _filled(self, sheet: Sheet) -> Iterator[Block]:
        ran = {place: self._block(origin) for origin, place in self.places.items()}
        answered = ""
        for at, block in enumerate(sheet.blocks):
            place = Place(sheet.name, at)
            yield from self.above[place]
            if place in self.instead:
                yield self.instead[place]
            elif answered and block.text.strip() == f"check({answered})" and place in ran:
                yield replace(block, cell={**block.cell, **_outputs(ran[place].cell)})  # what the learner was last told
            else:
                yield block
            yield from self.below[place]
            answered = block.exercise if place in self.instead else ""


def is_stub(text: str) -> bool:
    """Whether a function seems to do nothing yet but refuse."""
    return text.rstrip().rpartition("\n")[2].lstrip().startswith("raise NotImplementedError") and "return" not in [
        line.split()[0] for line in text.splitlines() if line.strip()
    ]


def _metadata(cell: Mapping[str, object]) -> dict[str, object]:
    metadata = cell.get("metadata")
    return dict(metadata) if isinstance(metadata, dict) else {}


def _unasked(block: Block) -> Block:
    """The same as a block of the learner's own, which answers no exercise."""
    metadata = {name: value for name, value in _metadata(block.cell).items() if name != "coursekit"}
    key = new_key(block.text) if block.cell else block.key.partition(":")[0]
    return replace(block, key=key, exercise="", cell={**block.cell, "metadata": metadata} if block.cell else {})


def _outputs(cell: Mapping[str, object]) -> dict[str, object]:
    return {name: cell[name] for name in ("outputs", "execution_count") if name in cell}


def _note(block: Block) -> Block:
    """A note that holds a text, and runs nothing of it."""
    if not block.cell:  # a piece of a .py file
        lines = [_YOUR_HEADER, *block.text.splitlines()]
        return replace(block, text="\n".join(f"# {line}".rstrip() for line in lines), key=block.key.partition(":")[0])
    text = block.text
    if block.kind == "code":
        fence = "```"
        while fence in text:
            fence += "`"
        text = f"{fence}python\n{text}\n{fence}"
    kept = {name: value for name, value in block.cell.items() if name == "attachments"}
    return Block(f"{_YOURS}\n\n{text}", new_key(f"{block.key} {text}"), "markdown", "", kept)
