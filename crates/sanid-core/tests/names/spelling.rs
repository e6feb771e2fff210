//! One name under several spellings, and what a text is taken for.

use sanid_core::{HostNqn, HostUuid, Iqn, IscsiFormat, IscsiName, NameKind, Nqn, NqnForm, Rule};

fn iscsi(text: &str) -> IscsiName {
    IscsiName::parse(text).unwrap_or_else(|error| panic!("{text:?}: {error}"))
}

#[test]
fn names_that_prepare_alike_match_but_are_not_equal() {
    for (left, right) in [
        ("iqn.2001-04.com.example:A", "iqn.2001-04.com.example:a"),
        ("IQN.2001-04.com.example:a", "iqn.2001-04.com.example:a"),
        ("eui.02004567A425678D", "eui.02004567a425678d"),
        // Precomposed and decomposed, capital and small.
        (
            "iqn.2001-04.com.example:é",
            "iqn.2001-04.com.example:e\u{301}",
        ),
        ("iqn.2001-04.com.example:É", "iqn.2001-04.com.example:é"),
        // Compatibility characters, sharp s, a soft hyphen, Hangul parts.
        ("iqn.2001-04.com.example:ａ１", "iqn.2001-04.com.example:a1"),
        ("iqn.2001-04.com.example:ﬁ", "iqn.2001-04.com.example:fi"),
        (
            "iqn.2001-04.com.example:straße",
            "iqn.2001-04.com.example:strasse",
        ),
        (
            "iqn.2001-04.com.example:a\u{ad}b",
            "iqn.2001-04.com.example:ab",
        ),
        (
            "iqn.2001-04.com.example:한",
            "iqn.2001-04.com.example:\u{1112}\u{1161}\u{11ab}",
        ),
        (
            "iqn.2001-04.com.example:\u{1e69}",
            "iqn.2001-04.com.example:s\u{307}\u{323}",
        ),
    ] {
        let (left, right) = (iscsi(left), iscsi(right));
        assert!(
            left.matches(&right) && right.matches(&left),
            "{left} {right}"
        );
        assert_eq!(left.normal_form(), right.normal_form());
        assert_ne!(left, right);
    }
}

#[test]
fn names_that_prepare_differently_do_not_match() {
    for (left, right) in [
        ("iqn.2001-04.com.example:a", "iqn.2001-04.com.example:b"),
        ("iqn.2001-04.com.example:a", "iqn.2001-04.com.example:ä"),
        ("iqn.2001-04.com.example:é", "iqn.2001-04.com.example:è"),
        ("iqn.2001-04.com.example", "iqn.2001-04.com.example:"),
    ] {
        assert!(!iscsi(left).matches(&iscsi(right)), "{left} {right}");
    }
}

#[test]
fn nqns_that_differ_in_case_are_different_names() {
    let small = Nqn::parse("nqn.2014-08.com.example:a").unwrap();
    let capital = Nqn::parse("nqn.2014-08.com.example:A").unwrap();
    assert_ne!(small, capital);
}

#[test]
fn the_format_of_an_iscsi_name_is_that_of_its_prepared_form() {
    assert_eq!(
        iscsi("ＩＱＮ.2001-04.com.example").format(),
        IscsiFormat::Iqn
    );
    assert_eq!(iscsi("Naa.52004567ba64678d").format(), IscsiFormat::Naa);
    assert_eq!(iscsi("Eui.02004567a425678d").format(), IscsiFormat::Eui);
    assert_eq!(iscsi("ｎａａ.52004567ba64678d").format(), IscsiFormat::Naa);
    assert!(Iqn::parse("ｎａａ.52004567ba64678d").is_err());
}

#[test]
fn the_form_of_an_nqn_is_that_of_the_standard_not_of_its_look() {
    let uuid = HostUuid::parse("652f5d50-a689-4520-b87b-fe2552ef6b8b").unwrap();
    let form = |text| Nqn::parse(text).unwrap().form();
    assert_eq!(
        form("nqn.2014-08.org.nvmexpress:uuid:652F5D50-a689-4520-b87b-fe2552ef6b8b"),
        NqnForm::Uuid(uuid),
    );
    assert_eq!(
        form("nqn.2017-11.dev.talos:uuid:652f5d50-a689-4520-b87b-fe2552ef6b8b"),
        NqnForm::Domain,
    );
    assert_eq!(
        form("nqn.2014-08.org.nvmexpress.discovery"),
        NqnForm::Discovery
    );
}

#[test]
fn a_text_is_taken_for_what_it_is_most_likely_meant_to_be() {
    for (text, kind) in [
        ("iqn.", Some(NameKind::IscsiName)),
        ("EUI.0", Some(NameKind::IscsiName)),
        ("Naa.x", Some(NameKind::IscsiName)),
        ("nQn.2014-08:x", Some(NameKind::Nqn)),
        (
            "652f5d50-a689-4520-b87b-fe2552ef6b8b",
            Some(NameKind::HostId),
        ),
        ("652F5D50A6894520B87BFE2552EF6B8B", Some(NameKind::HostId)),
        (
            "{652f5d50-a689-4520-b87b-fe2552ef6b8b}",
            Some(NameKind::HostId),
        ),
        (
            "652f5d50-a689-4520-b87b-fe2552ef6b8",
            Some(NameKind::HostId),
        ),
        ("652f5d50", None),
        ("652f5d50-a689-4520-b87b-fe2552ef6b8z", None),
        ("InitiatorName=iqn.2001-04.com.example:x", None),
        ("iqn", None),
        ("", None),
        ("äöü", None),
    ] {
        assert_eq!(NameKind::detect(text), kind, "{text:?}");
    }
}

#[test]
fn names_print_and_order_as_their_text() {
    let name = iscsi("iqn.2001-04.com.example:x");
    assert_eq!(format!("{name:>27}"), "  iqn.2001-04.com.example:x");
    assert_eq!(
        format!("{name:?}"),
        "IscsiName(\"iqn.2001-04.com.example:x\")"
    );
    assert_eq!(name.as_ref() as &str, "iqn.2001-04.com.example:x");
    assert!(name < iscsi("iqn.2001-04.com.example:y"));
    assert_eq!(
        format!("{:>4}|{}", NameKind::Nqn, NameKind::HostId),
        " NQN|Host ID"
    );
}

#[test]
fn messages_name_the_fault_the_place_and_the_source() {
    let iscsi = |text| IscsiName::parse(text).unwrap_err().to_string();
    let nqn = |text| HostNqn::parse(text).unwrap_err().to_string();
    assert_eq!(
        iscsi("iqn.2001-04.com.example:a\u{202e}b"),
        "U+202E is not allowed, at byte 25 (RFC 3722 section 5; RFC 3454 tables C.3 to C.9)",
    );
    assert_eq!(
        iscsi("iqn.2001-04.com.example:a_b"),
        "\"_\" is not allowed, at byte 25 (RFC 7143 section 4.2.7.2; RFC 3722 section 5)",
    );
    assert_eq!(
        nqn("nqn.2014-13.com.example:x"),
        "month \"13\" is not 01 to 12, at byte 9 \
         (NVMe Base Specification, \"NVMe Qualified Names\")",
    );
    assert_eq!(
        nqn(&crate::padded("nqn.2014-08.com.example:", 223)),
        "223 bytes are more than the 222 that Linux accepts in a host NQN \
         (Linux drivers/nvme/host/fabrics.c)",
    );
    assert_eq!(
        iscsi(&crate::padded("iqn.2001-04.com.example:", 224)),
        "224 bytes are more than 223 (RFC 7143 section 4.2.7.2)",
    );
    assert_eq!(Rule::Month.cites_for(NameKind::HostId), Rule::Month.cites());
}
