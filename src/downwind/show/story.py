"""Tells a replay as it runs, for a reader of a newspaper."""

from collections import Counter
from collections.abc import Mapping
from datetime import UTC, datetime

from rich.console import Console
from rich.text import Text

from downwind.jobs.stage import Moment
from downwind.model import say_duration
from downwind.questions.attribute import Attribution
from downwind.show.aftermath_view import say_shares
from downwind.show.claims_view import said_line
from downwind.show.lines import print_lines
from downwind.show.naming import Naming
from downwind.show.screen import COLOURS
from downwind.show.words import Words
from downwind.terms import State
from downwind.world.net.clock import OBSERVERS_FLOOR

_RANK = {State.UP: 0, State.DEGRADED: 1, State.DOWN: 2}


_CROWD = 15
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
        head = Text.assemble((self._naming.told(title), "bold"), (f" {day:%Y-%m-%d}, UTC", "dim"))
        print_lines(self._out, head)
        print_lines(self._out, f"{say.say('emulation')}. {about}", "italic")
        smallest = say_duration(OBSERVERS_FLOOR * speed)
        print_lines(self._out, say.say("scale", speed=speed, smallest=smallest))
        if self._seed is not None:
            fault = self._naming.scope(self._naming.fault)
            print_lines(self._out, say.say("dealt", seed=self._seed, fault=fault))
        self._out.print()

    def _tell_slowed(self, moment: Moment) -> None:
        smallest = say_duration(OBSERVERS_FLOOR * moment.speed)
        print_lines(self._out, self._say.say("slowed", speed=moment.speed, smallest=smallest))

    def _tell_started(self, _: Moment) -> None:
        world = self._naming.world
        counts = {"providers": len(world.providers), "services": len(world.services)}
        print_lines(self._out, self._say.say("started", **counts))

    def _tell_mapped(self, moment: Moment) -> None:
        assert moment.mapped is not None
        walls = ", ".join(moment.mapped.walls) or self._say.say("walls.none")
        unknown = sum(type(r.finding).__name__ == "Unanswered" for _, r in moment.mapped.records)
        count = len(moment.mapped.records)
        print_lines(self._out, self._say.say("mapped", walls=walls, seen=count, unknown=unknown))

    def _tell_predicted(self, moment: Moment) -> None:
        assert moment.prediction is not None
        answer = moment.prediction.declared
        fault = self._naming.scope(self._naming.fault)
        lasts = say_duration(answer.duration)
        print_lines(self._out, self._say.say("foretold", fault=fault, lasts=lasts))
        fallen = {name: s for name, s in answer.worst.items() if s is not State.UP}
        told = self._by_state(fallen) if fallen else Text(self._say.say("foretold.nobody"))
        print_lines(self._out, told, head="  ")

    def _tell_claims(self, moment: Moment) -> None:
        """What had been said by that day, and what could be known of it on the eve."""
        day = f"{datetime.fromtimestamp(moment.scenario.start, UTC):%Y-%m-%d}"
        said = [j for j in moment.claims if j.claim.when <= day]
        if said:
            self._out.print()
            self._out.print(Text(self._say.say("claims.eve"), style="bold"))
        for judgement in said:
            print_lines(self._out, said_line(self._say, judgement))
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
        self._line(moment.at, self._by_state(changed))

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
        if moment.at < moment.scenario.start:
            return
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
        print_lines(self._out, text, head=f"{datetime.fromtimestamp(at, UTC):%H:%M}  ")

    def _by_state(self, states: Mapping[str, State]) -> Text:
        """Who is down, who is degraded, who is up: a line for each state that somebody is in."""
        lines = []
        for state in (State.DOWN, State.DEGRADED, State.UP):
            names = [name for name, found in states.items() if found is state]
            if names:
                told = self._naming.grouped(names)
                said = self._say.say(f"now {state}", count=len(names), names=told)
                lines.append(Text(said, style=COLOURS[state]))
        return Text("\n").join(lines)
