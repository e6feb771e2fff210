//! The `sanid` command.

use std::process::ExitCode;

/// musl's own allocator asks the kernel for each buffer and gives it back: half as many system calls again.
#[cfg(target_env = "musl")]
#[global_allocator]
static ALLOCATOR: dlmalloc::GlobalDlmalloc = dlmalloc::GlobalDlmalloc;

fn main() -> ExitCode {
    sanid::run(std::env::args_os())
}
