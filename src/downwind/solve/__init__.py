"""Arrays in, arrays out: who falls when, through what, and when it is back."""
