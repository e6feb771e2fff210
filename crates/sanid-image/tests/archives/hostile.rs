//! Images that mean harm: bounded time and memory, a clear word, never a panic.

use std::io::Read;

use sanid_image::cpio::{self, entry};
use sanid_image::initramfs::read;
use sanid_image::{ImageError, Limits};

use crate::build::{COMPRESSIONS, IQN, early, gzip, legacy_lz4, main_archive, names, seen};

fn damage(image: &[u8]) -> String {
    seen(image)
        .damage
        .map(|damage| damage.to_string())
        .unwrap_or_default()
}

#[test]
fn reports_truncation_anywhere_and_keeps_earlier_files() {
    let mut image = early();
    let before = image.len();
    image.extend(cpio::archive(&[(
        "etc/nvme/hostnqn",
        b"nqn.2014-08.com.example:a\n",
    )]));
    for end in 0..image.len() {
        let seen = seen(&image[..end]);
        // Between two entries an archive may end, and so it may in padding.
        if let Some(damage) = seen.damage {
            let said = damage.to_string();
            let magic = end % before < 4 && said.contains("neither a cpio archive");
            assert!(
                magic || said.contains("middle of an entry"),
                "{end}: {said}"
            );
        }
        assert!(seen.files.is_empty() || end > before + 110, "{end}");
    }
    assert_eq!(seen(&image).files.len(), 1);
}

#[test]
fn reports_a_truncated_compressed_stream() {
    for (name, compress) in COMPRESSIONS {
        let stream = compress(&main_archive());
        for part in [1, 2, 3, 9] {
            let end = stream.len() * part / 10;
            let seen = seen(&stream[..end.max(7)]);
            // lz4 -l has no end of its own: what is cut between two blocks is cut in an entry.
            assert!(
                seen.damage.is_some(),
                "{name}: {end} of {} bytes",
                stream.len()
            );
        }
    }
}

#[test]
fn a_name_that_leads_upwards_is_the_path_that_the_kernel_makes_of_it() {
    let text = format!("InitiatorName={IQN}\n");
    let image = seen(&cpio::archive(&[(
        "../../x/../etc/./iscsi//initiatorname.iscsi",
        text.as_bytes(),
    )]));
    assert_eq!(names(&image), [("etc/iscsi/initiatorname.iscsi", IQN)]);
    assert_eq!(
        image.odd_names,
        ["../../x/../etc/./iscsi//initiatorname.iscsi"]
    );
}

#[test]
fn escapes_names_for_the_terminal() {
    let image = seen(&cpio::archive(&[("../\u{1b}[2J", b"")]));
    assert!(
        !image.odd_names[0].contains('\u{1b}'),
        "{:?}",
        image.odd_names
    );
    let image = seen(&cpio::archive(&[("etc/nvme/hostnqn", b"nqn.\x1b[2J\n")]));
    let names = names(&image);
    assert!(!names[0].1.contains('\u{1b}'), "{names:?}");
}

/// The fields of a header, by their index after the magic.
fn with(index: usize, value: &str) -> Vec<u8> {
    let mut bytes = cpio::archive(&[("etc/nvme/hostid", b"x\n")]);
    let at = 6 + index * 8;
    bytes[at..at + 8].copy_from_slice(value.as_bytes());
    bytes
}

#[test]
fn a_damaged_header_is_named() {
    let crc = {
        let mut bytes = with(12, "00000001");
        bytes[..6].copy_from_slice(b"070702");
        bytes
    };
    let nul = {
        let mut bytes = cpio::archive(&[("etc/nvme/hostid", b"x\n")]);
        bytes[112] = 0;
        bytes
    };
    let table: [(&str, Vec<u8>, &str); 9] = [
        ("size", with(6, "ffffffff"), "middle of an entry"),
        ("no name", with(11, "00000000"), "has no name"),
        ("long name", with(11, "00100000"), "longer than a path"),
        ("short name", with(11, "00000003"), "name does not end"),
        ("NUL", nul, "name does not end"),
        (
            "not hexadecimal",
            with(6, "0000000g"),
            "a number that is not hexadecimal",
        ),
        (
            "a sign",
            with(6, "+0000002"),
            "a number that is not hexadecimal",
        ),
        ("checksum", crc, "checksum"),
        ("old format", b"070707000000".repeat(20), "old cpio format"),
    ];
    for (case, bytes, expected) in table {
        let said = damage(&bytes);
        assert!(said.contains(expected), "{case}: {said}");
    }
}

#[test]
fn reports_an_unknown_format() {
    assert!(damage(b"hello world").contains("neither a cpio archive"));
    assert!(damage(&[0x89, b'L', b'Z', b'O', 0, 13, 10]).contains("lzo"));
    assert!(damage(&gzip(b"hello world")).contains("not a cpio archive"));
    assert!(damage(&gzip(&gzip(&main_archive()))).contains("not a cpio archive"));
    assert!(damage(&[main_archive(), b"junk".to_vec()].concat()).contains("neither"));
    assert_eq!(damage(b""), "");
    assert_eq!(damage(&[0; 5000]), "");
}

/// Zeros without end in the data of a file.
fn bomb(mib: usize) -> Vec<u8> {
    let mut bytes = Vec::new();
    entry(&mut bytes, b"bulk", 0o100_644, &vec![0; mib << 20]);
    bytes
}

#[test]
fn a_bomb_is_stopped_by_its_ratio_before_it_is_large() {
    let image = seen(&gzip(&bomb(80)));
    let damage = image.damage.unwrap();
    assert!(matches!(damage, ImageError::Limit { .. }), "{damage}");
    assert!(damage.to_string().contains("bomb"), "{damage}");
}

#[test]
fn the_limit_of_the_output_holds_over_all_parts() {
    let limits = Limits {
        output: 3 << 20,
        ..Limits::default()
    };
    let part = gzip(&main_archive());
    let small = read([part.clone(), part.clone()].concat().as_slice(), &limits);
    assert!(small.damage.is_none(), "{:?}", small.damage);
    let image = read(part.repeat(5).as_slice(), &limits);
    let damage = image.damage.unwrap().to_string();
    assert!(damage.contains("too large"), "{damage}");
}

#[test]
fn entries_and_kept_files_are_counted() {
    let limits = Limits {
        entries: 50,
        kept_files: 10,
        ..Limits::default()
    };
    let mut bytes = Vec::new();
    for _ in 0..51 {
        entry(&mut bytes, b"../a", 0o100_644, b"");
    }
    let image = read(bytes.as_slice(), &limits);
    assert!(image.damage.unwrap().to_string().contains("too many"));
    assert_eq!(image.odd_names.len(), 10);
}

#[test]
fn of_a_long_file_the_beginning_is_kept() {
    let long = format!("{}\n{}", "# ".repeat(3000), "InitiatorName=iqn.a:b");
    let image = seen(&cpio::archive(&[(
        "etc/initiatorname.iscsi",
        long.as_bytes(),
    )]));
    assert!(image.damage.is_none());
    assert_eq!(image.files.len(), 1);
}

/// A source that never ends.
struct Endless(&'static [u8], usize);

impl Read for Endless {
    fn read(&mut self, to: &mut [u8]) -> std::io::Result<usize> {
        for (index, byte) in to.iter_mut().enumerate() {
            *byte = self.0[(self.1 + index) % self.0.len()];
        }
        self.1 += to.len();
        Ok(to.len())
    }
}

#[test]
fn an_image_without_an_end_ends_at_a_limit() {
    let limits = Limits {
        entries: 1000,
        ..Limits::default()
    };
    let one = {
        let mut bytes = Vec::new();
        entry(&mut bytes, b"a", 0o100_644, b"");
        bytes.leak()
    };
    let image = read(Endless(one, 0), &limits);
    assert!(image.damage.is_some());
}

/// What each format lets a stream ask for is more than there is.
#[test]
fn a_stream_that_asks_for_too_much_memory_is_refused() {
    // A window descriptor for 3.75 TiB.
    let zstd = [0x28, 0xb5, 0x2f, 0xfd, 0x04, 0xff, 0, 0, 0, 0];
    // A dictionary of 4 GiB.
    let lzma = [
        0x5d, 0, 0, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0, 0,
    ];
    let mut xz = crate::build::xz(&main_archive());
    // The block header: its size, its flags, the filter LZMA2, the size of its properties, the dictionary.
    assert_eq!(xz[14..16], [0x21, 1]);
    xz[16] = 40;
    let sum = crc32(&xz[12..20]);
    xz[20..24].copy_from_slice(&sum.to_le_bytes());
    let mut lz4 = legacy_lz4(&main_archive());
    lz4[4..8].copy_from_slice(&u32::MAX.to_le_bytes());
    for (name, stream) in [
        ("zstd", zstd.to_vec()),
        ("lzma", lzma.to_vec()),
        ("xz", xz),
        ("lz4", lz4),
    ] {
        let said = damage(&stream);
        let reason = ["indow", "memory", "longer than"];
        assert!(
            reason.iter().any(|word| said.contains(word)),
            "{name}: {said}"
        );
    }
}

fn crc32(bytes: &[u8]) -> u32 {
    bytes.iter().fold(!0_u32, |sum, byte| {
        (0..8).fold(sum ^ u32::from(*byte), |sum, _| {
            if sum & 1 == 1 {
                (sum >> 1) ^ 0xedb8_8320
            } else {
                sum >> 1
            }
        })
    }) ^ !0
}
