//! The identity files: where they are, what their bytes must be, and what a host's storage
//! programs take from the bytes that are there.

use sanid_core::{Derived, NameError};

use crate::parse::{Hazard, ReaderView, initiatorname};
pub use crate::part::IdentityFile;
use crate::root::{FileContent, ReadError, escape};

impl IdentityFile {
    /// The directory, relative to the root.
    pub fn directory(self) -> &'static str {
        self.split().0
    }

    /// The name in its directory.
    pub fn name(self) -> &'static str {
        self.split().1
    }

    fn split(self) -> (&'static str, &'static str) {
        let path = self.path();
        path.rsplit_once('/').unwrap_or(("", path))
    }

    /// The path, relative to the root.
    pub fn path(self) -> &'static str {
        self.kind().path
    }

    /// The name of its content, in standard terms.
    pub fn holds(self) -> &'static str {
        self.kind().holds
    }

    /// The kind of name that the file holds, in JSON.
    pub fn key(self) -> &'static str {
        self.kind().key
    }

    /// The member of a JSON object that has a member for each name.
    pub fn field(self) -> &'static str {
        self.kind().field
    }

    /// The key of the `[pin]` table that fixes its value.
    pub fn pin_key(self) -> &'static str {
        let pin = self.kind().pin;
        pin.strip_prefix("pin.").unwrap_or(pin)
    }

    /// The credential that gives its value.
    pub(crate) fn credential(self) -> String {
        format!("sanid.{}", self.pin_key())
    }

    /// Whether a text is a name that keeps the standard.
    pub fn is_conformant(self, text: &str) -> bool {
        (self.kind().parse)(text).is_ok()
    }

    /// The mode in which sanid writes it.
    pub fn mode(self) -> u32 {
        self.kind().mode
    }

    /// The permission bits without which a reader destroys or misses the file.
    pub(crate) fn needed_mode(self) -> u32 {
        self.kind().needed_mode
    }

    /// The value that a scheme derives for this file.
    pub(crate) fn value(self, derived: &Derived) -> String {
        (self.kind().value)(derived)
    }

    /// The bytes for a value: one line, LF, nothing else, which is what every reader takes alike.
    pub fn bytes(self, value: &str) -> Vec<u8> {
        format!("{}{value}\n", self.kind().before).into_bytes()
    }

    /// The value that the file's own reader takes from these bytes: iscsid, or libnvme.
    ///
    /// # Errors
    /// [`Hazard`]: it takes none.
    pub fn effective(self, bytes: &[u8]) -> Result<&str, Hazard> {
        (self.kind().effective)(bytes)
    }

    /// A name in these bytes that the file's own reader does not take, since the key before it is missing.
    pub fn name_without_key(self, bytes: &[u8]) -> Option<&str> {
        let has_key = !self.kind().before.is_empty() && self.effective(bytes).is_err();
        initiatorname::name_without_key(bytes).filter(|_| has_key)
    }

    /// What every known reader takes from these bytes, the file's own reader first.
    pub fn readers(self, bytes: &[u8]) -> Vec<ReaderView> {
        (self.kind().readers)(bytes)
    }

    /// The name that programs of an initramfs take from these bytes at this path; `None` where they read no name of
    /// this kind there.
    pub fn in_initramfs(self, path: &str, bytes: &[u8]) -> Option<Result<String, Hazard>> {
        let kind = self.kind();
        match &kind.sourced {
            Some(one) if [kind.path, one.used, one.image].contains(&path) => {
                Some((one.shell)(bytes))
            }
            Some(one) if one.settings.contains(&path) => Some((one.setting)(bytes)),
            None if kind.path == path => Some(self.effective(bytes).map(str::to_owned)),
            _ => None,
        }
    }

    /// Whether two values of the file are one name to storage.
    pub(crate) fn is_same(self, one: &str, other: &str) -> bool {
        one == other || (self.kind().ignores_case && one.eq_ignore_ascii_case(other))
    }

    /// The programs that would take something else than `expected` from these bytes, each with what it
    /// takes. None for the bytes that sanid itself writes: where a program fails even with those, it is
    /// the name that is not portable, and writing the file again would change nothing.
    pub fn disagreement(self, bytes: &[u8], expected: &str) -> Vec<ReaderView> {
        if bytes == self.bytes(expected) {
            return Vec::new();
        }
        crate::parse::unlike(expected, self.readers(bytes))
    }
}

/// A file as it was found, before anybody asks what it means.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum FileState {
    /// There is none.
    #[default]
    Missing,
    /// It is there and was read.
    Present(FileContent),
    /// It is there and could not be read.
    Unreadable(ReadError),
}

impl FileState {
    /// The bytes, where there are any.
    pub fn bytes(&self) -> Option<&[u8]> {
        match self {
            Self::Present(content) => Some(&content.bytes),
            Self::Missing | Self::Unreadable(_) => None,
        }
    }
}

/// The result of a file's own reader.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Effective<T> {
    /// No file.
    Missing,
    /// A file from which the reader takes nothing.
    Empty,
    /// A value that breaks the standard and that storage programs use all the same, such as an
    /// initiator name with an underscore: arrays may know the host by it, so it is in use.
    Irregular {
        /// The value as a name, where it can be written as it is.
        name: Option<T>,
        /// The value, escaped for display.
        text: String,
        /// The rule it breaks.
        why: String,
    },
    /// A value that no storage program can use as a name, or that is known from many machines:
    /// not an identity.
    Invalid {
        /// The value, escaped for display.
        text: String,
        /// The rule it breaks.
        why: String,
    },
    /// The file could not be read.
    Unreadable(String),
    /// A name.
    Valid(T),
}

impl<T> Effective<T> {
    /// The name, if it keeps the standard.
    pub fn valid(&self) -> Option<&T> {
        match self {
            Self::Valid(value) => Some(value),
            _ => None,
        }
    }

    /// The name, also where it breaks the standard and storage programs use it all the same.
    pub fn name(&self) -> Option<&T> {
        match self {
            Self::Valid(name) => Some(name),
            Self::Irregular { name, .. } => name.as_ref(),
            _ => None,
        }
    }

    /// One word for reports.
    pub fn state(&self) -> &'static str {
        match self {
            Self::Missing => "missing",
            Self::Empty => "empty",
            Self::Irregular { .. } | Self::Invalid { .. } => "invalid",
            Self::Unreadable(_) => "unreadable",
            Self::Valid(_) => "valid",
        }
    }

    /// Whether an array can know the host by this.
    pub(crate) fn is_in_use(&self) -> bool {
        matches!(self, Self::Valid(_) | Self::Irregular { .. })
    }

    fn of(
        file: IdentityFile,
        state: &FileState,
        parse: impl FnOnce(&str) -> Result<T, NameError>,
        in_use: impl FnOnce(&str) -> Result<T, NameError>,
    ) -> Self {
        let bytes = match state {
            FileState::Missing => return Self::Missing,
            FileState::Unreadable(error) => return Self::Unreadable(error.to_string()),
            FileState::Present(content) => &content.bytes,
        };
        match file.effective(bytes) {
            Err(Hazard::NoValue | Hazard::Empty) => Self::Empty,
            Err(hazard) => Self::Invalid {
                text: escape(bytes),
                why: format!("its reader {hazard}"),
            },
            Ok(value) => match parse(value) {
                Ok(name) => Self::Valid(name),
                Err(error) => {
                    let (text, why) = (escape(value.as_bytes()), error.to_string());
                    if (file.kind().is_usable_despite)(error.rule()) {
                        let name = in_use(value).ok();
                        Self::Irregular { name, text, why }
                    } else {
                        Self::Invalid { text, why }
                    }
                }
            },
        }
    }
}

/// The identity files as found, and what their readers take from them.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Disk([FileState; IdentityFile::ALL.len()]);

#[allow(clippy::indexing_slicing, reason = "there is one state for each file")]
impl Disk {
    /// One of the files.
    pub fn file(&self, file: IdentityFile) -> &FileState {
        &self.0[file as usize]
    }

    pub(crate) fn file_mut(&mut self, file: IdentityFile) -> &mut FileState {
        &mut self.0[file as usize]
    }
}

impl Disk {
    /// The files in this state each.
    pub(crate) fn of(state: impl FnMut(IdentityFile) -> FileState) -> Self {
        Self(IdentityFile::ALL.map(state))
    }

    /// Why each file that could not be read could not.
    pub(crate) fn unreadable(&self) -> impl Iterator<Item = String> {
        self.0.iter().filter_map(|state| match state {
            FileState::Unreadable(error) => Some(error.to_string()),
            FileState::Missing | FileState::Present(_) => None,
        })
    }

    /// What a file's own reader has in hand, as text.
    pub fn effective(&self, file: IdentityFile) -> Effective<String> {
        self.read(file, file.kind().parse, file.kind().in_use)
    }

    /// The result of a file's own reader, as a name of this type.
    pub(crate) fn read<T>(
        &self,
        file: IdentityFile,
        parse: impl FnOnce(&str) -> Result<T, NameError>,
        in_use: impl FnOnce(&str) -> Result<T, NameError>,
    ) -> Effective<T> {
        Effective::of(file, self.file(file), parse, in_use)
    }

    /// Every name that storage may know the host by from this file: what any known reader takes and storage can
    /// use, what the file's own reader takes first.
    ///
    /// dracut and Debian's initramfs source `InitiatorName="iqn…"` as shell and log in without the quotes, which
    /// iscsid takes for a part of the name; one reader alone misses the other reader's name.
    pub fn names_in_use(&self, file: IdentityFile) -> Vec<String> {
        let mut names: Vec<String> = Vec::new();
        let Some(bytes) = self.file(file).bytes() else {
            return names;
        };
        for view in file.readers(bytes) {
            let texts = match view.value {
                Ok(text) => vec![text],
                Err(Hazard::Several(texts)) => texts,
                Err(_) => Vec::new(),
            };
            for name in texts
                .iter()
                .filter_map(|text| (file.kind().in_use)(text).ok())
            {
                if !names.contains(&name) {
                    names.push(name);
                }
            }
        }
        names
    }

    /// The names in use, with what the file's own reader takes although it cannot be written as it is.
    pub(crate) fn names_in_any_use(&self, file: IdentityFile) -> Vec<String> {
        let mut names = self.names_in_use(file);
        let is_irregular = matches!(self.effective(file), Effective::Irregular { .. });
        if let Some(text) = self.effective_text(file).filter(|_| is_irregular) {
            if !names.contains(&text) {
                names.push(text);
            }
        }
        names
    }

    /// The text that a file's reader takes, valid or not, escaped for display.
    pub fn shown(&self, file: IdentityFile) -> Option<String> {
        Some(escape(self.effective_text(file)?.as_bytes()))
    }

    /// The text that a file's reader takes, valid or not.
    pub fn effective_text(&self, file: IdentityFile) -> Option<String> {
        file.effective(self.file(file).bytes()?)
            .ok()
            .map(str::to_owned)
    }
}
