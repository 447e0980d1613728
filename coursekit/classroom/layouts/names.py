"""How course platforms name what they hand out: whose a file or a folder is, as its name tells. Nothing is opened.

Canvas, lib/content_zipper.rb of instructure/canvas-lms: NAME_USER_UPLOAD_FILE, with LATE behind the name where it came
late; anon_CODE in place of NAME_USER where grading is anonymous; the group's name and one member's number in a group
assignment; NAME_USER_text.html and NAME_USER_link.html for what was typed into a box. NAME is the sortable name in
small letters with all signs but the underscore taken out; Canvas itself takes the first two numbers for the user's
and the upload's (`infer_comment_context_from_filename`).

Moodle, mod/assign/classes/downloader.php of moodle/moodle: NAME_NUMBER_assignsubmission_PLUGIN as a folder (up to 4.0
with another _ at the end), or in front of each file's name. NUMBER is the participant's, in a team assignment the
group's; NAME holds no underscore, and is a word for "participant" where names are hidden. Who is in no group shares
"Default group", without a number.

Gradescope, "Download submissions": a folder submission_NUMBER each, and submission_metadata.yml (see `gradescope`).
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from coursekit.grading.newest import base_of

_WHO = r"(?P<name>[^/]*?)_(?:late_)?(?P<user>[0-9]+)|(?:late_)?(?P<anonymous>anon_[0-9a-z]+)"
_CANVAS = re.compile(
    rf"(?:{_WHO})_(?:(?P<upload>[0-9]+)_(?P<file>.+)|(?P<box>(?:text|link)\.html))", re.IGNORECASE | re.DOTALL
)
_MOODLE = re.compile(
    r"(?P<name>[^_]*)(?:_(?P<number>[0-9]+))?_assignsubmission_(?P<plugin>[a-z]+)(?:_(?P<file>.+)|_?)", re.DOTALL
)
_GRADESCOPE = re.compile(r"submission_(?P<number>[0-9]+)")
DOWNLOAD = re.compile(r"assignment_[0-9]+_export")  # the folder in which Gradescope's submissions come
_ENOUGH = 10  # files of a single person, each called otherwise, are more likely a pattern that only looks like Canvas's


@dataclass(frozen=True)
class Claim:
    """Whose an entry is, as its name tells.

    Attributes:
        platform: which named it so.
        key: what tells the person from all others of this platform.
        learner: what to call them: short, and as the platform's rosters can be matched.
        file: what the learner called it; empty for a folder of theirs.
        number: of the upload, where the platform counts them.
    """

    platform: str
    key: tuple[str, ...]
    learner: str
    file: str = ""
    number: int = 0


def claim(name: str) -> Claim | None:
    """Whose an entry of that name is; None where no platform is known to name anything so."""
    if found := _MOODLE.fullmatch(name):
        number = found["number"] or ""
        key = (number,) if number else ("", found["name"].casefold())
        learner = f"{found['name']}_{number}" if number else found["name"]
        return Claim("Moodle", key, learner or "_", found["file"] or "")
    if found := _CANVAS.fullmatch(name):
        file, upload = found["file"] or found["box"], _short(found["upload"] or "0")
        if found["anonymous"]:
            return Claim("Canvas", (found["anonymous"],), found["anonymous"], file, upload)
        learner = f"{found['name']}_{found['user']}"
        return Claim("Canvas", (found["user"], _letters(found["name"])), learner, file, upload)
    if found := _GRADESCOPE.fullmatch(name):
        return Claim("Gradescope", (found["number"],), name, "", _short(found["number"]))
    return None


def person(learner: str) -> str:
    """What we call whoever hands in under a name, also where that is the platform's name of an upload."""
    found = claim(learner)
    return found.learner if found and found.platform in ("Canvas", "Moodle") else learner


def claims(names: Iterable[str]) -> dict[str, Claim]:
    """Those of a folder's entries that a platform has named.

    Canvas's names have no word that none but Canvas uses: `week_3_1_ann.py` looks like one. So a folder whose entries
    look like Canvas's is held against what Canvas does: no two uploads have one number, and a person one name, or two
    for some who have changed theirs. Where it is otherwise, each entry is somebody's by its whole name.
    """
    found = {name: each for name in names if (each := claim(name)) is not None}
    canvas = {name: each for name, each in found.items() if each.platform == "Canvas"}
    if not _is_plausible(list(canvas.values())):
        return {name: each for name, each in found.items() if name not in canvas}
    users = defaultdict(set)
    for each in canvas.values():
        users[each.key[0]].add(each.key)
    renamed = [user for user, keys in users.items() if len(keys) > 1]
    if len(users) > 1 and len(renamed) * 2 <= len(users) and all(len(users[user]) == 2 for user in renamed):
        for name, each in canvas.items():  # the number alone is the person
            found[name] = Claim(each.platform, each.key[:1], each.learner, each.file, each.number)
    return found


def _is_plausible(canvas: Sequence[Claim]) -> bool:
    uploads = defaultdict(set)
    for each in canvas:
        if each.number:
            uploads[each.number].add((each.key, base_of(each.file)))
    if any(len(each) > 1 for each in uploads.values()):
        return False
    people, files = {each.key for each in canvas}, {base_of(each.file) for each in canvas}
    return len(people) > 1 or len(files) < _ENOUGH


def _letters(name: str) -> str:
    """The letters of a name, whichever part stands first: Canvas has `leeann` and `annlee` of the same person."""
    return "".join(sorted(name.casefold().replace("_", "")))


def _short(digits: str) -> int:
    """A number in a name, however many digits somebody has written."""
    return int(digits[-30:])
