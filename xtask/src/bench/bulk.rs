//! `sanid derive` of many machine-ids beside the bare HMACs of the same ids on
//! one core: what text in and text out cost on top.

use std::fmt::Write as _;
use std::fs::{self, File};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Instant;

use anyhow::{Context as _, Result, ensure};

use super::median;
use crate::place::output;

const ROUNDS: usize = 7;

/// Rates in machine-ids per second.
pub(super) struct Bulk {
    pub(super) ids: u32,
    pub(super) derive: f64,
    pub(super) bare: f64,
    /// Median over the rounds of the one by the other.
    pub(super) ratio: f64,
}

/// Runs both in turn.
pub(super) fn measure(binary: &Path, bare_hmac: &Path, scratch: &Path, ids: u32) -> Result<Bulk> {
    let input = scratch.join("machine-ids");
    fs::write(&input, machine_ids(ids)?)?;
    let (mut derive, mut bare) = (Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        derive.push(f64::from(ids) / seconds_of_derive(binary, &input)?);
        let seconds: f64 = output(Command::new(bare_hmac).arg(&input))?
            .trim()
            .parse()
            .context("bare_hmac prints seconds")?;
        bare.push(f64::from(ids) / seconds);
    }
    let ratios: Vec<f64> = derive.iter().zip(&bare).map(|(a, b)| a / b).collect();
    Ok(Bulk {
        ids,
        derive: median(&derive)?,
        bare: median(&bare)?,
        ratio: median(&ratios)?,
    })
}

fn seconds_of_derive(binary: &Path, input: &Path) -> Result<f64> {
    let begin = Instant::now();
    let status = Command::new(binary)
        .arg("derive")
        .stdin(File::open(input)?)
        .stdout(Stdio::null())
        .status()?;
    ensure!(status.success(), "sanid derive failed: {status}");
    Ok(begin.elapsed().as_secs_f64())
}

fn machine_ids(count: u32) -> Result<String> {
    let mut text = String::new();
    for (_, id) in (0..count).zip(Ids::default()) {
        writeln!(text, "{id}")?;
    }
    Ok(text)
}

/// Machine-ids from a fixed seed (splitmix64).
pub(super) struct Ids(u64);

impl Default for Ids {
    fn default() -> Self {
        Self(0x5a4e_4944)
    }
}

impl Ids {
    fn half(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }
}

impl Iterator for Ids {
    type Item = String;

    fn next(&mut self) -> Option<String> {
        Some(format!("{:016x}{:016x}", self.half(), self.half()))
    }
}
