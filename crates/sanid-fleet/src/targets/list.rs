//! sanid's own lists of hosts, for programs that this one does not know.

use std::io::{Cursor, Write};

use serde_json::json;

use super::{Choice, Entry, Format, Member, Plan, Present, Protocol, Scope, TargetError};
use crate::hosts::{self, Host};
use crate::input::Input;

/// A list, one host to a line.
pub(super) struct List {
    name: &'static str,
    about: &'static str,
    json: bool,
}

/// As CSV.
pub(super) const CSV: List = List {
    name: "csv",
    about: "CSV: host,iqn,host_nqn,host_id; diff puts a column 'change' before them",
    json: false,
};

/// As NDJSON.
pub(super) const NDJSON: List = List {
    name: "ndjson",
    about: "NDJSON: one host to a line; diff adds a member 'change'",
    json: true,
};

const EXPECTED: &str = "Give it a list of hosts, as sanid-fleet derive writes it";

impl List {
    fn header(&self, out: &mut dyn Write, change: bool) -> Result<(), TargetError> {
        if !self.json {
            let first = if change { "change," } else { "" };
            writeln!(out, "{first}host,iqn,host_nqn,host_id")?;
        }
        Ok(())
    }

    fn row(
        &self,
        out: &mut dyn Write,
        change: Option<&str>,
        host: &str,
        names: [Option<&str>; 3],
    ) -> Result<(), TargetError> {
        let [iqn, host_nqn, host_id] = names;
        if self.json {
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
        &self,
        out: &mut dyn Write,
        change: Option<&str>,
        host: &Host,
    ) -> Result<(), TargetError> {
        let id = host.host_id.map(|id| id.to_string());
        let [iqn, nqn] = host.names();
        self.row(out, change, &host.name, [iqn, nqn, id.as_deref()])
    }
}

impl Format for List {
    fn name(&self) -> &'static str {
        self.name
    }

    fn about(&self) -> &'static str {
        self.about
    }

    fn loading(&self) -> &'static str {
        "is a list, and loads nowhere by itself"
    }

    fn removal(&self) -> &'static str {
        "a row 'remove' is a proposal"
    }

    fn protocol(&self) -> Protocol {
        Protocol::Both
    }

    fn takes(&self) -> &'static [Choice] {
        &[Choice::Protocol]
    }

    fn is_by_host(&self) -> bool {
        true
    }

    fn object(&self, _scope: &Scope) -> Result<Option<String>, TargetError> {
        Ok(None)
    }

    fn export(
        &self,
        members: &[Member<'_>],
        _scope: &Scope,
        out: &mut dyn Write,
    ) -> Result<(), TargetError> {
        self.header(out, false)?;
        let mut last: Option<&Host> = None;
        for member in members {
            if last != Some(member.host) {
                self.host(out, None, member.host)?;
            }
            last = Some(member.host);
        }
        Ok(())
    }

    fn read(&self, text: &str) -> Result<Present, TargetError> {
        let mut present = Present::default();
        let input = Input::of("the list", Cursor::new(text.to_owned()));
        for host in hosts::read(input) {
            let host = host.map_err(|error| TargetError::Read {
                format: self.name,
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

    fn change(
        &self,
        plan: &Plan<'_>,
        _scope: &Scope,
        out: &mut dyn Write,
    ) -> Result<(), TargetError> {
        self.header(out, true)?;
        let mut last: Option<&Host> = None;
        for member in &plan.add {
            if last != Some(member.host) {
                self.host(out, Some("add"), member.host)?;
            }
            last = Some(member.host);
        }
        for entry in &plan.remove {
            let nqn = super::is_nqn(&entry.name);
            let name = Some(entry.name.as_str());
            let names = if nqn {
                [None, name, None]
            } else {
                [name, None, None]
            };
            let host = entry.label.as_deref().unwrap_or_default();
            self.row(out, Some("remove"), host, names)?;
        }
        Ok(())
    }
}
