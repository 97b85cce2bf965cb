"""Commit messages and sites files of Upptime, and the evidence that they become."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from downwind.evidence.upptime import (
    BadRow,
    Messages,
    Sighting,
    Site,
    SitesFile,
    read_commits,
    read_sites_file,
    read_state_file,
    site_finder,
)
from downwind.evidence.upptime import to_evidence as converted
from downwind.evidence.upptime.sites_file import bare_url

SHOP = Site("o/r", "Shop", "https://shop.test/a")
USUAL = SitesFile((SHOP,))


def commits(*subjects: str, written: SitesFile = USUAL) -> tuple[list[Sighting], list[BadRow]]:
    bad: list[BadRow] = []
    lines = [f"{'a' * 40}\t1763465495\t{subject}\n" for subject in subjects]
    find = site_finder([(0.0, written)])
    return list(read_commits("o/r", lines, find, Messages.of([written]), bad)), bad


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


@pytest.mark.parametrize(
    "subject",
    [
        'Revert "🟥 Shop is down (500 in 9 ms)"',
        "Merge: Shop is down (500 in 9 ms)",
        "Our site is down (500 in 9 ms)",
    ],
)
def test_what_people_write_about_a_state_is_no_state(subject: str) -> None:
    assert commits(subject) == ([], [])


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


@given(st.text(max_size=80), st.text(max_size=80))
def test_no_form_of_messages_breaks_the_reader(form: str, text: str) -> None:
    for message in (form, f"$SITE_NAME{form}$STATUS $RESPONSE_CODE"):
        commits(text, written=SitesFile((SHOP,), message, (form[:3] or "x",)))


@pytest.mark.parametrize(
    ("subject", "written"),
    [
        ("❌ Shop is down (500 in 12 ms)", SitesFile((SHOP,), prefixes=("✅", "❌"))),
        ("❌ Shop is down (500 in 12 ms)", SitesFile((SHOP,))),
        (":x: Shop is down (500 in 12 ms)", SitesFile((SHOP,))),
        ("🟥\ufe0f Shop is down (500 in 12 ms)", SitesFile((SHOP,))),
        ("[DOWN] Shop is down (500 in 12 ms)", SitesFile((SHOP,), prefixes=("[DOWN]",))),
        ("Shop is down (500 in 12 ms)", SitesFile((SHOP,))),
        ("🟥 Shop is down (500 in 12ms)", SitesFile((SHOP,))),
        ("🟥 Shop is down (500 in 12.0 ms) (#7)", SitesFile((SHOP,))),
        (
            "🟥 Shop est down : 500, 12 ms",
            SitesFile(
                (SHOP,), "$PREFIX $SITE_NAME est $STATUS : $RESPONSE_CODE, $RESPONSE_TIME ms"
            ),
        ),
        (
            "chore(down): Shop [https://shop.test] GET 500 12",
            SitesFile(
                (SHOP,),
                "chore($STATUS): $SITE_NAME [$SITE_URL] $SITE_METHOD $RESPONSE_CODE $RESPONSE_TIME",
            ),
        ),
    ],
)
def test_a_repository_tells_its_states_in_its_own_words(subject: str, written: SitesFile) -> None:
    (row,), bad = commits(subject, written=written)
    assert not bad
    assert (row.site, row.state, row.code, row.milliseconds) == ("Shop", "down", 500, 12.0)
    assert row.url == SHOP.url


def test_a_name_that_begins_with_a_sign_keeps_it() -> None:
    rocket = SitesFile((Site("o/r", "🚀 Rocket", "https://rocket.test"),))
    for subject in ("🟥 🚀 Rocket is down (0 in 0 ms)", "🚀 Rocket is down (0 in 0 ms)"):
        (row,), _ = commits(subject, written=rocket)
        assert (row.site, row.url) == ("🚀 Rocket", "https://rocket.test")


@pytest.mark.parametrize("text", ["a" * 5000, " " * 5000 + "x", "a " * 2500, "aA" * 2500])
def test_no_form_takes_long_to_be_held_against_a_message(text: str) -> None:
    for gap in ("", " ", " " * 15):
        parts = ("$SITE_NAME", "$SITE_URL", "$SITE_METHOD", "$STATUS", "$RESPONSE_CODE")
        messages = Messages.of([SitesFile((SHOP,), gap.join(parts))])
        began = time.process_time()
        messages.read(text)
        assert time.process_time() - began < 0.5


@pytest.mark.parametrize("form", ["$SITE_NAME is $STATUS", "broken", "$STATUS ($RESPONSE_CODE)"])
def test_a_form_that_does_not_tell_who_and_how_is_not_read(form: str) -> None:
    assert commits("Shop is down", written=SitesFile((SHOP,), form)) == ([], [])


def test_a_site_has_the_url_that_it_had_then() -> None:
    old = Site("o/r", "Shop", "https://old.test")
    gone = Site("o/r", "Gone", "https://gone.test")
    find = site_finder([(100.0, SitesFile((old, gone))), (200.0, SitesFile((SHOP,)))])
    assert [find("Shop", at) for at in (50.0, 150.0, 250.0)] == [old, old, SHOP]
    assert (find("Gone", 300.0), find("Never", 300.0)) == (gone, None)


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
    shop, hidden, page, number = read_sites_file("o/r", text, "rc", bad).sites
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
    assert read_sites_file("o/r", text, "rc.yml", bad) == SitesFile()
    assert why in bad[0].why
    assert bad[0].place.startswith("rc.yml")


def test_what_yaml_takes_for_something_else_is_a_name_as_it_is_written() -> None:
    names = ["On", "yes", "2024-01-01", "0123", "1_000", "12:30:00", "~", "1e3", "0x1F"]
    listed = "".join(f"  - name: {name}\n    url: https://a.test\n" for name in names)
    bad: list[BadRow] = []
    read = read_sites_file("o/r", f"\ufeffsites:\r\n{listed}".replace("\n", "\r\n"), "rc", bad)
    assert [site.name for site in read.sites] == names
    assert not bad


def test_all_that_a_sites_file_may_hold_beside_is_passed_over_or_read() -> None:
    text = """
    assignees: [somebody]
    commitMessages: {statusChange: "$SITE_NAME: $STATUS $RESPONSE_CODE", readmeContent: x}
    commitPrefixStatusUp: "✅"
    commitPrefixStatusDown: "❌"
    notifications: [{type: slack, channel: C0}]
    workflowSchedule: {uptime: "0 * * * *"}
    i18n: {up: Funktioniert}
    defaults: &usual {method: GET, maxRedirects: 3, __dangerous__insecure: true}
    sites:
      - {<<: *usual, name: Mail, url: mail.shop.test, check: tcp-ping, port: 25}
      - {name: Socket, url: "wss://ws.shop.test", check: ws, maxResponseTime: 500}
      - {name: Api, url: "https://$HOST/v1", slug: api-v1, icon: "https://i.test/a.png",
         expectedStatusCodes: [200, "201", 2xx], headers: ["Authorization: $TOKEN"]}
      - {name: One, url: "https://one.test", expectedStatusCodes: 204, body: "{}", method: POST}
      - {name: "API /v1 (new) — Größe", url: "https://b.test", assignees: [x]}
    """
    bad: list[BadRow] = []
    read = read_sites_file("o/r", text, "rc", bad)
    assert not bad
    assert [site.url for site in read.sites] == [
        "mail.shop.test",
        "wss://ws.shop.test",
        "https://$HOST/v1",
        "https://one.test",
        "https://b.test",
    ]
    assert [set(site.expected) for site in read.sites] == [set(), set(), {200, 201}, {204}, set()]
    assert (read.message, read.prefixes) == ("$SITE_NAME: $STATUS $RESPONSE_CODE", ("✅", "❌"))
    assert read.slugs["api-v1"] == "Api"
    assert read.slugs["api-v1-new-große".replace("ß", "")] == "API /v1 (new) — Größe"


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("status: up\ncode: 200\nresponseTime: 90\n", ("up", 200, 90.0)),
        ("\ufeffurl: x\r\nstatus: down\r\ncode: 0\r\nresponseTime: NaN\r\n", ("down", 0, None)),
        ("status: 'degraded'\ncode: \"200\"\nextra:\n  - 1\n", ("degraded", 200, None)),
        ("status: down\n", ("down", 0, None)),
    ],
)
def test_a_state_file_tells_the_last_state_of_a_site(
    text: str, told: tuple[str, int, float | None]
) -> None:
    row = read_state_file("o/r", text, "Shop", 500.0, site_finder([]))
    assert (row.state, row.code, row.milliseconds, row.at) == (*told, 500.0)


@pytest.mark.parametrize(
    "text",
    ["", "code: 200\n", "status: sideways\ncode: 1\n", "status: up\ncode: many\n", "\0", "status"],
)
def test_a_state_file_that_tells_no_state_is_refused(text: str) -> None:
    with pytest.raises(ValueError):
        read_state_file("o/r", text, "Shop", 500.0, site_finder([]))


@pytest.mark.parametrize(
    ("said", "at"),
    [
        ("1970-01-01T00:05:00.000Z", 300.0),
        ("1970-01-01T02:05:00+02:00", 300.0),
        ("1970-01-01T00:05:00", 500.0),  # without a zone
        ("2999-01-01T00:00:00Z", 500.0),  # after it was written down
        ("yesterday", 500.0),
    ],
)
def test_a_state_file_was_true_when_it_says_or_when_it_was_committed(said: str, at: float) -> None:
    text = f"status: up\ncode: 200\nlastUpdated: {said}\n"
    assert read_state_file("o/r", text, "Shop", 500.0, site_finder([])).at == at


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
