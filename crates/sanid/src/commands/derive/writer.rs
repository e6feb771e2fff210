//! The formats of `sanid derive`.

use std::io::{self, Write};

use sanid_core::Derived;

use crate::args::ListFormat;

/// Writes one identity after the other.
pub(super) struct Writer<W: Write> {
    format: ListFormat,
    output: W,
    items: u64,
}

impl<W: Write> Writer<W> {
    pub(super) fn new(format: ListFormat, output: W) -> Self {
        Self {
            format,
            output,
            items: 0,
        }
    }

    pub(super) fn format(&self) -> ListFormat {
        self.format
    }

    /// Lines that are ready as they are.
    pub(super) fn lines(&mut self, lines: &[u8]) -> io::Result<()> {
        self.output.write_all(lines)
    }

    pub(super) fn flush(&mut self) -> io::Result<()> {
        self.output.flush()
    }

    pub(super) fn begin(&mut self) -> io::Result<()> {
        match self.format {
            ListFormat::Csv => self.output.write_all(b"line,iqn,host_nqn,host_id\n"),
            ListFormat::Json => {
                let version = sanid_host::API_VERSION;
                write!(
                    self.output,
                    "{{\"apiVersion\":\"{version}\",\"kind\":\"IdentityList\",\"items\":["
                )
            }
            ListFormat::Text | ListFormat::Ndjson => Ok(()),
        }
    }

    /// No name a scheme makes holds a comma, a quote, a backslash or a control character, so none needs
    /// quoting in any of the formats.
    pub(super) fn item(&mut self, line: u64, derived: &Derived) -> io::Result<()> {
        let iqn = derived.iqn.as_str();
        let nqn = derived.nvme.host_nqn.as_str();
        let mut id = [0; 36];
        let uuid = derived.nvme.host_id.uuid();
        let id = uuid.encode_hyphenated(&mut id);
        self.items += 1;
        match self.format {
            ListFormat::Text => writeln!(self.output, "{iqn}  {nqn}  {id}"),
            ListFormat::Csv => writeln!(self.output, "{line},{iqn},{nqn},{id}"),
            ListFormat::Json | ListFormat::Ndjson => {
                if self.format == ListFormat::Json {
                    self.output
                        .write_all(if self.items > 1 { b",\n" } else { b"\n" })?;
                }
                write!(
                    self.output,
                    "{{\"line\":{line},\"iqn\":\"{iqn}\",\"hostNqn\":\"{nqn}\",\"hostId\":\"{id}\"}}"
                )?;
                if self.format == ListFormat::Ndjson {
                    self.output.write_all(b"\n")
                } else {
                    Ok(())
                }
            }
        }
    }

    pub(super) fn end(&mut self) -> io::Result<()> {
        if self.format == ListFormat::Json {
            self.output.write_all(b"\n]}\n")?;
        }
        self.output.flush()
    }
}
