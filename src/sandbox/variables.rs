//! What the command of `restante run` finds in its environment, and an app under a Rust test: where
//! mail goes, in the words of the frameworks. What would make an app sign in or ask for TLS is empty, so that a `.env` with the
//! settings of production does not bring it back.

use std::fmt::Write as _;

/// What a variable says.
#[derive(Clone, Copy)]
enum Says {
    Host,
    Port,
    /// `localhost:40123`
    Address,
    /// `smtp://localhost:40123`
    Url,
    /// `http://localhost:40124`
    Api,
    Text(&'static str),
}

use Says::{Address, Api, Host, Port, Text, Url};

const NOTHING: Says = Text("");

/// Who reads them, and which.
const VARIABLES: &[(&str, &[(&str, Says)])] = &[
    ("Restante's own", &[("RESTANTE_URL", Api), ("MAIL_URL", Url)]),
    (
        "Rails, Phoenix, Node, Go, Mastodon …",
        &[
            ("SMTP_HOST", Host),
            ("SMTP_PORT", Port),
            ("SMTP_ADDRESS", Host),
            ("SMTP_SERVER", Host),
            ("SMTP_ADDR", Address),
            ("SMTP_URL", Url),
            ("SMTP_USER", NOTHING),
            ("SMTP_USERNAME", NOTHING),
            ("SMTP_PASS", NOTHING),
            ("SMTP_PASSWORD", NOTHING),
            ("SMTP_SECURE", NOTHING),
        ],
    ),
    (
        "Laravel, Flask-Mail, FastAPI-Mail, NestJS",
        &[
            ("MAIL_MAILER", Text("smtp")),
            ("MAIL_HOST", Host),
            ("MAIL_SERVER", Host),
            ("MAIL_PORT", Port),
            ("MAIL_USERNAME", NOTHING),
            ("MAIL_PASSWORD", NOTHING),
            ("MAIL_ENCRYPTION", NOTHING),
            ("MAIL_SCHEME", NOTHING),
            ("MAIL_USE_TLS", NOTHING),
            ("MAIL_USE_SSL", NOTHING),
            ("MAIL_STARTTLS", Text("false")),
            ("MAIL_SSL_TLS", Text("false")),
        ],
    ),
    ("Symfony", &[("MAILER_DSN", Url), ("MAILER_URL", Url)]),
    (
        "Django",
        &[
            ("EMAIL_HOST", Host),
            ("EMAIL_PORT", Port),
            ("EMAIL_URL", Url),
            ("EMAIL_HOST_USER", NOTHING),
            ("EMAIL_HOST_PASSWORD", NOTHING),
            ("EMAIL_USE_TLS", NOTHING),
            ("EMAIL_USE_SSL", NOTHING),
        ],
    ),
    ("Auth.js", &[("EMAIL_SERVER", Url), ("EMAIL_SERVER_HOST", Host), ("EMAIL_SERVER_PORT", Port)]),
    (
        "Spring",
        &[
            ("SPRING_MAIL_HOST", Host),
            ("SPRING_MAIL_PORT", Port),
            ("SPRING_MAIL_USERNAME", NOTHING),
            ("SPRING_MAIL_PASSWORD", NOTHING),
            ("SPRING_MAIL_PROPERTIES_MAIL_SMTP_AUTH", Text("false")),
            ("SPRING_MAIL_PROPERTIES_MAIL_SMTP_STARTTLS_ENABLE", Text("false")),
            ("SPRING_MAIL_PROPERTIES_MAIL_SMTP_STARTTLS_REQUIRED", Text("false")),
        ],
    ),
    (
        "Quarkus",
        &[
            ("QUARKUS_MAILER_HOST", Host),
            ("QUARKUS_MAILER_PORT", Port),
            ("QUARKUS_MAILER_MOCK", Text("false")),
            ("QUARKUS_MAILER_START_TLS", Text("DISABLED")),
        ],
    ),
    (".NET", &[("Smtp__Host", Host), ("Smtp__Port", Port), ("Smtp__EnableSsl", Text("false"))]),
];

/// Names and values for a sandbox: its `HOST:PORT` of SMTP, and the URL of its API.
pub fn all(smtp: &str, api: &str) -> impl Iterator<Item = (&'static str, String)> {
    let (host, port) = smtp.rsplit_once(':').unwrap_or((smtp, ""));
    let value = move |says| match says {
        Host => host.to_owned(),
        Port => port.to_owned(),
        Address => smtp.to_owned(),
        Url => format!("smtp://{smtp}"),
        Api => api.to_owned(),
        Text(text) => text.to_owned(),
    };
    let variables = VARIABLES.iter().flat_map(|(_, variables)| variables.iter());
    variables.map(move |(name, says)| (*name, value(*says)))
}

/// For `--help`.
pub fn help() -> String {
    let mut text = String::from("The command finds these in its environment:\n");
    for (who, variables) in VARIABLES {
        let told = variables.iter().map(|(name, says)| match says {
            Text(text) => format!("{name}={text}"),
            _ => (*name).to_owned(),
        });
        let _ = writeln!(text, "  {who}:\n    {}", told.collect::<Vec<_>>().join(" "));
    }
    text += "\nExit codes:\n  that of the command; 128 + N when signal N ended it\n  \
             126, 127  the command cannot be run, is not there\n  \
             1, 2      the sandbox did not start, wrong usage; a sentence says so";
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_is_there_once_with_the_address() {
        let all: Vec<_> = all("localhost:4025", "http://localhost:4080").collect();
        let value = |name: &str| {
            let found: Vec<_> = all.iter().filter(|(n, _)| *n == name).collect();
            assert_eq!(found.len(), 1, "{name}");
            found[0].1.as_str()
        };
        for (name, expected) in [
            ("SMTP_HOST", "localhost"),
            ("SMTP_PORT", "4025"),
            ("RESTANTE_URL", "http://localhost:4080"),
            ("MAIL_URL", "smtp://localhost:4025"),
            ("SMTP_ADDR", "localhost:4025"),
            ("MAIL_USERNAME", ""),
        ] {
            assert_eq!(value(name), expected);
        }
        let docs = include_str!("../../docs/run.md");
        for (name, _) in &all {
            let _ = value(name);
            assert!(docs.contains(&format!("`{name}")), "{name} is not in docs/run.md");
            assert!(help().contains(*name));
        }
    }
}
