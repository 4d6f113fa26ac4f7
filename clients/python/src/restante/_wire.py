"""Requests and answers, without a socket: what both clients share."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, urlsplit

from ._errors import ExpectationError, NoServerError, RestanteError
from ._message import Message
from ._question import seconds, to_json

DEFAULT = "http://localhost:8025"
# Without a timeout in the question the server knows it, and none is longer than five minutes.
_LONGEST = 300.0
# The server is given so much longer than it said it needs.
_SLACK = 10.0


@dataclass(frozen=True)
class Request:
    method: str
    path: str
    body: bytes = b""
    timeout: float = 30.0


@dataclass(frozen=True)
class Server:
    """Where it is."""

    url: str
    secure: bool
    host: str
    port: int
    root: str

    @staticmethod
    def at(url: str | None) -> Server:
        url = (url or os.environ.get("RESTANTE_URL") or DEFAULT).rstrip("/")
        parts = urlsplit(url)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise RestanteError(f"{url!r} is no address of a server; RESTANTE_URL is one like {DEFAULT}")
        secure = parts.scheme == "https"
        return Server(url, secure, parts.hostname, parts.port or (443 if secure else 80), parts.path)

    @property
    def authority(self) -> str:
        return urlsplit(self.url).netloc.rpartition("@")[2]

    def silent(self, error: Exception) -> NoServerError:
        return NoServerError(
            f"no Restante answers at {self.url} ({error or type(error).__name__}): start one with `restante`, run the"
            " tests as `restante run -- pytest`, or name another with RESTANTE_URL"
        )


def expect(question: Mapping[str, Any]) -> Request:
    asked = to_json(question)
    wait = seconds(question.get("timeout"))
    timeout = (_LONGEST if wait is None else wait) + _SLACK
    return Request("POST", "/v1/expect", json.dumps(asked).encode(), timeout)


def make_inbox(name: str | None, lifetime: float | str | None) -> Request:
    wish = {"name": name, "lifetime": lifetime}
    return Request("POST", "/v1/inboxes", json.dumps({k: v for k, v in wish.items() if v is not None}).encode())


def delete_inbox(name: str) -> Request:
    return Request("DELETE", f"/v1/inboxes/{quote(name, safe='')}")


def read(status: int, body: bytes) -> Any:
    """The JSON of an answer; what is no success is an error."""
    __tracebackhide__ = True
    answer, is_json = _json(body)
    if 200 <= status < 300 and is_json:
        return answer
    if status == 417 and isinstance(answer, dict):
        raise ExpectationError(str(answer.get("detail", "the expectation was not met")).rstrip(), answer)
    error = answer.get("error", {}) if isinstance(answer, dict) else {}
    message = error.get("message") or f"it answered {status}, which is nothing that Restante says: {body[:200]!r}"
    raise RestanteError(message, status=status, field=error.get("field"))


def found(answer: dict[str, Any], server: Server) -> Message | None:
    return Message(answer, server.url) if answer["message"] else None


def _json(body: bytes) -> tuple[Any, bool]:
    try:
        return json.loads(body), True
    except ValueError:
        return None, False
