"""The matrix: every client, plain, with STARTTLS and with implicit TLS, without AUTH and with each
mechanism it knows. What a client sends and knows stands here once; docs/clients.md says the same,
and a test holds both together."""

from dataclasses import dataclass
from pathlib import Path

from server import Server

SECURITIES = ["plain", "starttls", "implicit"]
MECHANISMS = ["PLAIN", "LOGIN", "CRAM-MD5", "XOAUTH2", "OAUTHBEARER", "SCRAM-SHA-256"]
USER, SECRET = "shop", "correct-horse/battery+staple"
SENDER = "app@example.com"


@dataclass(frozen=True)
class Client:
    name: str
    mechanisms: str
    mail: str = ""  # names of the parameters of MAIL, as they come
    rcpt: str = ""
    shadowed: str = ""  # mechanisms that it takes only where OAUTHBEARER is not offered
    content: str = "DATA"
    pipelines: bool = False  # sends MAIL, RCPT and DATA in one packet
    utf8_unasked: bool = False  # sends eight bits without BODY=8BITMIME
    relays: bool = False  # adds fields of its own before the mail
    sni: bool = True  # names `localhost` in its handshake
    quits: bool = True  # says QUIT, and does not just hang up

    def cases(self):
        """One case for each cell of its row, by name."""
        for security in SECURITIES:
            for mechanism in [None, *self.mechanisms.split()]:
                yield Case(self, security, mechanism)


@dataclass(frozen=True)
class Case:
    client: Client
    security: str
    mechanism: str | None

    @property
    def name(self):
        return f"{self.security}-{self.mechanism or 'none'}".lower()

    @property
    def needs_poor(self):
        """Whether it goes to the server that hides OAUTHBEARER."""
        return self.mechanism in self.client.shadowed.split()

    @property
    def recipients(self):
        """Each case has a domain of its own, by which its message is found."""
        domain = f"{self.name}.{self.client.name.lower().replace(' ', '').replace('::', '-').replace('/', '-')}.example"
        return [f"ann@{domain}", f"bob@{domain}"]


@dataclass(frozen=True)
class Target:
    """The servers that they all send to; the poor one does not offer OAUTHBEARER."""

    server: Server
    poor: Server
    ca: Path
    mail: Path  # the file with the mail, lines ended by CR LF

    def serving(self, case):
        return self.poor if case.needs_poor else self.server

    def port(self, case):
        server = self.serving(case)
        return server.smtps if case.security == "implicit" else server.smtp


SMTPLIB = Client("smtplib", "PLAIN LOGIN CRAM-MD5", mail="SIZE BODY RET ENVID", rcpt="NOTIFY")
AIOSMTPLIB = Client("aiosmtplib", "PLAIN LOGIN CRAM-MD5 XOAUTH2", mail="SIZE BODY RET ENVID", rcpt="NOTIFY")
NODEMAILER = Client("nodemailer", "PLAIN LOGIN CRAM-MD5 XOAUTH2", mail="BODY RET ENVID", rcpt="NOTIFY", quits=False)
CURL = Client("curl", "PLAIN LOGIN CRAM-MD5 XOAUTH2 OAUTHBEARER", mail="SIZE", shadowed="XOAUTH2", utf8_unasked=True)
SWAKS = Client("swaks", "PLAIN LOGIN CRAM-MD5", utf8_unasked=True)
MSMTP = Client("msmtp", "PLAIN LOGIN CRAM-MD5 XOAUTH2 OAUTHBEARER SCRAM-SHA-256", mail="RET", rcpt="NOTIFY", utf8_unasked=True)
PERL = Client("Net::SMTP", "PLAIN LOGIN CRAM-MD5", mail="SIZE BODY RET ENVID", rcpt="NOTIFY")
GO = Client("Go net/smtp", "PLAIN CRAM-MD5", mail="BODY SMTPUTF8")
JAKARTA = Client("Jakarta Mail", "PLAIN LOGIN CRAM-MD5 XOAUTH2", mail="RET ENVID", rcpt="NOTIFY", utf8_unasked=True, sni=False)
POSTFIX = Client("Postfix", "PLAIN LOGIN CRAM-MD5 SCRAM-SHA-256", mail="SIZE BODY RET ENVID", rcpt="NOTIFY ORCPT", pipelines=True, relays=True)
EXIM = Client("Exim", "PLAIN LOGIN CRAM-MD5 XOAUTH2 OAUTHBEARER", mail="SIZE RET ENVID", rcpt="NOTIFY ORCPT", content="BDAT", pipelines=True, relays=True, utf8_unasked=True)

CLIENTS = [SMTPLIB, AIOSMTPLIB, NODEMAILER, CURL, SWAKS, MSMTP, PERL, GO, JAKARTA, POSTFIX, EXIM]
