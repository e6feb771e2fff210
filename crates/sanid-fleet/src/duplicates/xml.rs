//! XML as programs print it.

use quick_xml::events::{BytesStart, Event};
use quick_xml::{Decoder, Reader};

use super::node::Node;

/// Documents of programs are less deep.
const DEEPEST: usize = 128;

/// An element whose end has not come yet.
struct Open {
    node: Node,
    /// Its attribute `name`: the key, as in `<PROPERTY name="id">` and `<S N="VMHost">` of PowerShell.
    name: Option<String>,
    attributes: Vec<Node>,
    text: String,
}

/// The tree of a document.
///
/// # Errors
/// The fault, with its line.
pub(super) fn xml(text: &str) -> Result<Node, String> {
    let mut reader = Reader::from_str(text);
    let mut lines = Lines {
        text,
        at: 0,
        line: 1,
    };
    let mut open: Vec<Open> = Vec::new();
    let mut root = Node::default();
    loop {
        let line = lines.at(usize::try_from(reader.buffer_position()).unwrap_or(usize::MAX));
        let wrong = |why: &dyn std::fmt::Display| format!("line {line}: it is no XML: {why}");
        match reader.read_event().map_err(|error| wrong(&error))? {
            Event::Start(start) => {
                if open.len() >= DEEPEST {
                    return Err(wrong(&"its elements are too deep"));
                }
                open.push(Open::new(&start, reader.decoder(), line));
            }
            Event::Empty(start) => close(
                Open::new(&start, reader.decoder(), line),
                &mut open,
                &mut root,
            ),
            Event::End(_) => {
                if let Some(last) = open.pop() {
                    close(last, &mut open, &mut root);
                }
            }
            Event::Text(part) => {
                if let (Some(last), Ok(part)) = (open.last_mut(), part.unescape()) {
                    last.text.push_str(&part);
                }
            }
            Event::CData(part) => {
                if let Some(last) = open.last_mut() {
                    last.text.push_str(&String::from_utf8_lossy(&part));
                }
            }
            Event::Eof if open.is_empty() => return Ok(root),
            Event::Eof => return Err(wrong(&"it ends in the middle")),
            _ => {}
        }
    }
}

/// The line of a position; positions only grow.
struct Lines<'t> {
    text: &'t str,
    at: usize,
    line: u64,
}

impl Lines<'_> {
    fn at(&mut self, position: usize) -> u64 {
        let passed = self
            .text
            .as_bytes()
            .get(self.at..position.min(self.text.len()));
        let passed = passed.unwrap_or_default();
        self.at += passed.len();
        self.line += passed
            .iter()
            .map(|byte| u64::from(*byte == b'\n'))
            .sum::<u64>();
        self.line
    }
}

impl Open {
    fn new(start: &BytesStart<'_>, decoder: Decoder, line: u64) -> Self {
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        let mut name = None;
        let mut attributes = Vec::new();
        for one in start.attributes().flatten() {
            let value = one.decode_and_unescape_value(decoder).unwrap_or_default();
            if [&b"name"[..], b"N", b"key"].contains(&one.key.local_name().as_ref()) {
                name = Some(value.into_owned());
            } else {
                let key = text(one.key.local_name().as_ref());
                attributes.push(Node::leaf(&key, &value, line));
            }
        }
        Self {
            node: Node::of(&text(start.local_name().as_ref()), Vec::new(), line),
            name,
            attributes,
            text: String::new(),
        }
    }
}

/// Gives an element to the one around it.
fn close(last: Open, open: &mut [Open], root: &mut Node) {
    let mut node = last.node;
    let text = last.text.trim();
    if node.below.is_empty() && (!text.is_empty() || last.attributes.is_empty()) {
        let key = last.name.as_deref().unwrap_or(&node.key);
        node = Node::leaf(key, text, node.line);
    } else {
        node.below.extend(last.attributes);
    }
    match open.last_mut() {
        Some(above) => above.node.below.push(node),
        None => root.below.push(node),
    }
}
