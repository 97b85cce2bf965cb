"""A device's side of end-to-end encryption: keys, sessions and the Olm double ratchet."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import vodozemac

MOST_SESSIONS = 8
"""Sessions that are kept with one other device; the one that was used last comes first."""


class NotGenuine(Exception):
    """Keys or a message are not what their owner made: altered, forged, repeated or unreadable."""


@dataclass(frozen=True, slots=True)
class Identity:
    """A device's public identity, signed by its own key."""

    user: str
    device: str
    curve25519: str
    ed25519: str
    signature: str

    @classmethod
    def from_json(cls, card: Mapping[str, Any]) -> Identity:
        """Read what a server hands out; raises NotGenuine where it is not signed."""
        try:
            found = cls(*(str(card[name]) for name in cls.__slots__))
        except (KeyError, TypeError) as error:
            raise NotGenuine(f"an identity without {error}") from error
        if not found.is_signed():
            raise NotGenuine(f"the identity of {found.user} is not signed by its own key")
        return found

    def to_json(self) -> dict[str, str]:
        """The form in which a server keeps and hands out an identity."""
        return {name: str(getattr(self, name)) for name in self.__slots__}

    def is_signed(self) -> bool:
        """True where the signature is the identity's own."""
        said = identity_text(self.user, self.device, self.curve25519)
        return _verified(self.ed25519, said, self.signature)


@dataclass(frozen=True, slots=True)
class Letter:
    """A message, read by the device that it was meant for."""

    sender: str
    text: bytes


@dataclass(slots=True)
class _Peer:
    identity: Identity
    sessions: list[vodozemac.Session] = field(default_factory=list)


def identity_text(user: str, device: str, curve25519: str) -> bytes:
    """What a device signs to bind its two keys to its user."""
    return f"identity|{user}|{device}|{curve25519}".encode()


def key_is_signed(identity: Identity, name: str, key: str, signature: str) -> bool:
    """True where the one-time key was made by the identity's device."""
    return _verified(identity.ed25519, _key_text(identity, name, key), signature)


class Device:
    """One device of one user. Private keys never leave it."""

    def __init__(self, user: str, name: str) -> None:
        self._account = vodozemac.Account()
        self._peers: dict[tuple[str, str], _Peer] = {}
        curve25519 = self._account.curve25519_key.to_base64()
        signed = self._account.sign(identity_text(user, name, curve25519))
        ed25519 = self._account.ed25519_key.to_base64()
        self.identity = Identity(user, name, curve25519, ed25519, signed.to_base64())

    @property
    def user(self) -> str:
        """Whose device it is."""
        return self.identity.user

    @property
    def name(self) -> str:
        """The device's name among those of its user."""
        return self.identity.device

    def make_one_time_keys(self, count: int) -> dict[str, dict[str, str]]:
        """Fresh signed one-time keys, to be published."""
        self._account.generate_one_time_keys(count)
        made = {name: key.to_base64() for name, key in self._account.one_time_keys.items()}
        self._account.mark_keys_as_published()
        return {
            name: {
                "key": key,
                "signature": self._account.sign(_key_text(self.identity, name, key)).to_base64(),
            }
            for name, key in made.items()
        }

    def knows(self, user: str, device: str) -> bool:
        """True where the other device's identity is pinned."""
        return (user, device) in self._peers

    def trust(self, identity: Identity) -> None:
        """Pin another device's identity, as two people do who compare safety numbers.

        Raises NotGenuine where another identity is pinned under its name already.
        """
        place = (identity.user, identity.device)
        known = self._peers.setdefault(place, _Peer(identity)).identity
        if (known.curve25519, known.ed25519) != (identity.curve25519, identity.ed25519):
            raise NotGenuine(f"{identity.user}'s device {identity.device} has another identity now")

    def has_session(self, user: str, device: str) -> bool:
        """True where the other device can be written to without a one-time key."""
        return self.knows(user, device) and bool(self._peers[(user, device)].sessions)

    def open_session(self, card: Mapping[str, Any]) -> None:
        """Start a session by a claimed one-time key; raises NotGenuine."""
        identity = Identity.from_json(card)
        self.trust(identity)
        claimed = card.get("one_time_key")
        if not isinstance(claimed, Mapping):
            raise NotGenuine(f"{identity.user}'s device {identity.device} has no one-time key left")
        name, key, signature = (str(claimed.get(part)) for part in ("id", "key", "signature"))
        if not key_is_signed(identity, name, key, signature):
            raise NotGenuine(f"a one-time key of {identity.user} is not signed by the device")
        session = self._account.create_outbound_session(
            vodozemac.Curve25519PublicKey.from_base64(identity.curve25519),
            vodozemac.Curve25519PublicKey.from_base64(key),
        )
        self._use(self._peers[(identity.user, identity.device)], session)

    def encrypt(self, user: str, device: str, text: bytes) -> dict[str, Any]:
        """The ciphertext for another device, ready to be posted."""
        kind, sealed = self._peers[(user, device)].sessions[0].encrypt(text).to_parts()
        return {
            "device": device,
            "sender_device": self.name,
            "type": kind,
            "ciphertext": base64.b64encode(sealed).decode(),
        }

    def decrypt(self, mail: Mapping[str, Any]) -> Letter:
        """Read a mail of a pinned sender; raises NotGenuine."""
        sender = str(mail.get("sender"))
        peer = self._peers.get((sender, str(mail.get("sender_device"))))
        if peer is None:
            raise NotGenuine(f"{sender}'s device is not known here")
        try:
            sealed = base64.b64decode(str(mail["ciphertext"]), validate=True)
            message = vodozemac.AnyOlmMessage.from_parts(int(mail["type"]), sealed)
            return Letter(sender, self._open(peer, message))
        except (KeyError, TypeError, ValueError, OverflowError, binascii.Error) as error:
            # vodozemac's own exceptions are ValueErrors.
            raise NotGenuine(f"a message from {sender} does not decrypt: {error}") from error

    def _open(self, peer: _Peer, message: vodozemac.AnyOlmMessage) -> bytes:
        first = message.to_pre_key()
        if first is None:
            return self._open_with_any(peer, message)
        for session in peer.sessions:
            if session.session_matches(first):
                text = session.decrypt(message)
                self._use(peer, session)
                return text
        key = vodozemac.Curve25519PublicKey.from_base64(peer.identity.curve25519)
        session, text = self._account.create_inbound_session(key, first)
        self._use(peer, session)
        return text

    def _open_with_any(self, peer: _Peer, message: vodozemac.AnyOlmMessage) -> bytes:
        why: ValueError = ValueError("there is no session with the sender")
        for session in peer.sessions:
            try:
                text = session.decrypt(message)
            except ValueError as error:
                why = error
                continue
            self._use(peer, session)
            return text
        raise why

    def _use(self, peer: _Peer, session: vodozemac.Session) -> None:
        others = [known for known in peer.sessions if known.session_id != session.session_id]
        peer.sessions[:] = [session, *others][:MOST_SESSIONS]


def _key_text(identity: Identity, name: str, key: str) -> bytes:
    return f"one-time-key|{identity.user}|{identity.device}|{name}|{key}".encode()


def _verified(ed25519: str, said: bytes, signature: str) -> bool:
    try:
        key = vodozemac.Ed25519PublicKey.from_base64(ed25519)
        key.verify_signature(said, vodozemac.Ed25519Signature.from_base64(signature))
    except ValueError:
        return False
    return True
