"""A provider named in words is found in the catalogue, and nobody is found in a sentence."""

from __future__ import annotations

import pytest

from downwind.jobs.backtest.stated import names_of, scopes_in

from .stories import catalog


def found(statement: str) -> list[str]:
    return [str(scope) for scope in scopes_in(statement, names_of(catalog()))]


@pytest.mark.parametrize(
    ("statement", "scopes"),
    [
        ("Vercel", ["vercel"]),
        ("vercel", ["vercel"]),
        ("Vercel, Inc.", ["vercel"]),
        ("AWS", ["aws"]),
        ("Amazon Web Services", ["aws"]),
        ("AWS us-east-1", ["aws"]),
        ("AWS (us-east-1)", ["aws"]),
        ("Amazon CloudFront", ["aws/cloudfront"]),
        ("AWS CloudFront", ["aws/cloudfront"]),
        ("CloudFront", ["aws/cloudfront"]),
        ("Azure", ["azure"]),
        ("Microsoft Azure", ["azure"]),
        ("Azure Front Door", ["azure/front-door"]),
        ("Azure Static Web Apps", ["azure/static-web-apps"]),
        ("GCP", ["google-cloud"]),
        ("Google Cloud Platform", ["google-cloud"]),
        ("Google", ["google"]),
        ("Firebase", ["google-cloud/firebase"]),
        ("Digital Ocean", ["digitalocean"]),
        ("Fly.io", ["fly-io"]),
        ("Cloudflare (proxy)", ["cloudflare/proxy"]),
        ("Cloudflare Workers", ["cloudflare/workers"]),
        ("Vercel / Cloudflare", ["vercel", "cloudflare"]),
        ("Netlify behind Cloudflare", ["netlify", "cloudflare"]),
        ("Heroku (Salesforce)", ["heroku"]),
        ("hosted on Render", ["render"]),
        ("own server (Hetzner)", ["hetzner"]),
        ("Discord", ["discord/chat"]),
        ("", []),
        ("our own cellar", []),
        ("Console", []),  # of several
        ("API", []),
        ("slack bot that runs in our own cellar", []),
        ("()", []),
        ("/ / ,", []),
    ],
)
def test_a_statement_names_whom_it_names(statement: str, scopes: list[str]) -> None:
    assert found(statement) == scopes


def test_every_provider_is_found_by_its_id_and_all_but_namesakes_by_their_names() -> None:
    names = names_of(catalog())
    wrong = [
        (provider.id, said)
        for provider in catalog().providers
        for said in (provider.id, provider.name)
        if {scope.provider for scope in scopes_in(said, names)} - {provider.id} and "/" not in said
    ]
    assert wrong == []
