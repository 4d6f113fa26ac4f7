"""Waits for mail in a test: the client of Restante, an SMTP sandbox for developers."""

from ._aio import AsyncInbox, AsyncRestante
from ._client import Inbox, Restante
from ._errors import ExpectationError, NoServerError, RestanteError
from ._message import Address, Attachment, Link, Message
from ._question import Open, Question

__all__ = [
    "Address",
    "AsyncInbox",
    "AsyncRestante",
    "Attachment",
    "ExpectationError",
    "Inbox",
    "Link",
    "Message",
    "NoServerError",
    "Open",
    "Question",
    "Restante",
    "RestanteError",
]
