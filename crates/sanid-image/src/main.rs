//! The `sanid-image` command.

use std::process::ExitCode;

fn main() -> ExitCode {
    sanid_image::run(std::env::args_os())
}
