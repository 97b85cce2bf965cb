"""What is known of a site: never by guess, and never before it was seen."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from downwind.evidence.upptime import Read, Sighting, Site
from downwind.jobs.backtest.known import Known, as_model, known_sites
from downwind.jobs.stored.kept_model import write_model
from downwind.model import load_model
from tests.jobs.backtest.stories import catalog, row


def known(*rows: Sighting, sites: tuple[Site, ...] = ()) -> dict[str, Known]:
    read = Read.of(list(rows), list(sites), [])
    return {each.service: each for each in known_sites(read, catalog())}


def scopes(site: Known) -> set[str]:
    return {need.any_of[0] for need in site.needs}


def test_a_site_of_which_nothing_is_known_has_no_provider() -> None:
    site = known(row(("a/r", "Shop"), 0))["a/r/Shop"]
    assert not site.needs
    assert site.owner == "a"


@pytest.mark.parametrize(
    ("url", "provider"),
    [
        ("https://x.github.io", "github/pages"),
        ("https://x.workers.dev", "cloudflare"),
        ("https://x.onrender.com/health", "render/services"),
    ],
)
def test_a_platform_host_name_tells_the_platform_and_its_tenant_runs_the_site(
    url: str, provider: str
) -> None:
    site = known(row(("a/r", "Shop"), 0, url=url))["a/r/Shop"]
    assert any(scope.startswith(provider) for scope in scopes(site))
    assert site.owner == "a"


def test_a_service_of_somebody_else_is_not_the_repositorys_own() -> None:
    site = known(row(("a/r", "Chat"), 0, url="https://team.slack.com"))["a/r/Chat"]
    assert site.owner == "slack.com"


def test_a_domain_that_several_owners_watch_belongs_to_none_of_them() -> None:
    rows = [row((f"{name}/r", "Same"), 0, url="https://www.same.test") for name in "ab"]
    assert {each.owner for each in known(*rows).values()} == {"www.same.test"} or {
        each.owner for each in known(*rows).values()
    } == {"same.test"}


def test_what_an_owner_states_counts_where_the_catalogue_knows_it() -> None:
    sites = (
        Site("a/r", "Shop", "https://shop.test", "GitHub Pages", "owner: cname"),
        Site("a/r", "Api", "https://api.test", "A Cloud Nobody Knows", "owner: comment"),
    )
    found = known(row(("a/r", "Shop"), 0), row(("a/r", "Api"), 0), sites=sites)
    assert "github/pages" in scopes(found["a/r/Shop"])
    assert not found["a/r/Api"].needs


def test_an_edges_own_status_tells_of_the_edge_from_the_next_day_on() -> None:
    site = known(row(("a/r", "Shop"), 0), row(("a/r", "Shop"), 5, 522))["a/r/Shop"]
    (need,) = site.needs
    assert need.any_of == ("cloudflare/proxy",)
    assert need.known_since == date(2025, 10, 10)


def test_a_site_that_moved_needs_its_new_platform_from_the_day_of_the_move() -> None:
    old, new = "https://x.github.io", "https://x.workers.dev"
    rows = [row(("a/r", "Shop"), minute, url=url) for minute, url in ((0, old), (3000, new))]
    needs = known(*rows)["a/r/Shop"].needs
    assert {need.any_of[0].partition("/")[0] for need in needs} == {"cloudflare"}
    assert {need.known_since for need in needs} == {date(2025, 10, 11)}
    stayed = known(*(row(("a/r", "Shop"), minute, url=new) for minute in (0, 3000)))
    secret = known(*(row(("a/r", "Shop"), n, url=url) for n, url in ((0, "$X"), (3000, new))))
    for found in (stayed, secret):
        assert {need.known_since for need in found["a/r/Shop"].needs} == {None}


def test_a_secret_url_has_no_host() -> None:
    sighting = row(("a/r", "Api"), 0, url="$API_URL")
    site = known(sighting)["a/r/Api"]
    assert (site.host, site.owner) == ("", "a")


def test_the_model_is_written_and_reads_back_the_same(tmp_path: Path) -> None:
    rows = [
        row(("a/r", "Shop"), 0, url="https://x.github.io"),
        row(("a/r", "Number: 1 # [x]"), 0, 525),
        row(("b/r", "Secret"), 0, url="$X"),
    ]
    model = as_model(known(*rows).values())
    write_model(model, tmp_path / "model.yaml")
    assert load_model([tmp_path / "model.yaml"], {}) == model
