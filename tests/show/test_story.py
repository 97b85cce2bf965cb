"""The story of a replay: what a reader is told of each moment, and what is passed over."""

from typing import Any

import pytest

from downwind.jobs.map import Mapped
from downwind.jobs.stage import Moment
from downwind.model import Claim
from downwind.questions.attribute import QUIET, Attribution, Consequence
from downwind.questions.claims import Judgement
from downwind.show.screen import screen
from downwind.show.story import Story
from downwind.show.words import words
from downwind.terms import Evidence, Scope, Unanswered
from downwind.world.people.crowd_process import CrowdCount, Talk
from tests.show.island import (
    DEGRADED,
    DOWN,
    FAULT,
    ONSET,
    SCENARIO,
    START,
    UP,
    VERDICT,
    console,
    prediction,
    spoke,
    text,
)

ALL_UP = {"kite.test/read": UP, "kite.test/post": UP, "owl.test/message": UP}


def _moment(kind: str, at: float = ONSET, **more: Any) -> Moment:
    return Moment(at, kind, SCENARIO, FAULT, **more)


def _told(
    *moments: Moment, lang: str = "en", width: int = 120, seed: int | None = None
) -> list[str]:
    """What the story says of these moments, its opening left out."""
    out = console(width)
    story = Story(out, words(lang), seed, None)
    story.hear(_moment("opened", START))
    opening = len(text(out))
    for moment in moments:
        story.hear(moment)
    return text(out)[opening:].splitlines()


def _crowd(at: float, tried: int, failed: int, **talk: Talk) -> Moment:
    key = "kite.test/read"
    places = {f"{name}.test": said for name, said in talk.items()}
    return _moment("crowd", at, crowd=CrowdCount(at, {key: tried}, {key: failed}, places))


def test_it_opens_with_title_day_and_scale() -> None:
    out = console()
    Story(out, words("en"), None, None).hear(_moment("opened", START))
    assert text(out).splitlines() == [
        "The day Amber failed 2026-03-01, UTC",
        "EMULATION. Everything runs on this machine.",
        "One second here is 60 s of the outage. "
        "Nothing shorter than 60 s means anything at this scale.",
        "",
    ]


def test_a_dealt_story_says_whom_the_fault_hits() -> None:
    out = console()
    Story(out, words("fr"), 3, 120.0).hear(_moment("opened", START))
    lines = text(out).splitlines()
    assert lines[0].startswith("Le jour où ")
    assert lines[2].startswith("Une seconde ici vaut 120 s de la panne.")
    assert lines[3].startswith("Donne nouvelle, graine 3 : qui repose sur qui est retiré au sort")


def test_a_map_tells_what_was_seen_and_what_gave_no_answer() -> None:
    silent = Evidence("kite.test", "dns.a", Unanswered("timed out"), 0.0, "here")
    mapped = Mapped([("1", silent)], ("landlock",), {})
    assert _told(_moment("started", START), _moment("mapped", START, mapped=mapped)) == [
        "The emulated internet runs. Providers: 4; services: 2.",
        "Mapped from outside, through sockets only (landlock). "
        "Observations: 1; without an answer: 1.",
    ]


def test_a_prediction_lists_who_falls_or_says_that_nobody_does() -> None:
    foretold = prediction(message=DEGRADED)
    assert _told(_moment("predicted", prediction=foretold)) == [
        "Foretold, if Amber, Shield (bots) fails for 100 min:",
        "  down: Kite",
        "  degraded: Owl",
    ]
    nobody = prediction(read=UP, post=UP)
    assert _told(_moment("predicted", prediction=nobody), lang="fr") == [
        "Prédit, si Amber, Shield (bots) tombe pendant 100 min :",
        "  Personne ne tombe.",
    ]


def test_what_had_been_said_by_that_day_is_judged_and_later_claims_are_not() -> None:
    claim = Claim(
        id="c", who={"en": "Kite"}, when="2026-02", said={"en": "we stand alone"}, source="s",
        about="kite.test", kind="independent", of="amber",
    )  # fmt: skip
    later = claim.model_copy(update={"when": "2026-04"})
    names = {"service": "kite.test", "of": "amber"}
    judged = tuple(Judgement(c, "unknown", "coarse", names) for c in (claim, later))
    assert _told(_moment("claims", claims=judged)) == [
        "",
        "What had been said, judged by what could be known the day before",
        "“we stand alone”  Kite, 2026-02  unknown",
        "",
    ]


def test_the_scenarios_own_words_are_told_with_the_names_of_what_is_hit() -> None:
    event = SCENARIO.events[0]
    moment = _moment("told", event.said_at, event=event)
    assert _told(moment) == ["07:20  At Amber all requests fail."]
    assert _told(moment, lang="fr") == ["07:20  Chez Amber, toute requête échoue."]


def test_a_round_is_told_only_where_something_changed_a_line_for_each_state() -> None:
    worse = ALL_UP | {"kite.test/read": DOWN, "owl.test/message": DEGRADED}
    better = worse | {"kite.test/read": UP}
    states = (ALL_UP, worse, worse, better)
    moments = [_moment("round", ONSET + 300 * i, states=s) for i, s in enumerate(states)]
    assert _told(*moments) == [
        "07:25  down: Kite: read the feed",
        "       degraded: Owl",
        "07:35  up again: Kite: read the feed",
    ]


def test_french_counts_one_and_many_rightly() -> None:
    one = ALL_UP | {"owl.test/message": DEGRADED}
    many = dict.fromkeys(ALL_UP, DEGRADED)
    assert _told(_moment("round", states=one), lang="fr") == ["07:20  dégradé : Owl"]
    assert _told(_moment("round", states=many), lang="fr") == ["07:20  dégradés : Kite, Owl"]


@pytest.mark.parametrize(
    ("verdict", "line"),
    [
        (VERDICT, "Downwind names the cause: Amber, Shield (97% sure)."),
        (
            Attribution("suspected", Scope("amber"), "amber", 0.6, (), (), (), (), ()),
            "Downwind suspects Amber (60% sure).",
        ),
        (
            Attribution("own", None, "owl.test", 0.8, (), (), (), (), ()),
            "Downwind sees no shared cause: Owl seems to fail by itself.",
        ),
        (
            Attribution("vantage", None, "this vantage", 0.8, (), (), (), (), ()),
            "Downwind suspects its own connection.",
        ),
        (
            Attribution("unknown", None, "", 0.8, (), (), (), (), ()),
            "Several fail together, and nothing known is shared by them.",
        ),
        (QUIET, "Quiet again."),
    ],
)
def test_each_kind_of_verdict_has_its_sentence(verdict: Attribution, line: str) -> None:
    assert _told(_moment("verdict", attribution=verdict)) == [f"07:20  {line}"]


def test_what_fell_as_a_consequence_is_told_with_the_verdict() -> None:
    fell = Consequence(Scope.parse("basalt/rooms"), "it leans on it", ("owl.test/message",))
    verdict = Attribution("provider", Scope("amber"), "amber", 1.0, (), (), (), (), (), (fell,))
    assert _told(_moment("verdict", attribution=verdict)) == [
        "07:20  Downwind names the cause: Amber (100% sure). Basalt, Rooms fails as a consequence."
    ]


def test_a_status_page_is_quoted_as_it_was_read() -> None:
    moment = _moment("status", status=spoke("amber", "Errors\x1b[2J"))
    assert _told(moment) == [
        '07:20  Amber\'s status page, as Downwind reads it: "Errors\N{REPLACEMENT CHARACTER}[2J".'
    ]
    assert _told(moment, lang="fr")[0].startswith("07:20  Chez Amber, la page d'état, lue par")


def test_the_crowd_is_counted_when_it_begins_and_ceases_to_fail() -> None:
    counts = [(25, 20), (25, 21), (25, 1), (10, 10)]
    assert _told(*(_crowd(ONSET + 600 * i, *c) for i, c in enumerate(counts))) == [
        "07:20  Of 25 attempts by users of Kite, 20 failed.",
        "07:40  Of 25 attempts by users of Kite, 1 failed.",
    ]
    assert _told(_crowd(ONSET, 25, 20), lang="fr") == [
        "07:20  Kite : sur 25 tentatives d'usagers, 20 en échec."
    ]


def test_the_first_talk_of_many_tells_where_whom_they_blame_and_which_place_is_mute() -> None:
    talk = {"owl": Talk(12, 0, {"basalt": 9, "amber": 3}), "kite": Talk(5, 5, {})}
    assert _told(_crowd(ONSET, 5, 0, **talk), _crowd(ONSET + 600, 5, 0, **talk)) == [
        "07:20  On Owl, 12 people talk about it. They blame Basalt 75%, Amber 25%. "
        "Kite is mute itself; attempts to go there that",
        "       failed: 5.",
    ]


def test_what_the_crowd_did_before_the_story_began_is_not_told() -> None:
    talk = {"owl": Talk(12, 0, {"basalt": 12})}
    assert _told(_crowd(START - 6000, 25, 20, **talk)) == []


@pytest.mark.parametrize("lang", ["en", "fr"])
def test_nothing_runs_over_a_narrow_terminal(lang: str) -> None:
    moments = [
        _moment("predicted", prediction=prediction()),
        _moment("round", states=dict.fromkeys(ALL_UP, DOWN)),
        _moment("verdict", attribution=VERDICT),
        _moment("status", status=spoke("amber", "We look into errors of a part of our customers")),
        _crowd(ONSET, 25, 20, owl=Talk(12, 0, {"basalt": 9, "amber": 3})),
    ]
    lines = _told(*moments, lang=lang, width=60)
    assert max(map(len, lines)) <= 60
    assert all(line.startswith(("07:20", "  ")) for line in lines[3:])


def test_colours_are_left_out_where_nobody_wants_them(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    down = _moment("round", states=dict.fromkeys(ALL_UP, DOWN))
    coloured = console(terminal=True)
    plain = console(terminal=True)
    plain.no_color = True
    for out in (coloured, plain):
        story = Story(out, words("en"), None, None)
        story.hear(_moment("opened", START))
        story.hear(down)
    assert "\x1b[1;31mdown: Kite, Owl\x1b[0m" in text(coloured)
    assert "31m" not in text(plain)

    monkeypatch.setenv("NO_COLOR", "1")
    story = Story(screen(), words("en"), None, None)
    story.hear(_moment("opened", START))
    story.hear(down)
    assert "\x1b" not in capsys.readouterr().out
