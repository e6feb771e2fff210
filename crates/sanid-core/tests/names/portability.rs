//! Valid names and the programs that stumble over them.

use sanid_core::{NAME_MAX, NameKind, check};

use crate::As::{HostId, HostNqn, Iscsi, Nqn};
use crate::{As, padded, read};

/// What it is read as, the text, the codes of its issues.
#[rustfmt::skip]
pub(crate) const VALID: &[(As, &str, &[&str])] = &[
    (Iscsi, "iqn.2016-04.com.open-iscsi:f1e2d3", &[]),
    (Iscsi, "iqn.1994-05.com.redhat:8fb5b2d3c1a", &[]),
    (Iscsi, "iqn.1996-04.de.suse:01:9a5e3b", &[]),
    (Iscsi, "iqn.2001-04.com.3par:x", &[]),
    (Iscsi, "iqn.2001-04.com.ex--ample:-.:-", &[]),
    (Iscsi, "iqn.0000-12.com.example", &[]),
    (Iscsi, "iqn.2001-04.local:host.a", &[]),
    (Iscsi, "eui.02004567a425678d", &[]),
    (Iscsi, "iqn.2001-04.com.EXAMPLE:x", &["uppercase"]),
    (Iscsi, "IQN.2001-04.com.example:x", &["uppercase"]),
    (Iscsi, "EUI.02004567a425678d", &["uppercase"]),
    (Iscsi, "iqn.2001-04.com.example:é", &["non-ascii"]),
    (Iscsi, "iqn.2001-04.com.example:soft\u{ad}hyphen", &["non-ascii"]),
    (Iscsi, "ｉｑｎ．２００１－０４．ｃｏｍ．ｘ：ｙ", &["non-ascii"]),
    (Iscsi, "iqn.2001-04.com.example:", &["empty-suffix"]),
    (Iscsi, "iqn.2001-04.local", &["single-label"]),
    (Iscsi, "iqn.2001-04.local:host", &["single-label"]),
    (Iscsi, "naa.52004567ba64678d", &["naa-format"]),
    (Iscsi, "NAA.62004567ba64678d0123456789abcdef", &["uppercase", "naa-format"]),
    (Nqn, "nqn.2014-08.com.example:x", &[]),
    (Nqn, "nqn.2014-08.com.example:nvme.host-1:_a", &[]),
    (Nqn, "nqn.2014-08.local:x", &[]),
    (Nqn, "nqn.2014-08.org.nvmexpress.members:x", &[]),
    (Nqn, "nqn.2014-08.com.example:uuid:not-one", &[]),
    (Nqn, "nqn.2014-08.com.Example:x", &["uppercase"]),
    (Nqn, "nqn.2014-08.com.example:é", &["non-ascii"]),
    (Nqn, "nqn.2014-08.com.beispiél:x", &["non-ascii"]),
    (Nqn, "nqn.2014-08.com.example:", &["empty-suffix"]),
    (Nqn, "nqn.2014-08.com.example", &["no-suffix"]),
    (Nqn, "nqn.2014-08.com.3par:x", &["label-start"]),
    (Nqn, "nqn.2014-08.4.example:x", &["label-start"]),
    (Nqn, "nqn.2014-08.org.nvmexpress.discovery", &["discovery"]),
    (Nqn, "nqn.2014-08.com.example:a,b", &["comma"]),
    (Nqn, "nqn.2014-08.com.example:a b", &["blank"]),
    (Nqn, "nqn.2014-08.com.example:a\u{2003}", &["non-ascii", "blank"]),
    (Nqn, "nqn.2014-08.com.example:a/b", &["slash"]),
    (Nqn, "nqn.2014-08.com.example:a#b", &["special-character"]),
    (Nqn, "nqn.2014-08.com.example:$(a)", &["special-character"]),
    (Nqn, "nqn.2014-08.com.example:\"a\"", &["special-character"]),
    (Nqn, "nqn.2014-08.com.example:a\\b", &["special-character"]),
    (Nqn, "nqn.2014-08.com.example:a=b", &["special-character"]),
    (Nqn, "nqn.2014-08.com.example:*", &["special-character"]),
    (Nqn, "nqn.2014-08.org.nvmexpress:uuid:FFFFFFFF-FFFF-FFFF-FFFF-FFFFFFFFFFFF", &["uppercase", "denylisted-uuid"]),
    (Nqn, "nqn.2014-08.org.nvmexpress:uuid:00020003-0004-0005-0006-000700080009", &["denylisted-uuid"]),
    (HostNqn, "nqn.2014-08.com.example:a b", &["blank"]),
    (HostNqn, "nqn.2017-11.dev.talos:uuid:33643132-3139-6337-6334-633534303461", &[]),
    (HostNqn, "nqn.2014-08.org.nvmexpress:uuid:652f5d50a6894520b87bfe2552ef6b8b", &["invalid"]),
    (HostNqn, "nqn.2014-08.org.nvmexpress:uuid:652F5D50A6894520B87BFE2552EF6B8B", &["invalid"]),
    (HostId, "652f5d50-a689-4520-b87b-fe2552ef6b8b", &[]),
    (HostId, "652f5d50-a689-4520-b87b-fe2552ef6b8B", &["uppercase"]),
];

#[test]
fn a_valid_name_lists_its_portability_issues() {
    for &(what, text, codes) in VALID {
        let portability = read(what, text).unwrap_or_else(|error| panic!("{text:?}: {error}"));
        let found: Vec<_> = portability.iter().map(|issue| issue.code()).collect();
        assert_eq!(found, codes, "{what:?} {text:?}");
        assert_eq!(portability.is_portable(), codes.is_empty());
    }
}

#[test]
fn the_byte_that_linux_refuses_is_an_issue() {
    let portability = read(Nqn, &padded("nqn.2014-08.com.example:", NAME_MAX)).unwrap();
    assert_eq!(portability.issues().len(), 1);
    assert_eq!(portability.issues()[0].code(), "host-too-long");
}

#[test]
fn issues_come_once_and_in_the_documented_order() {
    let portability = read(Nqn, "nqn.2014-08.com.3Par:, /,A#é ").unwrap();
    let issues = portability.issues();
    assert_eq!(issues.len(), 7);
    assert!(
        issues.windows(2).all(|pair| pair[0] < pair[1]),
        "{issues:?}"
    );
}

#[test]
fn an_invalid_text_has_one_issue_and_says_so() {
    for kind in [NameKind::IscsiName, NameKind::Nqn, NameKind::HostId] {
        let verdict = check(kind, "nonsense");
        assert!(!verdict.is_valid() && !verdict.is_portable());
        assert_eq!(verdict.portability.issues()[0].code(), "invalid");
        assert_eq!(verdict.portability.issues().len(), 1);
    }
    let talks = sanid_core::HostId::text_portability("nonsense");
    assert_eq!(
        talks.issues()[0].to_string(),
        talks.issues()[0].explanation()
    );
}
