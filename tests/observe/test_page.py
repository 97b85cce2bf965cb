"""What a page fetches from elsewhere is hard or soft, with the reason."""

from __future__ import annotations

import time

import pytest

from downwind.evidence.domains import registrable_domain
from downwind.observe.page import read_page

URL = "https://www.x.test/home/"


def _strengths(html: str) -> dict[str, tuple[str, str]]:
    return {r.url: (r.element, r.strength) for r in read_page(html, URL).resources}


@pytest.mark.parametrize(
    ("tag", "strength"),
    [
        ('<script src="https://a.ads.test/1.js"></script>', "hard"),
        ('<script type="text/javascript" src="https://a.ads.test/1.js"></script>', "hard"),
        ('<script async src="https://a.ads.test/1.js"></script>', "soft"),
        ('<script DEFER src="https://a.ads.test/1.js"></script>', "soft"),
        ('<script type="module" src="https://a.ads.test/1.js"></script>', "soft"),
        ('<script nomodule src="https://a.ads.test/1.js"></script>', "soft"),
        ('<script type="text/template" src="https://a.ads.test/1.js"></script>', "soft"),
        ('<link rel="stylesheet" href="https://a.ads.test/1.js">', "hard"),
        ('<link rel="stylesheet" media="print" href="https://a.ads.test/1.js">', "soft"),
        ('<link rel="alternate stylesheet" href="https://a.ads.test/1.js">', None),
        ('<link rel="preload" as="font" href="https://a.ads.test/1.js">', "soft"),
        ('<link rel="canonical" href="https://a.ads.test/1.js">', None),
        ('<script src="https://static.x.test/1.js"></script>', "soft"),
    ],
)
def test_the_head_decides_what_is_hard(tag: str, strength: str | None) -> None:
    resources = read_page(f"<html><head>{tag}</head><body></body></html>", URL).resources
    assert [each.strength for each in resources] == ([strength] if strength else [])
    assert all(each.reason for each in resources)


def test_the_body_is_soft() -> None:
    html = """<head></head><body><script src="//a.ads.test/1.js"></script>
    <img src="https://i.ads.test/1.png"><iframe src="https://f.ads.test/"></iframe>
    <link rel="stylesheet" href="https://a.ads.test/1.css"></body>"""
    assert _strengths(html) == {
        "https://a.ads.test/1.js": ("script", "soft"),
        "https://a.ads.test/1.css": ("stylesheet", "soft"),
        "https://i.ads.test/1.png": ("image", "soft"),
        "https://f.ads.test/": ("frame", "soft"),
    }


def test_links_are_resolved_against_the_page_and_its_base() -> None:
    assert set(_strengths('<script src="a.js"></script>')) == {"https://www.x.test/home/a.js"}
    html = '<base href="https://cdn.ads.test/v1/"><script src="a.js"></script>'
    assert set(_strengths(html)) == {"https://cdn.ads.test/v1/a.js"}


def test_third_parties_are_told_by_what_somebody_registered() -> None:
    html = '<img src="https://static.x.test/a.png"><img src="https://y.test/a.png">'
    third = {r.host: r.third_party for r in read_page(html, URL).resources}
    assert third == {"static.x.test": False, "y.test": True}
    assert registrable_domain("a.b.example.co.uk") == "example.co.uk"
    assert registrable_domain("198.18.0.1") == "198.18.0.1"
    assert registrable_domain("test") == "test"


def test_what_cannot_be_fetched_is_no_resource() -> None:
    html = """<img src="data:image/png;base64,AA=="><img src="http://[bad"><img src="">
    <script src="javascript:alert(1)"></script><img src="http:///no-host">"""
    assert {r.host for r in read_page(html, URL).resources} <= {"www.x.test"}


def test_a_page_of_many_resources_is_cut_and_counted() -> None:
    html = "".join(f'<img src="https://i{n}.ads.test/">' for n in range(600))
    page = read_page(html, URL)
    assert (len(page.resources), page.left_out) == (500, 100)


@pytest.mark.parametrize(
    "html",
    [
        "",
        "\0" * 100,
        "<" * 10_000,
        "<div>" * 400_000,
        "<div_>" * 300_000,
        "<b><noscript><template>" * 80_000,
        "<i>" * 200_000 + "<hr>" * 200_000,
        "<svg><x/>" * 200_000,
        "<table>" * 250_000,
        "<img src=a>" * 180_000,
        "<title>" + "x" * 10_000,
        "<script src=" * 99,
        "<a '" * 400_000,
        "<!--" * 400_000,
        "</p>" * 400_000,
    ],
)
def test_no_markup_makes_it_fail_or_stall(html: str) -> None:
    began = time.process_time()
    assert len(read_page(html, URL).title) <= 200
    assert time.process_time() - began < 3


def test_what_browsers_do_not_run_is_not_fetched() -> None:
    html = """<head><noscript><link rel=stylesheet href="https://a.ads.test/1.css"></noscript>
    <script src="https://a.ads.test/1.js"></script><!-- <img src="https://i.ads.test/"> -->
    <script>document.write('<img src="https://i.ads.test/2.png">')</script></head>
    <template><img src="https://i.ads.test/3.png"></template>"""
    assert set(_strengths(html)) == {"https://a.ads.test/1.js"}


def test_a_script_after_the_first_thing_shown_is_not_in_the_head() -> None:
    html = '<head><div></div><script src="https://a.ads.test/1.js"></script></head>'
    assert _strengths(html) == {"https://a.ads.test/1.js": ("script", "soft")}
    html = '<head></div><script src="https://a.ads.test/1.js"></script></head>'
    assert _strengths(html) == {"https://a.ads.test/1.js": ("script", "hard")}


def test_where_a_page_announces_to_connect_and_where_its_forms_go_is_read() -> None:
    html = """
        <link rel="preconnect" href="https://api.y.test"><link rel=dns-prefetch href=//z.test>
        <form action="https://pay.y.test/go"><input><form action="https://in.form.test/"></form>
        <video><source src="https://media.y.test/a.mp4"></video>
    """
    found = {r.url: (r.element, r.strength) for r in read_page(html, URL).resources}
    assert found == {
        "https://api.y.test/": ("connection", "soft"),
        "https://z.test/": ("connection", "soft"),
        "https://pay.y.test/go": ("form", "soft"),
        "https://media.y.test/a.mp4": ("media", "soft"),
    }


def test_forms_in_forms_take_no_time() -> None:
    began = time.monotonic()
    read_page("<form action=/a>" * 100_000, URL)
    assert time.monotonic() - began < 2
