"""Sample pictures: a calm day, an outage, a blind watcher, and one full of hostile text."""

from __future__ import annotations

from dataclasses import replace

from downwind.terms import State
from downwind.watch.itself import RouteSeen, VantageSeen, VoicesSeen, WatcherSeen
from downwind.watch.picture import (
    ChangeSeen,
    Entry,
    FeedSeen,
    IncidentSeen,
    NeedSeen,
    Picture,
    Rival,
    StatusPage,
    TargetSeen,
)

NOON = 1763467200.0
"""2025-11-18 12:00 UTC."""
SINCE = NOON - 32 * 60
HOSTILE = "<script>alert(1)</script>\"'&<img src=x onerror=alert(1)>\x1b[2J\u202e"


def calm_picture() -> Picture:
    """31 capabilities of which all stand, and 3 nodes beneath."""
    targets = tuple(_target(number) for number in range(31))
    alerting = "chat and mail share nothing that is known."
    routes = (
        RouteSeen("chat", ("mail",), ("pager, by aws, aws/ec2",), sent_at=NOON - 9_000),
        RouteSeen("mail", ("chat",)),
        RouteSeen("pager", (), ("chat, by aws, aws/ec2",), False, 2, 3, "it answers with 503"),
    )
    beneath = tuple(
        TargetSeen(key=key, kind=kind, state=State.UP, since=NOON - 9e5, probed_at=NOON - 9)
        for key, kind in (
            ("name:ns1.shop.test", "nameserver"),
            ("zone:shop.test", "zone"),
            ("198.18.0.7", "address"),
        )
    )
    return Picture(
        at=NOON,
        started_at=NOON - 86400 * 9,
        watcher=WatcherSeen(probes=8_900_000, lag=0.04, alerting=alerting, routes=routes),
        targets=(*targets, *beneath),
        feeds=(
            FeedSeen("Cloudflare", "https://www.cloudflarestatus.com/api/v2/summary.json", "fresh",
                     fetched_at=NOON - 70, state="green", delays=4, delay_min=300.0,
                     delay_median=840.0, delay_max=2_400.0),
            FeedSeen("AWS", "https://status.aws.test/", "stale", "HTTP 503", NOON - 4000.0),
        ),
        vantages=(
            VantageSeen("paris", "AS12876", "Scaleway", "fr-par", NOON - 4),
            VantageSeen("oslo", "AS2116", "GlobalConnect", "no", NOON - 700, 120, 0.2, False,
                        "not heard for 12 min"),
        ),
        voices=VoicesSeen(2, 1, 1),
        needs=(NeedSeen("n1", "shop.test", "mail.test", "", 0.97, 4, 4),),
        changes=(ChangeSeen("1763470800-chat/do-2", "maintenance", NOON + 3600, "chat/do-2",
                            "disks", "bo", until=NOON + 7200),
                 ChangeSeen("c1", "deploy", NOON - 9 * 3600, "shop", "v41", "ana",
                            "https://ci.test/41"),),
    )  # fmt: skip


def _target(number: int) -> TargetSeen:
    service = ("shop", "news", "chat")[number % 3]
    return TargetSeen(
        key=f"{service}/do-{number}",
        title=f"{service.capitalize()}: do {number}",
        service=service,
        state=State.UP,
        since=NOON - 86400.0,
        latency_p50=0.08 + number / 1000,
        latency_p95=0.3,
        probed_at=NOON - number,
        availability=0.9993,
        certificate_ends=NOON + (5 if number == 7 else 60) * 86400.0,
    )


def outage_incident() -> IncidentSeen:
    """The incident of the outage picture."""
    return IncidentSeen(
        id="2025-11-18-cloudflare-proxy",
        phase="open",
        verdict="provider",
        since=SINCE,
        detected_at=SINCE + 47,
        scope="cloudflare/proxy",
        suspect="cloudflare/proxy",
        who="Cloudflare's edge",
        layer="edge",
        signs=("makes these 5xx", "its DNS answers"),
        confidence=0.97,
        severity=0.9,
        victims=tuple(_target(number).key for number in range(14)),
        saved=(_target(20).key, _target(21).key),
        of=31,
        contradicting=(_target(25).key,),
        rivals=(Rival("fastly/cdn", 0.02), Rival("the network of the vantage paris", 0.01)),
        same=("cloudflare/proxy#fl2",),
        separating=("GET https://other.test/ from oslo",),
        consequences=("Workers KV of Cloudflare: it leans on the proxy",),
        status_page=StatusPage("cloudflare", "green", url="https://www.cloudflarestatus.com/"),
        timeline=(
            Entry(
                SINCE + 47, "opened", "5 capabilities fail; Cloudflare's edge is named, 91 % sure"
            ),
            Entry(SINCE + 60, "alert", "sent to on-call by webhook"),
            Entry(SINCE + 400, "updated", "14 capabilities fail; 97 % sure"),
            Entry(SINCE + 900, "comment", "We wait for them.", "ana"),
        ),
    )


def outage_picture() -> Picture:
    """14 of 31 capabilities are down by one cause, two saved by their second edge."""
    calm, incident = calm_picture(), outage_incident()
    targets = []
    for each in calm.targets:
        if each.key in incident.victims:
            targets.append(
                replace(each, state=State.DOWN, since=SINCE, incident=incident.id,
                        reason="HTTP 500 by the edge, at step 2 (GET https://shop.test/feed)")
            )  # fmt: skip
        elif each.key in incident.saved:
            targets.append(replace(each, saved_by="edge", stands_on="Fastly's CDN"))
        elif each.key.endswith("do-30"):
            targets.append(replace(each, state=State.DEGRADED, slow=True, flapping=True))
        else:
            targets.append(each)
    return replace(calm, targets=tuple(targets), incidents=(incident, closed_incident()))


def closed_incident() -> IncidentSeen:
    """One of the day before."""
    return IncidentSeen(
        id="2025-11-17-own-news",
        phase="closed",
        verdict="own",
        since=NOON - 90_000,
        detected_at=NOON - 89_950,
        closed_at=NOON - 88_000,
        who="news",
        suspect="news",
        confidence=0.99,
        victims=("news/do-1",),
        of=31,
        deploys=(ChangeSeen("c0", "deploy", NOON - 90_600, "news", "v40", "bo"),),
    )


def blind_picture() -> Picture:
    """The watcher's own connectivity fails, and its last states are still in the picture."""
    seen = outage_picture()
    watcher = replace(seen.watcher, healthy=False, blind=True,
                      reason="4 of 4 unrelated witnesses fail since 11:52")  # fmt: skip
    return replace(seen, watcher=watcher, incidents=())


def hostile_picture() -> Picture:
    """Every text that comes from outside tries to be markup, and moves the cursor."""
    bad, page = HOSTILE, StatusPage(HOSTILE, "posted", NOON, HOSTILE, "javascript:alert(1)")
    target = TargetSeen(bad, bad, bad, bad, State.DOWN, NOON, reason=bad, saved_by=bad,
                        stands_on=bad, incident=bad)  # fmt: skip
    capability = replace(target, key="x/y", kind="capability")
    change = ChangeSeen(bad, "deploy", NOON, bad, bad, bad, "javascript:alert(1)")
    incident = IncidentSeen(
        id=bad, phase="open", verdict="suspected", since=NOON, detected_at=NOON, scope=bad,
        suspect=bad, who=bad, layer=bad, signs=(bad,), victims=(bad, "x/y"), saved=(bad,),
        contradicting=(bad,), alongside=(bad,), parts=(bad,), rivals=(Rival(bad, 0.4),),
        same=(bad,), separating=(bad,), consequences=(bad,), status_page=page, deploys=(change,),
        dependent=(bad,), timeline=(Entry(NOON, bad, bad, bad),), acknowledged_by=bad,
    )  # fmt: skip
    return Picture(
        at=NOON, started_at=NOON, targets=(target, capability),
        watcher=WatcherSeen(False, False, bad, (bad,), alerting=bad,
                            routes=(RouteSeen(bad, (bad,), (bad,), False, 1, 1, bad),)),
        incidents=(incident, replace(incident, id="other", phase="closed", closed_at=NOON)),
        feeds=(FeedSeen(bad, "javascript:alert(1)", "broken", bad),),
        vantages=(VantageSeen(bad, bad, bad, bad, NOON, 0, 0.0, False, bad),),
        needs=(NeedSeen(bad, bad, bad, bad),), changes=(change,),
    )  # fmt: skip
