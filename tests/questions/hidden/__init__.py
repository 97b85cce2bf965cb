"""Facts about hidden needs."""
