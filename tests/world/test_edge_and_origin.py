"""Edges, origins, databases and certificates: what they do, and how they fail."""

import asyncio
import ssl

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.x509 import ocsp

from downwind.catalog import Catalog
from downwind.terms import Fault

from .conftest import Outside, Reply, Starter


async def test_an_edge_proxies_to_the_origin_and_stores_what_is_sent(start_world: Starter) -> None:
    async with start_world() as outside:
        page = await outside.get("https://news.test/health")
        made = await outside.get(
            "https://news.test/orders", "POST", json={"item": "ink", "quantity": 2}
        )
        plain = await outside.get("http://news.test/x?y=1")
        assert page.status == 200
        assert page.headers["server"] == "acme"
        assert page.headers["x-ray"].endswith("-PAR")
        assert page.headers["via"] == "1.1 Acme proxy"
        assert made.status == 201
        assert (plain.status, plain.headers["location"]) == (301, "https://news.test/x?y=1")


async def test_an_edge_caches_what_is_public_until_the_scenario_clock_says_so(
    start_world: Starter,
) -> None:
    async with start_world(speed=600) as outside:
        url = "https://www.plain.test/articles/1"
        first = await outside.get(url)
        second = await outside.get(url)
        await outside.clock.sleep(700)
        third = await outside.get(url)
        assert first.status == 200
        assert [r.headers["x-cache"] for r in (first, second, third)] == ["MISS", "HIT", "MISS"]
        assert int(second.headers["age"]) < 600
        # What is cached outlives its origin.
        await outside.tell("break", "nimbus/vm/east-1", "refused")
        assert (await outside.get(url)).headers["x-cache"] == "HIT"
        assert (await outside.get("https://www.plain.test/health")).status == 502


async def test_a_feature_file_that_is_too_large_fails_only_those_with_the_filter(
    start_world: Starter,
) -> None:
    async with start_world(speed=800) as outside:
        seen = []
        await outside.tell("break", "acme/proxy#bots", "feature-file", updated=0.5)
        for _ in range(14):
            filtered = await outside.get("https://news.test/health")
            bare = await outside.get("https://www.plain.test/health")
            assert bare.status == 200
            seen.append(filtered.status)
            await outside.clock.sleep(75)
        assert set(seen) == {200, 500}
        assert seen[0] == 500

        await outside.tell("set", "acme/proxy#bots", updated=1.0)
        for _ in range(6):
            page = await outside.get("https://news.test/health")
            assert (page.status, page.headers["server"]) == (500, "acme")
            assert "Acme is sorry" in page.text
            await outside.clock.sleep(75)

        await outside.tell("set", "acme/proxy#bots", generate=False)
        assert (await outside.get("https://news.test/health")).status == 500
        await outside.tell("mend", "acme/proxy#bots")
        assert (await outside.get("https://news.test/health")).status == 200


async def test_errors_on_a_variant_fail_only_the_customers_who_have_all_of_it(
    start_world: Starter,
) -> None:
    async with start_world() as outside:

        async def statuses(host: str) -> list[int]:
            return [(await outside.get(f"https://{host}/health")).status for _ in range(4)]

        await outside.tell("break", "acme/proxy#bots", "errors")
        assert await statuses("news.test") == [500] * 4
        assert await statuses("www.plain.test") == [200] * 4
        # The worst of several faults holds.
        await outside.tell("break", "acme/proxy", "errors", share=0.5)
        assert await statuses("news.test") == [500] * 4
        assert sorted(await statuses("www.plain.test")) == [200, 200, 500, 500]
        await outside.tell("mend", "acme/proxy")
        await outside.tell("break", "acme/proxy#bots+waf", "errors")
        assert await statuses("news.test") == [200] * 4
        await outside.tell("mend", "acme/proxy")


async def test_trouble_of_the_origin_does_not_look_like_trouble_of_the_edge(
    start_world: Starter,
) -> None:
    async with start_world(speed=500) as outside:
        catalog = Catalog.from_texts([outside.world.overlay])

        def blamed(page: Reply) -> Fault:
            return catalog.error(page.status, page.headers, page.text)[0].says

        await outside.tell("break", "barn", "silent")
        late = await outside.get("https://news.test/health")
        assert (late.status, blamed(late)) == (504, Fault.ORIGIN)
        assert (await outside.get("https://www.plain.test/health")).status == 200
        await outside.tell("mend", "barn")
        assert (await outside.get("https://news.test/health")).status == 200

        await outside.tell("break", "barn", "refused")
        closed = await outside.get("https://news.test/health")
        assert (closed.status, blamed(closed)) == (502, Fault.ORIGIN)
        await outside.tell("mend", "barn")

        await outside.tell("break", "barn/shelf", "errors")
        passed_on = await outside.get("https://news.test/health")
        assert (passed_on.status, blamed(passed_on)) == (503, Fault.ORIGIN)
        await outside.tell("mend", "barn/shelf")

        await outside.tell("break", "acme/proxy", "errors", share=0.5)
        pages = [await outside.get("https://news.test/health") for _ in range(6)]
        own = next(page for page in pages if page.status != 200)
        assert sorted(page.status for page in pages) == [200, 200, 200, 500, 500, 500]
        assert blamed(own) == Fault.EDGE


async def test_an_emptied_record_cuts_off_the_database_until_negative_answers_age(
    start_world: Starter,
) -> None:
    async with start_world(speed=100) as outside:

        async def order() -> int:
            body = {"item": "ink", "quantity": 1}
            return (await outside.get("https://shop.test/orders", "POST", json=body)).status

        assert await order() == 201
        await outside.tell("break", "nimbus/tables/east-1", "empty-record")
        await outside.clock.sleep(6)
        answer = await outside.resolve("tables.east-1.nimbus.test")
        assert (int(answer.rcode()), answer.answer) == (0, [])
        assert await order() == 503
        other = await outside.resolve("tables.west-1.nimbus.test")
        assert other.answer

        await outside.tell("mend", "nimbus/tables/east-1")
        assert await order() == 503
        await outside.clock.sleep(61)
        assert await order() == 201


async def test_a_fault_of_a_region_stays_in_it_and_a_zone_leaves_another(
    start_world: Starter,
) -> None:
    async with start_world(speed=500) as outside:
        hit = await outside.tell("break", "nimbus/*/west-1", "refused")
        assert set(hit["hit"]) == {"nimbus/vm/west-1", "nimbus/tables/west-1"}
        assert (await outside.get("https://shop.test/health")).status == 0
        assert (await outside.get("https://www.plain.test/health")).status == 200
        await outside.tell("mend", "nimbus")
        assert (await outside.get("https://shop.test/health")).status == 200

        await outside.tell("break", "nimbus/vm/east-1/a", "silent")
        await outside.get("https://www.plain.test/health")
        assert (await outside.get("https://www.plain.test/health")).status == 200
        await outside.tell("break", "nimbus/vm/east-1/b", "silent")
        assert (await outside.get("https://www.plain.test/health")).status == 504


async def test_certificates_are_issued_checked_and_answered_for(start_world: Starter) -> None:
    async with start_world() as outside:
        expired = await _certificate(outside, "old.shop.test")
        leaf = await _certificate(outside, "news.test")
        now = outside.clock.now()
        assert expired.not_valid_after_utc.timestamp() < now < leaf.not_valid_after_utc.timestamp()
        organization = leaf.issuer.get_attributes_for_oid(x509.NameOID.ORGANIZATION_NAME)[0].value
        assert organization == "Nimbus Trust"
        crl = leaf.extensions.get_extension_for_class(x509.CRLDistributionPoints).value
        names = crl[0].full_name
        assert names is not None
        async with outside.session.get(names[0].value) as reply:
            assert x509.load_der_x509_crl(await reply.read()).issuer == leaf.issuer
        assert await _ocsp_status(outside, leaf) == ocsp.OCSPCertStatus.GOOD


def _unchecked() -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context


async def _certificate(outside: Outside, host: str) -> x509.Certificate:
    ip = (await outside.resolve(host)).answer[-1][0].address
    where, port = outside.world.handout["dial"][ip]["tcp/443"]
    _, writer = await asyncio.open_connection(where, port, ssl=_unchecked(), server_hostname=host)
    try:
        found = writer.get_extra_info("ssl_object").getpeercert(binary_form=True)
        return x509.load_der_x509_certificate(found)
    finally:
        writer.transport.abort()


async def _ocsp_status(outside: Outside, leaf: x509.Certificate) -> ocsp.OCSPCertStatus:
    authority = leaf.extensions.get_extension_for_class(x509.AuthorityInformationAccess).value
    url = authority[0].access_location.value
    key = leaf.extensions.get_extension_for_class(x509.AuthorityKeyIdentifier).value.key_identifier
    assert key is not None
    name = hashes.Hash(hashes.SHA1())  # as RFC 6960 has it
    name.update(leaf.issuer.public_bytes())
    asked = ocsp.OCSPRequestBuilder().add_certificate_by_hash(
        name.finalize(), key, leaf.serial_number, hashes.SHA1()
    )
    body = asked.build().public_bytes(serialization.Encoding.DER)
    async with outside.session.post(url, data=body) as reply:
        return ocsp.load_der_ocsp_response(await reply.read()).certificate_status
