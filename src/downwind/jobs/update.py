"""Fetches the prefix lists that providers publish, and keeps those that can be believed."""

import asyncio
import gzip
import io
import re
import zlib
from collections.abc import Callable, Collection, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

from downwind.catalog.published import (
    SOURCES,
    Kept,
    NotItsFormat,
    Size,
    Source,
    kept_lists,
    list_form,
    packaged_size,
    read_rows,
    refusal,
    save_list,
    size_of,
)
from downwind.catalog.read import package_parts
from downwind.catalog.schema import ProviderFile
from downwind.observe import LayerFailed, Network, Session
from downwind.observe.http import follow

_PAGE_MOST = 4_000_000
_PATIENCE = 120.0
"""Seconds for one list: the largest has some 4 MB."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of one list."""

    list: str
    provider: str
    state: str
    """updated, unchanged, refused, unreachable or absent (from a folder or mirror without it)."""
    reason: str = ""
    where: str = ""
    rows: int | None = None
    regions: int | None = None
    confirmed: date | None = None
    """The day of the list that is now in use, be it the fresh one or the old one."""

    def to_json(self) -> dict[str, Any]:
        """The same as JSON values."""
        day = self.confirmed.isoformat() if self.confirmed else None
        return asdict(self) | {"confirmed": day}


@dataclass(frozen=True, slots=True)
class _Fetched:
    texts: tuple[bytes, ...]
    where: str
    day: date
    """The day on which the provider said so, or not after which somebody else kept it."""
    official: bool = False


@dataclass(frozen=True, slots=True)
class _Measure:
    """What a fresh list is held to."""

    before: Size | None
    today: date
    meant: bool
    """True where somebody has looked at its change of size."""


class _Absent(Exception):
    """The folder or mirror does not have it."""


class _Unreachable(Exception):
    """It could not be fetched whole; says why."""


async def update_lists(
    network: Network,
    folder: Path,
    *,
    origin: str | None = None,
    only: Collection[str] = (),
    accept: Collection[str] = (),
    heard: Callable[[str], None] = lambda _: None,
) -> list[Outcome]:
    """Fetch every list, or `only` some, from its provider or a folder or mirror (`origin`).

    A list that cannot be believed is refused and the old one kept, unless `accept` names it; what
    is not its format is refused even then. Raises OSError where nothing can be written.
    """
    known = {kept.source.id: kept for kept in kept_lists(folder)}
    parts = package_parts()
    today = datetime.fromtimestamp(network.clock.now(), UTC).date()
    patient = replace(network, timeouts=replace(network.timeouts, request=_PATIENCE))

    async def one(source: Source) -> Outcome:
        heard(source.name)
        kept = known.get(source.id)
        try:
            fetched = await _fetch(source, patient, origin, today)
        except (_Absent, _Unreachable) as failed:
            state = "absent" if isinstance(failed, _Absent) else "unreachable"
            return _kept_as(source, kept, state, str(failed))
        before = kept.size if kept else packaged_size(parts, source)
        measure = _Measure(before, today, meant=source.id in accept)
        return _judge(source, kept, fetched, measure, folder)

    return list(
        await asyncio.gather(*(one(source) for source in SOURCES if not only or source.id in only))
    )


def lists_in_use(folder: Path | None) -> list[Outcome]:
    """What is kept, without asking anybody."""
    known = {kept.source.id: kept for kept in kept_lists(folder)}
    return [
        _kept_as(source, known.get(source.id), "kept" if source.id in known else "packaged", "")
        for source in SOURCES
    ]


def _kept_as(source: Source, kept: Kept | None, state: str, reason: str) -> Outcome:
    return Outcome(
        source.id,
        source.provider,
        state,
        reason,
        rows=kept.size.rows if kept else None,
        regions=len(kept.form.regions) if kept else None,
        confirmed=kept.confirmed if kept else None,
    )


def _judge(
    source: Source, kept: Kept | None, fetched: _Fetched, measure: _Measure, folder: Path
) -> Outcome:
    try:
        listed = read_rows(source.format, fetched.texts)
    except NotItsFormat as wrong:
        return replace(_kept_as(source, kept, "refused", str(wrong)), where=fetched.where)
    size = size_of((row.block for row in listed.rows), len(listed.rows))
    if reason := refusal(size, measure.before, accepted=measure.meant):
        return replace(_kept_as(source, kept, "refused", reason), where=fetched.where)
    carried = listed.published or fetched.day
    confirmed = fetched.day if fetched.official else min(carried, measure.today)
    if kept is not None and kept.confirmed and kept.confirmed > confirmed and not measure.meant:
        reason = f"it is of {confirmed}, and the one in use of {kept.confirmed}"
        return replace(_kept_as(source, kept, "refused", reason), where=fetched.where)
    form = list_form(source, listed.rows, confirmed)
    save_list(folder, source, form, size)
    return Outcome(
        source.id,
        source.provider,
        "unchanged" if kept and _tables(kept.form) == _tables(form) else "updated",
        where=fetched.where,
        rows=size.rows,
        regions=len(form.regions),
        confirmed=confirmed,
    )


def _tables(form: ProviderFile) -> dict[str | None, str]:
    return {table.product: table.table for table in form.prefixes}


async def _fetch(source: Source, network: Network, origin: str | None, today: date) -> _Fetched:
    if origin is None:
        return await _from_provider(source, network, today)
    if origin.startswith(("http://", "https://")):
        return await _from_mirror(source, network, origin.rstrip("/"), today)
    return _from_folder(source, Path(origin))


async def _from_provider(source: Source, network: Network, today: date) -> _Fetched:
    async with Session(network) as session:
        urls = source.urls
        if source.link:
            page = await _get(session, urls[0], _PAGE_MOST)
            found = re.search(source.link, (page or b"").decode("utf-8", "replace"))
            if found is None:
                raise _Unreachable(f"there is no link to the list on {urls[0]}")
            urls = (found[0],)
        texts = [await _get(session, url, source.most_bytes) for url in urls]
    whole = tuple(text for text in texts if text is not None)
    if len(whole) < len(urls):
        raise _Unreachable("the provider answers that there is none")
    return _Fetched(whole, urls[0], today, official=True)


async def _from_mirror(source: Source, network: Network, base: str, today: date) -> _Fetched:
    async def first(names: Sequence[str]) -> bytes:
        async with Session(network) as session:
            for name in _with_gz(names):
                text = await _get(session, f"{base}/{name}", source.most_bytes)
                if text is not None:
                    return text
        raise _Absent(f"the mirror has none of {', '.join(names)}")

    texts = [await first(names) for names in source.files]
    return _Fetched(tuple(texts), f"{base}/{source.files[0][0]}", today)


async def _get(session: Session, url: str, most: int) -> bytes | None:
    """The body; None where there is nothing at the address. Raises _Unreachable."""
    try:
        reply = (await follow(session, url, cap=most)).reply
    except LayerFailed as failed:
        raise _Unreachable(f"{url}: {failed.layer}: {failed.reason}") from failed
    if reply.status in (404, 410):
        return None
    if reply.status != 200:
        raise _Unreachable(f"{url} answers with status {reply.status}")
    if reply.truncated:
        raise _Unreachable(f"{url} is not whole: {'; '.join(reply.problems)}")
    return _unpacked(reply.body, most, url)


def _from_folder(source: Source, folder: Path) -> _Fetched:
    files = [_file(folder, names) for names in source.files]
    texts, days = [], []
    for file in files:
        try:
            texts.append(_unpacked(file.read_bytes(), source.most_bytes, str(file)))
            days.append(datetime.fromtimestamp(file.stat().st_mtime, UTC).date())
        except OSError as error:
            raise _Unreachable(f"{file} cannot be read: {error.strerror}") from error
    return _Fetched(tuple(texts), str(files[0]), min(days))


def _file(folder: Path, names: Sequence[str]) -> Path:
    for name in _with_gz(names):
        if (folder / name).is_file():
            return folder / name
    raise _Absent(f"the folder has none of {', '.join(names)}")


def _with_gz(names: Sequence[str]) -> list[str]:
    return [name + end for name in names for end in ("", ".gz")]


def _unpacked(raw: bytes, most: int, where: str) -> bytes:
    if not raw.startswith(b"\x1f\x8b"):
        return raw
    try:
        with gzip.open(io.BytesIO(raw)) as packed:
            text = packed.read(most + 1)
    except (OSError, EOFError, zlib.error) as error:
        raise _Unreachable(f"{where} cannot be unpacked: {error}") from error
    if len(text) > most:
        raise _Unreachable(f"{where} holds more than {most // 1_000_000} MB")
    return text
