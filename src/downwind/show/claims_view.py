"""Shows a ledger of claims with the verdict on each: for people, and as an object."""

from collections.abc import Callable, Sequence
from typing import Any

from rich.console import Console
from rich.text import Text

from downwind.jobs.outcome import JudgedClaim
from downwind.questions.claims import Judgement
from downwind.questions.whatif import Link
from downwind.show.lines import print_lines
from downwind.show.screen import plain
from downwind.show.words import Words

_STYLES = {"holds": "green", "broken": "bold red", "unknown": "yellow"}
_NAMES = frozenset({"service", "other", "capability", "of", "at"})
_MARGIN = "  "

Called = Callable[[str], str]


def claim_form(judgement: Judgement) -> dict[str, Any]:
    """The JSON form of one judged claim, of JSON values only."""
    claim = judgement.claim
    return {
        "claim": claim.id,
        "who": dict(claim.who),
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
    return (
        _quoted(say, judgement)
        .append("  ")
        .append(say.say(f"claim.{judgement.verdict}"), style=_STYLES[judgement.verdict])
    )


def show_claims(out: Console, say: Words, claims: Sequence[JudgedClaim], called: Called) -> None:
    """Print each claim with its three verdicts and why; `called` says what people call a name."""
    out.print(Text(say.say("claims"), style="bold"))
    for claim in claims:
        _show_claim(out, say, claim, called)


def _show_claim(out: Console, say: Words, judged: JudgedClaim, called: Called) -> None:
    before, telling = judged.before, _telling(judged)
    print_lines(out, _quoted(say, telling))
    verdicts = Text()
    for key, judgement in (("before", before), ("during", judged.during), ("after", judged.after)):
        verdicts.append(f"{'  ' if verdicts else ''}{say.say(f'claim.{key}')}\N{NO-BREAK SPACE}")
        verdicts.append(say.say(f"claim.{judgement.verdict}"), _STYLES[judgement.verdict])
    print_lines(out, verdicts, head=_MARGIN)
    print_lines(out, say_reason(say, telling, called), head=_MARGIN)
    if before.reason != telling.reason and before.verdict == "unknown":
        why = say_reason(say, before, called)
        print_lines(out, f"{say.say('claim.before')} {why}", "dim", head=_MARGIN)
    if judged.during.still_mute:
        mute = say.say("claim.still mute", service=called(telling.claim.about))
        print_lines(out, mute, "bold", head=_MARGIN)
    if telling.chain:
        print_lines(out, _steps(telling.chain, called), "dim", head=_MARGIN)


def _quoted(say: Words, judgement: Judgement) -> Text:
    claim = judgement.claim
    line = Text(plain(say.say("claim.said", said=say.pick(claim.said))))
    return line.append(f"  {plain(say.pick(claim.who))}, {claim.when}", style="dim")


def _telling(judged: JudgedClaim) -> Judgement:
    """What was seen where it says something, else what is known now."""
    return judged.after if judged.during.verdict == "unknown" else judged.during


def say_reason(say: Words, judgement: Judgement, called: Called) -> str:
    """Why the verdict was given, in the words' language."""
    names = dict(judgement.names)
    key = f"claim.{judgement.reason}"
    if judgement.reason == "reaches" and names["at"] == names["of"]:
        key = "claim.reaches.itself"
    told = {name: called(value) for name, value in names.items() if name in _NAMES}
    if "role" in names:
        told["role"] = say.role(names["role"])
    return plain(say.say(key, **(names | told)))


def _steps(chain: Sequence[Link], called: Called) -> str:
    """The nodes of a chain; what people have no name for keeps its label."""
    names = ((called(link.node), link) for link in chain)
    return " > ".join(link.label if name == link.node else name for name, link in names)
