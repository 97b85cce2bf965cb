"""DMARC, MTA-STS, TLS reports and MX records are read, and mailboxes and tokens are not kept."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from downwind.evidence.mail import (
    Exchanger,
    StsPolicy,
    exchangers_of,
    kept_text,
    read_sts_policy,
    read_tags,
    refuses_mail,
    report_domains,
    tagged,
)

POLICY = "version: STSv1\nmode: enforce\nmx: mx.x.test\nmx: *.Mail.test\nmax_age: 604800\n"


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("v=spf1 include:_spf.x.test -all", "v=spf1 include:_spf.x.test -all"),
        ("v=STSv1; id=20260101", "v=STSv1; id=20260101"),
        (
            "v=DMARC1; p=none; rua=mailto:jo.doe@x.test,mailto:a@y.test!10m",
            "v=DMARC1; p=none; rua=mailto:[redacted]@x.test,mailto:[redacted]@y.test!10m",
        ),
        ("v=spf1 exists:%{i}._spf.x.test", "v=spf1 exists:%{i}._spf.x.test"),
        ("google-site-verification=aBcD1234", "google-site-verification=[redacted]"),
        ("MS=ms12345678", "MS=[redacted]"),
        ("v=DKIM1; p=MIGf", "v=[redacted]"),
        ("hunter2", "[redacted]"),
    ],
)
def test_only_policies_are_kept_and_without_mailboxes(text: str, kept: str) -> None:
    assert kept_text(text) == kept


@given(st.text(max_size=80))
def test_what_was_kept_stays_as_it_is_when_it_is_kept_again(text: str) -> None:
    assert kept_text(kept_text(text)) == kept_text(text)


def test_tags_are_read_and_reports_go_to_domains() -> None:
    tags = read_tags("v=DMARC1 ; P=reject;rua=mailto:[redacted]@x.test, mailto:b@Y.test; p=none;;")
    assert tags == {
        "v": "DMARC1",
        "p": "reject",
        "rua": "mailto:[redacted]@x.test, mailto:b@Y.test",
    }
    assert report_domains(tags) == ("x.test", "y.test")


def test_two_records_of_one_version_are_none() -> None:
    assert tagged(["v=STSv1; id=1"], "stsv1") == {"v": "STSv1", "id": "1"}
    assert tagged(["v=STSv1; id=1", "v=STSv1; id=2"], "stsv1") is None
    assert tagged(["v=spf1"], "stsv1") is None


def test_a_policy_of_mta_sts_is_read() -> None:
    policy = read_sts_policy(POLICY.replace("\n", "\r\n"))
    assert policy == StsPolicy("enforce", 604800, ("mx.x.test", "*.mail.test"))
    assert policy.allows("a.mail.test")
    assert not policy.allows("mail.test")
    assert not policy.allows("a.b.mail.test")


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("", "it is no policy of version STSv1"),
        ("<html>", "it is no policy of version STSv1"),
        (
            POLICY.replace("enforce", "on"),
            "its mode is 'on'; it must be enforce, testing or none",
        ),
        (
            POLICY.replace("604800", "a week"),
            "its max_age is 'a week', which is no number of seconds",
        ),
        ("version: STSv1\nmode: testing\nmax_age: 1", "it names no mx"),
    ],
)
def test_a_policy_that_is_none_says_why(text: str, problem: str) -> None:
    with pytest.raises(ValueError, match=r".") as raised:
        read_sts_policy(text)
    assert str(raised.value) == problem


def test_a_policy_holds_for_a_year_at_most() -> None:
    assert read_sts_policy(POLICY.replace("604800", "9999999999")).max_age == 31_557_600


@pytest.mark.parametrize(
    ("records", "found"),
    [
        (["20 b.test.", "10 A.test."], (Exchanger(10, "a.test"), Exchanger(20, "b.test"))),
        (["20 a.test.", "10 a.test."], (Exchanger(10, "a.test"),)),
        (["0 ."], ()),
        (["x a.test.", "10", "-1 b.test.", ""], ()),
    ],
)
def test_exchangers_come_preferred_first(records: list[str], found: tuple[Exchanger, ...]) -> None:
    assert exchangers_of(records) == found


def test_a_null_mx_refuses_mail_and_nothing_else_does() -> None:
    assert refuses_mail(["0 ."])
    assert not refuses_mail(["0 .", "10 a.test."])
    assert not refuses_mail([])
