use std::io::Write as _;

use super::*;
use crate::cpio;

/// A mebibyte of zeros in a kibibyte.
fn small_bomb() -> Vec<u8> {
    let archive = cpio::archive(&[("bulk", &vec![0; 1 << 20])]);
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    encoder.write_all(&archive).unwrap();
    encoder.finish().unwrap()
}

fn codes(linted: &Linted) -> Vec<&str> {
    linted.findings.iter().map(|one| one.rule.code).collect()
}

#[test]
fn many_small_images_share_one_budget_and_its_end_is_reported_once() {
    let bomb = small_bomb();
    let mut layer = Layer {
        budget: Budget::new(20 << 20, 1_000_000),
        ..Layer::default()
    };
    let mut second = layer.clone();
    for number in 0..1000 {
        let path = format!("boot/initrd.img-{number:04}");
        let one = if number % 2 == 0 {
            &mut layer
        } else {
            &mut second
        };
        one.file(&path, bomb.len() as u64, &mut bomb.as_slice());
    }
    layer.cover(second);
    // The nodes of the images that were read, and none after.
    assert!(layer.nodes.len() < 25, "{}", layer.nodes.len());
    let linted = layer.done(None);
    let codes = codes(&linted);
    assert_eq!(codes.iter().filter(|code| **code == "too-much").count(), 1);
    assert!(
        linted
            .damage
            .is_some_and(|damage| damage.contains("limit of one image"))
    );
}

#[test]
fn entries_of_images_are_counted_over_all_of_them() {
    let archive = cpio::archive(&[("a", b""), ("b", b""), ("c", b"")]);
    let mut layer = Layer {
        budget: Budget::new(1 << 30, 7),
        ..Layer::default()
    };
    for number in 0..3 {
        let path = format!("boot/initrd.img-{number}");
        layer.file(&path, archive.len() as u64, &mut archive.as_slice());
    }
    assert!(layer.done(None).damage.is_some());
}
