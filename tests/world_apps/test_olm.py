"""Two devices understand each other whatever is said and in whatever order; forgeries are told."""

from __future__ import annotations

import base64
import random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from downwind.world.people.olm import Device, Identity, NotGenuine


def card_of(device: Device) -> dict[str, Any]:
    """What an honest server hands out."""
    name, signed = next(iter(device.make_one_time_keys(1).items()))
    return device.identity.to_json() | {"one_time_key": {"id": name} | signed}


def pair() -> tuple[Device, Device]:
    ada, grace = Device("ada", "a1"), Device("grace", "g1")
    ada.trust(grace.identity)
    grace.trust(ada.identity)
    ada.open_session(card_of(grace))
    return ada, grace


def mail(sender: Device, to: Device, text: bytes) -> dict[str, Any]:
    return {"sender": sender.user} | sender.encrypt(to.user, to.name, text)


@given(st.text())
@settings(max_examples=60, deadline=None)
def test_any_text_survives(text: str) -> None:
    ada, grace = pair()
    there = grace.decrypt(mail(ada, grace, text.encode()))
    back = ada.decrypt(mail(grace, ada, there.text))
    assert (there.sender, back.sender) == ("ada", "grace")
    assert back.text.decode() == text


@given(
    moves=st.lists(st.tuples(st.booleans(), st.booleans(), st.integers(0, 20)), max_size=60),
)
@settings(max_examples=60, deadline=None)
def test_messages_cross_in_any_order(moves: list[tuple[bool, bool, int]]) -> None:
    """Each move sends a message in one direction, or delivers one of those under way."""
    ada, grace = pair()
    grace.decrypt(mail(ada, grace, b"hello"))
    ways: dict[bool, tuple[Device, Device]] = {True: (ada, grace), False: (grace, ada)}
    under_way: dict[bool, list[tuple[bytes, dict[str, Any]]]] = {True: [], False: []}
    for number, (direction, send, place) in enumerate(moves):
        sender, recipient = ways[direction]
        if send:
            text = str(number).encode()
            under_way[direction].append((text, mail(sender, recipient, text)))
        elif under_way[direction]:
            text, sealed = under_way[direction].pop(place % len(under_way[direction]))
            assert recipient.decrypt(sealed).text == text
    for direction, left in under_way.items():
        for text, sealed in reversed(left):
            assert ways[direction][1].decrypt(sealed).text == text


def test_hundreds_of_messages_arrive_out_of_order_in_both_directions() -> None:
    ada, grace = pair()
    grace.decrypt(mail(ada, grace, b"hello"))
    drawn = random.Random(1)
    for turn in range(12):
        sender, recipient = (ada, grace) if turn % 2 else (grace, ada)
        sealed = [mail(sender, recipient, f"{turn}/{n}".encode()) for n in range(30)]
        order = list(range(30))
        drawn.shuffle(order)
        for place in order:
            assert recipient.decrypt(sealed[place]).text == f"{turn}/{place}".encode()


def test_both_may_write_first_at_the_same_time() -> None:
    ada, grace = pair()
    grace.open_session(card_of(ada))
    first, second = mail(ada, grace, b"one"), mail(grace, ada, b"two")
    assert grace.decrypt(first).text == b"one"
    assert ada.decrypt(second).text == b"two"
    for turn in range(6):
        sender, recipient = (ada, grace) if turn % 2 else (grace, ada)
        assert recipient.decrypt(mail(sender, recipient, b"more")).text == b"more"


@given(place=st.integers(0, 10_000), flip=st.integers(1, 255), first=st.booleans())
@settings(max_examples=80, deadline=None)
def test_one_altered_byte_is_noticed_and_harms_nothing(place: int, flip: int, first: bool) -> None:
    ada, grace = pair()
    if not first:
        grace.decrypt(mail(ada, grace, b"hello"))
        ada.decrypt(mail(grace, ada, b"hello"))
    sealed = mail(ada, grace, b"the truth")
    raw = bytearray(base64.b64decode(sealed["ciphertext"]))
    raw[place % len(raw)] ^= flip
    altered = sealed | {"ciphertext": base64.b64encode(raw).decode()}

    try:
        # An altered length of a field that Olm skips can leave the message as it was.
        assert grace.decrypt(altered).text == b"the truth"
    except NotGenuine:
        assert grace.decrypt(sealed).text == b"the truth"


BROKEN: list[dict[str, Any]] = [
    {"ciphertext": ""},
    {"ciphertext": "AAAA"},
    {"ciphertext": "no base64!"},
    {"ciphertext": None},
    {"type": 1},
    {"type": 7},
    {"type": -1},
    {"type": "x"},
    {"type": None},
    {"type": 10**30},
    {"sender": "eve"},
    {"sender_device": "a2"},
]


@pytest.mark.parametrize("change", BROKEN, ids=str)
def test_what_is_no_message_is_told(change: dict[str, Any]) -> None:
    ada, grace = pair()
    sealed = mail(ada, grace, b"text")
    with pytest.raises(NotGenuine):
        grace.decrypt(sealed | change)
    assert grace.decrypt(sealed).text == b"text"


def test_a_message_that_comes_twice_is_told() -> None:
    ada, grace = pair()
    for _ in range(2):
        sealed = mail(ada, grace, b"pay ten")
        grace.decrypt(sealed)
        with pytest.raises(NotGenuine, match="does not decrypt"):
            grace.decrypt(sealed)


def test_a_forger_cannot_write_in_anothers_name() -> None:
    _, grace = pair()
    forger = Device("ada", "a1")
    forger.open_session(card_of(grace))
    with pytest.raises(NotGenuine, match="identity key"):
        grace.decrypt(mail(forger, grace, b"it is me"))


def test_a_changed_identity_is_refused() -> None:
    ada, _ = pair()
    impostor = Device("grace", "g1")
    with pytest.raises(NotGenuine, match="another identity now"):
        ada.open_session(card_of(impostor))


@pytest.mark.parametrize(
    ("part", "said"),
    [
        ("signature", "not signed by its own key"),
        ("curve25519", "not signed by its own key"),
        ("user", "not signed by its own key"),
        ("key", "not signed by the device"),
        ("one_time_key", "no one-time key left"),
        ("missing", "without"),
    ],
)
def test_keys_that_their_owner_did_not_sign_are_refused(part: str, said: str) -> None:
    grace, other = Device("grace", "g1"), Device("eve", "e1")
    card, foreign = card_of(grace), card_of(other)
    if part == "key":
        card["one_time_key"] = foreign["one_time_key"]
    elif part == "one_time_key":
        card["one_time_key"] = None
    elif part == "missing":
        del card["ed25519"]
    else:
        card[part] = foreign[part]
    with pytest.raises(NotGenuine, match=said):
        Device("ada", "a1").open_session(card)


def test_an_identity_reads_back_as_it_was_written() -> None:
    identity = Device("ada", "a1").identity
    assert Identity.from_json(identity.to_json()) == identity
