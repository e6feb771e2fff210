//! Pins in the configuration of sanid.

use super::{Content, Place, Reads, file_name};
use crate::lint::finding::{Finding, PIN};

pub(super) static PLACE: Place = Place {
    patterns: &[
        "etc/sanid/config.toml",
        "etc/sanid/config.d/*",
        "run/sanid/config.d/*",
        "usr/lib/sanid/config.d/*",
    ],
    reads: Reads::Text,
    judge,
};

/// What `sanid adopt` writes, and nothing else.
const ADOPTED: &str = "50-adopted.toml";

fn judge(path: &str, content: &Content) -> Vec<Finding> {
    let text = content.text();
    let pins = pins(&text);
    if pins.is_empty() {
        return Vec::new();
    }
    let seen = format!("a pin: {}", pins.join(", "));
    vec![if file_name(path) == ADOPTED && path.starts_with("etc/") {
        Finding::removable(&PIN, path, seen)
    } else {
        Finding::by_hand(&PIN, path, seen, format!("remove [pin] from /{path}"))
    }]
}

/// The keys that are pinned. The text is not parsed as TOML: what is damaged may still hold a name.
fn pins(text: &str) -> Vec<&'static str> {
    let mut table = "";
    let mut pins = Vec::new();
    for line in text.lines().map(str::trim) {
        if let Some(name) = line.strip_prefix('[') {
            table = name.split(']').next().unwrap_or_default().trim();
        }
        let Some((key, value)) = line.split_once('=') else {
            continue;
        };
        let key = key.trim();
        for name in ["iqn", "hostnqn", "hostid"] {
            let here = (table == "pin" && key == name)
                || key.strip_prefix("pin.").map(str::trim) == Some(name)
                || (key == "pin" && value.contains(name));
            if here && !pins.contains(&name) {
                pins.push(name);
            }
        }
    }
    pins
}
