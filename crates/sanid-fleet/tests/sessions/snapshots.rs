//! Several snapshots of one target: machines whose logins end each other's session are seen one at a time.

use crate::support::{Directory, NQN, shape, tgt};

/// Who is logged in at each moment: session and address.
type Moments<'m> = &'m [&'m [(u32, &'m str)]];

const A: &str = "192.0.2.11";
const B: &str = "192.0.2.12";

fn verdict(moments: Moments<'_>) -> (String, String) {
    let directory = Directory::of(&[]);
    let names: Vec<String> = (0..moments.len()).map(|at| format!("{at}.txt")).collect();
    for (name, sessions) in names.iter().zip(moments) {
        directory.write(name, tgt(sessions));
    }
    let mut words = vec!["--snapshots"];
    words.extend(names.iter().map(String::as_str));
    directory.verdict(&words)
}

#[test]
fn real_clones_that_end_each_others_session_are_found_in_six_snapshots() {
    let files: Vec<String> = (1..7)
        .map(|number| shape(&format!("live-tgt-flap-{number}.txt")))
        .collect();
    let files: Vec<&str> = files.iter().map(String::as_str).collect();
    let directory = Directory::of(&[]);
    let (found, why) = directory.verdict(&[&["--snapshots"][..], &files].concat());
    assert_eq!(found, "shared");
    assert!(why.contains("session 4 to 13 in 6 snapshots"), "{why}");
    // Without --snapshots they are different targets at one time.
    let (found, _) = directory.verdict(&files);
    assert_eq!(found, "ask");
}

#[test]
fn a_change_is_proof_only_where_nothing_else_looks_the_same() {
    let cases: &[(Moments<'_>, &str, &str)] = &[
        (&[&[(1, A)], &[(2, B)], &[(3, A)]], "shared", "take turns"),
        // The session of before is back: one of two paths was down.
        (&[&[(2, A)], &[(1, B)], &[(3, A)]], "ask", "failover"),
        // A lease, or a failover, with one login after it.
        (&[&[(1, A)], &[(1, A)], &[(2, B)]], "ask", "new lease"),
        (&[&[(1, A)], &[(2, B)]], "ask", "new lease"),
        (&[&[(1, A)], &[(2, A)], &[(3, B)]], "shared", "take turns"),
        // Something ends the session each time, and one address is seen.
        (
            &[&[(1, A)], &[(2, A)], &[(3, A)]],
            "ask",
            "a new session in every snapshot",
        ),
        (&[&[(1, A)], &[(2, A)]], "unproven", "one address seen"),
        (
            &[&[(1, A)], &[(1, A)], &[(1, A)]],
            "unproven",
            "one address seen",
        ),
        // Nobody for a moment.
        (
            &[&[(1, A)], &[], &[(2, B)], &[(3, A)]],
            "shared",
            "take turns",
        ),
        // Two paths, one of which comes and goes.
        (
            &[&[(1, A), (2, B)], &[(1, A)], &[(1, A), (3, B)]],
            "ask",
            "multipath",
        ),
    ];
    for (moments, expected, words) in cases {
        let (found, why) = verdict(moments);
        assert_eq!(found, *expected, "{moments:?}: {why}");
        assert!(why.contains(words), "{moments:?}: {why}");
    }
}

/// nvmet gives a number again as soon as it is free.
#[test]
fn numbers_of_nvme_controllers_prove_nothing() {
    let directory = Directory::of(&[]);
    let mut words = vec!["--snapshots".to_owned()];
    for (number, address) in [(1, A), (2, B), (3, A)] {
        let text = format!(
            "[{{\"hostnqn\": \"{NQN}\", \"host_traddr\": \"{address}\", \"ctrl\": {number}}}]"
        );
        directory.write(&format!("{number}.json"), text);
        words.push(format!("{number}.json"));
    }
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    assert_eq!(directory.verdict(&words).0, "ask");
}

/// What was watched before is compared with what is seen now.
#[test]
fn documents_of_sessions_are_snapshots_too() {
    let directory = Directory::of(&[
        ("1.txt", &tgt(&[(1, A)])),
        ("2.txt", &tgt(&[(2, B)])),
        ("3.txt", &tgt(&[(3, A)])),
    ]);
    let ran = directory.run(&[
        "sessions",
        "--snapshots",
        "1.txt",
        "2.txt",
        "--format",
        "json",
    ]);
    directory.write("before.json", ran.stdout);
    let (found, why) = directory.verdict(&["--snapshots", "before.json", "3.txt"]);
    assert_eq!(found, "shared", "{why}");
    assert!(why.contains("in 3 snapshots"), "{why}");
}
