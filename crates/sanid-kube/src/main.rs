//! The `sanid-kube` command.

fn main() -> std::process::ExitCode {
    sanid_kube::cli::main()
}
