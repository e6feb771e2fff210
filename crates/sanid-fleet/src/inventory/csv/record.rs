//! Records of CSV: lines without a quote by hand, at the speed of memory, and all others by `csv-core`.

use super::super::{Column, Piece, Row};
use crate::hosts::LONGEST_LINE;

/// What rows look like.
pub(super) struct Shape<'a> {
    pub(super) delimiter: u8,
    /// The fields that are used, in their order, each with its column.
    pub(super) used: &'a [(usize, Column)],
    /// How many fields a row has.
    pub(super) fields: usize,
}

/// A row, or why it is none.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Record<'a> {
    Row(&'a Row<'a>),
    Bad(String),
}

/// Where a record ends that begins a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum End {
    /// After so many bytes and so many further lines.
    At(usize, u64),
    /// With the text, as that of a file does, and after so many further lines.
    WithText(u64),
    /// Not before the end of the text, which is inside of quotes.
    Open,
    /// A quote is not closed within the longest record.
    Never,
}

/// Hands on the records of a piece with their lines; blank lines are none.
pub(super) fn each(piece: &Piece, shape: &Shape<'_>, mut take: impl FnMut(u64, Record<'_>)) {
    if piece.chunk.too_long {
        take(piece.chunk.line, too_long());
        return;
    }
    if memchr::memchr(b'"', &piece.chunk.text).is_none() {
        simple(&piece.chunk.text, piece.chunk.line, shape, take);
        return;
    }
    let mut scratch = None;
    let mut rest = piece.chunk.text.as_slice();
    let mut line = piece.chunk.line;
    while !rest.is_empty() {
        let end = memchr::memchr(b'\n', rest).map_or(rest.len(), |end| end + 1);
        let (text, after) = rest.split_at(end);
        if memchr::memchr(b'"', text).is_none() {
            simple(text, line, shape, &mut take);
            rest = after;
            line += 1;
            continue;
        }
        let (bytes, lines) = match end_of(rest, shape.delimiter) {
            End::At(bytes, lines) => (bytes, lines),
            End::WithText(lines) => (rest.len(), lines),
            End::Open | End::Never => {
                take(
                    line,
                    Record::Bad(
                        "a quote opens here and is not closed; the next line is read as a new row"
                            .to_owned(),
                    ),
                );
                rest = after;
                line += 1;
                continue;
            }
        };
        let (text, after) = rest.split_at(bytes);
        let scratch = scratch.get_or_insert_with(|| Scratch::new(shape.delimiter));
        scratch.quoted(text, shape, lines, |record| take(line, record));
        rest = after;
        line += lines + 1;
    }
}

/// How many bytes of a text are whole records.
pub(super) fn whole(text: &[u8], delimiter: u8) -> usize {
    let mut at = 0;
    while let Some(rest) = text.get(at..).filter(|rest| !rest.is_empty()) {
        let Some(line) = memchr::memchr(b'\n', rest) else {
            break;
        };
        let plain = rest
            .get(..line)
            .is_some_and(|line| memchr::memchr(b'"', line).is_none());
        if plain {
            at += line + 1;
            continue;
        }
        at += match end_of(rest, delimiter) {
            End::At(bytes, _) => bytes,
            End::Never => line + 1,
            End::WithText(_) | End::Open => break,
        };
    }
    at
}

/// Where the record ends that begins this text, as `csv-core` sees it: a quote opens a field at its beginning
/// only, and closes it unless another one follows.
fn end_of(text: &[u8], delimiter: u8) -> End {
    let mut lines = 0;
    let mut at = 0;
    let mut begins = true;
    while let Some(&byte) = text.get(at) {
        if at >= LONGEST_LINE {
            return End::Never;
        }
        match byte {
            b'\n' => return End::At(at + 1, lines),
            b'"' if begins => {
                match closing(text.get(at + 1..).unwrap_or_default()) {
                    Some((bytes, within)) => {
                        at += 1 + bytes;
                        lines += within;
                    }
                    None if text.len() - at > LONGEST_LINE => return End::Never,
                    None => return End::Open,
                }
                begins = false;
                continue;
            }
            byte => begins = byte == delimiter,
        }
        at += 1;
    }
    End::WithText(lines)
}

/// The bytes up to and with the quote that closes a field, and the line ends among them.
fn closing(text: &[u8]) -> Option<(usize, u64)> {
    let mut from = 0;
    loop {
        let text = text.get(from..)?;
        let quote = memchr::memchr(b'"', text)?;
        from += quote + 1;
        match text.get(quote + 1) {
            Some(b'"') => from += 1,
            _ => break,
        }
    }
    let inside = text.get(..from)?;
    (from <= LONGEST_LINE).then(|| (from, crate::chunks::newlines(inside)))
}

/// Lines without a quote: every delimiter and every line end in one go.
#[inline]
fn simple(text: &[u8], first: u64, shape: &Shape<'_>, mut take: impl FnMut(u64, Record<'_>)) {
    let mut now = Line::new(shape, first);
    for at in memchr::memchr2_iter(shape.delimiter, b'\n', text) {
        let ends = text.get(at) == Some(&b'\n');
        now.field(shape, text, at);
        if ends {
            now.end(shape, text, at, &mut take);
        }
    }
    if now.begin < text.len() || now.fields > 0 {
        now.field(shape, text, text.len());
        now.end(shape, text, text.len(), &mut take);
    }
}

/// The line that is being read.
struct Line<'a> {
    number: u64,
    row: Row<'a>,
    /// Where the line and the field begin.
    begins: usize,
    begin: usize,
    fields: usize,
    /// The next of the fields that are used.
    next: usize,
    wanted: usize,
}

impl<'a> Line<'a> {
    fn new(shape: &Shape<'_>, number: u64) -> Self {
        Self {
            number,
            row: Row::default(),
            begins: 0,
            begin: 0,
            fields: 0,
            next: 0,
            wanted: shape.wanted(0),
        }
    }

    #[inline]
    fn field(&mut self, shape: &Shape<'_>, text: &'a [u8], end: usize) {
        if self.fields == self.wanted {
            if let Some((_, column)) = shape.used.get(self.next) {
                let field = text.get(self.begin..end).unwrap_or_default();
                self.row.set(*column, field);
            }
            self.next += 1;
            self.wanted = shape.wanted(self.next);
        }
        self.fields += 1;
        self.begin = end + 1;
    }

    #[inline(always)]
    #[allow(clippy::inline_always, reason = "every row of millions comes here")]
    fn end(
        &mut self,
        shape: &Shape<'_>,
        text: &'a [u8],
        end: usize,
        take: &mut impl FnMut(u64, Record<'_>),
    ) {
        if end - self.begins > LONGEST_LINE {
            take(self.number, too_long());
        } else if self.fields == shape.fields {
            // A line of nothing is no row, not even of one field.
            if self.fields > 1 || !self.is_blank(text, end) {
                take(self.number, Record::Row(&self.row));
            }
        } else if !self.is_blank(text, end) {
            take(
                self.number,
                Record::Bad(count(self.fields, shape.fields, 0)),
            );
        }
        self.row = Row::default();
        self.number += 1;
        self.begins = end + 1;
        self.fields = 0;
        self.next = 0;
        self.wanted = shape.wanted(0);
    }

    fn is_blank(&self, text: &[u8], end: usize) -> bool {
        let line = text.get(self.begins..end);
        line.is_none_or(|line| line.trim_ascii().is_empty())
    }
}

impl Shape<'_> {
    #[inline]
    fn wanted(&self, next: usize) -> usize {
        self.used.get(next).map_or(usize::MAX, |(at, _)| *at)
    }
}

/// Memory for records with quotes.
struct Scratch {
    reader: csv_core::Reader,
    text: Vec<u8>,
    ends: Vec<usize>,
}

impl Scratch {
    fn new(delimiter: u8) -> Self {
        let mut reader = csv_core::ReaderBuilder::new();
        reader.delimiter(delimiter);
        reader.terminator(csv_core::Terminator::Any(b'\n'));
        Self {
            reader: reader.build(),
            text: Vec::new(),
            ends: Vec::new(),
        }
    }

    fn quoted(
        &mut self,
        record: &[u8],
        shape: &Shape<'_>,
        lines: u64,
        take: impl FnOnce(Record<'_>),
    ) {
        let fields = self.fields(record);
        if fields != shape.fields {
            return take(Record::Bad(count(fields, shape.fields, lines)));
        }
        let mut row = Row::default();
        for (at, column) in shape.used {
            row.set(*column, self.field(*at));
        }
        take(Record::Row(&row));
    }

    /// Reads a record, and says how many fields it has.
    fn fields(&mut self, record: &[u8]) -> usize {
        if !record.ends_with(b"\n") {
            // Of the last record the end of the file is the end.
            return self.fields(&[record, b"\n"].concat());
        }
        // Quotes are taken away, and nothing is put in.
        self.text.resize(record.len(), 0);
        self.ends.resize(record.len() + 1, 0);
        self.reader.reset();
        let (_, _, _, ends) = self
            .reader
            .read_record(record, &mut self.text, &mut self.ends);
        ends
    }

    fn field(&self, at: usize) -> &[u8] {
        let begin = at.checked_sub(1).and_then(|before| self.ends.get(before));
        let end = self.ends.get(at).copied().unwrap_or_default();
        self.text
            .get(begin.copied().unwrap_or_default()..end)
            .unwrap_or_default()
    }
}

/// The fields of a line, as text.
pub(super) fn split(line: &[u8], delimiter: u8) -> Vec<String> {
    let mut scratch = Scratch::new(delimiter);
    let mut whole = line.to_vec();
    whole.push(b'\n');
    let fields = scratch.fields(&whole);
    (0..fields)
        .map(|at| String::from_utf8_lossy(scratch.field(at)).trim().to_owned())
        .collect()
}

fn too_long<'a>() -> Record<'a> {
    Record::Bad(format!("it is longer than {LONGEST_LINE} bytes"))
}

fn count(found: usize, expected: usize, lines: u64) -> String {
    let tail = match lines {
        0 => String::new(),
        _ => format!("; a quote that opens here closes {lines} lines below"),
    };
    format!("it has {found} fields, and the header has {expected}{tail}")
}
