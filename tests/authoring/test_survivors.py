"""What says which mutants live must itself tell the dead from the living, and a reason from a pretext."""

import pytest
import torch
import toys
from test_verify import Here

from coursekit.authoring import mutants, survivors
from coursekit.course import syllabus
from coursekit.exercise import same_value
from coursekit.grading.here import ask_here

CLAMPED = "return FACTOR * x.clamp(min=-1000)"
UNCLAMPED = "return FACTOR * x"


@pytest.fixture(autouse=True)
def leave_no_trace(monkeypatch):
    """A worker of its own sets threads and warnings; here they stay."""
    monkeypatch.setattr(survivors.torch, "set_num_threads", lambda _: None)
    monkeypatch.setattr(survivors.warnings, "simplefilter", lambda _: None)


def judge(topic, line, *listed):
    """What becomes of the mutants of a solution of one line; each entry: kind, now."""
    text = topic.solution.read_text(encoding="utf-8")
    topic.solution.write_text(text.replace(UNCLAMPED, line), encoding="utf-8")
    entries = [survivors.Equivalent(kind, "double other", line, now, "because") for kind, now in listed]
    return survivors.judge("toy", "double", mutants.mutants(topic, "double"), entries)


def test_all_are_killed(topic):
    """Where every mutant loses points, nothing is said."""
    judged = judge(topic, UNCLAMPED)
    assert (judged.about, judged.made, judged.killed, judged.explained) == ("toy.double", 3, 3, 0)
    assert judged.faults == []


def test_one_lives(topic):
    """A mutant with full marks is shown by its line, before and after."""
    judged = judge(topic, CLAMPED)
    assert f"it gets full marks:\ndouble\n- {CLAMPED}\n+ {UNCLAMPED}" in judged.faults
    assert judged.killed < judged.made


@pytest.mark.parametrize("kind", ["same", "rounding", "free"])
def test_one_is_explained(topic, kind):
    """A mutant whose numbers are all the solution's may be listed as anything."""
    judged = judge(topic, CLAMPED, (kind, UNCLAMPED))
    assert judged.explained == 1
    assert not any(fault.endswith(f"+ {UNCLAMPED}") for fault in judged.faults)


@pytest.mark.parametrize(
    ("tiny", "kind", "holds"),
    [
        ("1e-14", "same", False),
        ("1e-14", "rounding", True),
        ("1e-10", "rounding", False),
        ("1e-10", "free", True),
    ],
)
def test_reasons_are_checked(topic, tiny, kind, holds):
    """Same means to the bit, rounding to the last digits, both in float64 as well; free is not checked."""
    line = f"return FACTOR * x + {tiny}"
    judged = judge(topic, line, (kind, "return FACTOR * x + 0.0"))
    said = f"it is listed as {kind!r}, and gives other numbers:\ndouble\n- {line}\n+ return FACTOR * x + 0.0"
    assert (said in judged.faults) is not holds
    assert judged.explained == holds


def test_an_entry_that_fails(topic):
    """An entry whose mutant loses points explains nothing any more."""
    judged = judge(topic, UNCLAMPED, ("free", "return FACTOR / x"))
    assert judged.faults == [
        f"it is listed in equivalents.toml, and fails:\ndouble\n- {UNCLAMPED}\n+ return FACTOR / x"
    ]


def test_an_entry_that_is_no_mutant(topic):
    """An entry that no rule makes any more is told, unless its exercise was not asked for."""
    made = mutants.mutants(topic, "double")
    entries = [survivors.Equivalent("same", "double other", UNCLAMPED, "return x - FACTOR", "because")]
    assert list(survivors.unmatched(entries, made)) == [
        f"equivalents.toml lists a mutant that is none: double\n- {UNCLAMPED}\n+ return x - FACTOR"
    ]
    assert list(survivors.unmatched(entries, mutants.mutants(topic, "triple"))) == []


def test_some_seeds_are_not_enough(double, monkeypatch):
    """A mistake that half of all learners would get away with lives."""

    @double.check
    def sometimes(f, rng):
        """Sometimes a large number"""
        same_value(f, toys.twice, torch.tensor(rng.choice([3.0, 3000.0])))

    def clamped(x):
        return 2 * x.clamp(max=1000)

    monkeypatch.setattr(survivors, "SEEDS", 8)
    assert survivors.lives(double, clamped)
    points = {survivors.score(double, ask_here(clamped, double), seed=seed).points for seed in range(8)}
    assert len(points) == 2


def test_an_endless_mutant_is_dead(double, monkeypatch):
    """It loses the points of the check in which it was stopped."""
    monkeypatch.setattr(survivors, "SECONDS", 0.1)

    def endless(x):
        while True:
            pass

    assert not survivors.lives(double, endless)


@pytest.fixture
def here(monkeypatch):
    """No other process, and no list but an empty one."""
    monkeypatch.setattr(survivors, "ProcessPoolExecutor", Here)
    monkeypatch.setattr(survivors, "as_completed", list)
    monkeypatch.setattr(survivors, "equivalents", list)


def test_run(topic, here, capsys):
    """Every exercise has its line, the sum is told at the end, and only living mutants make it fail."""
    assert survivors.run(syllabus.exercises().values()) == 0
    assert capsys.readouterr().out.splitlines() == [
        "ok    toy.double, 3/3 mutants killed, 0 explained   (3 of 6)",
        "ok    toy.triple, 3/3 mutants killed, 0 explained   (6 of 6)",
        "Mutation score: 6 mutants of 2 solutions: 6 killed, 0 explained, 0 live.",
    ]


def test_a_number_in_readme(topic, here, capsys):
    """README's number of mutants is compared where all of them are made."""
    readme = syllabus.ROOT / "README.md"
    readme.write_text(readme.read_text(encoding="utf-8") + "5 mutants of 2 solutions\n", encoding="utf-8")
    pairs = list(syllabus.exercises().values())
    assert survivors.run(pairs[:1]) == 0
    capsys.readouterr()
    assert survivors.run(pairs) == 1
    assert "FAULT README.md still says 5 where `coursekit verify --mutants` would print 6." in capsys.readouterr().out


def test_run_with_one_that_lives(topic, here, capsys):
    """It is shown below its exercise."""
    text = topic.solution.read_text(encoding="utf-8")
    topic.solution.write_text(text.replace(UNCLAMPED, CLAMPED), encoding="utf-8")
    assert survivors.run(syllabus.exercises().values()) == 1
    out = capsys.readouterr().out
    assert "FAULT toy.double" in out
    assert f"      it gets full marks:\n      double\n      - {CLAMPED}\n      + {UNCLAMPED}\n" in out


def test_a_sample(topic, here, capsys):
    """A sample is as large as it was asked for, and the same for one seed."""
    told = []
    for seed in (0, 0, 1, 2, 3):
        assert survivors.run(syllabus.exercises().values(), 2, seed) == 0
        told.append(capsys.readouterr().out)
        assert "2 mutants of" in told[-1]
        assert "drawn from 6: 2 killed" in told[-1]
    assert told[0] == told[1]
    assert len(set(told)) > 1


def test_every_entry_has_a_reason():
    """The list that is shipped can be read, and says of each mutant why."""
    for listed in survivors.equivalents():
        assert listed.kind in ("same", "rounding", "free")
        assert listed.was != listed.now
        assert len(listed.why) > 10
        for name in listed.exercises.split():
            syllabus.find_exercise(name)
