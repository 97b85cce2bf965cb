"""What a person does from the page, in a real browser: with a token that may, and not without."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

from downwind.show.web import Access, build_app, serving
from tests.show.web.browser import Page, browsing, needs_chromium
from tests.show.web.hub import ACTOR, READER, TOKENS, MemoryHub
from tests.show.web.pictures import NOON, outage_picture

ID = "2025-11-18-cloudflare-proxy"
_FIELD = "document.querySelector('#acting input[type=password]')"
_WRONG = "document.querySelector('#acting .wrong')?.textContent"
_ACTING = "document.querySelector('#acting')?.textContent.startsWith('Acting as ana.')"


@asynccontextmanager
async def _page(hub: MemoryHub, folder: Path, path: str = "/") -> AsyncIterator[Page]:
    app = build_app(hub, Access(TOKENS))
    async with serving(app, "127.0.0.1", 0) as url, browsing(f"{url}{path}", folder) as page:
        await page.until(f"{_FIELD} !== null")
        yield page


async def _enter(page: Page, secret: str) -> None:
    """Type the token, and press Enter."""
    await page.says("document.getElementById('sign').open = true")
    await page.says(f"{_FIELD}.value = {secret!r}")
    key = "new KeyboardEvent('keydown', {key: 'Enter', bubbles: true})"
    await page.says(f"{_FIELD}.dispatchEvent({key}), null")


def _button(path: str, words: str) -> str:
    return (
        f"[...document.querySelectorAll('[data-path=\"/api/v1/{path}\"] button')]"
        f".find((each) => each.textContent === '{words}')"
    )


async def _dialog(page: Page, words: str, note: str) -> None:
    """Write the note into the dialog, and press the button of these words."""
    await page.until("document.querySelector('dialog').open")
    assert await page.says("document.activeElement.tagName") == "TEXTAREA"
    await page.says(f"document.querySelector('dialog textarea').value = {note!r}")
    found = "[...document.querySelectorAll('dialog button')]"
    await page.says(f"{found}.find((each) => each.textContent === {words!r}).click()")


@needs_chromium
async def test_without_a_token_or_with_one_that_only_reads_there_is_no_button(
    tmp_path: Path,
) -> None:
    hub = MemoryHub(outage_picture())
    async with _page(hub, tmp_path) as page:
        buttons = "document.querySelectorAll('[data-path] button').length"
        assert await page.says(buttons) == 0
        await _enter(page, "no-such-secret-0123456789")
        await page.until(f"{_WRONG} === 'This token is not known here.'")
        await _enter(page, READER)
        await page.until(f"({_WRONG} || '').startsWith('The token reader may not act.')")
        assert await page.says(buttons) == 0
        assert await page.says("sessionStorage.length") == 0
    assert hub.told == []


@needs_chromium
async def test_a_person_acts_on_incidents_needs_and_maintenance(tmp_path: Path) -> None:
    hub = MemoryHub(outage_picture())
    async with _page(hub, tmp_path) as page:
        await _enter(page, ACTOR)
        await page.until(_ACTING)
        for path, words, note in (
            (f"incidents/{ID}", "Acknowledge", "on it"),
            (f"incidents/{ID}", "Comment", "they say an hour"),
            (f"incidents/{ID}", "Close", ""),
            ("needs/n1", "Reject", "chance"),
            ("maintenance/1763470800-chat%2Fdo-2", "Cancel", "not today"),
        ):
            await page.says(f"{_button(path, words)}.focus()")
            await page.says(f"{_button(path, words)}.click()")
            await _dialog(page, words, note)
            await page.until("!document.querySelector('dialog').open")
            assert f"Done: {words.lower()}" in await page.says(
                "document.querySelector('.said').textContent"
            )
        fields = "document.querySelectorAll('#plan input, #plan select')"
        await page.says(f"{fields}[0].value = 'shop'; {fields}[1].value = '2025-11-18T14:00'")
        await page.says(f"{fields}[2].value = '1800'; {fields}[3].value = 'new disks'")
        await page.says("document.querySelector('#plan button').click()")
        await page.until("document.querySelector('.said').textContent.startsWith('Planned')")
    told = {"service": "shop", "at": NOON + 7200, "until": NOON + 9000, "title": "new disks"}
    assert hub.told == [
        ("acknowledge", "ana", ID, "ana", "on it"),
        ("comment", "ana", ID, "ana", "they say an hour"),
        ("close", "ana", ID, "ana", ""),
        ("need", "ana", "n1", False, "ana", "chance"),
        ("cancel", "ana", "1763470800-chat/do-2", "ana", "not today"),
        ("maintenance", "ana", {**told, "by": "ana", "url": ""}),
    ]


@needs_chromium
async def test_what_cannot_be_done_is_told_in_the_dialog_and_nothing_is_lost(
    tmp_path: Path,
) -> None:
    hub = MemoryHub(outage_picture(), full=True)
    async with _page(hub, tmp_path, f"/incidents/{ID}") as page:
        await _enter(page, ACTOR)
        await page.until(_ACTING)
        await page.says(f"{_button(f'incidents/{ID}', 'Comment')}.click()")
        await _dialog(page, "Comment", "  ")
        wrong = "document.querySelector('dialog .wrong').textContent"
        assert await page.says(wrong) == "Write a line."
        await _dialog_again(page)
        await page.until(f"{wrong} === 'the disk is full. Make room.'")
        assert await page.says("document.querySelector('dialog textarea').value") == "kept"


async def _dialog_again(page: Page) -> None:
    await page.says("document.querySelector('dialog textarea').focus()")
    await _dialog(page, "Comment", "kept")


@needs_chromium
async def test_the_buttons_outlive_a_new_picture_with_the_focus_on_them(tmp_path: Path) -> None:
    hub = MemoryHub(outage_picture())
    async with _page(hub, tmp_path) as page:
        await _enter(page, ACTOR)
        await page.until(_ACTING)
        await page.says(f"{_button(f'incidents/{ID}', 'Comment')}.focus()")
        (first, *rest) = hub.shown.incidents
        acknowledged = replace(first, phase="acknowledged", acknowledged_by="ana")
        hub.show(replace(hub.shown, at=NOON + 3, incidents=(acknowledged, *rest)))
        await page.until(f"{_button(f'incidents/{ID}', 'Acknowledge')} === undefined")
        assert await page.says("document.activeElement.textContent") == "Comment"
        await page.open(await page.says("location.origin + '/incidents/' + " + repr(ID)))
        await page.until(_ACTING)  # the tab still has the token
        forget = "[...document.querySelectorAll('#acting button')][0]"
        await page.says(f"{forget}.click()")
        await page.until(f"{_FIELD} !== null")
        assert await page.says("document.querySelectorAll('[data-path] button').length") == 0


@needs_chromium
async def test_every_field_and_button_has_a_name_and_every_width_holds_them(
    tmp_path: Path,
) -> None:
    hub = MemoryHub(outage_picture())
    async with _page(hub, tmp_path) as page:
        await _enter(page, ACTOR)
        await page.until(_ACTING)
        await page.says("document.querySelectorAll('details').forEach((d) => (d.open = true))")
        nameless = (
            "[...document.querySelectorAll('button, input, select, textarea')]"
            ".filter((e) => !e.closest('dialog:not([open])'))"
            ".filter((e) => "
            "!(e.labels?.[0]?.textContent || e.getAttribute('aria-label') || e.textContent)).length"
        )
        assert await page.says(nameless) == 0
        wide = "document.documentElement.scrollWidth <= document.documentElement.clientWidth"
        for width in (320, 400, 1400):
            await page.resize(width)
            await page.until(f"window.innerWidth === {width}")
            assert await page.says(wide), width
