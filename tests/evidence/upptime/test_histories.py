"""Commit messages and sites files of Upptime, and the evidence that they become."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from downwind.evidence.upptime import BadRow, Sighting, Site, read_commits, read_sites_file
from downwind.evidence.upptime import to_evidence as converted
from downwind.evidence.upptime.sites_file import bare_url

SHOP = Site("o/r", "Shop", "https://shop.test/a")


def commits(*subjects: str) -> tuple[list[Sighting], list[BadRow]]:
    bad: list[BadRow] = []
    lines = [f"{'a' * 40}\t1763465495\t{subject}\n" for subject in subjects]
    return list(read_commits("o/r", lines, {"Shop": SHOP}, bad)), bad


@pytest.mark.parametrize(
    ("subject", "state", "code", "took"),
    [
        ("🟥 Shop is down (500 in 120 ms) [skip ci] [upptime]", "down", 500, 120),
        ("🟩 Shop is up (200 in 88 ms) [skip ci] [upptime]", "up", 200, 88),
        ("🟨 Shop is degraded (200 in 9000 ms)", "degraded", 200, 9000),
        ("🟨 Shop is degraded performance (200 in 9000 ms)", "degraded", 200, 9000),
        ("🟥 Shop is down (0 in 0 ms) [skip ci]", "down", 0, 0),
    ],
)
def test_a_status_commit_is_a_sighting(subject: str, state: str, code: int, took: int) -> None:
    (row,), bad = commits(subject)
    assert not bad
    assert (row.site, row.url, row.at) == ("Shop", SHOP.url, 1763465495.0)
    assert (row.state, row.code, row.milliseconds) == (state, code, took)


def test_a_name_may_itself_say_that_it_is_up() -> None:
    (row,), _ = commits("🟥 What is up (new) is down (503 in 1 ms)")
    assert (row.site, row.url, row.state) == ("What is up (new)", "", "down")


@pytest.mark.parametrize("subject", ["Update README", "", "⬆️ Bump x", ":card_file_box: Update"])
def test_other_commits_are_passed_over(subject: str) -> None:
    assert commits(subject) == ([], [])


@pytest.mark.parametrize(
    "subject", ["🟥 Shop", "🟥 Shop is down", "🟩 Shop is sideways (200 in 1 ms)", "🟥"]
)
def test_a_status_commit_that_cannot_be_read_is_named_by_its_commit(subject: str) -> None:
    rows, (bad,) = commits(subject)
    assert not rows
    assert bad.place == f"o/r@{'a' * 12}"


@given(st.text(max_size=80))
def test_no_message_breaks_the_reader(text: str) -> None:
    rows, bad = commits("🟥" + text)
    assert len(rows) + len(bad) == 1


def test_a_sites_file_says_what_is_watched_and_where_its_own_page_lies() -> None:
    text = """
    status-website: {cname: up.shop.test}
    sites:
      - {name: Shop, url: "https://user:secret@shop.test/a?key=1", expectedStatusCodes: [200, 403]}
      - {name: Hidden, url: $SECRET_URL}
      - {name: Page, url: "https://up.shop.test"}
      - {name: 404, url: shop.test}
    """
    bad: list[BadRow] = []
    shop, hidden, page, number = read_sites_file("o/r", text, "rc", bad)
    assert not bad
    assert shop.url == "https://shop.test/a"
    assert shop.expected == frozenset({200, 403})
    assert hidden.url == "$SECRET_URL"
    assert page.provider == "GitHub Pages"
    assert (number.name, number.provider) == ("404", "")


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("sites: [", "no YAML"),
        ("!!python/object/apply:os.system ['true']", "no YAML"),
        ("sites: 3", "lists no sites"),
        ("[]", "lists no sites"),
        ("", "lists no sites"),
        ("sites: [3]", "no mapping"),
        ("sites: [{url: https://a.test}]", "no name"),
        ("sites: [{name: a, url: [1]}]", "no name"),
        ("sites: [{name: '', url: a.test}]", "name is empty"),
        ("x" * 1_000_001, "too long"),
    ],
)
def test_a_broken_sites_file_is_told_with_its_place(text: str, why: str) -> None:
    bad: list[BadRow] = []
    assert read_sites_file("o/r", text, "rc.yml", bad) == ()
    assert why in bad[0].why
    assert bad[0].place.startswith("rc.yml")


@pytest.mark.parametrize("url", ["http://[", "$A", "", "//", "https://x.test:bad/"])
def test_a_strange_url_has_no_secret_and_breaks_nothing(url: str) -> None:
    assert "@" not in bare_url(url)


def sighting(state: str, code: int, url: str = "https://shop.test/a") -> Sighting:
    return Sighting("o/r", "Shop", url, 100.0, state, code, 5.0)  # type: ignore[arg-type]


def test_a_row_becomes_a_journey_of_one_step() -> None:
    (record,) = converted([sighting("down", 500)])
    assert (record.subject, record.kind, record.at) == ("o/r/Shop/up", "probe.http", 100.0)
    assert record.vantage == "github-actions/o/r"
    value = record.value
    assert value is not None
    assert (value["ok"], value["state"], value["changes_only"]) == (False, "down", True)
    (step,) = value["steps"]
    assert (step["ok"], step["layer"], step["status"]) == (False, "expect", 500)
    assert (step["host"], step["passed"]) == ("shop.test", ["dns", "dial", "tls"])


def test_no_answer_claims_no_layer_that_was_passed() -> None:
    (record,) = converted([sighting("down", 0)])
    assert record.value is not None
    (step,) = record.value["steps"]
    assert (step["layer"], step["status"], step["passed"]) == ("dial", None, [])


def test_slow_is_not_down_and_a_secret_url_has_no_host() -> None:
    (record,) = converted([sighting("degraded", 200, "$API")])
    assert record.value is not None
    (step,) = record.value["steps"]
    assert step["ok"]
    assert (step["host"], step["url"]) == ("", "")
