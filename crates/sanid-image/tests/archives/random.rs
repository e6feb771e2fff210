//! Whatever bytes come, the reader ends, with a word where it stopped.

use std::sync::LazyLock;

use proptest::prelude::*;
use sanid_image::Limits;
use sanid_image::cpio;
use sanid_image::initramfs::read;

use crate::build::COMPRESSIONS;

/// Small images in every compression.
static SEEDS: LazyLock<Vec<Vec<u8>>> = LazyLock::new(|| {
    let inner = cpio::archive(&[
        ("etc/nvme/hostid", b"a3b1c2d4-0000-4000-8000-0123456789ab\n"),
        (
            "etc/iscsi.initramfs",
            b"ISCSI_INITIATOR=iqn.2004-05.com.example:a\n",
        ),
        ("bulk", &b"some text that compresses ".repeat(40)),
    ]);
    COMPRESSIONS
        .iter()
        .map(|(_, compress)| compress(&inner))
        .collect()
});

const MAGICS: [&[u8]; 9] = [
    b"",
    b"070701",
    b"070702",
    &[0x1f, 0x8b, 8],
    &[0x28, 0xb5, 0x2f, 0xfd],
    &[0xfd, b'7', b'z', b'X', b'Z', 0],
    &[0x5d, 0, 0],
    &[0x02, 0x21, 0x4c, 0x18],
    b"BZh9",
];

/// A tar with every form of a sparse member, and the headers before a member.
static TAR: LazyLock<Vec<u8>> = LazyLock::new(|| {
    let mut builder = tar::Builder::new(Vec::new());
    let id = b"a3b1c2d4-0000-4000-8000-0123456789ab\n";
    let records: [&[(&str, &[u8])]; 3] = [
        &[("path", b"etc/nvme/hostid"), ("size", b"37")],
        &[("GNU.sparse.size", b"40"), ("GNU.sparse.map", b"3,37")],
        &[
            ("GNU.sparse.major", b"1"),
            ("GNU.sparse.realsize", b"40"),
            ("GNU.sparse.name", b"etc/nvme/hostnqn"),
        ],
    ];
    for (number, pax) in records.into_iter().enumerate() {
        builder.append_pax_extensions(pax.iter().copied()).unwrap();
        let mut data = if number == 2 {
            b"1\n3\n37\n".to_vec()
        } else {
            Vec::new()
        };
        data.resize(data.len().next_multiple_of(512), 0);
        data.extend(id);
        let mut header = tar::Header::new_ustar();
        header.set_path("etc/machine-id").unwrap();
        header.set_size(data.len() as u64);
        header.set_cksum();
        builder.append(&header, data.as_slice()).unwrap();
    }
    let mut header = tar::Header::new_gnu();
    header.set_path("boot/initrd.img-1").unwrap();
    header.set_entry_type(tar::EntryType::GNUSparse);
    header.set_size(37);
    header.as_mut_bytes()[386..410].copy_from_slice(b"00000000003\x0000000000045\0");
    header.as_mut_bytes()[482] = 1;
    header.as_mut_bytes()[483..495].copy_from_slice(b"00000000050\0");
    header.set_cksum();
    let map = [0; 512];
    builder
        .append(&header, &[&map[..], id].concat()[..])
        .unwrap();
    builder.into_inner().unwrap()
});

fn limits() -> Limits {
    Limits {
        output: 16 << 20,
        entries: 1000,
        ..Limits::default()
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    #[test]
    fn bytes_after_any_magic_never_panic(
        magic in 0..MAGICS.len(),
        rest in proptest::collection::vec(any::<u8>(), 0..400),
    ) {
        let mut image = MAGICS[magic].to_vec();
        image.extend(rest);
        read(image.as_slice(), &limits());
    }

    #[test]
    fn changed_bytes_in_an_image_never_panic(
        seed in 0..COMPRESSIONS.len(),
        changes in proptest::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..8),
        end in any::<prop::sample::Index>(),
        cut in any::<bool>(),
    ) {
        let mut image = SEEDS[seed].clone();
        for (index, byte) in changes {
            let at = index.index(image.len());
            image[at] = byte;
        }
        if cut {
            image.truncate(end.index(image.len()));
        }
        read(image.as_slice(), &limits());
    }

    #[test]
    fn changed_bytes_in_a_tar_never_panic(
        changes in proptest::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..5),
    ) {
        let mut archive = TAR.clone();
        for (index, byte) in changes {
            let at = index.index(archive.len());
            archive[at] = byte;
        }
        // A change in a header is seen by the reader, and not by the checksum alone.
        for header in archive.chunks_exact_mut(512) {
            let sum = |bytes: &[u8]| bytes.iter().map(|byte| u32::from(*byte)).sum::<u32>();
            if header[257..262] == *b"ustar" {
                let sum = sum(&header[..148]) + 256 + sum(&header[156..]);
                header[148..156].copy_from_slice(format!("{sum:06o}\0 ").as_bytes());
            }
        }
        sanid_image::lint::archive(archive.as_slice());
    }

    #[test]
    fn a_path_has_no_part_that_leads_anywhere_else(name in proptest::collection::vec(any::<u8>(), 0..60)) {
        let path = cpio::path(&name);
        for part in path.split(|byte| *byte == b'/') {
            prop_assert!(path.is_empty() || (!part.is_empty() && part != b"." && part != b".."));
        }
        prop_assert_eq!(cpio::path(&path), path);
    }
}
