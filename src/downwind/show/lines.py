"""Lines of text on the terminal, folded where French and English let a line end."""

import re
from collections.abc import Iterator

from rich.cells import cell_len, chop_cells
from rich.console import Console
from rich.text import Text

from downwind.show.screen import plain

# French sets a space before : ; ! ? and inside « », where no line may end; rich would end one
# there, and at a no-break space too.
_PIECE = re.compile(r"(?:« )?[^ ]+(?: [:;!?»][^ ]*)* *")
_LEAST = 20


def print_lines(out: Console, text: str | Text, style: str = "", *, head: str = "") -> None:
    """Print the text with control characters replaced; what `head` takes up stays free below it."""
    told = text if isinstance(text, Text) else Text(text, style=style)
    clean = Text(plain(told.plain), spans=told.spans, style=told.style)
    size = cell_len(head)
    for number, line in enumerate(_fold(clean, max(_LEAST, out.width - size))):
        before = Text(head, style="cyan") if number == 0 else Text(" " * size)
        out.print(before + line, no_wrap=True, overflow="ignore")


def _fold(text: Text, width: int) -> Iterator[Text]:
    for line in text.split("\n", allow_blank=True):
        for part in line.divide(_breaks(line.plain, width)):
            part.rstrip()
            yield part


def _breaks(text: str, width: int) -> Iterator[int]:
    filled = 0
    for piece in _PIECE.finditer(text):
        word = piece[0].rstrip(" ")
        if filled and filled + cell_len(word) > width:
            yield piece.start()
            filled = 0
        *full, _ = chop_cells(word, width - filled)
        at = piece.start()
        for chunk in full:
            at += len(chunk)
            yield at
            filled = 0
        filled += cell_len(text[at : piece.end()])
