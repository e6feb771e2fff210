//! The files that are generated from the definitions of `sanid`, compared with the committed ones.
//! `SNAPSHOTS=overwrite cargo test -p sanid --test generated` rewrites them.

use std::io;

use testkit::generated::{Companion, Files};

#[test]
fn man_pages_follow_the_command_line() -> io::Result<()> {
    let mut files = Files::of("sanid");
    files.add_man_pages("dist/usr", sanid::command())?;
    files.assert_committed()
}

#[test]
fn completions_follow_the_command_line() -> io::Result<()> {
    let mut files = Files::of("sanid");
    let companion = |subcommand, program, is_subcommand| Companion {
        subcommand,
        program,
        is_subcommand,
    };
    let companions = [
        companion("lint", "sanid-image", true),
        companion("seal", "sanid-image", true),
        companion("fleet", "sanid-fleet", false),
    ];
    files.add_completions_with("dist/usr", sanid::command(), &companions)?;
    files.assert_committed()
}

#[test]
fn json_schema_follows_the_documents() -> io::Result<()> {
    let mut files = Files::of("sanid");
    files.add_schema("sanid-v1", &sanid::json_schema());
    files.assert_committed()
}
