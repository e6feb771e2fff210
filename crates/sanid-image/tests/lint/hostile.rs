//! Images that mean harm: no escape, no hang, bounded memory, a clear finding.

use std::fs::{self, File};
use std::io::Write as _;
use std::mem::MaybeUninit;
use std::os::fd::OwnedFd;
use std::os::unix::fs::symlink;
use std::os::unix::net::UnixListener;

use rustix::fs::inotify::{self, CreateFlags, WatchFlags};
use rustix::fs::{CWD, FileType, Mode};
use tar::EntryType;

use crate::support::{
    ID, IQN, NQN, gzip, lint, lint_tar, lint_tar_raw, pairs, put, raw, said, tar, tree,
};

#[test]
fn links_out_of_the_root_lead_nowhere() {
    let outside = tree(&[
        ("hostid", ID.as_bytes()),
        ("etc/initiatorname.iscsi", IQN.as_bytes()),
    ]);
    let image = tree(&[("etc/nvme/x", b"")]);
    let up = format!(
        "../../../../../../../../..{}/hostid",
        outside.path().display()
    );
    symlink(
        outside.path().join("hostid"),
        image.path().join("etc/nvme/hostid"),
    )
    .unwrap();
    symlink(up, image.path().join("etc/nvme/hostnqn")).unwrap();
    symlink(outside.path().join("etc"), image.path().join("etc/iscsi")).unwrap();
    assert_eq!(lint(image.path()), (0, Vec::new()));
}

#[test]
fn reports_links_in_a_circle() {
    let image = tree(&[("etc/x", b"")]);
    symlink("nvme", image.path().join("etc/nvme")).unwrap();
    symlink("machine-id", image.path().join("etc/machine-id")).unwrap();
    let (code, findings) = lint(image.path());
    assert_eq!(code, 1);
    assert!(
        findings.iter().all(|(code, _)| code == "not-readable"),
        "{findings:?}"
    );
    assert!(findings.contains(&("not-readable".into(), "/etc/machine-id".into())));
}

/// To open a device can start it, and to open a fifo lets its writer go on. inotify(7) tells of every open
/// that is more than a look (`O_PATH`).
#[test]
fn reports_a_file_that_is_not_regular_and_does_not_open_it() {
    let image = tree(&[("etc/nvme/hostnqn", b"")]);
    let at = |name: &str| image.path().join(name);
    let watch = inotify::init(CreateFlags::NONBLOCK).unwrap();
    for name in ["etc/machine-id", "etc/nvme/hostid", "etc/nvme/x.conf"] {
        rustix::fs::mknodat(CWD, at(name), FileType::Fifo, Mode::RUSR, 0).unwrap();
        inotify::add_watch(&watch, at(name), WatchFlags::OPEN).unwrap();
    }
    let _bound = UnixListener::bind(at("etc/nvme/config.json")).unwrap();
    let wanted = pairs(&[
        ("not-a-file", "/etc/machine-id"),
        ("not-a-file", "/etc/nvme/config.json"),
        ("not-a-file", "/etc/nvme/hostid"),
        ("not-a-file", "/etc/nvme/x.conf"),
    ]);
    assert_eq!(lint(image.path()), (1, wanted));
    assert_eq!(opened(&watch), 0, "something was opened");
    // The watch sees the same of what is a file.
    inotify::add_watch(&watch, at("etc/nvme/hostnqn"), WatchFlags::OPEN).unwrap();
    lint(image.path());
    assert_eq!(opened(&watch), 1);
}

/// How many opens were seen.
fn opened(watch: &OwnedFd) -> usize {
    let mut buffer = [MaybeUninit::uninit(); 4096];
    let mut events = inotify::Reader::new(watch, &mut buffer);
    std::iter::from_fn(|| events.next().ok().map(|_| ())).count()
}

#[test]
fn reports_a_fifo_or_a_device_in_a_tar() {
    let mut builder = tar::Builder::new(Vec::new());
    raw(&mut builder, "etc/machine-id", EntryType::Fifo, "", b"");
    raw(&mut builder, "etc/nvme/hostid", EntryType::Char, "", b"");
    raw(&mut builder, "etc/nvme/hostnqn", EntryType::Block, "", b"");
    let wanted = pairs(&[
        ("not-a-file", "/etc/machine-id"),
        ("not-a-file", "/etc/nvme/hostid"),
        ("not-a-file", "/etc/nvme/hostnqn"),
    ]);
    assert_eq!(lint_tar(&builder.into_inner().unwrap()), (1, wanted));
}

#[test]
fn reports_members_with_dot_dot_and_reads_them_as_unpacked() {
    let mut builder = tar::Builder::new(Vec::new());
    raw(
        &mut builder,
        "../../etc/nvme/hostid",
        EntryType::Regular,
        "",
        ID.as_bytes(),
    );
    let (code, findings) = lint_tar(&builder.into_inner().unwrap());
    assert_eq!(code, 1);
    let codes: Vec<&str> = findings.iter().map(|(code, _)| code.as_str()).collect();
    assert_eq!(codes, ["odd-name", "host-id-set"]);
}

#[test]
fn stops_and_reports_a_decompression_bomb() {
    // Members that are modest each, in a gzip: a few MiB of what becomes 20 GiB of a tar.
    let mut begin = tar(&[]);
    begin.clear();
    let mut header = tar::Header::new_gnu();
    header.set_path("big").unwrap();
    header.set_size(1 << 40);
    header.set_cksum();
    begin.extend(header.as_bytes());
    let zeros = gzip(&vec![0; 16 << 20]).repeat(1280);
    let twice = gzip(&[gzip(&begin), zeros].concat());
    assert!(twice.len() < 4 << 20, "{}", twice.len());
    let output = lint_tar_raw(&twice, "text");
    assert_eq!(output.status.code(), Some(2), "{}", said(&output));
    assert!(
        said(&output).contains("a limit is reached"),
        "{}",
        said(&output)
    );
    // A tar with an impossible size of a file.
    header.set_size(1 << 45);
    header.set_cksum();
    let output = lint_tar_raw(&gzip(header.as_bytes()), "text");
    assert_eq!(output.status.code(), Some(2), "{}", said(&output));
    assert!(
        said(&output).contains("not read to its end"),
        "{}",
        said(&output)
    );
    let initramfs = [
        sanid_image::cpio::archive(&[("init", b"")]),
        gzip(&vec![0; 70 << 20]),
    ]
    .concat();
    let image = tree(&[("boot/initrd.img-1", &initramfs)]);
    let wanted = pairs(&[("not-readable", "/boot/initrd.img-1")]);
    assert_eq!(lint(image.path()), (1, wanted));
}

#[test]
fn reports_a_directory_with_tens_of_thousands_of_files() {
    let image = tempfile::tempdir().unwrap();
    let nvme = image.path().join("etc/nvme");
    fs::create_dir_all(&nvme).unwrap();
    for number in 0..40_000 {
        File::create(nvme.join(format!("{number}.conf"))).unwrap();
    }
    put(image.path(), "etc/machine-id", b"");
    let (code, findings) = lint(image.path());
    assert_eq!(code, 1);
    assert_eq!(findings, pairs(&[("too-much", "/etc/nvme")]));
    let mut builder = tar::Builder::new(Vec::new());
    for number in 0..40_000 {
        raw(
            &mut builder,
            &format!("etc/nvme/{number}.conf"),
            EntryType::Regular,
            "",
            b"",
        );
    }
    let (code, findings) = lint_tar(&builder.into_inner().unwrap());
    assert_eq!(code, 1);
    assert_eq!(findings.len(), 1);
    assert_eq!(findings[0].0, "too-much");
}

#[test]
fn a_file_of_a_place_that_has_no_end_is_read_to_a_bound() {
    let image = tree(&[("etc/nvme/x", b"")]);
    let mut file = File::create(image.path().join("etc/nvme/hostnqn")).unwrap();
    file.write_all(NQN.as_bytes()).unwrap();
    file.set_len(1 << 40).unwrap();
    let (code, findings) = lint(image.path());
    assert_eq!(code, 1);
    assert!(
        findings.contains(&("too-much".into(), "/etc/nvme/hostnqn".into())),
        "{findings:?}"
    );
}

#[test]
fn a_long_name_and_a_long_value_are_bounded() {
    let mut builder = tar::Builder::new(Vec::new());
    raw(
        &mut builder,
        "././@LongLink",
        EntryType::GNULongName,
        "",
        &vec![b'a'; 2 << 20],
    );
    let output = lint_tar_raw(&builder.into_inner().unwrap(), "json");
    assert_eq!(output.status.code(), Some(2));
    assert!(
        said(&output).contains("longer than any can be"),
        "{}",
        said(&output)
    );
    let long = [b"iface.initiatorname=".as_slice(), &vec![b'a'; 900_000]].concat();
    let image = tar(&[("var/lib/iscsi/ifaces/eth0", &long)]);
    let output = lint_tar_raw(&image, "json");
    assert_eq!(output.status.code(), Some(1));
    assert!(output.stdout.len() < 10_000, "{}", output.stdout.len());
}

#[test]
fn quotes_names_in_commands() {
    let image = tree(&[("etc/nvme/hostid;$(reboot)'", ID.as_bytes())]);
    let root = image.path().to_str().unwrap();
    let output = crate::support::sanid_image(&["lint", "--root", root]);
    let text = said(&output);
    assert!(
        text.contains(r"rm '/etc/nvme/hostid;$(reboot)'\'''"),
        "{text}"
    );
    let image = tree(&[("etc/nvme/hostid\x1b[2J", ID.as_bytes())]);
    let root = image.path().to_str().unwrap();
    let output = crate::support::sanid_image(&["lint", "--root", root]);
    assert!(!said(&output).contains('\x1b'));
}

#[test]
fn a_truncated_or_invalid_tar_is_an_error_and_keeps_earlier_findings() {
    let whole = tar(&[("etc/nvme/hostid", ID.as_bytes()), ("big", &[1; 5000])]);
    let output = lint_tar_raw(&whole[..3000], "text");
    assert_eq!(output.status.code(), Some(2));
    assert!(said(&output).contains("host-id-set"), "{}", said(&output));
    let output = lint_tar_raw(b"neither", "text");
    assert_eq!(output.status.code(), Some(2), "{}", said(&output));
}
