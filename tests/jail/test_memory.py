"""The zygote's memory: a child's objects lie together in new memory, not in the holes of the old one."""

import json
import platform
import re
import subprocess
import sys
from pathlib import Path

import pytest

JAIL = Path(__file__).resolve().parents[2] / "coursekit" / "jail"
LINUX = tuple(map(int, re.findall(r"\d+", platform.release())[:2]))

# Leaves holes of all sizes in both allocators, and counts the pages that a fork copies when it makes small objects
PROBE = """
import json, os, resource, sys
from inside import memory

objects = [bytes(size % 1500) for size in range(300_000)]
del objects[::2]
filling = memory.settle() if sys.argv[1] == "settled" else []
with open("/proc/self/smaps_rollup") as lines:
    kilobytes = {line.split()[0]: int(line.split()[1]) for line in lines if line.endswith("kB\\n")}

read, write = os.pipe()
if os.fork() == 0:
    before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
    made = [bytes(size % 1000) for size in range(2_000)]
    os.write(write, str(resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before).encode())
    os._exit(0)
print(json.dumps({"faults": int(os.read(read, 100)), "large": kilobytes["AnonHugePages:"] / kilobytes["Anonymous:"]}))
"""


def probe(how: str) -> dict[str, float]:
    told = subprocess.run([sys.executable, "-c", PROBE, how], cwd=JAIL, check=True, capture_output=True, text=True)
    return json.loads(told.stdout)


@pytest.fixture(scope="module")
def faults_and_large():
    return probe("left"), probe("settled")


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux and glibc are asked to lay memory otherwise")
def test_a_fork_copies_few_pages(faults_and_large):
    left, settled = faults_and_large
    assert settled["faults"] < left["faults"] / 2


@pytest.mark.skipif(
    sys.platform != "linux" or LINUX < (6, 1), reason="MADV_COLLAPSE, which makes pages large, came with Linux 6.1"
)
def test_pages_are_large(faults_and_large):
    left, settled = faults_and_large
    assert left["large"] < 0.5 < settled["large"]
