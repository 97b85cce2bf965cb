"""Shows a ledger of claims with the verdict on each: for people, and as an object."""

from collections.abc import Mapping, Sequence
from typing import Any

from rich.console import Console
from rich.padding import Padding
from rich.text import Text

from downwind.jobs.outcome import JudgedClaim
from downwind.questions.claims import Judgement
from downwind.questions.whatif import Link
from downwind.show.screen import plain
from downwind.show.words import Words

_STYLES = {"holds": "green", "broken": "bold red", "unknown": "yellow"}


def claim_form(judgement: Judgement) -> dict[str, Any]:
    """The JSON form of one judged claim, of JSON values only."""
    claim = judgement.claim
    return {
        "claim": claim.id,
        "who": claim.who,
        "when": claim.when,
        "said": dict(claim.said),
        "source": claim.source,
        "about": claim.about,
        "kind": claim.kind,
        "verdict": judgement.verdict,
        "reason": judgement.reason,
        "names": dict(judgement.names),
        "still_mute": judgement.still_mute,
        "chain": [{"node": link.node, "why": link.why} for link in judgement.chain],
    }


def said_line(say: Words, judgement: Judgement) -> Text:
    """A claim, who made it, and the bare verdict."""
    claim = judgement.claim
    line = Text(say.say("claim.said", said=plain(say.pick(claim.said))))
    line.append(f"  {plain(claim.who)}, {claim.when}: ", style="dim")
    return line.append(say.say(f"claim.{judgement.verdict}"), style=_STYLES[judgement.verdict])


def show_claims(
    out: Console, say: Words, claims: Sequence[JudgedClaim], titles: Mapping[str, str]
) -> None:
    """Print each claim with its three verdicts and why; `titles` are the services' names."""
    out.print(Text(say.say("claims"), style="bold"))
    for claim in claims:
        _show_claim(out, say, claim, titles)


def _show_claim(out: Console, say: Words, judged: JudgedClaim, titles: Mapping[str, str]) -> None:
    claim = judged.after.claim
    line = Text(say.say("claim.said", said=plain(say.pick(claim.said))))
    out.print(line.append(f"  {plain(claim.who)}, {claim.when}", style="dim"))
    before, telling = judged.before, _telling(judged)
    verdicts = Text("  ")
    for key, judgement in (("before", before), ("during", judged.during), ("after", judged.after)):
        verdicts.append(f"{say.say(f'claim.{key}')} ")
        verdicts.append(say.say(f"claim.{judgement.verdict}"), _STYLES[judgement.verdict])
        verdicts.append("  ")
    out.print(verdicts)
    _indented(out, say_reason(say, telling, titles), "")
    if before.reason != telling.reason and before.verdict == "unknown":
        why = say_reason(say, before, titles)
        _indented(out, f"{say.say('claim.before')} {why}", "dim")
    if judged.during.still_mute:
        mute = say.say("claim.still mute", service=_title(claim.about, titles))
        _indented(out, plain(mute), "bold")
    if telling.chain:
        _indented(out, _steps(telling.chain), "dim")


def _telling(judged: JudgedClaim) -> Judgement:
    """What was seen where it says something, else what is known now."""
    return judged.after if judged.during.verdict == "unknown" else judged.during


def _indented(out: Console, text: str, style: str) -> None:
    out.print(Padding(Text(text, style=style), (0, 0, 0, 2), expand=False))


def say_reason(say: Words, judgement: Judgement, titles: Mapping[str, str]) -> str:
    """Why the verdict was given, in the words' language."""
    names = {key: _title(value, titles) for key, value in judgement.names.items()}
    return plain(say.say(f"claim.{judgement.reason}", **names))


def _title(name: str, titles: Mapping[str, str]) -> str:
    """A service by its title; a capability keeps its id behind that of its service."""
    service, slash, rest = name.partition("/")
    return f"{titles[service]}{slash}{rest}" if service in titles else name


def _steps(chain: Sequence[Link]) -> str:
    return " > ".join(plain(link.label) for link in chain)
