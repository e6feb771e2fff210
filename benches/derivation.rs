//! How fast names are derived inside one process, without start-up and I/O: `cargo bench -p benches`.
//!
//! For a quick comparison of two versions of sanid-core. The figures of docs/performance.md come from whole
//! processes: `cargo xtask bench derive`.

#![allow(
    clippy::expect_used,
    reason = "the machine-id and the key below are valid"
)]

use divan::Bencher;
use divan::counter::ItemsCount;
use hmac::{Hmac, KeyInit as _, Mac as _};
use sanid_core::{IqnPrefix, MachineId, SCHEMES};
use sha2::Sha256;

const MACHINE_ID: &str = "3d1219c7c4c5404aaa1f6d2a48adfda4";

fn main() {
    divan::main();
}

/// The HMAC that `sanid-v1` is made of, alone.
#[divan::bench]
fn bare_hmac(bencher: Bencher<'_, '_>) {
    bencher.counter(ItemsCount::new(1_u32)).bench(|| {
        let key = divan::black_box([0x3d; 16]);
        let mut mac = Hmac::<Sha256>::new_from_slice(&key).expect("any key length is valid");
        mac.update(&[0x8b; 16]);
        mac.finalize()
    });
}

/// A machine-id as text to the three names of each scheme.
#[divan::bench(args = SCHEMES.iter().map(|scheme| scheme.name()))]
fn derive(bencher: Bencher<'_, '_>, name: &str) {
    let scheme = sanid_core::scheme(name).expect("SCHEMES lists it");
    let prefix = IqnPrefix::default();
    bencher.counter(ItemsCount::new(1_u32)).bench(|| {
        let id = MachineId::parse(divan::black_box(MACHINE_ID)).expect("a valid machine-id");
        scheme.derive(&id, &prefix)
    });
}
