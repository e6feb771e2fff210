//! The files that are generated from the definitions of `sanid-fleet`, compared with the committed ones.
//! `SNAPSHOTS=overwrite cargo test -p sanid-fleet --test generated` rewrites them.

use std::io;

use testkit::generated::Files;

#[test]
fn man_pages_follow_the_command_line() -> io::Result<()> {
    let mut files = Files::of("sanid-fleet");
    files.add_man_pages("dist/fleet/usr", sanid_fleet::command())?;
    files.assert_committed()
}

#[test]
fn completions_follow_the_command_line() -> io::Result<()> {
    let mut files = Files::of("sanid-fleet");
    files.add_completions("dist/fleet/usr", sanid_fleet::command())?;
    files.assert_committed()
}

#[test]
fn json_schema_follows_the_documents() -> io::Result<()> {
    let mut files = Files::of("sanid-fleet");
    files.add_schema("sanid-fleet-v1", &sanid_fleet::json_schema());
    files.assert_committed()
}
