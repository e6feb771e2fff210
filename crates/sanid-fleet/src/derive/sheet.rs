//! What comes of the rows of one piece.

use super::Options;
use super::duplicates::{Given, Keys};
use super::identity::Rule;
use super::output::{Format, Page, Plain};
use crate::inventory::{Fault, Row, Sink};

/// A bad row.
pub(super) struct Bad {
    pub(super) line: u64,
    pub(super) fault: Fault,
    /// How much text came before it.
    pub(super) at: usize,
}

/// Text and bad rows.
#[derive(Default)]
pub(super) struct Sheet {
    pub(super) text: Page,
    pub(super) derived: u64,
    pub(super) published: u64,
    pub(super) bad: Vec<Bad>,
}

impl Sheet {
    /// Before the next piece.
    pub(super) fn clear(&mut self) {
        self.text.clear();
        self.bad.clear();
        (self.derived, self.published) = (0, 0);
    }
}

/// What a thread makes sheets with.
pub(super) struct Maker {
    rule: Rule,
    format: Format,
    /// For the usual row, which is also the one of millions.
    plain: Option<Plain>,
    /// What the lines of the inventory are counted from.
    pub(super) base: u64,
    pub(super) keys: Keys,
}

impl Maker {
    pub(super) fn new(options: &Options) -> Self {
        let usual = options.format == Format::Csv && options.rule.is_plain();
        Self {
            plain: usual.then(|| Plain::new(options.rule.prefix())),
            rule: options.rule.clone(),
            format: options.format,
            base: 0,
            keys: Keys::default(),
        }
    }

    /// Writes what comes of the rows that `rows` hands on.
    pub(super) fn fill(&mut self, sheet: &mut Sheet, rows: impl FnOnce(&mut dyn Sink)) {
        rows(&mut Filling { maker: self, sheet });
    }
}

struct Filling<'m> {
    maker: &'m mut Maker,
    sheet: &'m mut Sheet,
}

impl Sink for Filling<'_> {
    fn row(&mut self, line: u64, row: &Row<'_>) {
        let (maker, sheet) = (&mut *self.maker, &mut *self.sheet);
        if let Some(plain) = &maker.plain {
            if let Some(uuid) = plain.row(row, &mut sheet.text) {
                sheet.derived += 1;
                maker
                    .keys
                    .usual(maker.base + line, row, &uuid, maker.rule.prefix());
                return;
            }
        }
        match maker.rule.identity(row) {
            Ok(derived) => {
                sheet.derived += 1;
                sheet.published += u64::from(derived.published);
                sheet.text.append(|text| maker.format.item(&derived, text));
                maker.keys.other(maker.base + line, &derived);
            }
            Err(fault) => {
                maker.keys.bad(maker.base + line, &Given::of(row));
                self.bad(line, fault);
            }
        }
    }

    fn bad(&mut self, line: u64, fault: Fault) {
        self.sheet.bad.push(Bad {
            line,
            fault,
            at: self.sheet.text.len(),
        });
    }
}
