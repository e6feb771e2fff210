//! Names and secrets of a host in the configurations of its storage programs: nvme-cli, libnvme, nvme-stas and
//! open-iscsi.

use sanid_host::own::{Config, Trace};

use super::{Content, Place, Reads, file_name};
use crate::lint::finding::{Finding, ISCSI_RECORD, NVME_CONFIG, Remedy, Rule, SECRET};
use crate::lint::pattern;

pub(super) static NVME: Place = Place {
    patterns: &[
        "etc/nvme/*.json",
        "etc/nvme/*.conf",
        "etc/nvme/*.conf.d/*.conf",
        "usr/etc/nvme/*.json",
        "usr/etc/nvme/*.conf",
        "usr/etc/nvme/*.conf.d/*.conf",
        "usr/local/etc/nvme/*.json",
        "usr/local/etc/nvme/*.conf",
        "usr/local/etc/nvme/*.conf.d/*.conf",
        "usr/share/factory/etc/nvme/*.json",
        "usr/share/factory/etc/nvme/*.conf",
        "usr/share/factory/etc/nvme/*.conf.d/*.conf",
        "etc/stas/*.conf",
        "etc/stas/*.conf.d/*.conf",
        "usr/etc/stas/*.conf",
        "usr/local/etc/stas/*.conf",
        "usr/share/factory/etc/stas/*.conf",
    ],
    reads: Reads::Text,
    judge: |path, content| judge(&NVME_CONFIG, nvme(path, content.bytes()), path, content),
};

pub(super) static ISCSI: Place = Place {
    patterns: &[
        "var/lib/iscsi/**",
        "etc/iscsi/nodes/**",
        "etc/iscsi/ifaces/**",
        "etc/iscsi/send_targets/**",
        "etc/iscsi/static/**",
        "etc/iscsi/iscsid.conf",
        "usr/etc/iscsi/iscsid.conf",
    ],
    reads: Reads::Text,
    judge: |path, content| judge(&ISCSI_RECORD, Config::Iscsi, path, content),
};

/// The DH-HMAC-CHAP key of nvme-stas, and the TLS keys that nvme-cli loads at boot.
pub(super) static KEYS: Place = Place {
    patterns: &[
        "etc/nvme/*hostkey*",
        "etc/nvme/tls-keys*",
        "usr/etc/nvme/*hostkey*",
        "usr/etc/nvme/tls-keys*",
        "usr/local/etc/nvme/*hostkey*",
        "usr/local/etc/nvme/tls-keys*",
        "usr/share/factory/etc/nvme/*hostkey*",
    ],
    reads: Reads::Text,
    judge: |path, content| {
        let text = content.text();
        let is_key = |line: &str| !line.is_empty() && !line.starts_with('#');
        let has_key = text.lines().map(str::trim).any(is_key);
        let key = has_key.then(|| Finding::removable(&SECRET, path, "a key".to_owned()));
        key.into_iter().collect()
    },
};

/// The format of a file, by its name; that of other programs' files in /etc/nvme by its sections.
fn nvme(path: &str, bytes: &[u8]) -> Config {
    let is = |wanted: &str| pattern::name(wanted, path);
    let is_header = |line: &[u8]| line.trim_ascii_start().starts_with(b"[");
    let has_sections = || bytes.split(|byte| *byte == b'\n').any(is_header);
    if is("*.json") {
        Config::Json
    } else if is("*/stas/*") {
        Config::Stas
    } else if is("*.conf.d/*") {
        Config::Persona
    } else if file_name(path) != "discovery.conf" && has_sections() {
        Config::Fabrics
    } else {
        Config::Discovery
    }
}

fn judge(rule: &'static Rule, config: Config, path: &str, content: &Content) -> Vec<Finding> {
    let traces = config.traces(content.bytes());
    let refused = config.without(content.bytes()).err();
    let (names, secrets): (Vec<&Trace>, Vec<&Trace>) =
        traces.iter().partition(|one| one.name.is_some());
    let found = |(rule, traces): (&'static Rule, &[&Trace])| {
        let first = traces.first()?;
        let seen = match &first.name {
            Some(name) => format!("{} {name}", first.key),
            None => format!("{} in line {}", first.key, first.line),
        };
        let more = match traces.len() - 1 {
            0 => String::new(),
            more => format!(" and {more} more"),
        };
        let fix = match &refused {
            Some(why) => format!("edit /{path}: {why}"),
            None => format!("remove {} from /{path}", keys(traces)),
        };
        let mut finding = Finding::by_hand(rule, path, format!("{seen}{more}"), fix);
        if refused.is_none() {
            finding.remedy = Remedy::Edit(config);
        }
        Some(finding)
    };
    let both = [(rule, names.as_slice()), (&SECRET, &secrets)];
    both.into_iter().filter_map(found).collect()
}

/// `hostnqn (lines 2, 7) and hostid (line 3)`.
fn keys(traces: &[&Trace]) -> String {
    let mut keys: Vec<(&str, Vec<usize>)> = Vec::new();
    for trace in traces {
        match keys.iter_mut().find(|(key, _)| *key == trace.key) {
            Some((_, lines)) => lines.push(trace.line),
            None => keys.push((&trace.key, vec![trace.line])),
        }
    }
    let shown = |(key, lines): &(&str, Vec<usize>)| {
        let plural = if lines.len() == 1 { "line" } else { "lines" };
        let shown: Vec<String> = lines.iter().take(5).map(ToString::to_string).collect();
        let more = match lines.len() - shown.len() {
            0 => String::new(),
            more => format!(" and {more} more"),
        };
        format!("{key} ({plural} {}{more})", shown.join(", "))
    };
    keys.iter().map(shown).collect::<Vec<_>>().join(" and ")
}
