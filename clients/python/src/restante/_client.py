"""The client that waits, and an inbox of a test's own."""

from __future__ import annotations

import http.client
from types import TracebackType
from typing import TYPE_CHECKING, Any, overload

from . import _wire
from ._message import Attachment, Message

if TYPE_CHECKING:
    from typing_extensions import Self, Unpack

    from ._question import Open, Question


class Made:
    """An inbox that was made: what its maker was told."""

    def __init__(self, made: dict[str, Any], smtp: tuple[str, int]) -> None:
        self.name: str = made["name"]
        self.address: str = made["address"]
        """Mail to this address comes here."""
        self.username: str = made["username"]
        """A sender that signs in by this name with `password` sends here, whatever the address."""
        self.password: str = made["password"]
        self.since: int = made["cursor"]
        """The cursor when it was made."""
        self.url: str = made["url"]
        """Its page in the inspector."""
        self.smtp_host, self.smtp_port = smtp

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.address}>"

    def address_of(self, who: str) -> str:
        """Another address of this inbox, for a test with several users: `NAME+who@inbox.test`."""
        name, _, domain = self.address.partition("@")
        return f"{name}+{who}@{domain}"

    @property
    def smtp_url(self) -> str:
        """Where an app sends its mail so that it comes here."""
        return f"smtp://{self.username}:{self.password}@{self.smtp_host}:{self.smtp_port}"


def smtp_of(info: dict[str, Any], server: _wire.Server) -> tuple[str, int]:
    return server.host, int(info["smtp"]["address"].rpartition(":")[2])


class Restante:
    """A server: the one of `url`, else of RESTANTE_URL, else on this machine."""

    def __init__(self, url: str | None = None) -> None:
        self._server = _wire.Server.at(url)
        self.url = self._server.url
        self._smtp: tuple[str, int] | None = None

    def __repr__(self) -> str:
        return f"<Restante {self.url}>"

    @overload
    def expect(self, **question: Unpack[Question]) -> Message: ...
    @overload
    def expect(self, **question: Unpack[Open]) -> Message | None: ...
    def expect(self, **question: Any) -> Message | None:
        """Waits for mail as docs/expect.md says; `ExpectationError` when it does not come. What no mail meets, by
        `none` or `at_most`, is None."""
        __tracebackhide__ = True
        return _wire.found(self._call(_wire.expect(question)), self._server)

    def cursor(self) -> int:
        """As `since` of a question: what comes after this moment only."""
        __tracebackhide__ = True
        return int(self._call(_wire.Request("GET", "/v1/cursor"))["cursor"])

    def inboxes(self) -> list[str]:
        """The names of those that are there."""
        __tracebackhide__ = True
        return [inbox["name"] for inbox in self._call(_wire.Request("GET", "/v1/inboxes"))["inboxes"]]

    def inbox(self, name: str | None = None, *, lifetime: float | str | None = "1h") -> Inbox:
        """Makes one that nobody else has. After `with` it is gone, unless the block failed: then what is in it can be
        looked at, until the lifetime (seconds, or a text) ends."""
        __tracebackhide__ = True
        return Inbox(self, self._call(_wire.make_inbox(name, lifetime)), self.smtp())

    def smtp(self) -> tuple[str, int]:
        """Host and port that take mail."""
        __tracebackhide__ = True
        if self._smtp is None:
            self._smtp = smtp_of(self._call(_wire.Request("GET", "/v1/info")), self._server)
        return self._smtp

    def content(self, attachment: Attachment) -> bytes:
        """The decoded bytes of an attachment."""
        __tracebackhide__ = True
        status, body = self._send(_wire.Request("GET", attachment.url.removeprefix(self.url)))
        if status != 200:
            _wire.read(status, body)
        return body

    def _call(self, request: _wire.Request) -> Any:
        __tracebackhide__ = True
        return _wire.read(*self._send(request))

    def _send(self, request: _wire.Request) -> tuple[int, bytes]:
        # http.client, unlike urllib, takes no notice of proxies: none may stand before a test's own server.
        __tracebackhide__ = True
        server = self._server
        kind = http.client.HTTPSConnection if server.secure else http.client.HTTPConnection
        connection = kind(server.host, server.port, timeout=request.timeout)
        try:
            connection.request(request.method, server.root + request.path, request.body or None)
            answer = connection.getresponse()
            return answer.status, answer.read()
        except (OSError, http.client.HTTPException) as error:
            silent = server.silent(error)
        finally:
            connection.close()
        raise silent


class Inbox(Made):
    """An inbox of a test's own (`Restante.inbox`); what it expects is in it."""

    def __init__(self, restante: Restante, made: dict[str, Any], smtp: tuple[str, int]) -> None:
        super().__init__(made, smtp)
        self._restante = restante

    @overload
    def expect(self, **question: Unpack[Question]) -> Message: ...
    @overload
    def expect(self, **question: Unpack[Open]) -> Message | None: ...
    def expect(self, **question: Any) -> Message | None:
        """As `Restante.expect`, of this inbox."""
        __tracebackhide__ = True
        question["inbox"] = self.name
        mail: Message | None = self._restante.expect(**question)
        return mail

    def cursor(self) -> int:
        __tracebackhide__ = True
        return self._restante.cursor()

    def content(self, attachment: Attachment) -> bytes:
        __tracebackhide__ = True
        return self._restante.content(attachment)

    def delete(self) -> None:
        __tracebackhide__ = True
        self._restante._call(_wire.delete_inbox(self.name))

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        if kind is None:
            self.delete()
