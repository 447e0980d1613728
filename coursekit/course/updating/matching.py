"""Which cell or piece of the new course takes the place of which one of the old course."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import NamedTuple

from coursekit.course.updating.blocks import Block, Sheet
from coursekit.course.updating.shipped import Shipped


class Place(NamedTuple):
    """A block's place in the new course: its file, and which of its blocks it is."""

    name: str
    at: int


class Origin(NamedTuple):
    """A block's place in the old course: which of the sheets, and which of its blocks it is."""

    sheet: int
    at: int


def match(old: Sequence[Sheet], new: Mapping[str, Sheet], known: Shipped) -> dict[Origin, Place]:
    """Where in the new course the blocks of the old one are; a place of an exercise may be that of several.

    An exercise is found by its name, wherever it stands. Other blocks are found in the lesson of the same file or the
    same name, by id and text, by text alone, then by id alone; what has gone from there, by its text in other lessons,
    and by its id in those that there were not before, as where a lesson was split.
    """
    return _Matching(old, new, known).found


class _Matching:
    def __init__(self, old: Sequence[Sheet], new: Mapping[str, Sheet], known: Shipped) -> None:
        self.old, self.new, self.known = old, new, known
        self.found: dict[Origin, Place] = {}
        self.taken: set[tuple[str, Place]] = set()  # a file in conflict has two sides, and each has every place
        self.exercises = {
            block.exercise: Place(name, at)
            for name, sheet in new.items()
            for at, block in enumerate(sheet.blocks)
            if block.exercise
        }
        homes = [home_of(sheet, new) for sheet in old]
        newborn = [name for name in new if name not in homes]
        for origin, block in self._open():
            if block.exercise in self.exercises:
                self.found[origin] = self.exercises[block.exercise]
        self._by(lambda block: (block.key, block.mark), homes, lambda block: bool(block.key))
        self._by(lambda block: block.mark, homes, known.has_text)
        self._by(lambda block: (block.key, block.kind), homes, _has_own_key)
        elsewhere: list[list[str]] = [[name for name in new if name != home] for home in homes]
        for at in range(max(map(len, elsewhere), default=0)):
            there = [names[at] if at < len(names) else None for names in elsewhere]
            self._by(lambda block: block.mark, there, known.has)
        for name in newborn:
            there = [name if self._has_bred(number, name) else None for number in range(len(old))]
            self._by(lambda block: (block.key, block.kind), there, _has_own_key)
        self._by_definition(homes)

    def _open(self) -> Iterator[tuple[Origin, Block]]:
        """The blocks that have no place yet."""
        for number, sheet in enumerate(self.old):
            for at, block in enumerate(sheet.blocks):
                if Origin(number, at) not in self.found:
                    yield Origin(number, at), block

    def _by(
        self, sign: Callable[[Block], object], homes: Sequence[str | None], is_meant: Callable[[Block], bool]
    ) -> None:
        """Gives each block that is meant the first free place in its home that has the same sign."""
        free: dict[tuple[str, object], list[Place]] = defaultdict(list)
        for name in dict.fromkeys(name for name in homes if name is not None):
            for at, block in enumerate(self.new[name].blocks):
                free[name, sign(block)].append(Place(name, at))
        for origin, block in list(self._open()):
            home = homes[origin.sheet]
            if home is None or not is_meant(block):
                continue
            side = self._side(origin.sheet)
            for place in free[home, sign(block)]:
                is_exercise = bool(self.new[home].blocks[place.at].exercise)
                if (side, place) not in self.taken and not (is_exercise and place in self.found.values()):
                    self.taken.add((side, place))
                    self.found[origin] = place
                    break

    def _side(self, number: int) -> str:
        """Tells the two sides of a file in conflict apart."""
        names = [sheet.name for sheet in self.old[: number + 1]]
        return str(names.count(names[-1]))

    def _has_bred(self, number: int, name: str) -> bool:
        """Whether a new lesson has cells, as they were, that this one alone had. All begin with the same one."""
        mine = self.old[number]
        common = {(block.key, block.mark) for sheet in self.old if sheet.name != mine.name for block in sheet.blocks}
        pairs = {(block.key, block.mark) for block in self.new[name].blocks if block.key} - common
        return any((block.key, block.mark) in pairs for block in mine.blocks)

    def _by_definition(self, homes: Sequence[str | None]) -> None:
        """A cell that has lost its id and metadata, or took the place of the exercise's, tells by what it defines."""
        answered = set(self.found.values())
        for origin, block in list(self._open()):
            for name in block.defines if block.kind == "code" else ():
                place = self.exercises.get(name)
                if place is not None and place not in answered and place.name == homes[origin.sheet]:
                    self.found[origin] = place
                    break


def home_of(sheet: Sheet, new: Mapping[str, Sheet]) -> str | None:
    """The new course's file of the same lesson: of the same name, else of the same topic."""
    if sheet.name in new:
        return sheet.name
    folder = sheet.name.partition("/")[0]
    same = (name for name, each in new.items() if each.topic == sheet.topic and name.partition("/")[0] == folder)
    return next(same, None)


def _has_own_key(block: Block) -> bool:
    """Whether no other block is called so; pieces of a .py file that are no functions are all called after it."""
    return bool(block.key) and not block.key.endswith(".py")


def anchors(blocks: Sequence[Block], places: Mapping[int, Place], own: Sequence[int]) -> dict[int, tuple[Place, bool]]:
    """For each block of the learner's own the block beside which it goes, and whether it goes below it.

    It is the one above if the new course still has it, else the nearest that it has.

    Args:
        blocks: of a file.
        places: by number the place of each that the new course has.
        own: the numbers of the learner's own.
    """
    mine = set(own)
    course = [at for at in range(len(blocks)) if at not in mine]
    order = {at: number for number, at in enumerate(course)}
    found: dict[int, tuple[Place, bool]] = {}
    for at in own:
        above = [each for each in course if each < at]
        rank = len(above)  # of the block below, among those of the course
        near = sorted(
            (each for each in course if each in places),
            key=lambda each: (rank - 1 - order[each], 0) if each < at else (order[each] - rank, 1),
        )
        if near:
            found[at] = (places[near[0]], near[0] < at)
    return found
