"""smtplib and curl over STARTTLS and implicit TLS, with every mechanism of AUTH they know, against
a server that checks users. Both trust its local CA and verify the name."""

import smtplib
import ssl
import tempfile
import unittest
from pathlib import Path

from clients import DEADLINE, ids, run
from mails import PLAIN
from server import Server

USER, SECRET = "shop", "correct horse battery staple"


def setUpModule():
    global server, ca, folder
    folder = tempfile.TemporaryDirectory(prefix="restante-tls-")
    users = Path(folder.name, "users")
    users.write_text(f"{USER}:{SECRET}\n")
    tls = Path(folder.name, "tls")
    server = Server("--tls", "auto", "--tls-dir", tls, "--smtps", "localhost:0", "--smtp-users", users, "--require-auth", "--auth-needs-tls")
    ca = tls / "ca.pem"


def tearDownModule():
    code = server.stop()
    folder.cleanup()
    if code != 0:
        raise AssertionError(f"the server ended with {code}")


class Kept:
    def kept(self, id, mode, mechanism):
        message = server.message(id)
        self.assertEqual(server.raw(id), PLAIN.bytes())
        session = server.closed(message["session_id"])
        self.assertEqual((session["user"], session["auth"]), (USER, mechanism))
        self.assertEqual((session["tls"]["mode"], session["tls"]["sni"]), (mode, "localhost"))
        self.assertIn(session["tls"]["version"], ["TLSv1.2", "TLSv1.3"])
        self.assertNotIn(SECRET, server.transcripts(session["id"]))


class SmtplibTls(Kept, unittest.TestCase):
    def connect(self, mode):
        context = ssl.create_default_context(cafile=ca)
        if mode == "implicit":
            return smtplib.SMTP_SSL("localhost", server.smtps, timeout=DEADLINE, context=context)
        smtp = smtplib.SMTP("localhost", server.smtp, timeout=DEADLINE)
        smtp.starttls(context=context)
        return smtp

    def test_every_mechanism(self):
        for mode in ["starttls", "implicit"]:
            for mechanism in ["PLAIN", "LOGIN", "CRAM-MD5", "XOAUTH2"]:
                with self.subTest(mode=mode, mechanism=mechanism), self.connect(mode) as smtp:
                    smtp.ehlo()
                    smtp.user, smtp.password = USER, SECRET
                    if mechanism == "XOAUTH2":
                        answer = lambda challenge=None: f"user={USER}\x01auth=Bearer {SECRET}\x01\x01"
                    else:
                        answer = getattr(smtp, "auth_" + mechanism.lower().replace("-", "_"))
                    smtp.auth(mechanism, answer)
                    smtp.mail(PLAIN.sender)
                    for recipient in PLAIN.recipients:
                        smtp.rcpt(recipient)
                    code, text = smtp.data(PLAIN.bytes())
                    smtp.quit()
                    self.kept(ids(f"{code} {text.decode()}")[0], mode, mechanism)

    def test_a_wrong_secret_is_refused(self):
        with self.connect("starttls") as smtp, self.assertRaises(smtplib.SMTPAuthenticationError) as refused:
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


class CurlTls(Kept, unittest.TestCase):
    def send(self, mode, *options):
        url = f"smtps://localhost:{server.smtps}/app.local" if mode == "implicit" else f"smtp://localhost:{server.smtp}/app.local"
        command = ["curl", "--silent", "--show-error", "--verbose", "--ssl-reqd", "--cacert", ca, "--url", url, "--mail-from", PLAIN.sender, "--upload-file", "-"]
        for recipient in PLAIN.recipients:
            command += ["--mail-rcpt", recipient]
        return ids(run([*command, *options], PLAIN.bytes()))[0]

    def test_every_mechanism(self):
        for mode in ["starttls", "implicit"]:
            for mechanism in ["PLAIN", "LOGIN", "CRAM-MD5"]:
                with self.subTest(mode=mode, mechanism=mechanism):
                    id = self.send(mode, "--user", f"{USER}:{SECRET}", "--login-options", f"AUTH={mechanism}")
                    self.kept(id, mode, mechanism)
            with self.subTest(mode=mode, mechanism="OAUTHBEARER"):
                id = self.send(mode, "--user", f"{USER}:", "--oauth2-bearer", SECRET)
                self.kept(id, mode, "OAUTHBEARER")
