//! Dialects of tar: each form that GNU tar, bsdtar or Python write is read, and a form that they read in
//! different ways is an error.

use tar::{EntryType, Header};

use crate::support::{ID, MACHINE_ID, lint_tar, lint_tar_raw, pairs, raw, said, tar};

/// Bytes of an archive without its end.
#[derive(Default)]
struct Archive(Vec<u8>);

impl Archive {
    /// A member whose header has this type, these bytes after it, and this size.
    fn sized(mut self, kind: u8, name: &str, size: u64, bytes: &[u8]) -> Self {
        let mut header = Header::new_ustar();
        header.as_mut_bytes()[..name.len()].copy_from_slice(name.as_bytes());
        header.set_entry_type(EntryType::new(kind));
        header.set_mode(0o644);
        header.set_size(size);
        header.set_cksum();
        self.0.extend(header.as_bytes());
        self.0.extend(bytes);
        self.0.resize(self.0.len().next_multiple_of(512), 0);
        self
    }

    fn member(self, kind: u8, name: &str, bytes: &[u8]) -> Self {
        self.sized(kind, name, bytes.len() as u64, bytes)
    }

    fn file(self, name: &str, bytes: &[u8]) -> Self {
        self.member(b'0', name, bytes)
    }

    fn pax(self, kind: u8, records: &[(&str, &str)]) -> Self {
        let mut bytes = String::new();
        for (key, value) in records {
            let rest = format!(" {key}={value}\n");
            let mut length = rest.len() + 1;
            while rest.len() + length.to_string().len() != length {
                length += 1;
            }
            bytes.extend([length.to_string(), rest]);
        }
        self.member(kind, "pax", bytes.as_bytes())
    }

    fn end(mut self) -> Vec<u8> {
        self.0.extend([0; 1024]);
        self.0
    }
}

fn new() -> Archive {
    Archive::default().member(b'5', "etc/", b"")
}

/// The Host ID after a map of its holes.
fn block(map: &str) -> Vec<u8> {
    let mut bytes = map.as_bytes().to_vec();
    bytes.resize(bytes.len().next_multiple_of(512), 0);
    bytes.extend(ID.as_bytes());
    bytes
}

const HOST_ID: (&str, &str) = ("host-id-set", "/etc/nvme/hostid");
const PATH: (&str, &str) = ("path", "etc/nvme/hostid");

#[test]
fn a_member_is_read_by_the_name_and_the_size_that_its_headers_give() {
    let size = ID.len().to_string();
    let id = ID.as_bytes();
    let decoy = [("comment", "x\n22 path=srv/elsewhere\n"), PATH];
    let table = [
        ("pax path", new().pax(b'x', &[PATH]).file("x", id)),
        (
            "a newline in a value",
            new().pax(b'x', &decoy).file("x", id),
        ),
        ("Solaris's letter", new().pax(b'X', &[PATH]).file("x", id)),
        (
            "pax size before a long name",
            new()
                .pax(b'x', &[("size", &size)])
                .member(b'L', "long", b"etc/nvme/hostid\0")
                .sized(b'0', "x", 0, id),
        ),
        (
            "a long name that ends at its first NUL",
            new()
                .member(b'L', "long", b"etc/nvme/hostid\0.off\0")
                .file("x", id),
        ),
        ("a contiguous file", new().member(b'7', PATH.1, id)),
        ("an unknown type", new().member(b'Z', PATH.1, id)),
        (
            "a directory of v7",
            new().member(0, "etc/nvme/", b"").file(PATH.1, id),
        ),
        (
            "a volume label",
            new().member(b'V', "label", b"").file(PATH.1, id),
        ),
        (
            "a link to a directory above it",
            new()
                .pax(b'x', &[("linkpath", "etc")])
                .member(b'2', "e", b"")
                .file("e/nvme/hostid", id),
        ),
    ];
    for (case, archive) in table {
        assert_eq!(lint_tar(&archive.end()), (1, pairs(&[HOST_ID])), "{case}");
    }
}

#[test]
fn a_sparse_member_is_read_under_its_own_name_without_its_map() {
    let real = (3 + ID.len()).to_string();
    let map = format!("0,{}", ID.len());
    let length = ID.len().to_string();
    let name = ("GNU.sparse.name", PATH.1);
    let table = [
        (
            "0.0",
            new().pax(
                b'x',
                &[
                    ("GNU.sparse.size", &real),
                    ("GNU.sparse.numblocks", "1"),
                    ("GNU.sparse.offset", "0"),
                    ("GNU.sparse.numbytes", &length),
                    PATH,
                ],
            ),
            ID.as_bytes().to_vec(),
        ),
        (
            "0.1",
            new().pax(
                b'x',
                &[name, ("GNU.sparse.size", &real), ("GNU.sparse.map", &map)],
            ),
            ID.as_bytes().to_vec(),
        ),
        (
            "1.0",
            new().pax(
                b'x',
                &[
                    ("GNU.sparse.major", "1"),
                    ("GNU.sparse.minor", "0"),
                    name,
                    ("GNU.sparse.realsize", &real),
                ],
            ),
            block(&format!("1\n0\n{length}\n")),
        ),
    ];
    for (case, archive, stored) in table {
        let archive = archive.file("GNUSparseFile.0/hostid", &stored);
        assert_eq!(lint_tar(&archive.end()), (1, pairs(&[HOST_ID])), "{case}");
    }
}

#[test]
fn a_form_that_programs_read_differently_is_an_error() {
    let id = ID.as_bytes();
    let other = [("path", "srv/elsewhere")];
    let volume = [("GNU.volume.filename", "x"), ("GNU.volume.offset", "9")];
    let bad = [("GNU.sparse.major", "2"), ("GNU.sparse.realsize", "9")];
    let star = [("SCHILY.filetype", "sparse")];
    let table = [
        ("its end mark", new().file("x", b"").end()),
        ("a size", new().sized(b'1', "x", 512, &[0; 512]).0),
        ("a size", new().sized(b'5', "x", 512, &[0; 512]).0),
        ("multi-volume", new().member(b'M', "x", b"").0),
        ("multi-volume", new().pax(b'g', &volume).file("x", b"").0),
        ("type N", new().member(b'N', "x", b"x").0),
        ("label has data", new().member(b'V', PATH.1, id).0),
        (
            "label has data",
            new()
                .pax(b'x', &[("size", "37")])
                .member(b'V', PATH.1, b"")
                .0,
        ),
        ("one name", new().pax(b'g', &other).file(PATH.1, id).0),
        ("one name", new().pax(b'g', &[("size", "0")]).0),
        (
            "contradict",
            new()
                .pax(b'x', &other)
                .member(b'L', "long", b"etc/nvme/hostid\0")
                .file("x", id)
                .0,
        ),
        ("not valid", new().member(b'x', "pax", b"9 path=x").0),
        ("not valid", new().pax(b'x', &[("size", "+9")]).0),
        ("map", new().pax(b'x', &bad).file("x", b"").0),
        ("star", new().pax(b'x', &star).file("x", b"").0),
        ("between", new().pax(b'x', &other).0),
    ];
    for (case, mut archive) in table {
        if !archive.ends_with(&[0; 1024]) {
            archive.extend([0; 1024]);
        }
        if case == "its end mark" {
            archive.extend(tar(&[(PATH.1, id)]));
        }
        let output = lint_tar_raw(&archive, "json");
        let said = said(&output);
        assert_eq!(output.status.code(), Some(2), "{case}: {said}");
        assert!(said.contains(case), "{case}: {said}");
    }
}

/// The padding of a tape's record is read, and a disk's worth of zeros is not.
#[test]
fn zeros_after_the_end_mark_are_read_to_a_bound() {
    let archive = new().file(PATH.1, ID.as_bytes()).end();
    let padded = |length: usize| {
        let mut bytes = archive.clone();
        bytes.resize(bytes.len() + length, 0);
        lint_tar_raw(&bytes, "json").status.code()
    };
    assert_eq!(padded(10 << 20), Some(1));
    assert_eq!(padded(65 << 20), Some(2));
}

#[test]
fn a_file_named_manifest_json_does_not_hide_the_tree_around_it() {
    let id = format!("{MACHINE_ID}\n");
    let found = pairs(&[("machine-id-set", "/etc/machine-id"), HOST_ID]);
    for manifest in [
        &br#"[{"Config": "c.json", "RepoTags": ["x:1"], "Layers": []}]"#[..],
        br#"[{"Layers": ["none/layer.tar"]}]"#,
        br#"{"schemaVersion": 2, "layers": [{"digest": "sha256:0"}]}"#,
        br#"{"name": "an application of the web"}"#,
        br#"[{"Layers": ["layer.tar"]}]"#,
        b"[",
    ] {
        let archive = tar(&[
            ("etc/nvme/hostid", ID.as_bytes()),
            ("etc/machine-id", id.as_bytes()),
            ("layer.tar", &tar(&[("etc/hostname", b"node\n")])),
            ("manifest.json", manifest),
        ]);
        assert_eq!(lint_tar(&archive), (1, found.clone()));
    }
}

/// A second name of a file is judged by its own reader.
#[test]
fn a_hard_link_to_a_file_of_a_different_kind_is_reported() {
    let mut builder = tar::Builder::new(Vec::new());
    let (file, link) = (EntryType::Regular, EntryType::Link);
    raw(&mut builder, "etc/nvme/x.conf", file, "", ID.as_bytes());
    raw(&mut builder, PATH.1, link, "etc/nvme/x.conf", b"");
    let wanted = pairs(&[("link-not-followed", PATH.1)]);
    let wanted: Vec<_> = wanted
        .into_iter()
        .map(|(code, path)| (code, format!("/{path}")))
        .collect();
    assert_eq!(lint_tar(&builder.into_inner().unwrap()), (1, wanted));
}
