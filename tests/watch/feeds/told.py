"""Evidence of status feeds, as the looks at them leave it."""

from __future__ import annotations

from typing import Any

from downwind.catalog import Catalog
from downwind.observe.feeds import FeedComponent, FeedIncident, FeedReading
from downwind.terms import Evidence, Seen, Unanswered
from downwind.watch.feeds import WatchedFeed

T0 = 1_784_830_000.0
MINUTE = 60.0
URL = "https://status.cloud.test/"

CATALOG = Catalog.from_texts(
    [
        """
id: cloud
name: Cloud Company
owner: "Cloud Company, Inc."
regions: [us-east-1, eu-west-1, westus]
products:
  - {id: edge, role: edge, name: "CDN and proxy"}
  - {id: dns, role: dns, name: "Authoritative DNS"}
  - {id: kv, role: keyvalue, name: "Workers KV"}
  - {id: workers, role: cloud, name: Workers}
  - {id: identity, role: sign-in, name: "Identity Platform"}
  - {id: old, role: cloud, name: "Old Engine", ended: unknown}
  - {id: mail-a, role: mail, name: "Mail, inbound"}
  - {id: mail-b, role: mail, name: "Mail, outbound"}
status: {url: "https://status.cloud.test/", format: statuspage, unconfirmed: true}
""",
        """
id: sister
name: Sister
owner: "Cloud Company, Inc."
products:
  - {id: sites, role: hosting, name: Sites}
status: {url: "https://status.cloud.test/", format: statuspage, unconfirmed: true}
""",
        "{id: mute, name: Mute, owner: Mute, products: [{id: cdn, role: edge, name: CDN}]}",
    ]
)
FEED = WatchedFeed(URL, "statuspage", ("cloud",))


def incident(known: str, *names: str, **changes: Any) -> FeedIncident:
    """An open incident of the components of these names."""
    usual: dict[str, Any] = {
        "kind": "incident",
        "state": "open",
        "severity": "partial",
        "regions": (),
        "started_at": None,
        "updated_at": None,
        "resolved_at": None,
        "title": f"Trouble {known}",
        "text": "",
        "url": f"https://status.cloud.test/incidents/{known}",
        "components": tuple(FeedComponent("", name) for name in names),
    }
    return FeedIncident(id=known, **{**usual, **changes})


def seen(at: float, *incidents: FeedIncident, url: str = URL, **source: Any) -> Evidence:
    """A look at the feed that found these incidents."""
    value = FeedReading("fresh", "", incidents).to_json()
    told = {"format": "statuspage", "status": 200, "final_url": url, "redirects": [], **source}
    return Evidence(url, "feed.status", Seen({**value, **told}), at, "test")


def unseen(at: float, reason: str = "timed out", url: str = URL, **detail: Any) -> Evidence:
    """A look at the feed that found nothing out."""
    return Evidence(url, "feed.status", Unanswered(reason, detail), at, "test")
