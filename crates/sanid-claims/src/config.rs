//! `/etc/sanid/claim.toml`: which store, for how long, and what the boot does with the answer.
//!
//! A file of its own: `sanid` rejects keys that it does not know, and links no store.

use std::path::{Path, PathBuf};
use std::time::Duration;

use sanid_host::Root;
use serde::Deserialize;

use super::store::{StoreOptions, TlsFiles};

/// Where it is.
pub const PATH: &str = "/etc/sanid/claim.toml";
/// A day: the store may be away for most of it.
pub const LEASE: Duration = Duration::from_secs(24 * 3600);
/// How long a claim waits for its store.
pub const WAIT: Duration = Duration::from_secs(10);
/// A configuration is some hundred bytes.
const LONGEST: usize = 64 * 1024;
/// etcd takes no lease that is longer (its `MaxLeaseTTL`).
const LONGEST_LEASE: u64 = 9_000_000_000;

/// The file.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(default, rename_all = "kebab-case", deny_unknown_fields)]
pub struct Config {
    /// The address of the store.
    pub store: Option<String>,
    /// For how long a claim holds without being renewed.
    #[serde(deserialize_with = "lease")]
    pub lease: Option<LeaseTime>,
    /// How long to wait for the store.
    #[serde(deserialize_with = "time")]
    pub wait: Option<Duration>,
    /// What a conflict does at boot.
    pub policy: Policy,
    /// What a store that does not answer does at boot.
    pub unreachable: Unreachable,
    /// User of the store.
    pub user: Option<String>,
    /// A file with the password.
    pub password_file: Option<PathBuf>,
    /// Files for TLS.
    pub tls: TlsConfig,
    /// Figures for monitoring.
    pub metrics: MetricsConfig,
}

/// `[tls]`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(default, rename_all = "kebab-case", deny_unknown_fields)]
pub struct TlsConfig {
    /// Who signs the servers' certificates.
    pub ca: Option<PathBuf>,
    /// This host's certificate.
    pub cert: Option<PathBuf>,
    /// Its key.
    pub key: Option<PathBuf>,
    /// The name in the server's certificate.
    pub server_name: Option<String>,
}

/// `[metrics]`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(default, rename_all = "kebab-case", deny_unknown_fields)]
pub struct MetricsConfig {
    /// The file that `node_exporter`'s textfile collector reads.
    pub textfile: Option<PathBuf>,
}

/// What a conflict does at boot.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Policy {
    /// It is reported, and storage is connected.
    #[default]
    Report,
    /// Storage is not connected.
    Enforce,
}

/// What a store that does not answer does at boot.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Unreachable {
    /// It is reported, and storage is connected.
    #[default]
    Boot,
    /// With the policy `enforce`, storage is not connected.
    Hold,
}

/// A lease as it is written: a time, or `none`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LeaseTime(pub Option<Duration>);

/// A file that cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{file}: {why}")]
pub struct ConfigError {
    /// The file.
    pub file: String,
    /// What is wrong, with its line.
    pub why: String,
    /// Whether a line of it sets the policy `enforce`.
    pub enforces: bool,
}

/// Whether a line of a file, which may have faults elsewhere, sets the policy `enforce`.
fn enforces(text: &str) -> bool {
    text.lines().any(|line| {
        let line = line.split('#').next().unwrap_or_default();
        line.split_once('=').is_some_and(|(key, value)| {
            let value = value.trim().trim_matches(['"', '\'']);
            key.trim().trim_matches(['"', '\'']) == "policy" && value == "enforce"
        })
    })
}

impl Config {
    /// Reads a file; where the usual one is not there, all is default.
    ///
    /// # Errors
    /// [`ConfigError`].
    pub fn read(path: Option<&Path>) -> Result<Self, ConfigError> {
        match path {
            Some(file) => Self::of(file, None),
            None => Self::below(Path::new("/")),
        }
    }

    /// Reads the usual file of the host below a root, and nothing outside of the root; where it is not there,
    /// all is default.
    ///
    /// # Errors
    /// [`ConfigError`].
    pub fn below(root: &Path) -> Result<Self, ConfigError> {
        let file = Path::new(PATH);
        let host = Root::open(root).map_err(|error| ConfigError {
            file: sanid_host::root::printable(root),
            why: error.to_string(),
            enforces: false,
        })?;
        if matches!(host.exists(PATH.trim_start_matches('/')), Ok(false)) {
            return Ok(Self::default());
        }
        Self::of(file, Some(root))
    }

    fn of(file: &Path, below: Option<&Path>) -> Result<Self, ConfigError> {
        let error = |why: String| ConfigError {
            file: sanid_host::root::printable(file),
            why,
            enforces: false,
        };
        let bytes = crate::files::content(file, below, LONGEST).map_err(error)?;
        let text = String::from_utf8(bytes).map_err(|_| error("it is not UTF-8".into()))?;
        toml::from_str(&text).map_err(|bad| ConfigError {
            enforces: enforces(&text),
            ..error(explained(&text, &bad))
        })
    }

    /// How the store is reached.
    pub fn store_options(&self) -> StoreOptions {
        let tls = &self.tls;
        StoreOptions {
            tls: TlsFiles {
                ca: tls.ca.clone(),
                cert: tls.cert.clone(),
                key: tls.key.clone(),
                server_name: tls.server_name.clone(),
            },
            user: self.user.clone(),
            password_file: self.password_file.clone(),
            ..StoreOptions::default()
        }
    }
}

/// What is wrong, with its line, and without the text of the file: a password may be written there by mistake.
fn explained(text: &str, bad: &toml::de::Error) -> String {
    let start = bad.span().unwrap_or_default().start;
    let before = text.get(..start).unwrap_or(text);
    let line = before.matches('\n').count() + 1;
    let message = bad.message();
    // What was found comes before what was expected; only a key's name is told of it.
    let message = match message.split_once(", expected ") {
        Some((found, expected)) if found.starts_with("unknown field `") => {
            let key = found.trim_start_matches("unknown field ").trim_matches('`');
            let known = expected.trim_start_matches("one of ");
            format!("unknown key {}; known keys: {known}", shown_key(key))
        }
        Some((_, expected)) => format!("expected {expected}"),
        None => message.to_owned(),
    };
    format!("line {line}: {message}")
}

/// A key's name, unless it looks like a value.
fn shown_key(key: &str) -> String {
    let plain = |byte: u8| byte.is_ascii_alphabetic() || byte == b'-' || byte == b'_';
    if key.len() <= 32 && key.bytes().all(plain) {
        format!("`{key}`")
    } else {
        "(not a key's name)".to_owned()
    }
}

/// A duration such as `30s`, `10m`, `24h` or `7d`.
///
/// # Errors
/// What one looks like.
pub fn parse_time(text: &str) -> Result<Duration, String> {
    let bad = || {
        format!("{text:?} is not a duration: write a number with s, m, h or d, such as 30s or 24h")
    };
    let digits = text.trim_end_matches(['s', 'm', 'h', 'd']);
    let unit = match text.get(digits.len()..).ok_or_else(bad)? {
        "s" => 1,
        "m" => 60,
        "h" => 3600,
        "d" => 86_400,
        _ => return Err(bad()),
    };
    let number: u64 = digits.parse().map_err(|_| bad())?;
    let seconds = number.checked_mul(unit).ok_or_else(bad)?;
    if seconds == 0 {
        return Err(format!(
            "{text:?} is too short: a duration must be greater than zero"
        ));
    }
    Ok(Duration::from_secs(seconds))
}

/// A lease: a time, or `none`.
///
/// # Errors
/// What one looks like.
pub fn parse_lease(text: &str) -> Result<LeaseTime, String> {
    if text == "none" {
        return Ok(LeaseTime(None));
    }
    let time = parse_time(text)?;
    if time.as_secs() > LONGEST_LEASE {
        return Err(format!("{text:?} is too long; none has no end"));
    }
    Ok(LeaseTime(Some(time)))
}

fn lease<'de, D: serde::Deserializer<'de>>(from: D) -> Result<Option<LeaseTime>, D::Error> {
    let text = String::deserialize(from)?;
    parse_lease(&text)
        .map(Some)
        .map_err(|why| serde::de::Error::custom(without(&text, &why)))
}

fn time<'de, D: serde::Deserializer<'de>>(from: D) -> Result<Option<Duration>, D::Error> {
    let text = String::deserialize(from)?;
    parse_time(&text)
        .map(Some)
        .map_err(|why| serde::de::Error::custom(without(&text, &why)))
}

/// A message about a value, without the value.
fn without(text: &str, why: &str) -> String {
    why.replace(&format!("{text:?}"), "the value")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_whole_file() {
        let config: Config = toml::from_str(
            "store = 'etcd:https://a:2379,https://b:2379'\nlease = '7d'\nwait = '5s'\npolicy = 'enforce'\n\
             unreachable = 'hold'\n[tls]\nca = '/etc/sanid/ca.pem'\n[metrics]\ntextfile = '/x.prom'\n",
        )
        .unwrap();
        assert_eq!(
            config.lease,
            Some(LeaseTime(Some(Duration::from_secs(604_800))))
        );
        assert_eq!(config.wait, Some(Duration::from_secs(5)));
        assert_eq!(
            (config.policy, config.unreachable),
            (Policy::Enforce, Unreachable::Hold)
        );
    }

    /// As shipped, and with every line that is there to be uncommented.
    #[test]
    fn the_example_is_a_configuration() {
        let file = "../../dist/usr/share/doc/sanid/examples/claim.toml";
        let text = std::fs::read_to_string(file).unwrap();
        let shipped: Config = toml::from_str(&text).unwrap();
        let all: Config =
            toml::from_str(&text.replace("\n#", "\n").replace("\n ", "\n# ")).unwrap();
        assert_eq!(shipped.lease, None);
        assert_eq!(all.lease, Some(LeaseTime(Some(LEASE))), "the default");
        assert_eq!(all.wait, Some(WAIT), "the default");
        assert_eq!(
            (all.policy, all.unreachable),
            (shipped.policy, shipped.unreachable)
        );
    }

    #[test]
    fn an_error_repeats_no_value_of_the_file() {
        let directory = tempfile::tempdir().unwrap();
        let file = directory.path().join("claim.toml");
        for (text, words) in [
            (
                "password = '@'\n",
                "line 1: unknown key `password`; known keys: `store`",
            ),
            ("store = 'x'\npassword = @\n", "line 2: "),
            ("store = 'x\npassword = '@'\n", "line 1: "),
            ("@ = 1\n", "line 1: unknown key (not a key's name)"),
            ("'a @' = 1\n", "line 1: "),
            ("@\n", "line 1: "),
            ("wait = '@'", "line 1: the value is not a duration"),
            ("lease = '@'", "line 1: the value is not a duration"),
            ("policy = '@'", "line 1: expected `report` or `enforce`"),
            ("user = ['@']", "line 1: expected a string"),
            ("user = 'x'\ntls = '@'", "line 2: expected"),
            ("store = {password = '@'}", "line 1: expected a string"),
            (
                "[tls]\npassphrase = '@'",
                "line 2: unknown key `passphrase`",
            ),
        ] {
            std::fs::write(&file, text.replace('@', "geheim1")).unwrap();
            let error = Config::read(Some(&file)).unwrap_err().to_string();
            assert!(!error.contains("geheim1"), "{text}: {error}");
            assert!(error.contains(words), "{text}: {error}");
        }
    }

    #[test]
    fn what_is_not_known_is_an_error_with_its_line() {
        for (text, words) in [
            ("store = 'x'\nlese = '1h'\n", "line 2"),
            ("lease = '1 h'", "not a duration"),
            ("lease = '0s'", "greater than zero"),
            ("wait = 'none'", "not a duration"),
            ("wait = '99999999999999999999d'", "not a duration"),
            ("policy = 'strict'", "policy"),
            ("[tls]\nverify = false\n", "verify"),
        ] {
            let error = toml::from_str::<Config>(text).unwrap_err().to_string();
            assert!(error.contains(words), "{text}: {error}");
        }
        assert_eq!(parse_lease("none"), Ok(LeaseTime(None)));
    }
}
