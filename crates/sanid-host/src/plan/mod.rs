//! `Facts, Resolution ─► Plan`: what to write, what to leave, and what may not be done without consent.
//!
//! The safety rules live here, as functions of what was seen: a valid name that is somebody's identity
//! is not touched without consent (rule 2), nor one that a live session uses (rule 3). Nothing here
//! writes.

mod judge;
pub mod live;

use crate::config::seed::MACHINE_ID;
use crate::config::{OnExisting, Placement};
use crate::facts::Facts;
use crate::file::{Effective, FileState, IdentityFile};
use crate::place::{self, Form, Mounted, Via};
use crate::record::{Origin, Record, RecordedIqn, RecordedPair, Values};
use crate::resolve::{DERIVED, Part, Resolution};
pub use judge::{Free, Judgement};
pub use live::LiveUser;

/// What the caller allows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Consent {
    /// What to do with a valid identity that is not the desired one.
    pub existing: OnExisting,
    /// Whether an identity may be changed that a live session uses.
    pub disrupt: bool,
    /// Whether this is the run at boot: what a live session uses is kept there instead of refused, so
    /// that the rest is put in place and the boot goes on.
    pub boot: bool,
    /// The placement that was asked for; the configured one where none was.
    pub via: Option<Via>,
}

/// What `apply` would do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Plan {
    /// The files to write, in order.
    pub writes: Vec<Write>,
    /// The files whose content is right and whose mode breaks a reader.
    pub modes: Vec<IdentityFile>,
    /// What a safety rule forbids; where there is one, nothing at all is done.
    pub refusals: Vec<Refusal>,
    /// The identities that are left as they are, by consent.
    pub kept: Vec<Kept>,
    /// The placement that was asked for.
    pub asked: Option<Via>,
    /// How the IQN is placed, and the NVMe pair.
    pub ways: [Way; 2],
    /// The parts whose mounts are taken away.
    pub lifts: Vec<Part>,
    /// Whether a cover that a killed run left is taken away.
    pub uncovers: bool,
    /// The record as it must be afterwards.
    pub record: Record,
    /// Whether its place is `/run`, since bind placement stores no identity.
    pub record_in_run: bool,
    /// Whether that is another one than is there.
    pub record_differs: bool,
    /// What is in the place of the files before the change.
    pub before: Values,
    /// What the readers have before the change, which differs where mounts are taken away.
    pub had: Values,
    /// What the readers have after it.
    pub after: Values,
}

/// How one part is placed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Way {
    /// Into files.
    File,
    /// By mounts of this form.
    Bind(Form),
}

impl Plan {
    /// How a part is placed.
    pub fn way(&self, part: Part) -> Way {
        let [iqn, nvme] = self.ways;
        match part {
            Part::Iqn => iqn,
            Part::Nvme => nvme,
        }
    }

    /// The files of a part that are to be written, in order.
    pub fn writes_of(&self, part: Part) -> impl Iterator<Item = &Write> {
        self.writes
            .iter()
            .filter(move |write| files(part).contains(&write.file))
    }

    /// Whether power lost between the two files of the pair would leave a mixture of two pairs, which
    /// only a note made beforehand can tell from somebody's identity.
    pub fn needs_note(&self) -> bool {
        let pair =
            |write: &&Write| write.file != IdentityFile::InitiatorName && write.before.is_some();
        self.writes.iter().any(|write| pair(&write))
            && self.before.host_nqn.is_some()
            && self.before.host_id.is_some()
    }

    /// Whether there is nothing to do.
    pub fn is_empty(&self) -> bool {
        self.writes.is_empty()
            && self.modes.is_empty()
            && self.lifts.is_empty()
            && !self.uncovers
            && !self.record_differs
    }
}

/// One file to write.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Write {
    /// The file.
    pub file: IdentityFile,
    /// The value it will hold.
    pub value: String,
    /// What its reader took from it before.
    pub before: Option<String>,
    /// Why no further consent is needed.
    pub reason: Reason,
}

/// Why a file is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reason {
    /// It holds nobody's identity.
    Free(Free),
    /// The administrator said so.
    Consent,
    /// Its reader has the right value, another program would take something else.
    Readers,
    /// The kept other half of the pair was without this one.
    Complete,
    /// The name is right, and is to be in another place.
    Placed,
}

impl Reason {
    /// The reason in words, to follow the file's name.
    pub fn words(self) -> &'static str {
        match self {
            Self::Free(Free::Missing) => "was missing",
            Self::Free(Free::Empty) => "was empty",
            Self::Free(Free::Invalid) => "was no valid name",
            Self::Free(Free::Half) => "was half a pair",
            Self::Free(Free::Interrupted) => "an interrupted change is completed",
            Self::Free(Free::EarlierSeed) => "sanid derived it from an earlier seed",
            Self::Consent => "replaced, as asked",
            Self::Readers => "same name, in bytes that every reader takes alike",
            Self::Complete => "the other half of the kept pair",
            Self::Placed => "same name, placed as asked",
        }
    }
}

/// Why nothing is done: a safety rule, with what it protects.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Refusal {
    /// Rule 2: a valid identity is on disk, and nobody agreed to change it.
    Existing {
        /// The part.
        part: Part,
        /// What is on disk.
        on_disk: String,
        /// What is desired.
        desired: String,
    },
    /// Rule 3: live sessions use another identity than the one to be written.
    Live {
        /// The part.
        part: Part,
        /// What is to be written.
        desired: String,
        /// The sessions.
        users: Vec<LiveUser>,
    },
}

/// An identity that stays although another one is desired.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Kept {
    /// The part.
    pub part: Part,
    /// What is on disk and stays.
    pub on_disk: String,
    /// What was desired.
    pub desired: String,
    /// The live sessions that forbid the change, where they are the reason.
    pub users: Vec<LiveUser>,
}

/// Why a file cannot even be judged.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct CannotJudge(pub String);

/// Decides what to do.
///
/// # Errors
/// [`CannotJudge`] when one of the files is there and cannot be read: what is not known is not replaced;
/// and when there is no place where the identity could be put.
pub fn plan(facts: &Facts, wanted: &Resolution, consent: Consent) -> Result<Plan, CannotJudge> {
    for file in IdentityFile::ALL {
        if let FileState::Unreadable(error) = facts.disk.file(file) {
            return Err(CannotJudge(error.to_string()));
        }
    }
    let mut draft = Draft {
        facts,
        wanted,
        consent,
        plan: Plan::empty(facts),
    };
    draft.plan.asked = consent.via;
    draft.plan.ways = ways(facts, consent)?;
    if draft.may_place(Part::Iqn) {
        draft.part(Part::Iqn, judge::iqn(facts, wanted));
        draft.replace(Part::Iqn);
    }
    if draft.may_place(Part::Nvme) {
        draft.part(Part::Nvme, judge::nvme(facts, wanted));
        draft.replace(Part::Nvme);
    }
    if !draft.plan.refusals.is_empty() {
        draft.plan.writes.clear();
        draft.plan.lifts.clear();
    }
    Ok(draft.finish())
}

fn ways(facts: &Facts, consent: Consent) -> Result<[Way; 2], CannotJudge> {
    let way = |part| {
        let here = facts.places.of(part);
        let setting = facts.settings.placement.value;
        match place::decide(here, consent.via, setting, &facts.root).map_err(CannotJudge)? {
            Via::File => Ok(Way::File),
            Via::Bind => Ok(Way::Bind(place::form(part, here, &facts.disk))),
        }
    };
    let ways = [way(Part::Iqn)?, way(Part::Nvme)?];
    if ways == [Way::Bind(Form::Impossible); 2] {
        return Err(CannotJudge(place::NO_DIRECTORY.into()));
    }
    Ok(ways)
}

struct Draft<'a> {
    facts: &'a Facts,
    wanted: &'a Resolution,
    consent: Consent,
    plan: Plan,
}

impl Draft<'_> {
    fn part(&mut self, part: Part, judgement: Judgement) {
        match judgement {
            Judgement::Same => self.refine(part),
            Judgement::Free(free) => self.write_free(part, free),
            Judgement::Foreign => self.weigh_foreign(part),
        }
    }

    /// Whether there is a directory for the part, or one can be made.
    fn may_place(&self, part: Part) -> bool {
        self.plan.way(part) != Way::Bind(Form::Impossible)
    }

    /// The part will hold the right names: are they where they shall be?
    fn replace(&mut self, part: Part) {
        let identity = self.wanted.identity();
        let right =
            |file: &IdentityFile| self.plan.after.of(*file) == Some(file.value(&identity).as_str());
        if !files(part).iter().all(right) {
            return;
        }
        let here = self.facts.places.of(part);
        match self.plan.way(part) {
            Way::File if here.mounted != Mounted::Nothing => self.plan.lifts.push(part),
            // What an image holds already need not be mounted over, unless somebody asks for it.
            Way::Bind(_) if self.is_asked() || self.plan.writes_of(part).next().is_some() => {
                for file in files(part) {
                    let written = self.plan.writes_of(part).any(|write| write.file == *file);
                    if !written && !here.is_mounted(*file) {
                        self.write(*file, file.value(&identity), Reason::Placed);
                    }
                }
            }
            _ => {}
        }
    }

    /// Whether the placement is somebody's wish, and not what the file system allows.
    fn is_asked(&self) -> bool {
        self.consent.via.is_some() || self.facts.settings.placement.value != Placement::Auto
    }

    /// The names are right: are the bytes and the modes right for every reader?
    fn refine(&mut self, part: Part) {
        let identity = self.wanted.identity();
        for file in files(part) {
            let FileState::Present(content) = self.facts.disk.file(*file) else {
                continue;
            };
            let value = file.value(&identity);
            if !file.disagreement(&content.bytes, &value).is_empty() {
                self.write(*file, value, Reason::Readers);
            } else if content.mode & file.needed_mode() != file.needed_mode() {
                self.plan.modes.push(*file);
            }
        }
    }

    fn write_free(&mut self, part: Part, free: Free) {
        let users = self.users(part);
        // At boot, and with `keep`, a file that was missing cannot be where a live session has its name
        // from: the initramfs or the firmware gave it, and will again.
        let guarded = match free {
            Free::Missing | Free::Empty => !self.keeps_live(),
            Free::Invalid | Free::Half | Free::EarlierSeed => true,
            // Half a change is worse for a live session than the whole one, which was agreed to.
            Free::Interrupted => false,
        };
        if guarded && !users.is_empty() && !self.consent.disrupt {
            return self.leave_live(part, users);
        }
        self.write_part(part, Reason::Free(free));
    }

    fn weigh_foreign(&mut self, part: Part) {
        match self.consent.existing {
            OnExisting::Refuse => {
                let refusal = Refusal::Existing {
                    part,
                    on_disk: on_disk(self.facts, part),
                    desired: desired(self.wanted, part),
                };
                self.plan.refusals.push(refusal);
            }
            OnExisting::Keep => {
                self.keep(part, Vec::new());
                self.complete_kept_pair(part);
            }
            OnExisting::Replace => {
                let users = self.users(part);
                if users.is_empty() || self.consent.disrupt {
                    self.write_part(part, Reason::Consent);
                } else {
                    self.leave_live(part, users);
                    self.complete_kept_pair(part);
                }
            }
        }
    }

    /// Whether what a live session uses is kept, and not refused.
    fn keeps_live(&self) -> bool {
        self.consent.boot || self.consent.existing == OnExisting::Keep
    }

    fn leave_live(&mut self, part: Part, users: Vec<LiveUser>) {
        if self.keeps_live() {
            self.keep(part, users);
        } else {
            self.plan.refusals.push(Refusal::Live {
                part,
                desired: desired(self.wanted, part),
                users,
            });
        }
    }

    fn keep(&mut self, part: Part, users: Vec<LiveUser>) {
        self.plan.kept.push(Kept {
            part,
            on_disk: on_disk(self.facts, part),
            desired: desired(self.wanted, part),
            users,
        });
    }

    /// A kept host NQN without a Host ID gets the one that follows from it, and the reverse: without
    /// it nvme-cli makes one up, and the kernel refuses the next connect. Where a live controller has
    /// another partner for the kept half, nothing is added.
    fn complete_kept_pair(&mut self, part: Part) {
        if part == Part::Nvme {
            if let Some((file, value)) = judge::missing_half(self.facts) {
                self.write(file, value, Reason::Complete);
            }
        }
    }

    fn users(&self, part: Part) -> Vec<LiveUser> {
        live::protected(
            &self.facts.live,
            part,
            &self.plan.before,
            &self.wanted.identity(),
        )
    }

    fn write_part(&mut self, part: Part, reason: Reason) {
        let identity = self.wanted.identity();
        for file in files(part) {
            let value = file.value(&identity);
            let same = self.facts.disk.effective_text(*file).as_deref() == Some(value.as_str());
            let untouched = same
                && self
                    .facts
                    .disk
                    .file(*file)
                    .bytes()
                    .is_some_and(|bytes| file.disagreement(bytes, &value).is_empty());
            if !untouched {
                self.write(*file, value, reason);
            }
        }
    }

    fn write(&mut self, file: IdentityFile, value: String, reason: Reason) {
        let before = self.facts.disk.effective_text(file);
        self.plan.after.set(file, Some(value.clone()));
        self.plan.writes.push(Write {
            file,
            value,
            before,
            reason,
        });
    }

    fn finish(mut self) -> Plan {
        if self.plan.refusals.is_empty() {
            self.plan.record = self.record();
            self.plan.record_in_run = self.plan.ways.iter().any(|way| *way != Way::File);
            self.plan.record_differs = self.facts.record.record() != Some(&self.plan.record)
                || self.facts.record_in_run != self.plan.record_in_run;
            self.plan.uncovers = self.facts.places.is_covered();
        } else {
            self.plan.modes.clear();
            self.plan.after = self.plan.before.clone();
        }
        self.plan
    }

    /// What the record must say after the plan: for each part that holds the desired value, its origin.
    fn record(&self) -> Record {
        let identity = self.wanted.identity();
        let old = self.facts.record.record();
        let mut record = Record::new();
        let iqn = identity.iqn.to_string();
        if self.plan.after.iqn.as_deref() == Some(&iqn) {
            let origin = self.origin(self.wanted.iqn.source);
            record.iqn = Some(RecordedIqn { iqn, origin });
        } else {
            record.iqn = old.and_then(|old| old.iqn.clone());
        }
        let (host_nqn, host_id) = (
            identity.nvme.host_nqn.to_string(),
            identity.nvme.host_id.to_string(),
        );
        if self.plan.after.host_nqn.as_deref() == Some(&host_nqn)
            && self.plan.after.host_id.as_deref() == Some(&host_id)
        {
            let origin = self.origin(self.wanted.nvme.source);
            record.nvme = Some(RecordedPair {
                host_nqn,
                host_id,
                origin,
            });
        } else {
            record.nvme = old.and_then(|old| old.nvme.clone());
        }
        record
    }

    fn origin(&self, source: &str) -> Origin {
        let derived = source == DERIVED;
        Origin {
            source: source.to_owned(),
            scheme: derived.then(|| self.wanted.scheme.to_owned()),
            seed: self
                .wanted
                .seed
                .as_ref()
                .filter(|_| derived)
                .map(ToString::to_string),
            seed_name: self
                .wanted
                .seed_name
                .filter(|name| derived && *name != MACHINE_ID)
                .map(str::to_owned),
        }
    }
}

impl Plan {
    fn empty(facts: &Facts) -> Self {
        let before = Values {
            iqn: facts.disk.effective_text(IdentityFile::InitiatorName),
            host_nqn: facts.disk.effective_text(IdentityFile::HostNqn),
            host_id: facts.disk.effective_text(IdentityFile::HostId),
        };
        let mut had = before.clone();
        for file in IdentityFile::ALL {
            if let Some(value) = facts.lifted.effective_text(file) {
                had.set(file, Some(value));
            }
        }
        Self {
            writes: Vec::new(),
            modes: Vec::new(),
            refusals: Vec::new(),
            kept: Vec::new(),
            asked: None,
            ways: [Way::File; 2],
            lifts: Vec::new(),
            uncovers: false,
            record_in_run: false,
            record: Record::new(),
            record_differs: false,
            after: before.clone(),
            before,
            had,
        }
    }
}

/// The files of a part.
pub fn files(part: Part) -> &'static [IdentityFile] {
    match part {
        Part::Iqn => &[IdentityFile::InitiatorName],
        Part::Nvme => &[IdentityFile::HostNqn, IdentityFile::HostId],
    }
}

/// What is on disk of a part, in one line.
pub fn on_disk(facts: &Facts, part: Part) -> String {
    fn text<T: ToString>(effective: &Effective<T>) -> String {
        match effective {
            Effective::Valid(value) => value.to_string(),
            Effective::Irregular { text, .. } => text.clone(),
            other => format!("({})", other.state()),
        }
    }
    match part {
        Part::Iqn => text(&facts.disk.iqn()),
        Part::Nvme => format!(
            "{} {}",
            text(&facts.disk.host_nqn()),
            text(&facts.disk.host_id())
        ),
    }
}

/// What is desired of a part, in one line.
pub fn desired(wanted: &Resolution, part: Part) -> String {
    match part {
        Part::Iqn => wanted.iqn.value.to_string(),
        Part::Nvme => format!(
            "{} {}",
            wanted.nvme.value.host_nqn, wanted.nvme.value.host_id
        ),
    }
}

#[cfg(test)]
mod tests;
