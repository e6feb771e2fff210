//! Compressed streams and images, made with the crates' own encoders.

use std::io::Write as _;

use sanid_image::initramfs::{Content, Image, read};
use sanid_image::{Limits, cpio};

pub(crate) const IQN: &str = "iqn.1993-08.org.debian:01:5ca1ab1e0042";
pub(crate) const ID: &str = "a3b1c2d4-0000-4000-8000-0123456789ab";

/// Makes a stream.
type Compress = fn(&[u8]) -> Vec<u8>;

/// Every compression by its name, with what makes a stream of it.
pub(crate) const COMPRESSIONS: [(&str, Compress); 8] = [
    ("none", <[u8]>::to_vec),
    ("gzip", gzip),
    ("zstd", zstd),
    ("xz", xz),
    ("lzma", lzma),
    ("lz4", lz4),
    ("lz4", legacy_lz4),
    ("bzip2", bzip2),
];

pub(crate) fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

pub(crate) fn zstd(bytes: &[u8]) -> Vec<u8> {
    ruzstd::encoding::compress_to_vec(bytes, ruzstd::encoding::CompressionLevel::Fastest)
}

pub(crate) fn xz(bytes: &[u8]) -> Vec<u8> {
    let options = lzma_rust2::XzOptions::with_preset(0);
    let mut encoder = lzma_rust2::XzWriter::new(Vec::new(), options).unwrap();
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

fn lzma(bytes: &[u8]) -> Vec<u8> {
    let options = lzma_rust2::LzmaOptions::with_preset(0);
    let mut encoder = lzma_rust2::LzmaWriter::new_use_header(Vec::new(), &options, None).unwrap();
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

fn lz4(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = lz4_flex::frame::FrameEncoder::new(Vec::new());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

/// As `lz4 -l` has it.
pub(crate) fn legacy_lz4(bytes: &[u8]) -> Vec<u8> {
    let mut stream = vec![0x02, 0x21, 0x4c, 0x18];
    for block in bytes.chunks(8 << 20) {
        let block = lz4_flex::block::compress(block);
        stream.extend(u32::try_from(block.len()).unwrap().to_le_bytes());
        stream.extend(block);
    }
    stream
}

fn bzip2(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = bzip2::write::BzEncoder::new(Vec::new(), bzip2::Compression::fast());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

/// An archive with one initiator name and something to compress.
pub(crate) fn main_archive() -> Vec<u8> {
    let name = format!("InitiatorName={IQN}\n");
    let bulk: Vec<u8> = (0..200_000_u32)
        .flat_map(|n| (n / 7).to_le_bytes())
        .collect();
    cpio::archive(&[
        ("usr/bin/sanid", &bulk),
        ("etc/iscsi/initiatorname.iscsi", name.as_bytes()),
    ])
}

/// Microcode, as at the beginning of an image.
pub(crate) fn early() -> Vec<u8> {
    let mut bytes = cpio::archive(&[("kernel/x86/microcode/GenuineIntel.bin", &[7; 5000])]);
    bytes.resize(bytes.len().next_multiple_of(512), 0);
    bytes
}

pub(crate) fn seen(image: &[u8]) -> Image {
    read(image, &Limits::default())
}

/// The paths with the names in them.
pub(crate) fn names(image: &Image) -> Vec<(&str, &str)> {
    image
        .files
        .iter()
        .map(|file| match &file.content {
            Content::Name(name) => (file.path.as_str(), name.as_str()),
            other => panic!("{}: {other:?}", file.path),
        })
        .collect()
}
