//! Hosts and their names: the list that `sanid-fleet derive` writes and every other command reads.
//!
//! CSV with a header, one JSON object to a line, one JSON document, or what kubectl prints of the nodes of a cluster
//! (`kubectl get nodestorageidentities -o json`). A host has a name of its own, which nothing on the
//! storage network sees, and some or all of the three names by which storage knows it:
//!
//! ```text
//! host,iqn,host_nqn,host_id
//! node-1,iqn.2016-04.com.open-iscsi:652f5d50…,nqn.2014-08.org.nvmexpress:uuid:652f5d50-…,652f5d50-…
//! ```
//!
//! ```text
//! {"host":"node-1","iqn":"iqn.2016-04.com.open-iscsi:652f5d50…","hostNqn":"nqn.…","hostId":"652f5d50-…"}
//! ```

mod documents;
mod lines;

use std::io::{self, BufRead, BufReader, Read};

use sanid_core::{HostId, HostNqn, IscsiName};
use serde::Deserialize;

use crate::input::{self, Input, NoText, is_text};
use crate::secret;
pub(crate) use lines::LineLimit;
use lines::LineStarts;

/// A line of a list that is longer is a damaged or a hostile file, and is not kept in memory.
pub const LONGEST_LINE: usize = 64 * 1024;

/// A host, with the names that are known of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Host {
    /// What the people who run it call it.
    pub name: String,
    /// The iSCSI initiator name.
    pub iqn: Option<IscsiName>,
    /// The NVMe host NQN.
    pub host_nqn: Option<HostNqn>,
    /// The NVMe Host ID.
    pub host_id: Option<HostId>,
}

impl Host {
    /// The initiator name and the host NQN, those that are known.
    ///
    /// # Examples
    /// ```
    /// use sanid_fleet::{hosts, input::Input};
    ///
    /// let list = "host,iqn\nnode-1,iqn.2016-04.com.open-iscsi:1\n";
    /// let host = hosts::read(Input::of("list", list.as_bytes())).next().unwrap()?;
    /// assert_eq!(host.names(), [Some("iqn.2016-04.com.open-iscsi:1"), None]);
    /// # Ok::<(), sanid_fleet::hosts::RowError>(())
    /// ```
    pub fn names(&self) -> [Option<&str>; 2] {
        [
            self.iqn.as_ref().map(IscsiName::as_str),
            self.host_nqn.as_ref().map(HostNqn::as_str),
        ]
    }
}

/// A row that is no host.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{file}, line {line}: {why}")]
pub struct RowError {
    /// The file, as messages name it.
    pub file: String,
    /// The line, counted from 1.
    pub line: u64,
    /// What is wrong with it.
    pub why: String,
    /// Nothing after it can be read.
    pub last: bool,
}

/// One row, before its names are looked at.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Row {
    #[serde(alias = "hostname", alias = "name")]
    host: String,
    iqn: Option<String>,
    #[serde(alias = "hostNqn", alias = "hostnqn")]
    host_nqn: Option<String>,
    #[serde(alias = "hostId", alias = "hostid")]
    host_id: Option<String>,
}

/// Reads a list, one host after the other, whatever its length.
///
/// # Errors
/// Each item is a [`Host`] or says what is wrong with its row; reading goes on unless
/// [`last`](RowError::last) is set. A list that cannot be read at all is one item that says so.
///
/// # Examples
/// ```
/// use sanid_fleet::{hosts, input::Input};
///
/// let list = "host,iqn\nnode-1,iqn.2016-04.com.open-iscsi:1\nnode-2,iqn.oops\n";
/// let mut hosts = hosts::read(Input::of("list.csv", list.as_bytes()));
/// assert_eq!(hosts.next().unwrap()?.name, "node-1");
/// assert!(hosts.next().unwrap().unwrap_err().to_string().starts_with("list.csv, line 3: "));
/// # Ok::<(), sanid_fleet::hosts::RowError>(())
/// ```
pub fn read(input: Input) -> impl Iterator<Item = Result<Host, RowError>> {
    read_with_lines(input).map(|row| row.map(|(_, host)| host))
}

/// The rows of a list: the line of each host, counted from 1, and the host.
type Rows = Box<dyn Iterator<Item = Result<(u64, Host), RowError>>>;

/// Reads a list as [`read`] does; each host has the line on which it begins, counted from 1.
pub(crate) fn read_with_lines(input: Input) -> Rows {
    let file = input.name.clone();
    let failed = |error: &io::Error| RowError {
        file: file.clone(),
        line: 1,
        why: input::why(error),
        last: true,
    };
    let mut text = match input.text() {
        Ok(text) => text,
        Err(error) => return Box::new(std::iter::once(Err(failed(&error)))),
    };
    if text.fill_buf().is_ok_and(documents::is_one) {
        return Box::new(documents::hosts(&file, text).into_iter());
    }
    let mut text = BufReader::new(LineLimit::new(text));
    match text.fill_buf() {
        Err(error) => Box::new(std::iter::once(Err(failed(&error)))),
        Ok(start) if start.trim_ascii().is_empty() => {
            let error = "it is empty: a list of hosts begins with a header, as sanid-fleet derive writes it";
            Box::new(std::iter::once(Err(failed(&io::Error::other(error)))))
        }
        Ok(start) if is_text(start, ">NEW").is_err() => {
            let found = is_text(start, ">NEW").err();
            let found = found.map(|NoText { line, why }| RowError {
                file,
                line,
                why,
                last: true,
            });
            Box::new(found.map(Err).into_iter())
        }
        Ok(start) if start.trim_ascii_start().starts_with(b"{") => Box::new(ndjson(file, text)),
        Ok(_) => csv_rows(file, text),
    }
}

fn ndjson(file: String, text: impl BufRead) -> impl Iterator<Item = Result<(u64, Host), RowError>> {
    let mut ended = false;
    (1..)
        .zip(text.split(b'\n'))
        .map_while(move |(number, line)| {
            if ended {
                return None;
            }
            let error = |why: String, last| RowError {
                file: file.clone(),
                line: number,
                why,
                last,
            };
            let line = match line {
                Ok(line) => line,
                Err(failure) => {
                    ended = true;
                    return Some(Some(Err(error(input::why(&failure), true))));
                }
            };
            if line.trim_ascii().is_empty() {
                return Some(None);
            }
            let row = serde_json::from_slice::<Row>(&line).map_err(|failure| failure.to_string());
            Some(Some(
                row.and_then(|row| host(&row))
                    .map(|host| (number, host))
                    .map_err(|why| error(why, false)),
            ))
        })
        .flatten()
}

fn csv_rows(file: String, text: impl Read + 'static) -> Rows {
    let lines = LineStarts::default();
    let mut reader = csv::ReaderBuilder::new()
        .trim(csv::Trim::All)
        .flexible(false)
        .from_reader(lines.of(text));
    let problem = reader
        .headers()
        .map_err(|error| why(&error))
        .and_then(header);
    if let Err(why) = problem {
        let error = RowError {
            file,
            line: 1,
            why,
            last: true,
        };
        return Box::new(std::iter::once(Err(error)));
    }
    let mut record = csv::StringRecord::new();
    let mut ended = false;
    Box::new(std::iter::from_fn(move || {
        if ended {
            return None;
        }
        let error = |line, why, last| RowError {
            file: file.clone(),
            line,
            why,
            last,
        };
        // The header was read without an error.
        let header = reader.headers().cloned().unwrap_or_default();
        match reader.read_record(&mut record) {
            Ok(false) => None,
            Ok(true) => {
                let start = record.position();
                let line =
                    start.map_or(0, |start| lines.line(start.byte()).unwrap_or(start.line()));
                let row = record.deserialize(Some(&header));
                let row = row.map_err(|error| why(&error)).and_then(|row| host(&row));
                Some(match row {
                    Ok(host) => Ok((line, host)),
                    Err(why) => Err(error(line, why, false)),
                })
            }
            Err(failure) => {
                ended = failure.is_io_error();
                let here = reader.position();
                let start = failure.position().unwrap_or(here);
                let line = lines.line(start.byte()).unwrap_or(start.line());
                Some(Err(error(line, why(&failure), ended)))
            }
        }
    }))
}

fn header(columns: &csv::StringRecord) -> Result<(), String> {
    let has = |names: &[&str]| columns.iter().any(|column| names.contains(&column));
    // A file without a header can have machine-ids here.
    let shown: Vec<String> = columns.iter().take(12).map(secret::shown).collect();
    let shown = shown.join(", ");
    if !has(&["host", "hostname", "name"]) {
        return Err(format!("the header has no column host; it has {shown}"));
    }
    if !has(&[
        "iqn", "host_nqn", "hostNqn", "hostnqn", "host_id", "hostId", "hostid",
    ]) {
        return Err(format!(
            "the header has none of the columns iqn, host_nqn and host_id; it has {shown}"
        ));
    }
    Ok(())
}

fn why(error: &csv::Error) -> String {
    match error.kind() {
        csv::ErrorKind::UnequalLengths {
            expected_len, len, ..
        } => {
            format!("it has {len} fields, and the header has {expected_len}")
        }
        csv::ErrorKind::Utf8 { .. } => "it is no UTF-8".to_owned(),
        csv::ErrorKind::Io(error) => input::why(error),
        _ => error.to_string(),
    }
}

fn host(row: &Row) -> Result<Host, String> {
    fn some<T: std::str::FromStr>(text: Option<&String>) -> Result<Option<T>, String>
    where
        T::Err: ToString,
    {
        match text.map(|text| text.trim()) {
            None | Some("") => Ok(None),
            Some(text) => text
                .parse()
                .map(Some)
                .map_err(|error: T::Err| error.to_string()),
        }
    }
    let name = row.host.trim();
    if name.is_empty() {
        return Err("it names no host".to_owned());
    }
    Ok(Host {
        name: name.to_owned(),
        iqn: some(row.iqn.as_ref())?,
        host_nqn: some(row.host_nqn.as_ref())?,
        host_id: some(row.host_id.as_ref())?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all(list: &'static [u8]) -> Vec<Result<Host, String>> {
        let hosts = read(Input::of("list", list));
        hosts
            .map(|one| one.map_err(|error| error.to_string()))
            .collect()
    }

    const IQN: &str = "iqn.2016-04.com.open-iscsi:652f5d50a6894520b87bfe2552ef6b8b";
    const NQN: &str = "nqn.2014-08.org.nvmexpress:uuid:652f5d50-a689-4520-b87b-fe2552ef6b8b";

    #[test]
    fn csv_and_ndjson_give_the_same_hosts() {
        let whole = Host {
            name: "node-1".to_owned(),
            iqn: Some(IQN.parse().unwrap()),
            host_nqn: Some(NQN.parse().unwrap()),
            host_id: Some("652f5d50-a689-4520-b87b-fe2552ef6b8b".parse().unwrap()),
        };
        let id = "652f5d50-a689-4520-b87b-fe2552ef6b8b";
        let lists = [
            format!("host,iqn,host_nqn,host_id\nnode-1,{IQN},{NQN},{id}\n"),
            format!("host_id,host_nqn,rack,iqn,hostname\r\n{id},{NQN},r1,{IQN},node-1\r\n"),
            format!("\u{feff}name,iqn,hostNqn,hostId\n\"node-1\", {IQN} ,{NQN},{id}"),
            format!(
                "{{\"host\":\"node-1\",\"iqn\":\"{IQN}\",\"hostNqn\":\"{NQN}\",\"hostId\":\"{id}\"}}\n\n"
            ),
        ];
        for list in lists {
            let hosts: Vec<_> = read(Input::of("list", io::Cursor::new(list.clone()))).collect();
            assert_eq!(hosts, [Ok(whole.clone())], "{list}");
        }
    }

    #[test]
    fn a_bad_row_is_told_by_its_line_and_the_next_one_is_read() {
        let rows = all(b"host,iqn\na,iqn.2016-04.com.open-iscsi:1\n,iqn.2016-04.com.open-iscsi:2\nb\nc,iqn.oops\n\"d\nd\",x\n\xff,\ne,\n");
        let words: Vec<String> = rows
            .iter()
            .map(|row| match row {
                Ok(host) => host.name.clone(),
                Err(why) => why.split(": ").next().unwrap().to_owned(),
            })
            .collect();
        let expected = [
            "a",
            "list, line 3",
            "list, line 4",
            "list, line 5",
            "list, line 6",
            "list, line 8",
            "e",
        ];
        assert_eq!(words, expected, "{rows:?}");
    }

    #[test]
    fn empty_lines_count() {
        for list in [
            &b"\nhost,iqn\n\n\nc,iqn.oops\nd,iqn.oops\n\n\"e\ne\",x\n\nf,x,\n"[..],
            b"\r\nhost,iqn\r\n\r\n\r\nc,iqn.oops\r\nd,iqn.oops\r\n\r\n\"e\r\ne\",x\r\n\r\nf,x,\r\n",
        ] {
            let told = all(list).into_iter().map(|row| row.unwrap_err());
            let starts = ["5", "6", "8", "11"].map(|line| format!("list, line {line}: "));
            let told: Vec<String> = told.collect();
            assert_eq!(told.len(), starts.len(), "{told:?}");
            for (told, start) in told.iter().zip(starts) {
                assert!(told.starts_with(&start), "{told}");
            }
        }
    }

    #[test]
    fn a_wrong_header_is_one_message() {
        for (list, word) in [
            (&b"node,iqn\na,b\n"[..], "no column host"),
            // A file without a header, with a machine-id.
            (
                b"a,3d1219c7c4c5404aaa1f6d2a48adfda4\n",
                "it has a, (a value, which is not repeated)",
            ),
            (b"host,rack\na,b\n", "none of the columns"),
            (b"", "it is empty"),
            (b" \r\n", "it is empty"),
        ] {
            let rows = all(list);
            assert_eq!(rows.len(), 1);
            assert!(rows[0].as_ref().unwrap_err().contains(word), "{rows:?}");
        }
    }

    #[test]
    fn a_line_without_end_is_refused_before_it_fills_the_memory() {
        for start in ["host,iqn\n", "{\"host\":\""] {
            let endless = start.as_bytes().chain(io::repeat(b'x'));
            let rows: Vec<_> = read(Input::of("list", endless)).collect();
            let error = rows.last().unwrap().as_ref().unwrap_err();
            assert!(error.last && error.why.contains("longer than"), "{error}");
        }
    }
}
