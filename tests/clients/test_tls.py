"""What a server that wants AUTH under TLS refuses, as a client sees it. What is taken is in
test_matrix.py."""

import smtplib
import ssl
import tempfile
import unittest
from pathlib import Path

from clients import DEADLINE
from server import Server

USER, SECRET = "shop", "correct horse battery staple"


def setUpModule():
    global server, ca, folder
    folder = tempfile.TemporaryDirectory(prefix="restante-tls-")
    users = Path(folder.name, "users")
    users.write_text(f"{USER}:{SECRET}\n")
    tls = Path(folder.name, "tls")
    server = Server("--tls", "auto", "--tls-dir", tls, "--smtp-users", users, "--require-auth", "--auth-needs-tls")
    ca = tls / "ca.pem"


def tearDownModule():
    code = server.stop()
    folder.cleanup()
    if code != 0:
        raise AssertionError(f"the server ended with {code}")


class Refused(unittest.TestCase):
    def connect(self):
        smtp = smtplib.SMTP("localhost", server.smtp, timeout=DEADLINE)
        smtp.starttls(context=ssl.create_default_context(cafile=ca))
        return smtp

    def test_a_wrong_secret_is_refused(self):
        with self.connect() as smtp, self.assertRaises(smtplib.SMTPAuthenticationError) as refused:
            smtp.login(USER, "wrong")
        self.assertEqual(refused.exception.smtp_code, 535)

    def test_no_login_before_tls(self):
        with smtplib.SMTP("localhost", server.smtp, timeout=DEADLINE) as smtp:
            smtp.ehlo()
            self.assertFalse(smtp.has_extn("auth"))
            self.assertEqual(smtp.docmd("AUTH PLAIN")[0], 538)

    def test_a_client_that_does_not_trust_the_ca_says_so(self):
        with smtplib.SMTP("localhost", server.smtp, timeout=DEADLINE) as smtp, self.assertRaises(ssl.SSLError):
            smtp.starttls(context=ssl.create_default_context())
        session = server.json("/v1/sessions?limit=1")["sessions"][0]
        session = server.closed(session["id"])
        self.assertEqual(session["outcome"], "tls-failed")
        self.assertIn("does not trust our certificate: alert unknown_ca", session["tls"]["error"])
