"""Whose work a folder holds: the layouts of the platforms, what is nobody's, and nobody merged with anybody else."""

from __future__ import annotations

from pathlib import Path

import pytest

from coursekit.classroom.folder import entries, find, person, read, strangers

CODE = "def kl():\n    ..."


def hand_in(folder: Path, *names: str, **contents: str) -> Path:
    """Files with some code in them; a name that ends with / is an empty folder."""
    for name in names:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        if name.endswith("/"):
            path.mkdir(parents=True, exist_ok=True)
        else:
            path.write_text(f"{CODE}\n# {name}\n", encoding="utf-8")
    return folder


def whose(folder: Path) -> dict[str, list[str]]:
    return {
        learner: [each.path.relative_to(folder).as_posix() for each in handed] for learner, handed in entries(folder)
    }


CANVAS = {
    "leeann_4321": ["leeann_4321_98765_kl.py", "leeann_LATE_4321_98777_kl-1.py", "leeann_4321_98999_1_2_x.ipynb"],
    "van_der_berg_77": ["van_der_berg_77_1_kl.py"],
    "anon_aB1": ["anon_aB1_55_kl.py", "LATE_anon_aB1_56_kl.py"],
    "yan_98": ["yan_98_text.html"],
    "zoe_99": ["zoe_99_text.html"],
}
MOODLE = {
    "Ann Lee_7000": ["Ann Lee_7000_assignsubmission_file_/kl.py", "Ann Lee_7000_assignsubmission_onlinetext_/a.html"],
    "Ann Lee_7001": ["Ann Lee_7001_assignsubmission_file/kl.py"],
    "Bo_8": ["Bo_8_assignsubmission_file_kl.py", "Bo_8_assignsubmission_file_kl (1).py"],
    "Teilnehmerin_9": ["Teilnehmerin_9_assignsubmission_file_Ann Lee_7000_assignsubmission_file_x.py"],
    "Default group": ["Default group_assignsubmission_file/kl.py"],
}


@pytest.mark.parametrize("layout", [CANVAS, MOODLE, {**CANVAS, **MOODLE, "ann": ["ann.py"]}], ids=["c", "m", "mixed"])
def test_learner_is_who_the_platform_says(tmp_path, layout):
    """Whatever a file is called, and however many there are, a person is one learner."""
    for names in layout.values():
        hand_in(tmp_path, *names)
    found = whose(tmp_path)
    assert {learner: sorted(paths) for learner, paths in found.items()} == {
        learner: sorted({name.partition("/")[0] for name in names}) for learner, names in layout.items()
    }
    assert [person(name) for name in ("leeann_LATE_4321_98777_kl-1", "Ann Lee_7000_assignsubmission_file_", "ann")] == [
        "leeann_4321",
        "Ann Lee_7000",
        "ann",
    ]


def test_newer_upload_counts(tmp_path):
    """The number of the upload decides, whatever the files are called; their learner's own names are told."""
    hand_in(tmp_path, "lee_43_99_a.py", "lee_LATE_43_100_a.py", "lee_43_98_z.py", "bo_44_1_a.py")
    (lee,) = [read(entry) for entry in entries(tmp_path) if entry.learner == "lee_43"]
    assert [label for label, _ in lee.cells] == ["z.py", "lee_43_99_a.py", "lee_LATE_43_100_a.py"]
    hand_in(tmp_path, "lee_43_97_kl-10.py", "lee_43_96_kl-9.py")
    (tmp_path / "lee_43_99_a.py").unlink()
    (lee,) = [read(entry) for entry in entries(tmp_path) if entry.learner == "lee_43"]
    assert [label for label, _ in lee.cells] == ["kl-9.py", "kl-10.py", "z.py", "a.py"]


def test_person_with_another_name(tmp_path):
    """Canvas's number stays: `Ann Lee` or `Lee, Ann`, before and after a wedding."""
    hand_in(tmp_path, "annlee_4321_1_a.py", "leeann_4321_2_b.py", "ann_lee_4321_3_c.py", "bo_5_4_a.py")
    assert list(whose(tmp_path)) == ["ann_lee_4321", "bo_5"]
    hand_in(tmp_path, "smithann_4321_9_b.py")
    assert list(whose(tmp_path)) == ["smithann_4321", "bo_5"]


@pytest.mark.parametrize(
    "names",
    [
        ["hw_3_1_ann.py", "hw_3_1_bob.py", "hw_3_2_cem.py"],
        [f"hw_3_{number}_x{number * 7}y.py" for number in range(20)],
        ["ann_2024_1_kl.py", "bob_2024_2_kl.py", "cem_2024_3_kl.py"],
        ["ann_1_11_kl.py", "bob_1_12_kl.py", "cem_2_13_kl.py", "dan_2_14_kl.py"],
    ],
    ids=["upload", "one", "year", "weeks"],
)
def test_names_that_look_like_canvass(tmp_path, names):
    """A pattern of the instructor's own merges nobody with anybody."""
    assert len(whose(hand_in(tmp_path, *names))) == len(names)


METADATA = """---
submission_101:
  :submitters:
  - :name: Ann Lee
    :sid: '1'
    :email: ann@uni.example
  :created_at: !ruby/object:ActiveSupport::TimeWithZone 2026-09-04 23:35:22 Z
  :results: {tests: [{output: "x: y"}]}
submission_102:
  :submitters:
  - {":name": Bo, ":sid": '002', ":email": ''}
  - {":name": Cem, ":sid": , ":email": }
submission_99:
  :submitters:
  - :email: Ann@uni.example
submission_103: {}
"""


def test_gradescope(tmp_path):
    """The metadata say who: one by e-mail, one by number, one by name; two of a group have the same work."""
    hand_in(tmp_path, *(f"submission_{n}/kl.py" for n in (101, 102, 103, 99)))
    assert list(whose(tmp_path)) == ["submission_101", "submission_102", "submission_103", "submission_99"]
    (tmp_path / "submission_metadata.yml").write_text(METADATA, encoding="utf-8")
    expected = {
        "ann@uni.example": ["submission_99", "submission_101"],
        "002": ["submission_102"],
        "Cem": ["submission_102"],
        "submission_103": ["submission_103"],
    }
    assert whose(tmp_path) == expected
    assert strangers(tmp_path) == []
    around = tmp_path / "around"
    (around / "assignment_9_export").mkdir(parents=True)
    for path in [*tmp_path.glob("submission_*")]:
        path.rename(around / "assignment_9_export" / path.name)
    hand_in(around, "bob.py")
    assert {learner.removesuffix(" (Gradescope)") for learner in whose(around)} == {*expected, "bob"}


def test_gradescopes_metadata_that_cannot_be_read(tmp_path):
    """Nobody is graded under a wrong name because of it."""
    hand_in(tmp_path, "submission_101/kl.py")
    for content in (b"\xff\xfe", b"a: [", b"- x", b"[" * 5_000):
        (tmp_path / "submission_metadata.yml").write_bytes(content)
        with pytest.raises(OSError, match="export it again from Gradescope, or delete it"):
            entries(tmp_path)


def test_nbgrader(tmp_path):
    """Its course, or its submitted/: a learner for each folder in there, and nothing of the other steps."""
    hand_in(tmp_path, "submitted/ann/kl/kl.ipynb", "submitted/ann/kl/timestamp.txt", "submitted/bo/kl/kl.ipynb")
    hand_in(tmp_path, "source/kl/kl.ipynb", "autograded/ann/kl/kl.ipynb", "nbgrader_config.py", "gradebook.db")
    assert whose(tmp_path) == {"ann": ["submitted/ann"], "bo": ["submitted/bo"]}
    assert list(whose(tmp_path / "submitted")) == ["ann", "bo"]
    assert strangers(tmp_path) == ["autograded", "gradebook.db", "nbgrader_config.py", "source"]


def test_learner_called_submitted(tmp_path):
    """Nobody passes for others by what lies in a folder of theirs."""
    hand_in(tmp_path, "submitted/bob/kl/kl.py", "bob.py", "ann/bob_4321_99_kl.py", "ann/cem_4322_98_kl.py")
    hand_in(tmp_path, "dan/submission_1/kl.py")
    (tmp_path / "dan" / "submission_metadata.yml").write_text(METADATA, encoding="utf-8")
    assert list(whose(tmp_path)) == ["ann", "bob", "dan", "submitted"]


def test_github_classroom(tmp_path):
    """Clones are their logins': behind the name of the assignment, or behind what all begin with."""
    clones = ["kl-divergence-ann-lee", "kl-divergence-bo"]
    folder = hand_in(tmp_path / "kl-divergence-submissions", *(f"{name}/kl.py" for name in clones))
    assert list(whose(folder)) == ["ann-lee", "bo"]
    other = hand_in(tmp_path / "work", *(f"{name}/kl.py" for name in clones))
    assert list(whose(other)) == clones
    hand_in(other, *(f"{name}/.git/" for name in clones))
    assert list(whose(other)) == ["ann-lee", "bo"]
    hand_in(other, "bo.py")  # somebody else, as far as we know
    assert list(whose(other)) == ["bo.py", "ann-lee", "bo (GitHub)"]
    plain = hand_in(tmp_path / "plain", "ann/.git/", "bo/.git/", "ann/a.py", "bo/a.py")
    assert list(whose(plain)) == ["ann", "bo"]
    alike = hand_in(
        tmp_path / "alike", *(f"kl-{name}/{file}" for name in ("ann", "anna") for file in (".git/", "a.py"))
    )
    assert list(whose(alike)) == ["ann", "anna"]  # what they share of their logins is no part of the assignment's name


def test_download_within_a_folder(tmp_path):
    """What was unpacked into a folder of its own is found there, where nobody is beside it."""
    inner = tmp_path / "submissions"
    hand_in(inner, "lee_43_99_a.py", "bo_44_100_a.py", "__MACOSX/x", "index.html")
    hand_in(tmp_path, ".DS_Store")
    assert list(whose(tmp_path)) == ["bo_44", "lee_43"]
    assert strangers(tmp_path) == [".DS_Store", "submissions/__MACOSX", "submissions/index.html"]
    hand_in(tmp_path, "ann.py")
    assert list(whose(tmp_path)) == ["ann", "submissions"]


STRANGE = [
    *("Thumbs.db", "desktop.ini", ".DS_Store", "._ann.py", "__MACOSX/ann.py", "index.html", "Log in.HTM"),
    *("roster.csv", "grades.xlsx", "ann.py~", "#ann.py#", "~$ann.docx", "ann.py.bak", ".ann.py.swp", "ann.ipynb.orig"),
]


def test_no_submission(tmp_path):
    """What systems, editors and platforms leave is nobody's; an unreadable work is somebody's."""
    hand_in(tmp_path, *STRANGE, "ann.py", "bob.ipynb", "cem.docx", "dan.txt", "eve_1_2_data.csv", "eve_1_3_kl.py~")
    assert list(whose(tmp_path)) == ["ann", "bob", "cem", "dan", "eve_1"]
    assert sorted(strangers(tmp_path)) == sorted(name.partition("/")[0] for name in STRANGE)


def test_folder_of_grades(tmp_path):
    """Ours is no learner, beside the submissions or spilt over them; a learner who is called so is one."""
    hand_in(tmp_path, "x-grades/secret.key", "x-grades/grades.csv", "x-grades/reports/ann.json", "ann.py")
    hand_in(tmp_path, "reports/kl.py", "secret.key.py", "gradebook.sqlite.py")
    assert list(whose(tmp_path)) == ["ann", "gradebook.sqlite", "reports", "secret.key"]
    hand_in(tmp_path, "secret.key", "gradebook.sqlite", "grades.csv")
    assert "reports" in whose(tmp_path)
    (tmp_path / "reports" / "kl.py").rename(tmp_path / "reports" / "ann.json")
    assert list(whose(tmp_path)) == ["ann", "gradebook.sqlite", "secret.key"]
    assert strangers(tmp_path) == ["gradebook.sqlite", "grades.csv", "reports", "secret.key", "x-grades"]


def test_several_layouts_of_one_name(tmp_path):
    """Who is called the same by two platforms stays two learners, each with the platform's name."""
    hand_in(tmp_path, "ann_7_8_kl.py", "bo_9_10_kl.py", "ann_7_assignsubmission_file/kl.py", "ANN_7.py")
    assert list(whose(tmp_path)) == ["ANN_7.py", "ann_7 (Canvas)", "ann_7 (Moodle)", "bo_9"]
    hand_in(tmp_path, "submitted/bo_9/kl/kl.py", "source/")
    learners = [each.learner.casefold() for each in find(tmp_path)]
    assert len(set(learners)) == 5
