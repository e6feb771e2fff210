//! The rules, applied to one part after the other.

use super::judge::{Free, Judgement};
use super::live::{self, LiveUser};
use super::model::{Consent, Kept, Plan, Reason, Refusal, Way, Write};
use super::words::{desired, on_disk};
use crate::config::{OnExisting, Placement};
use crate::facts::Facts;
use crate::facts::Mounted;
use crate::file::{FileState, IdentityFile};
use crate::part::{Part, files};
use crate::place::Form;
use crate::recognise;
use crate::resolve::Resolution;

/// A plan under way.
pub(super) struct Draft<'a> {
    pub(super) facts: &'a Facts,
    pub(super) wanted: &'a Resolution,
    pub(super) consent: Consent,
    pub(super) plan: Plan,
}

impl Draft<'_> {
    /// Decides a part that has a name.
    pub(super) fn decide(&mut self, part: Part, judgement: Judgement) {
        if !self.may_place(part) {
            return;
        }
        match judgement {
            Judgement::Same => self.refine(part),
            Judgement::Free(free) => self.write_free(part, free),
            Judgement::Foreign => self.weigh_foreign(part),
        }
        self.replace(part);
    }

    /// Whether there is a directory for the part, or one can be made.
    fn may_place(&self, part: Part) -> bool {
        self.plan.way(part) != Way::Bind(Form::Impossible)
    }

    /// The part will hold the right names: are they where they shall be?
    fn replace(&mut self, part: Part) {
        let wanted = self.values(part);
        let right = |(file, value): &(IdentityFile, String)| {
            self.plan.after.of(*file) == Some(value.as_str())
        };
        if !wanted.iter().all(right) {
            return;
        }
        let here = self.facts.places.of(part);
        match self.plan.way(part) {
            Way::File if here.mounted != Mounted::Nothing => self.plan.lifts.push(part),
            // A name that an image has already need not be mounted over, unless it is asked for.
            Way::Bind(_) if self.is_asked() || self.plan.writes_of(part).next().is_some() => {
                for (file, value) in wanted {
                    let written = self.plan.writes_of(part).any(|write| write.file == file);
                    if !written && !here.is_mounted(file) {
                        self.write(file, value, Reason::Placed);
                    }
                }
            }
            _ => {}
        }
    }

    /// Whether the placement was asked for, and does not follow from the file system.
    fn is_asked(&self) -> bool {
        self.consent.via.is_some() || self.facts.settings.placement.value != Placement::Auto
    }

    /// The names are right: are the bytes and the modes right for every reader?
    fn refine(&mut self, part: Part) {
        for (file, value) in self.values(part) {
            let FileState::Present(content) = self.facts.disk.file(file) else {
                continue;
            };
            if !file.disagreement(&content.bytes, &value).is_empty() {
                self.write(file, value, Reason::Readers);
            } else if content.mode & file.needed_mode() != file.needed_mode() {
                self.plan.modes.push(file);
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
                    scheme: recognise::scheme_of(self.facts, self.wanted, part),
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
        if let Some((file, value)) = part.kind().missing_half(self.facts) {
            self.write(file, value, Reason::Complete);
        }
    }

    /// The files of a part with what each shall hold; none for a part without a name.
    fn values(&self, part: Part) -> Vec<(IdentityFile, String)> {
        let value = |file: &IdentityFile| Some((*file, self.wanted.value(*file)?));
        files(part).iter().filter_map(value).collect()
    }

    fn users(&self, part: Part) -> Vec<LiveUser> {
        live::protected(self.facts, part, self.wanted)
    }

    fn write_part(&mut self, part: Part, reason: Reason) {
        for (file, value) in self.values(part) {
            let same = self.facts.disk.effective_text(file).as_deref() == Some(value.as_str());
            let untouched = same
                && self
                    .facts
                    .disk
                    .file(file)
                    .bytes()
                    .is_some_and(|bytes| file.disagreement(bytes, &value).is_empty());
            if !untouched {
                self.write(file, value, reason);
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

    pub(super) fn finish(mut self) -> Plan {
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
}
