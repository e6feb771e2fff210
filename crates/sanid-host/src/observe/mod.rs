//! `Root ─► Facts`: all reading of a host, in one place.
//!
//! A reader fetches bytes and hands them to a parser; what they mean is decided elsewhere. A file that
//! is missing, unreadable or nonsense is a fact like any other. Only a configuration that cannot be
//! understood stops here: going on without it could mean another identity than the one asked for.

mod credentials;
mod firmware;
mod hardware;
mod initramfs;
mod live;
mod look;
mod machine_id;
mod others;
mod places;
mod seeds;
mod storage;

use credentials::Directories;
pub use hardware::evidence_by_name;
pub(crate) use live::live;
pub use look::{Covered, Look};
pub use machine_id::fixed_by;
pub(crate) use others::{CONFIG_LIMIT, Search};
pub(crate) use places::{below_etc, is_mount, on_run};

use std::net::IpAddr;
use std::path::PathBuf;
use std::time::SystemTime;

use sanid_core::HostUuid;

use crate::config::{self, ConfigError, Firmware};
use crate::facts::{Facts, FirmwareFacts, OthersFacts, RootFacts};
use crate::file::{Disk, FileState, IdentityFile};
use crate::observed::Observed;
use crate::parse;
use crate::record::{self, Record, RecordState};
use crate::root::{FileContent, ReadError, Root};

/// No identity file that a reader takes a name from is larger, in bytes: distributions put a comment of
/// a few lines above the initiator name.
const IDENTITY_FILE_LIMIT: usize = 4096;
/// `COMMAND_LINE_SIZE` is 2048 to 4096 bytes on every architecture.
const CMDLINE_LIMIT: usize = 16 * 1024;
/// `HOST_NAME_MAX` is 64; comments may precede the name (hostname(5)).
const HOSTNAME_LIMIT: usize = 4096;
/// A UUID and the end of its line.
const BOOT_ID_LIMIT: usize = 64;
/// A name has at most 223 bytes.
const CREDENTIAL_LIMIT: usize = 1024;
/// A host with thousands of containers has thousands of mounts, at 200 bytes each.
const MOUNTINFO_LIMIT: usize = 8 << 20;
/// A router's table of routes, of which its addresses are a part, may be larger: then they are not known.
const ADDRESSES_LIMIT: usize = 4 << 20;
/// What sanid publishes itself.
const PUBLISHED_LIMIT: usize = 16 * 1024;

/// Where this boot's identity is published, relative to the root.
pub const PUBLISHED: &str = "run/sanid/identity.json";

/// The credential directory of the service that this process is part of, for the running host: a service's
/// credentials belong to the machine it runs on.
fn service_credentials(root: &Root) -> Option<PathBuf> {
    let directory = std::env::var_os("CREDENTIALS_DIRECTORY");
    directory
        .filter(|directory| root.is_running_host() && !directory.is_empty())
        .map(PathBuf::from)
}

/// Observes one host.
///
/// Besides the credentials of the service ([`Look::credentials`]), those of the system and of the credential stores
/// are read, below a root that runs.
///
/// # Errors
/// [`ConfigError`] when the configuration cannot be read or understood.
///
/// # Examples
/// ```
/// let dir = tempfile::tempdir().unwrap();
/// let root = sanid_host::Root::open(dir.path()).unwrap();
/// let facts = sanid_host::observe(&root, &sanid_host::Look::default()).unwrap();
/// assert_eq!(facts.machine_id.word(), "missing");
/// ```
pub fn observe(root: &Root, look: &Look<'_>) -> Result<Facts, ConfigError> {
    let service = service_credentials(root);
    let mut credentials = Directories::open(root, look.credentials.or(service.as_deref()));
    let settings = config::load_with(&config_source(root), credentials.config()?)?;
    let cmdline = cmdline(root);
    let volatile_run = root.has_volatile_run();
    let mut disk = disk(root);
    let (record, record_in_run) = read_record(root, volatile_run);
    let places = places::read(root, &disk, record_in_run);
    let machine_id = match look.new_machine_id {
        Some(new) => new.state(),
        None => machine_id::read(root, &cmdline, &settings),
    };
    let root_facts = RootFacts {
        path: crate::root::printable(root.path()),
        running_host: root.is_running_host(),
        volatile_run,
    };
    let (covered, lifted) = places::covered(
        root,
        look.covered,
        &places,
        &settings,
        &root_facts,
        &mut disk,
    );
    Ok(Facts {
        other_seeds: seeds::read(root, &settings, &machine_id),
        hostname: if settings.iqn_template.is_some() {
            hostname(root)
        } else {
            Observed::NotLooked
        },
        name: look_if(look.name, || name(root)),
        addresses: look_if(look.name && root.is_running_host(), || addresses(root)),
        boot: look_if(look.name, || boot(root)),
        time: look_if(look.name, || {
            Observed::Saw(root.is_running_host().then(SystemTime::now))
        }),
        credentials: credentials.names(),
        firmware: if settings.firmware.value == Firmware::Use {
            firmware::read(root)
        } else {
            FirmwareFacts::default()
        },
        live: live(root),
        initramfs: look_if(look.initramfs, || initramfs::read(root, volatile_run)),
        hardware: look_if(look.hardware, || {
            Observed::Saw(hardware::read(root, &machine_id, &cmdline))
        }),
        others: if look.others {
            others::read(root)
        } else {
            OthersFacts::not_looked()
        },
        published: look_if(volatile_run, || published(root)),
        firmware_seeds: look_if(look.seeds, || Observed::Saw(seeds::of_firmware(root))),
        claim: if look.claim {
            crate::claim::read(root, volatile_run)
        } else {
            Observed::NotLooked
        },
        root: root_facts,
        machine_id,
        cmdline,
        settings,
        disk,
        covered,
        lifted,
        places,
        record,
        record_in_run,
    })
}

fn look_if<T>(asked: bool, read: impl FnOnce() -> Observed<T>) -> Observed<T> {
    if asked { read() } else { Observed::NotLooked }
}

/// The kernel command line; an image has none.
fn cmdline(root: &Root) -> Observed<String> {
    Observed::from(root.read("proc/cmdline", CMDLINE_LIMIT)).map(|file| {
        file.map(|file| String::from_utf8_lossy(&file.bytes).into_owned())
            .unwrap_or_default()
    })
}

/// The identity files alone, for looking again after a change.
pub(crate) fn disk(root: &Root) -> Disk {
    let file = |file: IdentityFile| state(root.read(file.path(), IDENTITY_FILE_LIMIT));
    Disk::of(file)
}

fn state(read: Result<Option<FileContent>, ReadError>) -> FileState {
    match read {
        Ok(Some(content)) => FileState::Present(content),
        Ok(None) => FileState::Missing,
        Err(error) => FileState::Unreadable(error),
    }
}

/// The record, and whether it is the one that bind placement keeps in `/run`.
fn read_record(root: &Root, volatile_run: bool) -> (RecordState, bool) {
    if volatile_run {
        let here = record_at(root, record::IN_RUN);
        if here != RecordState::Missing {
            return (here, true);
        }
    }
    (record_at(root, record::PATH), false)
}

fn record_at(root: &Root, path: &str) -> RecordState {
    match root.read(path, record::LIMIT) {
        Ok(None) => RecordState::Missing,
        Ok(Some(file)) => match Record::parse(&file.bytes) {
            Ok(record) => RecordState::Present(Box::new(record)),
            Err(why) => RecordState::Invalid(why),
        },
        Err(error @ ReadError::Io { .. }) => RecordState::Unreadable(error.to_string()),
        Err(error) => RecordState::Invalid(error.to_string()),
    }
}

/// The host's own name: the kernel's node name (uname(2)) on the running host, `/etc/hostname`
/// (hostname(5)) below a different root.
fn name(root: &Root) -> Observed<Option<String>> {
    if root.is_running_host() {
        let uname = rustix::system::uname();
        Observed::Saw(Some(crate::root::escape(uname.nodename().to_bytes())))
    } else {
        hostname(root).map(|name| name.map(|name| crate::root::escape(name.as_bytes())))
    }
}

/// The addresses of the network name space of this process; a kernel without IPv4 or IPv6 has no table of them.
fn addresses(root: &Root) -> Observed<Vec<IpAddr>> {
    let table = |path, parse: fn(&[u8]) -> Vec<IpAddr>| {
        let file = Observed::from(root.read(path, ADDRESSES_LIMIT));
        file.map(|file| file.map_or_else(Vec::new, |file| parse(&file.bytes)))
    };
    match (
        table("proc/net/fib_trie", parse::addresses::ipv4),
        table("proc/net/if_inet6", parse::addresses::ipv6),
    ) {
        (Observed::Saw(ipv4), Observed::Saw(ipv6)) => Observed::Saw([ipv4, ipv6].concat()),
        (unknown @ (Observed::Failed(_) | Observed::NotLooked), _) | (_, unknown) => unknown,
    }
}

/// The boot that this process runs in, by which reports of one machine are known as such (random(4)).
fn boot(root: &Root) -> Observed<Option<String>> {
    if !root.is_running_host() {
        return Observed::Saw(None);
    }
    Observed::from(root.read("proc/sys/kernel/random/boot_id", BOOT_ID_LIMIT)).map(|file| {
        let text = String::from_utf8(file?.bytes).ok()?;
        HostUuid::parse(text.trim()).ok().map(|id| id.to_string())
    })
}

fn hostname(root: &Root) -> Observed<Option<String>> {
    Observed::from(root.read("etc/hostname", HOSTNAME_LIMIT)).map(|file| {
        let text = String::from_utf8(file?.bytes).ok()?;
        let mut lines = text
            .lines()
            .map(str::trim)
            .filter(|line| !line.is_empty() && !line.starts_with('#'));
        lines.next().map(str::to_owned)
    })
}

fn published(root: &Root) -> Observed<Option<Vec<u8>>> {
    let read = root.read(PUBLISHED, PUBLISHED_LIMIT);
    Observed::from(read).map(|file| file.map(|file| file.bytes))
}

fn config_source(root: &Root) -> impl config::ConfigSource + '_ {
    crate::config_source::RootSource(root)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_running_host_is_called_what_its_kernel_calls_it() {
        let kernel = std::fs::read_to_string("/proc/sys/kernel/hostname").unwrap();
        assert_eq!(
            name(&Root::open("/".as_ref()).unwrap()),
            Observed::Saw(Some(kernel.trim_end().to_owned()))
        );
    }

    #[test]
    fn a_command_line_that_cannot_be_read_is_not_an_empty_one() {
        let dir = tempfile::tempdir().unwrap();
        let root = Root::open(dir.path()).unwrap();
        assert_eq!(cmdline(&root), Observed::Saw(String::new()));
        std::fs::create_dir(dir.path().join("proc")).unwrap();
        std::fs::write(
            dir.path().join("proc/cmdline"),
            vec![b'x'; CMDLINE_LIMIT + 1],
        )
        .unwrap();
        assert!(cmdline(&root).unknown().is_some());
    }
}
