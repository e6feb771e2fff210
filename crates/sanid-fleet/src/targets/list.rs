//! sanid's own lists of hosts, for programs that this one does not know.

use std::io::{Cursor, Write};

use serde_json::json;

use super::{Choice, Entry, Format, Member, Plan, Present, Protocol, TargetError, Writer};
use crate::hosts::{self, Host};
use crate::input::Input;

/// As CSV.
pub(super) const CSV: Format = Format {
    name: "csv",
    about: "CSV: host,iqn,host_nqn,host_id; diff puts a column 'change' before them",
    loading: "is a list, and loads nowhere by itself",
    removal: "a row 'remove' is a proposal",
    protocol: Protocol::Both,
    takes: &[Choice::Protocol],
    is_by_host: true,
    read,
    writer: Writer::Lists {
        export: |members, _, out| export(members, Shape::Csv, out),
        change: |plan, _, out| change(plan, Shape::Csv, out),
    },
    ..Format::NEW
};

/// As NDJSON.
pub(super) const NDJSON: Format = Format {
    name: "ndjson",
    about: "NDJSON: one host to a line; diff adds a member 'change'",
    writer: Writer::Lists {
        export: |members, _, out| export(members, Shape::Ndjson, out),
        change: |plan, _, out| change(plan, Shape::Ndjson, out),
    },
    ..CSV
};

const EXPECTED: &str = "Give it a list of hosts, as sanid-fleet derive writes it";

/// What a line of a list is.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Shape {
    Csv,
    Ndjson,
}

impl Shape {
    fn header(self, out: &mut dyn Write, change: bool) -> Result<(), TargetError> {
        if self == Self::Csv {
            let first = if change { "change," } else { "" };
            writeln!(out, "{first}host,iqn,host_nqn,host_id")?;
        }
        Ok(())
    }

    fn row(
        self,
        out: &mut dyn Write,
        change: Option<&str>,
        host: &str,
        names: [Option<&str>; 3],
    ) -> Result<(), TargetError> {
        let [iqn, host_nqn, host_id] = names;
        if self == Self::Ndjson {
            let mut row = json!({"host": host, "iqn": iqn, "hostNqn": host_nqn, "hostId": host_id});
            if let (Some(change), Some(row)) = (change, row.as_object_mut()) {
                row.insert("change".to_owned(), json!(change));
            }
            writeln!(out, "{row}")?;
            return Ok(());
        }
        let mut writer = csv::Writer::from_writer(&mut *out);
        let names = names.map(Option::unwrap_or_default);
        let fields = change.into_iter().chain([host]).chain(names);
        writer.write_record(fields).map_err(std::io::Error::from)?;
        writer.flush()?;
        Ok(())
    }

    fn host(
        self,
        out: &mut dyn Write,
        change: Option<&str>,
        host: &Host,
    ) -> Result<(), TargetError> {
        let id = host.host_id.map(|id| id.to_string());
        let [iqn, nqn] = host.names();
        self.row(out, change, &host.name, [iqn, nqn, id.as_deref()])
    }
}

/// The members of each host in one line.
fn export(members: &[Member<'_>], shape: Shape, out: &mut dyn Write) -> Result<(), TargetError> {
    shape.header(out, false)?;
    rows(members.iter(), None, shape, out)
}

fn rows<'m>(
    members: impl Iterator<Item = &'m Member<'m>>,
    change: Option<&str>,
    shape: Shape,
    out: &mut dyn Write,
) -> Result<(), TargetError> {
    let mut last: Option<&Host> = None;
    for member in members {
        if last != Some(member.host) {
            shape.host(out, change, member.host)?;
        }
        last = Some(member.host);
    }
    Ok(())
}

fn read(text: &str, format: &'static str) -> Result<Present, TargetError> {
    let mut present = Present::default();
    let input = Input::of("the list", Cursor::new(text.to_owned()));
    for host in hosts::read(input) {
        let host = host.map_err(|error| TargetError::Read {
            format,
            why: error.to_string(),
            expected: EXPECTED,
        })?;
        let [iqn, nqn] = host.names();
        for name in [iqn, nqn].into_iter().flatten() {
            present.entries.push(Entry {
                label: Some(host.name.clone()),
                ..Entry::name("", name)
            });
        }
    }
    Ok(present)
}

fn change(plan: &Plan<'_>, shape: Shape, out: &mut dyn Write) -> Result<(), TargetError> {
    shape.header(out, true)?;
    rows(plan.add.iter().copied(), Some("add"), shape, out)?;
    for entry in &plan.remove {
        let name = Some(entry.name.as_str());
        let names = if super::is_nqn(&entry.name) {
            [None, name, None]
        } else {
            [name, None, None]
        };
        let host = entry.label.as_deref().unwrap_or_default();
        shape.row(out, Some("remove"), host, names)?;
    }
    Ok(())
}
