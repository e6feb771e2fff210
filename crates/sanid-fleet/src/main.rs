//! The `sanid-fleet` command.

use std::process::ExitCode;

fn main() -> ExitCode {
    sanid_fleet::run(std::env::args_os())
}
