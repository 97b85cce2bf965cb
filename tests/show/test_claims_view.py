"""A ledger of claims on the screen: three verdicts, why, and that it is mute all the same."""

import json

from downwind.jobs.outcome import JudgedClaim
from downwind.model import Claim
from downwind.questions.claims import Judgement
from downwind.questions.whatif import Link
from downwind.show.claims_view import claim_form, said_line, show_claims
from downwind.show.naming import Naming
from downwind.show.words import words
from tests.show.island import SCENARIO, console, text

CLAIM = Claim(
    id="no-servers",
    who={"en": "the owner of Kite", "fr": "le propriétaire de Kite"},
    when="2026-02",
    said={"en": "not through his servers", "fr": "pas par ses serveurs"},
    source="the paper",
    about="kite.test",
    kind="data-path",
    of="basalt",
)
NAMES = {"service": "kite.test", "of": "basalt"}
APART = Judgement(CLAIM, "holds", "apart", NAMES)
MUTE = Judgement(CLAIM, "holds", "apart", NAMES, still_mute=True)
DARK = Judgement(CLAIM, "unknown", "undeclared", {**NAMES, "capability": "kite.test/read"})
BROKEN = Judgement(
    CLAIM,
    "broken",
    "reaches",
    {**NAMES, "at": "basalt/rooms/north"},
    (Link("kite.test/read", "read", "its journey"), Link("kite-hall", "the hall", ""),
     Link("basalt/rooms/north", "rooms", "")),
)  # fmt: skip


def _shown(judged: JudgedClaim, lang: str = "en", width: int = 120) -> list[str]:
    out = console(width)
    show_claims(out, words(lang), [judged], Naming.of(SCENARIO, None).called)
    return text(out).replace("\N{NO-BREAK SPACE}", " ").splitlines()


def test_a_claim_that_holds_may_leave_its_service_mute_all_the_same() -> None:
    assert _shown(JudgedClaim(APART, MUTE, APART)) == [
        "Claims, judged again",
        "“not through his servers”  the owner of Kite, 2026-02",
        "  before: holds  during: holds  after: holds",
        "  nothing that counts for Kite leads to Basalt",
        "  and mute all the same: everything that Kite does was down",
    ]
    assert not any("mute" in line for line in _shown(JudgedClaim(APART, APART, APART)))


def test_a_broken_claim_is_shown_with_the_chain_that_breaks_it_by_peoples_names() -> None:
    assert _shown(JudgedClaim(BROKEN, BROKEN, BROKEN))[3:] == [
        "  Kite leads to Basalt, Rooms (north), and so to Basalt",
        "  Kite: read the feed > the hall > Basalt, Rooms (north)",
    ]
    whole = Judgement(CLAIM, "broken", "reaches", {**NAMES, "at": "basalt"})
    assert _shown(JudgedClaim(whole, whole, whole))[3] == "  Kite leads to Basalt"


def test_what_was_seen_tells_why_unless_it_says_nothing() -> None:
    lines = _shown(JudgedClaim(DARK, DARK, BROKEN))
    assert lines[2] == "  before: unknown  during: unknown  after: broken"
    assert lines[3].startswith("  Kite leads to Basalt, Rooms (north)")
    assert lines[4] == (
        "  before: what “Kite: read the feed” stands on, behind what can be seen, is not declared"
    )
    assert _shown(JudgedClaim(BROKEN, APART, BROKEN))[3].endswith("leads to Basalt")


def test_french_tells_who_said_it_in_french_and_fits_a_narrow_terminal() -> None:
    assert _shown(JudgedClaim(DARK, APART, BROKEN), "fr", 44) == [
        "Les affirmations, jugées à nouveau",
        "« pas par ses serveurs »  le propriétaire de",
        "Kite, 2026-02",
        "  avant : inconnu  pendant : vrai",
        "  après : faux",
        "  rien de ce qui compte pour Kite ne mène à",
        "  Basalt",
        "  avant : ce sur quoi repose « Kite: read",
        "  the feed », derrière ce qui se voit, n'est",
        "  pas déclaré",
    ]


def test_a_role_is_called_by_its_word_and_an_unknown_role_by_itself() -> None:
    few = {"role": "cloud", "count": "1", "most": "3", "providers": "Basalt"}
    scarce = Judgement(CLAIM, "holds", "few", few)
    assert _shown(JudgedClaim(scarce, scarce, scarce))[3] == (
        "  cloud computing: 1 at large scale, and the claim allows 3 (Basalt)"
    )
    odd = Judgement(CLAIM, "unknown", "no-choices", {**few, "role": "kites"})
    assert _shown(JudgedClaim(odd, odd, odd), "fr")[3] == (
        "  kites : on ne sait pas qui en offre à grande échelle"
    )


def test_on_the_eve_a_claim_has_its_bare_verdict_beside_it() -> None:
    assert said_line(words("en"), APART).plain == (
        "“not through his servers”  the owner of Kite, 2026-02  holds"
    )


def test_programs_get_the_claim_with_its_verdict_reason_and_chain() -> None:
    form = json.loads(json.dumps(claim_form(BROKEN)))
    assert (form["claim"], form["verdict"], form["reason"]) == ("no-servers", "broken", "reaches")
    assert form["who"] == {"en": "the owner of Kite", "fr": "le propriétaire de Kite"}
    assert form["chain"][0] == {"node": "kite.test/read", "why": "its journey"}


def test_what_was_quoted_cannot_move_the_cursor() -> None:
    evil = CLAIM.model_copy(update={"who": {"en": "evil\x1b[2J"}, "said": {"en": "\x1b[2J"}})
    judged = Judgement(evil, "holds", "apart", {**NAMES, "of": "\x1b[2J"})
    assert "\x1b" not in "".join(_shown(JudgedClaim(judged, judged, judged)))
