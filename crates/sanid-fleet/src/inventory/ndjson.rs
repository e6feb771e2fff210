//! One JSON object to a line.

use super::guess::first_line;
use super::object::{LONGEST_OBJECT, Picker};
use super::{Columns, Fault, Format, Opened, Piece, Rows, Sink, Source, Unusable};
use crate::chunks::{Chunks, whole_lines};

/// The format.
pub(super) struct Ndjson;

impl Format for Ndjson {
    fn name(&self) -> &'static str {
        "ndjson"
    }

    /// The first line is a whole object, and not one that holds the hosts.
    fn fits(&self, start: &[u8], _: &str) -> bool {
        let line = first_line(start);
        line.starts_with(b"{")
            && serde_json::from_slice::<serde_json::Value>(line)
                .is_ok_and(|value| !super::document::holds_hosts(&value))
    }

    fn open(&self, text: Chunks, columns: &Columns) -> Result<Opened, Unusable> {
        Ok(Opened {
            source: Box::new(Lines(text)),
            rows: Box::new(Objects(Picker::new(columns))),
        })
    }
}

struct Lines(Chunks);

impl Source for Lines {
    fn next(&mut self, piece: &mut Piece) -> Result<bool, Unusable> {
        Ok(self.0.next(&mut piece.chunk, LONGEST_OBJECT, whole_lines)?)
    }

    fn lines(&self) -> u64 {
        self.0.lines()
    }
}

struct Objects(Picker);

impl Rows for Objects {
    fn rows(&self, piece: &Piece, sink: &mut dyn Sink) {
        if piece.chunk.too_long {
            return sink.bad(
                piece.chunk.line,
                Fault::one(format!("it is longer than {LONGEST_OBJECT} bytes")),
            );
        }
        for (line, text) in (piece.chunk.line..).zip(piece.chunk.text.split(|&byte| byte == b'\n'))
        {
            if !text.trim_ascii().is_empty() {
                self.0.object(line, text, None, sink);
            }
        }
    }
}
