//! `sanid-fleet collect` = read reports or ask hosts for them, write one line for each.

use std::io::{self, Write};
use std::path::PathBuf;
use std::time::Duration;

use sanid_cli::Progress;

use super::{Exit, Failure};
use crate::collect::{self, Answer, Ssh, ask_all, destinations};
use crate::input::Input;
use crate::reports::{self, NoReport, Part, parts};

/// Bring the reports of many hosts into one stream
///
/// Reads reports from files, or asks hosts for them by ssh(1), and writes them as NDJSON: one line for each
/// host, with the name by which it was reached. A host that gives none has a line that says why, so that
/// sanid-fleet audit counts it, too.
///
/// ssh uses the keys, jump hosts and known hosts of whoever runs this, and never asks.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Exit codes: 0 every host has a report; 1 at least one has none; 2 error.
Examples:
  sanid-fleet collect --ssh hosts.txt --sudo > reports.ndjson
  sanid-fleet collect --ssh - --jobs 100 --timeout 20 < hosts.txt | sanid-fleet audit
  sanid-fleet collect /srv/reports/ > reports.ndjson")]
pub(super) struct CollectOptions {
    /// Files of reports, or directories of them; - is standard input
    #[arg(value_name = "FILE", required_unless_present = "ssh")]
    files: Vec<PathBuf>,
    /// Ask the hosts in this file, one on each line as ssh takes it; - is standard input
    #[arg(long, value_name = "FILE")]
    ssh: Option<PathBuf>,
    /// Ask so many hosts at a time
    #[arg(long, value_name = "N", default_value_t = 32, value_parser = clap::value_parser!(u16).range(1..=1024))]
    jobs: u16,
    /// Seconds that a connection may take
    #[arg(long, value_name = "SECONDS", default_value_t = 10, value_parser = clap::value_parser!(u16).range(1..))]
    connect_timeout: u16,
    /// Seconds that a host may take altogether
    #[arg(long, value_name = "SECONDS", default_value_t = 60, value_parser = clap::value_parser!(u16).range(1..))]
    timeout: u16,
    /// Run the command there as root, by sudo -n
    #[arg(long)]
    sudo: bool,
    /// What to run there, where it is not in the usual place
    #[arg(
        long,
        value_name = "COMMAND",
        default_value = "sanid status --format json"
    )]
    command: String,
    /// Another configuration of ssh than the usual one
    #[arg(long, value_name = "FILE")]
    ssh_config: Option<PathBuf>,
    /// An option for ssh, as its -o takes it
    #[arg(long = "ssh-option", value_name = "OPTION")]
    ssh_options: Vec<String>,
}

#[derive(Default)]
struct Count {
    reports: u64,
    failed: u64,
}

pub(super) fn run(options: &CollectOptions) -> Result<Exit, Failure> {
    let mut count = Count::default();
    let mut out = Lines(io::BufWriter::new(io::stdout().lock()));
    if !options.files.is_empty() {
        from_files(&options.files, &mut out, &mut count)?;
    }
    if let Some(path) = &options.ssh {
        from_hosts(options, path, &mut out, &mut count)?;
    }
    out.0.flush().or_else(closed)?;
    Ok(if count.failed == 0 {
        Exit::Fine
    } else {
        let hosts = count.reports == 0 && options.ssh.is_none();
        super::complain(&format!(
            "{} reports, and {} that did not come{}",
            count.reports,
            count.failed,
            if hosts {
                "; --ssh FILE asks the hosts that FILE lists"
            } else {
                ""
            }
        ));
        Exit::Findings
    })
}

/// A reader that has seen enough, such as `head`, is not an error.
fn closed(error: io::Error) -> io::Result<()> {
    if error.kind() == io::ErrorKind::BrokenPipe {
        return Ok(());
    }
    Err(error)
}

struct Lines<W>(W);

impl<W: Write> Lines<W> {
    fn line(&mut self, line: &str) -> io::Result<()> {
        self.0.write_all(line.as_bytes())?;
        self.0.write_all(b"\n")
    }
}

type Out<'a> = Lines<io::BufWriter<io::StdoutLock<'a>>>;

fn from_files(paths: &[PathBuf], out: &mut Out<'_>, count: &mut Count) -> Result<(), Failure> {
    let mut files = Vec::new();
    for path in paths {
        files.extend(reports::files(path).map_err(|error| Failure::error(&error))?);
    }
    let name = |file: u32| {
        let path = usize::try_from(file).ok().and_then(|file| files.get(file));
        path.map(|path| sanid_host::root::printable(path))
            .unwrap_or_default()
    };
    let made = |part: &Part| {
        let mut made = (Vec::new(), Vec::new());
        part.each(|line, text| match text {
            Err(why) => made
                .1
                .push(format!("{}, line {line}: {why}", name(part.file))),
            Ok(text) => match reports::parse(text) {
                Ok(report) => {
                    let unnamed = report.host.is_none() && report.collected_as.is_none();
                    let name = unnamed.then(|| name(part.file));
                    match collect::compact(text, name.as_deref()) {
                        Ok(line) => made.0.push((true, line)),
                        Err(why) => made.1.push(why),
                    }
                }
                // Collected before, without an answer: it still says so.
                Err(NoReport::NoAnswer { .. }) => match collect::compact(text, None) {
                    Ok(line) => made.0.push((false, line)),
                    Err(why) => made.1.push(why),
                },
                Err(error) => made
                    .1
                    .push(format!("{}, line {line}: {error}", name(part.file))),
            },
        });
        made
    };
    for part in parts(&files, &|input| input) {
        let (lines, bad) = made(&part);
        for (good, line) in lines {
            count.reports += u64::from(good);
            count.failed += u64::from(!good);
            if let Err(error) = out.line(&line) {
                return Ok(closed(error)?);
            }
        }
        let failed = part
            .failed
            .as_ref()
            .map(|(_, why)| format!("{}: {why}", name(part.file)));
        for why in bad.into_iter().chain(failed) {
            count.failed += 1;
            super::complain(&why);
        }
    }
    Ok(())
}

fn from_hosts(
    options: &CollectOptions,
    path: &std::path::Path,
    out: &mut Out<'_>,
    count: &mut Count,
) -> Result<(), Failure> {
    let input = Input::open(path).map_err(|error| Failure::error(&error))?;
    let hosts = destinations(input).map_err(|error| Failure::error(&error))?;
    let command = if options.sudo {
        format!("sudo -n {}", options.command)
    } else {
        options.command.clone()
    };
    let ssh = Ssh {
        program: PathBuf::from("ssh"),
        config: options.ssh_config.clone(),
        options: options.ssh_options.clone(),
        command,
        connect: Duration::from_secs(options.connect_timeout.into()),
        whole: Duration::from_secs(options.timeout.into()),
    };
    let progress = Progress::items(Some(hosts.len() as u64), "hosts");
    let asked = ask_all(
        &ssh,
        &hosts,
        options.jobs.into(),
        |Answer { host, report }| {
            progress.item(crate::shown(&host));
            let report = report.and_then(|document| collect::compact(&document, Some(&host)));
            let line = match &report {
                Ok(line) => line.clone(),
                Err(why) => collect::failure(&host, why),
            };
            match report {
                Ok(_) => count.reports += 1,
                Err(why) => {
                    count.failed += 1;
                    super::complain(&format!("{}: {why}", crate::shown(&host)));
                }
            }
            out.line(&line)?;
            // Each as it comes: what is done is not lost with what is not.
            out.0.flush()
        },
    );
    progress.done();
    asked.or_else(closed)?;
    Ok(())
}
