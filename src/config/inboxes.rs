//! The settings of inboxes.

use std::path::PathBuf;

use clap::Args;

#[derive(Debug, Clone, Default, Args)]
#[command(next_help_heading = "Inboxes")]
pub struct InboxConfig {
    /// Where mail goes whose header names no inbox and whose sender did not sign in, for example
    /// 'to:*@shop.test=shop'; also from:, helo:, client:, listener:. May be repeated; the first
    /// that fits wins
    #[arg(long, env = "RESTANTE_INBOX_RULE", value_name = "RULE", value_delimiter = ',')]
    pub inbox_rule: Vec<String>,

    /// Such rules from a file, one a line; they come after those of --inbox-rule
    #[arg(long, env = "RESTANTE_INBOX_RULES", value_name = "FILE")]
    pub inbox_rules: Option<PathBuf>,
}
