"""Facts about the project itself: its lock, its rooms, its pages and how quickly it starts."""

from __future__ import annotations

import ast
import doctest
import os
import re
import statistics
import subprocess
import sys
import tomllib
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version

PROJECT = Path(__file__).resolve().parent.parent
SOURCE = PROJECT / "src" / "downwind"
LOCKS = ("requirements.lock", "requirements-dev.lock")
MODULES = sorted(SOURCE.rglob("*.py"))
PAGES = sorted([*PROJECT.glob("*.md"), *(PROJECT / "docs").rglob("*.md")])
LINK = re.compile(r"\]\((?!https?:|mailto:|#)([^)#\s]+)")

# Starting costs imports, and what they cost depends on the machine.
START_SECONDS = 0.3
LENIENCE = 2 if os.environ.get("CI") else 1


def relative(path: Path) -> str:
    return path.relative_to(PROJECT).as_posix()


def pins(lock: str) -> list[tuple[Requirement, int]]:
    """Every requirement of a lock with the number of its hashes."""
    found: list[tuple[Requirement, int]] = []
    for line in (PROJECT / lock).read_text().replace("\\\n", " ").splitlines():
        wanted, *hashes = re.split(r"\s+--hash=sha256:", line.strip())
        found.append((Requirement(wanted), len(hashes)))
    return found


def files_of_the_project() -> list[Path]:
    """What is committed or would be, as git sees it."""
    command = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    listing = subprocess.run(command, cwd=PROJECT, capture_output=True, text=True)
    if listing.returncode:
        pytest.skip(f"git cannot list the files: {listing.stderr.strip()}")
    return [PROJECT / name for name in listing.stdout.split("\0") if name]


@pytest.mark.parametrize("lock", LOCKS)
def test_everything_in_a_lock_is_pinned_to_one_version_and_has_hashes(lock: str) -> None:
    for requirement, hashes in pins(lock):
        assert [part.operator for part in requirement.specifier] == ["=="], requirement
        assert hashes > 0, requirement


@pytest.mark.parametrize("lock", LOCKS)
def test_a_lock_does_not_say_where_a_file_came_from(lock: str) -> None:
    text = (PROJECT / lock).read_text()

    assert not re.search(r"://|index-url|find-links|file:|@", text)


def test_the_locks_hold_what_pyproject_asks_for() -> None:
    settings = tomllib.loads((PROJECT / "pyproject.toml").read_text())
    asked = {
        "requirements.lock": settings["project"]["dependencies"],
        "requirements-dev.lock": settings["dependency-groups"]["dev"],
    }

    for lock, wishes in asked.items():
        for wish in map(Requirement, wishes):
            versions = [
                next(iter(r.specifier)).version
                for r, _ in pins(lock)
                if canonicalize_name(r.name) == canonicalize_name(wish.name)
            ]
            assert versions, f"{wish} is not in {lock}: ./run lock"
            assert all(wish.specifier.contains(Version(v)) for v in versions), f"{wish}: ./run lock"


def test_the_lock_for_development_holds_the_runtime_lock_whole() -> None:
    runtime, development = ({str(r) for r, _ in pins(lock)} for lock in LOCKS)

    assert runtime <= development


def test_the_code_imports_only_what_pyproject_asks_for() -> None:
    settings = tomllib.loads((PROJECT / "pyproject.toml").read_text())
    project = settings["project"]
    extras = project["optional-dependencies"].values()
    wishes = [*project["dependencies"], *(wish for extra in extras for wish in extra)]
    asked = {canonicalize_name(Requirement(wish).name) for wish in wishes}
    home = packages_distributions()

    strangers = {
        f"{relative(module)} imports {name}"
        for module in MODULES
        for name in imported(module) - sys.stdlib_module_names - {"downwind"}
        if not asked & {canonicalize_name(each) for each in home.get(name, ())}
    }

    assert strangers == set()


def imported(module: Path) -> set[str]:
    """The first part of every name that a module imports from elsewhere."""
    names: set[str] = set()
    for node in ast.walk(ast.parse(module.read_text())):
        if isinstance(node, ast.Import):
            names |= {alias.name.partition(".")[0] for alias in node.names}
        if isinstance(node, ast.ImportFrom) and node.module and not node.level:
            names.add(node.module.partition(".")[0])
    return names


def test_no_file_names_a_folder_of_one_machine() -> None:
    somewhere = re.compile("/(?:" + "|".join(("work", "farm", "root")) + ")/")

    guilty = [
        f"{relative(path)}:{number}: {line.strip()[:80]}"
        for path in files_of_the_project()
        if path.is_file()
        for number, line in enumerate(path.read_text(errors="replace").splitlines(), 1)
        if somewhere.search(line)
    ]

    assert guilty == []


@pytest.mark.parametrize("module", MODULES, ids=relative)
def test_a_module_opens_with_a_sentence_and_fits_a_reader(module: Path) -> None:
    text = module.read_text()
    opening = ast.get_docstring(ast.parse(text)) or ""

    assert opening.split("\n", 1)[0].endswith((".", ":")), "its first line is no plain sentence"
    assert text.count("\n") <= 450, "too long for one sitting: split it"


def test_imports_between_the_rooms_run_one_way() -> None:
    linter = Path(sys.executable).with_name("lint-imports")

    verdict = subprocess.run([linter, "--no-cache"], cwd=PROJECT, capture_output=True, text=True)

    assert verdict.returncode == 0, verdict.stdout + verdict.stderr


@pytest.mark.parametrize("page", PAGES, ids=relative)
def test_a_link_between_pages_leads_somewhere(page: Path) -> None:
    broken = [link for link in LINK.findall(page.read_text()) if not (page.parent / link).exists()]

    assert broken == []


def test_the_index_lists_every_page_of_the_docs() -> None:
    docs = PROJECT / "docs"
    listed = set(LINK.findall((docs / "index.md").read_text()))

    pages = {path.relative_to(docs).as_posix() for path in docs.rglob("*.md")}

    assert pages - {"index.md"} <= listed


def test_the_command_reference_is_what_the_code_says() -> None:
    from downwind.show.cli.reference import render

    assert (PROJECT / "docs" / "cli.md").read_text() == render(), "out of date: ./run docs"


def seconds_of_cpu(command: list[str]) -> float:
    """User and system time of one run of a command that must end well."""
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as child:
        assert child.stdout is not None
        assert child.stderr is not None
        child.stdout.read()
        complaint = child.stderr.read()
        _, status, usage = os.wait4(child.pid, 0)
        child.returncode = os.waitstatus_to_exitcode(status)
    assert child.returncode == 0, complaint.decode()
    return usage.ru_utime + usage.ru_stime


@pytest.mark.speed
def test_help_starts_before_one_notices() -> None:
    command = [sys.executable, "-m", "downwind", "--help"]

    times = [seconds_of_cpu(command) for _ in range(5)]

    assert statistics.median(times) < START_SECONDS * LENIENCE, times


def test_the_example_of_a_provider_in_the_handbook_is_a_valid_one() -> None:
    from downwind.catalog import Catalog

    example = re.findall(r"```yaml\n(.*?)```", (PROJECT / "CONTRIBUTING.md").read_text(), re.S)
    catalog = Catalog.from_texts(example, with_package=True)

    found = catalog.name_server("a.ns.acme-dns.example")
    assert [str(match.scope) for match in found] == ["acme-dns/dns"]


def test_the_examples_of_the_model_page_are_true() -> None:
    failed, tried = doctest.testfile(str(PROJECT / "docs" / "model.md"), module_relative=False)

    assert tried > 20
    assert failed == 0


def test_the_evidence_page_lists_every_kind_that_is_asked_for() -> None:
    from downwind.observe.asks import ANSWERED_BY

    page = (PROJECT / "docs" / "evidence.md").read_text()
    kinds = {kind for answers in ANSWERED_BY.values() for kind in answers}

    assert {kind for kind in kinds if f"`{kind}`" not in page} == set()
