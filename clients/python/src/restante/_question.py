"""A question as it is written in Python, and as the server reads it (docs/expect.md)."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Literal, TypedDict, Union

if TYPE_CHECKING:
    from typing_extensions import TypeAlias

    from ._client import Inbox

Test: TypeAlias = "Union[str, re.Pattern[str], Mapping[str, Any]]"
Tests: TypeAlias = "Union[Test, Sequence[Test]]"
Span: TypeAlias = "Union[float, str, timedelta]"


class Question(TypedDict, total=False):
    """The words of `/v1/expect`. `from_` and `for_` stand for words that Python keeps for itself; a compiled pattern is
    a regular expression; times are seconds, `"500ms"` or a `timedelta`."""

    to: Tests
    from_: Tests
    subject: Tests
    text: Tests
    html: Tests
    header: Mapping[str, Tests]
    has: str | Sequence[str]
    tag: Tests
    inbox: str | Inbox
    via: str
    q: str
    tz: str
    since: int | str | datetime
    count: int
    exactly: int
    at_least: int
    for_: Span
    pick: Literal["latest", "first", "only"]
    timeout: Span
    code: bool | int | str | re.Pattern[str]
    link: bool | str | re.Pattern[str]
    checks: Sequence[Mapping[str, Any]]


class Open(Question, total=False):
    """A question that no mail at all may meet."""

    none: bool
    at_most: int


# Python's flags by their letters in the server's patterns.
_FLAGS = {re.IGNORECASE: "i", re.MULTILINE: "m", re.DOTALL: "s", re.VERBOSE: "x"}


def _source(pattern: re.Pattern[str]) -> str:
    letters = "".join(letter for flag, letter in _FLAGS.items() if pattern.flags & flag)
    return f"(?{letters}){pattern.pattern}" if letters else pattern.pattern


def _plain(value: Any) -> Any:
    if isinstance(value, timedelta):
        return value.total_seconds()
    if isinstance(value, datetime):
        # One without a zone is in the machine's own.
        return value.astimezone().isoformat()
    if isinstance(value, re.Pattern):
        return {"matches": _source(value)}
    if isinstance(value, Mapping):
        return {key: _plain(each) for key, each in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(each) for each in value]
    return value


def to_json(question: Mapping[str, Any]) -> dict[str, Any]:
    """What the server is asked; a word it does not know is for it to refuse."""
    told: dict[str, Any] = {}
    for word, value in question.items():
        if value is None:
            continue
        if isinstance(value, re.Pattern) and word in ("code", "link"):
            value = _source(value) if word == "code" else "~" + _source(value)
        elif word == "inbox":
            value = getattr(value, "name", value)
        told[word.removesuffix("_")] = _plain(value)
    return told


def seconds(span: Span | None) -> float | None:
    """How long that is, where it can be told here."""
    if isinstance(span, timedelta):
        return span.total_seconds()
    if isinstance(span, str):
        read = re.fullmatch(r"\s*([\d.]+)\s*(ms|s|m)?\s*", span)
        if read is None:
            return None
        return float(read[1]) * {"ms": 0.001, "m": 60.0}.get(read[2], 1.0)
    return span
