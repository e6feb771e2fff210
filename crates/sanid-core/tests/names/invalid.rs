//! Invalid names: the rule each breaks, and where.

use sanid_core::NAME_MAX;

use crate::As::{HostId, HostNqn, Iqn, Iscsi, Nqn, Prefix, Uuid};
use crate::{As, padded, read};

/// What it is read as, the text, the code of the rule, the place.
#[rustfmt::skip]
pub(crate) const INVALID: &[(As, &str, &str, Option<usize>)] = &[
    // RFC 7143 4.2.7.3: a type designator, a dot, and text after it.
    (Iscsi, "", "empty", None),
    (Iscsi, "iqn", "prefix", Some(0)),
    (Iscsi, "iqn-2001-04.com.example", "prefix", Some(0)),
    (Iscsi, " iqn.2001-04.com.example", "prefix", Some(0)),
    (Iscsi, "nqn.2014-08.com.example:x", "prefix", Some(0)),
    (Iscsi, "eui-02004567a425678d", "prefix", Some(0)),
    (Iscsi, "ü", "prefix", None),
    // 4.2.7.4: yyyy-mm and a dot.
    (Iscsi, "iqn.", "date", Some(4)),
    (Iscsi, "iqn.2001", "date", Some(8)),
    (Iscsi, "iqn.2001-0", "date", Some(10)),
    (Iscsi, "iqn.2001.04.com.example", "date", Some(8)),
    (Iscsi, "iqn.20x1-04.com.example", "date", Some(6)),
    (Iscsi, "iqn.2001-4.com.example", "date", Some(10)),
    (Iscsi, "iqn.2001-041.com.example", "date", Some(11)),
    (Iscsi, "iqn.2001-04-com.example", "date", Some(11)),
    (Iscsi, "iqn.2001-00.com.example", "month", Some(9)),
    (Iscsi, "iqn.2001-99.com.example", "month", Some(9)),
    (Iscsi, "iqn.2001-13:x", "month", Some(9)),
    // 4.2.7.4: a reversed domain name.
    (Iscsi, "iqn.2001-04", "no-domain", Some(11)),
    (Iscsi, "iqn.2001-04.", "no-domain", Some(12)),
    (Iscsi, "iqn.2001-04:x", "no-domain", Some(11)),
    (Iscsi, "iqn.2001-04.:x", "no-domain", Some(12)),
    (Iscsi, "iqn.2001-04..example", "empty-label", Some(12)),
    (Iscsi, "iqn.2001-04.com..example", "empty-label", Some(16)),
    (Iscsi, "iqn.2001-04.com.example.", "empty-label", Some(24)),
    (Iscsi, "iqn.2001-04.com.example.:x", "empty-label", Some(24)),
    (Iscsi, "iqn.2001-04.-com.example:x", "label-hyphen", Some(12)),
    (Iscsi, "iqn.2001-04.com.example-:x", "label-hyphen", Some(23)),
    (Iscsi, "iqn.2001-04.com.-:x", "label-hyphen", Some(16)),
    // 4.2.7.2 and RFC 3722: the characters.
    (Iscsi, "iqn.2001-04.com.ex_ample:x", "character", Some(18)),
    (Iscsi, "iqn.2001-04.com.example:x,y", "character", Some(25)),
    (Iscsi, "iqn.2001-04.com.example:[x]", "character", Some(24)),
    (Iscsi, "iqn.2001-04.com.example:x#comment", "character", Some(25)),
    (Iscsi, "iqn.2001-04.com.tälos:a_b", "character", Some(24)),
    (Iscsi, "iqn.2001-04.com.example:a＿b", "character", Some(25)),
    (Iscsi, "iqn.2001-04.com.example:x y", "blank", Some(25)),
    (Iscsi, "iqn.2001-04.com.example:x ", "blank", Some(25)),
    (Iscsi, "iqn.2001-04.com.example:x\u{a0}y", "blank", Some(25)),
    (Iscsi, "iqn.2001-04.com.example:x\u{3000}y", "blank", Some(25)),
    (Iscsi, "iqn.2001-04.com.example:x\ty", "control", Some(25)),
    (Iscsi, "iqn.2001-04.com.example:x\r\n", "control", Some(25)),
    (Iscsi, "iqn.2001-04.com.example:x\0", "control", Some(25)),
    (Iscsi, "iqn.2001-04.com.example:x\u{7f}", "control", Some(25)),
    (Iscsi, "iqn.2001-04.com.example:x\u{85}", "control", Some(25)),
    (Iscsi, "iqn.2001-04.com.example:x\u{2028}", "control", Some(25)),
    (Iscsi, "iqn.2001-04.com.example:x\u{221}", "unassigned", Some(25)),
    (Iscsi, "iqn.2001-04.com.example:x😀", "unassigned", Some(25)),
    (Iscsi, "iqn.2001-04.com.example:x\u{e000}", "prohibited", Some(25)),
    (Iscsi, "iqn.2001-04.com.example:x\u{202e}", "prohibited", Some(25)),
    (Iscsi, "iqn.2001-04.com.example:x\u{fffd}", "prohibited", Some(25)),
    (Iscsi, "iqn.2001-04.com。example:x", "prohibited", Some(15)),
    (Iscsi, "iqn.2001-04.com.example:x｡y", "prohibited", Some(25)),
    (Iscsi, "iqn.2001-04.com.example:שלום", "right-to-left", Some(24)),
    (Iscsi, "iqn.2001-04.com.example:ℵ", "right-to-left", Some(24)),
    // A position in the prepared form is not a position in the text.
    (Iscsi, "iqn．2001－13．com．example", "month", None),
    (Iscsi, "iqn.2001-04.com.e\u{ad}.\u{ad}:x", "empty-label", None),
    // 4.2.7.5 and 4.2.7.6: fixed numbers of digits.
    (Iscsi, "eui.", "eui-form", Some(4)),
    (Iscsi, "eui.02004567a425678d0", "eui-form", Some(4)),
    (Iscsi, "eui.02004567a425678g", "eui-form", Some(4)),
    (Iscsi, "eui.0200:4567a42567:", "eui-form", Some(4)),
    (Iscsi, "eui.02004567 a425678", "blank", Some(12)),
    (Iscsi, "naa.", "naa-form", Some(4)),
    (Iscsi, "naa.52004567ba64678", "naa-form", Some(4)),
    (Iscsi, "naa.52004567ba64678d0", "naa-form", Some(4)),
    (Iscsi, "naa.62004567ba64678d0123456789abcdef0", "naa-form", Some(4)),
    (Iscsi, "naa.0x52004567ba6467", "naa-form", Some(4)),
    // Where only an iqn fits.
    (Iqn, "eui.02004567a425678d", "not-iqn", Some(0)),
    (Iqn, "naa.52004567ba64678d", "not-iqn", Some(0)),
    (Prefix, "naa.52004567ba64678d", "not-iqn", Some(0)),
    // Prefixes for derived names.
    (Prefix, "", "empty", None),
    (Prefix, "iqn.2001-04.com.example:", "prefix-end", Some(23)),
    (Prefix, "iqn.2001-04.com.example:a.", "prefix-end", Some(25)),
    (Prefix, "iqn.2001-04.com.example:a-", "prefix-end", Some(25)),
    (Prefix, "iqn.2001-04.com.example.", "empty-label", Some(24)),
    (Prefix, "iqn.2001-04.com.Example", "prefix-not-portable", None),
    (Prefix, "iqn.2001-04.com.beispiél", "prefix-not-portable", None),
    (Prefix, "iqn.2001-04.local", "prefix-not-portable", None),
    // NVMe Base Specification, "NVMe Qualified Names".
    (Nqn, "", "empty", None),
    (Nqn, "nqn", "prefix", Some(0)),
    (Nqn, "Nqn.2014-08.com.example:x", "prefix", Some(0)),
    (Nqn, "iqn.2014-08.com.example:x", "prefix", Some(0)),
    (Nqn, "nqn.", "date", Some(4)),
    (Nqn, "nqn.2014.08.com.example:x", "date", Some(8)),
    (Nqn, "nqn.14-08.com.example:x", "date", Some(6)),
    (Nqn, "nqn.2014-00.com.example:x", "month", Some(9)),
    (Nqn, "nqn.2014-08", "no-domain", Some(11)),
    (Nqn, "nqn.2014-08.:x", "no-domain", Some(12)),
    (Nqn, "nqn.2014-08.com..example:x", "empty-label", Some(16)),
    (Nqn, "nqn.2014-08.com.example-:x", "label-hyphen", Some(23)),
    (Nqn, "nqn.2014-08.com.ex_ample:x", "label-character", Some(18)),
    (Nqn, "nqn.2014-08.com.exam ple:x", "label-character", Some(20)),
    (Nqn, "nqn.2014-08.com.example/x", "label-character", Some(23)),
    (Nqn, "nqn.2014-08.com.example:x\0", "nul", Some(25)),
    (Nqn, "nqn.2014-08.com.example:x\n", "control", Some(25)),
    (Nqn, "nqn.2014-08.com.example:x\u{7f}", "control", Some(25)),
    (Nqn, "nqn.2014-08.com.example:x\u{9f}", "control", Some(25)),
    (Nqn, "nqn.2014-08.org.nvmexpress:uuid:", "uuid-form", Some(32)),
    (Nqn, "nqn.2014-08.org.nvmexpress:uuid:652f5d50-a689-4520-b87b-fe2552ef6b8g", "uuid-form", Some(67)),
    (Nqn, "nqn.2014-08.org.nvmexpress:uuid:652f5d50-a6894520-b87b-fe2552ef6b8b-", "uuid-form", Some(45)),
    (Nqn, "nqn.2014-08.org.nvmexpress:uuid:{652f5d50-a689-4520-b87b-fe2552ef6b8b}", "uuid-form", Some(32)),
    (Nqn, "nqn.2014-08.org.nvmexpress", "reserved-domain", Some(12)),
    (Nqn, "nqn.2014-08.org.nvmexpress:", "reserved-domain", Some(12)),
    (Nqn, "nqn.2015-01.org.nvmexpress:x", "reserved-domain", Some(12)),
    (Nqn, "nqn.2014-08.ORG.NVMexpress:x", "reserved-domain", Some(12)),
    (Nqn, "nqn.2014-08.org.nvmexpress.discovery:x", "reserved-domain", Some(12)),
    (Nqn, "nqn.2014-09.org.nvmexpress.discovery", "reserved-domain", Some(12)),
    // What Linux lets a host present.
    (HostNqn, "", "empty", None),
    (HostNqn, "nqn.2014-08.org.nvmexpress.discovery", "host-discovery", None),
    (HostNqn, "nqn.2014-08.com.example:a,b", "host-comma", Some(25)),
    (HostNqn, "nqn.2014-08.org.nvmexpress:uuid:00000000-0000-0000-0000-000000000000", "uuid-zero", Some(32)),
    (HostNqn, "nqn.2014-08.org.nvmexpress:uuid:00000000000000000000000000000000", "uuid-zero", Some(32)),
    (HostNqn, "nqn.2014-08.org.nvmexpress:uuid:FFFFFFFF-FFFF-FFFF-FFFF-FFFFFFFFFFFF", "uuid-ones", Some(32)),
    (HostNqn, "nqn.2014-08.org.nvmexpress:uuid:03000200-0400-0500-0006-000700080009", "uuid-vendor-default", Some(32)),
    (HostNqn, "nqn.2014-08.org.nvmexpress:uuid:652f5d50a6894520b87bfe2552ef6b8", "uuid-form", Some(40)),
    (HostNqn, "nqn.2014-08.org.nvmexpress:uuid:652f5d50a6894520b87bfe2552ef6b8g", "uuid-form", Some(40)),
    (HostNqn, "nqn.2014-08.com.example:x\n", "control", Some(25)),
    // NVMe Base Specification, "Host Identifier"; RFC 9562.
    (HostId, "", "empty", None),
    (HostId, "652f5d50-a689-4520-b87b-fe2552ef6b8b\n", "uuid-form", Some(36)),
    (HostId, " 652f5d50-a689-4520-b87b-fe2552ef6b8b", "uuid-form", Some(0)),
    (HostId, "652f5d50-a689-4520-b87b-fe2552ef6b8", "uuid-form", Some(35)),
    (HostId, "652f5d50_a689_4520_b87b_fe2552ef6b8b", "uuid-form", Some(8)),
    (HostId, "urn:uuid:652f5d50-a689-4520-b87b-fe2552ef6b8b", "uuid-form", Some(0)),
    (HostId, "652f5d50-a689-4520-b87b-fe2552ef6b8é", "uuid-form", Some(35)),
    (HostId, "00000000-0000-0000-0000-000000000000", "uuid-zero", None),
    (HostId, "FFFFFFFF-FFFF-FFFF-FFFF-FFFFFFFFFFFF", "uuid-ones", None),
    (HostId, "00020003-0004-0005-0006-000700080009", "uuid-vendor-default", None),
    (Uuid, "652f5d50", "uuid-form", Some(8)),
];

#[test]
fn an_invalid_name_gives_the_broken_rule_and_its_position() {
    for &(what, text, code, at) in INVALID {
        let error = read(what, text).unwrap_err();
        assert_eq!(
            (error.rule().code(), error.at()),
            (code, at),
            "{what:?} {text:?}: {error}"
        );
    }
}

/// Texts too long to write out, with the code of the rule they break.
pub(crate) fn long() -> Vec<(As, String, &'static str)> {
    let label = "l".repeat(64);
    vec![
        (
            Iscsi,
            padded("iqn.2001-04.com.example:", NAME_MAX + 1),
            "too-long",
        ),
        (
            Iscsi,
            padded("iqn.2001-04.com.ä:", NAME_MAX + 1),
            "too-long",
        ),
        // 222 bytes as written, 552 prepared.
        (
            Iscsi,
            format!("iqn.2001-04.com.example:{}", "㎯".repeat(66)),
            "too-long",
        ),
        // 225 bytes as written, 97 prepared.
        (
            Iscsi,
            format!("iqn.2001-04.com.example:{}", "ａ".repeat(67)),
            "too-long",
        ),
        (
            Iscsi,
            format!("iqn.2001-04.com.{label}:x"),
            "label-too-long",
        ),
        (
            Nqn,
            padded("nqn.2014-08.com.example:", NAME_MAX + 1),
            "too-long",
        ),
        (Nqn, format!("nqn.2014-08.com.{label}:x"), "label-too-long"),
        (
            HostNqn,
            padded("nqn.2014-08.com.example:", NAME_MAX),
            "host-too-long",
        ),
        (
            Prefix,
            padded("iqn.2001-04.com.example:", 191),
            "prefix-too-long",
        ),
    ]
}

#[test]
fn a_text_of_one_byte_too_many_is_refused() {
    for (what, text, code) in long() {
        let error = read(what, &text).unwrap_err();
        assert_eq!(error.rule().code(), code, "{what:?} {text:?}: {error}");
    }
}

#[test]
fn a_text_of_exactly_the_limit_is_a_name() {
    let label = "l".repeat(63);
    for (what, text) in [
        (Iscsi, padded("iqn.2001-04.com.example:", NAME_MAX)),
        (Iscsi, format!("iqn.2001-04.com.{label}:x")),
        (Nqn, padded("nqn.2014-08.com.example:", NAME_MAX)),
        (Nqn, format!("nqn.2014-08.com.{label}:x")),
        (HostNqn, padded("nqn.2014-08.com.example:", NAME_MAX - 1)),
        (Prefix, padded("iqn.2001-04.com.example:", 190)),
    ] {
        assert!(read(what, &text).is_ok(), "{what:?} {text:?}");
    }
}

#[test]
fn joining_a_prefix_with_too_much_is_refused() {
    let prefix = sanid_core::IqnPrefix::parse(&padded("iqn.2001-04.com.example:", 190)).unwrap();
    assert!(prefix.join(&"f".repeat(32)).is_ok());
    assert_eq!(
        prefix.join(&"f".repeat(33)).unwrap_err().rule().code(),
        "too-long"
    );
    assert_eq!(prefix.join("a b").unwrap_err().rule().code(), "blank");
}
