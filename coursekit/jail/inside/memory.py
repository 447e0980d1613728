"""Lays the zygote's memory so that forking it is cheap: no holes, and large pages.

A child shares the zygote's memory until it writes. Its first write to a page copies the page, and the system takes
2 µs for it; thousands of them were half of the time of a small grading. Two things make them rarer:

- Left by itself, a child lays new objects into the holes that imports have left all over the zygote's memory, one page
  each. With all holes filled they lie together, in memory that is new.
- A fork copies the page tables, one entry for each page. Pages of 2 MB need few.

Where the C library or the kernel is another one, nothing here happens, and all is as right and a little slower.
"""

from __future__ import annotations

import ctypes
import sys
from contextlib import suppress

_HUGE = 1 << 21
_MADV_HUGEPAGE, _MADV_COLLAPSE = 14, 25  # from Linux's mman.h; the second since 6.1


class _Mallinfo(ctypes.Structure):
    """glibc's `struct mallinfo2`: the last field is the size of the free memory at the end of the heap."""

    _fields_ = (("other", ctypes.c_size_t * 9), ("keepcost", ctypes.c_size_t))


def settle() -> list[object]:
    """Fills the holes and makes the pages large, once a zygote shares no memory with another one.

    A large page that two processes share falls apart when one writes to it. It takes a tenth of a second, which a few
    forks do not save.

    Returns:
        What fills the holes of Python's own allocator: they are holes again when it goes.
    """
    if sys.platform != "linux":
        return []
    libc = ctypes.CDLL(None)
    filling = _fill_python()
    with suppress(AttributeError):  # musl has no mallinfo2
        _fill_c(libc)
    with suppress(OSError):  # /proc may not be there
        _enlarge(libc)
    return filling


def _fill_python() -> list[object]:
    """Objects of each size that Python's allocator serves, more than it has holes for (some 10,000 of 32 and 48)."""
    sizes = range(48, 513, 16)
    head = sys.getsizeof(b"")
    return [[bytes(size - head) for _ in range(12_000 if size <= 64 else 500)] for size in sizes]


def _fill_c(libc: ctypes.CDLL) -> None:
    """Takes all that malloc has left below the end of the heap, the large pieces first."""
    libc.malloc.restype = libc.sbrk.restype = ctypes.c_void_p
    libc.malloc.argtypes, libc.free.argtypes = [ctypes.c_size_t], [ctypes.c_void_p]
    libc.sbrk.argtypes = [ctypes.c_ssize_t]
    libc.mallinfo2.restype = _Mallinfo
    end = libc.sbrk(0) - libc.mallinfo2().keepcost
    for size in (*range(1 << 16, 1 << 12, -(1 << 12)), *range(1 << 12, 1 << 10, -(1 << 7)), *range(1 << 10, 0, -16)):
        piece = 0
        while piece is not None and piece < end:
            piece = libc.malloc(size)
        libc.free(piece)


def _enlarge(libc: ctypes.CDLL) -> None:
    """Large pages for the heap and for what Python's allocator has mapped."""
    libc.madvise.argtypes = [ctypes.c_void_p, ctypes.c_size_t, ctypes.c_int]
    with open("/proc/self/maps") as maps:
        lines = [line.split() for line in maps]
    for place, rights, _, _, inode, *name in lines:
        if rights.startswith("rw") and inode == "0" and name in ([], ["[heap]"]):
            start, end = (int(border, 16) for border in place.split("-"))
            libc.madvise(start, end - start, _MADV_HUGEPAGE)
            first = -(-start // _HUGE) * _HUGE
            for page in range(first, end - _HUGE + 1, _HUGE):
                libc.madvise(page, _HUGE, _MADV_COLLAPSE)
