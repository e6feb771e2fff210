//! The rules a name can break.

use super::catalogue::catalogue;
use crate::NameKind;

/// The sections cited by rules that iSCSI names and NQNs share.
const IQN_SECTION: &str = "RFC 7143 section 4.2.7.4";
const NQN_SECTION: &str = "NVMe Base Specification, \"NVMe Qualified Names\"";

catalogue! {
    /// A rule that makes a text *not* a name, or not one that a host may have.
    ///
    /// The code is for programs, the explanation for people, the citation for
    /// reviewers. A rule holds for every program; that
    /// a *valid* name is misread by some program is a
    /// [`PortabilityIssue`](crate::PortabilityIssue).
    ///
    /// ```
    /// use sanid_core::{IscsiName, Rule};
    ///
    /// let error = IscsiName::parse("iqn.2017-13.dev.talos:abc").unwrap_err();
    /// assert_eq!(error.rule(), Rule::Month);
    /// assert_eq!(error.rule().code(), "month");
    /// ```
    pub enum Rule {
        Empty => "empty",
            "A name has at least one character.",
            "RFC 7143 section 4.2.7.1; NVMe Base Specification, \"NVMe Qualified Names\"";
        TooLong => "too-long",
            "A name has at most 223 bytes of UTF-8; an iSCSI name is measured after preparation, and as written too.",
            "RFC 7143 section 4.2.7.2; NVMe Base Specification, \"NVMe Qualified Names\"";
        Prefix => "prefix",
            "An iSCSI name begins with \"iqn.\", \"eui.\" or \"naa.\", an NQN with \"nqn.\" in lower case.",
            "RFC 7143 section 4.2.7.3; NVMe Base Specification, \"NVMe Qualified Names\"";
        NotIqn => "not-iqn",
            "Only the iqn form of an iSCSI name fits here.",
            "RFC 7143 section 4.2.7.4";
        Date => "date",
            "The prefix is followed by a date, yyyy-mm: four digits, a hyphen, two digits, and a dot before the domain.",
            "RFC 7143 section 4.2.7.4; NVMe Base Specification, \"NVMe Qualified Names\"";
        Month => "month",
            "The month of the date is 01 to 12.",
            "RFC 7143 section 4.2.7.4; NVMe Base Specification, \"NVMe Qualified Names\"";
        NoDomain => "no-domain",
            "The date is followed by the reversed domain name of the naming authority.",
            "RFC 7143 section 4.2.7.4; NVMe Base Specification, \"NVMe Qualified Names\"";
        EmptyLabel => "empty-label",
            "No label of the reversed domain name is empty: no dot is first, last or next to a second dot.",
            "RFC 1034 section 3.5";
        LabelTooLong => "label-too-long",
            "A label of the reversed domain name has at most 63 bytes.",
            "RFC 1034 section 3.5";
        LabelHyphen => "label-hyphen",
            "No label of the reversed domain name begins or ends with a hyphen.",
            "RFC 1034 section 3.5; RFC 1123 section 2.1";
        LabelCharacter => "label-character",
            "A label of the reversed domain name contains only letters, digits and hyphens.",
            "RFC 1034 section 3.5";
        Character => "character",
            "Of the ASCII characters an iSCSI name contains letters, digits, \"-\", \".\" and \":\" only.",
            "RFC 7143 section 4.2.7.2; RFC 3722 section 5";
        Blank => "blank",
            "An iSCSI name does not contain whitespace.",
            "RFC 3722 section 5; RFC 3454 table C.1";
        Control => "control",
            "A name does not contain control characters: no file, connect option or log line can carry it.",
            "RFC 3454 table C.2; kernel connect options; initiatorname.iscsi and hostnqn are lines";
        Nul => "nul",
            "An NQN does not contain a NUL: it ends the name.",
            "NVMe Base Specification, \"NVMe Qualified Names\"";
        Unassigned => "unassigned",
            "An iSCSI name does not contain code points that Unicode 3.2 leaves unassigned.",
            "RFC 3722 section 7; RFC 3454 table A.1";
        Prohibited => "prohibited",
            "An iSCSI name does not contain characters that its profile prohibits: private use, non-characters, ideographic description, tags, changes of display, the ideographic full stop.",
            "RFC 3722 section 5; RFC 3454 tables C.3 to C.9";
        RightToLeft => "right-to-left",
            "An iSCSI name does not contain right-to-left characters, since it always contains the left-to-right letters of its prefix.",
            "RFC 3722 section 6; RFC 3454 section 6";
        EuiForm => "eui-form",
            "\"eui.\" is followed by exactly 16 hexadecimal digits.",
            "RFC 7143 section 4.2.7.5";
        NaaForm => "naa-form",
            "\"naa.\" is followed by exactly 16 or 32 hexadecimal digits.",
            "RFC 7143 section 4.2.7.6; RFC 3980";
        UuidForm => "uuid-form",
            "A UUID is written as 8-4-4-4-12 hexadecimal digits joined by hyphens, 36 characters, nothing around it.",
            "RFC 9562 section 4; NVMe Base Specification, \"NVMe Qualified Names\"";
        ReservedDomain => "reserved-domain",
            "The domain org.nvmexpress is reserved for the uuid form and the discovery NQN.",
            "NVMe Base Specification, \"NVMe Qualified Names\"";
        HostDiscovery => "host-discovery",
            "The discovery NQN names a discovery subsystem, never a host.",
            "NVMe Base Specification, \"NVMe Qualified Names\"";
        HostTooLong => "host-too-long",
            "A host NQN has at most 222 bytes on Linux, which counts a terminating NUL within the 223.",
            "Linux drivers/nvme/host/fabrics.c";
        HostComma => "host-comma",
            "A host NQN does not contain a comma on Linux, which splits connect options at commas.",
            "Linux drivers/nvme/host/fabrics.c";
        UuidZero => "uuid-zero",
            "A host's UUID is not zero: that means \"no Host ID\".",
            "NVMe Base Specification, \"Host Identifier\"";
        UuidOnes => "uuid-ones",
            "A host's UUID is not all ones: firmware uses that for \"not set\".",
            "SMBIOS Reference Specification (DSP0134), \"System - UUID\"";
        UuidVendorDefault => "uuid-vendor-default",
            "A host's UUID is not a default that board vendors ship on many machines.",
            "DENYLISTED_UUIDS of this crate";
        PrefixNotPortable => "prefix-not-portable",
            "A prefix for derived names is portable, so that the names are.",
            "sanid: rules for an IQN prefix";
        PrefixEnd => "prefix-end",
            "A prefix for derived names does not end with \":\", \".\" or \"-\".",
            "sanid: rules for an IQN prefix";
        PrefixTooLong => "prefix-too-long",
            "A prefix for derived names has at most 190 bytes, which leaves room for \":\" and 32 digits.",
            "sanid: rules for an IQN prefix; RFC 7143 section 4.2.7.2";
    }
}

impl Rule {
    /// Whether storage programs and the kernel use a name that breaks this rule all the same.
    ///
    /// iscsid checks no rule, and Linux takes any host NQN of at most 222 bytes without a comma. A text
    /// without the prefix of a name is not a name to any of them. A control character does not survive in a
    /// file of lines. A UUID that many machines have is not the name of one host.
    ///
    /// ```
    /// use sanid_core::Rule;
    ///
    /// assert!(Rule::Character.is_tolerated());
    /// assert!(!Rule::HostComma.is_tolerated());
    /// ```
    pub const fn is_tolerated(self) -> bool {
        !matches!(
            self,
            Self::Empty
                | Self::TooLong
                | Self::Prefix
                | Self::Control
                | Self::Nul
                | Self::HostDiscovery
                | Self::HostTooLong
                | Self::HostComma
                | Self::UuidZero
                | Self::UuidOnes
                | Self::UuidVendorDefault
        )
    }

    /// The citation that fits one kind of name, where [`cites`](Self::cites)
    /// names the sections of several.
    ///
    /// ```
    /// use sanid_core::{NameKind, Rule};
    ///
    /// assert_eq!(Rule::Month.cites_for(NameKind::IscsiName), "RFC 7143 section 4.2.7.4");
    /// ```
    pub const fn cites_for(self, kind: NameKind) -> &'static str {
        match (self, kind) {
            (Self::Empty, NameKind::IscsiName) => "RFC 7143 section 4.2.7.1",
            (Self::Empty | Self::UuidForm, NameKind::HostId) => "RFC 9562 section 4",
            (Self::TooLong, NameKind::IscsiName) => "RFC 7143 section 4.2.7.2",
            (Self::Prefix, NameKind::IscsiName) => "RFC 7143 section 4.2.7.3",
            (Self::Date | Self::Month | Self::NoDomain, NameKind::IscsiName) => IQN_SECTION,
            (Self::Control, NameKind::IscsiName) => "RFC 3454 table C.2",
            (Self::Control, _) => "kernel connect options; hostnqn is a line",
            (
                Self::Empty
                | Self::TooLong
                | Self::Prefix
                | Self::Date
                | Self::Month
                | Self::NoDomain
                | Self::UuidForm,
                NameKind::Nqn,
            ) => NQN_SECTION,
            _ => self.cites(),
        }
    }
}
