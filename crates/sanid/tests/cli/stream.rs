//! `sanid derive` as a stream: any number of lines, each answered when it has come.

use std::fmt::Write as _;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::process::{Child, Command, Stdio};

const IDS: [&str; 2] = [
    "3d1219c7c4c5404aaa1f6d2a48adfda4",
    "00112233445566778899aabbccddeeff",
];

fn derive(arguments: &[&str]) -> Child {
    Command::new(env!("CARGO_BIN_EXE_sanid"))
        .arg("derive")
        .args(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap()
}

/// Standard output and error of `sanid derive` for this input.
fn answers(arguments: &[&str], input: &str) -> [String; 2] {
    let mut child = derive(arguments);
    let mut stdin = child.stdin.take().unwrap();
    std::thread::scope(|scope| {
        scope.spawn(move || stdin.write_all(input.as_bytes()).unwrap());
        let stderr = scope.spawn({
            let mut stderr = child.stderr.take().unwrap();
            move || {
                let mut text = String::new();
                stderr.read_to_string(&mut text).unwrap();
                text
            }
        });
        let mut stdout = String::new();
        child
            .stdout
            .take()
            .unwrap()
            .read_to_string(&mut stdout)
            .unwrap();
        child.wait().unwrap();
        [stdout, stderr.join().unwrap()]
    })
}

#[test]
fn a_line_is_answered_before_the_next_one_is_asked_for() {
    for (format, heading) in [("text", 0), ("ndjson", 0), ("csv", 1)] {
        let mut child = derive(&["--format", format]);
        let mut stdin = child.stdin.take().unwrap();
        let mut stdout = BufReader::new(child.stdout.take().unwrap()).lines();
        for _ in 0..heading {
            stdout.next().unwrap().unwrap();
        }
        for id in IDS {
            writeln!(stdin, "{id}").unwrap();
            let line = stdout.next().unwrap().unwrap();
            assert!(line.contains("nqn.2014-08.org.nvmexpress:uuid:"), "{line}");
        }
        drop(stdin);
        assert!(stdout.next().is_none());
        assert!(child.wait().unwrap().success());
    }
}

/// Lines that are nothing but a machine-id are read thousands at a time, all others one by one.
#[test]
fn lines_of_every_kind_mix_in_any_order() {
    let mut input = String::new();
    let mut state = 1u64;
    for number in 0..20_000u32 {
        state = state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1);
        let id = format!("{:032x}", u128::from(state) << 64 | u128::from(number));
        // Mostly the usual kind, in runs of every length.
        match (state >> 33) % 40 {
            0 => writeln!(input, "{}", id.to_uppercase()),
            1 => writeln!(input, "  {id}\t"),
            2 => write!(input, "{id}\r\n"),
            3 => writeln!(input, "ffffffffffffffffffffffffffffffff"),
            4 => writeln!(input),
            5 => writeln!(input, "0x{}", &id[2..]),
            6 => writeln!(input, "{}", "7".repeat(3000)),
            _ => writeln!(input, "{id}"),
        }
        .unwrap();
    }
    input.push_str(IDS[0]);

    let [text, text_errors] = answers(&[], &input);
    let [csv, csv_errors] = answers(&["--format", "csv"], &input);
    let expected: String = csv
        .lines()
        .skip(1)
        .map(|line| {
            let (_, names) = line.split_once(',').unwrap();
            names.replace(',', "  ") + "\n"
        })
        .collect();
    assert_eq!(text.lines().count(), expected.lines().count());
    assert!(text == expected, "the texts differ");
    assert_eq!(text_errors, csv_errors, "and so do the lines complained of");
    let first_usual = input.lines().find(|line| line.len() == 32).unwrap();
    assert!(text.contains(answers(&[], first_usual)[0].trim_end()));
}

/// A reader such as `head` closes the pipe when it has seen enough: that is not an error of the command.
#[test]
fn a_closed_pipe_is_not_an_error() {
    for words in [
        &["--help"][..],
        &["completions", "bash"],
        &["check", "iqn.2024-01.com.example:x"],
        &["check", "--format", "json", "iqn.2024-01.com.example:x"],
    ] {
        let (reader, writer) = std::os::unix::net::UnixStream::pair().unwrap();
        drop(reader);
        let ran = Command::new(env!("CARGO_BIN_EXE_sanid"))
            .args(words)
            .stdout(Stdio::from(std::os::fd::OwnedFd::from(writer)))
            .output()
            .unwrap();
        assert_eq!(ran.status.code(), Some(0), "{words:?}: {ran:?}");
        assert!(ran.stderr.is_empty(), "{words:?}: {ran:?}");
    }
}
