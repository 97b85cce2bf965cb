"""A ledger of claims on the screen: the verdict, why, and that it is mute all the same."""

import json
from types import MappingProxyType

import pytest

from downwind.model import Claim
from downwind.questions.claims import Judgement
from downwind.questions.whatif import Link
from downwind.show.claims_view import claim_form, show_claims
from downwind.show.screen import screen
from downwind.show.words import Words

CLAIM = Claim(
    id="no-servers", who="an owner\x1b[2J", when="2025-11", said={"en": "not through his servers"},
    source="the paper", about="chat.test", kind="data-path", of="aws",
)  # fmt: skip
NAMES = {"service": "chat.test", "of": "aws"}
SAY = Words(
    "en",
    MappingProxyType(
        {
            "claims": "Claims",
            "claim.said": "“{said}”",
            "claim.holds": "holds: {why}",
            "claim.broken": "broken: {why}",
            "claim.apart": "{service} does without {of}",
            "claim.reaches": "{service} leads to {at}",
            "claim.still mute": "and mute all the same: {service}",
        }
    ),
)


def _show(capsys: pytest.CaptureFixture[str], judgement: Judgement) -> str:
    show_claims(screen(), SAY, [judgement], {"chat.test": "Chat"})
    return capsys.readouterr().out


def test_a_claim_that_holds_may_leave_its_service_mute_all_the_same(
    capsys: pytest.CaptureFixture[str],
) -> None:
    text = _show(capsys, Judgement(CLAIM, "holds", "apart", NAMES, still_mute=True))
    assert "“not through his servers”" in text
    assert "holds: Chat does without aws" in text
    assert "mute all the same: Chat" in text
    assert "mute" not in _show(capsys, Judgement(CLAIM, "holds", "apart", NAMES))


def test_a_broken_claim_is_shown_with_the_chain_that_breaks_it(
    capsys: pytest.CaptureFixture[str],
) -> None:
    chain = (Link("chat.test/send", "send", "its journey"), Link("aws/ec2", "aws/ec2", ""))
    broken = Judgement(CLAIM, "broken", "reaches", {**NAMES, "at": "aws/ec2"}, chain)
    text = _show(capsys, broken)
    assert "broken: Chat leads to aws/ec2" in text
    assert "send > aws/ec2" in text
    form = json.loads(json.dumps(claim_form(broken)))
    assert (form["claim"], form["verdict"], form["reason"]) == ("no-servers", "broken", "reaches")
    assert form["chain"][0] == {"node": "chat.test/send", "why": "its journey"}


def test_what_was_quoted_cannot_move_the_cursor(capsys: pytest.CaptureFixture[str]) -> None:
    assert "\x1b[2J" not in _show(capsys, Judgement(CLAIM, "holds", "apart", NAMES))
