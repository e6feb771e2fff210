//! Tars of every kind: compressed, in members, layers with whiteouts, OCI Image Layout, `docker save`.

use std::io::Write as _;
use std::process::{Command, Stdio};

use serde_json::json;
use tar::EntryType;

use crate::support::{
    Files, ID, IQN, MACHINE_ID, NQN, gzip, lint_tar, lint_tar_raw, pairs, raw, said, sanid_image,
    tar, tree,
};

/// Codes and paths.
type Findings = Vec<(String, String)>;

/// The digests are names here: what they would prove is not this program's question.
fn digest(number: usize) -> String {
    format!("{number:064x}")
}

/// An OCI Image Layout of these layers.
fn oci(layers: &[Vec<u8>]) -> Vec<u8> {
    let list: Vec<_> = (0..layers.len())
        .map(|number| {
            json!({
                "mediaType": "application/vnd.oci.image.layer.v1.tar+gzip",
                "digest": format!("sha256:{}", digest(number)),
            })
        })
        .collect();
    let manifest = json!({ "schemaVersion": 2, "layers": list }).to_string();
    let index = json!({ "schemaVersion": 2, "manifests": [{ "digest": format!("sha256:{}", digest(999)) }] });
    let index = index.to_string();
    let mut files: Vec<(String, &[u8])> = Vec::new();
    // The upper layers first: the order in the archive has no meaning.
    for (number, layer) in layers.iter().enumerate().rev() {
        files.push((format!("blobs/sha256/{}", digest(number)), layer));
    }
    files.push((format!("blobs/sha256/{}", digest(999)), manifest.as_bytes()));
    files.push(("index.json".into(), index.as_bytes()));
    files.push(("oci-layout".into(), b"{\"imageLayoutVersion\":\"1.0.0\"}"));
    whole(&files)
}

/// What `docker save` wrote before it wrote an OCI layout.
fn docker(layers: &[Vec<u8>]) -> Vec<u8> {
    let names: Vec<String> = (0..layers.len())
        .map(|number| format!("{}/layer.tar", digest(number)))
        .collect();
    let manifest =
        json!([{ "Config": "c.json", "RepoTags": ["x:1"], "Layers": names }]).to_string();
    let mut files: Vec<(String, &[u8])> = Vec::new();
    for (name, layer) in names.iter().zip(layers) {
        files.push((name.clone(), layer));
    }
    files.push(("c.json".into(), b"{}"));
    files.push(("manifest.json".into(), manifest.as_bytes()));
    whole(&files)
}

fn whole(files: &[(String, &[u8])]) -> Vec<u8> {
    let files: Vec<(&str, &[u8])> = files
        .iter()
        .map(|(name, bytes)| (name.as_str(), *bytes))
        .collect();
    tar(&files)
}

#[test]
#[ignore = "needs tar and compressors"]
fn the_tar_of_tar_is_read_in_every_compression() {
    let image = tree(&[
        ("etc/machine-id", format!("{MACHINE_ID}\n").as_bytes()),
        ("etc/nvme/hostid", ID.as_bytes()),
        (
            &format!("usr/share/{}/{}", "d".repeat(120), "n".repeat(150)),
            b"a long name",
        ),
    ]);
    for format in ["gnu", "pax", "ustar", "v7", "oldgnu"] {
        let output = Command::new("tar")
            .args(["--create", "--format", format, "--directory"])
            .arg(image.path())
            .arg(".")
            .stderr(Stdio::null())
            .output()
            .unwrap();
        let wanted = (
            1,
            pairs(&[
                ("machine-id-set", "/etc/machine-id"),
                ("host-id-set", "/etc/nvme/hostid"),
            ]),
        );
        assert_eq!(lint_tar(&output.stdout), wanted, "{format}");
        for program in ["gzip", "bzip2", "xz", "zstd", "lz4"] {
            assert_eq!(
                lint_tar(&filtered(program, &output.stdout)),
                wanted,
                "{format} {program}"
            );
        }
    }
}

/// The map of a file with many holes continues after its header.
#[test]
#[ignore = "needs tar and compressors"]
fn a_sparse_file_is_passed_over_whole() {
    use std::os::unix::fs::FileExt as _;
    let image = tree(&[("a-sparse-file", b""), ("etc/nvme/hostid", ID.as_bytes())]);
    let path = image.path().join("a-sparse-file");
    let file = std::fs::File::options().write(true).open(path).unwrap();
    for hole in 0..60 {
        file.write_all_at(b"data", hole << 20).unwrap();
    }
    drop(file);
    for format in ["gnu", "pax"] {
        let output = Command::new("tar")
            .args(["--create", "--sparse", "--format", format, "--directory"])
            .arg(image.path())
            .args(["a-sparse-file", "etc"])
            .output()
            .unwrap();
        assert!(output.stdout.len() < 1 << 20, "tar saw the holes");
        let wanted = (1, pairs(&[("host-id-set", "/etc/nvme/hostid")]));
        assert_eq!(lint_tar(&output.stdout), wanted, "{format}");
    }
}

fn filtered(program: &str, bytes: &[u8]) -> Vec<u8> {
    let mut child = Command::new(program)
        .arg("-c")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap_or_else(|error| panic!("{program}: {error}"));
    let mut stdin = child.stdin.take().unwrap();
    let bytes = bytes.to_vec();
    let writer = std::thread::spawn(move || stdin.write_all(&bytes).unwrap());
    let output = child.wait_with_output().unwrap();
    writer.join().unwrap();
    output.stdout
}

/// eStargz and pigz: a member for each piece. zstd:chunked: frames, and one that is to be skipped.
#[test]
#[ignore = "needs tar and compressors"]
fn concatenated_members_are_one_tar() {
    let whole = tar(&[("etc/hostname", b"x"), ("etc/nvme/hostid", ID.as_bytes())]);
    let wanted = (1, pairs(&[("host-id-set", "/etc/nvme/hostid")]));
    let (first, second) = whole.split_at(700);
    assert_eq!(lint_tar(&[gzip(first), gzip(second)].concat()), wanted);
    let skipped = [&[0x50, 0x2a, 0x4d, 0x18, 3, 0, 0, 0][..], b"xyz"].concat();
    let frames = [
        filtered("zstd", first),
        skipped.clone(),
        filtered("zstd", second),
        skipped,
    ]
    .concat();
    assert_eq!(lint_tar(&frames), wanted);
}

#[test]
#[ignore = "needs tar and compressors"]
fn later_layers_win_and_whiteouts_are_honoured() {
    let nothing: Files<'_> = &[];
    let id = format!("{MACHINE_ID}\n");
    let lower = tar(&[
        ("etc/machine-id", id.as_bytes()),
        ("etc/iscsi/initiatorname.iscsi", IQN.as_bytes()),
        ("etc/nvme/hostnqn", NQN.as_bytes()),
        ("etc/nvme/hostid", ID.as_bytes()),
    ]);
    let all = [
        ("initiator-name-set", "/etc/iscsi/initiatorname.iscsi"),
        ("machine-id-set", "/etc/machine-id"),
        ("host-id-set", "/etc/nvme/hostid"),
        ("host-nqn-set", "/etc/nvme/hostnqn"),
    ];
    let without = |gone: &[&str]| {
        let left = all
            .into_iter()
            .filter(|(_, path)| !gone.iter().any(|one| path.starts_with(one)));
        pairs(&left.collect::<Vec<_>>())
    };
    let rows: [(Vec<u8>, Findings); 7] = [
        (tar(nothing), without(&[])),
        (
            tar(&[("etc/machine-id", b"")]),
            without(&["/etc/machine-id"]),
        ),
        (
            tar(&[("etc/iscsi/.wh.initiatorname.iscsi", b"")]),
            without(&["/etc/iscsi"]),
        ),
        (tar(&[("etc/.wh.nvme", b"")]), without(&["/etc/nvme"])),
        // What the same layer has in an opaque directory stays (OCI Image Layer Specification).
        (
            tar(&[
                ("etc/nvme/hostid", ID.as_bytes()),
                ("etc/nvme/.wh..wh..opq", b""),
            ]),
            without(&["/etc/nvme/hostnqn"]),
        ),
        (tar(&[(".wh..wh..opq", b"")]), Vec::new()),
        // A file where the directory was.
        (tar(&[("etc/nvme", b"")]), without(&["/etc/nvme"])),
    ];
    for (number, (upper, wanted)) in rows.into_iter().enumerate() {
        let wanted = (i32::from(!wanted.is_empty()), wanted);
        for layers in [
            vec![lower.clone(), upper.clone()],
            vec![gzip(&lower), filtered("zstd", &upper)],
        ] {
            assert_eq!(lint_tar(&oci(&layers)), wanted, "OCI, row {number}");
            assert_eq!(lint_tar(&docker(&layers)), wanted, "docker, row {number}");
            assert_eq!(
                lint_tar(&gzip(&oci(&layers))),
                wanted,
                "compressed, row {number}"
            );
        }
    }
}

#[test]
fn whiteouts_are_honoured_in_deployments_of_ostree() {
    let lower = tar(&[
        ("ostree/deploy/os/deploy/0.0/etc/nvme/hostid", ID.as_bytes()),
        ("ostree/deploy/os/deploy/1.0/etc/nvme/hostid", ID.as_bytes()),
        (
            "ostree/deploy/os/var/lib/iscsi/ifaces/a",
            b"iface.initiatorname = iqn.2004-05.com.example:a\n",
        ),
    ]);
    let [old, new, shared] = [
        (
            "host-id-set",
            "/ostree/deploy/os/deploy/0.0/etc/nvme/hostid",
        ),
        (
            "host-id-set",
            "/ostree/deploy/os/deploy/1.0/etc/nvme/hostid",
        ),
        (
            "iscsi-record-initiator",
            "/ostree/deploy/os/var/lib/iscsi/ifaces/a",
        ),
    ];
    let rows: [(&str, &[(&str, &str)]); 7] = [
        ("ostree/deploy/os/deploy/.wh.0.0", &[new, shared]),
        ("ostree/deploy/os/deploy/0.0/etc/.wh.nvme", &[new, shared]),
        ("ostree/deploy/os/deploy/.wh..wh..opq", &[shared]),
        ("ostree/deploy/os/.wh.var", &[old, new]),
        ("ostree/deploy/os/var/.wh..wh..opq", &[old, new]),
        ("ostree/deploy/.wh.os", &[]),
        // A file where the deployment was.
        ("ostree/deploy/os/deploy/1.0", &[old, shared]),
    ];
    for (path, left) in rows {
        let layers = [lower.clone(), tar(&[(path, b"")])];
        let wanted = (i32::from(!left.is_empty()), pairs(left));
        assert_eq!(lint_tar(&oci(&layers)), wanted, "{path}");
    }
}

/// `docker save` of some versions writes a layer that two images share once, and a link to it.
#[test]
fn a_layer_that_is_a_link_to_another_is_read() {
    let layer = tar(&[("etc/nvme/hostid", ID.as_bytes())]);
    let mut builder = tar::Builder::new(Vec::new());
    let file = EntryType::Regular;
    raw(&mut builder, "aaaa/layer.tar", file, "", &layer);
    raw(
        &mut builder,
        "bbbb/layer.tar",
        EntryType::Symlink,
        "../aaaa/layer.tar",
        b"",
    );
    raw(
        &mut builder,
        "manifest.json",
        file,
        "",
        br#"[{"Layers":["bbbb/layer.tar"]}]"#,
    );
    let wanted = (1, pairs(&[("host-id-set", "/etc/nvme/hostid")]));
    assert_eq!(lint_tar(&builder.into_inner().unwrap()), wanted);
}

#[test]
fn reports_a_missing_layer() {
    let mut builder = tar::Builder::new(Vec::new());
    raw(
        &mut builder,
        "manifest.json",
        EntryType::Regular,
        "",
        br#"[{"Layers":["none/layer.tar"]}]"#,
    );
    let wanted = (1, pairs(&[("not-readable", "/none/layer.tar")]));
    assert_eq!(lint_tar(&builder.into_inner().unwrap()), wanted);
}

#[test]
fn a_hard_link_is_what_it_is_a_name_of() {
    let mut builder = tar::Builder::new(Vec::new());
    let (file, link) = (EntryType::Regular, EntryType::Link);
    raw(&mut builder, "etc/nvme/hostid", file, "", ID.as_bytes());
    raw(
        &mut builder,
        "etc/nvme/hostid.old",
        link,
        "etc/nvme/hostid",
        b"",
    );
    raw(&mut builder, "etc/nvme/hostnqn", link, "srv/elsewhere", b"");
    let wanted = pairs(&[
        ("host-id-set", "/etc/nvme/hostid"),
        ("host-id-set", "/etc/nvme/hostid.old"),
        ("link-not-followed", "/etc/nvme/hostnqn"),
    ]);
    assert_eq!(lint_tar(&builder.into_inner().unwrap()), (1, wanted));
}

#[test]
fn a_tar_of_nothing_is_not_the_root_of_a_system() {
    for archive in [tar(&[]), tar(&[("./", b"")])] {
        let output = lint_tar_raw(&archive, "text");
        assert_eq!(output.status.code(), Some(2), "{}", said(&output));
        assert!(
            said(&output).contains("root of a system"),
            "{}",
            said(&output)
        );
    }
    let output = lint_tar_raw(&tar(&[("etc/hostname", b"node\n")]), "text");
    assert_eq!(said(&output), "no identity in standard input\n");
}

/// `docker save` that fails leaves nothing in the pipe, or a part.
#[test]
fn an_incomplete_archive_is_never_clean() {
    let whole = tar(&[("etc/hostname", b"node\n")]);
    let entry = 1024;
    for (bytes, why) in [
        (&b""[..], "it is empty"),
        (&gzip(b""), "it is empty"),
        (&whole[..entry], "it has no end mark"),
        (&gzip(&whole[..entry]), "it has no end mark"),
    ] {
        let output = lint_tar_raw(bytes, "text");
        let said = said(&output);
        assert!(said.contains(why), "{said}");
        assert_eq!(output.status.code(), Some(2), "{said}");
    }
    assert_eq!(lint_tar(&whole), (0, Vec::new()));
}

#[test]
fn refuses_an_empty_directory() {
    let empty = tempfile::tempdir().unwrap();
    let path = empty.path().to_str().unwrap();
    for words in [&["lint", "--root", path][..], &["seal", "--root", path]] {
        let output = sanid_image(words);
        let said = said(&output);
        assert!(
            said.contains("is the image mounted or unpacked there?"),
            "{said}"
        );
        assert_eq!(output.status.code(), Some(2), "{said}");
    }
}
