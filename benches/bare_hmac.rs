//! The bare HMACs of a file of machine-ids, on one core, without I/O during the measurement; prints the
//! seconds. `cargo xtask bench derive` compares derivation with it.
#![allow(clippy::print_stdout, reason = "the seconds are the output")]

use std::error::Error;
use std::hint::black_box;
use std::time::Instant;

use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::Sha256;

/// The app id of `sanid-v1`.
const APP_ID: u128 = 0x8b67_3178_5169_4316_ad1b_04be_c63f_8907;

fn main() -> Result<(), Box<dyn Error>> {
    let path = std::env::args_os().nth(1).ok_or("a file of machine-ids")?;
    let ids = std::fs::read_to_string(path)?
        .lines()
        .map(|line| u128::from_str_radix(line, 16).map(u128::to_be_bytes))
        .collect::<Result<Vec<_>, _>>()?;
    let app_id = APP_ID.to_be_bytes();
    let begin = Instant::now();
    for id in &ids {
        let mut mac = Hmac::<Sha256>::new_from_slice(black_box(id))?;
        mac.update(&app_id);
        black_box(mac.finalize());
    }
    println!("{}", begin.elapsed().as_secs_f64());
    Ok(())
}
