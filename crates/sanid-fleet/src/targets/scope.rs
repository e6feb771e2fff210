//! For which object of a target a list is.

use super::{Format, Protocol, TargetError};

/// The object of a target that a list is for, and how it is to be written: what the user gives.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Scope {
    /// The iSCSI target.
    pub target: Option<String>,
    /// The tag of the target's portal group, 1 by default.
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
    pub(super) fn tag(&self) -> u16 {
        self.portal_group.unwrap_or(1)
    }

    /// The text of an option, where it has one.
    pub(super) fn text(&self, choice: Choice) -> Option<&str> {
        let text = match choice {
            Choice::Target => &self.target,
            Choice::Subsystem => &self.subsystem,
            Choice::Group => &self.group,
            Choice::Vserver => &self.vserver,
            Choice::PortalGroup | Choice::Protocol => &None,
        };
        text.as_deref()
    }

    /// Refuses options that the format does not use: a user who gives one expects an effect.
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
    pub fn check(&self, format: &Format) -> Result<(), TargetError> {
        let given = [
            (Choice::Target, self.target.is_some()),
            (Choice::PortalGroup, self.portal_group.is_some()),
            (Choice::Subsystem, self.subsystem.is_some()),
            (Choice::Group, self.group.is_some()),
            (Choice::Vserver, self.vserver.is_some()),
            (Choice::Protocol, self.protocol.is_some()),
        ];
        let takes = format.takes;
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
            format.name,
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

    /// As a script has it.
    pub(super) fn word(self) -> &'static str {
        self.option().trim_start_matches('-')
    }
}
