"""What is to be said at the end of a run, of work that could not be read, counted as told, or is no grade yet."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from coursekit.report import Graded
from coursekit.text import some, visible


@dataclass
class Remarks:
    """Collects, learner by learner, what `lines` then says."""

    unread: list[str] = field(default_factory=list)
    twice: list[str] = field(default_factory=list)
    starved: list[str] = field(default_factory=list)
    elsewhere: list[str] = field(default_factory=list)

    def add(self, graded: Graded) -> None:
        """Takes note of one learner."""
        if graded.problem:
            self.unread.append(f"{graded.learner} ({graded.problem.rstrip('.')})")
        told = [f"{each.exercise} {_which_counts(each.found_in)}" for each in graded.reports if each.found_in]
        if told:
            self.twice.append(f"{graded.learner}: {some(told)}")
        if any(mark.other_work and mark.points is not None for report in graded.reports for mark in report.marks):
            self.elsewhere.append(graded.learner)
        if not graded.is_final:
            self.starved.append(graded.learner)

    def lines(self, out: Path) -> Iterator[str]:
        """One sentence for each kind of remark."""
        if self.unread:
            yield f"{len(self.unread)} could not be read: {some(self.unread, '; ')}. `problem` in grades.csv says why."
        if self.twice:
            which = "Two files define one function, and the newer that is written out counts"
            yield f"{which}: {some(self.twice, '; ')}. Reports name them."
        if self.elsewhere:
            yield (
                f"A mark by hand stands for another work, and does not count for this one: {some(self.elsewhere)}. "
                f"See `coursekit marks {out}`."
            )
        if self.starved:
            yield (
                f"{len(self.starved)} of them are not final, as the machine was too busy: {some(self.starved)}. The "
                "same command grades these again; give it fewer --workers, or a machine that is less busy."
            )


def of_strangers(names: Sequence[str]) -> str:
    """What to say of entries that are nobody's; empty where there are none."""
    if not names:
        return ""
    are = "1 entry is no submission" if len(names) == 1 else f"{len(names)} entries are no submissions"
    return f"{are}: {some(list(map(visible, names)))}."


def _which_counts(files: Sequence[str]) -> str:
    return f"from {files[-1]}, not from {' or '.join(files[:-1])}"
