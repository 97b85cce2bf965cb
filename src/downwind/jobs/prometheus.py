"""Asks a Prometheus one question, through the dialer that refuses private addresses."""

from urllib.parse import quote

from downwind.evidence.redact import redact_url
from downwind.observe import LayerFailed, Network, Session
from downwind.terms import CannotMeasure

_MOST_BYTES = 32_000_000


async def ask_prometheus(url: str, query: str, network: Network) -> bytes:
    """The answer of `url`/api/v1/query to an instant query; raises CannotMeasure.

    No redirect is followed and nothing that signs in is sent.
    """
    where = redact_url(url)
    asked = f"{url.partition('?')[0].rstrip('/')}/api/v1/query?query={quote(query, safe='')}"
    try:
        async with Session(network) as session:
            reply = await session.request("GET", asked, cap=_MOST_BYTES)
    except LayerFailed as failed:
        raise CannotMeasure(
            f"Prometheus could not be asked: {failed.reason}.",
            where=where,
            todo="A private address needs --allow-private; an answer in a file will do as well.",
        ) from failed
    if reply.truncated:
        why = ", ".join(reply.problems)
        raise CannotMeasure(f"the answer is not whole: {why}.", where=where)
    if reply.status != 200:
        raise CannotMeasure(
            f"Prometheus answered with status {reply.status}.",
            where=where,
            todo="Where it wants a sign-in, keep the answer in a file, and name that.",
        )
    return reply.body
