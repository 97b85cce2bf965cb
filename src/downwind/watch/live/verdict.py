"""From what is seen to who is at fault, and from there to what the incidents are told."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from downwind.graph import Graph
from downwind.questions.attribution.ask import attribute_all
from downwind.questions.attribution.prior import Change as OwnChange
from downwind.questions.attribution.prior import OwnRates
from downwind.questions.attribution.prior import Post as Said
from downwind.questions.attribution.search import Budget
from downwind.questions.attribution.verdict import Answer, Attribution
from downwind.terms import Scope, State
from downwind.watch.feeds import FeedBoard, Post
from downwind.watch.incidents import Change, Observed, StatusPage
from downwind.watch.live.one_word import on_one_word, targets_of
from downwind.watch.live.state import LASTS, Live, View
from downwind.watch.live.unheard import is_premature
from downwind.watch.selfcheck import independence

MOST_SECONDS = 1.0
"""Real seconds after which the search for causes gives the best it has."""
_NEVER_UP = 100.0
"""Rounds of failure that a service which was never seen up is taken to have behind it."""
_LEVELS = {"none": "minor", "minor": "minor", "partial": "major", "major": "critical"}


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked, as it stood when it was asked: the answer may take a while."""

    live: Live
    view: View
    posts: tuple[Said, ...]
    changes: tuple[OwnChange, ...]
    rates: OwnRates

    def answer(self, seconds: float = MOST_SECONDS) -> Answer:
        """Weigh it all, for so many real seconds at most; pure, and fit for another thread."""
        setting = self.live.setting
        return attribute_all(
            setting.suspects,
            self.view.testimony,
            places=setting.places(),
            rates=self.rates,
            posts=self.posts,
            changes=self.changes,
            budget=Budget.of(seconds),
        )


def ask(live: Live, view: View) -> Question | None:
    """Who is at fault; None where nothing fails, or nothing can be seen."""
    ratio = view.testimony.log_down - view.testimony.log_up
    if view.blind or not (ratio > 0).any():
        return None
    return question_of(live, view)


def question_of(live: Live, view: View) -> Question:
    """The question of what the view's testimony tells."""
    within = live.setting.settings.own_changes_within
    changes = tuple(
        OwnChange(change.service, max(0.0, view.at - change.at))
        for change in live.changes
        if view.at - change.at <= within
    )
    posts = tuple(map(_said, live.board.posts(view.at)))
    return Question(live, view, posts, changes, _rates(live))


def _rates(live: Live) -> OwnRates:
    """How often each service fails by itself. One that was never seen up may never have been."""
    failed = dict(live.rates.failed)
    for each in live.setting.watched:
        if each.capability and not live.latest[each.target.name].seconds:
            failed[each.capability.rpartition("/")[0]] = _NEVER_UP
    return replace(live.rates, failed=failed)


def observe(live: Live, view: View, answer: Answer | None, *, regular: bool) -> Observed:
    """What the incidents are told of this moment."""
    said = answer.attributions if answer else ()
    faults = _ripe(live, said, view.at)
    states = {key: state for key, state in live.states().items() if state is not None}
    of = {each.target.name: each.capability for each in live.setting.watched}
    since: dict[str, float] = {}
    layers: dict[str, str] = {}
    for name, latest in live.latest.items():
        capability = of.get(name, "")
        if not capability or latest.failing_since is None:
            continue
        since[capability] = min(latest.failing_since, since.get(capability, latest.failing_since))
        layers.setdefault(capability, latest.layer)
    scopes = [fault.scope for fault in faults if fault.scope is not None]
    return Observed(
        at=view.at,
        faults=[for_readers(live, fault) for fault in faults],
        states=states,
        watched=len(set(of.values()) - {""}),
        since=since,
        layers={key: layer for key, layer in layers.items() if layer},
        saved={str(scope): saved_by(live, scope, states) for scope in scopes},
        pages={scope.provider: page_of(live.board, scope, view.at) for scope in scopes},
        changes=own_changes(live, view.at),
        dependent=dependent_on(live.setting.graph, scopes),
        regular=regular,
        blind=view.blind or (answer is not None and answer.cut_short and not said),
    )


def _ripe(live: Live, said: Sequence[Attribution], now: float) -> tuple[Attribution, ...]:
    """Those that need not wait for what other vantages will say."""
    targets = targets_of(live) if said else {}
    return tuple(
        fault
        for fault in said
        if not is_premature(live, fault, now) and not on_one_word(live, fault, now, targets)
    )


def saved_by(live: Live, scope: Scope, states: Mapping[str, State]) -> tuple[str, ...]:
    """Capabilities that stand by an alternative of what leads to the scope.

    Who leads to it by a soft need alone is not saved: it lost nothing that it cannot do without.
    """
    name = str(scope)
    suspects = live.setting.suspects
    if name not in suspects.number:
        return ()
    falls = suspects.blamed_by(name)
    return tuple(
        key
        for key, state in states.items()
        if state is State.UP and key not in falls and name in live.stood_on(key)
    )


def page_of(board: FeedBoard, scope: Scope, now: float) -> StatusPage:
    """What the provider's own page says; unknown is not green."""
    posts = [p for p in board.posts(now) if p.provider == scope.provider and p.speaks]
    if posts:
        first = min(posts, key=lambda post: post.posted_at)
        return StatusPage(scope.provider, "posted", first.posted_at, first.title, first.url)
    green = board.green(scope.provider, now)
    return StatusPage(scope.provider, "green" if green else "unknown")


def for_readers(live: Live, fault: Attribution) -> Attribution:
    """The verdict with what a reader can use: probes that can be made, and other causes."""
    watched = {each.node for each in live.setting.watched if each.node}
    mine = {str(fault.scope), fault.suspect}
    return replace(
        fault,
        separating=tuple(each for each in fault.separating if each.node in watched),
        same=tuple(each for each in fault.same if each not in mine and ":" not in each),
    )


def _said(post: Post) -> Said:
    level = "maintenance" if post.kind == "maintenance" else _LEVELS.get(post.severity, "minor")
    return Said(post.scope, level)


def own_changes(live: Live, now: float) -> tuple[Change, ...]:
    """One's own changes of late."""
    within = live.setting.settings.own_changes_within
    return tuple(
        Change(each.at, each.service, each.title, each.by)
        for each in live.changes
        if now - each.at <= 2 * within
    )


def dependent_on(graph: Graph, scopes: Sequence[Scope]) -> dict[str, str]:
    """Scope as text -> why the watcher itself stands on it."""
    found = {}
    for scope in scopes:
        if str(scope) in graph.nodes:
            told = independence(graph, str(scope), LASTS)
            if not told.independent:
                found[str(scope)] = told.why
    return found
