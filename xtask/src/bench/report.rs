//! The tables, and their place in docs/performance.md.

use std::fmt::Write as _;
use std::fs;

use anyhow::Result;

use super::Options;
use super::bulk::Bulk;
use super::startup::Start;

/// What was measured, in Markdown.
pub(super) fn text(starts: &[Start], bulk: &Bulk, size: u64, options: &Options) -> Result<String> {
    let mut text = String::new();
    writeln!(text, "Machine: {}.\n", machine()?)?;
    writeln!(
        text,
        "Start-up, {} interleaved rounds, medians; the ratio is the median over the rounds of \
         the time beside `iscsi-iname` of the same round:\n",
        options.rounds
    )?;
    writeln!(
        text,
        "| program | wall, ms | ratio | peak memory, KiB | system calls |\n\
         |---|---:|---:|---:|---:|"
    )?;
    for start in starts {
        writeln!(
            text,
            "| {} | {:.2} | {:.2} | {} | {} |",
            start.name, start.wall, start.ratio, start.peak_kib, start.calls
        )?;
    }
    writeln!(text, "\nStatic stripped binary: {size} bytes.\n")?;
    writeln!(
        text,
        "Bulk derivation of {} machine-ids, text in, text out, beside the bare HMACs of the same \
         ids on one core:\n",
        bulk.ids
    )?;
    writeln!(
        text,
        "| | ids per second |\n|---|---:|\n| `sanid derive` | {:.0} |\n| bare HMAC-SHA-256 | {:.0} |\n| ratio | {:.2} |",
        bulk.derive, bulk.bare, bulk.ratio
    )?;
    Ok(text)
}

/// The facts that a reader needs to judge the numbers.
pub(super) fn machine() -> Result<String> {
    let processors = fs::read_to_string("/proc/cpuinfo")?;
    let model = processors
        .lines()
        .find_map(|line| line.strip_prefix("model name"))
        .map_or("unknown processor", |rest| {
            rest.trim_start_matches([' ', '\t', ':'])
        });
    let cores = std::thread::available_parallelism()?;
    let kernel = fs::read_to_string("/proc/sys/kernel/osrelease")?;
    Ok(format!("{cores} × {model}, Linux {}", kernel.trim()))
}
