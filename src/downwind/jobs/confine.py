"""Walls off a process, so that a mapper can read nothing of the world but its sockets.

Landlock (Linux 5.13 and later, no privilege needed) leaves it the code that it runs, to read;
where the process is root it takes another user id as well.
"""

import ctypes
import os
import site
import sys
import sysconfig
from collections.abc import Iterable
from pathlib import Path

import downwind
from downwind.terms import NotConfined

# linux/landlock.h; the numbers of the system calls are the same on all architectures.
_CREATE_RULESET, _ADD_RULE, _RESTRICT_SELF = 444, 445, 446
_VERSION_FLAG = 1
_RULE_PATH_BENEATH = 1
_EXECUTE, _READ_FILE, _READ_DIR = 1 << 0, 1 << 2, 1 << 3
_ALL_FIRST_VERSION = (1 << 13) - 1
_PR_SET_NO_NEW_PRIVS = 38
_OTHER_USER = 65534
# What the mapper runs. The world's folder, with its worlds and scenarios, is not among them.
_ROOMS = ("terms.py", "__init__.py", "model", "evidence", "catalog", "observe", "jobs")


class _Ruleset(ctypes.Structure):
    _fields_ = (("handled_access_fs", ctypes.c_uint64),)


class _PathBeneath(ctypes.Structure):
    _pack_ = 1
    _layout_ = "ms"
    _fields_ = (("allowed_access", ctypes.c_uint64), ("parent_fd", ctypes.c_int32))


def confine() -> tuple[str, ...]:
    """Wall off this process for good and say by what; raises NotConfined where nothing works."""
    walls = []
    if _landlock(_readable()):
        walls.append("landlock")
    if os.getuid() == 0:
        _become_another_user()
        walls.append(f"user {_OTHER_USER}")
    if not walls:
        raise NotConfined(
            "this kernel offers no Landlock, and the process is not root.",
            todo="Run it as root or on Linux 5.13 or later, or pass --unconfined.",
        )
    return tuple(walls)


def _readable() -> list[Path]:
    package = Path(downwind.__file__).parent
    code = [package / room for room in _ROOMS]
    libraries = [Path(path) for path in (*site.getsitepackages(), *_python_folders())]
    devices = [Path("/dev/urandom"), Path("/dev/null")]
    return [path for path in (*code, *libraries, *devices) if path.exists()]


def _python_folders() -> Iterable[str]:
    for name in ("stdlib", "platstdlib"):
        yield sysconfig.get_path(name)
    yield str(Path(sys.base_prefix) / "lib")
    yield from ("/usr/lib", "/lib", "/lib64")


def _become_another_user() -> None:
    os.setgroups([])
    os.setresgid(_OTHER_USER, _OTHER_USER, _OTHER_USER)
    os.setresuid(_OTHER_USER, _OTHER_USER, _OTHER_USER)


def _landlock(readable: Iterable[Path]) -> bool:
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.syscall(_CREATE_RULESET, None, 0, _VERSION_FLAG) < 1:
        return False
    attributes = _Ruleset(_ALL_FIRST_VERSION)
    ruleset = libc.syscall(_CREATE_RULESET, ctypes.byref(attributes), ctypes.sizeof(attributes), 0)
    if ruleset < 0:
        return False
    for path in readable:
        _allow_reading(libc, ruleset, path)
    libc.prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)
    done: bool = libc.syscall(_RESTRICT_SELF, ruleset, 0) == 0
    os.close(ruleset)
    return done


def _allow_reading(libc: ctypes.CDLL, ruleset: int, path: Path) -> None:
    try:
        parent = os.open(path, os.O_PATH | os.O_CLOEXEC)
    except OSError:
        return  # the other user cannot even see it
    access = _READ_FILE | _EXECUTE | (_READ_DIR if path.is_dir() else 0)
    rule = _PathBeneath(access, parent)
    libc.syscall(_ADD_RULE, ruleset, _RULE_PATH_BENEATH, ctypes.byref(rule), 0)
    os.close(parent)
