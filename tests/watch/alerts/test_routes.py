"""Each route over a real socket: what it sends, how it fails, and what it never tells."""

from __future__ import annotations

import asyncio
import datetime
import json
import ssl
import time
from dataclasses import replace
from ipaddress import ip_address

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from hypothesis import given
from hypothesis import strategies as st

from downwind.model.watching import Route as Wanted
from downwind.terms import DownwindError, ModelError, UsageError
from downwind.watch.alerts import (
    Alert,
    AlertmanagerRoute,
    AppriseRoute,
    Heartbeat,
    MailRoute,
    NotSent,
    WebhookRoute,
    routes_of,
    sign,
    verify,
    watcher_alert,
)
from tests.watch.alerts.sinks import check_alertmanager, http_sink, mail_sink
from tests.watch.incidents.rounds import T0

ALERT = replace(
    watcher_alert(T0, "x", "cloudflare/proxy: 2 of 20 down or degraded", "Them, probably not you."),
    id="2025-11-18T1128-cloudflare-proxy/1",
    incident="2025-11-18T1128-cloudflare-proxy",
    severity="critical",
    cause="cloudflare/proxy",
    blame="them",
    victims=("a.test/load", "b.test/load"),
    hit=2,
)
SECRET = "correct horse battery staple"


# Apprise imports what Python 3.13 has no more.
OLD_LIBRARY = pytest.mark.filterwarnings("ignore::DeprecationWarning")


def now() -> float:
    return T0 + 60


async def test_a_webhook_gets_the_alert_with_a_signature_that_holds() -> None:
    async with http_sink() as sink:
        await WebhookRoute("hook", f"{sink.url}/in?x=1", now, SECRET).send(ALERT)
    (request,), (body,) = sink.got, sink.bodies
    assert (request.method, request.path_qs) == ("POST", "/in?x=1")
    assert request.headers["X-Downwind-Delivery"] == ALERT.id
    said = json.loads(body)
    assert said["version"] == 1
    assert Alert.of_json(said["alert"]) == ALERT
    header = request.headers["X-Downwind-Signature"]
    assert verify(SECRET, header, body, T0 + 61)
    assert not verify("another", header, body, T0 + 61)
    assert not verify(SECRET, header, body + b" ", T0 + 61)
    assert not verify(SECRET, header, body, T0 + 61 + 400)
    assert not verify(SECRET, header.replace("t=", "t=1"), body, T0 + 61)


@given(st.text(max_size=80))
def test_a_signature_of_any_other_form_does_not_hold(header: str) -> None:
    assert not verify(SECRET, header, b"{}", T0)


def test_a_signature_is_the_same_everywhere() -> None:
    # printf '1763465280.{}' | openssl dgst -sha256 -hmac 'key'
    assert sign("key", b"{}", T0) == (
        "t=1763465280,v1=7b49b659cfdbcc3fa36f904b5a02b58296373056eb666c8dd7520bd2f0323b26"
    )


async def test_a_webhook_without_a_secret_is_not_signed() -> None:
    async with http_sink() as sink:
        await WebhookRoute("hook", sink.url, now).send(ALERT)
    assert "X-Downwind-Signature" not in sink.got[0].headers


@pytest.mark.parametrize(
    ("status", "refused"),
    [(500, False), (503, False), (429, False), (408, False), (400, True), (401, True), (404, True)],
)
async def test_a_status_that_is_no_success_is_a_failure(status: int, refused: bool) -> None:
    async with http_sink(status) as sink:
        with pytest.raises(NotSent, match=f"127.0.0.1 answers with status {status}") as failed:
            await WebhookRoute("hook", f"{sink.url}/token-in-path", now).send(ALERT)
    assert failed.value.refused is refused
    assert "token" not in failed.value.reason


async def test_a_redirect_is_not_followed() -> None:
    async with http_sink() as elsewhere, http_sink(302) as sink:
        sink.headers = {"Location": elsewhere.url}
        with pytest.raises(NotSent, match="302"):
            await WebhookRoute("hook", sink.url, now).send(ALERT)
    assert elsewhere.got == []


@pytest.mark.parametrize(
    ("told", "wait"),
    [
        ("30", 30),
        ("999999999", 999999),
        ("Tue, 18 Nov 2025 11:30:00 GMT", 60),
        ("Tue, 18 Nov 2025 11:00:00 GMT", 0),
        ("soon", 0),
        ("-5", 0),
        ("²", 0),
        ("Tue, 18 Nov 202500000000000000 11:30:00 GMT", 0),
    ],
)
async def test_a_retry_after_is_read_in_both_forms(told: str, wait: float) -> None:
    async with http_sink(503) as sink:
        sink.headers = {"Retry-After": told, "Date": "Tue, 18 Nov 2025 11:29:00 GMT"}
        with pytest.raises(NotSent) as failed:
            await WebhookRoute("hook", sink.url, now).send(ALERT)
    assert failed.value.retry_after == wait


async def test_a_slow_receiver_and_one_that_is_not_there_are_failures() -> None:
    async with http_sink(5.0) as sink:
        with pytest.raises(NotSent, match=r"did not answer within 0\.2 s"):
            await WebhookRoute("hook", sink.url, now, timeout=0.2).send(ALERT)
    with pytest.raises(NotSent, match="could not be reached"):
        await WebhookRoute("hook", sink.url, now).send(ALERT)


@pytest.mark.parametrize("url", ["http://example.test/x", "ftp://a.test", "https://", "nothing"])
def test_a_url_that_is_none_or_in_the_clear_is_refused(url: str) -> None:
    for route in (WebhookRoute, AlertmanagerRoute):
        with pytest.raises(UsageError):
            route("r", url, now)
    with pytest.raises(UsageError):
        Heartbeat(url)


def test_a_route_does_not_show_its_secrets() -> None:
    hook = WebhookRoute("hook", "https://chat.test/TOKEN", now, SECRET)
    mail = MailRoute("mail", "mx.test", 25, "a@b.test", ("c@d.test",), "user", SECRET)
    assert "TOKEN" not in repr(hook)
    assert SECRET not in repr(hook) + repr(mail)


async def test_alertmanager_gets_alerts_that_its_schema_takes() -> None:
    closed = replace(ALERT, kind="closed", closed_at=T0 + 300)
    escalated = replace(ALERT, kind="escalated", was="warning")
    async with http_sink() as sink:
        route = AlertmanagerRoute("am", sink.url, now, "https://watch.test/")
        for each in (ALERT, escalated, closed):
            await route.send(each)
        await route.again([ALERT])
        await route.again([])
    assert {request.path for request in sink.got} == {"/api/v2/alerts"}
    opened, changed, over, again = (json.loads(body) for body in sink.bodies)
    for posted in (opened, changed, over, again):
        check_alertmanager(posted)
    assert opened[0]["labels"] == {
        "alertname": "DownwindIncident",
        "incident": "2025-11-18T1128-cloudflare-proxy",
        "severity": "critical",
    }
    assert opened[0]["startsAt"] == "2025-11-18T11:28:00.000Z"
    assert opened[0]["endsAt"] == "2025-11-18T11:34:00.000Z"
    assert opened[0]["annotations"]["victims"] == "a.test/load, b.test/load"
    # The labels are an alert's identity: the end must bear those of the beginning.
    assert over[0]["labels"] == opened[0]["labels"] == again[0]["labels"]
    assert over[0]["endsAt"] == "2025-11-18T11:33:00.000Z"
    severities = [(a["labels"]["severity"], a["endsAt"]) for a in changed]
    assert severities == [
        ("critical", "2025-11-18T11:34:00.000Z"),
        ("warning", "2025-11-18T11:28:00.000Z"),
    ]


async def test_alertmanager_may_be_given_with_its_path() -> None:
    async with http_sink() as sink:
        await AlertmanagerRoute("am", f"{sink.url}/am/api/v2/alerts/", now).send(ALERT)
        await AlertmanagerRoute("am", f"{sink.url}/am/", now).send(ALERT)
    assert [request.path for request in sink.got] == ["/am/api/v2/alerts"] * 2


def mail_route(port: int, **more: object) -> MailRoute:
    base = MailRoute(
        "mail", "127.0.0.1", port, "Watch <watch@us.test>", ("ops@us.test",), starttls=False
    )
    return replace(base, timeout=2.0, **more)  # type: ignore[arg-type]


async def test_a_mail_is_taken_by_a_mail_server() -> None:
    ended = replace(ALERT, id=ALERT.incident + "/9", kind="closed")
    async with mail_sink() as sink:
        route = mail_route(sink.port, to=("ops@us.test", "Ann <ann@them.test>"))
        await route.send(ALERT)
        await route.send(ended)
        await route.send(ALERT)
    first, last, again = sink.mails
    assert sink.envelopes[0] == ("watch@us.test", ("ops@us.test", "ann@them.test"))
    assert first["Subject"] == "[critical] cloudflare/proxy: 2 of 20 down or degraded"
    assert first["Date"] == "Tue, 18 Nov 2025 11:28:00 +0000"
    body = first.get_content().splitlines()
    assert body == ["Them, probably not you.", "", "Victims:", "  a.test/load", "  b.test/load"]
    assert first["References"] == last["References"], "one thread for each incident"
    assert first["Message-ID"] == again["Message-ID"] != last["Message-ID"]
    assert route.hosts == ("127.0.0.1", "us.test", "them.test")


async def test_a_strangers_text_cannot_break_out_of_a_header() -> None:
    evil = replace(
        ALERT,
        title="x\r\nBcc: all@evil.test\r\n\r\nhello \u2028 ä",
        text="a\r\n.\r\nMAIL FROM:<evil@evil.test>\r\n\x1b[2J",
        incident="i\r\nBcc: all@evil.test",
        victims=("v\r\n.\r\nQUIT",),
    )
    async with mail_sink() as sink:
        await mail_route(sink.port).send(evil)
    (mail,) = sink.mails
    assert mail["Bcc"] is None
    assert mail["Subject"] == "[critical] x Bcc: all@evil.test hello ä"
    assert sink.envelopes == [("watch@us.test", ("ops@us.test",))]
    assert "\x1b" not in mail.get_content()


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> tuple[ssl.SSLContext, str]:
    """A server's context for 127.0.0.1, and the PEM text of who signed its certificate."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "sink.test")])
    today = datetime.datetime.now(datetime.UTC)
    address = x509.IPAddress(ip_address("127.0.0.1"))
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(today - datetime.timedelta(days=1))
        .not_valid_after(today + datetime.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([address]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    pem = certificate.public_bytes(serialization.Encoding.PEM)
    secret = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    path = tmp_path_factory.mktemp("tls") / "both.pem"
    path.write_bytes(secret + pem)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(path)
    return context, pem.decode()


async def test_a_mail_goes_encrypted_and_with_a_password(
    authority: tuple[ssl.SSLContext, str],
) -> None:
    context, pem = authority

    def trust() -> ssl.SSLContext:
        return ssl.create_default_context(cadata=pem)

    async with mail_sink(tls=context, user=("ann", SECRET)) as sink:
        route = mail_route(sink.port, starttls=True, user="ann", password=SECRET, trust=trust)
        await route.send(ALERT)
        with pytest.raises(NotSent, match="535"):
            await replace(route, password="wrong").send(ALERT)
    assert sink.encrypted == [True]


async def test_a_mail_server_that_cannot_be_trusted_gets_nothing(
    authority: tuple[ssl.SSLContext, str],
) -> None:
    context, _ = authority
    async with mail_sink(tls=context, user=("ann", SECRET)) as sink:
        with pytest.raises(NotSent, match="could not be reached"):
            await mail_route(sink.port, starttls=True).send(ALERT)
    async with mail_sink() as sink:  # it offers no encryption
        with pytest.raises(NotSent):
            await mail_route(sink.port, starttls=True, user="ann", password=SECRET).send(ALERT)
    assert sink.mails == []


@pytest.mark.parametrize(
    ("verb", "answer", "refused"),
    [
        ("MAIL", "451 later", False),
        ("MAIL", "550 never", True),
        ("RCPT", "450 greylisted", False),
        ("RCPT", "550 no such user", True),
        ("DATA", "452 full", False),
    ],
)
async def test_a_refusal_for_now_and_one_for_ever_differ(
    verb: str, answer: str, refused: bool
) -> None:
    async with mail_sink(refuse={verb: answer}) as sink:
        with pytest.raises(NotSent) as failed:
            await mail_route(sink.port).send(ALERT)
    assert failed.value.refused is refused


async def test_a_mail_server_that_says_nothing_is_a_failure_in_time() -> None:
    async def silent(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read()
        writer.close()

    server = await asyncio.start_server(silent, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    began = time.monotonic()
    with pytest.raises(NotSent):
        await replace(mail_route(port), timeout=0.3).send(ALERT)
    assert time.monotonic() - began < 3
    server.close()
    await server.wait_closed()


@pytest.mark.parametrize("address", ["", "nobody", "a@", "@b.test", "a@b.test\r\nBcc: c@d.test"])
def test_what_is_no_mail_address_is_refused(address: str) -> None:
    with pytest.raises(UsageError):
        MailRoute("m", "mx.test", 25, address, ("a@b.test",))
    with pytest.raises(UsageError):
        MailRoute("m", "mx.test", 25, "a@b.test", (address,))


def test_mail_in_the_clear_goes_to_this_machine_alone() -> None:
    with pytest.raises(UsageError, match="not encrypted"):
        MailRoute("m", "mx.test", 25, "a@b.test", ("c@d.test",), starttls=False)


@OLD_LIBRARY
async def test_apprise_delivers_to_a_real_json_receiver() -> None:
    pytest.importorskip("apprise")
    async with http_sink(200, 500) as sink:
        route = AppriseRoute("chat", sink.url.replace("http://", "json://") + "/room")
        await route.send(ALERT)
        with pytest.raises(NotSent, match="could not deliver"):
            await route.send(ALERT)
    said = json.loads(sink.bodies[0])
    assert said["title"] == ALERT.title
    assert said["message"] == ALERT.text
    assert said["type"] == "failure"


@OLD_LIBRARY
def test_without_apprise_the_way_out_is_told() -> None:
    def absent() -> object:
        raise UsageError("not installed")

    with pytest.raises(UsageError, match="not installed"):
        AppriseRoute("chat", "json://x.test", library=absent)
    pytest.importorskip("apprise")
    with pytest.raises(UsageError, match="'nonsense'"):
        AppriseRoute("chat", "nonsense://TOKEN")


def test_the_routes_of_a_model() -> None:
    wanted = [
        Wanted(webhook="https://chat.test/x", secret=SECRET),
        Wanted(webhook="https://other.test/x"),
        Wanted(name="prom", alertmanager="https://am.test"),
        Wanted(smtp="mx.test:587", sender="a@b.test", to=("c@d.test",)),
        Wanted(name="plain", smtp="mx.test", sender="a@b.test", to=("c@d.test",)),
    ]
    routes = routes_of(wanted, now)
    assert [route.name for route in routes] == ["webhook", "webhook-2", "prom", "smtp", "plain"]
    assert [r.port for r in routes if isinstance(r, MailRoute)] == [587, 25]
    assert [route.hosts[0] for route in routes] == [
        "chat.test",
        "other.test",
        "am.test",
        "mx.test",
        "mx.test",
    ]
    with pytest.raises(ModelError, match="Two alert routes"):
        routes_of([Wanted(name="a", webhook="https://x.test")] * 2, now)


@pytest.mark.parametrize("smtp", ["mx.test:", "mx.test:http", ":25", "mx.test:0", "mx.test:70000"])
def test_what_is_no_mail_server_is_refused(smtp: str) -> None:
    with pytest.raises(DownwindError):
        routes_of([Wanted(smtp=smtp, sender="a@b.test", to=("c@d.test",))], now)


class Still:
    """A clock for loops that are run by hand."""

    def __init__(self) -> None:
        self.slept: list[float] = []

    def now(self) -> float:
        return T0

    async def sleep(self, scenario_seconds: float) -> None:
        self.slept.append(scenario_seconds)
        if len(self.slept) == 3:
            raise asyncio.CancelledError
        await asyncio.sleep(0)


async def test_a_heartbeat_beats_only_while_all_is_well() -> None:
    well = iter([True, False, True])
    clock = Still()
    async with http_sink(200, 500) as sink:
        heart = Heartbeat(f"{sink.url}/ping/SECRET", 45.0)
        with pytest.raises(asyncio.CancelledError):
            await heart.run(clock, lambda: next(well))
    assert [request.path for request in sink.got] == ["/ping/SECRET"] * 2
    assert clock.slept == [45.0] * 3
    assert heart.last == T0
    assert heart.reason == "127.0.0.1 answers with status 500"
    assert "SECRET" not in repr(heart)
