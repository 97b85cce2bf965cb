"""Real-world names, addresses, headers and issuers, and whose they are."""

from datetime import date

import pytest

from downwind.catalog import Catalog, Match
from downwind.terms import Scope


def _first(matches: tuple[Match, ...]) -> str | None:
    return str(matches[0].scope) if matches else None


@pytest.mark.parametrize(
    ("host", "scope"),
    [
        ("bob.ns.cloudflare.com", "cloudflare/dns"),
        ("LOLA.NS.CLOUDFLARE.COM.", "cloudflare/dns"),
        ("ns-1536.awsdns-00.co.uk", "aws/route53"),
        ("ns-512.awsdns-63.net", "aws/route53"),
        ("ns-cloud-d1.googledomains.com", "google-cloud/dns"),
        ("ns1-07.azure-dns.com", "azure/dns"),
        ("ns4-07.azure-dns.info", "azure/dns"),
        ("dns1.p05.nsone.net", "ns1/dns"),
        ("ns1.p43.dynect.net", "oracle-cloud/dns"),
        ("pdns1.ultradns.net", "ultradns/dns"),
        ("ns10.dnsmadeeasy.com", "dnsmadeeasy/dns"),
        ("ns11.constellix.com", "dnsmadeeasy/constellix"),
        ("ns1.dnsimple.com", "dnsimple/dns"),
        ("ns31.domaincontrol.com", "godaddy/dns"),
        ("dns1.registrar-servers.com", "namecheap/dns"),
        ("ns-12-a.gandi.net", "gandi/dns"),
        ("ns1045.ui-dns.org", "ionos/dns"),
        ("a.gtld-servers.net", "verisign/registry"),
        ("a1-64.akam.net", "akamai/dns"),
        ("f1g1ns1.dnspod.net", "tencent-cloud/dns"),
        ("dns9.hichina.com", "alibaba-cloud/dns"),
        ("dns12.ovh.net", "ovh/dns"),
        ("hydrogen.ns.hetzner.com", "hetzner/dns"),
        ("ns1.digitalocean.com", "digitalocean/dns"),
        ("ns1.linode.com", "linode/dns"),
        ("ns.notcloudflare.com", None),
        ("evil-ns.cloudflare.com.example.org", None),
        ("xns.cloudflare.net.example", None),
        ("ns1.example.org", None),
        ("", None),
        (".", None),
    ],
)
def test_a_name_server_tells_who_hosts_the_zone(
    catalog: Catalog, host: str, scope: str | None
) -> None:
    assert _first(catalog.name_server(host)) == scope


@pytest.mark.parametrize(
    ("target", "scope"),
    [
        ("www.example.com.cdn.cloudflare.net", "cloudflare/proxy"),
        ("d111111abcdef8.cloudfront.net", "aws/cloudfront"),
        ("app-1234.us-east-1.elb.amazonaws.com", "aws/elb/us-east-1"),
        ("net-9.elb.eu-west-1.amazonaws.com", "aws/elb/eu-west-1"),
        ("bucket.s3.eu-central-1.amazonaws.com", "aws/s3/eu-central-1"),
        ("site.s3-website-us-west-2.amazonaws.com", "aws/s3/us-west-2"),
        ("db.abc.us-east-1.rds.amazonaws.com", "aws/rds/us-east-1"),
        ("app.eu-west-1.elasticbeanstalk.com", "aws/elastic-beanstalk/eu-west-1"),
        ("something.new.amazonaws.com", "aws"),
        ("a1b2.awsglobalaccelerator.com", "aws/global-accelerator"),
        ("prod.global.fastly.net", "fastly/cdn"),
        ("www.example.com.edgekey.net", "akamai/cdn"),
        ("www.example.com.edgesuite.net", "akamai/cdn"),
        ("e1234.dscb.akamaiedge.net", "akamai/cdn"),
        ("app.azurefd.net", "azure/front-door"),
        ("vm1.westeurope.cloudapp.azure.com", "azure/compute/westeurope"),
        ("site.azurewebsites.net", "azure/app-service"),
        ("x.trafficmanager.net", "azure/traffic-manager"),
        ("ghs.googlehosted.com", "google-cloud/app-engine"),
        ("abc.impervadns.net", "imperva/waf"),
        ("zone.b-cdn.net", "bunny/cdn"),
        ("cl-1.gcdn.co", "gcore/cdn"),
        ("1234.rsc.cdn77.org", "cdn77/cdn"),
        ("cname.vercel-dns.com", "vercel/hosting"),
        ("cname.vercel-dns-017.com", "vercel/hosting"),
        ("site.netlify.app", "netlify/hosting"),
        ("x.herokudns.com", "heroku/dynos"),
        ("someone.github.io", "github/pages"),
        ("shops.myshopify.com", "shopify/shops"),
        ("ext-cust.squarespace.com", "squarespace/sites"),
        ("stspg-customer.com", "atlassian/statuspage"),
        ("a.b.yundunwaf3.com", "alibaba-cloud/waf"),
        ("x.cdn.dnsv1.com", "tencent-cloud/cdn"),
        ("origin.example.org", None),
    ],
)
def test_an_alias_tells_whose_service_it_points_to(
    catalog: Catalog, target: str, scope: str | None
) -> None:
    assert _first(catalog.cname(target)) == scope


@pytest.mark.parametrize(
    ("address", "scope"),
    [
        ("104.16.132.229", "cloudflare"),
        ("2606:4700::6810:84e5", "cloudflare"),
        ("172.67.1.1", "cloudflare"),
        ("151.101.1.140", "fastly/cdn"),
        ("2a04:4e42::396", "fastly/cdn"),
        ("13.224.1.1", "aws/cloudfront"),
        ("205.251.192.5", "aws/route53"),
        ("52.94.0.10", "aws/dynamodb/us-east-1"),
        ("3.80.0.1", "aws/ec2/us-east-1"),
        ("3.120.0.1", "aws/ec2/eu-central-1"),
        ("20.42.0.1", "azure/*/eastus"),
        ("13.107.246.40", "azure/front-door"),
        ("34.80.1.1", "google-cloud/compute/asia-east1"),
        ("8.8.8.8", "google"),
        ("129.80.1.1", "oracle-cloud/*/us-ashburn-1"),
        ("45.60.12.1", "imperva/waf"),
        ("185.199.108.153", "github/pages"),
        ("140.82.112.3", "github/web"),
        ("23.40.1.1", "akamai/cdn"),
        ("104.131.1.1", "digitalocean/droplets"),
        ("88.198.1.1", "hetzner/servers"),
        ("::ffff:104.16.132.229", "cloudflare"),
        ("192.0.2.1", None),
        ("2001:db8::1", None),
        ("127.0.0.1", None),
        ("0.0.0.0", None),
        ("255.255.255.255", None),
        ("ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", None),
        ("not an address", None),
    ],
)
def test_an_address_tells_whose_network_it_is_in(
    catalog: Catalog, address: str, scope: str | None
) -> None:
    assert _first(catalog.address(address)) == scope


@pytest.mark.parametrize(
    ("headers", "scopes"),
    [
        ({"Server": "cloudflare", "CF-RAY": "8c-CDG"}, ["cloudflare/proxy"]),
        ({"x-amz-cf-id": "x", "via": "1.1 a.cloudfront.net (CloudFront)"}, ["aws/cloudfront"]),
        ({"server": "awselb/2.0"}, ["aws/elb"]),
        ({"server": "cloudflare", "x-amz-request-id": "1"}, ["cloudflare/proxy", "aws"]),
        ({"x-served-by": "cache-cdg-1, cache-iad-2", "via": "1.1 varnish"}, ["fastly/cdn"]),
        ({"server": "AkamaiGHost"}, ["akamai/cdn"]),
        ({"via": "1.1 google"}, ["google-cloud/load-balancer"]),
        ({"x-azure-ref": "0abc"}, ["azure/front-door"]),
        ({"x-vercel-id": "cdg1::x", "server": "Vercel"}, ["vercel/hosting"]),
        ({"server": "Netlify"}, ["netlify/hosting"]),
        ({"server": "GitHub.com", "x-served-by": "cache-1"}, ["fastly/cdn", "github/pages"]),
        ({"server": "BunnyCDN-FR1-1"}, ["bunny/cdn"]),
        ({"via": "1.1 vegur"}, ["heroku/dynos"]),
        ({"server": "nginx", "x-served-by": "web1"}, []),
        ({}, []),
    ],
)
def test_headers_tell_who_stood_on_the_way_edges_first(
    catalog: Catalog, headers: dict[str, str], scopes: list[str]
) -> None:
    assert [str(match.scope) for match in catalog.headers(headers)] == scopes


@pytest.mark.parametrize(
    ("names", "scope"),
    [
        (["session", "__cf_bm"], "cloudflare/proxy"),
        (["AWSALB"], "aws/elb"),
        (["visid_incap_123456"], "imperva/waf"),
        (["ak_bmsc"], "akamai/cdn"),
        (["ARRAffinity"], "azure/app-service"),
        (["session"], None),
    ],
)
def test_cookies_tell_who_set_them(catalog: Catalog, names: list[str], scope: str | None) -> None:
    assert _first(catalog.cookies(names)) == scope


@pytest.mark.parametrize(
    ("organization", "scope"),
    [
        ("Let's Encrypt", "lets-encrypt/certificates"),
        ("let's  encrypt", "lets-encrypt/certificates"),
        ("DigiCert Inc", "digicert/certificates"),
        ("Sectigo Limited", "sectigo/certificates"),
        ("GlobalSign nv-sa", "globalsign/certificates"),
        ("Google Trust Services", "google-trust-services/certificates"),
        ("Google Trust Services LLC", "google-trust-services/certificates"),
        ("GoDaddy.com, Inc.", "godaddy/certificates"),
        ("Starfield Technologies, Inc.", "godaddy/certificates"),
        ("Amazon", "aws/certificates"),
        ("SSL Corporation", "ssl-com/certificates"),
        ("Entrust, Inc.", "entrust/certificates"),
        ("Microsoft Corporation", "azure/certificates"),
        ("My Own Authority", None),
        ("", None),
    ],
)
def test_an_issuer_tells_who_must_renew(
    catalog: Catalog, organization: str, scope: str | None
) -> None:
    assert _first(catalog.issuer(organization)) == scope


@pytest.mark.parametrize(
    ("host", "scope"),
    [
        ("aspmx.l.google.com", "google-workspace/mail"),
        ("example-com.mail.protection.outlook.com", "microsoft-365/mail"),
        ("mx0a-001b2d01.pphosted.com", "proofpoint/pod"),
        ("eu-smtp-inbound-1.mimecast.com", "mimecast/mail"),
        ("spool.mail.gandi.net", "gandi/mail"),
        ("inbound-smtp.us-east-1.amazonaws.com", "aws/ses/us-east-1"),
        ("mail.example.org", None),
    ],
)
def test_a_mail_exchanger_tells_who_receives_mail(
    catalog: Catalog, host: str, scope: str | None
) -> None:
    assert _first(catalog.mx(host)) == scope


@pytest.mark.parametrize(
    ("host", "scope"),
    [
        ("_spf.google.com", "google-workspace/mail"),
        ("spf.protection.outlook.com", "microsoft-365/mail"),
        ("amazonses.com", "aws/ses"),
        ("sendgrid.net", "twilio/sendgrid"),
        ("spf.example.org", None),
    ],
)
def test_an_spf_include_tells_who_sends_mail(
    catalog: Catalog, host: str, scope: str | None
) -> None:
    assert _first(catalog.spf(host)) == scope


@pytest.mark.parametrize(
    ("host", "scope", "role"),
    [
        ("www.googletagmanager.com", "google/tag-manager", "tags"),
        ("www.google-analytics.com", "google/analytics", "analytics"),
        ("fonts.googleapis.com", "google/fonts", "fonts"),
        ("storage.googleapis.com", "google-cloud/storage", "storage"),
        ("www.google.com", "google", None),
        ("challenges.cloudflare.com", "cloudflare/turnstile", "captcha"),
        ("cdnjs.cloudflare.com", "cloudflare/cdnjs", "scripts"),
        ("js.hcaptcha.com", "hcaptcha/captcha", "captcha"),
        ("www.recaptcha.net", "google/recaptcha", "captcha"),
        ("cdn.jsdelivr.net", "jsdelivr/cdn", "scripts"),
        ("unpkg.com", "unpkg/cdn", "scripts"),
        ("connect.facebook.net", "meta/pixel", "advertising"),
        ("js.stripe.com", "stripe/payments", "payments"),
        ("api.stripe.com", "stripe/payments", "payments"),
        ("www.paypal.com", "paypal/payments", "payments"),
        ("browser.sentry-cdn.com", "sentry/sdk", "error-tracking"),
        ("tenant.eu.auth0.com", "okta/auth0", "sign-in"),
        ("dynamodb.us-east-1.amazonaws.com", "aws/dynamodb/us-east-1", "keyvalue"),
        ("api.twilio.com", "twilio/messages", "telephony"),
        ("status.statuspage.io", "atlassian/statuspage", "status-page"),
        ("static.example.org", None, None),
    ],
)
def test_the_host_of_a_resource_tells_who_offers_it(
    catalog: Catalog, host: str, scope: str | None, role: str | None
) -> None:
    matches = catalog.resource_host(host)
    assert _first(matches) == scope
    assert (matches[0].role if matches else None) == role


@pytest.mark.parametrize(
    ("host", "scope"),
    [
        ("r3.o.lencr.org", "lets-encrypt/certificates"),
        ("ocsp.digicert.com", "digicert/certificates"),
        ("crl3.digicert.com", "digicert/certificates"),
        ("o.pki.goog", "google-trust-services/certificates"),
        ("ocsp.r2m02.amazontrust.com", "aws/certificates"),
        ("ocsp.example.org", None),
    ],
)
def test_a_revocation_host_tells_whose_certificates_it_answers_for(
    catalog: Catalog, host: str, scope: str | None
) -> None:
    assert _first(catalog.revocation(host)) == scope


def test_a_match_says_its_rule_with_the_observed_value_and_its_source(catalog: Catalog) -> None:
    (match,) = catalog.name_server("bob.ns.cloudflare.com")
    assert match.rule == "the name server bob.ns.cloudflare.com ends in ns.cloudflare.com"
    assert match.source == "AqsaKashaf/Webdep, MIT"
    assert match.last_confirmed == date(2023, 4, 1)
    assert match.confidence == 0.95
    assert match.role == "dns"


def test_what_is_unconfirmed_is_believed_less(catalog: Catalog) -> None:
    (match,) = catalog.cname("site.pages.dev")
    assert (match.last_confirmed, match.confidence) == (None, 0.6)
    assert match.source == "public knowledge"


def test_a_role_is_that_of_the_product_and_of_a_provider_only_if_it_has_one(
    catalog: Catalog,
) -> None:
    assert catalog.role(Scope.parse("aws/dynamodb/us-east-1")) == "keyvalue"
    assert catalog.role(Scope("cloudflare", "proxy")) == "edge"
    assert catalog.role(Scope("lets-encrypt")) == "certificates"
    assert catalog.role(Scope("aws", "*", "us-east-1")) is None
    assert catalog.role(Scope("cloudflare")) is None
    assert catalog.role(Scope("nobody", "x")) is None


def test_an_owner_and_a_carrier_are_told_apart(catalog: Catalog) -> None:
    linode = catalog.provider("linode")
    assert linode is not None
    assert linode.owner == "Akamai Technologies, Inc."
    github = catalog.provider("github")
    assert github is not None
    pages = github.product("pages")
    assert pages is not None
    assert pages.served_by == ("fastly",)


def test_long_and_hostile_text_is_cut_and_never_an_error(catalog: Catalog) -> None:
    assert catalog.cname("1." * 500_000 + "cloudfront.net") == ()
    (match,) = catalog.headers({"server": "cloudflare " + "x" * 10_000})
    assert len(match.rule) < 120
    assert catalog.name_server("\x00..ns.cloudflare.com")[0].provider == "cloudflare"
