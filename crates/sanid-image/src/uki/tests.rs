use proptest::prelude::*;

use super::*;

/// Where the image has its PE header, its table of sections and its first section.
const HEADER: usize = 0x40;
const TABLE: usize = HEADER + 24 + 8;
const ENTRY: usize = 40;
const DATA: usize = 1024;

/// Names of sections that are of interest.
const COMMAND_LINE_NAME: &[u8; 8] = b".cmdline";
const INITRAMFS_NAME: &[u8; 8] = b".initrd\0";

/// A PE file with these sections, each on a block of its own.
fn pe(sections: &[(&[u8; 8], &[u8])]) -> Vec<u8> {
    let begin = DATA.max((TABLE + ENTRY * sections.len()).next_multiple_of(512));
    let mut file = vec![0; HEADER];
    file[..2].copy_from_slice(b"MZ");
    file[0x3c] = 0x40;
    file.extend(b"PE\0\0");
    file.extend([0x64, 0x86]);
    file.extend(u16::try_from(sections.len()).unwrap().to_le_bytes());
    file.extend([0; 12]);
    file.extend(8_u16.to_le_bytes());
    file.extend([0; 2 + 8]);
    let mut at = u32::try_from(begin).unwrap();
    for (name, data) in sections {
        let size = u32::try_from(data.len()).unwrap();
        let stored = size.next_multiple_of(512);
        file.extend(*name);
        for number in [size, at, stored, at] {
            file.extend(number.to_le_bytes());
        }
        file.extend([0; 16]);
        at += stored;
    }
    file.resize(begin, 0);
    for (_, data) in sections {
        file.extend(*data);
        file.resize(file.len().next_multiple_of(512), 0);
    }
    file
}

/// The same file with other bytes at one place.
fn with(mut file: Vec<u8>, at: usize, bytes: &[u8]) -> Vec<u8> {
    file[at..at + bytes.len()].copy_from_slice(bytes);
    file
}

/// Where the table has a number of a section: its size in memory, its size in the file, its offset.
fn field(section: usize, number: &str) -> usize {
    let fields = [("size", 8), ("stored", 16), ("offset", 20)];
    let (_, at) = fields.iter().find(|(name, _)| *name == number).unwrap();
    TABLE + section * ENTRY + at
}

fn seen(file: &[u8]) -> Uki {
    read(file, &Limits::default())
}

/// One command line of 5 bytes.
fn quiet() -> Vec<u8> {
    pe(&[(COMMAND_LINE_NAME, b"quiet")])
}

fn carrying(path: &str) -> Vec<u8> {
    crate::cpio::archive(&[(path, b"x")])
}

fn paths(uki: &Uki) -> Vec<&str> {
    let files = uki.images.iter().flat_map(|image| &image.files);
    files.map(|file| file.path.as_str()).collect()
}

#[test]
fn sections_are_read_where_the_table_says_that_they_are() {
    let uki = seen(&pe(&[
        (b".osrel\0\0", b"ID=x"),
        (INITRAMFS_NAME, &carrying("etc/nvme/hostid")),
        (b".linux\0\0", &[7; 3000]),
        (COMMAND_LINE_NAME, b"quiet"),
        (b".profile", b"ID=other"),
        (COMMAND_LINE_NAME, b"verbose"),
        (INITRAMFS_NAME, &carrying("etc/nvme/hostnqn")),
    ]));
    assert!(uki.damage.is_none(), "{:?}", uki.damage);
    assert_eq!(uki.command_lines, [&b"quiet"[..], b"verbose"]);
    assert_eq!(paths(&uki), ["etc/nvme/hostid", "etc/nvme/hostnqn"]);
}

#[test]
fn the_table_names_sections_in_any_order() {
    let file = pe(&[
        (COMMAND_LINE_NAME, b"first"),
        (INITRAMFS_NAME, &carrying("etc/nvme/hostid")),
        (COMMAND_LINE_NAME, b"last"),
    ]);
    let entry = |index: usize| file[TABLE + index * ENTRY..][..ENTRY].to_vec();
    let turned = [entry(2), entry(1), entry(0)].concat();
    let uki = seen(&with(file.clone(), TABLE, &turned));
    assert!(uki.damage.is_none(), "{:?}", uki.damage);
    assert_eq!(uki.command_lines, [&b"first"[..], b"last"]);
    assert_eq!(paths(&uki), ["etc/nvme/hostid"]);
}

#[test]
fn a_file_without_these_sections_carries_nothing() {
    for file in [
        pe(&[]),
        pe(&[(b".text\0\0\0", b"a boot loader")]),
        // Another name with the same beginning, and a shorter one.
        pe(&[(b".initrdx", &carrying("etc/nvme/hostid"))]),
        pe(&[(b".cmdlin\0", b"quiet")]),
    ] {
        let uki = seen(&file);
        assert!(uki.damage.is_none(), "{:?}", uki.damage);
        assert!(uki.command_lines.is_empty() && uki.images.is_empty());
    }
}

/// The size in memory counts, without what fills the file up to a block; where a linker left it at zero,
/// the size in the file; and never more than that.
#[test]
fn a_section_is_as_long_as_what_the_file_has_of_it() {
    let filled = with(vec![0; 512], 0, b"quiet");
    for (size, stored, line) in [
        (5, 512, &b"quiet"[..]),
        (0, 512, &filled),
        (4096, 512, &filled),
        (u32::MAX, 512, &filled),
        (5, 3, b"qui"),
        (0, 0, b""),
    ] {
        let file = with(quiet(), field(0, "size"), &u32::to_le_bytes(size));
        let uki = seen(&with(file, field(0, "stored"), &u32::to_le_bytes(stored)));
        assert!(uki.damage.is_none(), "{:?}", uki.damage);
        assert_eq!(uki.command_lines, [line], "{size} {stored}");
    }
}

#[test]
fn reports_a_file_that_is_not_pe() {
    let many = vec![(COMMAND_LINE_NAME, &b"quiet"[..]); SECTIONS + 1];
    let whole = quiet();
    for (what, file) in [
        ("empty", Vec::new()),
        ("two bytes", b"MZ".to_vec()),
        ("no DOS signature", with(quiet(), 0, b"ZM")),
        ("no PE signature", with(quiet(), HEADER, b"PE\0\x01")),
        ("before the header's place", whole[..0x3e].to_vec()),
        ("before the header", whole[..HEADER + 2].to_vec()),
        ("before the count", whole[..HEADER + 7].to_vec()),
        ("before the table's place", whole[..HEADER + 21].to_vec()),
        ("before the table", whole[..TABLE].to_vec()),
        ("within a name", whole[..TABLE + 7].to_vec()),
        ("within a size", whole[..TABLE + 11].to_vec()),
        ("within an offset", whole[..TABLE + 23].to_vec()),
        ("header far away", with(quiet(), 0x3c, &[0xff; 4])),
        ("table far away", with(quiet(), HEADER + 20, &[0xff; 2])),
        (
            "more sections than the table",
            with(quiet(), HEADER + 6, &[0xff; 2]),
        ),
        ("more sections than any has", pe(&many)),
    ] {
        let uki = seen(&file);
        let damage = uki.damage.unwrap_or_default();
        assert!(damage.contains("not a PE file"), "{what}: {damage}");
        assert!(uki.command_lines.is_empty(), "{what}");
    }
    let uki = seen(&pe(&many[1..]));
    assert_eq!((uki.damage, uki.command_lines.len()), (None, SECTIONS));
}

#[test]
fn the_header_says_where_the_table_is() {
    // With an optional header that is 16 bytes longer, as those of 64 bits are longer than those of 32.
    let file = quiet();
    let longer = [
        &file[..TABLE],
        &[0; 16],
        &file[TABLE..DATA - 16],
        &file[DATA..],
    ]
    .concat();
    let uki = seen(&with(longer, HEADER + 20, &[8 + 16]));
    assert_eq!(
        (uki.damage, uki.command_lines),
        (None, vec![b"quiet".to_vec()])
    );
}

#[test]
fn reports_a_faulty_section() {
    let offset =
        |file: Vec<u8>, section, at: u32| with(file, field(section, "offset"), &at.to_le_bytes());
    let two = || pe(&[(COMMAND_LINE_NAME, b"quiet"), (COMMAND_LINE_NAME, b"quiet")]);
    let endless = with(quiet(), field(0, "size"), &[0xff; 4]);
    let initramfs = pe(&[(INITRAMFS_NAME, &carrying("etc/nvme/hostid"))]);
    let cut = pe(&[(b".linux\0\0", &[7; 3000]), (COMMAND_LINE_NAME, b"quiet")]);
    for (file, words) in [
        (cut[..2000].to_vec(), "ends before its sections"),
        (offset(quiet(), 0, 5000), "ends before its sections"),
        (offset(quiet(), 0, u32::MAX), "ends before its sections"),
        (cut[..cut.len() - 510].to_vec(), "ends within a section"),
        (
            with(endless, field(0, "stored"), &[0xff; 4]),
            "ends within a section",
        ),
        (initramfs[..DATA + 100].to_vec(), "ends within a section"),
        // By one byte, in the other order, and the whole of it.
        (offset(two(), 1, 1028), "overlap"),
        (offset(two(), 0, 1537), "overlap"),
        (offset(two(), 1, 1024), "overlap"),
    ] {
        let damage = seen(&file).damage.unwrap_or_default();
        assert!(damage.contains(words), "{words}: {damage}");
    }
}

#[test]
fn a_command_line_has_a_bound() {
    let most = usize::try_from(COMMAND_LINE).unwrap();
    let uki = seen(&pe(&[(COMMAND_LINE_NAME, &vec![b'x'; most])]));
    assert_eq!((uki.damage, uki.command_lines[0].len()), (None, most));
    let uki = seen(&pe(&[(COMMAND_LINE_NAME, &vec![b'x'; most + 1])]));
    assert_eq!(uki.command_lines[0].len(), most);
    assert!(uki.damage.unwrap().contains("longer than any"));
}

/// A fault inside an initramfs is reported for the initramfs, and the sections after it are read.
#[test]
fn a_damaged_initramfs_does_not_hide_what_comes_after_it() {
    let uki = seen(&pe(&[
        (INITRAMFS_NAME, &vec![b'?'; 300_000]),
        (COMMAND_LINE_NAME, b"quiet"),
    ]));
    assert!(uki.damage.is_none(), "{:?}", uki.damage);
    assert!(uki.images[0].damage.is_some());
    assert_eq!(uki.command_lines, [b"quiet"]);
}

#[test]
fn the_limits_hold_for_each_initramfs() {
    let limits = Limits {
        entries: 1,
        ..Limits::default()
    };
    let files: &[(&str, &[u8])] = &[("a", b""), ("etc/nvme/hostid", b"x")];
    let file = pe(&[(INITRAMFS_NAME, &crate::cpio::archive(files))]);
    assert!(
        read(&file[..], &Limits::default()).images[0]
            .damage
            .is_none()
    );
    assert!(read(&file[..], &limits).images[0].damage.is_some());
}

/// Of what has no PE header at its beginning no more is read, or kept, than a header takes.
#[test]
fn does_not_read_a_file_that_is_not_pe_to_its_end() {
    struct NotBeyond(u64);

    impl Read for NotBeyond {
        fn read(&mut self, to: &mut [u8]) -> io::Result<usize> {
            assert!(self.0 > 0, "more than the head was asked for");
            let count = usize::try_from(self.0).unwrap().min(to.len());
            self.0 -= count as u64;
            to[..count].fill(0);
            Ok(count)
        }
    }
    let damage = read(NotBeyond(HEAD), &Limits::default()).damage.unwrap();
    assert!(damage.contains("not a PE file"), "{damage}");
}

proptest! {
    #[test]
    fn arbitrary_bytes_never_panic(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
        let mut file = pe(&[(COMMAND_LINE_NAME, b"quiet"), (INITRAMFS_NAME, b"070701")]);
        for (index, byte) in bytes.iter().enumerate() {
            // Into the headers and the table, where they matter most.
            if byte % 3 == 0 {
                file[index] = *byte;
            }
        }
        let _ = seen(&file);
        let _ = seen(&bytes);
    }
}
