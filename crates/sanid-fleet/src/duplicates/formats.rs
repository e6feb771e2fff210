//! From bytes to facts: which format a file has, and its tree.

use super::node::Node;
use super::text;

/// UTF-8, UTF-16 with a mark, or what Windows writes.
fn decode(bytes: &[u8]) -> String {
    if let Some((encoding, mark)) = encoding_rs::Encoding::for_bom(bytes) {
        return encoding
            .decode_without_bom_handling(bytes.get(mark..).unwrap_or_default())
            .0
            .into_owned();
    }
    // Without a mark: every other byte of English is zero.
    let bare = match bytes {
        [0, other, ..] if *other != 0 => Some(encoding_rs::UTF_16BE),
        [other, 0, ..] if *other != 0 => Some(encoding_rs::UTF_16LE),
        _ => None,
    };
    if let Some(encoding) = bare {
        return encoding.decode_without_bom_handling(bytes).0.into_owned();
    }
    match std::str::from_utf8(bytes) {
        Ok(text) => text.to_owned(),
        Err(_) => encoding_rs::WINDOWS_1252
            .decode_without_bom_handling(bytes)
            .0
            .into_owned(),
    }
}

/// The tree of a file, and what of it could not be read.
pub(super) fn read(bytes: &[u8], unread: &mut Vec<String>) -> Node {
    if bytes.starts_with(b"PK\x03\x04") || bytes.starts_with(b"\xd0\xcf\x11\xe0") {
        return match workbook(bytes) {
            Ok(node) => node,
            Err(error) => {
                unread.push(format!("it is no workbook that can be read: {error}"));
                Node::default()
            }
        };
    }
    let mut node = parse(&decode(bytes), unread);
    unfold(&mut node);
    node
}

/// Documents in texts: an annotation of Kubernetes, a dictionary of Python in a cell.
fn unfold(node: &mut Node) {
    let text = node.text.as_deref().map(str::trim);
    let folded = text.filter(|text| text.starts_with('{') && text.ends_with('}'));
    let document = folded.and_then(|text| {
        serde_json::from_str::<serde_json::Value>(text)
            .ok()
            .or_else(|| {
                let python = text.replace('\'', "\"").replace("None", "null");
                let python = python.replace("True", "true").replace("False", "false");
                serde_json::from_str(&python).ok()
            })
    });
    if let Some(document) = document {
        let mut inner = of_json("", &document);
        shift(&mut inner, node.line);
        node.text = None;
        node.below = inner.below;
    }
    for below in &mut node.below {
        unfold(below);
    }
}

/// The sheets of a workbook: tables with a head.
fn workbook(bytes: &[u8]) -> Result<Node, calamine::Error> {
    use calamine::Reader as _;
    let mut book = calamine::open_workbook_auto_from_rs(std::io::Cursor::new(bytes.to_vec()))?;
    let mut sheets = Vec::new();
    for (_, range) in book.worksheets() {
        let text = |row: &[calamine::Data]| row.iter().map(ToString::to_string).collect::<Vec<_>>();
        let mut rows = (1..).zip(range.rows().map(text));
        // A row above the head, such as a title, has one cell.
        let is_head =
            |row: &[String]| row.iter().filter(|cell| !cell.trim().is_empty()).count() > 1;
        let Some((_, head)) = rows.find(|(_, row)| is_head(row)) else {
            continue;
        };
        let below = rows.map(|(line, row)| of_row(&head, row.iter().map(String::as_str), line));
        sheets.push(Node::of("", below.collect(), 1));
    }
    Ok(Node::of("", sheets, 1))
}

/// A row below its head.
fn of_row<'c>(head: &[String], cells: impl Iterator<Item = &'c str>, line: u64) -> Node {
    let cells = head.iter().zip(cells);
    let cells = cells.map(|(key, cell)| Node::leaf(key.trim(), cell, line));
    Node::of("", cells.collect(), line)
}

/// The tree of a text.
fn parse(text: &str, unread: &mut Vec<String>) -> Node {
    ansible(text, unread).unwrap_or_else(|| answer(text, unread))
}

/// The tree of what one program printed.
fn answer(text: &str, unread: &mut Vec<String>) -> Node {
    let start = text.trim_start();
    if start.starts_with(['{', '[']) {
        match json(text) {
            Ok(node) => return node,
            Err(why)
                if text.lines().count() < 2
                    || start.starts_with('{')
                    || start.starts_with("[\n") =>
            {
                unread.push(why);
            }
            Err(_) => {}
        }
    }
    let is_page = ["<!doctype html", "<html"].iter().any(|mark| {
        start
            .get(..mark.len())
            .is_some_and(|begin| begin.eq_ignore_ascii_case(mark))
    });
    if is_page {
        unread.push("it is a page of HTML, such as a page to log in at".to_owned());
        return Node::default();
    }
    if start.starts_with('<') {
        match super::xml::xml(start) {
            Ok(node) => return node,
            Err(why) => unread.push(why),
        }
    }
    if let Some(node) = csv(text) {
        return node;
    }
    text::parse(text)
}

/// One document, or one behind the other.
fn json(text: &str) -> Result<Node, String> {
    let mut all = Vec::new();
    for document in serde_json::Deserializer::from_str(text).into_iter::<serde_json::Value>() {
        match document {
            Ok(document) => all.push(of_json("", &document)),
            Err(error) => return Err(format!("line {}: it is no JSON: {error}", error.line())),
        }
    }
    // Salt prints an object with one host for each host.
    if all.len() > 1
        && all
            .iter()
            .all(|one| one.text.is_none() && one.below.len() == 1)
    {
        all = all.into_iter().flat_map(|one| one.below).collect();
    }
    Ok(Node::of("", all, 1))
}

fn of_json(key: &str, value: &serde_json::Value) -> Node {
    use serde_json::Value;
    match value {
        Value::Object(members) => Node::of(
            key,
            members
                .iter()
                .map(|(key, value)| of_json(key, value))
                .collect(),
            0,
        ),
        Value::Array(elements) => Node::of(
            key,
            elements.iter().map(|value| of_json("", value)).collect(),
            0,
        ),
        Value::String(text) => Node::leaf(key, text, 0),
        Value::Null => Node::leaf(key, "", 0),
        other => Node::leaf(key, &other.to_string(), 0),
    }
}

/// What ansible prints of many hosts: `db-01 | CHANGED | rc=0 >>`, `db-01 | SUCCESS => {`, and the tasks of a playbook.
fn ansible(text: &str, unread: &mut Vec<String>) -> Option<Node> {
    let mut hosts: Vec<(String, String, String, u64)> = Vec::new();
    let mut ended = false;
    for (number, line) in (1..).zip(text.lines()) {
        match head(line) {
            Some((host, status, rest)) => {
                ended = false;
                hosts.push((host, status, format!("{rest}\n"), number));
            }
            None => {
                if ["PLAY ", "TASK ", "RUNNING HANDLER "]
                    .iter()
                    .any(|start| line.starts_with(start))
                {
                    ended = true;
                } else if let Some((_, _, body, _)) = hosts.last_mut().filter(|_| !ended) {
                    body.push_str(line);
                    body.push('\n');
                } else if !ended && !line.trim().is_empty() {
                    return None;
                }
            }
        }
    }
    if hosts.is_empty() {
        return None;
    }
    let mut all = Vec::new();
    for (host, status, body, line) in hosts {
        if !["SUCCESS", "CHANGED"].contains(&status.as_str()) {
            unread.push(format!("line {line}: {host} did not answer: {status}"));
            continue;
        }
        let mut node = answer(&body, unread);
        shift(&mut node, line.saturating_sub(1));
        all.push(Node::of(
            "",
            vec![
                Node::leaf("host", &host, line),
                Node::of("answer", flat(node), line),
            ],
            line,
        ));
    }
    Some(Node::of("", all, 1))
}

/// The leaves of a host's answer: names that it gives itself in there are a clone's as well.
fn flat(node: Node) -> Vec<Node> {
    if node.text.is_some() {
        let named = [
            "ansible_hostname",
            "ansible_fqdn",
            "ansible_nodename",
            "hostname",
            "host",
        ]
        .contains(&node.key.as_str());
        return if named { Vec::new() } else { vec![node] };
    }
    node.below.into_iter().flat_map(flat).collect()
}

fn head(line: &str) -> Option<(String, String, &str)> {
    if let Some(found) = task(line) {
        return Some(found);
    }
    let (host, rest) = line.split_once(" | ")?;
    let end = rest
        .find(|one: char| !(one.is_ascii_uppercase() || one == '!'))
        .unwrap_or(rest.len());
    let status = rest.get(..end)?.trim_end_matches('!');
    let known = ["SUCCESS", "CHANGED", "FAILED", "UNREACHABLE"].contains(&status);
    let body = [">>", "=>", "(stdout)"]
        .iter()
        .find_map(|mark| rest.split_once(mark))
        .map(|(_, body)| body)?;
    (known && !host.contains(char::is_whitespace))
        .then(|| (host.to_owned(), status.to_owned(), body))
}

/// What a task of a playbook prints of a host: `ok: [db-01] => {`, `fatal: [db-02]: UNREACHABLE! => {`.
fn task(line: &str) -> Option<(String, String, &str)> {
    let (word, rest) = line.split_once(": [")?;
    let status = match word {
        "ok" => "SUCCESS",
        "changed" => "CHANGED",
        "fatal" | "failed" => "FAILED",
        _ => return None,
    };
    let (host, rest) = rest.split_once(']')?;
    // What another host did for it.
    let host = host.split(" -> ").next().unwrap_or(host);
    let body = rest.split_once("=> ").map_or("", |(_, body)| body);
    Some((host.to_owned(), status.to_owned(), body))
}

fn shift(node: &mut Node, by: u64) {
    node.line += by;
    for below in &mut node.below {
        shift(below, by);
    }
}

/// A table with a head, whose cells are parted by one of these.
fn csv(text: &str) -> Option<Node> {
    let mut skipped = 0;
    let mut rest = text;
    let mut said = None;
    while let Some((line, after)) = rest.split_once('\n') {
        let line = line.trim();
        if let Some(separator) = line.strip_prefix("sep=") {
            said = separator.bytes().next();
        } else if !line.is_empty() && !line.starts_with('#') {
            break;
        }
        rest = after;
        skipped += 1;
    }
    let choices: Vec<u8> = said.map_or_else(|| b",;\t|".to_vec(), |one| vec![one]);
    let first = rest.lines().next().unwrap_or_default();
    choices
        .into_iter()
        .filter(|separator| first.as_bytes().contains(separator))
        .find_map(|separator| table(rest, separator, skipped))
}

/// The line of a record: the reader counts empty lines before it to it.
fn line_of(text: &str, start: &csv::Position) -> u64 {
    let at = usize::try_from(start.byte()).unwrap_or(usize::MAX);
    let rest = text.as_bytes().get(at..).unwrap_or_default();
    let empty = rest.iter().take_while(|byte| b"\r\n".contains(byte));
    start.line() + empty.filter(|byte| **byte == b'\n').count() as u64
}

fn table(text: &str, separator: u8, skipped: u64) -> Option<Node> {
    let mut reader = csv::ReaderBuilder::new()
        .delimiter(separator)
        .flexible(true)
        .has_headers(false)
        .from_reader(text.as_bytes());
    let mut records = Vec::new();
    for record in reader.records() {
        records.push(record.ok()?);
    }
    let (head, rows) = records.split_first()?;
    let head: Vec<String> = head.iter().map(str::to_owned).collect();
    let columns = head.len();
    let is_head = head.iter().all(|cell| super::value::names(cell).is_empty())
        && head.iter().any(|cell| !cell.trim().is_empty());
    let fits = rows.iter().filter(|row| row.len() == columns).count();
    if columns < 2 || rows.is_empty() || fits * 10 < rows.len() * 8 || !is_head {
        return None;
    }
    let below = rows.iter().map(|row| {
        let line = row.position().map_or(0, |start| line_of(text, start)) + skipped;
        of_row(&head, row.iter(), line)
    });
    Some(Node::of("", below.collect(), 1))
}
