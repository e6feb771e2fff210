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
mod pure;
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

/// The object of a target that a list is for, and how it is to be written: what the user gives.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Scope {
    /// The iSCSI target.
    pub target: Option<String>,
    /// The tag of the target's portal group; 1 where nobody said.
    pub portal_group: Option<u16>,
    /// The NVMe subsystem: its NQN, or what the product calls it by.
    pub subsystem: Option<String>,
    /// The group of initiators: its name, tag or number.
    pub group: Option<String>,
    /// The storage virtual machine of ONTAP.
    pub vserver: Option<String>,
    /// A configuration to write the list into, instead of into an empty one.
    pub base: Option<String>,
    /// iSCSI or NVMe, for formats that hold either.
    pub protocol: Option<Protocol>,
}

impl Scope {
    /// The tag of the portal group.
    fn tag(&self) -> u16 {
        self.portal_group.unwrap_or(1)
    }

    /// Refuses options that the format does not use: who gives one expects that it counts.
    ///
    /// # Errors
    /// [`TargetError::Usage`] with those that it uses.
    ///
    /// # Examples
    /// ```
    /// use sanid_fleet::targets::{Scope, format};
    ///
    /// let scope = Scope { vserver: Some("svm1".to_owned()), ..Scope::default() };
    /// assert!(scope.check(format("ontap-igroup").unwrap()).is_ok());
    /// assert!(scope.check(format("lio").unwrap()).is_err());
    /// ```
    pub fn check(&self, format: &dyn Format) -> Result<(), TargetError> {
        let given = [
            (Choice::Target, self.target.is_some()),
            (Choice::PortalGroup, self.portal_group.is_some()),
            (Choice::Subsystem, self.subsystem.is_some()),
            (Choice::Group, self.group.is_some()),
            (Choice::Vserver, self.vserver.is_some()),
            (Choice::Protocol, self.protocol.is_some()),
        ];
        let takes = format.takes();
        let unused = given
            .iter()
            .find(|(choice, given)| *given && !takes.contains(choice));
        let Some((unused, _)) = unused else {
            return Ok(());
        };
        let takes: Vec<&str> = takes.iter().map(|choice| choice.option()).collect();
        let takes = match takes.as_slice() {
            [] => "none of these options".to_owned(),
            all => all.join(" and "),
        };
        Err(TargetError::Usage(format!(
            "{} does not use {}; it uses {takes}",
            format.name(),
            unused.option()
        )))
    }
}

/// An option that says for which object of a target a list is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Choice {
    /// [`Scope::target`]
    Target,
    /// [`Scope::portal_group`]
    PortalGroup,
    /// [`Scope::subsystem`]
    Subsystem,
    /// [`Scope::group`]
    Group,
    /// [`Scope::vserver`]
    Vserver,
    /// [`Scope::protocol`]
    Protocol,
}

impl Choice {
    /// As the command line has it.
    const fn option(self) -> &'static str {
        match self {
            Self::Target => "--target",
            Self::PortalGroup => "--tpg",
            Self::Subsystem => "--subsystem",
            Self::Group => "--group",
            Self::Vserver => "--vserver",
            Self::Protocol => "--protocol",
        }
    }
}

/// A host and the one of its names that the target is told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Member<'h> {
    /// The host.
    pub host: &'h Host,
    /// The name, written as the target compares it.
    pub name: Cow<'h, str>,
}

/// What an entry of an access list stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// One initiator or host, by name.
    Name,
    /// More or less than one: a wildcard, an address, an exclusion.
    Pattern,
    /// Whoever comes.
    Anyone,
}

/// One entry of an access list as the target has it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// What it gives access to: the target with its portal group, the subsystem, the group.
    pub object: String,
    /// The name or pattern, byte for byte.
    pub name: String,
    /// What the target calls the host, where it knows.
    pub label: Option<String>,
    /// What it stands for.
    pub kind: Kind,
}

impl Entry {
    /// A name.
    fn name(object: &str, name: &str) -> Self {
        Self {
            object: object.to_owned(),
            name: name.to_owned(),
            label: None,
            kind: Kind::Name,
        }
    }

    /// Access for whoever comes.
    fn anyone(object: &str, how: &str) -> Self {
        Self {
            kind: Kind::Anyone,
            ..Self::name(object, how)
        }
    }
}

/// What a target has now.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Present {
    /// The objects that there are, with and without entries.
    pub objects: Vec<String>,
    /// The entries.
    pub entries: Vec<Entry>,
    /// Which groups each target maps, where what was read says so (SPDK's iSCSI target).
    pub maps: Vec<Map>,
    /// Files that belong to what was read, which names them only.
    pub includes: Vec<String>,
}

/// A target that gives a group of initiators access through a portal group.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Map {
    /// The target.
    pub target: String,
    /// The tag of the portal group.
    pub portal_group: u16,
    /// The object of the group, as [`Entry::object`] has it.
    pub group: String,
}

impl Present {
    fn must_have(&self, format: &'static str, object: &str) -> Result<(), TargetError> {
        if self.objects.iter().any(|known| known == object) {
            return Ok(());
        }
        Err(TargetError::NotThere {
            format,
            object: object.to_owned(),
            present: self.objects.clone(),
        })
    }

    fn object(&mut self, object: &str) {
        if !self.objects.iter().any(|known| known == object) {
            self.objects.push(object.to_owned());
        }
    }
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
