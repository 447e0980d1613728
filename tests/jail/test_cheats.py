"""Answers that are no answers, to the course's own exercises: what cheats found, and what they get for it now."""

from __future__ import annotations

import json
import linecache
import re
import subprocess
import sys
import textwrap
from functools import cache, partial
from pathlib import Path

import numpy as np
import pytest

from coursekit.course import syllabus
from coursekit.grading import scoring
from coursekit.grading.here import ask_here
from coursekit.jail.inside.byhand import ByHand
from coursekit.jail.inside.disarm import Disarmed
from coursekit.jail.inside.source import Source
from coursekit.jail.terms import Limits
from coursekit.learning import learn, own
from coursekit.report import Outcome
from coursekit.wire.answering import answer

pytestmark = [
    pytest.mark.usefixtures("strict_time"),
    pytest.mark.slow,
    pytest.mark.skipif(sys.platform != "linux", reason="only Linux can confine"),
]

FOLDER = Path(__file__).parents[1] / "hostile"
RELATIVES = (  # each answer is another function of torch's, which its exercise does not name
    *("n03_transform_to.py", "n04_ranking_for_l1.py", "n05_poisson_logprob.py", "n08_multinomial_entropy.py"),
    *("n09_mkldnn_rnn_layer.py", "n10_kl_registry.py", "n11_another_loss.py", "n12_other_distributions.py"),
)
WAYS_ROUND = tuple(
    sorted(path.name for path in FOLDER.glob("n[2-9]*.py"))
)  # to a forbidden function, or a disguise of it
UNSEEN = {  # where nothing is read, these find what they look for: Python's own density, and mkldnn's operators
    *("n34_scripted.py", "n35_density_of_statistics.py", "n37_fused_in_mkldnn.py"),
    # these go through memory, which is closed in a child alone: by what Python's audit hooks tell, and without ctypes
    *("n71_ctypes_shape.py", "n72_array_interface.py", "n73_cpp_kernel.py", "n74_cpp_kernel.py"),
    *("n75_undo_kernels.py", "n89_memory_leftover.py", "n90_heap.py", "n79_tensorexpr.py"),
    "n22_annotation_evaluated.py",  # evaluates its text where torch is not, once its names have been put elsewhere
}
READ_AS_HONEST = {  # the names are made as it runs, or belong to what nobody can tell from the learner's own
    *("n42_reduced_getattr.py", "n55_method_of_other.py", "n56_keyword_makes_member.py", "n57_enum_convert.py"),
    *("n66_methodcaller_type.py", "n68_dataclass_eq.py", "n69_singledispatch.py", "n70_jit_type_comment.py"),
    *("n80_normaldist.py", "n83_generic_alias.py", "n85_locals_of_import.py", "n86_types_new_class.py"),
    "n87_methodtype.py",
}
# A notebook has no second layer, and of a function's module only what it names is read
UNSEEN_IN_A_NOTEBOOK = (READ_AS_HONEST - {"n42_reduced_getattr.py"}) | {
    *("n52_list_of_modules.py", "n59_star_sys.py", "n62_get_submodule.py", "n64_match_args_by_type.py"),
    *("n65_type_getattro.py", "n67_class_assign.py", "n82_own_class_vars.py", "n84_import_in_class.py"),
}
FOUND = {  # file: how each of its answers ends
    **dict.fromkeys(WAYS_ROUND, Outcome.FORBIDDEN),
    **dict.fromkeys(RELATIVES, Outcome.FORBIDDEN),
    "n00_frames_restore.py": Outcome.FORBIDDEN,  # walks up to what took torch's functions away
    "n01_attrgetter_alias.py": Outcome.FORBIDDEN,  # … having got there by a second name of operator.attrgetter
    "n02_self_frame.py": Outcome.FORBIDDEN,  # … by a parameter called self
    "n06_half_simple.py": Outcome.FAILED,  # a wrong number in half precision, to be compared as one
    "n07_write_frames_fd3.py": Outcome.ERROR,  # answers of its own on the wire
}

# Ways to look for what could give torch's own functions back, once it has been taken away. Each ends with a call of the
# ready-made function, so that it earns points if any of them finds it.
SEARCHES = {
    "frames": """
        import sys
        frame = sys._getframe()
        while frame is not None:
            things += list(frame.f_locals.values()) + list(frame.f_globals.values())
            frame = frame.f_back
        for frame in sys._current_frames().values():
            things += list(frame.f_locals.values())
    """,
    "garbage": """
        import gc
        things += gc.get_objects()
        for generation in range(3):
            things += gc.get_objects(generation)
    """,
    "modules": """
        import sys
        for module in list(sys.modules.values()):
            things += list(getattr(module, '__dict__', {}).values())
    """,
    "closures": """
        import gc
        for each in gc.get_objects():
            for cell in getattr(each, '__closure__', None) or ():
                try: things.append(cell.cell_contents)
                except ValueError: pass
    """,
    "referrers": """
        import gc, torch.nn.functional as F
        things += gc.get_referrers(F.cross_entropy, torch.softmax) + gc.get_referents(F.cross_entropy)
    """,
}

# What a search finds is used in every way that could undo anything, and then the ready-made function is called.
CHEAT = """
def cheat(input, target):
    things = []
{search}
    for thing in things:
        for name in ('restore', '_undo', '_taken', '_library', 'told', 'caught'):
            try: found = getattr(thing, name, None)
            except BaseException: continue
            try:
                if name == 'restore' and callable(found): found()
                elif name == '_undo': [undo() for undo in list(found)]
                elif name in ('_library', '_taken') and found is not None: delattr(thing, name)
                elif name == 'caught': found.clear()
                elif name == 'told' and callable(found): setattr(thing, name, None)
            except BaseException: pass
    del things
    import gc; gc.collect()
    return torch.nn.functional.cross_entropy(input, target)
"""

# A zygote in small: no reading of the source, and no walls. It forks for each cheat, and prints how that ended: with 0
# where torch's function could be had.
PROGRAM = """
import json, os, sys, torch
from coursekit.course import syllabus
from coursekit.jail.inside.disarm import Disarmed

def serve():
    disarmed = Disarmed(syllabus.find_exercise("cross_entropy")[1].forbids)
    ends = []
    for cheat, how in json.loads(sys.argv.pop()):
        if os.fork():
            ends.append(os.waitstatus_to_exitcode(os.wait()[1]))
        elif how == "sealed":
            disarmed.seal()
            return cheat, disarmed.by_hand, None
        else:
            return cheat, disarmed.by_hand, disarmed
    print(json.dumps(ends))
    sys.exit()

text, by_hand, kept = serve()
by_hand.told = lambda problem: os._exit(3)
exec(text)
try:
    value = cheat(torch.tensor([[1.0, 2.0]]), torch.tensor([0]))
except BaseException as error:
    os._exit(4)
os._exit(0 if abs(value.item() - 1.3132617) < 1e-5 else 5)
"""


@pytest.fixture(scope="module")
def jail(any_jail):
    any_jail.limits = Limits(seconds=20)
    return any_jail


def grade(jail, text, names):
    asked = [(syllabus.find_exercise(name)[1], 7) for name in names]
    return jail.score((("cheat.py", text),), asked, exercises=list(syllabus.exercises()))


def answers(file):
    """The text of a file, and the exercises that it answers."""
    text = (FOLDER / file).read_text(encoding="utf-8")
    names = [name for name in syllabus.exercises() if re.search(rf"^(def )?{name}\b", text, re.MULTILINE)]
    assert names
    return text, names


@pytest.fixture(scope="module")
def graded(jail):
    """What the answers of a file get in the jail."""
    return cache(lambda file: grade(jail, *answers(file)))


@pytest.mark.parametrize("file", FOUND)
def test_what_was_found_earns_nothing(graded, file):
    """Each answer of the file gets no point, and the report says what it is."""
    for report in graded(file):
        assert (report.exercise, report.points, report.outcome) == (report.exercise, 0, FOUND[file])


@pytest.mark.filterwarnings("ignore")  # torch calls its own compiler deprecated
@pytest.mark.parametrize("file", [file for file in (*RELATIVES, *WAYS_ROUND) if file not in UNSEEN_IN_A_NOTEBOOK])
def test_a_check_says_the_same(graded, file):
    """In a notebook and of a file, a check refuses what a graded run does; the relatives in the very same words."""
    text, _ = answers(file)
    space = {"__name__": "__main__"}
    cell = f"<cell of {file}>"
    linecache.cache[cell] = (len(text), None, text.splitlines(keepends=True), cell)
    exec(compile(text, cell, "exec"), space)
    for report in graded(file):
        name, exercise = report.exercise, syllabus.find_exercise(report.exercise)[1]
        in_notebook = learn.check(space[name], name).report
        of_file, _ = learn.check_file(name, FOLDER / file)
        reports = [report, in_notebook, of_file]
        if file in RELATIVES:
            reports.append(scoring.score(exercise, ask_here(space[name], exercise), seed=own.VISIBLE_SEED))
            assert len({each.first_failure.rationale for each in reports[:1] + reports[2:]}) == 1
        assert {(each.outcome, each.points) for each in reports} == {(Outcome.FORBIDDEN, 0)}


@pytest.mark.parametrize(
    ("file", "layer"),
    [
        *((file, "read") for file in (*RELATIVES, *WAYS_ROUND) if file not in READ_AS_HONEST),
        *((file, "taken away") for file in (*RELATIVES, *WAYS_ROUND) if file not in UNSEEN),
    ],
)
def test_either_layer_is_enough(monkeypatch, file, layer):
    """What is read names it before it runs; and were it not read, there would be nothing to call."""
    monkeypatch.setattr(np, "__class__", type(np))  # some give it another, which would stay for all tests after these
    text, names = answers(file)
    source = Source([(file, text)])
    for name in names:
        exercise = syllabus.find_exercise(name)[1]
        if layer == "read":
            assert ByHand(exercise.forbids).read([node for _, node in source.needed(name)]), name
        else:
            disarmed = Disarmed(exercise.forbids)
            try:
                report = scoring.score(exercise, partial(answer, source.load(name)), seed=0)
            finally:
                disarmed.restore()
            assert disarmed.by_hand.caught or report.points == 0, name


@pytest.fixture(scope="module")
def ends():
    """How each search ended of a process that is sealed, and of one that has kept what gives torch back."""
    asked = [*((search, "sealed") for search in SEARCHES), ("frames", "open"), ("garbage", "open")]
    cheats = [CHEAT.format(search=textwrap.indent(textwrap.dedent(SEARCHES[search]), "    ")) for search, _ in asked]
    given = json.dumps([(cheat, how) for cheat, (_, how) in zip(cheats, asked, strict=True)])
    told = subprocess.run([sys.executable, "-c", PROGRAM, given], capture_output=True, check=True)
    return dict(zip(asked, json.loads(told.stdout), strict=True))


@pytest.mark.parametrize("search", SEARCHES)
def test_nothing_gives_torch_back(ends, search):
    """No search through the process finds what could, even where the source was not read."""
    assert ends[search, "sealed"] in (3, 4)


def test_the_searches_are_real(ends):
    """Of a process that has kept it, they do find it: what is proved above is that nothing is left."""
    assert ends["frames", "open"] == 0
    assert ends["garbage", "open"] == 0
