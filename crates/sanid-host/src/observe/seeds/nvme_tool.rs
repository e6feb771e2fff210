//! What the installed `nvme gen-hostnqn` answers. It is asked twice: where it finds nothing that stands for
//! the host it makes up a name, another one each time (nvme-cli #3977).

use std::io::Read as _;
use std::os::fd::AsFd as _;
use std::process::{Child, ChildStdout, Command, Stdio};
use std::time::{Duration, Instant};

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use sanid_core::HostNqn;

use crate::facts::{NotASeed, SeedUuid};
use crate::root::Root;

/// Where distributions put it; `$PATH` is for people.
const PROGRAMS: [&str; 4] = ["/usr/sbin/nvme", "/usr/bin/nvme", "/sbin/nvme", "/bin/nvme"];
/// A host NQN has at most 223 bytes, and a line end.
const LIMIT: usize = 256;
/// It reads a file and prints a line.
const PATIENCE: Duration = Duration::from_secs(5);

pub(super) fn read(root: &Root) -> Result<SeedUuid, NotASeed> {
    let not = |place: &str, why: &str| NotASeed::new(format!("{place} gen-hostnqn"), why);
    if !root.is_running_host() {
        let why = "it answers for the host that it runs on, and --root names another one; what nvme-cli 2 gives there says scheme = \"nvme-cli-2\"";
        return Err(not("nvme", why));
    }
    let program = PROGRAMS
        .iter()
        .find(|program| std::path::Path::new(program).exists())
        .ok_or_else(|| {
            not(
                "nvme",
                "there is no nvme in /usr/sbin or /usr/bin; install nvme-cli",
            )
        })?;
    let ask = || ask(program).map_err(|why| not(program, &why));
    let answer = ask()?;
    if ask()? != answer {
        let why = "asked twice it gave two names: it makes them up, since it finds nothing that stands for this host";
        return Err(not(program, why));
    }
    seed(&answer, program)
        .ok_or_else(|| not(program, "its answer is no valid host NQN with a UUID"))
}

/// The UUID of an answer: one line with a host NQN in the UUID form.
fn seed(answer: &[u8], program: &str) -> Option<SeedUuid> {
    let line = core::str::from_utf8(answer).ok()?.strip_suffix('\n')?;
    let host_nqn = HostNqn::parse(line).ok()?;
    host_nqn.conformance().ok()?;
    let uuid = line.strip_prefix("nqn.2014-08.org.nvmexpress:uuid:")?;
    SeedUuid::parse(uuid.as_bytes(), format!("{program} gen-hostnqn")).ok()
}

/// One answer. Nothing of sanid's surroundings reaches the program, since it could change the answer.
fn ask(program: &str) -> Result<Vec<u8>, String> {
    let mut child = Command::new(program)
        .arg("gen-hostnqn")
        // No current_dir(): with it the standard library takes another way to start a program, which
        // needs a socket, and the sandbox of the units has none.
        .env_clear()
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .map_err(|error| format!("it cannot be run: {error}"))?;
    let deadline = Instant::now() + PATIENCE;
    let answer = child
        .stdout
        .take()
        .and_then(|output| listen(output, deadline));
    finish(&mut child, answer, deadline)
}

/// What it prints until it closes its output; `None` where that takes too long or is too much.
fn listen(mut output: ChildStdout, deadline: Instant) -> Option<Vec<u8>> {
    let mut answer = Vec::new();
    loop {
        let left = deadline.checked_duration_since(Instant::now())?;
        let left = Timespec::try_from(left).ok()?;
        let mut ready = [PollFd::from_borrowed_fd(output.as_fd(), PollFlags::IN)];
        match poll(&mut ready, Some(&left)) {
            Ok(0) => return None,
            Ok(_) => {}
            Err(rustix::io::Errno::INTR) => continue,
            Err(_) => return None,
        }
        let mut chunk = [0; LIMIT];
        let count = output.read(&mut chunk).ok()?;
        answer.extend_from_slice(chunk.get(..count)?);
        if count == 0 {
            return Some(answer);
        }
        if answer.len() > LIMIT {
            return None;
        }
    }
}

fn finish(
    child: &mut Child,
    answer: Option<Vec<u8>>,
    deadline: Instant,
) -> Result<Vec<u8>, String> {
    let late = || "it does not answer with one line within 5 seconds".to_owned();
    let Some(answer) = answer else {
        end(child);
        return Err(late());
    };
    loop {
        match child.try_wait() {
            Ok(Some(status)) if status.success() => return Ok(answer),
            Ok(Some(_)) => return Err("it ends with an error".into()),
            // It has said all it has to say, and is about to end.
            Ok(None) if Instant::now() < deadline => std::thread::sleep(Duration::from_millis(1)),
            _ => {
                end(child);
                return Err(late());
            }
        }
    }
}

fn end(child: &mut Child) {
    // Whether it had ended already is the same in the end.
    let _ = child.kill();
    let _ = child.wait();
}
