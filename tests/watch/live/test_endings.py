"""What ends is told once for each step of urgency, over restarts too, and when it is mended."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import pytest

from downwind.terms import Absent, Evidence, Finding, Seen, Unanswered
from downwind.watch.detection import Urgency
from downwind.watch.live.domains import Domains
from downwind.watch.live.endings import Told, ToldEndings, endings
from downwind.watch.live.latest import LOOKS, Latest
from downwind.watch.registered import OwnDomains
from tests.watch.live.play import BEGAN, catalog, probe

DAY = 86_400.0
SOON, URGENT, OVER = Urgency.SOON, Urgency.URGENT, Urgency.OVER
OWN = OwnDomains({"shop/page": ("shop.test",), "news/page": ("news.test", "shop.test")})


@dataclass
class Teller:
    """Hears, and tells what is new; what it told goes through its record, as over a restart."""

    latest: dict[str, Latest] = field(
        default_factory=lambda: {name: Latest() for name in ("shop/page", "news/page")}
    )
    domains: Domains = field(default_factory=lambda: Domains.of(OWN))
    told: ToldEndings = field(default_factory=ToldEndings)

    def shown(self, target: str, ends: Any, times: int = LOOKS, begins: Any = None) -> None:
        for _ in range(times):
            record = probe(target, BEGAN, not_after=ends, not_before=begins)
            self.latest[target].hear(record, catalog())

    def registered(self, at: float, finding: Finding | float, domain: str = "shop.test") -> None:
        if isinstance(finding, float):
            finding = Seen({"expires": finding, "status": ["active"]})
        self.domains.hear(Evidence(domain, "rdap.domain", finding, at, "here"))

    def tell(self, now: float) -> list[Told]:
        found = endings(self.latest, self.domains, self.told, now)
        for each in found:
            self.told.hear(each.record(now, "here"))
        self.told = ToldEndings.of_json(self.told.to_json())
        return list(found)

    def steps(self, now: float) -> list[Urgency | None]:
        return [each.urgency for each in self.tell(now)]


def test_a_certificate_is_told_of_once_for_each_step_however_many_show_it() -> None:
    teller = Teller()
    ends = BEGAN + 60 * DAY
    for target in teller.latest:
        teller.shown(target, ends)
    steps = [teller.steps(ends - left * DAY) for left in (20, 13, 12, 2.9, 2, -1, -2)]
    assert steps == [[], [SOON], [], [URGENT], [], [OVER], []]
    for target in teller.latest:
        teller.shown(target, ends + 90 * DAY)
    (told,) = teller.tell(ends + 3 * DAY)
    assert (told.urgency, told.title) == (
        None,
        "The certificate of shop/page, news/page is renewed",
    )
    assert teller.steps(ends + 3 * DAY) == []


def test_the_words_name_who_shows_it_and_how_long_it_lasts() -> None:
    teller = Teller()
    teller.shown("shop/page", BEGAN + 2 * DAY)
    (told,) = teller.tell(BEGAN)
    assert told.text == "The certificate of shop/page ends in 2 d."
    alert = told.alert(BEGAN)
    assert (alert.severity, alert.kind, alert.blame) == ("critical", "opened", "watcher")
    (over,) = teller.tell(BEGAN + 3 * DAY)
    assert over.text == "The certificate of shop/page ended 24 h ago."
    assert over.alert(BEGAN).incident == alert.incident


def test_while_some_server_behind_the_name_shows_the_old_one_it_is_not_renewed() -> None:
    teller = Teller()
    teller.shown("shop/page", BEGAN + DAY)
    assert teller.steps(BEGAN) == [URGENT]
    for _ in range(2 * LOOKS):
        teller.shown("shop/page", BEGAN + 90 * DAY, times=LOOKS - 1)
        teller.shown("shop/page", BEGAN + DAY, times=1)
        assert teller.steps(BEGAN) == []
    assert teller.latest["shop/page"].certificate_ends == BEGAN + DAY
    teller.shown("shop/page", BEGAN + 90 * DAY)
    assert teller.steps(BEGAN) == [None]


def test_after_a_restart_nothing_is_renewed_before_it_was_looked_at_often_enough() -> None:
    teller = Teller()
    teller.shown("shop/page", BEGAN + DAY)
    assert teller.steps(BEGAN) == [URGENT]
    again = Teller(told=teller.told)
    assert again.steps(BEGAN) == []
    again.shown("shop/page", BEGAN + 90 * DAY, times=LOOKS - 1)
    assert again.steps(BEGAN) == []
    again.shown("shop/page", BEGAN + 90 * DAY, times=1)
    assert again.steps(BEGAN) == [None]


def test_a_certificate_of_six_days_is_not_about_to_end_when_it_is_issued() -> None:
    teller = Teller()
    teller.shown("shop/page", BEGAN + 6 * DAY, begins=BEGAN)
    assert [teller.steps(BEGAN + day * DAY) for day in (0, 3.9, 4.1, 5.9)] == [
        [],
        [],
        [SOON],
        [URGENT],
    ]


def test_what_is_no_longer_watched_does_not_stand_for_ever() -> None:
    teller = Teller()
    teller.shown("shop/page", BEGAN + DAY)
    teller.registered(BEGAN, BEGAN + DAY)
    assert teller.steps(BEGAN) == [URGENT, URGENT]
    again = Teller(latest={}, domains=Domains(), told=teller.told)
    assert [each.title for each in again.tell(BEGAN)] == [
        "The certificate of shop/page is no longer watched",
        "The registration of shop.test is no longer watched",
    ]
    assert again.tell(BEGAN) == []


@pytest.mark.parametrize("ends", ["soon", None, [], {}, True])
def test_what_an_agent_tells_of_a_certificate_that_is_no_time_is_passed_over(ends: Any) -> None:
    teller = Teller()
    teller.shown("shop/page", ends)
    assert teller.latest["shop/page"].certificate_ends is None
    assert teller.tell(BEGAN) == []


def test_a_domain_is_told_of_45_and_10_days_ahead_and_when_it_is_renewed() -> None:
    teller = Teller()
    ends = BEGAN + 60 * DAY
    steps = []
    for left in (46, 44.9, 30, 9.9, 1):
        teller.registered(ends - left * DAY, ends)
        steps.append(teller.steps(ends - left * DAY))
    assert steps == [[], [SOON], [], [URGENT], []]
    teller.registered(ends, ends + 365 * DAY)
    (told,) = teller.tell(ends)
    assert told.text == "The registration of shop.test is renewed."


def test_the_words_name_the_domain_and_who_needs_it() -> None:
    teller = Teller()
    teller.registered(BEGAN, BEGAN + 44 * DAY)
    (told,) = teller.tell(BEGAN)
    assert told.title == "The registration of shop.test ends in 44 d"
    assert told.text == f"{told.title}. It is needed by news/page, shop/page."
    assert told.alert(BEGAN).severity == "warning"


def test_a_registration_is_over_only_where_the_registry_says_so_after_its_end() -> None:
    teller = Teller()
    teller.registered(BEGAN, BEGAN + DAY)
    assert teller.steps(BEGAN) == [URGENT]
    assert teller.steps(BEGAN + 2 * DAY) == []
    teller.registered(BEGAN + 2 * DAY, BEGAN + DAY)
    assert teller.steps(BEGAN + 2 * DAY) == [OVER]


@pytest.mark.parametrize("word", ["redemption period", "Pending Delete", "pending restore"])
def test_a_domain_that_the_registry_calls_lost_is_told_of_whatever_its_date(word: str) -> None:
    teller = Teller()
    value = {"expires": BEGAN + 300 * DAY, "status": ["server hold", word]}
    teller.registered(BEGAN, Seen(value))
    (told,) = teller.tell(BEGAN)
    assert (told.urgency, told.title) == (
        OVER,
        f"The registration of shop.test is lost: the registry says {word.lower()}",
    )
    teller.registered(BEGAN + DAY, BEGAN + 300 * DAY)
    assert teller.steps(BEGAN + DAY) == [None]


def test_a_domain_that_its_registry_knows_no_more_is_lost_and_one_it_never_knew_is_unknown() -> (
    None
):
    teller = Teller()
    gone = Absent("the registry knows no such domain")
    teller.registered(BEGAN, gone, "news.test")
    assert teller.tell(BEGAN) == []
    assert teller.domains.unknown("news/page") == "news.test: the registry knows no such domain"
    teller.registered(BEGAN, BEGAN + 300 * DAY)
    teller.registered(BEGAN + DAY, gone)
    (told,) = teller.tell(BEGAN + DAY)
    assert told.title == "The registration of shop.test is lost: the registry knows it no more"


def test_silence_of_the_registry_neither_renews_nor_ends_anything() -> None:
    teller = Teller()
    teller.registered(BEGAN, BEGAN + 44 * DAY)
    assert teller.steps(BEGAN) == [SOON]
    for day in range(1, 30):
        teller.registered(BEGAN + day * DAY, Unanswered("no answer"))
        assert teller.steps(BEGAN + day * DAY) == []
    assert teller.domains.end("shop/page") is None


BAD = [
    ("x", {}),
    ("x", {"what": "domain"}),
    ("x", {"what": "domain", "urgency": "later", "of": []}),
    ("x", {"what": "moon", "urgency": "soon", "of": []}),
    ("x", {"what": "domain", "urgency": 7, "of": []}),
    ("x", {"what": "domain", "urgency": "soon", "of": "all"}),
]


@pytest.mark.parametrize(("name", "value"), BAD)
def test_a_record_of_an_ending_that_cannot_be_understood_is_passed_over(
    name: str, value: dict[str, Any]
) -> None:
    told = ToldEndings()
    told.hear(Evidence(name, "watch.ending", Seen(value), BEGAN, "here"))
    told.hear(Evidence(name, "watch.ending", Unanswered("?"), BEGAN, "here"))
    assert told.known == {}
