//! Where one document ends and the next begins.
//!
//! Text is handed on in parts of about [`PART`] bytes. Where the first line of a file is a whole document,
//! every line is one, and a part is cut at a line: nothing else is looked at here. Otherwise brackets and
//! quotes tell the documents apart, wherever lines end.

use std::io::{self, Read};

use memchr::{memchr, memchr_iter, memrchr};

use super::LONGEST_REPORT;
use super::scan::Scanner;

/// Large enough that handing it on costs nothing beside reading it, and small enough to be in the cache of the
/// core that has read it when it looks at it.
const PART: usize = 256 * 1024;

/// Some documents of one file.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Part {
    /// The text.
    pub(super) bytes: Vec<u8>,
    /// The line of the first byte.
    pub(super) line: u64,
    /// Where the documents are and on which line they begin; `None` where every line is one.
    pub(super) documents: Option<Vec<(usize, usize, u64)>>,
    /// What was no document, by line.
    pub(super) bad: Vec<(u64, String)>,
}

impl Part {
    /// The text stays until there is another.
    fn clear(&mut self) {
        self.documents = None;
        self.bad.clear();
    }

    fn is_empty(&self) -> bool {
        let none = self.documents.as_ref().is_none_or(Vec::is_empty);
        self.bad.is_empty() && none && (self.documents.is_some() || self.bytes.is_empty())
    }
}

/// Cuts a text into parts.
pub(super) struct Splitter<R> {
    buffer: Buffer<R>,
    /// What the first line said, once it was looked at.
    way: Option<Way>,
    begun: bool,
}

enum Way {
    /// Whether the line that is being read is too long to be kept.
    Lines {
        endless: bool,
    },
    Documents(Finder),
}

impl<R: Read> Splitter<R> {
    pub(super) fn new(text: R) -> Self {
        Self {
            buffer: Buffer {
                text,
                bytes: Vec::new(),
                filled: 0,
                line: 1,
                ended: false,
            },
            way: None,
            begun: false,
        }
    }

    /// The next part, into the memory of one that is done with; whether there was one.
    ///
    /// # Errors
    /// What reading gives, with the line that was reached.
    pub(super) fn next(&mut self, part: &mut Part) -> Result<bool, (u64, io::Error)> {
        let buffer = &mut self.buffer;
        if self.way.is_none() {
            self.way = Some(if buffer.begins_with_a_line_that_is_whole()? {
                Way::Lines { endless: false }
            } else {
                Way::Documents(Finder::default())
            });
        }
        loop {
            let Some(way) = &mut self.way else {
                return Ok(false);
            };
            if std::mem::replace(&mut self.begun, true) {
                let nothing = match way {
                    Way::Lines { endless } => buffer.filled == 0 || *endless,
                    Way::Documents(_) => true,
                };
                if buffer.ended && nothing {
                    return Ok(false);
                }
                if !buffer.ended {
                    buffer.fill()?;
                }
            }
            part.clear();
            match way {
                Way::Lines { endless } => lines(buffer, endless, part),
                Way::Documents(finder) => documents(buffer, finder, part),
            }
            if !part.is_empty() {
                return Ok(true);
            }
        }
    }
}

struct Buffer<R> {
    text: R,
    /// What was read, and memory that was used before: to clear it would cost as much as to look at it.
    bytes: Vec<u8>,
    filled: usize,
    line: u64,
    ended: bool,
}

impl<R: Read> Buffer<R> {
    /// What was read and not handed on.
    fn read(&self) -> &[u8] {
        self.bytes.get(..self.filled).unwrap_or_default()
    }

    /// Reads another part.
    fn fill(&mut self) -> Result<(), (u64, io::Error)> {
        let end = self.filled + PART;
        if self.bytes.len() < end {
            self.bytes.resize(end, 0);
        }
        let failed = loop {
            let room = self.bytes.get_mut(self.filled..end).unwrap_or_default();
            if room.is_empty() {
                break None;
            }
            match self.text.read(room) {
                Ok(0) => {
                    self.ended = true;
                    break None;
                }
                Ok(more) => self.filled += more,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => break Some(error),
            }
        };
        failed.map_or(Ok(()), |error| Err((self.line, error)))
    }

    fn begins_with_a_line_that_is_whole(&mut self) -> Result<bool, (u64, io::Error)> {
        loop {
            let blank = |byte: &u8| byte.is_ascii_whitespace();
            let first = self.read().iter().position(|byte| !blank(byte));
            let rest = first.and_then(|first| self.read().get(first..));
            let rest = rest.unwrap_or_default();
            let end = memchr(b'\n', rest);
            if end.is_some() || self.ended || self.filled > LONGEST_REPORT {
                let line = end.and_then(|end| rest.get(..end)).unwrap_or(rest);
                let mut scanner = Scanner::new(std::str::from_utf8(line).unwrap_or_default());
                let whole = scanner.skip().is_ok() && scanner.end().is_ok();
                return Ok(whole && line.starts_with(b"{"));
            }
            self.fill()?;
        }
    }

    /// Moves the first `end` bytes out, and keeps the rest.
    fn move_to(&mut self, part: &mut Part, end: usize) {
        std::mem::swap(&mut part.bytes, &mut self.bytes);
        let rest = part.bytes.get(end..self.filled).unwrap_or_default();
        self.filled = rest.len();
        match self.bytes.get_mut(..rest.len()) {
            Some(begin) => begin.copy_from_slice(rest),
            None => rest.clone_into(&mut self.bytes),
        }
        part.bytes.truncate(end);
    }

    /// Forgets the first `end` bytes.
    fn forget(&mut self, end: usize) {
        self.bytes.copy_within(end..self.filled, 0);
        self.filled -= end;
    }
}

fn count_lines(bytes: &[u8]) -> u64 {
    memchr_iter(b'\n', bytes).count() as u64
}

fn too_long() -> String {
    format!(
        "it is longer than {} MiB, so it is no report",
        LONGEST_REPORT >> 20
    )
}

fn lines<R>(buffer: &mut Buffer<R>, endless: &mut bool, part: &mut Part)
where
    R: Read,
{
    if *endless {
        match memchr(b'\n', buffer.read()) {
            Some(end) => {
                buffer.forget(end + 1);
                buffer.line += 1;
                *endless = false;
            }
            None => buffer.filled = 0,
        }
    }
    let end = match memrchr(b'\n', buffer.read()) {
        Some(last) => last + 1,
        None if buffer.ended && !*endless => buffer.filled,
        None => 0,
    };
    buffer.move_to(part, end);
    part.line = buffer.line;
    buffer.line += count_lines(&part.bytes);
    if buffer.filled > LONGEST_REPORT {
        part.bad.push((buffer.line, too_long()));
        buffer.filled = 0;
        *endless = true;
    }
}

/// What is between two bytes of documents.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    /// Between documents.
    Between,
    /// In a document; in a string of it, and behind a backslash.
    In { string: bool, escape: bool },
    /// In what is no document, until a line begins with a brace.
    Lost,
}

fn documents<R: Read>(buffer: &mut Buffer<R>, finder: &mut Finder, part: &mut Part) {
    part.line = finder.line;
    finder.find(buffer.read());
    if buffer.ended {
        finder.ended();
    }
    // What is complete goes on, what is not stays.
    let keep = match finder.state {
        State::In { .. } => finder.begin,
        _ => finder.at,
    };
    buffer.move_to(part, keep);
    finder.at -= keep;
    finder.begin = 0;
    if finder.state != State::Lost && finder.at > LONGEST_REPORT {
        finder.lose(&too_long());
        buffer.filled = 0;
        finder.at = 0;
    }
    part.documents = Some(std::mem::take(&mut finder.found));
    part.bad = std::mem::take(&mut finder.bad);
    buffer.line = finder.line;
}

/// Finds documents by their brackets, in as many steps as the text comes in.
struct Finder {
    state: State,
    /// How far it is, in the bytes that are kept.
    at: usize,
    /// Where the document begins that it is in.
    begin: usize,
    begin_line: u64,
    depth: u32,
    line: u64,
    /// Whether the last byte ended a line.
    at_line: bool,
    found: Vec<(usize, usize, u64)>,
    bad: Vec<(u64, String)>,
}

impl Default for Finder {
    fn default() -> Self {
        Self {
            state: State::Between,
            at: 0,
            begin: 0,
            begin_line: 1,
            depth: 0,
            line: 1,
            at_line: true,
            found: Vec::new(),
            bad: Vec::new(),
        }
    }
}

impl Finder {
    fn find(&mut self, bytes: &[u8]) {
        while let Some(&byte) = bytes.get(self.at) {
            self.byte(byte);
            self.at += 1;
            self.at_line = byte == b'\n';
            if byte == b'\n' {
                self.line += 1;
            }
        }
    }

    fn byte(&mut self, byte: u8) {
        match self.state {
            State::Between => match byte {
                b'{' => self.begin_document(),
                // Those of an array of documents, and what ends a line.
                b' ' | b'\t' | b'\r' | b'\n' | b'[' | b']' | b',' => {}
                _ => {
                    self.begin_line = self.line;
                    self.lose("it is no JSON");
                }
            },
            State::Lost => {
                if byte == b'{' && self.at_line {
                    self.begin_document();
                }
            }
            State::In { string, escape } => self.inside(byte, string, escape),
        }
    }

    fn begin_document(&mut self) {
        self.begin = self.at;
        self.begin_line = self.line;
        self.depth = 1;
        self.state = State::In {
            string: false,
            escape: false,
        };
    }

    fn inside(&mut self, byte: u8, string: bool, escape: bool) {
        // No string holds the end of a line, and within a document no line begins with a brace as that of
        // a document does: the one before was cut off.
        if byte == b'\n' && string {
            self.lose("it is cut off");
            return;
        }
        if byte == b'{' && self.at_line && !string {
            self.bad.push((self.begin_line, "it is cut off".to_owned()));
            self.begin_document();
            return;
        }
        let (mut string_after, mut escape_after) = (string, false);
        match byte {
            _ if escape => {}
            b'\\' if string => escape_after = true,
            b'"' => string_after = !string,
            b'{' | b'[' if !string => self.depth += 1,
            b'}' | b']' if !string => self.depth -= 1,
            _ => {}
        }
        self.state = State::In {
            string: string_after,
            escape: escape_after,
        };
        if self.depth == 0 {
            self.found.push((self.begin, self.at + 1, self.begin_line));
            self.state = State::Between;
        }
    }

    fn lose(&mut self, why: &str) {
        self.bad.push((self.begin_line, why.to_owned()));
        self.state = State::Lost;
    }

    fn ended(&mut self) {
        if let State::In { .. } = self.state {
            self.lose("it is cut off");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    type Seen = (Vec<(u64, String)>, Vec<(u64, String)>);

    /// The documents and what is none, with their lines.
    fn seen(text: impl Read) -> Seen {
        let (mut documents, mut bad) = (Vec::new(), Vec::new());
        let mut splitter = Splitter::new(text);
        let mut part = Part::default();
        while splitter.next(&mut part).unwrap() {
            let part = std::mem::take(&mut part);
            bad.extend(part.bad);
            match part.documents {
                Some(found) => documents.extend(found.into_iter().map(|(begin, end, line)| {
                    let text = String::from_utf8_lossy(&part.bytes[begin..end]).into_owned();
                    (line, text)
                })),
                None => {
                    for (index, line) in part.bytes.split(|&byte| byte == b'\n').enumerate() {
                        let text = String::from_utf8_lossy(line).into_owned();
                        if !text.is_empty() {
                            documents.push((part.line + index as u64, text));
                        }
                    }
                }
            }
        }
        (documents, bad)
    }

    /// A reader that gives one byte at a time could hide what depends on how the text comes.
    struct Slow<'a>(&'a [u8]);

    impl Read for Slow<'_> {
        fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
            let (Some(to), Some((first, rest))) = (buffer.first_mut(), self.0.split_first()) else {
                return Ok(0);
            };
            *to = *first;
            self.0 = rest;
            Ok(1)
        }
    }

    fn told(text: &str) -> (Vec<u64>, Vec<u64>) {
        let (documents, bad) = seen(text.as_bytes());
        assert_eq!(
            seen(Slow(text.as_bytes())),
            (documents.clone(), bad.clone())
        );
        let lines = |of: &[(u64, String)]| of.iter().map(|one| one.0).collect();
        (lines(&documents), lines(&bad))
    }

    #[test]
    fn documents_are_found_however_they_stand() {
        for (text, documents, bad) in [
            ("{\"a\":1}\n{\"b\":2}\n", vec![1, 2], vec![]),
            ("\n{\"a\":1}\n\n{\"b\":2}", vec![2, 4], vec![]),
            ("{\n \"a\": \"}{\\\"\"\n}\n{\n}\n", vec![1, 4], vec![]),
            ("{\n}{}{\n}", vec![1, 2, 2], vec![]),
            ("[\n{\n \"a\": [{}]\n},\n{}\n]\n", vec![2, 5], vec![]),
            ("[{\"a\":1},{\"b\":2}]", vec![1, 1], vec![]),
            ("", vec![], vec![]),
            ("\n \n", vec![], vec![]),
            // Cut off, and what follows is found.
            ("{\n \"a\": 1,\n{\n}\n", vec![3], vec![1]),
            ("{\n \"a\": \"x\n{\n}\n", vec![3], vec![1]),
            ("{\n}\n{\n \"a\": [", vec![1], vec![3]),
            // What is no JSON is one thing, however long.
            ("Permission denied\nreally\n{\n}\n", vec![3], vec![1]),
            ("{\n}\nhello {} \n{\n}\n", vec![1, 4], vec![3]),
        ] {
            assert_eq!(told(text), (documents, bad), "{text}");
        }
    }

    #[test]
    fn lines_are_handed_on_whatever_they_hold() {
        assert_eq!(told("{}\nnonsense\n{\n{}"), (vec![1, 2, 3, 4], vec![]));
    }

    #[test]
    fn a_line_without_end_is_told_once_and_not_kept() {
        let endless = || io::repeat(b'x').take(40 << 20);
        let lines = "{}\n"
            .as_bytes()
            .chain(endless())
            .chain("\n{}\n".as_bytes());
        let (documents, bad) = seen(lines);
        assert_eq!(
            documents.iter().map(|one| one.0).collect::<Vec<_>>(),
            [1, 3]
        );
        assert_eq!(bad.len(), 1);
        assert!(bad[0].0 == 2 && bad[0].1.contains("longer than"), "{bad:?}");

        let document = "{\n\""
            .as_bytes()
            .chain(endless())
            .chain("\n{\n}".as_bytes());
        let (documents, bad) = seen(document);
        assert_eq!(documents.iter().map(|one| one.0).collect::<Vec<_>>(), [3]);
        assert!(bad.len() == 1 && bad[0].0 == 1, "{bad:?}");
    }
}
