"""Whether a text shows a person, wherever in it: attributes, mail headers, prose, lines of logs, between tags."""

from __future__ import annotations

import re
from collections.abc import Collection
from functools import cached_property

TAGS = re.compile("<[^<>]*>")
JOINTS = re.compile(r"[\s().-]")
# An address goes on in what stands right beside it, and is another one then.
ADDRESS = r"(?<![0-9A-Za-z._%+-]){}(?![0-9A-Za-z]|[.-][0-9A-Za-z])"
NUMBER = r"(?<![0-9A-Za-z])(?<![0-9][.]){}(?![0-9A-Za-z]|[.][0-9])"
WORD = "(?<![0-9A-Za-z]){}(?![0-9A-Za-z])"


class Finder:
    """Looks for values. Of telephones every way of writing the digits is found, of anything both cases of letters."""

    def __init__(self, values: Collection[str], phones: Collection[str]) -> None:
        """values: Of any kind, long enough to tell somebody. phones: Those of telephones."""
        self._values = {" ".join(value.lower().split()) for value in values}
        self._phones = {re.sub("[^0-9]", "", phone) for phone in phones}

    def within(self, text: str) -> Finder:
        """Return one that looks for no more than what may stand in a text: it is quick for each line of it."""
        found = [self._narrowed(writing) for writing in (text, TAGS.sub("\n", text))]
        return Finder({value for one in found for value in one[0]}, {phone for one in found for phone in one[1]})

    def shows(self, text: str) -> bool:
        """Whether one of the values stands in a text by itself."""
        if self._pattern is None:
            return False
        return any(self._pattern.search(writing) for writing in (text, TAGS.sub("\n", text)))

    def _narrowed(self, text: str) -> tuple[set[str], set[str]]:
        plain = " ".join(text.lower().replace("%40", "@").split())
        digits = JOINTS.sub("", text)
        return {value for value in self._values if value in plain}, {each for each in self._phones if each in digits}

    @cached_property
    def _pattern(self) -> re.Pattern[str] | None:
        found = [_pattern_of(value) for value in sorted(self._values)]
        found += [NUMBER.format(r"[\s().-]{0,2}".join(phone)) for phone in sorted(self._phones)]
        return re.compile("|".join(found), re.IGNORECASE) if found else None


def _pattern_of(value: str) -> str:
    written = re.escape(value).replace("@", "(?:@|%40)").replace(r"\ ", r"\s+")
    kind = ADDRESS if "@" in value else NUMBER if value.isdecimal() else WORD
    return kind.format(written)
