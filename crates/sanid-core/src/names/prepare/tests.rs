//! Preparation against the crates that the tables come from, character by
//! character and in combination.

use std::string::String;
use std::vec::Vec;

use proptest::prelude::*;
use stringprep::tables::{case_fold_for_nfkc, commonly_mapped_to_nothing};
use unicode_normalization::UnicodeNormalization;

use super::{fault, prepare};
use crate::Rule;

/// The profile as the crates have it, without its prohibitions.
fn reference(text: &str) -> String {
    text.chars()
        .filter(|&c| !commonly_mapped_to_nothing(c))
        .flat_map(case_fold_for_nfkc)
        .nfkc()
        .collect()
}

/// The five ideographs that Corrigendum 4 gave other decompositions after
/// Unicode 3.2, to which the profile is bound.
const CORRECTED: [char; 5] = [
    '\u{2f868}',
    '\u{2f874}',
    '\u{2f91f}',
    '\u{2f95f}',
    '\u{2f9bf}',
];

fn accepted() -> impl Iterator<Item = char> {
    ('\u{80}'..=char::MAX).filter(|&c| fault(c).is_none() && !CORRECTED.contains(&c))
}

#[test]
fn every_accepted_character_is_prepared_as_the_crates_prepare_it() {
    for c in accepted() {
        let text = String::from(c);
        assert_eq!(
            prepare(&text).unwrap().as_str(),
            reference(&text),
            "U+{:04X}",
            u32::from(c)
        );
    }
}

#[test]
fn preparing_twice_changes_nothing() {
    for c in accepted() {
        let once = prepare(&String::from(c)).unwrap();
        assert_eq!(prepare(&once), Ok(once), "U+{:04X}", u32::from(c));
    }
}

#[test]
fn nothing_prohibited_comes_out() {
    for c in accepted() {
        for out in prepare(&String::from(c)).unwrap().chars() {
            let fine = if out.is_ascii() {
                out.is_ascii_lowercase() || out.is_ascii_digit() || "-.:".contains(out)
            } else {
                fault(out).is_none()
            };
            assert!(
                fine,
                "U+{:04X} becomes U+{:04X}",
                u32::from(c),
                u32::from(out)
            );
        }
    }
}

#[test]
fn ideographs_corrected_after_unicode_3_2_keep_their_first_decomposition() {
    let prepared = CORRECTED.map(|c| prepare(&String::from(c)).unwrap().chars().next());
    let first = ['\u{2136a}', '\u{5f33}', '\u{43ab}', '\u{7aae}', '\u{4d57}'];
    assert_eq!(prepared, first.map(Some));
}

#[test]
fn characters_are_refused_by_the_table_that_names_them() {
    for (c, rule) in [
        ('\u{221}', Rule::Unassigned),
        ('\u{1f600}', Rule::Unassigned),
        ('\u{85}', Rule::Control),
        ('\u{2028}', Rule::Control),
        ('\u{a0}', Rule::Blank),
        ('\u{1680}', Rule::Blank),
        ('\u{3000}', Rule::Blank),
        ('\u{e000}', Rule::Prohibited),
        ('\u{ffff}', Rule::Prohibited),
        ('\u{fffd}', Rule::Prohibited),
        ('\u{2ff0}', Rule::Prohibited),
        ('\u{200e}', Rule::Prohibited),
        ('\u{e0041}', Rule::Prohibited),
        ('\u{3002}', Rule::Prohibited),
        ('\u{ff61}', Rule::Prohibited),
        ('\u{5d0}', Rule::RightToLeft),
        ('\u{2135}', Rule::RightToLeft),
        ('\u{ff3f}', Rule::Character),
        ('\u{2100}', Rule::Character),
    ] {
        assert_eq!(fault(c), Some(rule), "U+{:04X}", u32::from(c));
    }
}

#[test]
fn a_long_run_of_marks_is_too_long_rather_than_too_much() {
    let error = prepare(&"\u{344}".repeat(111)).unwrap_err();
    assert_eq!(error.rule(), Rule::TooLong);
}

#[test]
fn hangul_composes_only_as_far_as_a_syllable_goes() {
    for text in [
        "\u{1100}\u{1161}\u{11a8}",
        "\u{ac00}\u{11a8}",
        "\u{ac01}\u{11a8}",
        "\u{ac00}\u{1161}",
        "\u{1112}\u{1175}\u{11c2}",
        "\u{1113}\u{1161}",
    ] {
        assert_eq!(prepare(text).unwrap().as_str(), reference(text), "{text:?}");
    }
}

/// Characters that interact: letters, marks of several classes, Hangul parts,
/// vowel signs that compose from the right.
fn interacting() -> impl Strategy<Value = char> {
    let all: Vec<char> = accepted().collect();
    prop_oneof![
        prop::sample::select(all),
        prop::char::range('a', 'z'),
        prop::char::range('A', 'Z'),
        prop::char::range('\u{300}', '\u{362}'),
        prop::char::range('\u{1100}', '\u{1112}'),
        prop::char::range('\u{1161}', '\u{1175}'),
        prop::char::range('\u{11a7}', '\u{11c2}'),
        prop::char::range('\u{9bc}', '\u{9d7}'),
        prop::char::range('\u{3041}', '\u{309a}'),
        prop::char::range('\u{1e00}', '\u{1ff0}'),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(if cfg!(miri) { 4 } else { 4000 }))]

    #[test]
    fn texts_are_prepared_as_the_crates_prepare_them(
        text in prop::collection::vec(interacting(), 0..12),
    ) {
        let text: String = text.into_iter()
            .filter(|&c| c.is_ascii() || fault(c).is_none())
            .collect();
        let prepared = prepare(&text).unwrap();
        prop_assert_eq!(prepared.as_str(), reference(&text));
    }
}
