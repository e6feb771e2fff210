use std::fs;
use std::mem::MaybeUninit;
use std::os::unix::fs::{FileTypeExt as _, PermissionsExt as _, symlink};

use rustix::fs::FileType;
use rustix::fs::inotify::{self, CreateFlags, WatchFlags};

use super::*;

/// Both ways of resolving, over the same tree: whatever holds for one holds for the other.
fn each_resolver(build: impl Fn(&Path), check: impl Fn(&Root)) {
    for by_hand in [false, true] {
        let dir = tempfile::tempdir().unwrap();
        fs::create_dir_all(dir.path().join("root/etc/sub")).unwrap();
        fs::write(dir.path().join("outside"), "outside").unwrap();
        let top = dir.path().join("root");
        fs::write(top.join("etc/file"), "inside").unwrap();
        build(&top);
        let root = Root::open(&top).unwrap();
        check(&if by_hand {
            root.without_openat2()
        } else {
            root
        });
    }
}

fn text(root: &Root, path: &str) -> Result<Option<String>, ReadError> {
    Ok(root
        .read(path, 100)?
        .map(|file| String::from_utf8(file.bytes).unwrap()))
}

#[test]
fn links_are_followed_inside_the_root_only() {
    let table: &[(&str, Option<&str>)] = &[
        ("file", Some("inside")),
        ("/etc/file", Some("inside")),
        ("../etc/file", Some("inside")),
        ("../../../../../../etc/file", Some("inside")),
        ("sub/../file", Some("inside")),
        ("./file", Some("inside")),
        ("../outside", None),
        ("../../outside", None),
        ("/outside", None),
        ("dangling", None),
    ];
    for (target, expected) in table {
        each_resolver(
            |top| symlink(target, top.join("etc/link")).unwrap(),
            |root| {
                assert_eq!(
                    text(root, "etc/link").unwrap().as_deref(),
                    *expected,
                    "link to {target}"
                );
            },
        );
    }
}

#[test]
fn a_linked_directory_is_entered_inside_the_root() {
    each_resolver(
        |top| {
            fs::create_dir_all(top.join("usr/etc")).unwrap();
            fs::write(top.join("usr/etc/x"), "x").unwrap();
            symlink("/usr/etc", top.join("etc/conf")).unwrap();
        },
        |root| assert_eq!(text(root, "etc/conf/x").unwrap().as_deref(), Some("x")),
    );
}

#[test]
fn a_link_loop_is_an_error_not_a_hang() {
    each_resolver(
        |top| symlink("loop", top.join("etc/loop")).unwrap(),
        |root| {
            assert!(matches!(
                text(root, "etc/loop"),
                Err(ReadError::Io {
                    errno: Errno::LOOP,
                    ..
                })
            ));
        },
    );
}

#[test]
fn names_a_file_that_is_not_regular_and_never_reads_it() {
    each_resolver(
        |top| {
            rustix::fs::mknodat(CWD, top.join("etc/fifo"), FileType::Fifo, Mode::RUSR, 0).unwrap();
            assert!(
                fs::metadata(top.join("etc/fifo"))
                    .unwrap()
                    .file_type()
                    .is_fifo()
            );
        },
        |root| {
            let fifo = text(root, "etc/fifo").unwrap_err().to_string();
            assert!(
                fifo.ends_with("etc/fifo is a fifo, not a file; move it away"),
                "{fifo}"
            );
            let directory = text(root, "etc/sub").unwrap_err().to_string();
            assert!(directory.contains("etc/sub is a directory"), "{directory}");
        },
    );
}

#[test]
fn a_file_where_a_directory_should_be_is_an_error_not_a_missing_file() {
    each_resolver(
        |_| (),
        |root| {
            assert!(matches!(
                text(root, "etc/file/x"),
                Err(ReadError::Io {
                    errno: Errno::NOTDIR,
                    ..
                })
            ));
            assert_eq!(text(root, "etc/none/x").unwrap(), None);
        },
    );
}

#[test]
fn the_limit_is_exact() {
    each_resolver(
        |top| {
            fs::write(top.join("etc/100"), vec![b'a'; 100]).unwrap();
            fs::write(top.join("etc/101"), vec![b'a'; 101]).unwrap();
        },
        |root| {
            assert_eq!(root.read("etc/100", 100).unwrap().unwrap().bytes.len(), 100);
            assert!(matches!(
                root.read("etc/101", 100),
                Err(ReadError::TooLarge { limit: 100, .. })
            ));
        },
    );
}

#[test]
fn the_limit_is_exact_where_the_buffer_has_to_grow() {
    each_resolver(
        |top| fs::write(top.join("etc/large"), vec![b'a'; 100_000]).unwrap(),
        |root| {
            let large = root.read("etc/large", 100_000).unwrap().unwrap();
            assert_eq!(large.bytes.len(), 100_000);
            assert!(root.read("etc/large", 1 << 20).unwrap().unwrap() == large);
            assert!(matches!(
                root.read("etc/large", 99_999),
                Err(ReadError::TooLarge { limit: 99_999, .. })
            ));
        },
    );
}

/// The kernel returns its own files a page at a time, and reports a size of 0 for most.
#[test]
fn a_kernel_file_of_several_pages_is_read_to_its_end() {
    let root = Root::open(Path::new("/proc/self")).unwrap();
    let smaps = root.read("smaps", 64 << 20).unwrap().unwrap().bytes;
    assert!(smaps.len() > 3 * 4096, "{} bytes", smaps.len());
    let text = String::from_utf8(smaps).unwrap();
    let last = text.lines().rfind(|line| line.contains('[')).unwrap();
    assert!(
        last.ends_with("[vsyscall]") || last.ends_with("[stack]") || last.ends_with("[vdso]"),
        "{last}"
    );
}

#[test]
fn returns_mode_and_owner() {
    each_resolver(
        |top| fs::set_permissions(top.join("etc/file"), fs::Permissions::from_mode(0o604)).unwrap(),
        |root| assert_eq!(root.read("etc/file", 100).unwrap().unwrap().mode, 0o604),
    );
}

#[test]
fn names_are_listed_in_order_and_a_missing_directory_is_empty() {
    each_resolver(
        |top| fs::write(top.join("etc/a"), "").unwrap(),
        |root| {
            assert_eq!(root.list("etc").unwrap(), ["a", "file", "sub"]);
            assert!(root.list("none").unwrap().is_empty());
            assert!(matches!(root.list("etc/file"), Err(ReadError::Io { .. })));
        },
    );
}

#[test]
fn hostile_names_cannot_write_to_the_terminal() {
    assert_eq!(escape(b"a\x1b[31mb\n\xff"), "a\\u{1b}[31mb\\n\\xff");
}

/// To open a device can start it, and to open a fifo lets its writer go on: in an image neither may happen.
/// inotify(7) tells of every open that is more than a look (`O_PATH`).
#[test]
fn does_not_open_a_file_of_an_image_that_is_not_regular() {
    each_resolver(
        |top| {
            let path = top.join("etc/fifo");
            rustix::fs::mknodat(CWD, path, FileType::Fifo, Mode::RUSR | Mode::WUSR, 0).unwrap();
        },
        |root| {
            let watch = inotify::init(CreateFlags::NONBLOCK).unwrap();
            for name in ["etc/fifo", "etc/file"] {
                inotify::add_watch(&watch, root.path().join(name), WatchFlags::OPEN).unwrap();
            }
            let mut buffer = [MaybeUninit::uninit(); 1024];
            let mut opened = inotify::Reader::new(&watch, &mut buffer);
            assert!(root.read("etc/fifo", 100).is_err());
            assert!(root.attribute("etc/fifo").is_err());
            assert!(opened.next().is_err(), "it was opened");
            // The watch sees the same of what is a file.
            root.read("etc/file", 100).unwrap();
            opened.next().unwrap();
        },
    );
}
