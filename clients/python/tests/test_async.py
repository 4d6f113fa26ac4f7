"""The client for asyncio, against the built program."""

import asyncio

import pytest
from restante import AsyncRestante, ExpectationError, NoServerError


def test_many_wait_at_the_same_time(send):
    async def one(restante, i):
        async with await restante.inbox() as inbox:
            waiting = asyncio.create_task(inbox.expect(subject=f"Mail {i}", timeout=20))
            await asyncio.to_thread(send, inbox.address, f"Mail {i}", f"Your code is 4829{i:02}", None, b"%PDF")
            mail = await waiting
            assert await inbox.content(mail.attachments[0]) == b"%PDF"
            assert await inbox.cursor() >= mail.cursor
            return mail.code(6)

    async def all_of_them():
        restante = AsyncRestante()
        return await asyncio.gather(*(one(restante, i) for i in range(40)))

    assert asyncio.run(all_of_them()) == [f"4829{i:02}" for i in range(40)]


def test_failures_are_the_same(inbox):
    async def failing():
        restante = AsyncRestante()
        made = await restante.inbox()
        with pytest.raises(ExpectationError, match="no mail matched in 0.1 s"):
            await made.expect(subject="x", timeout="100ms")
        assert await made.expect(none=True, for_=0.05) is None
        assert made.name in await restante.inboxes()
        await made.delete()
        with pytest.raises(NoServerError, match="restante run -- pytest"):
            await AsyncRestante("http://localhost:1").cursor()

    asyncio.run(failing())


def test_a_call_can_be_cancelled():
    async def cancelled():
        with pytest.raises(asyncio.TimeoutError):
            await asyncio.wait_for(AsyncRestante().expect(subject="never comes", timeout="1m"), 0.1)

    asyncio.run(cancelled())
