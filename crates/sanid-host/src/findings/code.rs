//! The codes of findings: API. docs/findings.md describes each; a test keeps the two together.

/// How bad a finding is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Severity {
    /// Worth knowing, and nothing to do about it unless it is unexpected.
    Info,
    /// Something differs or will surprise; no data is at risk yet.
    Warning,
    /// Access or data is at risk.
    Danger,
}

impl Severity {
    /// The severity in reports: API.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Info => "info",
            Self::Warning => "warning",
            Self::Danger => "danger",
        }
    }
}

macro_rules! codes {
    ($($(#[$doc:meta])* $variant:ident = $text:literal, $severity:ident;)*) => {
        /// What kind of finding it is. Codes are API: they are added, never changed or reused.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[non_exhaustive]
        pub enum Code {
            $($(#[$doc])* $variant,)*
        }

        impl Code {
            /// Every code.
            pub const ALL: &'static [Self] = &[$(Self::$variant),*];

            /// The code in reports: API.
            pub fn as_str(self) -> &'static str {
                match self {
                    $(Self::$variant => $text,)*
                }
            }

            /// How bad it is.
            pub fn severity(self) -> Severity {
                match self {
                    $(Self::$variant => Severity::$severity,)*
                }
            }
        }
    };
}

codes! {
    /// No source fixes the identity, and there is no usable seed.
    NoSeed = "no-seed", Danger;
    /// A source gives something that cannot be used.
    SourceInvalid = "source-invalid", Danger;
    /// A source that a higher one outranks gives something that cannot be used.
    SourceFault = "source-fault", Warning;
    /// The configuration has a table or a pin that this version does not know.
    ConfigUnknown = "config-unknown", Danger;
    /// Credentials could not be looked for.
    CredentialsUnseen = "credentials-unseen", Info;
    /// The configured scheme publishes the machine-id.
    SeedPublished = "seed-published", Warning;
    /// The configured template gives the same initiator name to more than one host.
    TemplateNotUnique = "template-not-unique", Danger;
    /// An identity file is missing.
    FileMissing = "file-missing", Warning;
    /// An identity file holds nothing that its reader takes.
    FileEmpty = "file-empty", Warning;
    /// An identity file holds something that is no name.
    FileInvalid = "file-invalid", Danger;
    /// An identity file is there and cannot be read.
    FileUnreadable = "file-unreadable", Danger;
    /// Programs take different names from one file.
    ReadersDisagree = "readers-disagree", Warning;
    /// An identity file's mode keeps a reader out.
    FileMode = "file-mode", Danger;
    /// A file with another identity lies beneath sanid's mount.
    CoveredFile = "covered-file", Warning;
    /// sanid's own change was interrupted.
    ChangeInterrupted = "change-interrupted", Danger;
    /// The ownership record cannot be read.
    RecordInvalid = "record-invalid", Warning;
    /// What is on disk was derived from a seed that this host no longer has.
    EarlierSeed = "earlier-seed", Danger;
    /// Most of the hardware is not the recorded one.
    CloneSuspected = "clone-suspected", Danger;
    /// A part of the hardware is not the recorded one.
    HardwareChanged = "hardware-changed", Info;
    /// The initiator name on disk is not the desired one.
    IqnDiffers = "iqn-differs", Warning;
    /// The NVMe pair on disk is not the desired one.
    NvmeDiffers = "nvme-differs", Warning;
    /// The Host ID is not the UUID of the host NQN.
    PairMismatch = "pair-mismatch", Warning;
    /// One file of the NVMe pair has a name, the other has none.
    PairHalf = "pair-half", Danger;
    /// A name in use breaks the standard.
    NameNotConformant = "name-not-conformant", Warning;
    /// A name in use is valid, and some consumer or target refuses or misreads it.
    NameNotPortable = "name-not-portable", Warning;
    /// A live iSCSI session uses another initiator name than the file has.
    LiveIqnDiffers = "live-iqn-differs", Warning;
    /// A live NVMe controller uses another pair than the files have.
    LiveNvmeDiffers = "live-nvme-differs", Warning;
    /// A live session or controller could not be read.
    LiveUnseen = "live-unseen", Warning;
    /// Live controllers join one half of a pair to two partners.
    LivePairConflict = "live-pair-conflict", Danger;
    /// The firmware booted with another name than the host has or shall have.
    FirmwareDiffers = "firmware-differs", Warning;
    /// The firmware's Host ID is the UUID of its host NQN in another byte order.
    FirmwareByteOrder = "firmware-byte-order", Warning;
    /// A firmware table has a later revision than sanid knows, and is read as far as it is known.
    FirmwareNewer = "firmware-newer", Info;
    /// The initramfs used another name than the host has or shall have.
    InitramfsDiffers = "initramfs-differs", Warning;
    /// The image of the initramfs holds a name that the host does not have.
    InitramfsStale = "initramfs-stale", Warning;
    /// Others than root may write an identity file.
    FileWritable = "file-writable", Danger;
    /// An identity file has another SELinux type than its directory.
    FileLabel = "file-label", Warning;
    /// A file outside of /etc has another identity.
    FileElsewhere = "file-elsewhere", Warning;
    /// Something writes an identity file at every boot.
    OtherWriter = "other-writer", Warning;
    /// Something makes a name up where a file has none, and it has none.
    WriterWaiting = "writer-waiting", Warning;
    /// A container has an identity of its own.
    NamespaceDiffers = "namespace-differs", Warning;
    /// A container could not be looked into.
    NamespaceUnseen = "namespace-unseen", Info;
    /// A program takes an NVMe pair of its own from its configuration.
    ReaderOwnName = "reader-own-name", Warning;
    /// A record of open-iscsi has an initiator name of its own.
    IfaceOwnName = "iface-own-name", Warning;
    /// A program's own pair shares one half with a different pair of this host.
    ReaderPairConflict = "reader-pair-conflict", Danger;
    /// nvme-cli 3.1 refuses a persona, and with it its whole configuration.
    PersonaRefused = "persona-refused", Danger;
    /// The initiator name was written after iscsid read it.
    IscsidOutdated = "iscsid-outdated", Warning;
    /// A name was pinned or kept, and whether a different host has it was not confirmed.
    UniqueUnconfirmed = "unique-unconfirmed", Info;
    /// A check could not see all that it needs.
    CheckIncomplete = "check-incomplete", Info;
}
