"""What a page really needs: a real browser loads it, once with everything and once without each."""

from downwind.observe.browser.blocked import look_at_page
from downwind.observe.browser.chromium import find_chromium

__all__ = ["find_chromium", "look_at_page"]
