//! Records of CSV, read by the crate `csv`.
//!
//! What is decided here is where a record ends, so that pieces end there, and that a quote without an end costs one line
//! and not the rest of the file.

use super::super::{Column, Piece, Row};
use crate::chunks::newlines;
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
    /// After this many bytes.
    At(usize),
    /// With the text, as that of a file does.
    WithText,
    /// Not before the end of the text, which is inside of quotes.
    Open,
    /// A quote is not closed within the longest record.
    Never,
}

/// Hands on the records of a piece with their lines; blank lines are none.
pub(super) fn each(piece: &Piece, shape: &Shape<'_>, mut take: impl FnMut(u64, Record<'_>)) {
    let mut line = piece.chunk.line;
    if piece.chunk.too_long {
        return take(line, too_long());
    }
    let mut rest = piece.chunk.text.as_slice();
    while !rest.is_empty() {
        let (end, after) = span(rest, shape.delimiter);
        let (records, others) = match after {
            End::WithText => (rest, &[][..]),
            _ => rest.split_at(end),
        };
        rows(records, line, shape, &mut take);
        line += newlines(records);
        rest = others;
        if matches!(after, End::Open | End::Never) {
            let why = "a quote opens here and is not closed; the next line is read as a new row";
            take(line, Record::Bad(why.to_owned()));
            rest = rest.get(first_line(rest)..).unwrap_or_default();
            line += 1;
        }
    }
}

/// How many bytes of a text are whole records.
pub(super) fn whole(text: &[u8], delimiter: u8) -> usize {
    match span(text, delimiter) {
        (end, End::Never) => end + first_line(text.get(end..).unwrap_or_default()),
        (end, _) => end,
    }
}

/// The bytes of the first line, with its end.
fn first_line(text: &[u8]) -> usize {
    memchr::memchr(b'\n', text).map_or(text.len(), |end| end + 1)
}

/// How many bytes of a text are whole records, and how the next one ends.
fn span(text: &[u8], delimiter: u8) -> (usize, End) {
    let mut at = 0;
    loop {
        let rest = text.get(at..).unwrap_or_default();
        match end_of(rest, delimiter) {
            End::At(bytes) => at += bytes,
            end => return (at, end),
        }
    }
}

/// Where the record ends that begins this text, as the crate sees it: a quote opens a field at its beginning only, and
/// closes it unless another one follows.
fn end_of(text: &[u8], delimiter: u8) -> End {
    let line = first_line(text);
    if memchr::memchr(b'"', text.get(..line).unwrap_or_default()).is_none() {
        return if text.ends_with(b"\n") || line < text.len() {
            End::At(line)
        } else {
            End::WithText
        };
    }
    let mut at = 0;
    let mut begins = true;
    while let Some(&byte) = text.get(at) {
        if at >= LONGEST_LINE {
            return End::Never;
        }
        match byte {
            b'\n' => return End::At(at + 1),
            b'"' if begins => {
                match closing(text.get(at + 1..).unwrap_or_default()) {
                    Some(bytes) => at += 1 + bytes,
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
    End::WithText
}

/// The bytes up to and with the quote that closes a field.
fn closing(text: &[u8]) -> Option<usize> {
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
    (from <= LONGEST_LINE).then_some(from)
}

/// Hands on the rows of whole records.
fn rows(text: &[u8], first: u64, shape: &Shape<'_>, take: &mut impl FnMut(u64, Record<'_>)) {
    let mut reader = reader(text, shape.delimiter);
    let mut record = csv::ByteRecord::new();
    let (mut at, mut line) = (0, first);
    // Reading from memory cannot fail.
    while matches!(reader.read_byte_record(&mut record), Ok(true)) {
        let rest = text.get(at..).unwrap_or_default();
        // The crate passes over the blank lines before a record.
        let blank = rest.iter().take_while(|byte| **byte == b'\n').count();
        let end = usize::try_from(reader.position().byte()).unwrap_or(text.len());
        let bytes = text.get(at + blank..end).unwrap_or_default();
        let begin = line + blank as u64;
        line = begin + newlines(bytes);
        at = end;
        let nothing = record.len() == 1 && bytes.trim_ascii().is_empty();
        if nothing {
            continue;
        }
        if bytes.len() > LONGEST_LINE {
            take(begin, too_long());
        } else if record.len() == shape.fields {
            let mut row = Row::default();
            for (at, column) in shape.used {
                row.set(*column, record.get(*at).unwrap_or_default());
            }
            take(begin, Record::Row(&row));
        } else {
            let within = newlines(bytes.strip_suffix(b"\n").unwrap_or(bytes));
            take(
                begin,
                Record::Bad(count(record.len(), shape.fields, within)),
            );
        }
    }
}

fn reader(text: &[u8], delimiter: u8) -> csv::Reader<&[u8]> {
    csv::ReaderBuilder::new()
        .has_headers(false)
        .flexible(true)
        .delimiter(delimiter)
        .terminator(csv::Terminator::Any(b'\n'))
        .from_reader(text)
}

/// The fields of a line, as text.
pub(super) fn split(line: &[u8], delimiter: u8) -> Vec<String> {
    let mut record = csv::ByteRecord::new();
    // Reading from memory cannot fail.
    let _ = reader(line, delimiter).read_byte_record(&mut record);
    let fields = record.iter().map(String::from_utf8_lossy);
    fields.map(|field| field.trim().to_owned()).collect()
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
