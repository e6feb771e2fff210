//! Inventories: which hosts there are, and their machine-ids, as other programs export them.
//!
//! Whatever the format, an inventory is read in two steps, so that it never has to be in memory and every
//! core can work on it: a [`Source`] cuts it into pieces at the ends of rows, one after the other, and a
//! [`Rows`] reads the rows of a piece, many pieces at a time.
//!
//! ```text
//! input ─► Source ─► pieces ─► Rows ─► rows
//! ```
//!
//! A machine-id is a secret. Nothing here repeats a value in a message; names of columns are repeated unless
//! they could be a machine-id.

mod ansible;
mod columns;
mod csv;
mod document;
mod guess;
mod ndjson;
mod object;

use crate::chunks::{Broken, Chunk, Chunks};
use std::collections::VecDeque;

use crate::hosts::RowError;
use crate::input::{Input, NoText, is_text};

pub use columns::{Column, Columns, ColumnsError};

/// What a core works on at a time: small enough for its cache with what comes out of it, large enough that
/// handing it over does not count.
const BLOCK: usize = 64 * 1024;

/// A format of inventories.
pub trait Format: Sync {
    /// What people type for it.
    fn name(&self) -> &'static str;
    /// Whether a text that begins so is of this format. `name` is the file's.
    fn fits(&self, start: &[u8], name: &str) -> bool;
    /// Looks at the beginning, and gives the two steps.
    ///
    /// # Errors
    /// [`Unusable`] where no row can be read.
    fn open(&self, text: Chunks, columns: &Columns) -> Result<Opened, Unusable>;
}

/// Every format; the first that fits is taken. A new one is one file and one line here.
pub static FORMATS: &[&dyn Format] = &[
    &ndjson::Ndjson,
    &document::Document,
    &ansible::Yaml,
    &ansible::Ini,
    &csv::Csv,
];

/// Why an inventory cannot be read, or not any further.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unusable {
    /// The line, counted from 1.
    pub line: u64,
    /// What was found, and what to do.
    pub why: String,
}

impl Unusable {
    fn first(why: impl Into<String>) -> Self {
        Self {
            line: 1,
            why: why.into(),
        }
    }
}

impl From<Broken> for Unusable {
    fn from(broken: Broken) -> Self {
        Self {
            line: broken.line,
            why: crate::input::why(&broken.error),
        }
    }
}

/// An inventory after a look at its beginning.
pub struct Opened {
    /// Cuts it into pieces.
    pub source: Box<dyn Source>,
    /// Reads the rows of pieces.
    pub rows: Box<dyn Rows>,
}

/// Cuts an inventory into pieces at the ends of rows.
pub trait Source: Send {
    /// The next piece, into the memory of one that is done with; whether there was one.
    ///
    /// # Errors
    /// [`Unusable`] where the rest cannot be read.
    fn next(&mut self, piece: &mut Piece) -> Result<bool, Unusable>;

    /// How many lines there were, after the last piece.
    fn lines(&self) -> u64;
}

/// Some rows, not yet read.
#[derive(Debug, Default)]
pub struct Piece {
    chunk: Chunk,
    /// Where the rows are, for formats whose rows are not lines.
    marks: Vec<Mark>,
}

impl Piece {
    fn clear(&mut self) {
        self.chunk.text.clear();
        self.marks.clear();
    }
}

/// An object in the text of a piece.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Mark {
    line: u64,
    end: usize,
    /// The name of the host, where it stands outside of the object.
    key: Option<String>,
}

/// Inventories that are read whole are no larger: larger ones come from programs, which print one object to a line.
const LARGEST: usize = 1 << 30;

/// The whole text; `help` is the command that makes lines of it.
fn whole(text: &mut Chunks, help: &str) -> Result<String, Unusable> {
    let (bytes, ended) = text.ahead(LARGEST)?;
    if !ended {
        return Err(Unusable::first(format!(
            "it is larger than {LARGEST} bytes; {help}"
        )));
    }
    String::from_utf8(bytes.to_vec()).map_err(|error| {
        let valid = error.as_bytes().get(..error.utf8_error().valid_up_to());
        Unusable {
            line: 1 + crate::chunks::newlines(valid.unwrap_or_default()),
            why: "it is no UTF-8".to_owned(),
        }
    })
}

/// A host of an inventory that was read whole, as a JSON object.
struct Host {
    line: u64,
    /// Its name, where that is outside of the object.
    name: Option<String>,
    object: String,
}

/// Hands on the hosts of an inventory that was read whole.
struct Hosts {
    left: VecDeque<Host>,
    lines: u64,
}

impl Hosts {
    fn new(left: VecDeque<Host>, lines: u64) -> Self {
        Self { left, lines }
    }
}

impl Source for Hosts {
    fn next(&mut self, piece: &mut Piece) -> Result<bool, Unusable> {
        piece.clear();
        while piece.chunk.text.len() < BLOCK {
            let Some(host) = self.left.pop_front() else {
                break;
            };
            piece.chunk.text.extend_from_slice(host.object.as_bytes());
            piece.marks.push(Mark {
                line: host.line,
                end: piece.chunk.text.len(),
                key: host.name,
            });
        }
        Ok(!piece.marks.is_empty())
    }

    fn lines(&self) -> u64 {
        self.lines
    }
}

/// Reads the rows of pieces.
pub trait Rows: Sync {
    /// Hands on every row of a piece, in order.
    fn rows(&self, piece: &Piece, sink: &mut dyn Sink);
}

/// Takes rows.
pub trait Sink {
    /// A row that could be read.
    fn row(&mut self, line: u64, row: &Row<'_>);
    /// One that could not.
    fn bad(&mut self, line: u64, fault: Fault);
}

/// What an inventory says of one host, as text; empty where it says nothing.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Row<'a> {
    fields: [&'a [u8]; Column::ALL.len()],
}

impl<'a> Row<'a> {
    /// What it says in a column, without blanks around it.
    #[inline]
    pub fn get(&self, column: Column) -> &'a [u8] {
        // There is a field for every column.
        self.fields
            .get(column as usize)
            .copied()
            .unwrap_or_default()
    }

    #[inline]
    pub(crate) fn set(&mut self, column: Column, text: &'a [u8]) {
        if let Some(field) = self.fields.get_mut(column as usize) {
            *field = text.trim_ascii();
        }
    }
}

/// Why a row is none.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    /// What is wrong, without any value.
    pub why: String,
    /// Where one row has it, others will, and one message is enough for all.
    pub alike: bool,
}

impl Fault {
    /// A fault of this row.
    pub fn one(why: impl Into<String>) -> Self {
        Self {
            why: why.into(),
            alike: false,
        }
    }

    /// A fault that rows share.
    pub fn shared(why: impl Into<String>) -> Self {
        Self {
            why: why.into(),
            alike: true,
        }
    }
}

/// Opens an inventory, of the format of this name or of the one that it looks like.
///
/// # Errors
/// [`RowError`], which is the [`last`](RowError::last), where no row can be read.
pub fn open(input: Input, format: Option<&str>, columns: &Columns) -> Result<Opened, RowError> {
    let file = input.name.clone();
    let failed = |unusable: Unusable| RowError {
        file: file.clone(),
        line: unusable.line,
        why: unusable.why,
        last: true,
    };
    let text = input.text();
    let text = text.map_err(|error| failed(Broken { line: 1, error }.into()))?;
    let mut text = Chunks::new(text, BLOCK);
    let start = text.start().map_err(|broken| failed(broken.into()))?;
    if start.trim_ascii().is_empty() {
        let why = "it is empty: an inventory has at least one host";
        return Err(failed(Unusable::first(why)));
    }
    let whether = is_text(start, "| sanid-fleet derive -");
    whether.map_err(|NoText { line, why }| failed(Unusable { line, why }))?;
    let chosen = match format {
        Some(name) => FORMATS.iter().find(|format| format.name() == name),
        None => FORMATS.iter().find(|format| format.fits(start, &file)),
    };
    let Some(chosen) = chosen else {
        let known: Vec<_> = FORMATS.iter().map(|format| format.name()).collect();
        let why = format!("there is no such format; there are {}", known.join(", "));
        return Err(failed(Unusable::first(why)));
    };
    chosen.open(text, columns).map_err(failed)
}
