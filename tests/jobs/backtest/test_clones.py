"""Clones of all kinds are read, and what cannot be read is told and costs nothing else."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from downwind.evidence.upptime import Read
from downwind.jobs.backtest.known import as_model, known_sites
from downwind.jobs.backtest.load import read_history
from downwind.jobs.backtest.repository import read_repository
from downwind.terms import CannotMeasure, UsageError

from .clones import NOON, RC, begin, fall, git, say, write
from .stories import catalog

FELL = [("Shop", "up", -3600.0), ("Shop", "down", 0.0), ("Shop", "up", 900.0)]


def told(read: Read) -> list[tuple[str, str, float]]:
    return [(row.site, row.state, row.at - NOON) for row in read.sightings]


def test_a_bare_a_shallow_a_packed_and_an_unchecked_clone_are_read(tmp_path: Path) -> None:
    origin = fall(begin(tmp_path / "origin"))
    kinds = {
        "bare.git": ("--bare",),
        "mirror.git": ("--mirror",),
        "shallow": ("--depth", "2"),
        "bones": ("--no-checkout",),
    }
    for name, options in kinds.items():
        git(tmp_path, "clone", "-q", *options, f"file://{origin}", name)
    git(origin, "gc", "-q", "--aggressive", "--prune=now")
    assert told(read_repository(origin)) == FELL
    for name in kinds:
        expected = FELL[1:] if name == "shallow" else FELL
        read = read_repository(tmp_path / name)
        assert told(read) == expected, name
        assert [site.url for site in read.sites] == ["https://shop.test", "https://o.github.io"]


def test_a_checkout_without_its_history_is_told_as_such(tmp_path: Path) -> None:
    folder = fall(begin(tmp_path / "status"))
    shutil.rmtree(folder / ".git")
    for ask in (folder, tmp_path):
        with pytest.raises(UsageError) as refused:
            read_history(ask)
        assert "without its git history" in str(refused.value)


def test_one_broken_clone_of_several_is_told_and_the_others_are_read(tmp_path: Path) -> None:
    fall(begin(tmp_path / "good", origin="https://github.com/o/status.git"))
    (begin(tmp_path / "cut") / ".git" / "HEAD").write_text("ref: refs/heads/gone\n")
    (begin(tmp_path / "plain") / ".git").rename(tmp_path / "moved")
    (tmp_path / "notes").mkdir()
    (tmp_path / "tables").mkdir()
    (tmp_path / "tables" / "rows.tsv").write_text("nothing\n")
    read = read_history(tmp_path)
    assert told(read) == FELL
    assert {Path(bad.place).name for bad in read.bad} == {"cut", "plain", "tables"}


def test_a_broken_clone_within_another_repository_does_not_tell_of_that(tmp_path: Path) -> None:
    around = fall(begin(tmp_path / "around"))
    inner = around / "inner"
    inner.mkdir()
    (inner / ".upptimerc.yml").write_text(RC)
    (inner / ".git").mkdir()
    with pytest.raises(CannotMeasure, match="git could not read it"):
        read_repository(inner)


def test_variables_of_a_git_around_it_lead_nowhere_else(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    wanted, other = fall(begin(tmp_path / "wanted")), begin(tmp_path / "other")
    monkeypatch.setenv("GIT_DIR", str(other / ".git"))
    assert told(read_repository(wanted)) == FELL


def test_clones_without_an_origin_are_told_apart_by_their_folders(tmp_path: Path) -> None:
    for owner in ("ann", "bob"):
        fall(begin(tmp_path / owner / "upptime"), NOON + len(owner))
        say(tmp_path / owner / "upptime", f"🟥 {owner} is down (0 in 0 ms)", NOON)
    read = read_history(tmp_path)
    assert {row.repository for row in read.sightings} == {"ann/upptime", "bob/upptime"}
    owners = {site.owner for site in known_sites(read, catalog())}
    assert owners == {"ann", "bob"}


def test_a_fork_is_no_second_witness_of_what_its_parent_saw(tmp_path: Path) -> None:
    parent = fall(begin(tmp_path / "a", origin="https://github.com/ann/status"))
    git(tmp_path, "clone", "-q", f"file://{parent}", "b")
    git(tmp_path / "b", "remote", "set-url", "origin", "git@github.com:bob/status.git")
    say(tmp_path / "b", "🟥 Shop is down (503 in 9 ms)", NOON + 9000)
    read = read_history(tmp_path)
    assert [(row.repository, row.code) for row in read.sightings] == [
        ("ann/status", 200),
        ("ann/status", 500),
        ("ann/status", 200),
        ("bob/status", 503),
    ]


def test_a_history_that_was_written_anew_tells_when_things_were_seen(tmp_path: Path) -> None:
    """All commits of a rebase have one committer's date: everybody would fall at once."""
    folder = begin(tmp_path / "status")
    for number, (state, code) in enumerate([("up", 200), ("down", 500), ("up", 200)]):
        message = f"🟥 Shop is {state} ({code} in 1 ms)"
        say(folder, message, NOON + 600 * number, committed=NOON + 9_000_000)
    assert [at for _, _, at in told(read_repository(folder))] == [0.0, 600.0, 1200.0]


def test_merges_and_dates_that_go_back_are_put_in_order(tmp_path: Path) -> None:
    folder = begin(tmp_path / "status")
    git(folder, "checkout", "-q", "-b", "side")
    say(folder, "🟥 Shop is down (500 in 1 ms)", NOON + 600)
    git(folder, "checkout", "-q", "master")
    say(folder, "🟩 Pages is up (200 in 1 ms)", NOON + 900)
    say(folder, "🟩 Shop is up (200 in 1 ms)", NOON)
    git(folder, "merge", "-q", "--no-ff", "-m", "Merge: Shop is up (200 in 1 ms)", "side", at=NOON)
    assert told(read_repository(folder)) == [
        ("Shop", "up", 0.0),
        ("Shop", "down", 600.0),
        ("Pages", "up", 900.0),
    ]


def test_a_renamed_site_keeps_the_url_that_it_had(tmp_path: Path) -> None:
    folder = fall(begin(tmp_path / "status"))
    renamed = RC.replace("name: Shop", "name: Store").replace("shop.test", "store.test")
    write(folder, ".upptimerc.yml", renamed, "Rename", NOON + 5000)
    say(folder, "🟥 Store is down (500 in 1 ms)", NOON + 6000)
    urls = {row.site: row.url for row in read_repository(folder).sightings}
    assert urls == {"Shop": "https://shop.test", "Store": "https://store.test"}


def test_messages_of_an_unknown_form_leave_the_files_to_tell(tmp_path: Path) -> None:
    rc = RC + 'commitMessages: {statusChange: "$SITE_NAME hat sich geändert"}\n'
    folder = begin(tmp_path / "status", rc)
    for minute, state, code in ((0, "up", 200), (10, "down", 500), (20, "sideways", 200)):
        seen = f"2025-10-09T12:{minute:02}:00.000Z"
        text = f"url: https://shop.test\nstatus: {state}\ncode: {code}\nlastUpdated: {seen}\n"
        write(folder, "history/shop.yml", text, "Shop hat sich geändert", NOON + 60 * minute + 9)
    write(folder, "history/summary.json", "[]", "Update summary", NOON + 2000)
    read = read_repository(folder)
    assert told(read) == [("Shop", "up", 0.0), ("Shop", "down", 600.0)]
    (bad,) = read.bad
    assert bad.place.endswith(":history/shop.yml")
    assert "no state" in bad.why


@pytest.mark.parametrize("rc", ["sites: [", "", "sites: 3", "\0", "sites:\n  - 5\n"])
def test_a_sites_file_that_cannot_be_read_costs_the_urls_alone(tmp_path: Path, rc: str) -> None:
    folder = fall(begin(tmp_path / "status", rc))
    read = read_repository(folder)
    assert told(read) == FELL
    assert {row.url for row in read.sightings} == {""}
    assert read.bad


def test_a_repository_without_any_commit_of_upptimes_has_no_rows(tmp_path: Path) -> None:
    assert read_repository(begin(tmp_path / "status")).sightings == ()


def test_two_hundred_sites_of_one_repository_are_two_hundred_services(tmp_path: Path) -> None:
    sites = "".join(f'  - {{name: "S/{n} x", url: "https://s{n}.test"}}\n' for n in range(200))
    folder = begin(tmp_path / "status", f"sites:\n{sites}", "https://github.com/o/many")
    for n in range(200):
        say(folder, f"🟩 S/{n} x is up (200 in 1 ms)", NOON + n)
    read = read_repository(folder)
    assert len({row.site for row in read.sightings}) == 200
    assert len(as_model(known_sites(read, catalog())).services) == 200
