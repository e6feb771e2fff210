//! One JSON document: a list of objects, an object with such a list as `items` or `results` (as `NetBox` and
//! Kubernetes have it), or what `ansible-inventory --list` prints.
//!
//! It is walked, not held in memory: only the object of one host at a time is.

use super::BLOCK;
use super::object::{LONGEST_OBJECT, Picker};
use super::{Columns, Format, Mark, Opened, Piece, Rows, Sink, Source, Unusable};
use crate::chunks::{Chunks, newlines};

/// What a list of hosts is called in an object.
const LISTS: [&str; 3] = ["items", "results", "hosts"];

/// The format.
pub(super) struct Document;

impl Format for Document {
    fn name(&self) -> &'static str {
        "json"
    }

    fn fits(&self, start: &[u8], _: &str) -> bool {
        match start.trim_ascii_start() {
            [b'{', ..] => true,
            // A section of an INI file begins with the same sign.
            [b'[', rest @ ..] => {
                matches!(rest.trim_ascii_start().first(), None | Some(b'{' | b']'))
            }
            _ => false,
        }
    }

    fn open(&self, text: Chunks, columns: &Columns) -> Result<Opened, Unusable> {
        Ok(Opened {
            source: Box::new(Walk {
                text,
                at: Level::Start,
                skip: None,
                items: 0,
            }),
            rows: Box::new(Objects(Picker::new(columns))),
        })
    }
}

/// Whether an object is a document of many hosts.
pub(super) fn holds_hosts(value: &serde_json::Value) -> bool {
    LISTS
        .iter()
        .any(|list| value.get(list).is_some_and(serde_json::Value::is_array))
        || value.pointer("/_meta/hostvars").is_some()
}

/// Reads the objects that are marked in pieces.
pub(super) struct Objects(pub(super) Picker);

impl Rows for Objects {
    fn rows(&self, piece: &Piece, sink: &mut dyn Sink) {
        let paths = self.0.paths();
        let mut from = 0;
        for mark in &piece.marks {
            let text = piece.chunk.text.get(from..mark.end).unwrap_or_default();
            self.0
                .object(&paths, mark.line, text, mark.key.as_deref(), sink);
            from = mark.end;
        }
    }
}

/// How deep the walk is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Level {
    Start,
    /// In the document's object.
    Root,
    /// In a list of hosts; `alone` where the list is the document.
    List {
        alone: bool,
    },
    /// In `_meta`.
    Meta,
    /// In `_meta.hostvars`, where each member is a host.
    HostVars,
    End,
}

struct Walk {
    text: Chunks,
    at: Level,
    /// In a value that is passed over.
    skip: Option<Skip>,
    items: u64,
}

/// What comes next.
enum Step {
    /// So many bytes that are no host.
    Took(usize),
    /// A host: its name, where it has one here, and where its value begins and ends.
    Host(Option<String>, usize, usize),
    /// It goes on after the end of the text.
    More,
    Bad(&'static str),
}

impl Source for Walk {
    fn next(&mut self, piece: &mut Piece) -> Result<bool, Unusable> {
        piece.clear();
        let mut wanted = BLOCK;
        loop {
            let line = self.text.line();
            let (text, ended) = self.text.ahead(wanted)?;
            let mut at = 0;
            let mut counted = (0, line);
            let mut line_at = |at: usize| {
                counted = (
                    at,
                    counted.1 + newlines(text.get(counted.0..at).unwrap_or_default()),
                );
                counted.1
            };
            let (mut level, mut skip) = (self.at, self.skip);
            while let Some(rest) = text.get(at..).filter(|rest| !rest.is_empty()) {
                match step(&mut level, &mut skip, rest) {
                    Step::Took(bytes) => at += bytes,
                    Step::Host(key, from, to) => {
                        piece
                            .chunk
                            .text
                            .extend_from_slice(rest.get(from..to).unwrap_or_default());
                        piece.marks.push(Mark {
                            line: line_at(at + from),
                            end: piece.chunk.text.len(),
                            key,
                        });
                        at += to;
                    }
                    Step::More => break,
                    Step::Bad(why) => {
                        let why = format!("it is no JSON document of hosts: {why}");
                        return Err(Unusable {
                            line: line_at(at),
                            why,
                        });
                    }
                }
            }
            (self.at, self.skip) = (level, skip);
            let length = text.len();
            self.text.skip(at);
            if let Some(first) = piece.marks.first() {
                piece.chunk.line = first.line;
                self.items += piece.marks.len() as u64;
                return Ok(true);
            }
            if ended {
                return self.end();
            }
            if at == 0 && length > LONGEST_OBJECT {
                let why =
                    format!("an object is longer than {LONGEST_OBJECT} bytes, which no host is");
                return Err(Unusable {
                    line: self.text.line(),
                    why,
                });
            }
            wanted = if at == 0 { 2 * length } else { BLOCK };
        }
    }

    fn lines(&self) -> u64 {
        self.text.line()
    }
}

impl Walk {
    fn end(&self) -> Result<bool, Unusable> {
        let line = self.text.line();
        if self.at != Level::End {
            let why = "the document ends in the middle: it was cut off, so hosts are missing; get it whole".to_owned();
            return Err(Unusable { line, why });
        }
        if self.items == 0 {
            let lists = LISTS.join(", ");
            let why = format!(
                "it has no host: neither a list, nor one that is called {lists}, nor _meta.hostvars; a host alone is a list of one, [{{…}}]"
            );
            return Err(Unusable::first(why));
        }
        Ok(false)
    }
}

fn step(level: &mut Level, skip: &mut Option<Skip>, text: &[u8]) -> Step {
    if let Some(state) = skip {
        let (bytes, done) = state.pass(text);
        if done {
            *skip = None;
        }
        return Step::Took(bytes);
    }
    let blank = text
        .iter()
        .take_while(|byte| byte.is_ascii_whitespace() || **byte == b',')
        .count();
    if blank > 0 {
        return Step::Took(blank);
    }
    match (*level, text.first().copied().unwrap_or_default()) {
        (Level::End, _) => Step::Bad("more follows after its end; is it one object to a line?"),
        (Level::Start, b'[') => go(level, Level::List { alone: true }),
        (Level::Start, b'{') => go(level, Level::Root),
        (Level::Start, _) => Step::Bad("it begins with neither [ nor {"),
        (Level::List { alone: true }, b']') | (Level::Root, b'}') => go(level, Level::End),
        (Level::List { .. }, b']') | (Level::Meta, b'}') => go(level, Level::Root),
        (Level::HostVars, b'}') => go(level, Level::Meta),
        (Level::List { .. }, _) => match value(text) {
            Some(0) => Step::Bad("a host is expected in the list"),
            Some(end) => Step::Host(None, 0, end),
            None => Step::More,
        },
        (Level::Root | Level::Meta | Level::HostVars, b'"') => member(level, skip, text),
        _ => Step::Bad("a name of a member is expected"),
    }
}

fn go(level: &mut Level, to: Level) -> Step {
    *level = to;
    Step::Took(1)
}

/// A member of an object that has, or is, a host.
fn member(level: &mut Level, skip: &mut Option<Skip>, text: &[u8]) -> Step {
    let Some(name_end) = string(text) else {
        return Step::More;
    };
    let (name, rest) = text.split_at(name_end);
    let colon = rest
        .iter()
        .take_while(|byte| byte.is_ascii_whitespace())
        .count();
    let after = colon + 1;
    match rest.get(colon) {
        Some(b':') => {}
        Some(_) => return Step::Bad("no : follows the name of a member"),
        None => return Step::More,
    }
    let rest = rest.get(after..).unwrap_or_default();
    let blank = rest
        .iter()
        .take_while(|byte| byte.is_ascii_whitespace())
        .count();
    let Some(first) = rest.get(blank) else {
        return Step::More;
    };
    let Ok(name) = serde_json::from_slice::<String>(name) else {
        return Step::Bad("the name of a member is no string");
    };
    let begin = name_end + after + blank;
    let down = match (*level, name.as_str(), first) {
        (Level::Root, list, b'[') if LISTS.contains(&list) => Some(Level::List { alone: false }),
        (Level::Root, "_meta", b'{') => Some(Level::Meta),
        (Level::Meta, "hostvars", b'{') => Some(Level::HostVars),
        _ => None,
    };
    if let Some(down) = down {
        *level = down;
        return Step::Took(begin + 1);
    }
    if *level == Level::HostVars {
        return match value(text.get(begin..).unwrap_or_default()) {
            Some(0) => Step::Bad("a value is expected"),
            Some(end) => Step::Host(Some(name), begin, begin + end),
            None => Step::More,
        };
    }
    *skip = Some(Skip::default());
    Step::Took(begin)
}

/// Where a value ends that begins a text.
fn value(text: &[u8]) -> Option<usize> {
    let mut state = Skip::default();
    let (bytes, done) = state.pass(text);
    done.then_some(bytes)
}

/// Where a string ends that begins a text.
fn string(text: &[u8]) -> Option<usize> {
    let mut at = 1;
    loop {
        at += memchr::memchr2(b'"', b'\\', text.get(at..)?)?;
        match text.get(at) {
            Some(b'"') => return Some(at + 1),
            _ => at += 2,
        }
    }
}

/// Passes over a value of any length.
#[derive(Debug, Clone, Copy, Default)]
struct Skip {
    depth: u32,
    in_string: bool,
    escaped: bool,
    begun: bool,
}

impl Skip {
    /// How many bytes of a text are of the value, and whether it ends there.
    fn pass(&mut self, text: &[u8]) -> (usize, bool) {
        for (at, &byte) in text.iter().enumerate() {
            if self.in_string {
                match byte {
                    _ if self.escaped => self.escaped = false,
                    b'\\' => self.escaped = true,
                    b'"' => {
                        self.in_string = false;
                        if self.depth == 0 {
                            return (at + 1, true);
                        }
                    }
                    _ => {}
                }
                continue;
            }
            match byte {
                b'"' => self.in_string = true,
                b'{' | b'[' => self.depth += 1,
                b'}' | b']' | b',' if self.depth == 0 => return (at, true),
                b'}' | b']' => {
                    self.depth -= 1;
                    if self.depth == 0 {
                        return (at + 1, true);
                    }
                }
                byte if byte.is_ascii_whitespace() && self.depth == 0 && self.begun => {
                    return (at, true);
                }
                _ => {}
            }
            self.begun = true;
        }
        (text.len(), false)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The hosts of a document, each with its line, name and text.
    fn hosts(text: &str) -> Result<Vec<(u64, Option<String>, String)>, String> {
        let blocks = Chunks::new(
            Box::new(std::io::Cursor::new(text.to_owned().into_bytes())),
            BLOCK,
        );
        let opened = Document
            .open(blocks, &Columns::default())
            .map_err(|error| error.why)?;
        let mut source = opened.source;
        let mut piece = Piece::default();
        let mut hosts = Vec::new();
        while source
            .next(&mut piece)
            .map_err(|error| format!("{}: {}", error.line, error.why))?
        {
            let mut from = 0;
            for mark in &piece.marks {
                let text = String::from_utf8(piece.chunk.text[from..mark.end].to_vec()).unwrap();
                hosts.push((mark.line, mark.key.clone(), text));
                from = mark.end;
            }
        }
        Ok(hosts)
    }

    #[test]
    fn hosts_are_found_in_every_shape_with_their_lines() {
        let host = |line, text: &str| (line, None, text.to_owned());
        for (text, expected) in [
            (
                "[{\"a\":1},\n {\"b\":\"]}\\\"\"}]",
                vec![host(1, "{\"a\":1}"), host(2, "{\"b\":\"]}\\\"\"}")],
            ),
            (
                "{\"count\": 2, \"next\": {\"x\": [1]},\n\"results\" : [\n{\"a\":{}}\n]}\n",
                vec![host(3, "{\"a\":{}}")],
            ),
            (
                "{\"apiVersion\":\"sanid/v1\",\"items\":[\n{}\n,{}]}",
                vec![host(2, "{}"), host(3, "{}")],
            ),
            ("[1, \"x\"]", vec![host(1, "1"), host(1, "\"x\"")]),
            (
                "{\"_meta\":{\"hostvars\":{\"n1\":{\"a\":1},\n\"n\\u0032\":{}}},\"all\":{\"hosts\":[\"n1\"]}}",
                vec![
                    (1, Some("n1".to_owned()), "{\"a\":1}".to_owned()),
                    (2, Some("n2".to_owned()), "{}".to_owned()),
                ],
            ),
        ] {
            assert_eq!(hosts(text).as_ref(), Ok(&expected), "{text}");
        }
    }

    #[test]
    fn a_document_larger_than_any_block_is_walked() {
        let item = format!("{{\"host\":\"n\",\"note\":\"{}\"}}", "x".repeat(1000));
        let skipped = format!("[{}]", vec!["\"x\""; 200_000].join(","));
        let text = format!(
            "{{\"all\":{skipped},\"items\":[\n{}\n]}}",
            vec![item; 2000].join(",\n")
        );
        let hosts = hosts(&text).unwrap();
        assert_eq!(hosts.len(), 2000);
        assert_eq!(hosts[1999].0, 2001);
    }

    #[test]
    fn what_is_no_list_of_hosts_is_one_message() {
        for (text, word) in [
            ("[{\"a\":1},{\"a\":", "ends in the middle"),
            ("[{\"a\":1}", "ends in the middle"),
            ("{\"host\":\n\"a\"}", "it has no host"),
            ("[]", "it has no host"),
            ("{\"items\":[]}", "it has no host"),
            ("[{}]\n[{}]", "more follows"),
            ("{items:[]}", "a name of a member"),
            ("{\"items\" []}", "no : follows"),
            // These were walked for ever.
            ("[{\"a\":1}}", "a host is expected"),
            ("[}", "a host is expected"),
            ("{\"items\":[}]}", "a host is expected"),
            ("{\"_meta\":{\"hostvars\":{\"a\":}}}", "a value is expected"),
        ] {
            let why = hosts(text).unwrap_err();
            assert!(why.contains(word), "{text}: {why}");
        }
        let long = format!("[{{\"a\":\"{}\"}}]", "x".repeat(2 * LONGEST_OBJECT));
        assert!(hosts(&long).unwrap_err().contains("longer than"));
    }
}
