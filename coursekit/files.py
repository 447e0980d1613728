"""Files that are written whole or not at all, on disks of every kind."""

from __future__ import annotations

import io
import os
import secrets
import time
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path


def write_whole(path: Path, content: bytes) -> None:
    """Writes a file whole or not at all.

    Raises:
        OSError: it cannot be written; the message names `path`, and what to do where that is known.
    """
    with whole(path) as partial:
        partial.write_bytes(content)


@contextmanager
def whole(path: Path) -> Iterator[Path]:
    """Where to write a file that is to appear whole or not at all; whatever goes wrong, nothing is left beside it.

    Raises:
        OSError: as for `write_whole`.
    """
    if path.is_dir():
        raise IsADirectoryError(f"{path} is a folder: name a file, such as one in it.")
    partial = partial_of(path)
    try:
        yield partial
        partial.replace(path)
    except OSError as error:
        if error.filename in (None, str(partial)):
            raise _about(path, error) from None
        raise
    finally:
        with suppress(OSError):
            partial.unlink(missing_ok=True)


def make_folder(path: Path) -> None:
    """Makes a folder, and those around it, where it is not there.

    Raises:
        OSError: it cannot be made; the message names the file that is in its place, if one is.
    """
    try:
        path.mkdir(parents=True, exist_ok=True)
    except OSError:
        if (there := _nearest(path)).is_dir():
            raise
        raise NotADirectoryError(f"{there} is a file, and a folder is needed there: name another.") from None


def _nearest(path: Path) -> Path:
    """The path itself, or what is there of the way to it."""
    return next(each for each in (path, *path.parents) if os.path.lexists(each) or each == each.parent or not each.name)


def _about(path: Path, error: OSError) -> OSError:
    """What went wrong with a file, in terms of what was asked for and not of the half-written one."""
    there = _nearest(path.parent)
    if not there.is_dir():
        return NotADirectoryError(f"{there} is a file and no folder: name another place for {path.name}.")
    if not path.parent.is_dir():
        return FileNotFoundError(f"There is no folder {path.parent}: make it, or name another place for {path.name}.")
    error.filename, error.filename2 = str(path), None
    return error


def write_first(path: Path, content: bytes) -> None:
    """Writes a file for its owner alone, unless it is there: of several who do so at once, the first one's stays.

    A hard link makes it appear whole. A memory stick (FAT) has none: there it appears empty for a moment.
    """
    partial = partial_of(path)
    try:
        _write_new(partial, content)
        os.link(partial, path)
    except FileExistsError:
        pass
    except (OSError, AttributeError):  # this disk or system has no links, or no room
        _write_new(path, content)
    finally:
        with suppress(OSError):
            partial.unlink(missing_ok=True)


def partial_of(path: Path) -> Path:
    """Where to write first; two graders at once have one each."""
    return path.with_name(f".{path.name}.{secrets.token_hex(4)}")


def zip_of(
    files: Iterable[tuple[str, bytes]],
    modes: Mapping[str, int] | None = None,
    times: Mapping[str, float] | None = None,
) -> bytes:
    """A zip of these files, the same to the byte whenever it is made.

    Args:
        files: the name of each within the zip, and its content.
        modes: rights of some of them; the others can be read by all and written by their owner.
        times: when some of them were saved, in seconds since 1970; the others have the date of the format's beginning.
    """
    import zipfile  # a command that only asks for help does not need it

    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in files:
            member = zipfile.ZipInfo(name)
            if times and name in times:
                member.date_time = max(time.localtime(times[name])[:6], member.date_time)
            member.compress_type = zipfile.ZIP_DEFLATED
            member.external_attr = (0o100000 | (modes or {}).get(name, 0o644)) << 16
            archive.writestr(member, data)
    return target.getvalue()


def unzip(path: Path, folder: Path) -> None:
    """Unpacks a zip into a folder; a name that leads out of the folder stays in it.

    Raises:
        ValueError: it is no zip, or is damaged.
        OSError: the disk does not take it.
    """
    import zipfile
    import zlib

    try:
        with zipfile.ZipFile(path) as archive:
            archive.extractall(folder)
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError) as error:
        raise ValueError(str(error)) from None


def _write_new(path: Path, content: bytes) -> None:
    """Writes a file that is not there; one that is, is left alone."""
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0), 0o600)
    except FileExistsError:
        return
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
    except OSError:
        path.unlink()
        raise
