"""The built program behind the tests, and mail for it. RESTANTE_BINARY names it."""

import json
import os
import select
import signal
import smtplib
import subprocess
from email.message import EmailMessage

import pytest
from restante import Restante

pytest_plugins = ["pytester"]


@pytest.fixture(scope="session")
def server(tmp_path_factory):
    """Its address; it is stopped after the tests."""
    ports = tmp_path_factory.mktemp("restante") / "ports.json"
    process = subprocess.Popen(
        [os.environ["RESTANTE_BINARY"], "--smtp", "localhost:0", "--http", "localhost:0", "--ports-file", ports],
        stdout=subprocess.PIPE,
        env={name: value for name, value in os.environ.items() if not name.startswith("RESTANTE_")},
    )
    # The banner comes when both ports accept and the file is there.
    ready, _, _ = select.select([process.stdout], [], [], 30)
    assert ready and process.stdout.readline(), "the server did not start"
    yield f"http://localhost:{json.loads(ports.read_text())['http'].rpartition(':')[2]}"
    process.send_signal(signal.SIGTERM)
    assert process.wait(30) == 0
    process.stdout.close()


@pytest.fixture(autouse=True)
def named(server, monkeypatch):
    monkeypatch.setenv("RESTANTE_URL", server)


@pytest.fixture(scope="session")
def restante(server):
    return Restante(server)


@pytest.fixture
def send(restante):
    """Sends a mail by SMTP."""

    def send(to, subject="Your code", text="Your code is 482913", html=None, attach=None, login=None):
        mail = EmailMessage()
        mail["From"], mail["To"], mail["Subject"] = "Shop <app@shop.test>", to, subject
        mail.set_content(text)
        if html:
            mail.add_alternative(html, subtype="html")
        if attach:
            mail.add_attachment(attach, maintype="application", subtype="pdf", filename="bill.pdf")
        with smtplib.SMTP(*restante.smtp()) as smtp:
            if login:
                smtp.login(*login)
            smtp.send_message(mail)

    return send
