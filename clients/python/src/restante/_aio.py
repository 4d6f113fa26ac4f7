"""The same for asyncio. A call that is cancelled hangs up, and the server forgets it."""

from __future__ import annotations

import asyncio
import ssl
from types import TracebackType
from typing import TYPE_CHECKING, Any, overload

from . import _wire
from ._client import Made, smtp_of
from ._errors import RestanteError
from ._message import Attachment, Message

if TYPE_CHECKING:
    from typing_extensions import Self, Unpack

    from ._question import Open, Question


class AsyncRestante:
    """A server: the one of `url`, else of RESTANTE_URL, else on this machine."""

    def __init__(self, url: str | None = None) -> None:
        self._server = _wire.Server.at(url)
        self.url = self._server.url
        self._smtp: tuple[str, int] | None = None

    def __repr__(self) -> str:
        return f"<AsyncRestante {self.url}>"

    @overload
    async def expect(self, **question: Unpack[Question]) -> Message: ...
    @overload
    async def expect(self, **question: Unpack[Open]) -> Message | None: ...
    async def expect(self, **question: Any) -> Message | None:
        """As `Restante.expect`."""
        __tracebackhide__ = True
        return _wire.found(await self._call(_wire.expect(question)), self._server)

    async def cursor(self) -> int:
        __tracebackhide__ = True
        return int((await self._call(_wire.Request("GET", "/v1/cursor")))["cursor"])

    async def inboxes(self) -> list[str]:
        __tracebackhide__ = True
        return [inbox["name"] for inbox in (await self._call(_wire.Request("GET", "/v1/inboxes")))["inboxes"]]

    async def inbox(self, name: str | None = None, *, lifetime: float | str | None = "1h") -> AsyncInbox:
        """As `Restante.inbox`: `async with await restante.inbox() as inbox`."""
        __tracebackhide__ = True
        return AsyncInbox(self, await self._call(_wire.make_inbox(name, lifetime)), await self.smtp())

    async def smtp(self) -> tuple[str, int]:
        __tracebackhide__ = True
        if self._smtp is None:
            self._smtp = smtp_of(await self._call(_wire.Request("GET", "/v1/info")), self._server)
        return self._smtp

    async def content(self, attachment: Attachment) -> bytes:
        __tracebackhide__ = True
        status, body = await self._send(_wire.Request("GET", attachment.url.removeprefix(self.url)))
        if status != 200:
            _wire.read(status, body)
        return body

    async def _call(self, request: _wire.Request) -> Any:
        __tracebackhide__ = True
        return _wire.read(*await self._send(request))

    async def _send(self, request: _wire.Request) -> tuple[int, bytes]:
        __tracebackhide__ = True
        try:
            return await asyncio.wait_for(self._exchange(request), request.timeout)
        except (OSError, asyncio.TimeoutError, asyncio.IncompleteReadError) as error:
            silent = self._server.silent(error)
        raise silent

    async def _exchange(self, request: _wire.Request) -> tuple[int, bytes]:
        # HTTP/1.0: one answer, which ends with the connection and is never in chunks. No thread waits for it.
        __tracebackhide__ = True
        server = self._server
        tls = ssl.create_default_context() if server.secure else None
        reader, writer = await asyncio.open_connection(server.host, server.port, ssl=tls)
        try:
            head = (
                f"{request.method} {server.root}{request.path} HTTP/1.0\r\nHost: {server.authority}\r\n"
                f"Content-Length: {len(request.body)}\r\n\r\n"
            )
            writer.write(head.encode() + request.body)
            await writer.drain()
            answer = await reader.read(-1)
        finally:
            writer.close()
        lines, _, body = answer.partition(b"\r\n\r\n")
        words = lines.split(b" ", 2)
        if len(words) < 2 or not words[1].isdigit():
            raise RestanteError(f"what answers at {server.url} does not speak HTTP: {answer[:200]!r}")
        return int(words[1]), body


class AsyncInbox(Made):
    """An inbox of a test's own (`AsyncRestante.inbox`); what it expects is in it."""

    def __init__(self, restante: AsyncRestante, made: dict[str, Any], smtp: tuple[str, int]) -> None:
        super().__init__(made, smtp)
        self._restante = restante

    @overload
    async def expect(self, **question: Unpack[Question]) -> Message: ...
    @overload
    async def expect(self, **question: Unpack[Open]) -> Message | None: ...
    async def expect(self, **question: Any) -> Message | None:
        """As `Restante.expect`, of this inbox."""
        __tracebackhide__ = True
        question["inbox"] = self.name
        mail: Message | None = await self._restante.expect(**question)
        return mail

    async def cursor(self) -> int:
        __tracebackhide__ = True
        return await self._restante.cursor()

    async def content(self, attachment: Attachment) -> bytes:
        __tracebackhide__ = True
        return await self._restante.content(attachment)

    async def delete(self) -> None:
        __tracebackhide__ = True
        await self._restante._call(_wire.delete_inbox(self.name))

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None
    ) -> None:
        if kind is None:
            await self.delete()
