"""Same work is found whatever its layout; similar work by what is rare; short and common answers accuse nobody."""

from __future__ import annotations

import ast
import re
import time
from itertools import combinations, pairwise
from pathlib import Path

import pytest

from coursekit.classroom import gradefiles, likeness
from coursekit.classroom.likeness import Answer, answers, compare, winnowing
from coursekit.classroom.likeness.answers import end_of, functions_of
from coursekit.classroom.likeness.reading import exercise_names, read, same_work
from coursekit.cli import main
from coursekit.course import stubs, syllabus
from coursekit.report import Diagnosis, Graded, Outcome, Report, Tier, Verdict

STYLES = Path(__file__).parents[1] / "styles"
NAME = "kl_div"
LONG = '''
def kl_div(input, target, reduction="mean", log_target=False):
    """Mine."""
    # the terms first
    if log_target:
        weight = torch.exp(target)
        terms = weight * (target - input)
    else:
        safe = target.masked_fill(target <= 0, 1.0)
        terms = target * safe.log2() * 0.6931 - target * input
        terms = torch.nan_to_num(terms, nan=0.0, posinf=float("inf"))
    kind = {"none": terms, "sum": terms.sum(), "mean": terms.mean()}
    rows = terms.shape[0] if terms.ndim else 1
    kind["batchmean"] = kind["sum"].div(rows)
    return kind[reduction]
'''
RENAMED = LONG.replace("weight", "w").replace("terms", "zz").replace("safe", "s_1").replace("# the terms first", "#\n")
SHORT = "def kl_div(p, q):\n    return (p * (p / q).log()).sum(-1)\n"


def one(text: str, name: str = NAME) -> Answer:
    return answers([("a.py", text)], [name])[name]


def words(text: str) -> list[str]:
    return [token.word for token in one(text).tokens()]


def others(number: int) -> dict[str, dict[str, Answer]]:
    """Learners of whom none shares anything with another."""
    calls = [f"    x = torch.fun{{n}}_{k}(x, {k}) + x.get{{n}}_{k}()\n" for k in range(12)]
    text = f"def kl_div(x):\n{''.join(calls)}    return x\n"
    return {f"other{n}": {NAME: one(text.replace("{n}", str(n)))} for n in range(number)}


def pairs(work, grades=()) -> list[set[str]]:
    return [set(pair.learners) for pair in compare(work, grades).alike]


# ---- what is compared --------------------------------------------------------------------------------------------


def test_layout_says_nothing():
    """Comments, blanks, line ends, docstrings and the head of a function are no part of what is compared."""
    laid_out = LONG.replace('"""Mine."""', '"""Other\nwords."""').replace("    ", "\t").replace("\n", "  # why\r\n")
    assert words(LONG) == words(laid_out)
    assert compare({"a": {NAME: one(LONG)}, "b": {NAME: one(laid_out)}}).same[0].learners == ("a", "b")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("return x.log()", "return name . log ( )"),
        ("return torch.sum(y, dim=-1)", "return name . sum ( name , dim = - 0 )"),
        ('q = f\'{x}\' + r"\\" # no" ** 1e-3', "name = '' + '' ** 0 - 0"),
        ("'''a\n'b''' ; x: int != y", "; name : int != name"),  # a docstring first
        ("return [", "return ["),
        ("x = '''open ' and on\n# still", "name = ''"),
        ("x = 'open\n    y \\\n= 2", "name = '' name = 0"),
    ],
)
def test_words(text, expected):
    """Chosen names, numbers and strings are alike; what a library calls its own stays. Broken code is no trouble."""
    assert " ".join(words(f"def kl_div(x, *, y=(1, 2)) -> int:\n    {text}\n")) == expected


def test_which_answer_counts():
    """The last that is no stub, with the helpers that it calls in turn; another exercise is no helper."""
    cells = [
        ("1", "def kl_div(x):\n    return first(x)\n"),
        ("2", "def kl_div(x):\n    return helper(x) + entropy(x)\n\ndef helper(x):\n    return deeper(x)\n"),
        ("3", "class deeper:\n    y = 1\n\ndef unused(x):\n    return x\n\ndef entropy(x):\n    return x\n"),
        ("4", "def kl_div(x):\n    'Doc.'\n    raise NotImplementedError('kl_div: write your answer here')\n"),
        ("5", "def cost(x):\n    raise NotImplementedError('cost: write your answer here')\n"),
    ]
    found = answers(cells, ["kl_div", "entropy", "cost", "gaussian_kl"])
    assert list(found) == ["kl_div", "entropy"]
    assert re.findall(r"(?:def|class) (\w+)", found["kl_div"].text) == ["kl_div", "helper", "deeper"]


def test_a_function_ends_where_the_next_thing_begins():
    """Closing brackets, comments and empty lines at the margin belong to it."""
    text = "def a(\n    x,\n):\n    return (\nx\n)\n# still\n\n    '''open\nprint(1)'''\n    y \\\n= 1\nprint(2)\n"
    text += "async def b(): pass\n"
    found = {name: rest[: end_of(rest)] for name, rest in functions_of([("", text)])}
    assert found == {"a": text[: text.index("\nprint(2)")], "b": "async def b(): pass"}
    assert end_of("def a(x):\n    return (x\n\ndef b(x):\n    return x\n") == len("def a(x):\n    return (x")


def test_stubs_are_no_answers():
    """A file as it was handed out answers nothing, so nobody has the same."""
    topic = syllabus.find_topic("kl_divergence")
    stub = topic.stub.read_text(encoding="utf-8")
    names = exercise_names()
    assert {exercise.name for exercise in topic.exercises} < set(names)
    assert answers([("a.py", stub)], names) == {}
    assert compare({"a": {}, "b": {}}) == likeness.Likeness((), ())


# ---- who is listed -----------------------------------------------------------------------------------------------


def test_same_work():
    """Groups of the same work come with the largest first; other names are not the same, fewer answers neither."""
    answer, other = one(LONG), one(SHORT)
    work = {"a": {NAME: answer}, "b": {NAME: other}, "c": {NAME: answer}, "d": {NAME: other}, "e": {NAME: other}}
    found = compare({**work, "f": {NAME: answer, "x": other}, "g": {NAME: one(RENAMED)}})
    assert [each.learners for each in found.same] == [("b", "d", "e"), ("a", "c")]
    assert found.same[0].exercises == (NAME,)


def test_who_has_no_answer_shares_none():
    """What is said at the end of a run is of those who have answered something."""
    said = list(same_work({"ann": b"", "bob": b"", "cem": b"1", "dan": b"1"}, "coursekit similar"))
    assert said[0] == "2 learners handed in the same work: cem, dan."
    assert len(said) == 2


def test_similar_work():
    """New names, another layout: found in a class of some size, and the whole of it is shared."""
    work = {**others(10), "ann": {NAME: one(LONG)}, "eve": {NAME: one(RENAMED)}}
    (pair,) = compare(work).alike
    assert set(pair.learners) == {"ann", "eve"}
    assert (pair.shared[0].exercise, pair.shared[0].share, pair.shared[0].behaviour) == (NAME, 1.0, 0.0)
    assert pair.bits >= likeness.ENOUGH


def test_many_copies_with_new_names():
    """However many change the names alone, each is found, though what they share is common then."""
    copies = {f"copy{k}": {NAME: one(RENAMED.replace("zz", f"zz{k}"))} for k in range(40)}
    found = pairs({**others(400), **copies})
    assert {learner for pair in found for learner in pair} == set(copies)
    assert len(found) == 39


def test_short_answers_accuse_nobody():
    """The same three lines under other names, in a class of any size."""
    copy = SHORT.replace("p", "a").replace("q", "b").replace("kl_div", NAME)
    for number in (0, 5, 60):
        work = {**others(number), "ann": {NAME: one(SHORT)}, "eve": {NAME: one("def kl_div(" + copy.split("(", 1)[1])}}
        assert pairs(work) == []


def test_small_classes_accuse_nobody():
    """Of two learners nobody can tell what is rare."""
    assert pairs({"ann": {NAME: one(LONG)}, "eve": {NAME: one(RENAMED)}}) == []


def test_what_is_common_says_nothing():
    """What half of the class has, as from a lecture, and what the course's own answers hold."""
    lecture = {f"n{k}": {NAME: one(LONG + f"\n    return torch.f{k}(x)\n")} for k in range(20)}
    assert pairs({**lecture, **others(20)}) == []
    topic = syllabus.find_topic("kl_divergence")
    own = stubs.model_answer(topic, NAME)
    work = {**others(10), "ann": {NAME: one(own)}, "eve": {NAME: one(own.replace("terms", "zz") + "\n    pass\n")}}
    assert pairs(work) == []


def test_the_same_wrong_way_counts():
    """Being wrong as hardly anybody else says more than the text alone; being wrong as all others are says nothing."""
    work = {**others(14), "ann": {NAME: one(LONG)}, "eve": {NAME: one(RENAMED)}}

    def grades(same: list[str]) -> list[Graded]:
        found = []
        for learner in work:
            outcomes = (Outcome.FAILED, Outcome.PASSED if learner in same else Outcome.FAILED)
            verdicts = tuple(Verdict(f"c{n}", "", Tier.CORE, outcome) for n, outcome in enumerate(outcomes))
            found.append(Graded(learner, (Report(NAME, learner, Outcome.FAILED, verdicts, 0, 1, Diagnosis("m", "")),)))
        return found

    ways = ([], grades(["ann", "eve"]), grades(list(work)))
    (alone,), (rare,), (usual,) = (compare(work, each).alike for each in ways)
    assert (rare.bits - alone.bits, rare.shared[0].behaviour) == (3.0, 3.0)  # two of sixteen
    assert usual == alone


def rewritten(text: str) -> str:
    """Without comments, under new names, with a helper for what is returned."""
    (function, *rest) = ast.parse(text).body
    assert isinstance(function, ast.FunctionDef)
    last = function.body[-1]
    inner = {node.id for node in ast.walk(function) if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)}
    inner |= {argument.arg for argument in function.args.args}
    if isinstance(last, ast.Return) and last.value is not None:
        used = sorted({node.id for node in ast.walk(last) if isinstance(node, ast.Name)} & inner)
        helper = ast.parse(f"def finish({', '.join(used)}):\n    {ast.unparse(last)}").body
        function.body[-1] = ast.parse(f"def f():\n    return finish({', '.join(used)})").body[0].body[0]
        rest = [*rest, *helper]
    for node in ast.walk(ast.Module([function, *rest], [])):
        if isinstance(node, ast.Name) and node.id in inner:
            node.id = f"{node.id}_2"
        if isinstance(node, ast.arg) and node.arg in inner:
            node.arg = f"{node.arg}_2"
    return ast.unparse(ast.Module([function, *rest], []))


def honest(topic: str) -> dict[str, dict[str, Answer]]:
    """Learners who each have an answer of their own to each exercise; a helper that several use is left out."""
    work: dict[str, dict[str, Answer]] = {}
    for name, rest in functions_of([("", (STYLES / f"{topic}.py").read_text(encoding="utf-8"))]):
        text = rest[: end_of(rest)] + "\n"
        exercise, _, style = name.partition("__")
        if style:
            learner = next(n for n in range(99) if exercise not in work.get(f"learner{n}", {}))
            answer = one(text.replace(f"def {name}(", f"def {exercise}("), exercise)
            work.setdefault(f"learner{learner}", {})[exercise] = answer
    return work


def test_independent_answers_are_not_alike_and_rewritten_ones_are():
    """Right answers in many styles: of all pairs none is listed; of those who rewrote another's, most are."""
    looked_at = false = copied = found = 0
    for topic in ("kl_divergence", "regression", "ctc_forward"):
        work = honest(topic)
        looked_at += len(list(combinations(work, 2)))
        false += len(pairs(work))
        for victim in [learner for learner in work if len(work[learner]) > 2][:4]:
            copy = {name: one(rewritten(answer.text), name) for name, answer in work[victim].items()}
            copied += 1
            found += {victim, "eve"} in pairs({**work, "eve": copy})
    assert (looked_at > 100, false) == (True, 0)
    assert (copied, found) == (12, 12)


def test_marks_are_where_it_is_shared():
    """What both have is marked in either text, and nothing else."""
    ann, eve = one(LONG), one(RENAMED + "    extra = torch.extra(1, 2, 3, 4, 5, 6, 7)\n")
    for answer, other in ((ann, eve), (eve, ann)):
        marked = "".join(answer.text[begin:end] for begin, end in likeness.marks(answer, other))
        assert "nan=0.0" in marked
        assert "extra" not in marked
        assert "def kl_div" not in marked
    spans = likeness.marks(ann, eve)
    assert spans == sorted(spans)
    assert all(end <= begin for (_, end), (begin, _) in pairwise(spans))


def test_winnowing():
    """What is LENGTH + WINDOW - 1 tokens long is found wherever it stands; less than LENGTH tokens have no print."""
    shared = [f"s{k}" for k in range(winnowing.LENGTH + winnowing.WINDOW - 1)]

    def prints(words: list[str]) -> frozenset[int]:
        text = "def kl_div(x):\n    " + " . ".join(words)
        return winnowing.fingerprints([token for token in one(text).tokens() if token.word != "."])

    for before in range(6):
        assert prints([f"a{k}" for k in range(before)] + shared) & prints([*shared, "b"])
    assert prints(shared[: winnowing.LENGTH - 1]) == frozenset()


# ---- folders and the command -------------------------------------------------------------------------------------


def test_command(tmp_path, capsys, plain_terminal):
    """`coursekit similar` tells groups and pairs, and writes a page of them; with grades it knows what was wrong."""
    folder = tmp_path / "week"
    folder.mkdir()
    texts = {name: answers[NAME].text for name, answers in others(10).items()}
    texts |= {"ann": LONG, "eve": RENAMED, "ann2": LONG + "\n\n# mine"}
    for name, text in texts.items():
        (folder / f"{name}.py").write_text(text)
    (folder / "word.docx").write_bytes(b"x")
    assert main(["similar", str(folder)]) == 0
    said = capsys.readouterr().out
    assert "2 learners handed in the same work: ann, ann2" in said
    assert re.search(r"│ ann +│ eve +│ +\d+ │ kl_div 100 %", said)
    assert "Likeness is no proof" in said
    page = (tmp_path / "week-grades" / "pages" / "similar.html").read_text(encoding="utf-8")
    assert "<mark>" in page
    assert len(read(folder)) == 14


def test_command_without_answers(tmp_path, capsys):
    """A folder in which nobody answers anything, and none at all, are said in a sentence."""
    assert main(["similar", str(tmp_path / "nowhere")]) == 1
    assert "nowhere is not a folder" in capsys.readouterr().err
    (tmp_path / "a.py").write_text("x = 1\n")
    assert main(["similar", str(tmp_path)]) == 1
    assert "answers an exercise of the course" in capsys.readouterr().err


def test_report_shows_it(tmp_path, capsys):
    """`coursekit report` reads the folder beside its grades, or the one that it is told; without one it is silent."""
    folder = tmp_path / "week"
    for place in (folder, tmp_path / "week-grades", tmp_path / "other"):
        place.mkdir()
    for learner in ("ann", "eve"):
        (folder / f"{learner}.py").write_text(LONG)
        for grades in ("week-grades", "other"):
            gradefiles.write_report(tmp_path / grades, Graded(learner, (Report(NAME, "", Outcome.PASSED, (), 1, 1),)))
    (folder / "later.py").write_text(LONG)  # and not graded yet

    def page(*arguments: str) -> str:
        assert main(["report", *arguments]) == 0
        return (Path(arguments[0]) / "pages" / "index.html").read_text(encoding="utf-8")

    told = "2 learners handed in the same work"
    assert told in page(str(tmp_path / "week-grades"))
    assert told not in page(str(tmp_path / "other"))
    assert told in page(str(tmp_path / "other"), "--submissions", str(folder))
    assert main(["report", str(tmp_path / "other"), "--submissions", str(tmp_path / "nowhere")]) == 1
    assert "nowhere is not a folder" in capsys.readouterr().err


@pytest.mark.slow
def test_a_thousand_submissions():
    """Of seven exercises, a thousand times, in a few seconds, though every third answer is the same."""
    work = {}
    for n in range(1_000):
        text = LONG if n % 3 == 0 else LONG.replace("terms", f"t{n}.u{n % 200}").replace("0.6931", "x.y" * (n % 7))
        work[f"n{n}"] = {f"e{k}": Answer(text + f"\n    return {k}.a{n % 50}(x)\n") for k in range(7)}
    before = time.process_time()
    compare(work)
    assert time.process_time() - before < 15
