//! `/etc/sanid/claim.toml`: which store, for how long, and what the boot does with the answer.
//!
//! A file of its own: `sanid` rejects keys that it does not know, and links no store.

use std::path::{Path, PathBuf};
use std::time::Duration;

use serde::Deserialize;

use super::store::{StoreOptions, TlsFiles};

/// Where it is.
pub const PATH: &str = "/etc/sanid/claim.toml";
/// A day: the store may be away for most of it.
pub const LEASE: Duration = Duration::from_secs(24 * 3600);
/// How long a claim waits for its store.
pub const WAIT: Duration = Duration::from_secs(10);
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
}

impl Config {
    /// Reads a file; where the usual one is not there, all is default.
    ///
    /// # Errors
    /// [`ConfigError`].
    pub fn read(path: Option<&Path>) -> Result<Self, ConfigError> {
        let file = path.unwrap_or(Path::new(PATH));
        let error = |why: String| ConfigError {
            file: sanid_host::root::printable(file),
            why,
        };
        match std::fs::read_to_string(file) {
            Ok(text) => toml::from_str(&text).map_err(|bad| error(bad.to_string())),
            Err(missing) if path.is_none() && missing.kind() == std::io::ErrorKind::NotFound => {
                Ok(Self::default())
            }
            Err(bad) => Err(error(bad.to_string())),
        }
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
            read_only: false,
        }
    }
}

/// A time such as `30s`, `10m`, `24h` or `7d`.
///
/// # Errors
/// What one looks like.
pub fn parse_time(text: &str) -> Result<Duration, String> {
    let bad = || format!("{text:?} is no time: a number with s, m, h or d, such as 30s or 24h");
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
        return Err(format!("{text:?} is no time at all"));
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
        .map_err(serde::de::Error::custom)
}

fn time<'de, D: serde::Deserializer<'de>>(from: D) -> Result<Option<Duration>, D::Error> {
    let text = String::deserialize(from)?;
    parse_time(&text)
        .map(Some)
        .map_err(serde::de::Error::custom)
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
    fn what_is_not_known_is_an_error_with_its_line() {
        for (text, words) in [
            ("store = 'x'\nlese = '1h'\n", "line 2"),
            ("lease = '1 h'", "no time"),
            ("lease = '0s'", "no time at all"),
            ("wait = 'none'", "no time"),
            ("wait = '99999999999999999999d'", "no time"),
            ("policy = 'strict'", "policy"),
            ("[tls]\nverify = false\n", "verify"),
        ] {
            let error = toml::from_str::<Config>(text).unwrap_err().to_string();
            assert!(error.contains(words), "{text}: {error}");
        }
        assert_eq!(parse_lease("none"), Ok(LeaseTime(None)));
    }
}
