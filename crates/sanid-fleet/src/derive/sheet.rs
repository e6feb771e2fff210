//! What comes of the rows of one piece.

use super::Options;
use super::duplicates::Keys;
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

/// Text, bad rows and keys.
pub(super) struct Sheet {
    rule: Rule,
    format: Format,
    /// For the usual row, which is also the one of millions.
    plain: Option<Plain>,
    base: u64,
    pub(super) text: Page,
    pub(super) derived: u64,
    pub(super) published: u64,
    pub(super) bad: Vec<Bad>,
    pub(super) keys: Keys,
}

impl Sheet {
    pub(super) fn new(options: &Options) -> Self {
        let usual = options.format == Format::Csv && options.rule.is_plain();
        Self {
            plain: usual.then(|| Plain::new(options.rule.prefix())),
            rule: options.rule.clone(),
            format: options.format,
            base: 0,
            text: Page::default(),
            derived: 0,
            published: 0,
            bad: Vec::new(),
            keys: Keys::new(),
        }
    }

    /// Before the first row of a piece, of an inventory whose lines are counted from `base`.
    pub(super) fn begin(&mut self, base: u64) {
        self.base = base;
        self.text.clear();
        self.bad.clear();
        (self.derived, self.published) = (0, 0);
    }
}

impl Sink for Sheet {
    fn row(&mut self, line: u64, row: &Row<'_>) {
        if let Some(plain) = &self.plain {
            if let Some(uuid) = plain.row(row, &mut self.text) {
                self.derived += 1;
                self.keys.usual(self.base + line, row, &uuid);
                return;
            }
        }
        match self.rule.identity(row) {
            Ok(derived) => {
                self.derived += 1;
                self.published += u64::from(derived.published);
                let format = self.format;
                self.text.append(|text| format.item(&derived, text));
                self.keys.other(self.base + line, row, &derived);
            }
            Err(fault) => self.bad(line, fault),
        }
    }

    fn bad(&mut self, line: u64, fault: Fault) {
        self.bad.push(Bad {
            line,
            fault,
            at: self.text.len(),
        });
    }
}
