//! `Plan ─► Receipt`: the only code that writes.
//!
//! The order makes every crash harmless. Everything that can fail for want of space or permission is
//! done under temporary names first; then the files change places with them, one rename each; then they
//! are read back as their readers read them; only then are the old ones let go. A note in the record
//! goes before a change of the NVMe pair, which is two files: found at the next start, it says that a
//! mixture is sanid's own half-done work and not an identity in use.

mod bind;
pub(crate) mod dir;
mod error;
mod journal;
mod leftovers;
mod lock;
mod mount;
mod reseed;
mod restart;
mod swap;
mod tree;

use std::time::SystemTime;

use crate::facts::Facts;
use crate::file::{FileState, IdentityFile};
use crate::hardware::{self, HardwareRecord};
use crate::observe;
use crate::plan::{Plan, Way, Write};
use crate::record::{self, Pending, Record};
use crate::resolve::Part;
use crate::root::Root;
use crate::unique::{self, ConfirmedBy};
pub use error::ActError;
use error::Step;
use journal::Journal;
pub(crate) use lock::{Lock, lock};
pub use reseed::NewMachineId;
pub(crate) use reseed::reseed;
pub use restart::{Restart, restarts};
use swap::Swap;

/// What was done.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Receipt {
    /// The files that were written.
    pub written: Vec<IdentityFile>,
    /// The files whose mode was corrected.
    pub modes: Vec<IdentityFile>,
    /// Why the ownership record could not be written, where it could not and the change needed none.
    pub no_record: Option<String>,
    /// Why the hardware could not be recorded, where it could not.
    pub no_hardware: Option<String>,
    /// Why the identity could not be published, where it could not.
    pub not_published: Option<String>,
}

/// Carries out a plan made under the lock from these facts.
///
/// # Errors
/// [`ActError`]; the old state is whole unless it is [`ActError::NotRestored`].
pub(crate) fn act(
    root: &Root,
    lock: &Lock,
    facts: &Facts,
    plan: &Plan,
) -> Result<Receipt, ActError> {
    act_after(root, lock, facts, Recorded::of(facts), plan)
}

/// The record that is on disk before a change.
#[derive(Clone, Copy)]
struct Recorded<'a> {
    record: Option<&'a Record>,
    in_run: bool,
}

impl<'a> Recorded<'a> {
    fn of(facts: &'a Facts) -> Self {
        Self {
            record: facts.record.record(),
            in_run: facts.record_in_run,
        }
    }
}

fn act_after(
    root: &Root,
    lock: &Lock,
    facts: &Facts,
    before: Recorded<'_>,
    plan: &Plan,
) -> Result<Receipt, ActError> {
    let mut receipt = Receipt::default();
    // First, so that a failure here has changed no name.
    for file in &plan.modes {
        dir::set_mode(root, *file)?;
        receipt.modes.push(*file);
    }
    if !plan.writes.is_empty() || !plan.lifts.is_empty() {
        let noted = note(root, before, plan);
        if plan.needs_note() {
            noted.as_ref().map_err(Clone::clone)?;
        }
        let unnote = || {
            if noted.is_ok() {
                restore_record(root, before, plan);
            }
        };
        if let Err(error) = write_files(root, facts, plan) {
            // Whatever is on disk now, the note still tells what it is; only a state that was put
            // back whole needs none.
            if !matches!(error, ActError::NotRestored { .. }) {
                unnote();
            }
            return Err(error);
        }
        receipt.written = plan.writes.iter().map(|write| write.file).collect();
    }
    // A run that was killed after the exchange left old files under temporary names.
    leftovers::clear(root);
    journal::clear_covers(root);
    // Before the last word of the record: a run that is killed here is seen to have come no further.
    // Bind placement stores nothing that an image could capture.
    if !plan.record_in_run {
        if let Some(record) = hardware::to_store(facts) {
            receipt.no_hardware = record_hardware(root, lock, &record)
                .err()
                .map(|error| error.brief());
        }
    }
    // The note of a change that is done must go even if the rest of the record is as it was.
    if plan.record_differs || !plan.writes.is_empty() || !plan.lifts.is_empty() {
        // Two records could tell two stories, and the one on disk would store the identity. Before the
        // last word of the other: a run that is killed in between is seen to have come no further.
        let _ = dir::remove(root, record_directory(!plan.record_in_run), record::NAME);
        receipt.no_record = write_record(root, plan.record_in_run, &plan.record)
            .err()
            .map(|error| error.brief());
    }
    Ok(receipt)
}

/// Says in the record what is about to happen.
fn note(root: &Root, before: Recorded<'_>, plan: &Plan) -> Result<(), ActError> {
    write_record(root, plan.record_in_run, &noted(before, plan))
}

fn noted(before: Recorded<'_>, plan: &Plan) -> Record {
    let mut record = before.record.cloned().unwrap_or_else(Record::new);
    // A change on top of an interrupted one: what is on disk may be a mixture, which the first note
    // explains and this one would not.
    let from = record
        .pending
        .take()
        .map_or_else(|| plan.before.clone(), |pending| pending.from);
    record.pending = Some(Pending {
        from,
        to: plan.after.clone(),
    });
    record
}

fn restore_record(root: &Root, before: Recorded<'_>, plan: &Plan) {
    // Best effort: a note about a change that did not happen names the state that is on disk as the
    // one before, so it proves nothing wrong.
    let here = plan.record_in_run;
    let _ = match before.record {
        Some(record) if before.in_run == here => write_record(root, here, record),
        _ => dir::remove(root, record_directory(here), record::NAME),
    };
}

fn record_directory(in_run: bool) -> &'static str {
    if in_run {
        record::RUN_DIRECTORY
    } else {
        record::DIRECTORY
    }
}

fn write_record(root: &Root, in_run: bool, record: &Record) -> Result<(), ActError> {
    let directory = record_directory(in_run);
    dir::make(root, directory, if in_run { 0o755 } else { 0o700 })?;
    dir::replace(root, directory, record::NAME, 0o600, &record.bytes())
}

/// Writes both parts as one: after a failure at any step both are as they were.
fn write_files(root: &Root, facts: &Facts, plan: &Plan) -> Result<(), ActError> {
    let mut journal = Journal::new(root);
    match change(root, facts, plan, &mut journal) {
        Ok(()) => {
            journal.commit();
            Ok(())
        }
        Err(error) => Err(journal.undo(error)),
    }
}

/// The parts that are mounts or were; then the files; then both are shown to readers.
fn change<'a>(
    root: &'a Root,
    facts: &'a Facts,
    plan: &'a Plan,
    journal: &mut Journal<'a>,
) -> Result<(), ActError> {
    let mut writes: Vec<&Write> = Vec::new();
    for part in Part::ALL {
        let change = bind::Change::new(root, facts, plan, part);
        match plan.way(part) {
            _ if plan.lifts.contains(&part) => change.lift(journal)?,
            Way::File => writes.extend(plan.writes_of(part)),
            Way::Bind(form) if plan.writes_of(part).next().is_some() => {
                change.place(form, journal)?;
            }
            Way::Bind(_) => {}
        }
    }
    for write in &writes {
        dir::make(root, write.file.directory(), 0o755)?;
    }
    let mut swap = Swap::new(root);
    for write in &writes {
        let old = match facts.disk.file(write.file) {
            FileState::Present(content) => Some(content),
            FileState::Missing | FileState::Unreadable(_) => None,
        };
        swap.prepare(write.file, &write.file.bytes(&write.value), old)?;
    }
    swap.exchange()?;
    journal.swapped(swap);
    read_back(root, &writes)?;
    journal.uncover()
}

/// Reads the files as their readers will.
fn read_back(root: &Root, writes: &[&Write]) -> Result<(), ActError> {
    let disk = observe::disk(root);
    for write in writes {
        let found = disk.effective_text(write.file);
        if found.as_deref() != Some(write.value.as_str()) {
            return Err(ActError::ReadBack {
                path: root.show(write.file.path()),
                written: write.value.clone(),
                found: found.unwrap_or_default(),
            });
        }
    }
    Ok(())
}

/// Records the hardware that this installation is on.
///
/// # Errors
/// [`ActError::Failed`].
pub(crate) fn record_hardware(
    root: &Root,
    _lock: &Lock,
    record: &HardwareRecord,
) -> Result<(), ActError> {
    dir::make(root, record::DIRECTORY, 0o700)?;
    dir::replace(
        root,
        record::DIRECTORY,
        hardware::NAME,
        0o600,
        &record.bytes(),
    )
}

/// How many covers over one directory are taken away: each run that is killed can leave one.
pub(crate) const COVERS: u32 = 8;

/// Takes away what a killed run left over a directory; the host must be observed again after it.
///
/// # Errors
/// [`ActError::Failed`].
pub(crate) fn uncover(root: &Root, _lock: &Lock, facts: &Facts) -> Result<(), ActError> {
    bind::uncover(root, facts)
}

/// Publishes what was applied this boot for other programs, where `/run` is volatile.
///
/// # Errors
/// [`ActError::Failed`].
pub(crate) fn publish(root: &Root, _lock: &Lock, bytes: &[u8]) -> Result<(), ActError> {
    dir::make(root, "run/sanid", 0o755)?;
    dir::replace(root, "run/sanid", "identity.json", 0o644, bytes)
}

/// Records that no other host has these names.
///
/// # Errors
/// [`ActError::Failed`].
pub(crate) fn confirm_unique(
    root: &Root,
    _lock: &Lock,
    facts: &Facts,
    names: &[(Part, Vec<String>)],
    by: ConfirmedBy,
) -> Result<(), ActError> {
    let record = unique::confirmed(facts, names, by, SystemTime::now());
    write_record(root, facts.record_in_run, &record)
}

/// Writes a configuration fragment, for `sanid adopt`.
///
/// # Errors
/// [`ActError::Failed`].
pub(crate) fn write_config(
    root: &Root,
    _lock: &Lock,
    name: &str,
    text: &str,
) -> Result<(), ActError> {
    dir::make(root, "etc/sanid/config.d", 0o755)?;
    dir::replace(root, "etc/sanid/config.d", name, 0o644, text.as_bytes())
}

#[cfg(test)]
mod tests;
