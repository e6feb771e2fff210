//! The `sanid` command.

use std::process::ExitCode;

fn main() -> ExitCode {
    sanid::run(std::env::args_os())
}
