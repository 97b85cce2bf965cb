"""What the reader is told of each alert route."""

from __future__ import annotations

from downwind.watch.alerts import RouteHealth
from downwind.watch.live.routes import routes_seen
from downwind.watch.selfcheck import Routes
from downwind.watch.selfcheck.findings import SharedRoutes


def test_each_route_has_its_health_and_its_company() -> None:
    found = Routes(
        routes=("mail", "chat", "sms", "x"),
        shared=(
            SharedRoutes(("mail", "chat"), ("aws", "aws/ec2", "zone:x.test", "host:x.test")),
            SharedRoutes(("chat", "sms"), ("ovh",)),
        ),
        apart=(("mail", "sms"),),
        unknown=("x",),
        single=(),
    )
    health = (
        RouteHealth("mail", 2, 3, "it answers with 503", 7.0),
        RouteHealth("chat", 0, 0, "", None),
        RouteHealth("sms", 0, 0, "", None),
        RouteHealth("x", 0, 0, "", None),
    )

    mail, chat, sms, unknown = routes_seen(found, health)

    assert (mail.pending, mail.failed, mail.reason, mail.sent_at) == (
        2,
        3,
        "it answers with 503",
        7,
    )
    assert mail.shares == ("chat, by aws, aws/ec2, zone:x.test and 1 more",)
    assert mail.apart == ("sms",)
    assert chat.shares == ("mail, by aws, aws/ec2, zone:x.test and 1 more", "sms, by ovh")
    assert (chat.apart, sms.apart) == ((), ("mail",))
    assert (unknown.known, unknown.apart, unknown.shares) == (False, (), ())
