"""The code files in a zip, within bounds, whatever its headers claim. Only here is zipfile used on strangers' files."""

from __future__ import annotations

import errno
import io
import stat
import zipfile
from collections.abc import Iterator
from pathlib import Path, PurePosixPath

from coursekit.grading.newest import Dated, oldest_first
from coursekit.grading.opening import disk
from coursekit.grading.opening.disk import UnreadableError
from coursekit.text import visible

MAX_FILES = 100
MAX_DIRECTORY = 1 << 20  # bytes of an archive's list of files: some fifteen thousand names
_CHUNK = 1 << 18
_COMPRESSIONS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)  # zipfile unpacks all others without a bound
_ARCHIVES = (".zip", ".7z", ".rar", ".tar", ".gz", ".tgz", ".bz2", ".xz", ".zst")


class _Archive(io.BufferedReader):
    """A file that hands out no more at once than a list of files may take, since zipfile reads that list whole."""

    def read(self, size: int | None = -1, /) -> bytes:
        data = super().read(MAX_DIRECTORY + 1 if size is None or size < 0 else min(size, MAX_DIRECTORY + 1))
        if len(data) > MAX_DIRECTORY:
            raise UnreadableError("Its list of files is too long; hand in only the files with your code.")
        return data


def from_zip(path: Path) -> Iterator[tuple[str, bytes]]:
    """Name and content of each code file in an archive, the newest last.

    Raises:
        UnreadableError: it cannot be opened, or holds what is not taken.
        OSError: the disk cannot be read.
    """
    try:
        with _Archive(io.FileIO(disk.open_file(path))) as file, zipfile.ZipFile(file) as archive:
            listed = archive.infolist()
            # of a name that stands there twice the last one counts, as it does for who unpacks the archive
            members = {member.filename: member for member in listed if _wanted(member)}
            if len(members) > MAX_FILES:
                raise UnreadableError(f"It holds more than {MAX_FILES} code files.")
            if not members:
                _insist_on_no_archive(listed)
            for name in oldest_first(Dated(name, member.date_time) for name, member in members.items()):
                yield name, _unpacked(archive, members[name])
    except UnreadableError:
        raise
    except Exception as error:  # zipfile and zlib have errors of many kinds for damaged data
        if isinstance(error, OSError) and error.errno not in (None, errno.EINVAL):  # EINVAL: a place that is nowhere
            raise
        why = visible(str(error))[:200]
        raise UnreadableError(f"It is not a zip file that can be opened ({why}).") from None


def _wanted(member: zipfile.ZipInfo) -> bool:
    """Code files, without what systems and editors leave in an archive, and none that would be put elsewhere."""
    path = PurePosixPath(member.filename.replace("\\", "/"))
    return all(map(disk.is_work, path.parts)) and path.suffix.lower() in disk.SUFFIXES and not member.is_dir()


def _insist_on_no_archive(members: list[zipfile.ZipInfo]) -> None:
    inner = (member.filename for member in members if PurePosixPath(member.filename).suffix.lower() in _ARCHIVES)
    if (name := next(inner, None)) is not None:
        raise UnreadableError(f"It holds another archive, {disk.label(name)}, and no code: hand in the files in that.")


def _unpacked(archive: zipfile.ZipFile, member: zipfile.ZipInfo) -> bytes:
    """What a member unpacks to, whatever its header claims, and no more than the cap."""
    mode = stat.S_IFMT(member.external_attr >> 16)
    if mode not in (0, stat.S_IFREG):
        raise UnreadableError(f"{disk.label(member.filename)} is a link or a device; hand in the file itself.")
    if member.flag_bits & 1:
        raise UnreadableError("It is protected by a password.")
    if member.compress_type not in _COMPRESSIONS:
        raise UnreadableError("It is compressed in an unusual way; make a zip file with your system's own command.")
    data = bytearray()
    with archive.open(member) as file:
        while chunk := file.read(_CHUNK):
            data += chunk
            if len(data) > disk.MAX_FILE:
                raise UnreadableError("It unpacks to more than is allowed.")
    return bytes(data)
