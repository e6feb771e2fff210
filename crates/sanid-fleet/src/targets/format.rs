//! A format: what a target says and is told, as data.

use std::borrow::Cow;
use std::fmt;
use std::io::Write;

use super::shell::{self, Script};
use super::{Choice, Member, Plan, Present, Protocol, Scope, TargetError};
use super::{is_nqn, names, small, subsystem, target};

/// How a kind of target is told whom to admit.
pub struct Format {
    /// What `--to` and `--from` call it.
    pub name: &'static str,
    /// What it is, in one line.
    pub about: &'static str,
    /// What using the export does to what is there already: said loudly.
    pub loading: &'static str,
    /// What removing an entry does to a host that is connected.
    pub removal: &'static str,
    /// Which names it holds.
    pub protocol: Protocol,
    /// The options that say which object, and for which names.
    pub takes: &'static [Choice],
    /// Whether each host is an object of the target, by its name: a name of one host in the object of another is
    /// in the wrong place.
    pub is_by_host: bool,
    /// Whether the export can be written into a configuration that is there ([`Scope::base`]).
    pub takes_base: bool,
    pub(super) compares: Compares,
    /// Why the last name stays.
    pub(super) keeps_one: Option<&'static str>,
    pub(super) object: fn(&Scope, &'static str) -> Result<Option<String>, TargetError>,
    pub(super) within: Within,
    pub(super) admissible: fn(&str, Option<&str>) -> Result<(), String>,
    pub(super) read: fn(&str, &'static str) -> Result<Present, TargetError>,
    pub(super) writer: Writer,
}

/// What a target compares when a host comes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Compares {
    /// Letters of either size are one.
    Letters,
    Bytes,
}

type Within = fn(&Format, &Scope, &Present) -> Result<Option<Vec<String>>, TargetError>;
type Export = fn(&[Member<'_>], &Scope, &mut dyn Write) -> Result<(), TargetError>;
/// Writes what admits some names and takes others away.
type Requests = fn(&Scope, &mut dyn Write, &[&str], &[&str]) -> Result<(), TargetError>;
type Change = fn(&Plan<'_>, &Scope, &mut dyn Write) -> Result<(), TargetError>;

/// What admits some names and takes others away.
#[derive(Clone, Copy)]
pub(super) enum Commands {
    /// A script for the shell.
    Script(&'static Script),
    /// What a function writes.
    Written(Requests),
}

/// How a list and a difference are written.
pub(super) enum Writer {
    /// Both are commands: a script, or requests.
    Commands(Commands),
    /// A list is a file of the target's, and a difference is commands.
    FileOrCommands(Export, Commands),
    /// A list, and for a difference the same kind of list, with what stays.
    Lists { export: Export, change: Change },
}

impl Format {
    /// What a format has that does not say otherwise.
    pub(super) const NEW: Self = Self {
        name: "",
        about: "",
        loading: "",
        removal: "",
        protocol: Protocol::Iscsi,
        takes: &[],
        is_by_host: false,
        takes_base: false,
        compares: Compares::Letters,
        keeps_one: None,
        object: |_, _| Ok(None),
        within: named,
        admissible: |_, _| Ok(()),
        read: |_, _| Ok(Present::default()),
        writer: Writer::Commands(Commands::Written(|_, _, _, _| Ok(()))),
    };

    /// The object that the scope names; `None` for a format without any.
    ///
    /// # Errors
    /// [`TargetError::Missing`] where the user has to say more.
    pub fn object(&self, scope: &Scope) -> Result<Option<String>, TargetError> {
        (self.object)(scope, self.name)
    }

    /// The objects that are within the scope, of those that there are; `None` for all.
    ///
    /// # Errors
    /// [`TargetError::NotThere`] where what the scope names is not there, [`TargetError::Usage`] where it does not
    /// say enough.
    pub fn within(
        &self,
        scope: &Scope,
        present: &Present,
    ) -> Result<Option<Vec<String>>, TargetError> {
        (self.within)(self, scope, present)
    }

    /// Why the target cannot hold this name, or this host.
    ///
    /// # Errors
    /// The reason.
    pub fn admissible(&self, name: &str, host: Option<&str>) -> Result<(), String> {
        (self.admissible)(name, host)
    }

    /// How a name is to be written for this target: iSCSI names in small letters, which is what all hosts
    /// of one name agree on; NQNs byte for byte.
    pub fn spelling<'n>(&self, name: &'n str) -> Cow<'n, str> {
        if is_nqn(name) {
            Cow::Borrowed(name)
        } else {
            small(name)
        }
    }

    /// What the target compares when a host comes: two names with one key are one name to it.
    pub fn key<'n>(&self, name: &'n str) -> Cow<'n, str> {
        match self.compares {
            Compares::Letters => self.spelling(name),
            Compares::Bytes => Cow::Borrowed(name),
        }
    }

    /// Writes the list.
    ///
    /// # Errors
    /// [`TargetError`].
    pub fn export(
        &self,
        members: &[Member<'_>],
        scope: &Scope,
        out: &mut dyn Write,
    ) -> Result<(), TargetError> {
        match self.writer {
            Writer::Commands(commands) => self.commands(commands, scope, out, &names(members), &[]),
            Writer::FileOrCommands(export, _) | Writer::Lists { export, .. } => {
                export(members, scope, out)
            }
        }
    }

    /// Reads what a target has now, or a script that sanid-fleet has written for it.
    ///
    /// # Errors
    /// [`TargetError::Read`].
    pub fn read(&self, text: &str) -> Result<Present, TargetError> {
        if shell::is_script(text) && !matches!(self.writer, Writer::Lists { .. }) {
            return Ok(shell::read(text));
        }
        (self.read)(text, self.name)
    }

    /// Writes what has to change, so that nothing else does.
    ///
    /// # Errors
    /// [`TargetError`].
    pub fn change(
        &self,
        plan: &Plan<'_>,
        scope: &Scope,
        out: &mut dyn Write,
    ) -> Result<(), TargetError> {
        if let (Some(why), None) = (self.keeps_one, plan.result().next()) {
            return Err(TargetError::Refused(format!(
                "the list would be empty, and {why}"
            )));
        }
        match self.writer {
            Writer::Commands(commands) | Writer::FileOrCommands(_, commands) => {
                self.commands(commands, scope, out, &plan.added(), &plan.removed())
            }
            Writer::Lists { change, .. } => change(plan, scope, out),
        }
    }

    fn commands(
        &self,
        commands: Commands,
        scope: &Scope,
        out: &mut dyn Write,
        admit: &[&str],
        dismiss: &[&str],
    ) -> Result<(), TargetError> {
        let script = match commands {
            Commands::Written(write) => return write(scope, out, admit, dismiss),
            Commands::Script(script) => script,
        };
        let object = self.object(scope)?.unwrap_or_default();
        let variables = script.variables.iter();
        let variables: Vec<_> = variables
            .filter_map(|choice| Some((choice.word(), scope.text(*choice)?)))
            .collect();
        script.write(out, &object, &variables, admit, dismiss)
    }
}

impl fmt::Debug for Format {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(self.name)
    }
}

/// The target of the scope.
pub(super) fn of_target(
    scope: &Scope,
    format: &'static str,
) -> Result<Option<String>, TargetError> {
    target(scope, format).map(|name| Some(name.to_owned()))
}

/// The subsystem of the scope.
pub(super) fn of_subsystem(
    scope: &Scope,
    format: &'static str,
) -> Result<Option<String>, TargetError> {
    subsystem(scope, format).map(|nqn| Some(nqn.to_owned()))
}

/// The object of the scope, which has to be there.
fn named(
    format: &Format,
    scope: &Scope,
    present: &Present,
) -> Result<Option<Vec<String>>, TargetError> {
    let Some(object) = format.object(scope)? else {
        return Ok(None);
    };
    present.must_have(format.name, &object)?;
    Ok(Some(vec![object]))
}
