//! Inventories of every format: the reader ends, and no message repeats a value that may be a machine-id.
#![no_main]

use std::io::Cursor;

use libfuzzer_sys::fuzz_target;
use sanid_fleet::input::Input;
use sanid_fleet::inventory::{Column, Columns, FORMATS, Fault, Piece, Row, Sink, open};

const SECRET: &str = "3d1219c7c4c5404aaa1f6d2a48adfda4";

struct Seen;

impl Sink for Seen {
    fn row(&mut self, line: u64, row: &Row<'_>) {
        assert!(line > 0);
        let _ = row.get(Column::MachineId);
    }

    fn bad(&mut self, line: u64, fault: Fault) {
        assert!(line > 0 && !fault.why.contains(SECRET), "{}", fault.why);
    }
}

fuzz_target!(|data: &[u8]| {
    let names = FORMATS.iter().map(|format| Some(format.name()));
    for format in names.chain([None]) {
        let input = Input::of("inventory", Cursor::new(data.to_vec()));
        let mut opened = match open(input, format, &Columns::default()) {
            Ok(opened) => opened,
            Err(error) => {
                assert!(!error.why.contains(SECRET), "{error}");
                continue;
            }
        };
        let mut piece = Piece::default();
        while let Ok(true) = opened.source.next(&mut piece) {
            opened.rows.rows(&piece, &mut Seen);
        }
    }
});
