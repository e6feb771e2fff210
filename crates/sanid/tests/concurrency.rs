//! Many at once on one root: the lock lets them take turns, and what they leave
//! is one matched set.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

mod support;

use std::collections::BTreeSet;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use support::host::{FILES, Host, MACHINE_ID, assert_matched, derived};

/// Tells the other thread of a test to end, on a failure, too.
struct Finish<'a>(&'a AtomicBool);

impl Drop for Finish<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

/// Starts all, then waits for all; each must exit with 0.
fn all_at_once(commands: impl Iterator<Item = Command>) {
    let children: Vec<Child> = commands
        .map(|mut command| {
            command
                .stdout(Stdio::null())
                .stderr(Stdio::piped())
                .spawn()
                .unwrap()
        })
        .collect();
    for child in children {
        let output = child.wait_with_output().unwrap();
        let stderr = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(0), "{stderr}");
    }
}

#[test]
fn two_hundred_at_once_leave_one_matched_set() {
    let host = Host::new(MACHINE_ID);
    all_at_once((0..200).map(|_| host.sanid(&["apply"])));
    assert_matched(&host.three());
    assert_eq!(host.three(), derived(MACHINE_ID));
    assert_eq!(host.leftovers(), [""; 0]);
}

#[test]
fn two_hundred_at_once_replace_a_foreign_identity_as_one() {
    let host = Host::foreign(MACHINE_ID);
    all_at_once((0..200).map(|_| host.sanid(&["apply", "--replace"])));
    assert_eq!(host.three(), derived(MACHINE_ID));
    assert_eq!(host.leftovers(), [""; 0]);
}

/// While the configuration changes below them, every run decides for one of the
/// two schemes, and the files are never a mixture of both afterwards.
#[test]
fn a_hundred_at_once_under_a_changing_configuration_leave_one_identity() {
    let host = Host::new(MACHINE_ID);
    let configured = |scheme: &str| {
        host.write("etc/sanid/next", format!("scheme = \"{scheme}\"\n"));
        let config = host.at("etc/sanid/config.toml");
        std::fs::rename(host.at("etc/sanid/next"), config).unwrap();
    };
    let whole: BTreeSet<_> = ["sanid-v1", "nvme-stas"]
        .map(|scheme| {
            configured(scheme);
            host.run(&["apply", "--replace"]).expect(0);
            host.three()
        })
        .into();
    assert_eq!(whole.len(), 2, "the schemes differ");

    let done = AtomicBool::new(false);
    std::thread::scope(|scope| {
        scope.spawn(|| {
            for scheme in ["sanid-v1", "nvme-stas"].iter().cycle() {
                if done.load(Ordering::Relaxed) {
                    break;
                }
                configured(scheme);
                std::thread::sleep(Duration::from_millis(2));
            }
        });
        let _finish = Finish(&done);
        all_at_once((0..100).map(|_| host.sanid(&["apply", "--replace"])));
    });
    assert_matched(&host.three());
    assert!(whole.contains(&host.three()), "{:?}", host.three());
    assert_eq!(host.leftovers(), [""; 0]);
}

/// A reader that looks while others write sees whole files only.
#[test]
fn a_reader_never_sees_half_a_file() {
    let host = Host::foreign(MACHINE_ID);
    let (old, new) = (host.three(), derived(MACHINE_ID));
    let (done, looks) = (AtomicBool::new(false), AtomicUsize::new(0));
    std::thread::scope(|scope| {
        scope.spawn(|| {
            while !done.load(Ordering::Relaxed) {
                for (index, path) in FILES.iter().enumerate() {
                    let seen = host.read(path);
                    assert!(seen == old[index] || seen == new[index], "{path}: {seen:?}");
                }
                looks.fetch_add(1, Ordering::Relaxed);
            }
        });
        let _finish = Finish(&done);
        let until = Instant::now() + Duration::from_secs(600);
        let mut changes = 0;
        while changes < 20 || looks.load(Ordering::Relaxed) <= 20 {
            assert!(Instant::now() < until, "the reader reads: {looks:?}");
            changes += 1;
            for (path, content) in FILES.iter().zip(&old) {
                put(&host.at(path), content.as_ref().unwrap());
            }
            host.run(&["apply", "--replace"]).expect(0);
        }
    });
}

/// Puts a file in place by renaming, as an administrator's tool does.
fn put(path: &Path, content: &[u8]) {
    let aside = path.with_extension("aside");
    std::fs::write(&aside, content).unwrap();
    std::fs::rename(aside, path).unwrap();
}
