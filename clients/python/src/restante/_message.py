"""The mail that was found."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, unquote

from ._errors import ExpectationError

# Candidates that a failure lists.
_LISTED = 10


@dataclass(frozen=True)
class Address:
    name: str
    address: str


@dataclass(frozen=True)
class Link:
    href: str
    text: str

    def __str__(self) -> str:
        return self.href


@dataclass(frozen=True)
class Attachment:
    """`content()` of the client fetches the bytes."""

    filename: str | None
    type: str
    size: int
    sha256: str | None
    inline: bool
    path: str
    url: str


class Message:
    """A message that came as expected. `json` is all that the server tells of it (docs/api.md, Message)."""

    def __init__(self, answer: dict[str, Any], server: str) -> None:
        self._answer = answer
        self._server = server
        self.json: dict[str, Any] = answer["message"]
        self.id: str = self.json["id"]
        self.subject: str = self.json["subject"]
        self.matched: int = answer["matched"]
        """How many mails were as expected; this is one of them, `duplicates` has the ids of the others."""
        self.duplicates: list[str] = answer["duplicates"]
        self.cursor: int = answer["cursor"]
        """As `since` of the next question: what comes later only."""
        self.url: str = answer["url"]
        """Its page in the inspector."""

    def __repr__(self) -> str:
        return f"<Message {self.subject!r} {self.url}>"

    @property
    def text(self) -> str:
        """The text part; `""` when there is none."""
        return self.json["text"] or ""

    @property
    def html(self) -> str:
        """The HTML part; `""` when there is none."""
        return self.json["html"] or ""

    @property
    def sender(self) -> Address | None:
        """The first address of From."""
        return next((Address(each["name"], each["address"]) for each in self.json["from"]), None)

    @property
    def to(self) -> list[Address]:
        """The addresses of To; `recipients` are those of the envelope."""
        return [Address(each["name"], each["address"]) for each in self.json["to"]]

    @property
    def recipients(self) -> list[str]:
        return list(self.json["envelope"]["to"])

    @property
    def links(self) -> list[Link]:
        return [Link(each["href"], each["text"]) for each in self.json["links"]]

    @property
    def attachments(self) -> list[Attachment]:
        at = f"{self._server}/v1/messages/{quote(self.id)}/parts"
        return [
            Attachment(a["filename"], a["type"], a["size"], a["sha256"], a["inline"], a["path"], f"{at}/{a['path']}")
            for a in self.json["attachments"]
        ]

    def header(self, name: str) -> str | None:
        """The decoded value of the first field of this name."""
        fields: list[dict[str, str]] = self.json["headers"]
        return next((field["value"] for field in fields if field["name"].lower() == name.lower()), None)

    def code(self, wanted: int | str | re.Pattern[str] | None = None) -> str:
        """The code that a person would type: the one that was asked for with `expect(code=…)`, the likeliest of so many
        digits, or what the first group of a pattern takes from the subject or a body."""
        __tracebackhide__ = True
        found: list[str] = [each["value"] for each in self.json["codes"]]
        if wanted is None:
            if "code" in self._answer:
                return str(self._answer["code"])
            if found:
                return found[0]
            raise self._lacks("code", found)
        if isinstance(wanted, int):
            for code in found:
                digits = re.sub(r"[ -]", "", code)
                if digits.isdigit() and len(digits) == wanted:
                    return code
            raise self._lacks(f"code of {wanted} digits", found)
        for body in (self.subject, self.text, self.html):
            match = re.search(wanted, body)
            if match:
                return str(match[1] if match.re.groups else match[0])
        raise self._lacks(f"code like {getattr(wanted, 'pattern', wanted)}", found)

    def link(self, pattern: str | re.Pattern[str] | None = None) -> Link:
        """The first link whose address the pattern finds something in, as written or with its percent signs decoded;
        if there is none, in whose text. Without a pattern, the one of `expect(link=…)`, or the first."""
        __tracebackhide__ = True
        links = self.links
        if pattern is None:
            asked = self._answer.get("link")
            if asked:
                return Link(asked["href"], asked["text"])
            if links:
                return links[0]
            raise self._lacks("link", [])
        for link in links:
            if re.search(pattern, link.href) or re.search(pattern, unquote(link.href)):
                return link
        for link in links:
            if re.search(pattern, link.text):
                return link
        raise self._lacks(f"link like {getattr(pattern, 'pattern', pattern)}", [link.href for link in links])

    def _lacks(self, what: str, there: list[str]) -> ExpectationError:
        listed = ", ".join(there[:_LISTED]) or "none"
        return ExpectationError(f'no {what} in "{self.subject}" ({self.url}); there is {listed}')
