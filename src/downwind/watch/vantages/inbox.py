"""The hub's side: takes what vantages send, each record once, and believes none of it unseen.

A vantage sends its next batch only after the hub's receipt for the one before is safe on its own
disk. So what comes twice lies within its last batch, and the ids of the last few thousand records
of each vantage are enough to take every record once. A snapshot holds them; after a restart they
are read from it, and from the log after it.
"""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field

from downwind.evidence.records import from_payload, payload_id, to_payload
from downwind.terms import Absent, Evidence, LogDamaged, Seen, UsageError
from downwind.watch.vantages.batch import MOST_RECORDS, Head, Receipt, WrongVantage, unpack
from downwind.watch.vantages.form import form_fault

KINDS = frozenset({"probe.journey", "probe.http", "probe.dns", "probe.tls", "probe.tcp"})
REMEMBERED = 8 * MOST_RECORDS
"""Ids kept of each vantage."""
PART = "inbox"
"""Its name among the parts of a snapshot."""
_ID = 16
"""Characters of an id."""


@dataclass(frozen=True, slots=True)
class Bounds:
    """What a record may be. Times are seconds, sizes bytes."""

    oldest: float = 7 * 86400.0
    """A vantage that was cut off for longer has lost what it saw before."""
    ahead: float = 60.0
    """How far in the future a time may lie."""
    record: int = 256 * 1024
    name: int = 512


@dataclass(frozen=True, slots=True)
class Heard:
    """What the hub knows of a vantage."""

    vantage: str
    at: float
    """When it was last heard, by the hub's clock."""
    head: Head
    skew: float
    """The hub's clock minus the vantage's, as the hub sees it; a late batch makes it larger."""
    accepted: int = 0
    duplicates: int = 0
    refused: int = 0
    reason: str = ""
    """Why the last refused record was refused."""


@dataclass(frozen=True, slots=True)
class Delivery:
    """A batch that was read: what is to be logged, and what to answer once it is."""

    head: Head
    records: tuple[Evidence, ...]
    ids: tuple[str, ...]
    receipt: Receipt


@dataclass(slots=True)
class Inbox:
    """Takes batches; `now` is the hub's clock. `receive` may be called from several threads."""

    now: Callable[[], float]
    bounds: Bounds = Bounds()
    ordered: Callable[[str, str], bool] | None = None
    """Whether a vantage (first) was told to probe a target (second); None: any target."""
    _recent: dict[str, dict[str, None]] = field(default_factory=dict)
    _heard: dict[str, Heard] = field(default_factory=dict)
    _guard: threading.Lock = field(default_factory=threading.Lock)
    _turns: dict[str, asyncio.Lock] = field(default_factory=dict)
    _under_way: set[asyncio.Task[Delivery]] = field(default_factory=set)

    def remember(self, vantage: str, evidence_id: str) -> None:
        """A record that the log holds already."""
        self._keep(vantage, evidence_id)

    def to_bytes(self) -> bytes:
        """The ids that it knows, as a part of a snapshot."""
        known = {name: "".join(recent) for name, recent in self._recent.items()}
        return json.dumps(known, separators=(",", ":")).encode("ascii")

    def of_bytes(self, data: bytes) -> None:
        """Know the ids of a snapshot's part; raises ValueError where it holds none."""
        known = json.loads(data)
        if not isinstance(known, dict) or not all(isinstance(v, str) for v in known.values()):
            raise ValueError("the inbox of the vantages is not understood")
        for name, ids in known.items():
            for at in range(0, len(ids), _ID):
                self._keep(name, ids[at : at + _ID])

    def receive(
        self, vantage: str, body: bytes, keep: Callable[[Sequence[Evidence]], object]
    ) -> Receipt:
        """Take the batch of the vantage that this token belongs to, and say what became of it.

        `keep` logs the records and syncs; when it raises, nothing was taken and the vantage will
        send all of it again. Raises BatchRefused for a batch that cannot be read.
        """
        with self._guard:
            delivery = self.take(vantage, body)
            if delivery.records:
                keep(delivery.records)
            self.settle(delivery)
        return delivery.receipt

    async def accept(
        self, vantage: str, body: bytes, keep: Callable[[Sequence[Evidence]], Awaitable[object]]
    ) -> Delivery:
        """The same on an event loop, one batch of a vantage after the other.

        A batch that was begun is finished, also when whoever sent it has gone. Not to be mixed
        with `receive`.
        """
        task = asyncio.create_task(self._accept(vantage, body, keep))
        self._under_way.add(task)
        task.add_done_callback(self._under_way.discard)
        return await asyncio.shield(task)

    async def _accept(
        self, vantage: str, body: bytes, keep: Callable[[Sequence[Evidence]], Awaitable[object]]
    ) -> Delivery:
        async with self._turns.setdefault(vantage, asyncio.Lock()):
            delivery = await asyncio.to_thread(self.take, vantage, body)
            if delivery.records:
                await keep(delivery.records)
            self.settle(delivery)
        return delivery

    def take(self, vantage: str, body: bytes) -> Delivery:
        """Read and check a batch; it counts once it is settled.

        Between the two no other batch of the same vantage may be taken.
        """
        head, lines = unpack(body)
        if head.vantage != vantage:
            raise WrongVantage(
                f"This token is that of {vantage!a:.80}, and the batch is from"
                f" {head.vantage!a:.80}.",
                todo="Give each vantage a token of its own.",
            )
        now = self.now()
        records: dict[str, Evidence] = {}
        refused: list[tuple[int, str]] = []
        duplicates = 0
        for number, line in enumerate(lines, 1):
            try:
                evidence = self._checked(line, vantage, now)
            except (LogDamaged, UsageError) as error:
                refused.append((number, error.what[:300]))
                continue
            evidence_id = payload_id(to_payload(evidence))
            if evidence_id in records or evidence_id in self._recent.get(vantage, ()):
                duplicates += 1
            else:
                records[evidence_id] = evidence
        receipt = Receipt(len(records), duplicates, tuple(refused), now)
        return Delivery(head, tuple(records.values()), tuple(records), receipt)

    def settle(self, delivery: Delivery) -> None:
        """The records of the delivery are on disk."""
        head, receipt = delivery.head, delivery.receipt
        for evidence_id in delivery.ids:
            self._keep(head.vantage, evidence_id)
        before = self._heard.get(head.vantage)
        self._heard[head.vantage] = Heard(
            vantage=head.vantage,
            at=receipt.at,
            head=head,
            skew=receipt.at - head.sent_at,
            accepted=receipt.accepted + (before.accepted if before else 0),
            duplicates=receipt.duplicates + (before.duplicates if before else 0),
            refused=len(receipt.refused) + (before.refused if before else 0),
            reason=receipt.refused[-1][1] if receipt.refused else (before.reason if before else ""),
        )

    def heard(self) -> tuple[Heard, ...]:
        """All vantages that were heard since the start, by name."""
        return tuple(self._heard[name] for name in sorted(self._heard))

    def _keep(self, vantage: str, evidence_id: str) -> None:
        recent = self._recent.setdefault(vantage, {})
        recent[evidence_id] = None
        while len(recent) > REMEMBERED:
            del recent[next(iter(recent))]

    def _checked(self, line: bytes, vantage: str, now: float) -> Evidence:
        """The record in this line; raises LogDamaged or UsageError with the reason."""
        if len(line) > self.bounds.record:
            raise UsageError(f"A record may take {self.bounds.record} bytes.")
        evidence = from_payload(line)
        if evidence.vantage != vantage:
            raise UsageError(f"It is in the name of {evidence.vantage!a:.80}.")
        if evidence.kind not in KINDS:
            raise UsageError(f"A vantage does not speak of {evidence.kind!a:.80}.")
        if not 0 < len(evidence.subject) <= self.bounds.name:
            raise UsageError(f"The subject has not 1 to {self.bounds.name} characters.")
        if evidence.at > now + self.bounds.ahead:
            raise UsageError(f"Its time is {evidence.at - now:.0f} s ahead.")
        if evidence.at < now - self.bounds.oldest:
            raise UsageError(f"Its time is {now - evidence.at:.0f} s ago.")
        if self.ordered is not None and not self.ordered(vantage, evidence.subject):
            raise UsageError(f"It was not asked to probe {evidence.subject!a:.80}.")
        if isinstance(evidence.finding, Absent):
            raise UsageError("A probe is never absent.")
        if isinstance(evidence.finding, Seen) and (fault := form_fault(evidence.finding.value)):
            raise UsageError(f"It has not the form of a probe: {fault}.")
        return evidence
