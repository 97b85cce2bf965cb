"""What a replay says of outages, of own faults, of refusals and of a blind watcher."""

from __future__ import annotations

import pytest

from downwind.evidence.upptime import Sighting
from tests.jobs.backtest.stories import NOON, days_before, found, played, row

OWNERS = tuple((f"{name}/status", site) for name in "abcdef" for site in ("Shop", "Api"))
PLATFORM = {(f"{name}/status", "Shop"): f"https://{name}.workers.dev" for name in "abcd"}


def fall(*sites: tuple[str, str], code: int, minute: float = 0.0) -> list[Sighting]:
    return [row(s, minute + n / 10, code, PLATFORM.get(s, "")) for n, s in enumerate(sites)]


def before() -> list[Sighting]:
    return days_before(OWNERS, urls=PLATFORM)


def test_a_quiet_history_has_no_trouble() -> None:
    timeline = played(before())
    assert not timeline.troubles
    assert timeline.probes == 10 * len(OWNERS)


def test_a_platform_whose_tenants_fall_together_is_named() -> None:
    timeline = played([*before(), *fall(*PLATFORM, code=503)])
    (trouble,) = timeline.troubles
    assert trouble.finding.kind == "provider"
    assert trouble.finding.key == ("provider", "cloudflare")
    assert set(trouble.explains) == {f"{repo}/{site}/up" for repo, site in PLATFORM}
    assert trouble.first - NOON < 120


def test_a_platform_and_who_carries_it_cannot_be_told_apart() -> None:
    urls = {site: url.replace("workers.dev", "onrender.com") for site, url in PLATFORM.items()}
    rows = days_before(OWNERS, urls=urls)
    timeline = played([*rows, *(row(s, 0, 503, url) for s, url in urls.items())])
    (trouble,) = timeline.troubles
    assert trouble.finding.kind == "suspected"
    rivals = {name for name, _ in trouble.finding.rivals}
    assert {trouble.finding.key[1], *rivals} >= {"render", "cloudflare"}


def test_where_nothing_known_is_shared_it_says_so() -> None:
    silent = [(f"{name}/status", "Api") for name in "abcdef"]
    timeline = played([*before(), *fall(*silent, code=500)])
    assert found(timeline) == {("unknown", "500")}
    (trouble,) = timeline.troubles
    assert trouble.finding.tail is not None
    assert trouble.finding.tail < 1e-6
    assert len(trouble.finding.owners) == 6


def test_it_is_told_only_from_when_it_could_be_known() -> None:
    silent = [(f"{name}/status", "Api") for name in "abc"]
    rows = [
        *before(),
        *(each for n, s in enumerate(silent) for each in fall(s, code=500, minute=9 * n)),
    ]
    (trouble,) = (t for t in played(rows).troubles if t.finding.kind == "unknown")
    assert trouble.first == pytest.approx(NOON + 60 * 18 + 60, abs=1)


def test_a_later_row_changes_no_earlier_verdict() -> None:
    rows = [*before(), *fall(*PLATFORM, code=503)]
    whole = played([*rows, *fall(*OWNERS[4:], code=500, minute=30)], until=NOON + 600)
    assert whole.troubles == played(rows, until=NOON + 600).troubles


def test_the_sites_of_one_owner_are_the_owners_own() -> None:
    timeline = played([*before(), *fall(("e/status", "Shop"), ("e/status", "Api"), code=500)])
    assert found(timeline) == {("own", "e")}


def test_one_tenant_alone_does_not_take_its_platform_down() -> None:
    timeline = played([*before(), *fall(("a/status", "Shop"), code=503)])
    assert {kind for kind, _ in found(timeline)} == {"own"}


def test_one_owners_tenants_cannot_be_told_from_the_owner() -> None:
    urls = {("a/status", site): f"https://{site.lower()}.workers.dev" for site in ("Shop", "Api")}
    rows = [*days_before(OWNERS, urls=urls), *(row(s, 0, 503, url) for s, url in urls.items())]
    assert {kind for kind, _ in found(played(rows))} == {"own"}


@pytest.mark.parametrize("code", [401, 403, 405, 429, 999])
def test_refusals_of_many_at_once_are_answers(code: int) -> None:
    timeline = played([*before(), *fall(*OWNERS, code=code)])
    assert not timeline.troubles
    assert timeline.refusals == len(OWNERS)
    assert not timeline.falls


@pytest.mark.parametrize("code", [404, 417])
def test_a_service_that_answers_wrongly_blames_nobody_else(code: int) -> None:
    assert {kind for kind, _ in found(played([*before(), *fall(*PLATFORM, code=code)]))} == {"own"}


@pytest.mark.parametrize("code", [521, 522, 525, 526])
def test_an_edge_that_cannot_reach_one_owners_origins_is_not_blamed(code: int) -> None:
    known = fall(("e/status", "Shop"), ("e/status", "Api"), code=code, minute=-1440 * 2)
    again = days_before([("e/status", "Shop"), ("e/status", "Api")], days=1)
    timeline = played([*before(), *known, *again, *fall(*OWNERS[8:10], code=code)])
    assert {kind for kind, _ in found(timeline)} == {"own"}


def test_many_origins_that_one_edge_cannot_reach_are_no_word_against_the_edge() -> None:
    timeline = played([*before(), *fall(*PLATFORM, code=522)])
    assert not {kind for kind, _ in found(timeline)} & {"provider", "suspected"}


def test_what_was_down_on_entry_is_no_news() -> None:
    rows = [row(s, -600, 500, PLATFORM.get(s, "")) for s in OWNERS]
    again = [row(s, 0, 503, PLATFORM.get(s, "")) for s in OWNERS]
    assert not played([*rows, *again]).troubles


def test_after_a_long_silence_a_fall_is_no_news() -> None:
    late = [row(s, 1440 * 3, 500, PLATFORM.get(s, "")) for s in OWNERS]
    timeline = played([*before(), *late])
    assert not timeline.troubles
    assert len(timeline.gaps) == 1


def test_when_one_runner_sees_nobody_at_all_it_is_the_runner_or_its_owner() -> None:
    far = {
        ("e/status", "Search"): "https://www.google.com",
        ("e/status", "Wiki"): "https://en.wikipedia.org",
    }
    sites = [*OWNERS[8:10], *far]
    rows = [*before(), *days_before(far, urls=far)]
    timeline = played([*rows, *(row(s, n / 10, 0, far.get(s, "")) for n, s in enumerate(sites))])
    (trouble,) = timeline.troubles
    assert (trouble.finding.kind, trouble.finding.named) == ("vantage", "github-actions/e/status")


def test_when_all_runners_see_nobody_it_is_where_they_run() -> None:
    timeline = played([*before(), *fall(*OWNERS, code=0)])
    kinds = {(t.finding.kind, t.finding.named) for t in timeline.troubles}
    assert ("vantage", "github-actions") in kinds
    assert not {kind for kind, _ in kinds} & {"provider", "suspected"}


def test_tenants_that_hold_speak_against_their_platform() -> None:
    urls = {(f"h{n}/status", "Shop"): f"https://h{n}.workers.dev" for n in range(20)}
    others = [(repo, "Api") for repo, _ in urls]
    rows = [*before(), *days_before([*urls, *others], urls=urls)]
    two = fall(("a/status", "Shop"), ("b/status", "Shop"), code=503)
    lone = played([*rows, *two])
    # Each runner writes a row of another site: it was there, and saw its tenant up.
    seen = [row(site, 1 + n, 200) for n, site in enumerate(others)]
    held = played([*rows, *two, *seen])
    confidence = [
        max(
            (t.finding.confidence for t in each.troubles if t.finding.key[1] == "cloudflare"),
            default=0.0,
        )
        for each in (lone, held)
    ]
    assert confidence[0] > confidence[1]
    assert all(t.finding.kind != "provider" for t in held.troubles if t.surest_at > NOON + 900)


def test_the_same_history_gives_the_same_verdicts() -> None:
    rows = [*before(), *fall(*PLATFORM, code=503)]
    assert played(rows).troubles == played(list(reversed(rows))).troubles
