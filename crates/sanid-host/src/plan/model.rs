//! The model of a plan.

use super::judge::Free;
use super::live::LiveUser;
use crate::config::OnExisting;
use crate::facts::Facts;
use crate::file::IdentityFile;
use crate::part::{Names, Part, PerPart, files};
use crate::place::{Form, Via};
use crate::record::Record;

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
    /// How each part is placed.
    pub ways: PerPart<Way>,
    /// The parts whose mounts are taken away.
    pub lifts: Vec<Part>,
    /// Whether a cover that a killed run left is taken away.
    pub uncovers: bool,
    /// The record as it must be afterwards.
    pub record: Record,
    /// Whether its place is `/run`, since bind placement stores no identity.
    pub record_in_run: bool,
    /// Whether that differs from the present one.
    pub record_differs: bool,
    /// What is in the place of the files before the change.
    pub before: Names,
    /// What the readers have before the change, which differs where mounts are taken away.
    pub had: Names,
    /// What the readers have after it.
    pub after: Names,
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
        self.ways[part]
    }

    /// The files of a part that are to be written, in order.
    pub(crate) fn writes_of(&self, part: Part) -> impl Iterator<Item = &Write> {
        self.writes
            .iter()
            .filter(move |write| files(part).contains(&write.file))
    }

    /// Whether power lost between the files of a part would leave a mixture of two identities, which
    /// only a note made beforehand can distinguish from an identity in use.
    pub(crate) fn needs_note(&self) -> bool {
        let is_torn = |part: Part| {
            let mut files = files(part).iter();
            files.len() > 1
                && files.all(|file| self.before.of(*file).is_some())
                && self.writes_of(part).any(|write| write.before.is_some())
        };
        Part::ALL.into_iter().any(is_torn)
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
    /// It contains no identity.
    Free(Free),
    /// The administrator chose it.
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
    pub fn text(self) -> &'static str {
        match self {
            Self::Free(Free::Missing) => "was missing",
            Self::Free(Free::Empty) => "was empty",
            Self::Free(Free::Invalid) => "was not a valid name",
            Self::Free(Free::Half) => "was half a pair",
            Self::Free(Free::Interrupted) => "an interrupted change is completed",
            Self::Free(Free::EarlierSeed) => "sanid derived it from an earlier seed",
            Self::Consent => "replaced, as asked",
            Self::Readers => "same name, written so that every reader takes the same name",
            Self::Complete => "the other half of the kept pair",
            Self::Placed => "same name, placed as asked",
        }
    }
}

/// Why nothing is done: a safety rule, with what it protects.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Refusal {
    /// Rule 2: a valid identity is on disk, and there is no consent to change it.
    Existing {
        /// The part.
        part: Part,
        /// What is on disk.
        on_disk: String,
        /// What is desired.
        desired: String,
        /// The scheme that gives the names on disk, where configuring it would keep them.
        scheme: Option<&'static str>,
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

impl Refusal {
    /// The part that it is about.
    pub fn part(&self) -> Part {
        match self {
            Self::Existing { part, .. } | Self::Live { part, .. } => *part,
        }
    }
}

/// An identity that is kept although a different one is desired.
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

impl Plan {
    pub(super) fn empty(facts: &Facts) -> Self {
        let before = Names::of_files(|file| facts.disk.effective_text(file));
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
            ways: PerPart::of(|_| Way::File),
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
