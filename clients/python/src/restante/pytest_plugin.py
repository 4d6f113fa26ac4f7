"""Fixtures for pytest: `restante`, the server, and `inbox`, an inbox of the test's own."""

from __future__ import annotations

from collections.abc import Generator, Iterator

import pytest

from . import Inbox, Restante, RestanteError

_failed = pytest.StashKey[bool]()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    report = yield
    if report.failed:
        item.stash[_failed] = True
    return report


@pytest.fixture(scope="session")
def restante() -> Restante:
    """The server of RESTANTE_URL, else the one on this machine."""
    try:
        server = Restante()
        server.smtp()
    except RestanteError as error:
        reason = str(error)
    else:
        return server
    pytest.fail(reason, pytrace=False)


@pytest.fixture
def inbox(restante: Restante, request: pytest.FixtureRequest) -> Iterator[Inbox]:
    """An inbox that no other test has: `address`, `username` and `password`, `expect(…)`. It is deleted after the test,
    but for one that failed: the links of its failure lead to it for an hour."""
    mine = restante.inbox()
    yield mine
    if not request.node.stash.get(_failed, False):
        mine.delete()
