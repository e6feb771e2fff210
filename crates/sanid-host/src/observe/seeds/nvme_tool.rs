//! What the installed `nvme gen-hostnqn` answers. It is asked twice: where it finds nothing that identifies
//! the host it generates a name, a different one each time (nvme-cli #3977).

use std::fs::File;
use std::os::unix::fs::FileExt as _;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use rustix::fs::{CWD, Mode, OFlags};
use sanid_core::{HostNqn, SeedKind};

use crate::facts::{Lack, NotASeed, SeedUuid};
use crate::root::Root;

/// The paths that distributions use; `$PATH` is for people.
const PROGRAMS: [&str; 4] = ["/usr/sbin/nvme", "/usr/bin/nvme", "/sbin/nvme", "/bin/nvme"];
/// Where its answer is kept, under no name: a pipe would have to be read while nvme runs. Of `/run` the
/// sandbox of the units may write this one directory.
const ANSWERS: [&str; 3] = ["/run/sanid", "/run", "/tmp"];
/// A host NQN has at most 223 bytes, and a line end.
const LIMIT: usize = 256;
/// It reads a file and prints a line.
const PATIENCE: Duration = Duration::from_secs(5);

pub(super) fn read(root: &Root) -> Result<SeedUuid, NotASeed> {
    let not =
        |place: &str, lack, why: &str| NotASeed::new(format!("{place} gen-hostnqn"), lack, why);
    if !root.is_running_host() {
        let why = "it answers for the host that it runs on, and --root names a different one; scheme = \"nvme-cli-2\" or \"nvme-cli-3\" derives what that version answers there";
        return Err(not("nvme", Lack::Unreadable, why));
    }
    let program = PROGRAMS
        .iter()
        .find(|program| {
            root.exists(program.trim_start_matches('/'))
                .unwrap_or(false)
        })
        .ok_or_else(|| {
            not(
                "nvme",
                Lack::Missing,
                "there is no nvme in /usr/sbin or /usr/bin; install nvme-cli",
            )
        })?;
    let ask = || ask(program).map_err(|why| not(program, Lack::Unreadable, &why));
    let answer = ask()?;
    if ask()? != answer {
        let why = "asked twice it gave two names: it generates random ones, since it finds nothing that identifies this host";
        return Err(not(program, Lack::Missing, why));
    }
    seed(&answer, program).ok_or_else(|| {
        not(
            program,
            Lack::Invalid,
            "its answer is not a valid host NQN with a UUID",
        )
    })
}

/// The UUID of an answer: one line with a host NQN in the UUID form.
fn seed(answer: &[u8], program: &str) -> Option<SeedUuid> {
    let line = core::str::from_utf8(answer).ok()?.strip_suffix('\n')?;
    let host_nqn = HostNqn::parse(line).ok()?;
    host_nqn.conformance().ok()?;
    let uuid = line.strip_prefix("nqn.2014-08.org.nvmexpress:uuid:")?;
    let place = format!("{program} gen-hostnqn");
    SeedUuid::parse(SeedKind::NvmeTool, uuid.as_bytes(), place).ok()
}

/// One answer. Nothing of sanid's surroundings reaches the program, since it could change the answer.
fn ask(program: &str) -> Result<Vec<u8>, String> {
    let cannot = |error: std::io::Error| format!("it cannot be run: {error}");
    let answer = nameless().map_err(cannot)?;
    let mut child = Command::new(program)
        .arg("gen-hostnqn")
        // No current_dir(): with it the standard library takes another way to start a program, which
        // needs a socket, and the sandbox of the units has none.
        .env_clear()
        .stdin(Stdio::null())
        .stdout(answer.try_clone().map_err(cannot)?)
        .stderr(Stdio::null())
        .spawn()
        .map_err(cannot)?;
    finish(&mut child, &answer)?;
    let mut bytes = vec![0; LIMIT + 1];
    let count = answer.read_at(&mut bytes, 0).map_err(cannot)?;
    bytes.truncate(count);
    Ok(bytes)
}

/// A file in memory that is gone when it is closed.
fn nameless() -> std::io::Result<File> {
    let flags = OFlags::TMPFILE | OFlags::RDWR | OFlags::CLOEXEC;
    let mut opened = Err(rustix::io::Errno::NOENT);
    for directory in ANSWERS {
        opened =
            opened.or_else(|_| rustix::fs::openat(CWD, directory, flags, Mode::RUSR | Mode::WUSR));
    }
    Ok(opened?.into())
}

/// Waits for its end: not for ever, and not for more than a line.
fn finish(child: &mut Child, answer: &File) -> Result<(), String> {
    let deadline = Instant::now() + PATIENCE;
    loop {
        match child.try_wait() {
            Ok(Some(status)) if status.success() => return Ok(()),
            Ok(Some(_)) => return Err("it ends with an error".into()),
            _ => {}
        }
        let is_short = answer
            .metadata()
            .is_ok_and(|data| data.len() <= LIMIT as u64);
        if Instant::now() > deadline || !is_short {
            // Whether it had ended already is the same in the end.
            let _ = child.kill();
            let _ = child.wait();
            return Err("it does not answer with one line within 5 seconds".into());
        }
        std::thread::sleep(Duration::from_millis(1));
    }
}
