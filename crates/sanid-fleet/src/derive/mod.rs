//! From inventories to identities: every core works on a piece of the inventory, and the pieces come out in
//! order.
//!
//! ```text
//!              ┌► rows ─► identities ─┐
//! Source ─► pieces                    ├─► in order ─► output
//!              └► rows ─► identities ─┘
//! ```
//!
//! Nothing is kept of a row that is done, except for hashes that tell whether a later one has the same name or the same
//! machine-id.

mod duplicates;
mod identity;
mod output;
mod sheet;

use std::collections::BTreeMap;
use std::io::{self, Write};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};

pub use duplicates::{Duplicate, Shared};
pub use identity::{Rule, RuleError};
pub use output::Format;
#[cfg(feature = "schema")]
pub use output::{HostItem, HostList};

use crate::inventory::{Opened, Piece, Rows, Source, Unusable};
use duplicates::Keys;
use sheet::{Maker, Sheet};

/// What there is to do, besides the inventories.
#[derive(Debug)]
pub struct Options {
    /// How identities are made.
    pub rule: Rule,
    /// How they are written.
    pub format: Format,
    /// Whether the first bad row ends it.
    pub strict: bool,
    /// How many cores to use.
    pub threads: usize,
}

/// So many for each thread: one to write on, and some that wait for a thread that the system let wait.
const SHEETS: usize = 8;

/// A place in one of the inventories.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    /// The inventory, as messages name it.
    pub file: String,
    /// The line, counted from 1.
    pub line: u64,
}

/// What is told while it goes on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BadRow {
    /// Where it is.
    pub place: Place,
    /// What is wrong, without any value.
    pub why: String,
    /// Where one row has it, others will.
    pub alike: bool,
}

/// Why it ended early.
#[derive(Debug)]
pub enum Stop {
    /// The output cannot be written.
    Output(io::Error),
    /// The rest of an inventory cannot be read.
    Unusable(Unusable),
    /// There was a bad row, and none was to be.
    Strict,
}

/// What came of it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Counts {
    /// Hosts with an identity.
    pub derived: u64,
    /// Rows that are none.
    pub bad: u64,
    /// Names that hold the machine-id of their host.
    pub published: u64,
}

/// Derives the identities of inventories, one after the other, into one output.
pub struct Derivation<'a, W: Write + Send> {
    options: &'a Options,
    output: W,
    written: bool,
    counts: Counts,
    makers: Vec<Maker>,
    files: Vec<(u64, String)>,
    /// What the next inventory's lines are counted from.
    base: u64,
}

impl<'a, W: Write + Send> Derivation<'a, W> {
    /// Begins the output.
    ///
    /// # Errors
    /// Where it cannot be written.
    pub fn begin(options: &'a Options, mut output: W) -> io::Result<Self> {
        output.write_all(options.format.head().as_bytes())?;
        let makers = || Maker::new(options);
        Ok(Self {
            output,
            written: false,
            counts: Counts::default(),
            makers: std::iter::repeat_with(makers)
                .take(options.threads.max(1))
                .collect(),
            files: Vec::new(),
            base: 0,
            options,
        })
    }

    /// Derives the identities of one inventory; `tell` hears of its bad rows, in order.
    ///
    /// # Errors
    /// [`Stop`]; what stands before that place is written.
    pub fn inventory(
        &mut self,
        name: &str,
        opened: Opened,
        tell: &mut (dyn FnMut(BadRow) + Send),
    ) -> Result<(), Stop> {
        self.files.push((self.base, name.to_owned()));
        let mut makers = std::mem::take(&mut self.makers);
        let sheets = SHEETS * makers.len();
        let shared = Shareds {
            source: Mutex::new(Cutter {
                source: opened.source,
                next: 0,
            }),
            rows: opened.rows.as_ref(),
            base: self.base,
            queue: Mutex::new(Queue {
                next: 0,
                done: BTreeMap::new(),
                free: std::iter::repeat_with(Sheet::default)
                    .take(sheets)
                    .collect(),
                writing: false,
            }),
            freed: Condvar::new(),
            turn: Mutex::new(Turn {
                derivation: self,
                name,
                tell,
                stop: None,
            }),
            stopped: AtomicBool::new(false),
        };
        std::thread::scope(|scope| {
            let mut makers = makers.iter_mut();
            let here = makers.next();
            for maker in makers {
                scope.spawn(|| shared.work(maker));
            }
            if let Some(maker) = here {
                shared.work(maker);
            }
        });
        let Shareds { source, turn, .. } = shared;
        let stop = into_inner(turn).stop;
        self.base += into_inner(source).source.lines() + 1;
        self.makers = makers;
        stop.map_or(Ok(()), Err)
    }

    /// What came of it so far.
    pub fn counts(&self) -> Counts {
        self.counts
    }

    /// Ends the output, and finds the duplicates; `tell` hears of them.
    ///
    /// # Errors
    /// Where the output cannot be written.
    pub fn end(mut self, tell: &mut dyn FnMut(Duplicate)) -> io::Result<Counts> {
        self.output
            .write_all(self.options.format.tail(self.written).as_bytes())?;
        self.output.flush()?;
        let mut keys = Keys::default();
        for maker in &mut self.makers {
            keys.append(&mut maker.keys);
        }
        let files = std::mem::take(&mut self.files);
        let duplicates = keys.duplicates(|line| place(&files, line));
        duplicates.into_iter().for_each(tell);
        Ok(self.counts)
    }

    /// Writes what came of a piece.
    fn take(
        &mut self,
        sheet: &mut Sheet,
        name: &str,
        tell: &mut (dyn FnMut(BadRow) + Send),
    ) -> Result<(), Stop> {
        let strict = self.options.strict;
        let end = sheet
            .bad
            .first()
            .filter(|_| strict)
            .map_or(sheet.text.len(), |bad| bad.at);
        let mut text = sheet.text.text().get(..end).unwrap_or_default();
        if !text.is_empty() && !self.written {
            text = text
                .strip_prefix(self.options.format.between().as_bytes())
                .unwrap_or(text);
            self.written = true;
        }
        self.output.write_all(text).map_err(Stop::Output)?;
        self.counts.derived += sheet.derived;
        self.counts.published += sheet.published;
        for bad in sheet.bad.drain(..) {
            self.counts.bad += 1;
            let place = Place {
                file: name.to_owned(),
                line: bad.line,
            };
            tell(BadRow {
                place,
                why: bad.fault.why,
                alike: bad.fault.alike,
            });
            if strict {
                return Err(Stop::Strict);
            }
        }
        Ok(())
    }
}

fn place(files: &[(u64, String)], line: u64) -> Place {
    let before = files.partition_point(|(base, _)| *base < line);
    let (base, file) = before
        .checked_sub(1)
        .and_then(|at| files.get(at))
        .cloned()
        .unwrap_or_default();
    Place {
        file,
        line: line - base,
    }
}

/// What the threads share.
struct Shareds<'s, 'd, 'a, W: Write + Send> {
    source: Mutex<Cutter>,
    rows: &'s dyn Rows,
    base: u64,
    queue: Mutex<Queue>,
    freed: Condvar,
    /// Held by the thread that writes, and by no other.
    turn: Mutex<Turn<'s, 'd, 'a, W>>,
    stopped: AtomicBool,
}

struct Cutter {
    source: Box<dyn Source>,
    /// The number of the next piece.
    next: u64,
}

/// Sheets on their way: a thread that is done goes on with the next piece, whoever is at the one before.
struct Queue {
    /// The number of the piece that is written next.
    next: u64,
    done: BTreeMap<u64, Done>,
    free: Vec<Sheet>,
    /// Whether a thread writes, and looks here again when it has written.
    writing: bool,
}

/// What came of a piece.
struct Done {
    sheet: Sheet,
    cut: Result<bool, Unusable>,
}

struct Turn<'s, 'd, 'a, W: Write + Send> {
    derivation: &'d mut Derivation<'a, W>,
    name: &'s str,
    tell: &'s mut (dyn FnMut(BadRow) + Send),
    stop: Option<Stop>,
}

impl<W: Write + Send> Shareds<'_, '_, '_, W> {
    fn work(&self, maker: &mut Maker) {
        let mut piece = Piece::default();
        maker.base = self.base;
        // The sheet first: a piece that is cut is never left waiting for one.
        while let Some(mut sheet) = self.sheet() {
            let (number, cut) = {
                let mut cutter = lock(&self.source);
                let number = cutter.next;
                cutter.next += 1;
                (number, cutter.source.next(&mut piece))
            };
            let more = matches!(cut, Ok(true));
            if more {
                maker.fill(&mut sheet, |sink| self.rows.rows(&piece, sink));
            }
            self.hand_in(number, Done { sheet, cut });
            if !more {
                return;
            }
        }
    }

    /// A sheet to write on, as soon as there is one; `None` where nothing is to be written any more.
    fn sheet(&self) -> Option<Sheet> {
        let mut queue = lock(&self.queue);
        while !self.stopped.load(Ordering::Relaxed) {
            if let Some(sheet) = queue.free.pop() {
                return Some(sheet);
            }
            queue = self
                .freed
                .wait(queue)
                .unwrap_or_else(PoisonError::into_inner);
        }
        None
    }

    /// Writes what is next, unless another thread is at it: that one writes this, too.
    fn hand_in(&self, number: u64, done: Done) {
        let mut queue = lock(&self.queue);
        queue.done.insert(number, done);
        if queue.writing {
            return;
        }
        queue.writing = true;
        while let Some(Done { mut sheet, cut }) = queue.take_next() {
            drop(queue);
            let more = lock(&self.turn).take(&mut sheet, cut);
            queue = lock(&self.queue);
            if !more {
                self.stopped.store(true, Ordering::Relaxed);
            }
            sheet.clear();
            queue.free.push(sheet);
            self.freed.notify_all();
        }
        queue.writing = false;
    }
}

impl Queue {
    fn take_next(&mut self) -> Option<Done> {
        let done = self.done.remove(&self.next)?;
        self.next += 1;
        Some(done)
    }
}

impl<W: Write + Send> Turn<'_, '_, '_, W> {
    /// Whether it goes on.
    fn take(&mut self, sheet: &mut Sheet, cut: Result<bool, Unusable>) -> bool {
        if self.stop.is_some() {
            return false;
        }
        let taken = match cut {
            Ok(true) => self.derivation.take(sheet, self.name, self.tell),
            Ok(false) => return false,
            Err(unusable) => Err(Stop::Unusable(unusable)),
        };
        self.stop = taken.err();
        self.stop.is_none()
    }
}

/// What a thread that panicked had is as whole as it was: nothing is half-done while a lock is held.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

fn into_inner<T>(mutex: Mutex<T>) -> T {
    mutex.into_inner().unwrap_or_else(PoisonError::into_inner)
}
