"""Cuts the text of a filter into tokens, and gives them to a parser one after the other."""

import re

from lib.localearth.errors import EarthError

Token = tuple[str, str]


class Tokens:
    """The tokens of a text, each with the name of the pattern's group that it matched.

    Args:
        text: What to read.
        pattern: With one named group for each kind of token.
        refusal: The error of a text that cannot be read.

    Raises:
        EarthError: Something in the text is no token.
    """

    def __init__(self, text: str, pattern: re.Pattern[str], refusal: EarthError) -> None:
        """Cut the whole text."""
        self.refusal = refusal
        self._tokens = list(self._cut(text, pattern))
        self._at = 0

    def _cut(self, text: str, pattern: re.Pattern[str]) -> list[Token]:
        tokens, at, end = [], 0, len(text.rstrip())
        while at < end:
            found = pattern.match(text, at)
            if not found:
                raise self.refusal
            tokens.append((str(found.lastgroup), found.group(str(found.lastgroup))))
            at = found.end()
        return tokens

    @property
    def done(self) -> bool:
        """Whether all are taken."""
        return self._at >= len(self._tokens)

    def next_if(self, *wanted: str) -> str | None:
        """Take the next token where it is one of these."""
        if not self.done and self._tokens[self._at][1] in wanted:
            self._at += 1
            return self._tokens[self._at - 1][1]
        return None

    def take(self, *kinds: str) -> Token:
        """Take the next token, of one of these kinds.

        Raises:
            EarthError: There is none, or it is of another kind.
        """
        if self.done or self._tokens[self._at][0] not in kinds:
            raise self.refusal
        self._at += 1
        return self._tokens[self._at - 1]
