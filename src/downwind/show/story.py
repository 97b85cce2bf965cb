"""Tells a replay as it runs, for a reader of a newspaper."""

from collections import Counter
from datetime import UTC, datetime

from rich.console import Console
from rich.text import Text

from downwind.jobs.stage import Moment
from downwind.model import say_duration
from downwind.questions.attribute import Attribution
from downwind.questions.whatif import WhatIf
from downwind.show.aftermath_view import say_shares
from downwind.show.claims_view import said_line
from downwind.show.naming import Naming
from downwind.show.screen import COLOURS, plain
from downwind.show.words import Words
from downwind.terms import State
from downwind.world.net.clock import OBSERVERS_FLOOR

_RANK = {State.UP: 0, State.DEGRADED: 1, State.DOWN: 2}


_CROWD = 20
"""Attempts below which a count says nothing."""
_TALK = 10


class Story:
    """The narrator: hears every moment of a replay, and prints those that a reader cares for."""

    def __init__(self, out: Console, say: Words, seed: int | None, speed: float | None) -> None:
        self._out = out
        self._say = say
        self._seed = seed
        self._speed = speed
        self._naming: Naming
        self._states: dict[str, State] = {}
        self._crowd_told: dict[str, bool] = {}
        self._talk_told = False

    def hear(self, moment: Moment) -> None:
        """Print what there is to tell of a moment."""
        teller = getattr(self, f"_tell_{moment.kind}")
        teller(moment)

    def _tell_opened(self, moment: Moment) -> None:
        scenario, say = moment.scenario, self._say
        self._naming = Naming.of(scenario, self._seed)
        self._states, self._crowd_told, self._talk_told = {}, {}, False
        title, about = say.pick(scenario.spec.title), say.pick(scenario.spec.about)
        day = datetime.fromtimestamp(scenario.start, UTC)
        speed = self._speed or scenario.spec.speed
        self._out.print(
            Text(self._naming.told(title), style="bold"), Text(f"{day:%Y-%m-%d}, UTC", style="dim")
        )
        self._out.print(Text(f"{say.say('emulation')}. {about}", style="italic"))
        smallest = say_duration(OBSERVERS_FLOOR * speed)
        self._out.print(say.say("scale", speed=speed, smallest=smallest))
        if self._seed is not None:
            fault = self._naming.scope(self._naming.fault)
            self._out.print(say.say("dealt", seed=self._seed, fault=fault))
        self._out.print()

    def _tell_started(self, _: Moment) -> None:
        world = self._naming.world
        self._out.print(
            self._say.say("started", providers=len(world.providers), services=len(world.services))
        )

    def _tell_mapped(self, moment: Moment) -> None:
        assert moment.mapped is not None
        walls = ", ".join(moment.mapped.walls) or self._say.say("walls.none")
        unknown = sum(type(r.finding).__name__ == "Unanswered" for _, r in moment.mapped.records)
        self._out.print(
            self._say.say("mapped", walls=walls, count=len(moment.mapped.records), unknown=unknown)
        )

    def _tell_predicted(self, moment: Moment) -> None:
        assert moment.prediction is not None
        answer = moment.prediction.declared
        fault = self._naming.scope(self._naming.fault)
        lasts = say_duration(answer.duration)
        head = self._say.say("foretold", fault=fault, lasts=lasts)
        down = self._of_state(answer, State.DOWN) or self._say.say("foretold.nobody")
        text = Text(f"{head} {down}")
        if degraded := self._of_state(answer, State.DEGRADED):
            text.append(f"; {self._say.say('foretold.degraded', names=degraded)}")
        self._out.print(text.append("."))

    def _tell_claims(self, moment: Moment) -> None:
        """What had been said by that day, and what could be known of it on the eve."""
        day = f"{datetime.fromtimestamp(moment.scenario.start, UTC):%Y-%m-%d}"
        said = [j for j in moment.claims if j.claim.when <= day]
        if said:
            self._out.print()
            self._out.print(Text(self._say.say("claims.eve"), style="bold"))
        for judgement in said:
            self._out.print(said_line(self._say, judgement))
        self._out.print()

    def _tell_told(self, moment: Moment) -> None:
        assert moment.event is not None
        if moment.event.tell:
            text = self._say.pick(moment.event.tell)
            self._line(moment.at, Text(self._naming.told(text)))

    def _tell_round(self, moment: Moment) -> None:
        before = self._states or dict.fromkeys(moment.states, State.UP)
        changed = {n: s for n, s in moment.states.items() if before.get(n) is not s}
        self._states = dict(moment.states)
        if not changed:
            return
        text = Text()
        for state, key in (
            (State.DOWN, "now down"),
            (State.DEGRADED, "now degraded"),
            (State.UP, "now up"),
        ):
            names = [name for name, s in changed.items() if s is state]
            if names:
                said = self._say.say(key, names=self._naming.grouped(names))
                text.append(("   " if text else "") + said, style=COLOURS[state])
        self._line(moment.at, text)

    def _tell_verdict(self, moment: Moment) -> None:
        verdict = moment.attribution
        assert verdict is not None
        said = self._say.say(
            f"verdict.{verdict.verdict}",
            who=self._who(verdict),
            confidence=self._say.percent(verdict.confidence),
        )
        for fell in verdict.consequences:
            said += " " + self._say.say("verdict.with", scope=self._naming.scope(fell.scope))
        self._line(moment.at, Text(said, style="bold"))

    def _tell_status(self, moment: Moment) -> None:
        assert moment.status is not None
        provider = self._naming.provider(moment.status.provider)
        said = self._say.say("status.read", provider=provider, title=moment.status.title)
        self._line(moment.at, Text(said, style="dim"))

    def _tell_crowd(self, moment: Moment) -> None:
        count = moment.crowd
        assert count is not None
        for service, (tried, failed) in count.by_service().items():
            failing = failed * 2 > tried
            if tried < _CROWD or failing == self._crowd_told.get(service, False):
                continue
            self._crowd_told[service] = failing
            name = self._naming.service(service)
            said = self._say.say("crowd", tried=tried, failed=failed, service=name)
            self._line(moment.at, Text(said, style="dim"))
        self._tell_talk(moment)

    def _tell_talk(self, moment: Moment) -> None:
        """The first hour in which many talk about it: where, and whom they blame."""
        assert moment.crowd is not None
        talk = moment.crowd.talk
        blamed: Counter[str] = Counter()
        for place in talk.values():
            blamed.update(place.blamed)
        if self._talk_told or blamed.total() < _TALK:
            return
        self._talk_told = True
        places = ", ".join(self._naming.service(name) for name, t in talk.items() if t.blamed)
        shares = say_shares(self._say, self._naming, blamed)
        said = self._say.say("talk", count=blamed.total(), places=places, blamed=shares)
        for name, place in talk.items():
            if place.tried and place.failed * 2 > place.tried:
                mute = self._naming.service(name)
                said += " " + self._say.say("talk.mute", place=mute, failed=place.failed)
        self._line(moment.at, Text(said, style="dim"))

    def _who(self, verdict: Attribution) -> str:
        if verdict.scope:
            return self._naming.scope(verdict.scope)
        return self._naming.service(verdict.suspect)

    def _line(self, at: float, text: Text) -> None:
        clock = Text(f"{datetime.fromtimestamp(at, UTC):%H:%M}  ", style="cyan")
        clean = Text(plain(text.plain), spans=text.spans, style=text.style)
        room = max(20, self._out.width - 7)
        for number, line in enumerate(clean.wrap(self._out, room)):
            head = clock if number == 0 else Text("       ")
            self._out.print(Text.assemble(head, line))

    def _of_state(self, answer: WhatIf, state: State) -> str:
        return self._naming.grouped([n for n, s in answer.worst.items() if s is state])
