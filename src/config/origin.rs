//! Where each setting came from: a flag, the environment, or nobody, so that its default holds.

use clap::parser::ValueSource;
use clap::{Arg, ArgMatches, Args};
use serde::Serialize;

use super::Config;

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Setting {
    /// `--smtp`
    pub flag: String,
    /// `RESTANTE_SMTP`
    pub variable: Option<String>,
    /// As it was written; `None` where there is none, and where it is nobody's business.
    pub value: Option<String>,
    pub default: Option<String>,
    pub origin: Origin,
    /// It has a value that is not told: an argument with `hide_env_values` is a secret.
    pub secret: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Origin {
    Flag,
    Environment,
    Default,
}

/// Every setting of a server, in the order of `--help`.
pub(super) fn settings(matches: &ArgMatches) -> Vec<Setting> {
    let command = Config::augment_args(clap::Command::new("restante"));
    command.get_arguments().filter_map(|argument| setting(argument, matches)).collect()
}

fn setting(argument: &Arg, matches: &ArgMatches) -> Option<Setting> {
    let flag = format!("--{}", argument.get_long()?);
    let id = argument.get_id().as_str();
    let origin = match matches.value_source(id) {
        Some(ValueSource::CommandLine) => Origin::Flag,
        Some(ValueSource::EnvVariable) => Origin::Environment,
        _ => Origin::Default,
    };
    let secret = argument.is_hide_env_values_set();
    let value = matches.get_raw(id).map(joined);
    let default = argument.get_default_values();
    Some(Setting {
        flag,
        variable: argument.get_env().map(|name| name.to_string_lossy().into_owned()),
        value: value.filter(|_| !secret),
        default: (!default.is_empty()).then(|| joined(default.iter().map(AsRef::as_ref))),
        origin,
        secret,
    })
}

fn joined<'a>(values: impl Iterator<Item = &'a std::ffi::OsStr>) -> String {
    values.map(|value| value.to_string_lossy()).collect::<Vec<_>>().join(",")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_is_not_told() {
        let argument = Arg::new("key").long("key").default_value("x").hide_env_values(true);
        let matches =
            clap::Command::new("t").arg(argument.clone()).get_matches_from(["t", "--key", "hush"]);
        let told = setting(&argument, &matches).expect("it has a flag");
        assert_eq!((told.value, told.origin, told.secret), (None, Origin::Flag, true));
    }
}
