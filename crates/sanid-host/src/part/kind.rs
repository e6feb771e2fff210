//! What one part, and one of its files, differ in from the others.

use sanid_core::{Derived, NameError, Rule};

use super::{IdentityFile, Names};
use crate::act::Restart;
use crate::facts::Facts;
use crate::findings::{Code, Finding, View};
use crate::observe::Search;
use crate::observed::Observed;
use crate::own::OwnName;
use crate::parse::{Hazard, ReaderView};
use crate::plan::live::Session;
use crate::plan::{Judgement, LiveUser, Seen};
use crate::resolve::firmware::Table;
use crate::resolve::{Given, Resolution, ResolveError};

/// What is particular to a file.
pub(crate) struct FileKind {
    /// The path, relative to the root.
    pub(crate) path: &'static str,
    /// What the file holds, in the field's words.
    pub(crate) holds: &'static str,
    /// The kind of name in JSON: API.
    pub(crate) key: &'static str,
    /// The member of a JSON object that has a member for each name: API.
    pub(crate) field: &'static str,
    /// The key in the configuration that fixes its value.
    pub(crate) pin: &'static str,
    /// The parameters of the kernel command line that give its value, the first to ask first.
    pub(crate) parameters: &'static [&'static str],
    /// The mode in which sanid writes it.
    pub(crate) mode: u32,
    /// The permission bits without which a reader destroys or misses the file.
    pub(crate) needed_mode: u32,
    /// The text before the value.
    pub(crate) before: &'static str,
    /// Whether two spellings that differ in case are one name.
    pub(crate) ignores_case: bool,
    /// The files of the initramfs that its shell takes the name from, beside the copy of the file itself.
    pub(crate) sourced: Option<Sourced>,
    /// The program that reads the file at its start alone.
    pub(crate) at_start: Option<AtStart>,
    /// The value that a scheme derives for the file.
    pub(crate) value: fn(&Derived) -> String,
    /// The value that the file's own reader takes from these bytes.
    pub(crate) effective: fn(&[u8]) -> Result<&str, Hazard>,
    /// What every known reader takes from these bytes, the file's own reader first.
    pub(crate) readers: fn(&[u8]) -> Vec<ReaderView>,
    /// A name that keeps the standard, in its usual spelling.
    pub(crate) parse: fn(&str) -> Result<String, NameError>,
    /// A name as storage programs use it, in its usual spelling.
    pub(crate) in_use: fn(&str) -> Result<String, NameError>,
    /// Whether the file's own reader and the kernel go on with a name that breaks this rule.
    pub(crate) is_usable_despite: fn(Rule) -> bool,
    /// What a reader that refuses the file sends in place of the name there, with the file it makes that from.
    pub(crate) instead: fn(&crate::file::Disk, &ReaderView) -> Option<(String, IdentityFile)>,
}

/// Files of an initramfs that its shell sources, beside the file itself.
pub(crate) struct Sourced {
    /// What the initramfs leaves, relative to the root of the host.
    pub(crate) used: &'static str,
    /// What its image holds, relative to the root of the image.
    pub(crate) image: &'static str,
    /// The name that the shell takes from these bytes.
    pub(crate) shell: fn(&[u8]) -> Result<String, Hazard>,
    /// Files of settings with the name in a variable, relative to the root of the image.
    pub(crate) settings: &'static [&'static str],
    /// The name that the shell takes from those.
    pub(crate) setting: fn(&[u8]) -> Result<String, Hazard>,
}

/// A program that reads a file at its start.
pub(crate) struct AtStart {
    /// The name of its process.
    pub(crate) program: &'static str,
    /// The options by which it reads a different file.
    pub(crate) options: &'static [&'static str],
}

/// What is particular to a part.
pub(crate) trait Kind: Sync {
    /// The part in JSON: API.
    fn key(&self) -> &'static str;
    /// The part in the field's words.
    fn label(&self) -> &'static str;
    /// What precedes the source of the part where the parts have different ones.
    fn origin_label(&self) -> &'static str;
    /// Completes names of the part, found at this place, with those that follow from them.
    ///
    /// # Errors
    /// [`ResolveError`] where one is missing and does not follow.
    fn complete(&self, _names: &mut Names, _place: &str) -> Result<(), ResolveError> {
        Ok(())
    }
    /// What the tables of the firmware give, table by table.
    ///
    /// # Errors
    /// [`ResolveError`] for a table that cannot be used.
    fn firmware(&self, _facts: &Facts) -> Result<Vec<Table>, ResolveError> {
        Ok(Vec::new())
    }
    /// The names that a setting makes in place of the scheme, where one does; the seed was found at this place.
    ///
    /// # Errors
    /// [`ResolveError`] where the setting cannot make them here.
    fn by_setting(
        &self,
        _facts: &Facts,
        _derived: &Derived,
        _seed: &str,
    ) -> Result<Option<Given>, ResolveError> {
        Ok(None)
    }
    /// The units that read the part only when they start.
    fn restart(&self) -> Option<Restart> {
        None
    }
    /// Whose names are on disk; `None` where no name is desired.
    fn judge(&self, facts: &Facts, wanted: &Resolution, seen: &Seen<'_>) -> Option<Judgement>;
    /// The live users that a change of what is on disk would pull the name away from.
    fn protected(&self, facts: &Facts, wanted: &Resolution) -> Vec<LiveUser>;
    /// The kernel's sessions or controllers that use names of the part, against these names.
    fn sessions(&self, facts: &Facts, names: &Names) -> Observed<Vec<Session>>;
    /// How a live user ends: the command, and what it does.
    fn end(&self, user: &LiveUser) -> (String, &'static str);
    /// The file and value that complete kept names.
    fn missing_half(&self, _facts: &Facts) -> Option<(IdentityFile, String)> {
        None
    }
    /// Whether a file may be missing where the others have the names of a scheme.
    fn may_lack(&self, _file: IdentityFile) -> bool {
        false
    }
    /// Which live users could not be read: what they are, and why.
    fn unseen(&self, facts: &Facts) -> (&'static str, Vec<String>);
    /// Removes names that cannot be pinned without others, and says why; or what to know about those that are pinned.
    fn adopt(&self, _pins: &mut Names) -> Option<String> {
        None
    }
    /// The findings on live users.
    fn live(&self, view: &View<'_>) -> Vec<Finding>;
    /// The findings on names that do not belong together.
    fn halves(&self, _view: &View<'_>) -> Vec<Finding> {
        Vec::new()
    }
    /// The findings on what the firmware gives, beside that it is not desired or not on disk.
    fn in_firmware(&self, _view: &View<'_>) -> Vec<Finding> {
        Vec::new()
    }
    /// The findings on programs that are older than a file which they read at their start.
    fn outdated(&self, _view: &View<'_>) -> Vec<Finding> {
        Vec::new()
    }
    /// The findings on the names themselves.
    fn names(&self, view: &View<'_>) -> Vec<Finding>;
    /// The code of the finding that what is on disk is not desired.
    fn differs(&self) -> Code;
    /// Reads the names that programs take from configurations of their own.
    fn own_names(&self, _search: &mut Search<'_>) {}
    /// Why a name that a program takes from its own configuration does not work, given those before it.
    fn own_fault(&self, _view: &View<'_>, _own: &OwnName, _before: &[OwnName]) -> Option<Finding> {
        None
    }
    /// The code of the finding that a reader takes a name of its own.
    fn own_name(&self) -> Code;
    /// The scheme that made the names of the part in a derivation.
    fn derived_by(&self, derived: &Derived) -> &'static str;
}

/// The rules that storage programs do not check in a name.
pub(super) fn tolerated(rule: Rule) -> bool {
    rule.is_tolerated() || rule == Rule::Control
}
