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
    fn a_path_has_no_part_that_leads_anywhere_else(name in proptest::collection::vec(any::<u8>(), 0..60)) {
        let path = cpio::path(&name);
        for part in path.split(|byte| *byte == b'/') {
            prop_assert!(path.is_empty() || (!part.is_empty() && part != b"." && part != b".."));
        }
        prop_assert_eq!(cpio::path(&path), path);
    }
}
