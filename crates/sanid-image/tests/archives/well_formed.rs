//! Everything that the kernel unpacks is found, at any position.

use sanid_image::cpio::{self, entry};
use sanid_image::initramfs::Content;

use crate::build::{COMPRESSIONS, ID, IQN, early, gzip, main_archive, names, seen};

const PLACE: &str = "etc/iscsi/initiatorname.iscsi";

#[test]
fn reads_every_compression_after_the_microcode() {
    for (name, compress) in COMPRESSIONS {
        for padding in [0, 4, 1000] {
            let mut image = early();
            image.extend(compress(&main_archive()));
            image.resize(image.len() + padding, 0);
            let image = seen(&image);
            assert!(image.damage.is_none(), "{name}: {:?}", image.damage);
            assert_eq!(names(&image), [(PLACE, IQN)], "{name}");
            assert!(image.has_sanid && !image.host_only, "{name}");
            let last = image.segments.last().unwrap();
            assert_eq!(last.compression.name(), name);
        }
    }
}

#[test]
fn reads_archives_after_compressed_ones() {
    // lz4 -l goes on to the end of the file, and so does the kernel.
    for (name, compress) in COMPRESSIONS.into_iter().filter(|(name, _)| *name != "lz4") {
        let mut image = compress(&main_archive());
        image.extend([0; 512]);
        let id = format!("{ID}\n");
        image.extend(gzip(&cpio::archive(&[("etc/nvme/hostid", id.as_bytes())])));
        let image = seen(&image);
        assert!(image.damage.is_none(), "{name}: {:?}", image.damage);
        assert_eq!(
            names(&image),
            [(PLACE, IQN), ("etc/nvme/hostid", ID)],
            "{name}"
        );
    }
}

#[test]
fn several_archives_in_one_stream_are_read_each() {
    let mut inner = early();
    inner.extend(main_archive());
    let image = seen(&gzip(&inner));
    assert!(image.damage.is_none());
    assert_eq!(names(&image), [(PLACE, IQN)]);
}

/// `init/initramfs.c` creates each file anew.
#[test]
fn of_two_entries_for_one_path_the_last_counts() {
    let mut image = main_archive();
    image.extend(cpio::archive(&[(
        PLACE,
        b"InitiatorName=iqn.2004-05.com.example:last\n",
    )]));
    assert_eq!(
        names(&seen(&image)),
        [(PLACE, "iqn.2004-05.com.example:last")]
    );
    let mut bytes = main_archive();
    let mut directory = Vec::new();
    entry(&mut directory, PLACE.as_bytes(), 0o040_755, b"");
    bytes.extend(directory);
    assert!(seen(&bytes).files.is_empty(), "a directory in its place");
}

/// GNU cpio gives the data of a file with several names to the last of them.
#[test]
fn a_file_with_several_names_is_found_under_each() {
    let mut bytes = Vec::new();
    let data = format!("InitiatorName={IQN}\n");
    for (name, data) in [("etc/initiatorname.iscsi", ""), (PLACE, data.as_str())] {
        let start = bytes.len();
        entry(&mut bytes, name.as_bytes(), 0o100_600, data.as_bytes());
        // c_nlink is the fifth number.
        bytes[start + 6 + 32..start + 6 + 40].copy_from_slice(b"00000002");
    }
    assert_eq!(
        names(&seen(&bytes)),
        [("etc/initiatorname.iscsi", IQN), (PLACE, IQN)]
    );
}

#[test]
fn each_file_says_what_its_reader_takes() {
    let name = |text: &str| Content::Name(text.into());
    let table: [(&str, &str, Content); 12] = [
        (
            "etc/initiatorname.iscsi",
            "InitiatorName='iqn.a:b' # x\n",
            name("iqn.a:b"),
        ),
        (
            "run/initiatorname.iscsi",
            "InitiatorName=iqn.a:b\n",
            name("iqn.a:b"),
        ),
        (
            "etc/iscsi.initramfs",
            "ISCSI_INITIATOR=iqn.a:b\nISCSI_TARGET_IP=::1\n",
            name("iqn.a:b"),
        ),
        ("etc/iscsi.initramfs", "ISCSI_AUTO=true\n", Content::Nothing),
        (
            "etc/nvme/hostnqn",
            "nqn.2014-08.com.example:a\n",
            name("nqn.2014-08.com.example:a"),
        ),
        ("usr/local/etc/nvme/hostid", &format!("{ID}\n"), name(ID)),
        ("usr/etc/nvme/hostnqn", "", Content::Nothing),
        ("etc/machine-id", "", Content::Nothing),
        ("etc/machine-id", "uninitialized\n", Content::Nothing),
        (
            "etc/machine-id",
            "none\n",
            Content::Unusable("finds no machine-id".into()),
        ),
        (
            PLACE,
            "InitiatorName=$(hostname)\n",
            Content::Unusable("gives '$' in line 1 a meaning of its own".into()),
        ),
        (PLACE, "# nothing\n", Content::Nothing),
    ];
    for (path, text, expected) in table {
        let image = seen(&cpio::archive(&[(path, text.as_bytes())]));
        let found: Vec<_> = image.files.iter().map(|one| &one.content).collect();
        assert_eq!(found, [&expected], "{path}: {text}");
    }
}

#[test]
fn a_machine_id_is_known_by_its_fingerprint_alone() {
    let id = "3d1219c7c4c5404aaa1f6d2a48adfda4";
    let image = seen(&cpio::archive(&[("etc/machine-id", id.as_bytes())]));
    let fingerprint = sanid_core::MachineId::parse(id).unwrap().fingerprint();
    assert_eq!(image.files[0].content, Content::Seed(fingerprint));
    assert!(!format!("{image:?}").contains(id));
}

#[test]
fn a_link_is_not_a_name_and_shows_its_target() {
    let mut bytes = Vec::new();
    entry(
        &mut bytes,
        b"etc/machine-id",
        0o120_777,
        b"../run/machine-id",
    );
    let image = seen(&bytes);
    assert_eq!(
        image.files[0].content,
        Content::Link("../run/machine-id".into())
    );
}
