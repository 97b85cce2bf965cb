"""Real clones, real stores and the command over them."""

from __future__ import annotations

import json
import os
import subprocess
from datetime import UTC, datetime
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from downwind.evidence.log import EvidenceLog, read
from downwind.evidence.upptime import Read
from downwind.jobs.backtest.load import import_history, read_history
from downwind.jobs.backtest.outages import Outage, read_outages
from downwind.jobs.backtest.repository import read_repository
from downwind.jobs.backtest.run import backtest, replay_store
from downwind.jobs.backtest.score import score
from downwind.model import Model, load_model, model_from_texts
from downwind.show.attribute_view import moment
from downwind.show.cli.main import app
from downwind.terms import CannotMeasure, Evidence, ModelError, Seen, UsageError
from tests.jobs.backtest.stories import NOON, catalog, days_before, played, row

RC = """
owner: o
sites:
  - {name: Shop, url: "https://shop.test", expectedStatusCodes: [200]}
  - {name: Pages, url: "https://o.github.io"}
"""


def git(folder: Path, *words: str, at: int = 0) -> None:
    dates = {"GIT_AUTHOR_DATE": f"{at} +0000", "GIT_COMMITTER_DATE": f"{at} +0000"}
    who = ["-c", "user.name=u", "-c", "user.email=u@x.test", "-c", "commit.gpgsign=false"]
    environment = {**os.environ, **dates, "GIT_CONFIG_GLOBAL": "/dev/null"}
    command = ["git", "-C", str(folder), *who, *words]
    subprocess.run(command, check=True, capture_output=True, env=environment)


@pytest.fixture
def clone(tmp_path: Path) -> Path:
    """An Upptime repository with a real history."""
    folder = tmp_path / "clones" / "status"
    folder.mkdir(parents=True)
    git(folder, "init", "-q")
    git(folder, "remote", "add", "origin", "https://github.com/o/status.git")
    (folder / ".upptimerc.yml").write_text(RC, encoding="utf-8")
    git(folder, "add", ".")
    git(folder, "commit", "-qm", "Initial commit", at=int(NOON) - 90_000)
    said = [
        (-3600, "🟩 Shop is up (200 in 90 ms) [skip ci] [upptime]"),
        (-3590, "🟩 Pages is up (200 in 40 ms) [skip ci] [upptime]"),
        (0, "🟥 Shop is down (500 in 120 ms) [skip ci] [upptime]"),
        (30, ":pencil: Update summary in README"),
        (60, "🟥 Pages is gone"),
        (900, "🟩 Shop is up (200 in 80 ms) [skip ci] [upptime]"),
    ]
    for seconds, message in said:
        git(folder, "commit", "-q", "--allow-empty", "-m", message, at=int(NOON) + seconds)
    return folder


def run(*words: str) -> Result:
    return CliRunner().invoke(app, ["attribute", *words], env={"COLUMNS": "100"})


def test_a_clone_is_read_from_what_git_keeps(clone: Path) -> None:
    history = read_repository(clone)
    told = [(s.site, s.state, s.code, s.at - NOON) for s in history.sightings]
    assert told == [
        ("Shop", "up", 200, -3600),
        ("Pages", "up", 200, -3590),
        ("Shop", "down", 500, 0),
        ("Shop", "up", 200, 900),
    ]
    assert {s.repository for s in history.sightings} == {"o/status"}
    assert [s.url for s in history.sites] == ["https://shop.test", "https://o.github.io"]
    (bad,) = history.bad
    assert bad.place.startswith("o/status@")


def test_a_folder_of_clones_is_read_as_one(clone: Path) -> None:
    assert len(read_history(clone.parent).sightings) == 4


def test_a_folder_without_a_history_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="no Upptime history"):
        read_history(tmp_path)
    with pytest.raises(UsageError, match="no Upptime history"):
        read_history(tmp_path / "nowhere")


def test_a_clone_that_git_cannot_read_is_told(tmp_path: Path) -> None:
    (tmp_path / ".upptimerc.yml").write_text(RC, encoding="utf-8")
    (tmp_path / ".git").mkdir()
    with pytest.raises(CannotMeasure, match="git could not read it"):
        read_repository(tmp_path, "o/r")


def test_an_import_keeps_every_row_and_what_is_known(clone: Path, tmp_path: Path) -> None:
    done = import_history(read_history(clone), catalog(), tmp_path / "store")
    assert (done.rows, done.sites, done.repositories, len(done.bad)) == (4, 2, 1, 1)
    records = [record for _, record in read(tmp_path / "store")]
    assert [r.at - NOON for r in records] == [-3600, -3590, 0, 900]
    assert {r.kind for r in records} == {"probe.http"}
    assert {s.name for s in load_model([done.model]).services} == {
        "o/status/Shop",
        "o/status/Pages",
    }


def test_an_import_writes_over_nothing_and_needs_rows(clone: Path, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="not empty"):
        import_history(read_history(clone), catalog(), clone)
    with pytest.raises(CannotMeasure, match="no row"):
        import_history(Read((), (), ()), catalog(), tmp_path / "store")


def test_a_replayed_import_names_the_fault_of_its_own(clone: Path, tmp_path: Path) -> None:
    import_history(read_history(clone), catalog(), tmp_path / "store")
    timeline = replay_store(tmp_path / "store", catalog())
    (trouble,) = timeline.troubles
    assert (trouble.finding.kind, trouble.finding.named) == ("own", "o/status/Shop")
    assert 0 < trouble.first - NOON <= 60


def test_the_command_imports_and_replays(clone: Path, tmp_path: Path) -> None:
    store = str(tmp_path / "store")
    done = run("--import", str(clone), "--into", store, "--json")
    assert done.exit_code == 0
    assert json.loads(done.stdout)["rows"] == 4
    whole = run("--replay", store, "--json")
    assert whole.exit_code == 1
    (trouble,) = json.loads(whole.stdout)["troubles"]
    assert trouble["finding"]["verdict"] == "own"
    shown = run("--replay", store)
    assert "by itself: o/status/Shop" in shown.stdout


@pytest.mark.parametrize(
    ("words", "code", "says"),
    [
        (("--at", "2025-10-09T11:59Z"), 0, "nothing has newly fallen"),
        (("--at", "2025-10-09T12:02Z"), 1, "by itself"),
        (("--window", "2025-10-09T11:00Z..2025-10-09T11:59Z"), 0, "Quiet"),
        (("--window", "2025-10-09T11:00Z..2025-10-09T13:00"), 1, "by itself"),
    ],
)
def test_a_moment_and_a_window_see_no_more_than_was_known(
    clone: Path, tmp_path: Path, words: tuple[str, ...], code: int, says: str
) -> None:
    import_history(read_history(clone), catalog(), tmp_path / "store")
    done = run("--replay", str(tmp_path / "store"), *words)
    assert done.exit_code == code
    assert says in done.stdout


@pytest.mark.parametrize(
    ("words", "error"),
    [
        ((), UsageError),
        (("--replay", "a", "--backtest", "b"), UsageError),
        (("--backtest", "a", "--at", "2025-10-09"), UsageError),
        (("--import", "a"), UsageError),
        (("--replay", "a", "--into", "b"), UsageError),
        (("--replay", "a", "--outages", "b"), UsageError),
        (("--replay", "a", "--at", "noon"), UsageError),
        (("--replay", "a", "--at", "2025-10-09", "--window", "a..b"), UsageError),
        (("--replay", "a", "--window", "2025-10-09"), UsageError),
        (("--replay", "a", "--window", "2025-10-09..2025-10-08"), UsageError),
        (("--replay", "nowhere"), CannotMeasure),
        (("--backtest", "nowhere"), UsageError),
    ],
)
def test_a_wrong_call_is_refused(words: tuple[str, ...], error: type[Exception]) -> None:
    assert isinstance(run(*words).exception, error)


def test_too_late_a_moment_has_too_little_to_say(clone: Path, tmp_path: Path) -> None:
    import_history(read_history(clone), catalog(), tmp_path / "store")
    done = run("--replay", str(tmp_path / "store"), "--at", "2025-12-01")
    assert isinstance(done.exception, CannotMeasure)
    assert done.exception.exit_code == 3


def probe(target: str, second: float, *, ok: bool, vantage: str = "here") -> Evidence:
    step = {"step": 0, "ok": ok, "status": 200 if ok else 503, "layer": None if ok else "expect"}
    value = {"ok": ok, "state": "up" if ok else "down", "steps": [step]}
    return Evidence(target, "probe.http", Seen(value), NOON + second, vantage)


MODEL = """
services:
  - name: one.test
    capabilities: [{id: feed, declares: [{need: cloud, any_of: [render]}]}]
  - name: two.test
    capabilities: [{id: feed, declares: [{need: cloud, any_of: [render]}]}]
  - name: three.test
    capabilities: [{id: feed, declares: [{need: cloud, any_of: [render]}]}]
  - name: four.test
    capabilities: [{id: feed, declares: [{need: cloud, any_of: [fastly]}]}]
"""


def test_probes_of_every_round_are_replayed_with_a_model_of_ones_own(tmp_path: Path) -> None:
    """As a watcher writes them: every 30 s, no word on the interval, everything told."""
    names = [f"{name}.test/feed" for name in ("one", "two", "three", "four")]
    with EvidenceLog(tmp_path / "store") as log:
        for tick in range(60):
            for place, name in enumerate(names):
                broken = tick >= 40 and place < 3
                log.append(probe(name, 30 * tick + place, ok=not broken))
    (tmp_path / "mine.yaml").write_text(MODEL, encoding="utf-8")
    model = load_model([tmp_path / "mine.yaml"])
    timeline = replay_store(tmp_path / "store", catalog(), model)
    first = timeline.troubles[0]
    named = [t for t in timeline.troubles if t.finding.kind == "provider"]
    assert [t.finding.named for t in named] == ["render"]
    assert set(named[0].explains) == {"one.test/feed", "two.test/feed", "three.test/feed"}
    # No probe was asked for out of turn, as a watch does at once: so it takes five rounds.
    assert 1200 <= first.first - NOON <= 1200 + 5 * 30


def test_without_a_model_a_store_still_says_what_fell_together(tmp_path: Path) -> None:
    names = [f"{name}.test/feed" for name in "abcdefghijklmnopqrstuvwxyz"]
    with EvidenceLog(tmp_path / "store") as log:
        for tick in range(60):
            for place, name in enumerate(names):
                log.append(probe(name, 30 * tick + place, ok=tick < 40 or place >= 6))
    kinds = {t.finding.kind for t in replay_store(tmp_path / "store", catalog()).troubles}
    assert "unknown" in kinds
    assert not kinds & {"provider", "suspected"}


def test_what_a_watcher_keeps_is_found_in_its_folder_and_ends_with_its_last_probe(
    tmp_path: Path,
) -> None:
    names = [f"{name}.test/feed" for name in ("one", "two", "three", "four")]
    with EvidenceLog(tmp_path / "log") as log:
        for tick in range(40):
            for place, name in enumerate(names):
                log.append(probe(name, 2 * tick + place / 10, ok=tick < 30 or place == 3))
    with EvidenceLog(tmp_path / "map") as log:
        log.append(Evidence("one.test", "dns.a", Seen({"addresses": []}), NOON - 5, "here"))
    timeline = replay_store(tmp_path, catalog(), model_from_texts([("m", MODEL)]))
    assert timeline.probes == 160
    (trouble,) = timeline.troubles
    assert trouble.finding.named == "render"
    assert trouble.first - NOON <= 60 + 5 * 2
    assert trouble.last <= timeline.ends + 10


def test_after_the_last_probe_nothing_is_said_of_a_target(tmp_path: Path) -> None:
    names = [f"{name}.test/feed" for name in ("one", "two", "three", "four")]
    with EvidenceLog(tmp_path / "store") as log:
        for tick in [*range(60), *range(200, 210)]:
            for place, name in enumerate(names):
                log.append(probe(name, 30 * tick + place, ok=place == 3 or not 40 <= tick < 60))
    for model, kind in ((model_from_texts([("m", MODEL)]), "provider"), (Model(), "unknown")):
        timeline = replay_store(tmp_path / "store", catalog(), model)
        assert {t.finding.kind for t in timeline.troubles} == {kind}
        assert all(t.last - NOON <= 30 * 60 + 10 * 30 + 60 for t in timeline.troubles)


def test_a_deploy_just_before_speaks_for_a_fault_of_ones_own(tmp_path: Path) -> None:
    confidence = {}
    for deployed in (False, True):
        store = tmp_path / str(deployed)
        with EvidenceLog(store) as log:
            if deployed:
                told = Seen({"title": "v2", "service": "one.test"})
                log.append(Evidence("one.test", "change.deploy", told, NOON + 1190, "here"))
            for tick in range(60):
                for place, name in enumerate(("one.test/feed", "two.test/feed")):
                    broken = tick >= 40 and place == 0
                    log.append(probe(name, 30 * tick + place, ok=not broken))
        (trouble,) = replay_store(store, catalog(), model_from_texts([("m", MODEL)])).troubles
        assert (trouble.finding.kind, trouble.finding.named) == ("own", "one.test")
        confidence[deployed] = trouble.finding.confidence
    assert confidence[True] > confidence[False]


def test_a_watcher_that_saw_nobody_blames_nobody(tmp_path: Path) -> None:
    names = [f"{name}.test/feed" for name in ("one", "two", "three", "four")]
    well_known = [f"sight:{name}.test" for name in ("a", "b", "c", "d")]
    with EvidenceLog(tmp_path / "store") as log:
        for tick in range(60):
            for place, name in enumerate([*names, *well_known]):
                log.append(probe(name, 30 * tick + place, ok=not 40 <= tick < 50))
    timeline = replay_store(tmp_path / "store", catalog(), model_from_texts([("m", MODEL)]))
    assert {t.finding.kind for t in timeline.troubles} == {"vantage"}
    assert {t.finding.named for t in timeline.troubles} == {"here"}


def test_records_that_are_no_probes_and_broken_ones_are_passed_over(tmp_path: Path) -> None:
    strange = [
        Evidence("a/b", "probe.http", Seen({"steps": "none"}), NOON, "v"),
        Evidence("a/b", "probe.http", Seen({}), NOON, "v"),
        Evidence("a.test", "dns.a", Seen({"addresses": []}), NOON, "v"),
        Evidence("a/b", "probe.http", Seen({"steps": [3], "every": "x"}), NOON, "v"),
    ]
    with EvidenceLog(tmp_path / "store") as log:
        log.append_many([*strange, probe("a/b", 1, ok=True), probe("a/b", 31, ok=True)])
    assert not replay_store(tmp_path / "store", catalog()).troubles


@pytest.mark.parametrize(
    ("text", "error"),
    [
        ("outages: [{id: a, starts: 2025-01-01T00:00:00+00:00}]", ModelError),
        ("outages: [{id: a, starts: 2025-01-02, ends: 2025-01-01, providers: [x]}]", ModelError),
        ("outages: 3", ModelError),
        ("[", ModelError),
        (None, UsageError),
    ],
)
def test_a_broken_list_of_outages_is_refused(
    tmp_path: Path, text: str | None, error: type[Exception]
) -> None:
    if text is not None:
        (tmp_path / "outages.yaml").write_text(text, encoding="utf-8")
    with pytest.raises(error):
        read_outages(tmp_path / "outages.yaml")


def test_a_backtest_tells_right_from_wrong(tmp_path: Path) -> None:
    """Four tenants of one platform fall: right in its outage, false blame outside of any."""
    sites = {(f"{name}/r", "Shop"): f"https://{name}.workers.dev" for name in "abcd"}
    rows = [
        *days_before(sites, urls=sites),
        *(row(site, 0, 503, url) for site, url in sites.items()),
    ]
    lines = [
        f"{s.repository}\t{s.site}\t{s.url}\t{stamp(s.at)}\t{s.state}\t{s.code}\t50" for s in rows
    ]
    head = "repo\tsite_name\turl\ttime_utc\tstate\thttp_code\tlatency_ms"
    (tmp_path / "rows.tsv").write_text("\n".join([head, *lines]), encoding="utf-8")
    mine = tmp_path / "outages.yaml"
    mine.write_text(
        "outages: [{id: MINE, starts: 2025-10-09T11:55:00+00:00, ends: 2025-10-09T13:00:00+00:00,"
        " providers: [cloudflare]}]",
        encoding="utf-8",
    )
    inside = backtest(tmp_path, catalog(), read_outages(mine)).report
    (outcome,) = inside.outcomes
    assert (outcome.sites, outcome.dependants, outcome.dependants_fell, outcome.alike) == (4,) * 4
    assert outcome.named == pytest.approx(6, abs=0.1)
    assert (len(inside.false), inside.right, inside.named) == (0, 1, 1)
    outside = backtest(tmp_path, catalog(), ()).report
    assert (len(outside.false), outside.right, outside.named) == (1, 0, 1)


def test_who_is_named_beside_the_right_one_is_tied_and_not_right(tmp_path: Path) -> None:
    """A platform and who carries it fall alike: naming either is no more than half right."""
    sites = {(f"{name}/r", "Shop"): f"https://{name}.onrender.com" for name in "abcd"}
    rows = [*days_before(sites, urls=sites), *(row(s, 0, 503, u) for s, u in sites.items())]
    timeline = played(rows)
    (trouble,) = timeline.troubles
    other = {"render": "cloudflare", "cloudflare": "render"}[trouble.finding.key[1]]
    outcomes = {
        provider: score(Read.of(rows, (), ()), Model(), timeline, [an_outage(provider)])
        for provider in (trouble.finding.key[1], other, "fastly")
    }
    judged = [r.outcomes[0].verdict(trouble) for r in outcomes.values()]
    assert judged == ["right", "tied", "wrong"]
    assert [(r.right, r.named, len(r.false)) for r in outcomes.values()] == [
        (1, 1, 0),
        (0, 1, 0),
        (0, 1, 1),
    ]


def an_outage(provider: str) -> Outage:
    begins = datetime.fromtimestamp(NOON - 300, UTC)
    ends = datetime.fromtimestamp(NOON + 3600, UTC)
    return Outage(id="MINE", starts=begins, ends=ends, providers=(provider,))


def stamp(seconds: float) -> str:
    return moment(seconds)


def test_the_real_outages_come_out_as_the_page_says(shared: Path) -> None:
    found = backtest(shared / "data" / "upptime", catalog(), read_outages())
    report = found.report
    outcomes = {o.outage.id: o for o in report.outcomes}
    november, december = outcomes["CLOUDFLARE_2025-11-18"], outcomes["CLOUDFLARE_2025-12-05"]
    assert not report.false
    assert report.edge_blamed == 0
    assert [t.finding.kind for t in november.troubles] == ["unknown"]
    assert november.noticed == pytest.approx(39.8, abs=0.1)
    assert [t.finding.named for t in december.troubles] == ["cloudflare"]
    assert december.named == pytest.approx(10.3, abs=0.1)
    others = [o for o in report.outcomes if o not in (november, december)]
    assert all(not o.troubles for o in others)
