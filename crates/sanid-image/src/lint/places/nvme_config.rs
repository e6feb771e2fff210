//! Host names in the configuration of nvme-cli (`config.json`, `discovery.conf`, `nvme-fabrics.conf` with its
//! drop-ins) and of nvme-stas (`sys.conf`): nvme-connect-all(1), nvme-fabrics.conf(5), sys.conf(5).

use sanid_host::root::escape;
use serde_json::Value;

use super::{Content, Place, Reads};
use crate::lint::finding::{Finding, NVME_CONFIG, quoted};
use crate::lint::pattern;

pub(super) static PLACE: Place = Place {
    patterns: &[
        "etc/nvme/*.json",
        "etc/nvme/*.conf",
        "etc/nvme/nvme-fabrics.conf.d/*.conf",
        "usr/etc/nvme/*.json",
        "usr/etc/nvme/*.conf",
        "usr/etc/nvme/nvme-fabrics.conf.d/*.conf",
        "usr/local/etc/nvme/*.json",
        "usr/local/etc/nvme/*.conf",
        "usr/local/etc/nvme/nvme-fabrics.conf.d/*.conf",
        "usr/share/factory/etc/nvme/*.json",
        "usr/share/factory/etc/nvme/*.conf",
        "usr/share/factory/etc/nvme/nvme-fabrics.conf.d/*.conf",
        "etc/stas/*.conf",
        "usr/etc/stas/*.conf",
    ],
    reads: Reads::Text,
    judge,
};

fn judge(path: &str, content: &Content) -> Vec<Finding> {
    if pattern::name("*.json", path) {
        return json(path, content);
    }
    let text = content.text();
    let names: Vec<String> = text.lines().filter_map(|line| named(path, line)).collect();
    let fix = if pattern::name("*/nvme-fabrics.conf.d/*", path) {
        // nvme-cli refuses a [Host] without a hostnqn in a drop-in.
        format!("edit /{path}: remove [Host]; the host name then comes from /etc/nvme")
    } else if pattern::name("*/nvme-fabrics.conf", path) {
        format!(
            "sed -i '/^[[:space:]]*host\\(nqn\\|id\\)[[:space:]]*=/d' {}",
            quoted(path)
        )
    } else {
        format!("edit /{path}: remove the host name from the line; it then comes from /etc/nvme")
    };
    found(path, &names, fix)
}

fn found(path: &str, names: &[String], fix: String) -> Vec<Finding> {
    match names.first() {
        None => Vec::new(),
        Some(first) => {
            let more = match names.len() - 1 {
                0 => String::new(),
                more => format!(" and {more} more"),
            };
            vec![Finding::by_hand(
                &NVME_CONFIG,
                path,
                format!("{first}{more}"),
                fix,
            )]
        }
    }
}

fn json(path: &str, content: &Content) -> Vec<Finding> {
    let fix = format!(
        "jq 'walk(if type == \"object\" then del(.hostnqn, .hostid) else . end)' {}, and replace the file with the output",
        quoted(path)
    );
    let bytes = content.bytes();
    if bytes.iter().all(u8::is_ascii_whitespace) {
        return Vec::new();
    }
    // serde_json bounds the depth.
    let Ok(document) = serde_json::from_slice::<Value>(bytes) else {
        // libnvme's parser takes comments, and this one does not.
        let text = content.text();
        let keys = ["\"hostnqn\"", "\"hostid\""];
        let names: Vec<String> = keys
            .into_iter()
            .filter(|key| text.contains(*key))
            .map(|key| format!("a {} in a document that is not JSON", key.trim_matches('"')))
            .collect();
        return found(path, &names, format!("edit /{path}"));
    };
    let mut names = Vec::new();
    hosts(&document, &mut names);
    found(path, &names, fix)
}

fn hosts(value: &Value, names: &mut Vec<String>) {
    match value {
        Value::Array(items) => items.iter().for_each(|item| hosts(item, names)),
        Value::Object(fields) => {
            for (key, value) in fields {
                match (key.as_str(), value.as_str()) {
                    ("hostnqn" | "hostid", Some(text)) if !text.is_empty() => {
                        names.push(format!("{key} {}", escape(text.as_bytes())));
                    }
                    _ => hosts(value, names),
                }
            }
        }
        _ => {}
    }
}

/// The host name in one line: an option of nvme-cli, or a key with a value of its own.
fn named(path: &str, line: &str) -> Option<String> {
    let line = line.trim();
    if line.starts_with(['#', ';']) {
        return None;
    }
    let keys: &[&str] = if path.contains("/stas/") {
        &["nqn", "id", "hostnqn", "hostid"]
    } else if path.contains("/nvme-fabrics.conf") {
        &["hostnqn", "hostid"]
    } else {
        return option(line);
    };
    let (key, value) = line.split_once('=')?;
    let (key, value) = (key.trim(), value.trim());
    let own = !value.is_empty() && !value.starts_with("file://");
    (own && keys.contains(&key)).then(|| format!("{key} {}", escape(value.as_bytes())))
}

/// The host name in the options of one line.
fn option(line: &str) -> Option<String> {
    let mut words = line.split_ascii_whitespace();
    while let Some(word) = words.next() {
        let (option, value) = match word.split_once('=') {
            Some((option, value)) => (option, Some(value)),
            None => (word, None),
        };
        let what = match option {
            "--hostnqn" | "-q" => "hostnqn",
            "--hostid" | "-I" => "hostid",
            _ if word.starts_with("-q") && !word.starts_with("--") => "hostnqn",
            _ if word.starts_with("-I") => "hostid",
            _ => continue,
        };
        let joined = word
            .get(2..)
            .filter(|rest| !rest.is_empty() && !word.starts_with("--"));
        let value = value.or(joined).or_else(|| words.next());
        return value.map(|value| format!("{what} {}", escape(value.as_bytes())));
    }
    None
}
