//! systemd-nspawn: a real systemd, booted from a Debian tree in a second, on this machine's kernel.
//!
//! To sanid a container is not a host: the units do not start there and the command refuses. Here the
//! container stands for a host, so the units lose that condition and name the root.

use std::fs;
use std::io::{Read as _, Write as _};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use anyhow::{Context as _, Result};

use super::case::{Bench, Boot, Case, Debian};
use super::guest;
use super::tree::Tree;

/// Containers use one control group, in which only one systemd can work: this one waits for its turn,
/// also where another `cargo xtask vm` runs. `flock(1)` holds the lock until its input ends.
struct Turn {
    holder: Child,
}

impl Turn {
    fn take() -> Result<Self> {
        let mut holder = Command::new("flock")
            .args(["/run/lock/sanid-vm-nspawn", "cat"])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .context("cannot run flock")?;
        if let Some(input) = &mut holder.stdin {
            input.write_all(b"?")?;
        }
        let mut answer = [0];
        if let Some(output) = &mut holder.stdout {
            output.read_exact(&mut answer).context("flock")?;
        }
        Ok(Self { holder })
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        drop(self.holder.stdin.take());
        let _ = self.holder.wait();
    }
}

/// Boots the same tree again and again.
pub(super) fn run(bench: &Bench<'_>, case: &Case, debian: Debian, boots: &[Boot]) -> Result<()> {
    let _turn = Turn::take()?;
    let work = bench.work(case);
    let kept = work.join("kept");
    fs::create_dir_all(&kept)?;
    let tree = Tree::new(bench, debian, &work)?;
    tree.pass_as_host()?;
    for (number, boot) in boots.iter().enumerate() {
        for change in boot.before {
            tree.make(change)?;
        }
        let set = format!("set -- {}", boot.arguments);
        tree.write("vm/case.sh", &script(bench, boot, &set)?)?;
        let mut nspawn = Command::new("systemd-nspawn");
        nspawn.args([
            "--quiet",
            "--register=no",
            "--keep-unit",
            "--private-network",
        ]);
        nspawn
            .args(["--console=read-only", "--directory"])
            .arg(tree.root());
        nspawn.arg(format!("--machine={}", case.name.replace('_', "-")));
        nspawn.arg(format!("--bind={}:/vm/kept", kept.display()));
        nspawn.args(boot.options);
        nspawn.args([
            "--boot",
            "--",
            "--show-status=false",
            "--unit=vm-case.service",
        ]);
        guest::run(
            &mut nspawn,
            &bench.log(case),
            Duration::from_secs(case.limit),
        )
        .with_context(|| format!("boot {} ({})", number + 1, boot.arguments))?;
    }
    Ok(())
}

/// The script of a boot with the helpers; `set` gives it its arguments.
pub(super) fn script(bench: &Bench<'_>, boot: &Boot, set: &str) -> Result<String> {
    let body = fs::read_to_string(bench.guest_file(boot.script))?;
    Ok(format!(
        "PATH=/usr/sbin:/usr/bin:/sbin:/bin\n{set}\n. /vm/lib.sh\n{body}"
    ))
}
