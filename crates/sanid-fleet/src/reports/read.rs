//! Files to documents: the only part that sees every byte.

use std::ops::Range;
use std::path::PathBuf;

use serde::de::IgnoredAny;

use super::LONGEST_REPORT;
use super::parse::ScanFault;
use crate::chunks::{Broken, Chunk, Chunks, newlines, whole_lines};
use crate::input::Input;

/// Large enough that handing a part over does not count, small enough for the cache of a core.
const PART: usize = 256 << 10;

/// Some documents of one file.
#[derive(Default)]
pub(crate) struct Part {
    /// The number of the file.
    pub(crate) file: u32,
    /// Reading failed here: the line that was reached (0 where the file could not be opened), and why.
    pub(crate) failed: Option<(u64, String)>,
    chunk: Chunk,
    /// Where the documents are and on which line they begin; `None` where every line is one.
    documents: Option<Vec<(Range<usize>, u64)>>,
    /// What is not a document, by line.
    bad: Vec<(u64, String)>,
}

impl Part {
    /// Every document with its line; an error is what was found in its place.
    pub(crate) fn each(&self, mut take: impl FnMut(u64, Result<&str, &str>)) {
        for (line, why) in &self.bad {
            take(*line, Err(why));
        }
        let bytes = &self.chunk.text;
        if let Some(documents) = &self.documents {
            for (range, line) in documents {
                take(*line, utf8(bytes.get(range.clone()).unwrap_or_default()));
            }
            return;
        }
        // One check of all the bytes is faster than one of every line.
        let text = std::str::from_utf8(bytes).ok();
        let (mut begin, mut line) = (0, self.chunk.line);
        for end in memchr::memchr_iter(b'\n', bytes).chain([bytes.len()]) {
            let part = bytes.get(begin..end).unwrap_or_default();
            if part.len() > LONGEST_REPORT {
                take(line, Err(&too_long()));
            } else if !part.trim_ascii().is_empty() {
                let text = text.and_then(|text| text.get(begin..end));
                take(line, text.map_or_else(|| utf8(part), Ok));
            }
            begin = end + 1;
            line += 1;
        }
    }
}

fn utf8(bytes: &[u8]) -> Result<&str, &str> {
    std::str::from_utf8(bytes).map_err(|_| "it is no UTF-8")
}

/// The documents of these files in parts, in order. `look` sees every input before it is read.
pub(crate) fn parts<'a, L: Fn(Input) -> Input>(
    files: &'a [PathBuf],
    look: &'a L,
) -> impl Iterator<Item = Part> + use<'a, L> {
    (0..).zip(files).flat_map(move |(file, path)| {
        let text = match Input::open(path) {
            Ok(input) => look(input)
                .text()
                .map_err(|error| crate::input::why(&error)),
            Err(error) => Err(error.why),
        };
        let (text, failed) = match text {
            Ok(text) => (Some(Documents::new(Chunks::new(text, PART))), None),
            Err(why) => (None, Some((0, why))),
        };
        let failed = failed.map(|failed| Part {
            file,
            failed: Some(failed),
            ..Part::default()
        });
        let parts = text.into_iter().flatten();
        failed
            .into_iter()
            .chain(parts.map(move |part| Part { file, ..part }))
    })
}

/// Cuts a text at the ends of its documents.
struct Documents {
    text: Chunks,
    way: Option<Way>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Way {
    Lines,
    /// `lost` after something that is not a document, until a line begins with a brace.
    Documents {
        lost: bool,
    },
    Ended,
}

impl Iterator for Documents {
    type Item = Part;

    fn next(&mut self) -> Option<Part> {
        let mut part = Part::default();
        match self.step(&mut part) {
            Ok(true) => Some(part),
            Ok(false) => None,
            Err(broken) => {
                self.way = Some(Way::Ended);
                Some(Part {
                    failed: Some((broken.line, crate::input::why(&broken.error))),
                    ..part
                })
            }
        }
    }
}

impl Documents {
    fn new(text: Chunks) -> Self {
        Self { text, way: None }
    }

    fn step(&mut self, part: &mut Part) -> Result<bool, Broken> {
        let way = match self.way {
            Some(way) => way,
            None => self.first()?,
        };
        self.way = Some(way);
        match way {
            Way::Ended => Ok(false),
            Way::Lines => {
                let more = self
                    .text
                    .next(&mut part.chunk, LONGEST_REPORT, whole_lines)?;
                if part.chunk.too_long {
                    part.bad.push((part.chunk.line, too_long()));
                }
                Ok(more)
            }
            Way::Documents { lost } => self.documents(part, lost),
        }
    }

    /// Whether every line is a document: the first one is.
    fn first(&mut self) -> Result<Way, Broken> {
        let mut wanted = PART;
        loop {
            let (text, ended) = self.text.ahead(wanted)?;
            let begin = text.trim_ascii_start();
            let end = begin.iter().position(|byte| *byte == b'\n');
            if end.is_some() || ended || text.len() > LONGEST_REPORT {
                let line = end.and_then(|end| begin.get(..end)).unwrap_or(begin);
                let whole = serde_json::from_slice::<IgnoredAny>(line).is_ok();
                return Ok(if whole && line.starts_with(b"{") {
                    Way::Lines
                } else {
                    Way::Documents { lost: false }
                });
            }
            wanted = 2 * text.len();
        }
    }

    fn documents(&mut self, part: &mut Part, lost: bool) -> Result<bool, Broken> {
        let mut wanted = PART;
        let first = self.text.line();
        loop {
            let (text, ended) = self.text.ahead(wanted)?;
            let found = find(text, first, lost, ended);
            let nothing = found.documents.is_empty() && found.bad.is_empty();
            if nothing && !ended && found.used == 0 {
                wanted = 2 * text.len();
                continue;
            }
            part.chunk.text = text.get(..found.used).unwrap_or_default().to_vec();
            part.documents = Some(found.documents);
            part.bad = found.bad;
            self.text.skip(found.used);
            self.way = Some(Way::Documents { lost: found.lost });
            if ended {
                self.way = Some(Way::Ended);
                return Ok(!nothing);
            }
            return Ok(true);
        }
    }
}

fn too_long() -> String {
    format!(
        "it is longer than {} MiB, so it is no report",
        LONGEST_REPORT >> 20
    )
}

#[derive(Default)]
struct Found {
    documents: Vec<(Range<usize>, u64)>,
    bad: Vec<(u64, String)>,
    /// How many bytes are done with.
    used: usize,
    lost: bool,
}

/// The documents in a text that begins with this line; `ended` where nothing follows it.
fn find(text: &[u8], mut line: u64, lost: bool, ended: bool) -> Found {
    let mut found = Found {
        lost,
        ..Found::default()
    };
    loop {
        let from = found.used;
        let rest = text.get(from..).unwrap_or_default();
        let skipped = if found.lost {
            // A document is recognised by the line that begins with its brace.
            let begin = rest.windows(2).position(|pair| pair == b"\n{");
            let Some(begin) = begin else {
                let kept = usize::from(!ended && rest.ends_with(b"\n"));
                found.used = text.len() - kept;
                return found;
            };
            found.lost = false;
            begin + 1
        } else {
            // The brackets of an array of documents, and whitespace.
            let between = |byte: &u8| byte.is_ascii_whitespace() || b"[],".contains(byte);
            rest.iter()
                .position(|byte| !between(byte))
                .unwrap_or(rest.len())
        };
        line += newlines(rest.get(..skipped).unwrap_or_default());
        found.used += skipped;
        let rest = rest.get(skipped..).unwrap_or_default();
        if rest.is_empty() {
            return found;
        }
        let mut stream = serde_json::Deserializer::from_slice(rest).into_iter::<IgnoredAny>();
        let next = if rest.starts_with(b"{") {
            stream.next()
        } else {
            None
        };
        match next {
            Some(Ok(_)) => {
                let end = found.used + stream.byte_offset();
                found.documents.push((found.used..end, line));
                line += newlines(text.get(found.used..end).unwrap_or_default());
                found.used = end;
            }
            Some(Err(error)) if error.is_eof() && !ended && rest.len() <= LONGEST_REPORT => {
                return found;
            }
            Some(Err(error)) => {
                let long = error.is_eof() && !ended;
                let why = if long {
                    too_long()
                } else {
                    ScanFault::from(error).to_string()
                };
                found.bad.push((line, why));
                found.lost = true;
            }
            None => {
                found.bad.push((line, "it is no JSON".to_owned()));
                found.lost = true;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::{self, BufReader, Read};

    type Seen = (Vec<(u64, String)>, Vec<(u64, String)>);

    /// The documents and what is none, with their lines.
    fn seen(text: impl Read + Send + 'static, size: usize) -> Seen {
        let (mut documents, mut bad) = (Vec::new(), Vec::new());
        for part in Documents::new(Chunks::new(Box::new(BufReader::new(text)), size)) {
            assert_eq!(part.failed, None);
            part.each(|line, document| match document {
                Ok(text) => documents.push((line, text.to_owned())),
                Err(why) => bad.push((line, why.to_owned())),
            });
        }
        (documents, bad)
    }

    fn told(text: &'static str) -> (Vec<u64>, Vec<u64>) {
        let (documents, bad) = seen(text.as_bytes(), PART);
        let lines = |of: &[(u64, String)]| of.iter().map(|one| one.0).collect();
        (lines(&documents), lines(&bad))
    }

    #[test]
    fn finds_documents_in_any_layout() {
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
    fn hands_on_every_line() {
        assert_eq!(told("{}\nnonsense\n{\n{}"), (vec![1, 2, 3, 4], vec![]));
    }

    #[test]
    fn reports_an_endless_line_once_and_does_not_keep_it() {
        let endless = || io::repeat(b'x').take(40 << 20);
        let lines = "{}\n"
            .as_bytes()
            .chain(endless())
            .chain("\n{}\n".as_bytes());
        let (documents, bad) = seen(lines, PART);
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
        let (documents, bad) = seen(document, PART);
        assert_eq!(documents.iter().map(|one| one.0).collect::<Vec<_>>(), [3]);
        assert!(bad.len() == 1 && bad[0].0 == 1, "{bad:?}");
    }
}
