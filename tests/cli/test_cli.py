"""The commands: what they print, and how they end."""

import json
from contextlib import nullcontext

import pytest
import toys

from coursekit.cli import commands, grader, main
from coursekit.course import notebooks, stubs, syllabus
from coursekit.errors import CommandError
from coursekit.learning import learn
from coursekit.report import Outcome, Report

pytestmark = pytest.mark.usefixtures("toy_course", "plain_terminal")


@pytest.fixture
def run(capsys):
    """Runs a command: exit code, lines printed, lines of complaint, without the backticks around code."""

    def run(*arguments) -> tuple[int, list[str], list[str]]:
        code = main([str(argument) for argument in arguments])
        printed = capsys.readouterr()
        return code, *(text.replace("`", "").splitlines() for text in printed)

    return run


def test_list(run):
    """The topics and their exercises in course order, with what each is worth."""
    assert run("list") == (
        0,
        [
            "00 Toys (notebooks/00_toy.ipynb)",
            "     double                      4 points",
            "     triple                      1 point",
        ],
        [],
    )


def test_list_as_json(run):
    """One document, with names and numbers to build on."""
    code, out, err = run("list", "--json")
    assert (code, err) == (0, [])
    assert json.loads("\n".join(out)) == {
        "topics": [
            {
                **{"number": 0, "name": "toy", "title": "Toys", "notebook": "notebooks/00_toy.ipynb"},
                "exercises": [{"name": "double", "points": 4}, {"name": "triple", "points": 1}],
            }
        ]
    }


def test_doctor_as_json(run, monkeypatch):
    """What is said goes to standard error; the code is that of the command without --json."""
    from coursekit.classroom import doctor
    from coursekit.jail.terms import JailError

    layers = (doctor.Layer("Landlock", False, "too old"),)
    monkeypatch.setattr(doctor, "look", lambda: layers)
    monkeypatch.setattr(doctor, "Jail", lambda limits: nullcontext())
    monkeypatch.setattr(doctor, "try_attacks", lambda jail: [(doctor.ATTACKS[0], True), (doctor.ATTACKS[1], False)])
    code, out, err = run("doctor", "--json")
    assert (code, "Do not grade the work of strangers here: an attack got through." in err) == (1, True)
    assert json.loads("\n".join(out)) == {
        **{"can_grade": False, "problem": ""},
        "layers": [{"name": "Landlock", "in_force": False, "detail": "too old"}],
        "attacks": [{"name": doctor.ATTACKS[0].name, "held": True}, {"name": doctor.ATTACKS[1].name, "held": False}],
    }

    def nothing() -> None:
        raise JailError("No kernel.")

    monkeypatch.setattr(doctor, "look", nothing)
    code, out, _ = run("doctor", "--json")
    assert (code, json.loads("\n".join(out))["problem"]) == (1, "No kernel.")


@pytest.mark.parametrize("options", [[], ["--mutants"]])
def test_verify_as_json(run, monkeypatch, options):
    """A finding each; the lines that come on the way go to standard error."""
    from coursekit.authoring import proofs, survivors, verify

    monkeypatch.setattr(verify, "_verify_all", lambda jobs, seeds: [proofs.Findings("toy.double", ["No."], 2, 1, 1)])
    monkeypatch.setattr(survivors, "equivalents", list)
    monkeypatch.setattr(
        survivors, "_judge_all", lambda jobs, listed: [survivors.Judged("toy.double", 2, 1, 0, ["No."])]
    )
    code, out, err = run("verify", "--json", *options)
    found = json.loads("\n".join(out))["mutants" if options else "findings"]
    assert (code, [each["about"] for each in found]) == (1, ["files", "toy.double"])
    assert found[1]["faults"] == ["No."]
    assert any(line.startswith("FAULT toy.double, ") for line in err)


def test_hint(run):
    """A hint and the command for the next."""
    assert run("hint", "double") == (0, ["Hint 1 of 2. Add it to something.", "One more: coursekit hint double 2"], [])
    assert run("hint", "double", 2)[1][0] == "Hint 2 of 2. To itself."


def test_solution(run):
    """The course's own answer, ready to be pasted."""
    code, out, err = run("solution", "double")
    assert (code, err) == (0, [])
    assert stubs.model_answer(syllabus.TOPICS[0], "double").splitlines() == out


def test_check_of_the_own_file(run, toy_course):
    """Without a file, the learner's copy of the topic is checked, and named."""
    code, out, err = run("check", "double")
    assert (code, err, out[0]) == (1, [], "double: not attempted yet (0 of 4 points)")
    assert ["A hint: coursekit hint double 1", f"Your file: {toy_course.stub}"] == out[-2:]


def test_check_of_a_given_file(run, tmp_path):
    """A file of any name is checked; a wrong answer is told, and seen by a shell."""
    path = tmp_path / "mine.py"
    path.write_text("def double(x):\n    return x * x\n", encoding="utf-8")
    code, out, _ = run("check", "double", path)
    assert (code, out[0]) == (1, "double: not yet (0 of 4 points)")
    assert "    This is the square." in out


def test_check_as_json(run, tmp_path):
    """The report as JSON is all that is printed, and can be read back."""
    path = tmp_path / "mine.py"
    path.write_text(toys.HONEST, encoding="utf-8")
    code, out, _ = run("check", "double", path, "--json")
    assert (code, Report.from_json(json.loads("\n".join(out))).outcome) == (0, Outcome.PASSED)


def test_check_of_a_whole_file(run, toy_course):
    """A file alone is checked whole: a line an exercise, in full the first that is wrong, and what to do."""
    code, out, err = run("check", toy_course.notebook)
    assert (code, err) == (1, [])
    assert out == [
        f"{toy_course.notebook}: 0 of 2 passed, 0 of 5 points",
        "  not attempted yet  double  0 of 4",
        "  not attempted yet  triple  0 of 1",
        "Next: write double. A hint: coursekit hint double 1",
    ]
    wrong = "def double(x):\n    return x * x\n\n\ndef triple(x):\n    return x\n"
    toy_course.stub.write_text(wrong, encoding="utf-8")
    code, out, _ = run("check", toy_course.stub)
    assert (code, out[:4]) == (
        1,
        [
            f"{toy_course.stub}: 0 of 2 passed, 0 of 5 points",
            "  not yet  double  0 of 4",
            "  not yet  triple  0 of 1",
            "double: not yet (0 of 4 points)",
        ],
    )
    assert out[-2:] == [
        "Next: mend it and check again. A hint: coursekit hint double 1",
        f"What is wrong with the next one: coursekit check triple {toy_course.stub}",
    ]


def test_check_of_a_whole_file_that_is_right(run, tmp_path):
    """Only where all is passed is the code 0; a file of any name holds what it defines."""
    path = tmp_path / "mine.py"
    path.write_text(toys.HONEST, encoding="utf-8")
    assert run("check", path) == (
        0,
        [f"{path}: 1 of 1 passed, 4 of 4 points", "  done ✓  double  4 of 4"],
        [],
    )
    code, out, _ = run("check", path, "--json")
    told = json.loads("\n".join(out))
    assert (code, told["file"], [Report.from_json(each).outcome for each in told["reports"]]) == (
        0,
        str(path),
        [Outcome.PASSED],
    )


def test_check_of_a_file_and_a_name(run, tmp_path):
    """The file may stand where the name belongs."""
    path = tmp_path / "mine.py"
    path.write_text(toys.HONEST, encoding="utf-8")
    assert run("check", path, "double") == run("check", "double", path)
    assert run("check", "double", path)[1][0] == "double: done ✓ (4 of 4 points)"


@pytest.mark.parametrize("options", [[], ["--json"]])
def test_check_of_text_that_is_no_unicode(run, tmp_path, options):
    """Half a character in an exception's message is printed as something, not with a traceback."""
    path = tmp_path / "mine.py"
    path.write_text("def double(x):\n    raise ValueError('half: \\ud800')\n", encoding="utf-8")
    code, out, _ = run("check", "double", path, *options)
    assert code == 1
    assert "ValueError: half: " in "\n".join(out)


@pytest.mark.parametrize("command", ["check", "hint", "solution"])
def test_unknown_exercise(run, command):
    """A misspelt exercise ends with one line of complaint and the closest name."""
    assert run(command, "duble") == (1, [], ["coursekit: No exercise is called duble. Did you mean double?"])


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["check", "double", "nowhere.py"], "It cannot be read: No such file or directory"),
        (["check", "nowhere.py"], "It cannot be read: No such file or directory"),
        (["check", "./"], ". is a folder: name one file of it."),
        (["check", "../solutions/toy.py", "duble"], "No exercise is called duble. Did you mean double?"),
        (["check", __file__], "defines no function that is called as an exercise."),
        (["grade", "nowhere"], "is not a folder"),
        (["grade", ".", "--exercise", "duble"], "No exercise is called duble. Did you mean double?"),
        (["grade", ".", "--topic", "toi"], "No topic is called toi. Did you mean toy?"),
        (["grade", "."], "holds no submissions"),
        (["grade", ".", "--exercise", "double"], "coursekit: "),
        (["verify", "--topic", "toi"], "No topic is called toi. Did you mean toy?"),
        (["refresh", "toi"], "No topic is called toi. Did you mean toy?"),
    ],
)
def test_what_cannot_be_done(run, tmp_path, monkeypatch, arguments, said):
    """What stands in the way is one line on standard error and exit code 1, never a traceback."""
    monkeypatch.setattr(grader, "_first_jails", lambda arguments: nullcontext())  # no process is begun for nothing
    (tmp_path / "empty").mkdir()
    monkeypatch.chdir(tmp_path / "empty")
    code, out, err = run(*arguments)
    assert (code, out, len(err)) == (1, [], 1)
    assert said in err[0]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["grade", ".", "--workers", "0"], "--workers: need a whole number above 0 and at most 1024, not 0"),
        (["grade", ".", "--seconds", "0"], "--seconds: need a number above 0 and at most 86400, not '0'"),
        (["regrade", ".", "--seconds", "nan"], "need a number above 0"),
        (["grade", ".", "--seconds", "inf"], "need a number above 0"),
        (["grade", ".", "--seconds", "1e9"], "need a number above 0"),
        (["grade", ".", "--total=-inf"], "need a number above 0"),
        (["grade", ".", "--total", "NaN"], "need a number above 0"),
        (["grade", ".", "--memory", "-5"], "need a whole number above 0"),
        (["grade", ".", "--memory", "1e3"], "need a whole number above 0"),
        (["grade", ".", "--memory", "9" * 5_000], "need a whole number above 0"),
        (["verify", "--seeds", "0"], "need a whole number above 0"),
        (["verify", "--seeds", "-3"], "need a whole number above 0"),
        (["verify", "--mutants", "--sample", "-1"], "need a whole number of 0 or more"),
        (["hint", "double", "0"], "need a whole number above 0"),
        (["check", "a.py", "b.ipynb"], "a.py and b.ipynb are both files: name one, and perhaps an exercise in it."),
        (["hint", "double", "99"], "double has hints 1 to 2, and none called 99."),
        (["grade", "/"], "Name a folder for the grades with --out"),
    ],
)
def test_numbers_out_of_range(capsys, monkeypatch, arguments, said):
    """What cannot be meant so is a sentence and exit code 2, and nothing is done."""
    monkeypatch.setattr(grader, "_first_jails", lambda arguments: nullcontext())
    try:
        code = main(arguments)
    except SystemExit as ended:
        code = ended.code
    complaint = capsys.readouterr().err
    assert code == 2
    assert said in complaint
    assert "Traceback" not in complaint


@pytest.mark.parametrize(("name", "near"), [("nope", ""), ("nonexist", ""), ("trple", "triple"), ("Double", "double")])
def test_only_near_names_are_offered(run, name, near):
    """A name that has nothing in common with what was typed helps nobody."""
    said = f"Did you mean {near}?" if near else "There are: double, triple."
    assert run("hint", name) == (1, [], [f"coursekit: No exercise is called {name}. {said}"])


@pytest.mark.parametrize("arguments", [[], ["chekc"], ["check"], ["hint", "double", "two"], ["grade", ".", "--fast"]])
def test_wrong_usage(arguments):
    """A command that is none, or lacks an argument, is refused as every command line refuses it."""
    with pytest.raises(SystemExit) as caught:
        main(arguments)
    assert caught.value.code == 2


def test_help_tells_every_command(capsys):
    """`coursekit --help` has a line for each command."""
    with pytest.raises(SystemExit) as caught:
        main(["--help"])
    assert caught.value.code == 0
    out = capsys.readouterr().out
    told = {line.split()[0] for line in out.splitlines() if line.startswith("    ") and line.strip()}
    assert set(commands.command_names()) <= told
    assert {"check", "hint", "solution", "list", "grade", "regrade", "verify", "refresh"} <= told


def test_stopped_by_hand(run, monkeypatch):
    """Ctrl-C ends a command in a word."""

    def stop(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr(learn, "check_file", stop)
    assert run("check", "double") == (130, [], ["", "Stopped."])


def test_our_own_bug_is_not_hidden(monkeypatch):
    """What nobody foresaw keeps its traceback."""

    def fail(*_):
        raise ZeroDivisionError

    monkeypatch.setattr(learn, "check_file", fail)
    with pytest.raises(ZeroDivisionError):
        main(["check", "double"])


def test_refresh(run, toy_course, monkeypatch):
    """Stale stubs are made anew in exercises and notebook, which is executed, frozen and written."""
    executed = []
    monkeypatch.setattr(notebooks, "execute_by_cell", lambda notebook, topic: iter([executed.append(topic)] and [0]))
    text = toy_course.solution.read_text(encoding="utf-8").replace("Twice x.", "Two times x.")
    toy_course.solution.write_text(text, encoding="utf-8")
    code, out, _ = run("refresh", "toy")
    assert (code, executed) == (0, [toy_course])
    assert out == ["Executing notebooks/00_toy.ipynb …", "exercises/toy.py and notebooks/00_toy.ipynb: written."]
    assert '"""Two times x."""' in toy_course.stub.read_text(encoding="utf-8")
    assert list(notebooks.faults(toy_course)) == []
    assert run("refresh", "toy")[1][1:] == ["exercises/toy.py and notebooks/00_toy.ipynb: as before."]


def test_refresh_of_a_notebook_that_fails(run, toy_course, monkeypatch):
    """A notebook that does not run is left as it was."""

    def fail(notebook, topic):
        raise CommandError("Cell 3 raised.")

    monkeypatch.setattr(notebooks, "execute_by_cell", fail)
    before = toy_course.notebook.read_text(encoding="utf-8")
    assert run("refresh", "toy")[2] == ["coursekit: Cell 3 raised."]
    assert before == toy_course.notebook.read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("options", "names"),
    [
        (["--exercise", "triple", "--exercise", "double"], ["double", "triple"]),
        (["--exercise", "triple"], ["triple"]),
        (["--topic", "toy", "--exercise", "triple"], ["double", "triple"]),
        ([], []),
    ],
)
def test_exercises_to_grade(options, names):
    """What is named is graded once, in course order."""
    arguments = commands.parser().parse_args(["grade", ".", *options])
    assert names == [exercise.name for exercise in grader._exercises(arguments)]


def test_update_is_start_pys(run, monkeypatch):
    """The word is handed on to start.py, with this Python, and its exit code is the command's."""
    calls = []
    monkeypatch.setattr("subprocess.call", lambda command: calls.append(command[1:]) or 1)
    assert run("update", "course.zip")[0] == 1
    assert run("update")[0] == 1
    start = str(syllabus.ROOT / "start.py")
    assert calls == [[start, "update", "course.zip"], [start, "update"]]
