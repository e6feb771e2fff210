//! The completions, as bash runs them. The packages keep those of `sanid-fleet` in a different tree.

use std::process::Command;

use testkit::Ran;

const TREES: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../dist");

/// What bash offers for the last of these words.
fn offered(words: &[&str]) -> Vec<String> {
    let (last, before) = words.split_last().unwrap();
    let script = format!(
        ". {TREES}/usr/share/bash-completion/completions/sanid
         . {TREES}/fleet/usr/share/bash-completion/completions/sanid-fleet
         compopt() {{ :; }}
         COMP_WORDS=(\"$@\") COMP_CWORD=$(($# - 1))
         by=$(complete -p sanid | sed 's/.*-F \\([^ ]*\\) .*/\\1/')
         \"$by\" sanid \"{last}\" \"{previous}\"
         printf '%s\\n' \"${{COMPREPLY[@]}}\"",
        previous = before.last().unwrap(),
    );
    let mut bash = Command::new("bash");
    bash.args(["--norc", "-c", &script, "bash"]).args(words);
    let ran = Ran::of(&mut bash).expect(0);
    assert_eq!(ran.stderr, "", "{words:?}");
    ran.stdout.lines().map(str::to_owned).collect()
}

#[test]
#[ignore = "needs bash"]
fn subcommands_that_are_other_programs_complete_their_words() {
    for (words, expected) in [
        (&["sanid", "fl"][..], "fleet"),
        (&["sanid", "fleet", "au"], "audit"),
        (&["sanid", "fleet", "claim", "take"], "takeover"),
        (&["sanid", "fleet", "audit", "--inv"], "--inventory"),
        (&["sanid", "lint", "--t"], "--tar"),
        (&["sanid", "lint", "--format", "s"], "sarif"),
        (&["sanid", "seal", "--this"], "--this-host"),
        (&["sanid", "derive", "--scheme", "ta"], "talos"),
        (
            &["sanid", "fleet", "derive", "--scheme", "nvme-s"],
            "nvme-stas",
        ),
        (&["sanid", "status", "--ro"], "--root"),
    ] {
        assert_eq!(offered(words), [expected], "{words:?}");
    }
}

#[test]
#[ignore = "needs bash"]
fn schemes_that_derive_nothing_from_an_id_are_not_offered() {
    let offered = offered(&["sanid", "derive", "--scheme", "nvme-"]);
    assert!(offered.contains(&"nvme-cli-3".to_owned()), "{offered:?}");
    assert!(!offered.contains(&"nvme-tool".to_owned()), "{offered:?}");
}
