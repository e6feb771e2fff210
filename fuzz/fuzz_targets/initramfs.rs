//! Images of an initramfs, in every compression: the reader ends, within its limits.
#![no_main]

use libfuzzer_sys::fuzz_target;
use sanid_image::Limits;
use sanid_image::initramfs::read;

fuzz_target!(|data: &[u8]| {
    let limits = Limits {
        output: 4 << 20,
        entries: 1000,
        kept_files: 20,
        ..Limits::default()
    };
    let image = read(data, &limits);
    assert!(image.files.len() <= 20 && image.odd_names.len() <= 20);
    assert!(image.segments.iter().map(|one| one.entries).sum::<u64>() <= 1001);
});
