use proptest::prelude::*;

use super::super::BLOCK;
use super::record::{self, Record, Shape};
use super::*;

const USED: &[(usize, Column)] = &[(0, Column::Host), (2, Column::MachineId)];

/// Rows as text: host, machine-id and line, or the line of a bad one.
fn by_hand(text: &str, delimiter: u8) -> Vec<(u64, Option<[String; 2]>)> {
    let blocks = Chunks::new(
        Box::new(std::io::Cursor::new(text.to_owned().into_bytes())),
        BLOCK,
    );
    let mut source = Lines {
        text: blocks,
        delimiter,
    };
    let shape = Shape {
        delimiter,
        used: USED,
        fields: 3,
    };
    let mut piece = Piece::default();
    let mut rows = Vec::new();
    while source.next(&mut piece).unwrap() {
        record::each(&piece, &shape, |line, record| {
            let text = |field| String::from_utf8_lossy(field).into_owned();
            rows.push((
                line,
                match record {
                    Record::Row(row) => Some([
                        text(row.get(Column::Host)),
                        text(row.get(Column::MachineId)),
                    ]),
                    Record::Bad(_) => None,
                },
            ));
        });
    }
    rows
}

/// The same by the crate `csv` alone.
fn by_crate(text: &str, delimiter: u8) -> Vec<(u64, Option<[String; 2]>)> {
    let mut reader = csv::ReaderBuilder::new()
        .has_headers(false)
        .flexible(true)
        .delimiter(delimiter)
        .terminator(csv::Terminator::Any(b'\n'))
        .from_reader(text.as_bytes());
    let mut rows = Vec::new();
    let mut record = csv::ByteRecord::new();
    while reader.read_byte_record(&mut record).unwrap() {
        let blank = record.len() == 1 && record.iter().all(|field| field.trim_ascii().is_empty());
        // It counts from where it began to look, which can be blank lines above.
        let from = usize::try_from(record.position().unwrap().byte()).unwrap();
        let skipped = text[from..]
            .bytes()
            .take_while(|&byte| byte == b'\n')
            .count();
        let line = record.position().unwrap().line() + skipped as u64;
        let quoted = text[from + skipped..].starts_with('"');
        if blank && !quoted {
            continue;
        }
        let text = |at| {
            String::from_utf8_lossy(record.get(at).unwrap_or_default().trim_ascii()).into_owned()
        };
        rows.push((line, (record.len() == 3).then(|| [text(0), text(2)])));
    }
    rows
}

/// Whether the last quote that opens a field closes it; where it does not, the crate reads to the end.
fn is_closed(text: &str, delimiter: u8) -> bool {
    let whole = format!("{text}\n");
    record::whole(whole.as_bytes(), delimiter) == whole.len()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1000))]

    #[test]
    fn rows_in_pieces_are_those_of_the_whole(text in "([ab ,;\"\r\n]|,|\n|\"[a,\n]*\"|é){0,40}") {
        for delimiter in [b',', b';'] {
            if is_closed(&text, delimiter) {
                prop_assert_eq!(by_hand(&text, delimiter), by_crate(&text, delimiter));
            }
        }
    }

    #[test]
    fn usual_rows_in_pieces_are_those_of_the_whole(rows in prop::collection::vec(("[a-z0-9.-]{1,12}", "[ -~]{0,12}", "[0-9a-f]{32}"), 0..20), crlf: bool) {
        let end = if crlf { "\r\n" } else { "\n" };
        let text = rows
            .iter()
            .map(|(host, note, id)| format!("{host},\"{}\",{id}{end}", note.replace('"', "\"\"")))
            .collect::<Vec<_>>().concat();
        let read = by_hand(&text, b',');
        prop_assert_eq!(&read, &by_crate(&text, b','));
        prop_assert!(read.iter().zip(&rows).all(|((_, read), (host, _, id))| *read == Some([host.clone(), id.clone()])));
    }
}

#[test]
fn a_quote_without_end_costs_its_row_alone() {
    let filler = "x,y,z\n".repeat(40_000);
    let text = format!("a,b,c\n\"d,e,f\n{filler}g,h,i\n");
    let rows = by_hand(&text, b',');
    assert_eq!(rows.len(), 40_003);
    let bad: Vec<_> = rows.iter().filter(|(_, row)| row.is_none()).collect();
    assert_eq!(bad, [&(2, None)]);
}

#[test]
fn rows_across_the_ends_of_blocks_stay_whole() {
    let text = "host-with-a-long-name,\"a note\nof two lines\",value\n".repeat(6_000);
    let rows = by_hand(&text, b',');
    assert_eq!(rows.len(), 6_000);
    for (at, (line, row)) in rows.iter().enumerate() {
        assert_eq!(*line, 2 * at as u64 + 1);
        assert_eq!(row.as_ref().unwrap()[1], "value");
    }
}

#[test]
fn the_delimiter_is_found_in_the_header() {
    for (header, expected) in [
        ("host,machine_id", b','),
        ("host;machine_id", b';'),
        ("host\tmachine_id", b'\t'),
        ("host;\"a, b and c\";machine_id", b';'),
        ("host", b','),
    ] {
        assert_eq!(delimiter(header.as_bytes()), expected, "{header}");
    }
}
