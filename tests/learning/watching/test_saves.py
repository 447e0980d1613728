"""Saves are noticed, whichever way an editor makes them."""

import asyncio
import os

import pytest

from coursekit.learning.watching.saves import Saves


async def seen(saves: Saves, deeds, seconds: float) -> list[bool]:
    """Whether the file was there, for each save that is noticed while `deeds` happen and some seconds after."""
    found = []

    async def look():
        async for saved in saves:
            found.append(saved.at is not None)

    looking = asyncio.ensure_future(look())
    await asyncio.sleep(0.06)
    await deeds()
    await asyncio.sleep(seconds)
    looking.cancel()
    return found


@pytest.fixture
def path(tmp_path):
    """A file that is watched."""
    path = tmp_path / "mine.py"
    path.write_text("old\n", encoding="utf-8")
    return path


def in_place(path):
    path.write_text("new text\n", encoding="utf-8")


def renamed_over(path):
    new = path.with_suffix(".tmp")
    new.write_text("new\n", encoding="utf-8")
    new.replace(path)


def moved_away_first(path):
    path.rename(path.with_suffix(".bak"))
    path.write_text("new\n", encoding="utf-8")


def of_the_same_text(path):
    os.utime(path, (1e9, 1e9))


@pytest.mark.parametrize("save", [in_place, renamed_over, moved_away_first, of_the_same_text])
def test_a_save_is_noticed_once(path, save):
    """Written in place, renamed over the old one, with the old one moved away first, and of a text that is the same."""

    async def deeds():
        save(path)

    assert asyncio.run(seen(Saves(path), deeds, 0.25)) == [True]


def test_nothing_is_no_save(path):
    """A file at rest tells nothing."""

    async def deeds(): ...

    assert asyncio.run(seen(Saves(path), deeds, 0.1)) == []


def test_an_empty_file_is_waited_for(path):
    """An editor that empties a file before it writes has not saved yet."""

    async def deeds():
        with path.open("w", encoding="utf-8") as file:
            await asyncio.sleep(0.1)
            file.write("new\n")

    assert asyncio.run(seen(Saves(path), deeds, 0.25)) == [True]


def test_a_file_that_goes_and_comes_back(path):
    """Both are told, the going only when it lasts."""

    async def deeds():
        path.unlink()
        await asyncio.sleep(0.6)
        path.write_text("back\n", encoding="utf-8")

    assert asyncio.run(seen(Saves(path), deeds, 0.3)) == [False, True]


def test_another_file(path, tmp_path):
    """Once the watch has turned, the file from before may be saved unnoticed."""
    other = tmp_path / "other.py"
    other.write_text("old\n", encoding="utf-8")
    saves = Saves(path)

    async def deeds():
        saves.watch(other)
        in_place(path)
        await asyncio.sleep(0.1)
        in_place(other)

    assert asyncio.run(seen(saves, deeds, 0.2)) == [True]
