//! What storage targets admit: lists of hosts written in their formats, read back, and compared.
//!
//! A format is data, in one file here and one line in [`FORMATS`]: what it is called, how what a target has is
//! read, what the target compares, what loading does, and how a list and a difference are written. What has to
//! change, [`plan`](Plan) decides for all of them.
//!
//! ```text
//! hosts ─► members ─► export ─► the target's format
//!              │
//! what it has ─► read ─► Present ─► Plan ─► change ─► commands, or a list with nothing lost
//! ```

mod ansible;
mod ceph_nvmeof;
mod format;
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
mod shell;
mod spdk;
mod spdk_iscsi;
mod spdk_nvmf;
mod terraform;
mod tgt;
mod tgt_lists;
mod truenas;
mod truenas_iscsi;
mod truenas_nvmet;

use std::borrow::Cow;
use std::io;

use crate::hosts::Host;

pub use format::Format;
use format::{Commands, Compares, Writer, of_subsystem, of_target};
pub(crate) use json::has_keys;
pub use plan::{Members, Misplaced, Plan, members, plan};
pub use present::{Entry, Kind, Map, Present};
pub use scope::{Choice, Scope};

/// Every format, in the order in which help lists them.
pub const FORMATS: &[&Format] = &[
    &lio::LIO,
    &lio_json::LIO_JSON,
    &nvmet::NVMET,
    &nvmet_json::NVMET_JSON,
    &spdk_nvmf::SPDK_NVMF,
    &spdk_iscsi::SPDK_ISCSI,
    &tgt::TGT,
    &tgt::TGTADM,
    &scst::SCST,
    &scst::SCSTADMIN,
    &ceph_nvmeof::CEPH_NVMEOF,
    &truenas_iscsi::TRUENAS_ISCSI,
    &truenas_nvmet::TRUENAS_NVMET,
    &ontap::IGROUP,
    &ontap::SUBSYSTEM,
    &pure::PURE,
    &powerstore::POWERSTORE,
    &terraform::TERRAFORM,
    &list::CSV,
    &list::NDJSON,
];

/// The format of this name.
///
/// # Examples
/// ```
/// use sanid_fleet::targets::{format, Protocol};
///
/// assert_eq!(format("nvmet").unwrap().protocol, Protocol::Nvme);
/// assert!(format("floppy").is_none());
/// ```
pub fn format(name: &str) -> Option<&'static Format> {
    FORMATS.iter().copied().find(|one| one.name == name)
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
fn plain_iscsi(name: &str, _host: Option<&str>) -> Result<(), String> {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-.:".contains(&byte);
    if name.bytes().all(plain) {
        Ok(())
    } else {
        Err("its name has characters beyond a-z, 0-9, '-', '.' and ':'".to_owned())
    }
}

/// For names that become a line, a word or a file name.
fn one_word(name: &str, _host: Option<&str>) -> Result<(), String> {
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
