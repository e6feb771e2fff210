//! `cargo xtask bench-claims`: claims beside bare transactions of the same shape, on SQLite and on etcd, while
//! the store grows.

use std::fmt::Write as _;
use std::fs;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail, ensure};

use super::{median, plot, report};
use crate::cmd::Cmd;
use crate::page;
use crate::place::{Place, has_program, output};
use crate::say::say;

#[derive(Debug, clap::Args)]
pub(crate) struct Options {
    /// How many claims SQLite is grown to
    #[arg(long, default_value_t = 1_000_000)]
    sqlite: u64,
    /// How many claims etcd is grown to
    #[arg(long, default_value_t = 1_000_000)]
    etcd: u64,
    /// How often each is measured at each size
    #[arg(long, default_value_t = 7)]
    rounds: u32,
    /// Clients at once on etcd
    #[arg(long, default_value_t = 8)]
    clients: u32,
    /// Only print the table; leave docs as they are
    #[arg(long)]
    dry_run: bool,
}

/// At one size.
struct Row {
    held: u64,
    claims: f64,
    bare: f64,
    /// Median over the rounds of the one by the other.
    ratio: f64,
}

/// Measures, prints, writes.
pub(crate) fn run(place: &Place, options: &Options) -> Result<bool> {
    ensure!(
        has_program("etcd"),
        "there is no etcd; cargo xtask test --only packages installs it"
    );
    let cmd = Cmd::new(["cargo", "build", "--quiet", "--profile", "speed"]).args([
        "--package",
        "sanid-fleet",
        "--features",
        "bench",
        "--example",
        "claim_rates",
    ]);
    let built = cmd.run(place, "build claim_rates")?;
    ensure!(built.status.success(), "{}", built.output);
    let program = place.target.join("speed/examples/claim_rates");

    let scratch = place.work().join("bench-claims");
    if scratch.exists() {
        fs::remove_dir_all(&scratch)?;
    }
    fs::create_dir_all(&scratch)?;
    let file = format!("sqlite:{}", scratch.join("claims.db").display());
    let sqlite = grow(&program, &file, options.sqlite, 400, "1", options.rounds)?;
    let server = Server::start(&scratch)?;
    let clients = options.clients.to_string();
    let etcd = grow(
        &program,
        &server.address(),
        options.etcd,
        800,
        &clients,
        options.rounds,
    )?;
    drop(server);
    fs::remove_dir_all(&scratch)?;

    let text = table(&sqlite, &etcd, options)?;
    say!("{text}");
    if !options.dry_run {
        page::write(&place.root.join("docs/performance.md"), "claims", &text)?;
        let lines = [
            ("SQLite, claims", points(&sqlite, |row| row.claims)),
            ("SQLite, bare", points(&sqlite, |row| row.bare)),
            ("etcd, claims", points(&etcd, |row| row.claims)),
            ("etcd, bare", points(&etcd, |row| row.bare)),
        ];
        let plot = plot::log_log("claims held", "per second", &lines)?;
        fs::write(place.root.join("docs/claims-growth.svg"), plot)?;
    }
    Ok(true)
}

fn points(rows: &[Row], value: fn(&Row) -> f64) -> Vec<(f64, f64)> {
    rows.iter()
        .map(|row| {
            (
                f64::from(u32::try_from(row.held).unwrap_or(u32::MAX)),
                value(row),
            )
        })
        .collect()
}

/// From a hundred claims on, ten times as many each time.
fn grow(
    program: &Path,
    address: &str,
    most: u64,
    count: u64,
    clients: &str,
    rounds: u32,
) -> Result<Vec<Row>> {
    let mut rows = Vec::new();
    let (mut next, mut held) = (0, 100);
    while held <= most {
        if next < held {
            let more = held - next;
            output(Command::new(program).args([
                address,
                &next.to_string(),
                &more.to_string(),
                "fill",
            ]))?;
            next = held;
        }
        let said = output(Command::new(program).args([
            address,
            &next.to_string(),
            &count.to_string(),
            clients,
            &rounds.to_string(),
        ]))?;
        next += count * 2 * u64::from(rounds);
        let (mut claims, mut bare) = (Vec::new(), Vec::new());
        for line in said.lines() {
            let (one, other) = line.split_once(' ').context("two numbers")?;
            claims.push(one.parse::<f64>()?);
            bare.push(other.parse::<f64>()?);
        }
        let ratios: Vec<f64> = claims.iter().zip(&bare).map(|(a, b)| a / b).collect();
        rows.push(Row {
            held,
            claims: median(&claims)?,
            bare: median(&bare)?,
            ratio: median(&ratios)?,
        });
        held *= 10;
    }
    Ok(rows)
}

fn table(sqlite: &[Row], etcd: &[Row], options: &Options) -> Result<String> {
    let mut text = String::new();
    writeln!(text, "Machine: {}.\n", report::machine()?)?;
    writeln!(
        text,
        "New claims and bare transactions per second, each client making one of each in turn; medians of {} \
         rounds, and the ratio is the median over the rounds. SQLite by one client on a disk that keeps what it is \
         told (`synchronous = FULL`), etcd (one member, data on the same disk) by {} clients at once. A round adds \
         800 claims on SQLite and 1,600 on etcd, so that the smallest sizes are sizes to begin with. Those that \
         only fill etcd share a lease by twenty-five.\n",
        options.rounds, options.clients
    )?;
    writeln!(
        text,
        "| store | claims held | claims per second | bare per second | ratio |\n|---|---:|---:|---:|---:|"
    )?;
    for (store, rows) in [("SQLite", sqlite), ("etcd", etcd)] {
        for row in rows {
            writeln!(
                text,
                "| {store} | {} | {:.0} | {:.0} | {:.2} |",
                row.held, row.claims, row.bare, row.ratio
            )?;
        }
    }
    writeln!(
        text,
        "\n![Claims per second by the number of claims held](claims-growth.svg)"
    )?;
    Ok(text)
}

/// etcd with room, ended when this goes.
struct Server {
    child: Child,
    url: String,
}

impl Server {
    fn start(scratch: &Path) -> Result<Self> {
        let port = || -> Result<u16> {
            let listener = std::net::TcpListener::bind("127.0.0.1:0")?;
            Ok(listener.local_addr()?.port())
        };
        let (url, peer) = (
            format!("http://127.0.0.1:{}", port()?),
            format!("http://127.0.0.1:{}", port()?),
        );
        let child = Command::new("etcd")
            .args(["--log-level", "error", "--logger", "zap", "--data-dir"])
            .arg(scratch.join("etcd"))
            .args(["--quota-backend-bytes", "8589934592"])
            // What it keeps in memory for members that lag behind, of which there are none.
            .args(["--snapshot-count", "2000"])
            .args([
                "--listen-client-urls",
                &url,
                "--advertise-client-urls",
                &url,
            ])
            .args([
                "--listen-peer-urls",
                &peer,
                "--initial-advertise-peer-urls",
                &peer,
            ])
            .args(["--initial-cluster", &format!("default={peer}")])
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .context("cannot run etcd")?;
        let server = Self { child, url };
        let begin = Instant::now();
        let address = server.url.trim_start_matches("http://").to_owned();
        while std::net::TcpStream::connect(&address).is_err() {
            if begin.elapsed() > Duration::from_secs(60) {
                bail!("etcd does not start");
            }
            std::thread::sleep(Duration::from_millis(50));
        }
        Ok(server)
    }

    fn address(&self) -> String {
        format!("etcd:{}", self.url)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
