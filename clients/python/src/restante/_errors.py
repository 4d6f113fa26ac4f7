"""What can go wrong. They are at home in `restante`, so that a test's output does not tell of files in here."""

from __future__ import annotations

from typing import Any


class RestanteError(Exception):
    """The server cannot do what it was asked. `field` is what was wrong in a question."""

    __module__ = "restante"

    def __init__(self, message: str, *, status: int | None = None, field: str | None = None) -> None:
        super().__init__(message)
        self.status = status
        self.field = field


class NoServerError(RestanteError):
    """Nobody answers at the address."""

    __module__ = "restante"


class ExpectationError(AssertionError):
    """The mail did not come as expected. It prints what came instead, and why that is not it; `problem` is the same as
    data (docs/expect.md, "When it fails")."""

    __module__ = "restante"

    def __init__(self, text: str, problem: dict[str, Any] | None = None) -> None:
        super().__init__(text)
        self.problem: dict[str, Any] = problem or {}
