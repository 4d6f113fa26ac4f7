"""pytest -n 4: each test has an inbox of its own, so they share the app and the server."""

import subprocess
import sys
from pathlib import Path
from urllib.error import HTTPError
from urllib.parse import urlencode
from urllib.request import urlopen

import pytest

APP = Path(__file__).parents[1] / "app.py"


@pytest.fixture(scope="session")
def app():
    process = subprocess.Popen([sys.executable, APP, "0"], stdout=subprocess.PIPE, text=True)
    yield process.stdout.readline().strip()
    process.terminate()
    process.wait()
    process.stdout.close()


def post(url, **form):
    with urlopen(url, urlencode(form).encode()) as answer:
        return answer.read().decode()


@pytest.mark.parametrize("who", range(8))
def test_a_password_is_reset(app, inbox, who):
    post(f"{app}/forgot", email=inbox.address_of(f"user-{who}"))
    mail = inbox.expect(subject="reset", to=f"*+user-{who}@inbox.test", exactly=1, timeout=20)
    assert "Your password is new" in post(mail.link(r"/reset/").href, code=mail.code(6))


def test_a_wrong_code_resets_nothing(app, inbox):
    post(f"{app}/forgot", email=inbox.address)
    mail = inbox.expect(subject="reset", timeout=20)
    with pytest.raises(HTTPError, match="403"):
        post(mail.link("Choose a new password").href, code="not it")


def test_nobody_else_gets_mail(app, restante, inbox):
    with restante.inbox() as other:
        post(f"{app}/forgot", email=inbox.address)
        assert inbox.expect(exactly=1, timeout=20).recipients == [inbox.address]
        assert other.expect(none=True, for_=0.2) is None
