//! The environment of a command line: finds unknown variables, ignores empty ones, hides secrets in errors. It sets
//! none.

use std::collections::HashSet;
use std::ffi::OsStr;

use clap::Command;
use clap::builder::Resettable;
use clap::error::{ContextKind, ContextValue};

/// Prefix of all variables of this program.
const PREFIX: &str = "LIVE_JURY_";
/// Flags whose values no message repeats.
const SECRET_FLAGS: [&str; 6] =
    ["--token-secret", "--ballot-secret", "--reporter-key", "--identity-key", "--database ", "--redis "];
/// Filter of the logs; no command has a flag for it.
const LOG: &str = "LIVE_JURY_LOG";

/// The variables `LIVE_JURY_*` that no command reads, in alphabetical order.
#[must_use]
pub fn unknown_variables(command: &Command, variables: impl Iterator<Item = (String, String)>) -> Vec<String> {
    let mut known = HashSet::from([LOG.to_owned()]);
    collect_variables(command, &mut known);
    let mut unknown: Vec<String> = variables
        .filter(|(name, value)| name.starts_with(PREFIX) && !known.contains(name) && !is_of_kubernetes(name, value))
        .map(|(name, _)| name)
        .collect();
    unknown.sort();
    unknown
}

/// The command without the variables whose value is empty, so that they count as unset. Compose files pass a variable
/// that is not set as an empty one.
#[must_use]
pub fn without_empty_variables(command: Command, is_empty: &dyn Fn(&OsStr) -> bool) -> Command {
    let command = command.mut_args(|arg| match arg.get_env() {
        Some(name) if is_empty(name) => arg.env(Resettable::Reset),
        _ => arg,
    });
    command.mut_subcommands(|command| without_empty_variables(command, is_empty))
}

/// The error without the value of a secret, or of a URL that may hold one.
#[must_use]
pub fn hide_secret(mut error: clap::Error) -> clap::Error {
    let is_secret = match error.get(ContextKind::InvalidArg) {
        Some(ContextValue::String(arg)) => SECRET_FLAGS.iter().any(|flag| arg.starts_with(flag)),
        _ => false,
    };
    if is_secret {
        error.insert(ContextKind::InvalidValue, ContextValue::String("(hidden)".to_owned()));
    }
    error
}

fn collect_variables(command: &Command, known: &mut HashSet<String>) {
    known.extend(command.get_arguments().filter_map(|arg| arg.get_env()?.to_str().map(str::to_owned)));
    command.get_subcommands().for_each(|command| collect_variables(command, known));
}

/// Whether Kubernetes sets this variable for a Service that is called live-jury, or live-jury- and something.
fn is_of_kubernetes(name: &str, value: &str) -> bool {
    let is_link = ["tcp://", "udp://", "sctp://"].iter().any(|scheme| value.starts_with(scheme));
    name.starts_with("LIVE_JURY_SERVICE_")
        || name == "LIVE_JURY_PORT"
        || name.starts_with("LIVE_JURY_PORT_")
        || name.ends_with("_SERVICE_HOST")
        || name.contains("_SERVICE_PORT")
        || (name.ends_with("_PORT") && is_link)
        || ["_TCP", "_UDP", "_SCTP"].iter().any(|protocol| name.contains("_PORT_") && name.contains(protocol))
}

#[cfg(test)]
mod tests {
    use clap::Args;

    use super::*;
    use crate::config::Settings;

    fn unknown(variables: &[(&str, &str)]) -> Vec<String> {
        let command = Command::new("live-jury").subcommand(Settings::augment_args(Command::new("serve")));
        let variables = variables.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        unknown_variables(&command, variables)
    }

    #[test]
    fn a_misspelt_variable_is_unknown() {
        let given = [
            ("LIVE_JURY_TOKEN_SECRETS", "x"),
            ("LIVE_JURY_ALLOWED_ORIGIN", "https://shop.example.com"),
            ("LIVE_JURY_ALLOWED_ORIGINS", "https://shop.example.com"),
            ("LIVE_JURY_LOG", "debug"),
            ("LIVE_JURY_ADMIN_PORT", "9090"),
            ("LIVE_JURYMEN", "12"),
            ("PATH", "/bin"),
        ];
        let expected = ["LIVE_JURY_ADMIN_PORT", "LIVE_JURY_ALLOWED_ORIGIN", "LIVE_JURY_TOKEN_SECRETS"];
        assert_eq!(unknown(&given), expected);
    }

    #[test]
    fn an_empty_variable_is_unset() {
        let serve = Settings::augment_args(Command::new("serve"));
        let command = Command::new("live-jury").subcommand(serve);
        let command = without_empty_variables(command, &|name| name == "LIVE_JURY_TOKEN_ISSUER");
        let serve = command.find_subcommand("serve").unwrap();
        let variable = |id: &str| serve.get_arguments().find(|arg| arg.get_id() == id).unwrap().get_env();
        assert_eq!(variable("token_issuer"), None);
        assert_eq!(variable("token_audience"), Some(OsStr::new("LIVE_JURY_TOKEN_AUDIENCE")));
    }

    #[test]
    fn variables_of_kubernetes_services_are_ignored() {
        let given = [
            ("LIVE_JURY_SERVICE_HOST", "10.0.0.1"),
            ("LIVE_JURY_SERVICE_PORT", "8080"),
            ("LIVE_JURY_SERVICE_PORT_HTTP", "8080"),
            ("LIVE_JURY_PORT", "tcp://10.0.0.1:8080"),
            ("LIVE_JURY_PORT_8080_TCP", "tcp://10.0.0.1:8080"),
            ("LIVE_JURY_PORT_8080_TCP_ADDR", "10.0.0.1"),
            ("LIVE_JURY_ADMIN_SERVICE_HOST", "10.0.0.2"),
            ("LIVE_JURY_ADMIN_PORT", "tcp://10.0.0.2:9090"),
            ("LIVE_JURY_ADMIN_PORT_9090_TCP_PROTO", "tcp"),
        ];
        assert_eq!(unknown(&given), Vec::<String>::new());
    }
}
