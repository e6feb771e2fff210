//! What storage targets admit: lists of hosts written in their formats, read back, and compared.
//!
//! A format is one file here and one line in [`FORMATS`]. It writes a list (`export`), reads what a target
//! has now (`read`), and writes what has to change (`change`); what that is, [`plan`](Plan) decides for
//! all of them.
//!
//! ```text
//! hosts ─► members ─► export ─► the target's format
//!              │
//! what it has ─► read ─► Present ─► Plan ─► change ─► commands, or a list with nothing lost
//! ```

mod ansible;
mod ceph_nvmeof;
mod json;
mod lio;
mod lio_json;
mod list;
mod nvmet;
mod nvmet_json;
mod ontap;
mod plan;
mod powerstore;
mod present;
mod pure;
mod scope;
mod scst;
mod scst_conf;
mod scstadmin;
mod shell;
mod spdk;
mod spdk_iscsi;
mod spdk_nvmf;
mod terraform;
mod tgt;
mod tgt_lists;
mod tgtadm;
mod truenas;
mod truenas_iscsi;
mod truenas_nvmet;

use std::borrow::Cow;
use std::fmt;
use std::io::{self, Write};

use crate::hosts::Host;

pub(crate) use json::has_keys;
pub use plan::{Members, Misplaced, Plan, members, plan};
pub use present::{Entry, Kind, Map, Present};
pub use scope::{Choice, Scope};

/// Every format, in the order in which help lists them.
pub const FORMATS: &[&dyn Format] = &[
    &lio::Lio,
    &lio_json::LioJson,
    &nvmet::Nvmet,
    &nvmet_json::NvmetJson,
    &spdk_nvmf::SpdkNvmf,
    &spdk_iscsi::SpdkIscsi,
    &tgt::Tgt,
    &tgtadm::Tgtadm,
    &scst::Scst,
    &scstadmin::Scstadmin,
    &ceph_nvmeof::CephNvmeof,
    &truenas_iscsi::TruenasIscsi,
    &truenas_nvmet::TruenasNvmet,
    &ontap::Igroup,
    &ontap::Subsystem,
    &pure::Pure,
    &powerstore::PowerStore,
    &terraform::Terraform,
    &list::CSV,
    &list::NDJSON,
];

/// The format of this name.
///
/// # Examples
/// ```
/// use sanid_fleet::targets::{format, Protocol};
///
/// assert_eq!(format("nvmet").unwrap().protocol(), Protocol::Nvme);
/// assert!(format("floppy").is_none());
/// ```
pub fn format(name: &str) -> Option<&'static dyn Format> {
    FORMATS.iter().copied().find(|one| one.name() == name)
}

/// Which of a host's names a format holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Protocol {
    /// The initiator name.
    Iscsi,
    /// The host NQN.
    Nvme,
    /// Either, as the user says.
    Either,
    /// Both in one list.
    Both,
}

/// A host and the one of its names that the target is told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Member<'h> {
    /// The host.
    pub host: &'h Host,
    /// The name, written as the target compares it.
    pub name: Cow<'h, str>,
}

/// Why there is no export, no reading or no difference.
#[derive(Debug, thiserror::Error)]
pub enum TargetError {
    /// The user has not said which object.
    #[error(
        "{format} needs {option}: {what}. For example: sanid-fleet export --to {format} {option} {example} hosts.csv"
    )]
    Missing {
        /// The format.
        format: &'static str,
        /// The option.
        option: &'static str,
        /// What it stands for.
        what: &'static str,
        /// A value.
        example: &'static str,
    },
    /// The object is not in what was read.
    #[error("there is no {object} in what {format} has; it has {}", shown(.present))]
    NotThere {
        /// The format.
        format: &'static str,
        /// The object that was asked for.
        object: String,
        /// Those that there are.
        present: Vec<String>,
    },
    /// It is not the format.
    #[error("this is not what {format} writes: {why}. {expected}")]
    Read {
        /// The format.
        format: &'static str,
        /// What is wrong.
        why: String,
        /// How to get what is read.
        expected: &'static str,
    },
    /// The user has to say it otherwise.
    #[error("{0}")]
    Usage(String),
    /// What was asked for would do harm.
    #[error("{0}")]
    Refused(String),
    /// The output cannot be written.
    #[error("cannot write: {0}")]
    Write(#[from] io::Error),
}

impl TargetError {
    /// It is not the format.
    fn read(format: &'static str, expected: &'static str, why: impl Into<String>) -> Self {
        Self::Read {
            format,
            why: why.into(),
            expected,
        }
    }
}

fn shown(objects: &[String]) -> String {
    const SHOWN: usize = 8;
    if objects.is_empty() {
        return "none".to_owned();
    }
    let mut list: Vec<String> = objects
        .iter()
        .take(SHOWN)
        .map(|one| one.escape_debug().to_string())
        .collect();
    if objects.len() > SHOWN {
        list.push(format!("and {} more", objects.len() - SHOWN));
    }
    list.join(", ")
}

/// How a kind of target is told whom to admit.
pub trait Format: Sync {
    /// What `--to` and `--from` call it.
    fn name(&self) -> &'static str;

    /// What it is, in one line.
    fn about(&self) -> &'static str;

    /// What using the export does to what is there already: said loudly.
    fn loading(&self) -> &'static str;

    /// What removing an entry does to a host that is connected.
    fn removal(&self) -> &'static str;

    /// Which names it holds.
    fn protocol(&self) -> Protocol;

    /// The object that the scope names, as [`Entry::object`] has it; `None` for a format without any.
    ///
    /// # Errors
    /// [`TargetError::Missing`] where the user has to say more.
    fn object(&self, scope: &Scope) -> Result<Option<String>, TargetError>;

    /// The options that say which object, and for which names.
    fn takes(&self) -> &'static [Choice];

    /// Whether each host is an object of the target, by its name: a name of one host in the object of another is
    /// in the wrong place.
    fn is_by_host(&self) -> bool {
        false
    }

    /// Whether the export can be written into a configuration that is there ([`Scope::base`]).
    fn takes_base(&self) -> bool {
        false
    }

    /// The objects that are within the scope, of those that there are; `None` for all.
    ///
    /// # Errors
    /// [`TargetError::NotThere`] where what the scope names is not there, [`TargetError::Usage`] where it does not
    /// say enough.
    fn within(&self, scope: &Scope, present: &Present) -> Result<Option<Vec<String>>, TargetError> {
        let Some(object) = self.object(scope)? else {
            return Ok(None);
        };
        present.must_have(self.name(), &object)?;
        Ok(Some(vec![object]))
    }

    /// Why the target cannot hold this name, or this host.
    ///
    /// # Errors
    /// The reason.
    fn admissible(&self, name: &str, host: Option<&str>) -> Result<(), String> {
        let _ = (name, host);
        Ok(())
    }

    /// How a name is to be written for this target: iSCSI names in small letters, which is what all hosts
    /// of one name agree on; NQNs byte for byte.
    fn spelling<'n>(&self, name: &'n str) -> Cow<'n, str> {
        if is_nqn(name) {
            Cow::Borrowed(name)
        } else {
            small(name)
        }
    }

    /// What the target compares when a host comes: two names with one key are one name to it.
    fn key<'n>(&self, name: &'n str) -> Cow<'n, str> {
        self.spelling(name)
    }

    /// Writes the list.
    ///
    /// # Errors
    /// [`TargetError`].
    fn export(
        &self,
        members: &[Member<'_>],
        scope: &Scope,
        out: &mut dyn Write,
    ) -> Result<(), TargetError>;

    /// Reads what a target has now.
    ///
    /// # Errors
    /// [`TargetError::Read`].
    fn read(&self, text: &str) -> Result<Present, TargetError>;

    /// Writes what has to change, so that nothing else does.
    ///
    /// # Errors
    /// [`TargetError`].
    fn change(
        &self,
        plan: &Plan<'_>,
        scope: &Scope,
        out: &mut dyn Write,
    ) -> Result<(), TargetError>;
}

impl fmt::Debug for dyn Format {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(self.name())
    }
}

fn is_nqn(name: &str) -> bool {
    name.starts_with("nqn.")
}

fn small(name: &str) -> Cow<'_, str> {
    if name.bytes().any(|byte| byte.is_ascii_uppercase()) {
        Cow::Owned(name.to_ascii_lowercase())
    } else {
        Cow::Borrowed(name)
    }
}

/// An option that a format cannot do without.
fn required<'s>(
    value: Option<&'s String>,
    format: &'static str,
    option: &'static str,
    what: &'static str,
    example: &'static str,
) -> Result<&'s str, TargetError> {
    value.map(String::as_str).ok_or(TargetError::Missing {
        format,
        option,
        what,
        example,
    })
}

fn target<'s>(scope: &'s Scope, format: &'static str) -> Result<&'s str, TargetError> {
    required(
        scope.target.as_ref(),
        format,
        "--target",
        "the name of the iSCSI target",
        "iqn.2003-01.org.linux-iscsi.array:disk1",
    )
}

fn subsystem<'s>(scope: &'s Scope, format: &'static str) -> Result<&'s str, TargetError> {
    required(
        scope.subsystem.as_ref(),
        format,
        "--subsystem",
        "the NQN of the NVMe subsystem",
        "nqn.2014-08.com.example:array",
    )
}

/// For targets that hold plain iSCSI names only: what rtslib, tgtadm and scst.conf take without quoting.
fn plain_iscsi(name: &str) -> Result<(), String> {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-.:".contains(&byte);
    if name.bytes().all(plain) {
        Ok(())
    } else {
        Err("its name has characters beyond a-z, 0-9, '-', '.' and ':'".to_owned())
    }
}

/// For names that become a line, a word or a file name.
fn one_word(name: &str) -> Result<(), String> {
    let bad = |character: char| {
        character.is_control() || character.is_whitespace() || "/\"'\\`$".contains(character)
    };
    if name.contains(bad) {
        Err("its name has blanks, quotes, '/', '\\' or '$', which the target's tools do not all take".to_owned())
    } else {
        Ok(())
    }
}

/// The names of members.
fn names<'m>(members: &'m [Member<'_>]) -> Vec<&'m str> {
    members.iter().map(|member| &*member.name).collect()
}
