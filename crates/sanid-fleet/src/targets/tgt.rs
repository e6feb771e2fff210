//! tgt's targets.conf; a difference is commands for the running tgtd.
//!
//! tgtd compares names byte for byte. tgt-admin lets every address in where a file names none, and asks
//! for the name as well. Source: tgt-admin(8), targets.conf(5), tgt `usr/iscsi`.

use std::borrow::Cow;
use std::io::Write;

use super::shell;
use super::tgtadm::Tgtadm;
use super::{
    Entry, Format, Kind, Member, Plan, Present, Protocol, Scope, TargetError, plain_iscsi, target,
};

/// A `<target>` of targets.conf.
pub(super) struct Tgt;

const NAME: &str = "tgt";
const EXPECTED: &str =
    "Have tgt write it: tgt-admin --dump, or tgtadm --lld iscsi --op show --mode target";

/// What a targets.conf or the listing of the running tgtd admits.
pub(super) fn read(text: &str, format: &'static str) -> Result<Present, TargetError> {
    if shell::is_script(text) {
        return Ok(shell::read(text));
    }
    let mut present = if text.starts_with("Target ") {
        listing(text)
    } else {
        configuration(text, format)?
    };
    // A target that asks for no name lets anyone in.
    let open: Vec<Entry> = present
        .objects
        .iter()
        .filter(|object| {
            let mut all = present.entries.iter();
            !all.any(|entry| entry.object == **object && entry.kind == Kind::Name)
        })
        .map(|object| Entry::anyone(object, "no initiator-name"))
        .collect();
    present.entries.extend(open);
    Ok(present)
}

fn configuration(text: &str, format: &'static str) -> Result<Present, TargetError> {
    let mut present = Present::default();
    let mut object: Option<String> = None;
    for (number, line) in text.lines().enumerate() {
        let line = line.trim();
        let mut words = line.split_whitespace();
        let (first, second) = (words.next().unwrap_or_default(), words.next());
        if first.is_empty() || first.starts_with('#') {
            continue;
        }
        if first.eq_ignore_ascii_case("<target") {
            let name = second.unwrap_or_default().trim_end_matches('>');
            let name = name.trim_matches('"');
            present.object(name);
            object = Some(name.to_owned());
        } else if first.eq_ignore_ascii_case("</target>") {
            object = None;
        } else if let (Some(object), Some(value)) = (&object, second) {
            let kind = match first {
                "initiator-name" => Kind::Name,
                "initiator-address" if value != "ALL" => Kind::Pattern,
                _ => continue,
            };
            present.entries.push(Entry {
                kind,
                ..Entry::name(object, value.trim_matches('"'))
            });
        } else if first.starts_with('{') || first.starts_with('[') {
            return Err(TargetError::Read {
                format,
                why: format!("line {} is no line of targets.conf", number + 1),
                expected: EXPECTED,
            });
        }
    }
    Ok(present)
}

/// What `tgtadm --op show --mode target` prints.
fn listing(text: &str) -> Present {
    let mut present = Present::default();
    let mut object = String::new();
    let mut acl = false;
    for line in text.lines() {
        if let Some(rest) = line.strip_prefix("Target ") {
            object = rest
                .split_once(": ")
                .map_or("", |(_, name)| name)
                .to_owned();
            present.object(&object);
            acl = false;
        } else if line.trim_end().ends_with("information:") {
            acl = line.trim() == "ACL information:";
        } else if acl && !line.trim().is_empty() && line.trim() != "ALL" {
            let name = line.trim();
            let kind = if name.contains('.') && name.chars().next().is_some_and(char::is_alphabetic)
            {
                Kind::Name
            } else {
                Kind::Pattern
            };
            present.entries.push(Entry {
                kind,
                ..Entry::name(&object, name)
            });
        }
    }
    present
}

impl Format for Tgt {
    fn name(&self) -> &'static str {
        NAME
    }

    fn about(&self) -> &'static str {
        "tgt: a <target> of targets.conf (reads tgt-admin --dump, targets.conf, tgtadm --op show)"
    }

    fn loading(&self) -> &'static str {
        "is one <target> without its backing store: put its lines into the <target> that is in /etc/tgt already, since tgt-admin does not join two of one name"
    }

    fn removal(&self) -> &'static str {
        Tgtadm.removal()
    }

    fn protocol(&self) -> Protocol {
        Protocol::Iscsi
    }

    fn object(&self, scope: &Scope) -> Result<Option<String>, TargetError> {
        target(scope, NAME).map(|name| Some(name.to_owned()))
    }

    fn admissible(&self, name: &str, _host: Option<&str>) -> Result<(), String> {
        plain_iscsi(name)
    }

    fn key<'n>(&self, name: &'n str) -> Cow<'n, str> {
        Cow::Borrowed(name)
    }

    fn export(
        &self,
        members: &[Member<'_>],
        scope: &Scope,
        out: &mut dyn Write,
    ) -> Result<(), TargetError> {
        writeln!(
            out,
            "# The initiators that tgt admits to one target. Made by sanid-fleet."
        )?;
        writeln!(out, "<target {}>", target(scope, NAME)?)?;
        for member in members {
            writeln!(out, "    initiator-name {}", member.name)?;
        }
        writeln!(out, "</target>")?;
        Ok(())
    }

    fn read(&self, text: &str) -> Result<Present, TargetError> {
        read(text, NAME)
    }

    fn change(
        &self,
        plan: &Plan<'_>,
        scope: &Scope,
        out: &mut dyn Write,
    ) -> Result<(), TargetError> {
        Tgtadm.change(plan, scope, out)
    }
}
