//! What tgt says of itself: its listing and its configuration.

use super::{Entry, Kind, Present, TargetError};

const EXPECTED: &str =
    "Have tgt say it: tgtadm --lld iscsi --op show --mode target, or tgt-admin --dump";
/// The broadcast address: no initiator has it.
pub(super) const NOBODY: &str = "255.255.255.255";

/// What a targets.conf or the listing of the running tgtd admits.
pub(super) fn read(text: &str, format: &'static str) -> Result<Present, TargetError> {
    let mut present = if text.starts_with("Target ") {
        listing(text)
    } else {
        configuration(text, format)?
    };
    present.entries.retain(|entry| entry.name != NOBODY);
    Ok(present)
}

/// Reads a targets.conf as `Config::General` does: `key value` or `key = value`, names of blocks without regard to
/// the size of letters, files that it includes by `include` or `<<include FILE>>`.
fn configuration(text: &str, format: &'static str) -> Result<Present, TargetError> {
    let wrong = |why: String| TargetError::read(format, EXPECTED, why);
    let mut present = Present::default();
    let mut object: Option<String> = None;
    let mut addressed = false;
    for (number, line) in text.lines().enumerate() {
        let line = line.trim();
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        let (first, value) = key_and_value(line);
        if let Some(file) = included(first, value) {
            present.includes.push(file.to_owned());
        } else if first.eq_ignore_ascii_case("<target") {
            let name = value.trim_end_matches('>').trim().trim_matches('"');
            present.object(name);
            object = Some(name.to_owned());
            addressed = false;
        } else if first.eq_ignore_ascii_case("</target>") {
            if let (Some(object), false) = (object.take(), addressed) {
                let how = "no initiator-address in the file: tgt-admin adds ALL";
                present.entries.push(Entry::anyone(&object, how));
            }
        } else if let Some(object) = &object {
            let key = first.to_ascii_lowercase();
            if !key.starts_with("initiator-") || value.is_empty() {
                continue;
            }
            let entry = entry(object, value);
            addressed |= key == "initiator-address" || entry.kind == Kind::Anyone;
            present.entries.push(entry);
        } else if !first
            .starts_with(|first: char| first.is_ascii_alphabetic() || "<>".contains(first))
        {
            return Err(wrong(format!(
                "line {} is not a line of targets.conf",
                number + 1
            )));
        }
    }
    match (present.objects.as_slice(), present.includes.as_slice()) {
        ([], []) => Err(wrong("it has no <target>".to_owned())),
        ([], files) => Err(wrong(format!(
            "it only includes other files, {}",
            super::shown(files)
        ))),
        _ => Ok(present),
    }
}

/// `key value`, `key = value` or `key=value`; the value without quotes and what follows it.
fn key_and_value(line: &str) -> (&str, &str) {
    let blank = |character: char| character == '=' || character.is_whitespace();
    let (key, rest) = line.split_once(blank).unwrap_or((line, ""));
    let rest = rest.trim_start_matches(blank);
    let value = match rest.strip_prefix('"') {
        Some(quoted) => quoted.split('"').next(),
        None => rest.split_whitespace().next(),
    };
    (key, value.unwrap_or_default())
}

/// The file that a line includes.
fn included<'l>(key: &str, value: &'l str) -> Option<&'l str> {
    let is_include = ["include", "<<include", "includeglob"]
        .iter()
        .any(|word| key.eq_ignore_ascii_case(word));
    is_include.then(|| value.trim_end_matches('>'))
}

/// A name, an address, or all of them. (tgt-admin --dump calls ALL a name.)
fn entry(object: &str, value: &str) -> Entry {
    let kind = match value {
        "ALL" => Kind::Anyone,
        name => Kind::of(name),
    };
    Entry {
        kind,
        ..Entry::name(object, value)
    }
}

/// What `tgtadm --op show --mode target` prints.
fn listing(text: &str) -> Present {
    let mut present = Present::default();
    let mut object = String::new();
    let mut acl = false;
    for line in text.lines() {
        if let Some(rest) = line.strip_prefix("Target ") {
            let name = rest.split_once(": ").map_or("", |(_, name)| name);
            name.clone_into(&mut object);
            present.object(&object);
            acl = false;
        } else if line.trim_end().ends_with("information:") {
            acl = line.trim() == "ACL information:";
        } else if acl && !line.trim().is_empty() {
            present.entries.push(entry(&object, line.trim()));
        }
    }
    present
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Spellings that `Config::General` takes, which is what tgt-admin reads its file with.
    #[test]
    fn each_spelling_of_a_line_is_read() {
        for line in [
            "initiator-name iqn.2024-01.com.example:a",
            "\tinitiator-name\tiqn.2024-01.com.example:a",
            "initiator-name=iqn.2024-01.com.example:a",
            "initiator-name = \"iqn.2024-01.com.example:a\"",
            "Initiator-Name iqn.2024-01.com.example:a",
        ] {
            let text = format!("<Target iqn.2024-01.com.example:t>\n{line}\n</Target>\n");
            let present = read(&text, "tgt").unwrap();
            assert_eq!(present.objects, ["iqn.2024-01.com.example:t"], "{line}");
            let names: Vec<_> = present
                .entries
                .iter()
                .map(|entry| entry.name.as_str())
                .collect();
            assert_eq!(names[0], "iqn.2024-01.com.example:a", "{line}");
        }
    }

    #[test]
    fn files_that_are_included_are_named() {
        let text = "include /etc/tgt/conf.d/*.conf\n<<include /etc/tgt/extra.conf>>\n";
        let error = read(text, "tgt").unwrap_err().to_string();
        assert!(
            error.contains("/etc/tgt/conf.d/*.conf, /etc/tgt/extra.conf"),
            "{error}"
        );
        let text = format!("{text}<target iqn.2024-01.com.example:t>\n</target>\n");
        let present = read(&text, "tgt").unwrap();
        assert_eq!(
            present.includes,
            ["/etc/tgt/conf.d/*.conf", "/etc/tgt/extra.conf"]
        );
    }

    #[test]
    fn what_has_no_target_is_refused() {
        for text in [
            "root:x:0:0:root:/root:/bin/bash\n",
            "{\"targets\": []}\n",
            "Session: 1\n    Connection: 0\n        Initiator: iqn.2024-01.com.example:a\n",
            "",
            "\n",
            "default-driver iscsi\n",
        ] {
            assert!(read(text, "tgt").is_err(), "{text}");
        }
    }
}
