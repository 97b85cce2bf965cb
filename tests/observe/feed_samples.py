"""Status feeds in the shape of the real ones, and what each of them says."""

from __future__ import annotations

import json
from typing import Any

from downwind.observe.feeds import FeedComponent, FeedIncident

NOW = 1_784_830_000.0
"""2026-07-23T18:06:40Z: the time of all samples."""
HOUR = 3600.0

INCIDENT_IO: dict[str, Any] = {
    "page_title": "Acme",
    "page_url": "https://status.acme.test",
    "ongoing_incidents": [
        {
            "id": "01K0XQ4W6R8Z2V5B7N9M3C1D0E",
            "name": "Errors in <b>Chat</b>",
            "status": "identified",
            "url": "https://status.acme.test/incidents/01K0XQ4W6R8Z2V5B7N9M3C1D0E",
            "last_update_at": "2026-07-23T17:30:00Z",
            "last_update_message": "We have found the cause.",
            "current_worst_impact": "partial_outage",
            "affected_components": [
                {"id": "01A", "name": "Chat", "group_name": "API", "current_status": "full_outage"},
            ],
        }
    ],
    "in_progress_maintenances": [
        {
            "id": "m1",
            "name": "Database",
            "status": "maintenance_in_progress",
            "url": "https://status.acme.test/maintenances/m1",
            "last_update_at": "2026-07-23T17:00:00Z",
            "last_update_message": None,
            "affected_components": [],
            "started_at": "2026-07-23T17:00:00Z",
            "scheduled_end_at": None,
        },
        {"id": "m0", "name": "Over", "status": "maintenance_complete"},
    ],
    "scheduled_maintenances": [
        {
            "id": "m2",
            "name": "Later",
            "status": "maintenance_scheduled",
            "starts_at": "2026-08-02T00:00:00Z",
            "ends_at": "2026-08-02T02:00:00Z",
        }
    ],
}
INSTATUS: dict[str, Any] = {
    "page": {"name": "Acme", "url": "https://status.acme.test", "status": "HASISSUES"},
    "activeIncidents": [
        {
            "id": "ckl1",
            "name": "Slow API",
            "started": "2026-07-23T17:00:00.000Z",
            "status": "INVESTIGATING",
            "impact": "MAJOROUTAGE",
            "url": "https://status.acme.test/ckl1",
            "updatedAt": "2026-07-23T17:10:00.000Z",
        }
    ],
    "activeMaintenances": [
        {
            "id": "ckm1",
            "name": "Disks",
            "start": "2026-07-24T08:00:00.000Z",
            "status": "NOTSTARTEDYET",
            "duration": "60",
            "url": "https://status.acme.test/maintenance/ckm1",
        }
    ],
}
BETTER_STACK: dict[str, Any] = {
    "data": {
        "id": "133002",
        "type": "status_page",
        "attributes": {"company_name": "Acme", "aggregate_state": "downtime"},
    },
    "included": [
        {"id": "1", "type": "status_page_section", "attributes": {"name": "All"}},
        {
            "id": "10",
            "type": "status_page_resource",
            "attributes": {"public_name": "API", "status": "downtime"},
        },
        {
            "id": "11",
            "type": "status_page_resource",
            "attributes": {"public_name": "Web", "status": "degraded"},
        },
        {
            "id": "500",
            "type": "status_report",
            "attributes": {
                "title": "API unavailable",
                "report_type": "manual",
                "starts_at": "2026-07-23T17:00:00.000Z",
                "ends_at": None,
                "aggregate_state": "downtime",
                "affected_resources": [
                    {"status_page_resource_id": "10", "status": "downtime"},
                ],
            },
        },
        {
            "id": "900",
            "type": "status_update",
            "attributes": {
                "message": "We look into it.",
                "published_at": "2026-07-23T17:05:00.000Z",
                "status_report_id": 500,
            },
        },
    ],
}
STATUS_IO: dict[str, Any] = {
    "result": {
        "status_overall": {
            "updated": "2026-07-23T17:00:00.000Z",
            "status": "Service Disruption",
            "status_code": 500,
        },
        "status": [
            {
                "id": "c1",
                "name": "Git",
                "updated": "2026-07-23T17:00:00.000Z",
                "status": "Service Disruption",
                "status_code": 500,
                "containers": [{"id": "k1", "name": "Frankfurt", "status_code": 500}],
            },
            {
                "id": "c2",
                "name": "Registry",
                "updated": "2026-07-23T16:00:00.000Z",
                "status": "Degraded Performance",
                "status_code": 300,
                "containers": [
                    {"id": "k1", "name": "Frankfurt", "status_code": 300},
                    {"id": "k2", "name": "Oregon", "status_code": 100},
                ],
            },
            {"id": "c3", "name": "Web", "status": "Operational", "status_code": 100},
        ],
        "incidents": [
            {
                "_id": "568d8a3e",
                "name": "Pushes fail",
                "datetime_open": "2026-07-23T17:00:00.000Z",
                "messages": [
                    {
                        "details": "We investigate.",
                        "state": 100,
                        "status": 500,
                        "datetime": "2026-07-23T17:00:00.000Z",
                    },
                    {
                        "details": "We watch it.",
                        "state": 300,
                        "status": 300,
                        "datetime": "2026-07-23T17:40:00.000Z",
                    },
                ],
                "components_affected": [{"_id": "c1", "name": "Git"}],
                "containers_affected": [{"_id": "k1", "name": "Frankfurt"}],
            }
        ],
        "maintenance": {
            "active": [],
            "upcoming": [
                {
                    "_id": "m1",
                    "name": "Racks",
                    "datetime_open": "2026-07-20T00:00:00.000Z",
                    "datetime_planned_start": "2026-07-25T00:00:00.000Z",
                    "messages": [],
                }
            ],
        },
    }
}
SLACK: dict[str, Any] = {
    "status": "active",
    "date_created": "2026-07-23T10:00:00-07:00",
    "date_updated": "2026-07-23T10:30:00-07:00",
    "active_incidents": [
        {
            "id": 1234,
            "date_created": "2026-07-23T10:00:00-07:00",
            "date_updated": "2026-07-23T10:30:00-07:00",
            "title": "Messages are late",
            "type": "outage",
            "status": "active",
            "url": "https://slack-status.com/2026-07/abc",
            "services": ["Messaging", {"id": 7, "name": "Files"}],
            "notes": [
                {"date_created": "2026-07-23T10:00:00-07:00", "body": "First."},
                {"date_created": "2026-07-23T10:30:00-07:00", "body": "Second."},
            ],
        }
    ],
}
STRIPE: dict[str, Any] = {
    "largestatus": "degraded",
    "message": "Some services are slow.",
    "statuses": {"api": "degraded", "dashboard": "up"},
    "time": "July 23, 2026 @ 05:06PM +00:00",
}
HEROKU: dict[str, Any] = {
    "status": [
        {"system": "Apps", "status": "red"},
        {"system": "Data", "status": "green"},
        {"system": "Tools", "status": "yellow"},
    ],
    "incidents": [
        {
            "id": 2900,
            "title": "Routing errors",
            "state": "open",
            "created_at": "2026-07-23T17:00:00.000Z",
            "updated_at": "2026-07-23T17:20:00.000Z",
            "full_url": "https://status.heroku.com/incidents/2900",
            "systems": [{"name": "Apps", "status": "red"}],
            "updates": [
                {
                    "contents": "We investigate.",
                    "update_type": "investigating",
                    "created_at": "2026-07-23T17:00:00.000Z",
                }
            ],
        }
    ],
    "scheduled": [],
}
SALESFORCE: list[dict[str, Any]] = [
    {
        "id": 20003456,
        "status": "Active",
        "createdAt": "2026-07-23T17:10:00.000Z",
        "affectsAll": False,
        "instanceKeys": ["NA211", "EU35"],
        "serviceKeys": ["coreService"],
        "IncidentImpacts": [
            {
                "type": "serviceDisruption",
                "severity": "major",
                "startTime": "2026-07-23T17:00:00.000Z",
                "endTime": None,
            }
        ],
        "IncidentEvents": [{"createdAt": "2026-07-23T17:15:00.000Z", "message": "We investigate."}],
    }
]
AZURE = b"""<?xml version="1.0" encoding="utf-8"?>
<rss xmlns:a10="http://www.w3.org/2005/Atom" version="2.0"><channel>
<title>Azure Status</title><link>https://status.azure.com/en-us/status/</link>
<description>Azure Status</description><lastBuildDate>Thu, 23 Jul 2026 17:30:00 Z</lastBuildDate>
<item><guid isPermaLink="false">xyz-1</guid>
<link>https://azure.status.microsoft/en-us/status/</link>
<category>Virtual Machines</category><category>West US</category>
<title>Virtual Machines - West US - Connectivity errors</title>
<description>&lt;p&gt;&lt;strong&gt;Impact:&lt;/strong&gt; errors.&lt;/p&gt;</description>
<pubDate>Thu, 23 Jul 2026 16:29:09 Z</pubDate></item>
</channel></rss>
"""
AWS_RSS = b"""<?xml version="1.0" encoding="UTF-8"?>
<rss version="2.0"><channel><title>Amazon Web Services Service Status</title>
<item><title>Service disruption: Increased errors</title>
<link>http://status.aws.amazon.com/</link><pubDate>Thu, 23 Jul 2026 10:20:00 PDT</pubDate>
<guid>http://status.aws.amazon.com/#ec2-us-east-1_1784827200</guid>
<description>10:20 AM PDT We continue.</description></item>
<item><title>Informational message: Increased errors</title>
<link>http://status.aws.amazon.com/</link><pubDate>Thu, 23 Jul 2026 10:00:00 PDT</pubDate>
<guid>http://status.aws.amazon.com/#ec2-us-east-1_1784826000</guid>
<description>10:00 AM PDT We investigate.</description></item>
<item><title>Service is operating normally: [RESOLVED] Late deliveries</title>
<link>http://status.aws.amazon.com/</link><pubDate>Mon, 20 Jul 2026 10:00:00 PDT</pubDate>
<guid>http://status.aws.amazon.com/#sns-us-west-2_1784566800</guid>
<description>All is well.</description></item>
</channel></rss>
"""
HISTORY_RSS = b"""<?xml version="1.0" encoding="UTF-8"?>
<rss version="2.0"><channel><title>Acme Status - Incident History</title>
<link>https://status.acme.test</link>
<item><title>Elevated errors</title>
<description>&lt;p&gt;&lt;small&gt;Jul 23, 17:30 UTC&lt;/small&gt;&lt;br&gt;
&lt;strong&gt;Identified&lt;/strong&gt; - Found.&lt;/p&gt;
&lt;p&gt;&lt;strong&gt;Investigating&lt;/strong&gt; - Look.&lt;/p&gt;</description>
<pubDate>Thu, 23 Jul 2026 17:30:00 +0000</pubDate>
<link>https://status.acme.test/incidents/b</link>
<guid>https://status.acme.test/incidents/b</guid></item>
<item><title>Slow logins</title>
<description>&lt;p&gt;&lt;strong&gt;Resolved&lt;/strong&gt; - Done.&lt;/p&gt;
&lt;p&gt;&lt;strong&gt;Investigating&lt;/strong&gt; - Look.&lt;/p&gt;</description>
<pubDate>Thu, 23 Jul 2026 12:00:00 +0000</pubDate>
<link>https://status.acme.test/incidents/a</link>
<guid>https://status.acme.test/incidents/a</guid></item>
</channel></rss>
"""
HISTORY_ATOM = b"""<?xml version="1.0" encoding="UTF-8"?>
<feed xmlns="http://www.w3.org/2005/Atom"><title>Acme Status - Incident History</title>
<entry><id>tag:status.acme.test,2005:Incident/2</id>
<published>2026-07-23T17:00:00Z</published><updated>2026-07-23T17:30:00Z</updated>
<link rel="alternate" type="text/html" href="https://status.acme.test/incidents/b"/>
<title>Elevated errors</title>
<content type="html">&lt;p&gt;&lt;strong&gt;Monitoring&lt;/strong&gt; - Watch.&lt;/p&gt;</content>
</entry>
</feed>
"""


def raw(value: Any) -> bytes:
    return json.dumps(value).encode()


SAMPLES: dict[str, bytes] = {
    "incident-io": raw(INCIDENT_IO),
    "instatus": raw(INSTATUS),
    "better-stack": raw(BETTER_STACK),
    "status-io": raw(STATUS_IO),
    "slack": raw(SLACK),
    "stripe": raw(STRIPE),
    "heroku": raw(HEROKU),
    "salesforce": raw(SALESFORCE),
    "azure-rss": AZURE,
    "aws-rss": AWS_RSS,
    "rss": HISTORY_RSS,
}
"""A feed of each format that is told here, with something open in it."""


def incident(**told: Any) -> FeedIncident:
    """An incident with the fields that are told, and the rest as where nothing is."""
    usual: dict[str, Any] = {
        "kind": "incident",
        "state": "open",
        "severity": "unknown",
        "components": (),
        "regions": (),
        "started_at": None,
        "updated_at": None,
        "resolved_at": None,
        "title": "",
        "text": "",
        "url": "",
    }
    return FeedIncident(**{**usual, **told})


def part(known: str, name: str) -> FeedComponent:
    return FeedComponent(known, name)
