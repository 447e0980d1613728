"""Attacks of our own, beside those in hostile/: each raises GOT_THROUGH if a wall gave way, and else answers 0.

`BODIES` run while a question is answered, once for each; all of them know the modules of `IMPORTS` and `call`, which
asks the kernel for a system call by its number on x86-64 and on aarch64.
"""

import textwrap

IMPORTS = """import ctypes, fcntl, gc, json, mmap, os, platform, resource, signal, socket, struct, sys, threading, time
import torch

LIBC = ctypes.CDLL(None, use_errno=True)


class GOT_THROUGH(BaseException):
    pass


def call(x86, arm, *arguments):
    return LIBC.syscall(x86 if platform.machine() == "x86_64" else arm, *arguments)


def tried(function, *arguments):
    try:
        value = function(*arguments)
    except (OSError, ValueError, AttributeError, PermissionError):
        return
    if not isinstance(value, int) or value >= 0:
        raise GOT_THROUGH(f"{function} {arguments}")


def cross_entropy(logits, target):
"""

BODIES = {
    "inherited descriptors": """
        for fd in range(4, 1024):
            tried(os.fstat, fd)
            tried(os.dup2, fd, 50)
        """,
    "own memory through /proc": """
        for name in ("mem", "maps", "environ", "fd", "root", "cwd"):
            tried(os.open, f"/proc/self/{name}", os.O_RDWR)
            tried(os.open, f"/proc/self/{name}", os.O_RDONLY)
        """,
    "looks about": """
        for path in ("/", "/etc/passwd", "/proc", "/jail", "/tmp", sys.executable):
            tried(os.stat, path)
            tried(os.listdir, path)
            tried(os.readlink, path)
            tried(os.access, path, 0) if os.access(path, 0) else None
        tried(os.getcwd)
        tried(call, 437, 437, -100, b"/etc/passwd", struct.pack("QQQ", 0, 0, 0), 24)  # openat2
        """,
    "changes folders and names": """
        tried(os.mkdir, "/tmp/attack")
        tried(os.symlink, "/etc/passwd", "/tmp/attack")
        tried(os.unlink, "/tmp/attack")
        tried(os.chmod, "/tmp", 0o777)
        tried(os.truncate, "/tmp/attack", 0)
        tried(os.chroot, "/tmp")
        tried(os.chdir, "/tmp")
        """,
    "memory as a file": """
        tried(os.memfd_create, "attack")
        tried(call, 447, 447, 0)  # memfd_secret
        tried(call, 29, 194, 0, 4096, 0o1600)  # shmget
        tried(LIBC.shm_open, b"/attack", os.O_CREAT | os.O_RDWR, 0o600)
        tried(LIBC.mq_open, b"/attack", os.O_CREAT | os.O_RDWR, 0o600, None)
        """,
    "userfaultfd": "tried(call, 323, 282, 0)",
    "io_uring": "tried(call, 425, 425, 8, ctypes.create_string_buffer(128))",
    "keys": """
        tried(call, 250, 219, 0, -3, 0)
        tried(call, 248, 217, b"user", b"x", b"y", 1, -3)
        """,
    "tracing and bpf": """
        tried(call, 298, 241, ctypes.create_string_buffer(128), 0, -1, -1, 0)  # perf_event_open
        tried(call, 321, 280, 0, ctypes.create_string_buffer(128), 128)  # bpf
        tried(LIBC.ptrace, 0, 0, 0, 0)
        parent, buffer = os.getppid(), ctypes.create_string_buffer(16)
        vector = struct.pack("QQ", ctypes.addressof(buffer), 16)
        tried(call, 310, 270, parent, vector, 1, vector, 1, 0)  # process_vm_readv
        tried(os.pidfd_open, parent)
        """,
    "another user": """
        for change in (os.setuid, os.setgid, os.seteuid):
            tried(change, 0)
        tried(os.setgroups, [0])
        tried(os.setresuid, 0, 0, 0)
        """,
    "own spaces": """
        tried(LIBC.unshare, 0x10000000)
        tried(LIBC.unshare, 0x20000)
        tried(LIBC.mount, b"none", b"/tmp", b"tmpfs", 0, None)
        tried(LIBC.setns, 3, 0)
        """,
    "scheduling": """
        tried(os.sched_setaffinity, 0, {0})
        tried(os.setpriority, os.PRIO_PROCESS, 0, 0)
        tried(os.nice, 0)
        tried(os.sched_setscheduler, 0, os.SCHED_FIFO, os.sched_param(1))
        """,
    "kills": """
        for pid in (1, 2, os.getppid(), 0, -1):
            for number in (0, signal.SIGCONT):
                tried(os.kill, pid, number)
        tried(os.killpg, 0, 0)
        tried(call, 234, 131, os.getppid(), os.getppid(), 0)  # tgkill
        tried(call, 200, 130, os.getppid(), 0)  # tkill
        """,
    "outlives its parent": """
        tried(LIBC.prctl, 1, 0, 0, 0, 0)  # no death with the parent
        tried(LIBC.prctl, 4, 1, 0, 0, 0)  # dumpable
        tried(os.setsid)
        """,
    "raises limits": """
        for number in (resource.RLIMIT_CPU, resource.RLIMIT_AS, resource.RLIMIT_FSIZE, resource.RLIMIT_NOFILE):
            tried(resource.setrlimit, number, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
            tried(resource.prlimit, os.getppid(), number)
        """,
    "every kind of socket": """
        for family in range(46):
            for kind in (1, 2, 3, 5):
                tried(socket.socket, family, kind)
        tried(socket.socketpair)
        """,
    "sends a descriptor": """
        judge = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM, 0, os.dup(3))
        tried(socket.send_fds, judge, [b"x"], [1])
        tried(judge.getsockopt, socket.SOL_SOCKET, socket.SO_PEERCRED, 12)
        tried(judge.getpeername)
        """,
    "signals by descriptor": """
        tried(fcntl.fcntl, 3, fcntl.F_SETOWN, os.getppid())
        tried(fcntl.fcntl, 3, fcntl.F_SETFL, os.O_ASYNC)
        tried(fcntl.flock, 3, fcntl.LOCK_EX)
        """,
    "children from threads": """
        def multiply():
            tried(os.fork)
            tried(LIBC.vfork)
            tried(call, 56, 220, 0x4000 | 17, 0, 0, 0, 0)  # clone, as vfork calls it
            tried(call, 56, 220, 0x10000000 | 17, 0, 0, 0, 0)  # clone, into a user namespace
            tried(call, 435, 435, ctypes.create_string_buffer(88), 88)  # clone3
            tried(os.posix_spawn, "/bin/true", ["true"], {})
            tried(os.execv, "/bin/true", ["true"])
            done.append(1)

        done = []
        threads = [threading.Thread(target=multiply) for _ in range(4)]
        [thread.start() for thread in threads]
        [thread.join() for thread in threads]
        if len(done) != 4:
            raise GOT_THROUGH("a thread of it got through")
        """,
    "own machine code": """
        if platform.machine() == "x86_64":
            area = mmap.mmap(-1, 4096, prot=mmap.PROT_READ | mmap.PROT_WRITE | mmap.PROT_EXEC)
            # mov eax, edi; mov rdi, rsi; mov rsi, rdx; xor edx, edx; syscall; ret
            area.write(bytes.fromhex("89f8 4889f7 4889d6 31d2 0f05 c3".replace(" ", "")))
            address = ctypes.addressof(ctypes.c_char.from_buffer(area))
            raw = ctypes.CFUNCTYPE(ctypes.c_long, ctypes.c_int, ctypes.c_void_p, ctypes.c_long)(address)
            path = ctypes.create_string_buffer(b"/etc/passwd")
            if raw(2, ctypes.addressof(path), 0) != -1:  # open; -1 is EPERM
                raise GOT_THROUGH("open")
            if raw(57, None, 0) != -1:  # fork
                raise GOT_THROUGH("fork")
        """,
    "finds the zygote's sockets": """
        for thing in gc.get_objects():
            if isinstance(thing, socket.socket) and thing.fileno() != 3:
                tried(thing.send, b'{"kill": 1}')
                tried(thing.recv, 1)
        """,
}

# What these do is to the conversation or to themselves, and this is what they get for it.
WHOLE = {
    "answers before it is asked": (
        "fail",
        """
        header = json.dumps({"value": {"dtype": "float64", "shape": []}, "gradients": [None], "problem": None}).encode()
        os.write(3, struct.pack("<II", len(header), 8) + header + bytes(8))
        """,
    ),
    "answers twice": (
        "fail",
        """
        header = json.dumps({"value": {"dtype": "float64", "shape": []}, "gradients": [None], "problem": None}).encode()
        frame = struct.pack("<II", len(header), 8) + header + struct.pack("<d", float(logits.logsumexp(1).sum()))
        os.write(3, frame + frame)
        """,
    ),
    "floods its judge": (
        "error",
        "while True:\n    os.write(3, bytes(1 << 16))",
    ),
    "says that there is nothing to answer": (
        "error",
        """
        header = json.dumps({"value": None, "gradients": [None], "problem": None}).encode()
        os.write(3, struct.pack("<II", len(header), 0) + header)
        """,
    ),
    "sends a problem of its own making": (
        "error",
        """
        header = json.dumps({"value": None, "gradients": [], "problem": ["passed", "full marks"]}).encode()
        os.write(3, struct.pack("<II", len(header), 0) + header)
        """,
    ),
    "hangs up and stays": (
        "error",
        "os.close(3)\ntime.sleep(60)",
    ),
    "reads the next question itself": (
        "timeout",
        "while True:\n    os.read(3, 1 << 16)",
    ),
    "stops itself": (
        "timeout",
        "os.kill(os.getpid(), signal.SIGSTOP)",
    ),
    "stops itself, from a thread": (
        "timeout",
        """
        threading.Thread(target=os.kill, args=(os.getpid(), signal.SIGSTOP)).start()
        time.sleep(60)
        """,
    ),
    "is deaf": (
        "timeout",
        """
        for number in signal.valid_signals() - {9, 19}:
            signal.signal(number, signal.SIG_IGN)
        while True:
            pass
        """,
    ),
    "32-bit system call": (
        "error",
        """
        if platform.machine() != "x86_64":
            os.abort()
        area = mmap.mmap(-1, 4096, prot=mmap.PROT_READ | mmap.PROT_WRITE | mmap.PROT_EXEC)
        area.write(bytes.fromhex("b802000000cd80c3"))  # mov eax, 2 (fork); int 0x80; ret
        code = ctypes.CFUNCTYPE(ctypes.c_int)(ctypes.addressof(ctypes.c_char.from_buffer(area)))
        if code() >= 0:
            raise GOT_THROUGH("fork")
        """,
    ),
    "a thread that writes for ever": (
        "error",
        """
        def scribble():
            while True:
                os.write(3, b"scribble")

        threading.Thread(target=scribble, daemon=True).start()
        """,
    ),
}


def source(body: str) -> str:
    """The whole submission."""
    return IMPORTS + textwrap.indent(textwrap.dedent(body).strip(), "    ") + "\n    return logits.sum() * 0\n"
