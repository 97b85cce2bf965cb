"""Reads an Upptime repository: its sites file, and the history that git keeps of its probes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from downwind.evidence.upptime import (
    BadRow,
    FindSite,
    Messages,
    Read,
    Sighting,
    SitesFile,
    parse_seconds,
    read_commits,
    read_sites_file,
    read_state_file,
    site_finder,
)
from downwind.jobs.backtest.git import git_files, git_lines
from downwind.terms import CannotMeasure, UsageError

SITES_FILE = ".upptimerc.yml"
MOST_VERSIONS = 300
"""Of the sites file; of more, the newest count."""
_NO_HISTORY = "it is a checkout without its git history, which holds the probes."

Version = tuple[float, SitesFile]


def is_repository(folder: Path) -> bool:
    """True where the folder is a clone of an Upptime repository, bare or not."""
    return _is_checkout(folder) or _is_bare(folder)


def read_repository(folder: Path, name: str | None = None) -> Read:
    """All that the history tells; `name` is OWNER/REPOSITORY where the clone's origin says none.

    Raises UsageError where it is no Upptime repository, CannotMeasure where git cannot read it.
    """
    if not is_repository(folder):
        raise UsageError(f"it is no clone with a {SITES_FILE}.", where=str(folder))
    if _is_checkout(folder) and not (folder / ".git").exists():
        raise UsageError(_NO_HISTORY, where=str(folder), todo="Clone the repository with git.")
    bad: list[BadRow] = []
    repository = _origin(folder) or name or folder.resolve().name.removesuffix(".git")
    versions = _versions(folder, repository, bad)
    if not versions:
        raise UsageError(f"it is no clone with a {SITES_FILE}.", where=str(folder))
    find, files = site_finder(versions), [version for _, version in versions]
    lines = git_lines(folder, "log", "--no-color", "--format=%H%x09%at%x09%s", "HEAD")
    rows = list(read_commits(repository, lines, find, Messages.of(files), bad))
    if not rows:
        rows = list(_from_files(folder, repository, files, find, bad))
    return Read.of(rows, files[-1].sites, bad)


def _is_checkout(folder: Path) -> bool:
    return (folder / SITES_FILE).is_file()


def _is_bare(folder: Path) -> bool:
    """A bare or mirrored clone, or a checkout whose files were not written out."""
    inner = folder / ".git" if (folder / ".git").is_dir() else folder
    if not ((inner / "HEAD").is_file() and (inner / "objects").is_dir()):
        return False
    try:
        return next(git_files(folder, [f"HEAD:{SITES_FILE}"])) is not None
    except CannotMeasure:
        return False


def _origin(folder: Path) -> str:
    """OWNER/REPOSITORY by the address of the clone's origin; empty where it has none."""
    lines = git_lines(folder, "config", "--default", "", "--get", "remote.origin.url")
    try:
        address = next(lines, "").strip().rstrip("/").removesuffix(".git")
    except CannotMeasure:  # it has no configuration that can be read
        return ""
    finally:
        lines.close()
    if "://" not in address and "@" not in address:
        return ""  # a folder of this machine
    parts = address.replace(":", "/").split("/")[-2:]
    known = len(parts) == 2 and all(parts) and all(part.isprintable() for part in parts)
    return "/".join(parts) if known else ""


def _versions(folder: Path, repository: str, bad: list[BadRow]) -> Sequence[Version]:
    """The sites file as it was over time, oldest first; what is wrong is told of the newest."""
    lines = git_lines(
        folder,
        "log",
        "--no-color",
        f"-{MOST_VERSIONS}",
        "--format=%H%x09%at",
        "HEAD",
        "--",
        SITES_FILE,
    )
    commits = [line.strip().partition("\t") for line in lines]
    texts = git_files(folder, [f"{commit}:{SITES_FILE}" for commit, _, _ in commits])
    found: list[Version] = []
    last: str | None = None
    for (commit, _, time), text in zip(commits, texts, strict=True):
        if text is None or text == last:
            continue
        faults = [] if found else bad
        version = read_sites_file(
            repository, text, f"{repository}@{commit[:12]}:{SITES_FILE}", faults
        )
        found.append((parse_seconds(time), version))
        last = text
    return sorted(found, key=lambda each: each[0])


def _from_files(
    folder: Path,
    repository: str,
    versions: Sequence[SitesFile],
    find: FindSite,
    bad: list[BadRow],
) -> Iterator[Sighting]:
    """Where no message is understood: the states that the files of `history/` went through."""
    names = {slug: name for version in versions for slug, name in version.slugs.items()}
    changes = list(_changes(folder))
    texts = git_files(folder, [blob for _, _, blob, _ in changes])
    for (commit, time, _, path), text in zip(changes, texts, strict=True):
        slug = Path(path).stem
        try:
            if text is None:
                raise ValueError(f"{path} is not in the clone")
            at = parse_seconds(time)
            name = names.get(slug, slug)
            yield read_state_file(repository, text, name, at, find, commit)
        except ValueError as error:
            bad.append(BadRow(f"{repository}@{commit[:12]}:{path}", str(error)))


def _changes(folder: Path) -> Iterator[tuple[str, str, str, str]]:
    """(commit, its time, the file's blob, the file) of each file that was written."""
    how = ("--raw", "--no-abbrev", "--no-renames", "--diff-filter=AM", "--no-color")
    where = ("HEAD", "--", "history/*.yml")
    commit = time = ""
    for line in git_lines(folder, "log", *how, "--format=%x01%H%x09%at", *where):
        if line.startswith("\x01"):
            commit, _, time = line[1:].strip().partition("\t")
        elif line.startswith(":"):
            told, _, path = line.rstrip("\n").partition("\t")
            yield commit, time, told.split()[3], path
