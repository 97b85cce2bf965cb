"""The words of a replay, in the languages of the folder languages/."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

from downwind.model import read_yaml
from downwind.terms import State, UsageError

_FOLDER = Path(__file__).parent / "languages"


@dataclass(frozen=True, slots=True)
class Words:
    """The texts of one language; `say` fills one in."""

    lang: str
    texts: Mapping[str, str]

    def say(self, key: str, **values: object) -> str:
        """The text of a key; where `count` is 1, that of `key.one`, if there is one."""
        one = f"{key}.one"
        chosen = one if values.get("count") == 1 and one in self.texts else key
        return self.texts[chosen].format(**values)

    def role(self, role: str) -> str:
        """What a role is called; the role itself where no text has it."""
        return self.texts.get(f"role.{role}", role)

    def pick(self, texts: Mapping[str, str]) -> str:
        """The text of this language, or of another one where it is missing."""
        return texts.get(self.lang) or next(iter(texts.values()), "")

    def state(self, state: State | None) -> str:
        return self.texts[f"state.{state}"] if state else self.texts["state.none"]

    def percent(self, share: float | None) -> str:
        if share is None:
            return self.texts["none"]
        if 0.995 < share < 1:
            return f">{self.percent(0.99)}"
        space = "\N{NO-BREAK SPACE}" if self.lang == "fr" else ""
        return f"{share * 100:.0f}{space}%"


def words(lang: str) -> Words:
    """The words of a language; raises UsageError for one that is not there."""
    known = {file.stem: file for file in sorted(_FOLDER.glob("*.yaml"))}
    if lang not in known:
        todo = f"Use {' or '.join(known)}."
        raise UsageError(f"there is no language {lang!r}.", todo=todo)
    file = known[lang]
    return Words(lang, MappingProxyType(read_yaml(file.read_text(encoding="utf-8"), str(file))))
