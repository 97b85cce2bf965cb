"""The backtest of histories unlike those at hand: other owners, other days, other outages."""

from __future__ import annotations

import random
from pathlib import Path
from typing import Any

import pytest

from downwind.jobs.backtest.outages import read_outages
from downwind.jobs.backtest.run import Backtest, backtest
from downwind.show.backtest_view import report_form

from .stories import catalog
from .unseen import DAY, Unseen, outage_file

OWNERS = 8


def history(seed: int, provider: str, every: int = 4) -> Unseen:
    """Owners with sites of which some are stated to need the provider."""
    made = Unseen(random.Random(seed))
    for owner in range(OWNERS):
        for number in range(6):
            name = f"API /v{number} (größe)" if number % 3 else f"Site {number}"
            needs = provider if (owner + number) % every == 0 else ""
            made.site(f"owner{owner}/upptime", name, needs)
    return made


def played(made: Unseen, folder: Path, starts: float = 0.0, provider: str = "") -> Backtest:
    folder.mkdir(exist_ok=True)
    outages = read_outages(outage_file(folder, starts, provider)) if provider else read_outages()
    return backtest(made.write(folder / "data"), catalog(), outages)


def judged(found: Backtest) -> list[str]:
    (outcome,) = found.report.outcomes
    return [outcome.verdict(trouble) for trouble in outcome.troubles]


@pytest.mark.parametrize(
    ("seed", "stated", "provider", "code"),
    [
        (1, "Netlify", "netlify", 503),
        (2, "Azure", "azure", 502),
        (3, "AWS (us-east-1)", "aws", 503),
        (4, "GitHub Pages", "github", 500),
    ],
)
def test_an_outage_of_a_stated_provider_is_noticed_and_named_within_half_an_hour(
    tmp_path: Path, seed: int, stated: str, provider: str, code: int
) -> None:
    made = history(seed, stated)
    made.live(days=7)
    starts = made.begins + 5 * DAY + 47_000
    for place, (_, needs) in made.sites.items():
        if needs and made.random.random() < 0.8:
            made.falls(place, starts + made.random.uniform(60, 1200), code)
    found = played(made, tmp_path, starts, provider)
    assert judged(found) == ["right"]
    (outcome,) = found.report.outcomes
    assert outcome.named is not None
    assert 0 < outcome.named < 30
    assert found.report.false == ()


@pytest.mark.parametrize("seed", [5, 6])
def test_a_quiet_month_has_nobody_else_to_blame(tmp_path: Path, seed: int) -> None:
    made = history(seed, "Cloudflare", every=1)
    made.segment = "quiet_2027-03-01"
    made.live(days=30)
    report = played(made, tmp_path).report
    assert report.own > 10
    assert (report.false, report.outcomes, report.named) == ((), (), 0)
    assert report.site_days > 1000


def test_525s_of_one_owner_during_an_outage_of_the_edge_are_the_owners(tmp_path: Path) -> None:
    made = history(7, "Cloudflare")
    made.live(days=7)
    starts = made.begins + 5 * DAY + 47_000
    for place, (_, needs) in made.sites.items():
        if needs:
            made.falls(place, starts + made.random.uniform(60, 1200), 500)
        elif place[0] == "owner3/upptime":
            made.falls(place, starts + made.random.uniform(60, 1200), 525)
    found = played(made, tmp_path, starts, "cloudflare")
    assert judged(found) == ["right"]
    report = found.report
    assert report.edge_falls >= 4
    assert (report.edge_blamed, report.false) == (0, ())
    named = [t for t in found.timeline.troubles if t.finding.named == "owner3"]
    assert {t.finding.kind for t in named} == {"own"}


@pytest.mark.parametrize("code", [500, 0])
def test_an_outage_of_a_provider_that_nobody_stated_is_shared_and_not_known(
    tmp_path: Path, code: int
) -> None:
    """Without an answer it may as well be the way of all runners there, and that is told."""
    made = history(8, "")
    made.live(days=7)
    starts = made.begins + 5 * DAY + 47_000
    for place in made.sites:
        if place[0] in {f"owner{n}/upptime" for n in range(5)} and place[1].startswith("Site"):
            made.falls(place, starts + made.random.uniform(60, 900), code)
    found = played(made, tmp_path, starts, "fastly")
    assert judged(found) == ["unknown"]
    ((trouble,),) = (outcome.troubles for outcome in found.report.outcomes)
    assert trouble.finding.same == (() if code else ("github-actions",))


def test_days_without_any_runner_are_a_gap_and_what_is_down_after_them_is_no_news(
    tmp_path: Path,
) -> None:
    made = history(9, "Vercel")
    made.live(days=5)
    again = made.begins + 8 * DAY
    for place in made.sites:
        made.seen(place, again, 503 if made.random.random() < 0.4 else 200)
    found = played(made, tmp_path)
    assert found.report.false == ()
    assert len(found.timeline.gaps) == 1


def test_where_all_runners_see_nobody_no_provider_is_blamed(tmp_path: Path) -> None:
    made = history(10, "AWS", every=2)
    made.live(days=7)
    for repository in made.repositories():
        runs = made.begins + 5 * DAY + 47_000 + made.random.random() * 900
        for place in made.sites:
            if place[0] == repository and made.random.random() < 0.9:
                made.falls(place, runs + made.random.random() * 45, 0, 1500)
    report = played(made, tmp_path).report
    assert report.false == ()
    named = [trouble.finding.named for trouble in report.vantage]
    assert "github-actions" in named
    assert all(name.startswith("github-actions") for name in named)


def test_a_report_of_a_window_without_outages_claims_no_share_of_nothing(tmp_path: Path) -> None:
    made = history(11, "Render")
    made.live(days=3)
    form: dict[str, Any] = report_form(played(made, tmp_path))
    assert form["outages"] == []
    assert form["rates"]["precision"]["of"] == 0
    assert form["rates"]["recall_noticed"] == {"hits": 0, "of": 0, "bounds": [0.0, 1.0]}
    assert len(form["unwatched"]) == len(read_outages())


def test_false_blame_on_a_quiet_day_is_told_whatever_the_sites_are_called(tmp_path: Path) -> None:
    """Outages that are not in the list are no outages: an alarm on a quiet day is false."""
    made = Unseen(random.Random(13), segment="quiet_2027-03-06")
    for owner in range(6):
        for name in ("API /v1 (größe)", "Shop"):
            made.site(f"owner{owner}/upptime", name, "Netlify")
    made.live(days=7, codes=(404,))
    for place in made.sites:
        made.falls(place, made.begins + 5 * DAY + 47_000, 503)
    report = played(made, tmp_path).report
    assert len(report.false) == report.false_on_quiet_days == 1
    other = played(made, tmp_path / "again", made.begins + 5 * DAY + 46_900, "netlify").report
    assert [outcome.repositories for outcome in other.outcomes] == [6]


def test_one_site_of_one_repository_is_enough_to_be_replayed(tmp_path: Path) -> None:
    made = Unseen(random.Random(12))
    place = made.site("alone", "Only")
    made.live(days=3)
    made.falls(place, made.begins + 2 * DAY, 500)
    report = played(made, tmp_path).report
    assert (report.sites, report.repositories, report.false) == (1, 1, ())
