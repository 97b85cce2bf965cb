"""What an agent sends twice is logged once, whenever the hub is killed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

from hypothesis import given, settings
from hypothesis import strategies as st

from downwind.evidence.records import evidence_id, to_payload
from downwind.jobs.watching.remembering import remember
from downwind.terms import Evidence
from downwind.watch.history import WatchStore
from downwind.watch.history.position import START, read_since
from downwind.watch.vantages import Inbox
from downwind.watch.vantages.batch import Head, pack
from downwind.watch.vantages.inbox import PART
from tests.watch.vantages.probes import probed

NOW = 1_000_000.0
DAYS_OLD = 6 * 86_400.0


class Killed(Exception):
    """The hub is no more."""


class Hub:
    """A hub's store and inbox, which may be killed and started again."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.begin()

    def begin(self) -> None:
        self.store = WatchStore(self.folder, lambda: NOW)
        self.inbox = Inbox(lambda: NOW)
        remember(self.store, self.inbox, "here")

    def take(self, vantage: str, records: Sequence[Evidence], *, killed: str) -> None:
        """A batch; it is killed before or after it is on disk, or not at all."""

        def keep(kept: Sequence[Evidence]) -> None:
            if killed == "before":
                raise Killed
            self.store.keep([probed("own", NOW, vantage="here"), *kept])
            if killed == "after":
                raise Killed

        body = pack(Head(vantage, NOW), [to_payload(each) for each in records])
        self.inbox.receive(vantage, body, keep)

    def snapshot(self) -> None:
        place = self.store.place()
        assert place is not None
        self.store.snapshot({PART: self.inbox.to_bytes()}, place)

    def logged(self) -> list[str]:
        records = (record for _, record in read_since(self.store.log_directory, START))
        return [evidence_id(each) for each in records if each.vantage != "here"]


_BATCH = st.tuples(
    st.just("batch"), st.sampled_from(["paris", "oslo"]), st.sampled_from(["", "before", "after"])
)
_ACTS = st.lists(st.one_of(_BATCH, st.just(("snapshot", "", "")), st.just(("again", "", ""))))


@settings(max_examples=60, deadline=None)
@given(acts=_ACTS, fresh=st.booleans(), late=st.booleans())
def test_what_is_sent_until_it_is_acknowledged_is_logged_once_through_kills(
    acts: list[tuple[str, str, str]], fresh: bool, late: bool
) -> None:
    """Old or fresh, sent again to the same hub, or to one that was started from a snapshot."""
    sent: list[str] = []
    with TemporaryDirectory() as folder:
        hub = Hub(Path(folder))
        for number, (act, vantage, killed) in enumerate(acts):
            if act == "snapshot":
                hub.snapshot()
            elif act == "again":
                hub.store.close()
                hub.begin()
            else:
                at = NOW - number - (0.0 if fresh else DAYS_OLD)
                batch = [probed(str(n), at, vantage=vantage) for n in range(3)]
                sent += map(evidence_id, batch)
                try:
                    hub.take(vantage, batch, killed=killed)
                except Killed:
                    hub.store.close()
                    hub.begin()
                if late:
                    hub.snapshot()
                    hub.store.close()
                    hub.begin()
                # Without a receipt, or with one that was lost, it comes again.
                hub.take(vantage, batch, killed="")
        assert Counter(hub.logged()) == Counter(sent)
        hub.store.close()
