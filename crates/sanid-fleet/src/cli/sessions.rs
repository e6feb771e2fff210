//! `sanid-fleet sessions`: who is logged in at a target, and what shows that two machines use one name.

use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use sanid_cli::{Page, Tone};
use sanid_host::root::Root;

use super::{Exit, Failure, Format};
use crate::input::Input;
use crate::sessions::document::{LoggedIn, LoginReport, SessionsReport};
use crate::sessions::{Output, from, read};

/// Find machines that share a storage name, seen from the target
///
/// Reads what a target prints of those who are logged in: tgtadm, targetcli sessions detail, nvmet's debugfs and SCST's
/// sysfs with grep -H, SPDK, TrueNAS, ceph-nvmeof, ONTAP; or asks the target on this machine (--from). A machine without
/// sanid is found in this way alone. Two Host IDs or two aliases of one name are two machines. Two addresses can be one
/// machine with two paths: sanid-fleet audit --sessions tells with the reports of the hosts.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Exit codes: 0 nothing to ask; 1 a name is shared, or may be, or something was not read; 2 error, or no login found.
Examples:
  tgtadm --lld iscsi --op show --mode target | sanid-fleet sessions -
  sanid-fleet sessions --from lio --watch
  sanid-fleet sessions --from nvmet --format json >sessions.json; sanid-fleet audit --sessions sessions.json reports/")]
pub(super) struct Options {
    /// Files, plain or compressed with gzip; - is standard input
    #[arg(value_name = "FILE", required_unless_present = "from")]
    files: Vec<PathBuf>,
    /// Ask the target on this machine
    #[arg(long, value_enum, value_name = "TARGET", conflicts_with = "files")]
    from: Option<from::Source>,
    /// Take N snapshots, half a second apart, and compare them
    ///
    /// Machines whose logins end each other's session are seen one at a time only.
    #[arg(long, value_name = "N", num_args = 0..=1, default_missing_value = "6", requires = "from",
        value_parser = clap::value_parser!(u32).range(2..=10_000))]
    watch: Option<u32>,
    /// The files are snapshots of one target, in their order
    #[arg(long, requires = "files")]
    snapshots: bool,
    /// Where the root of the target is mounted
    #[arg(long, value_name = "DIR", requires = "from")]
    root: Option<PathBuf>,
    /// As text for people, or as JSON for programs
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
}

/// Between two snapshots. Clones log in again after a second at most.
const INTERVAL: Duration = Duration::from_millis(500);

impl Options {
    pub(super) fn is_json(&self) -> bool {
        self.format == Format::Json
    }
}

pub(super) fn run(options: &Options) -> Result<Exit, Failure> {
    let report = match options.from {
        Some(source) => ask(options, source)?,
        None => of_files(options)?,
    };
    if options.is_json() {
        super::json(&report)?;
    } else {
        text(&report).print()?;
    }
    Ok(if report.has_findings() {
        Exit::Findings
    } else {
        Exit::Fine
    })
}

fn of_files(options: &Options) -> Result<SessionsReport, Failure> {
    let mut all: Vec<Output> = Vec::new();
    let mut before = 0;
    for path in &options.files {
        let input = Input::open(path).map_err(|error| Failure::error(&error))?;
        let file = input.whole().map_err(|error| Failure::error(&error))?;
        let shown = read(&file.name, &file.bytes, before);
        if options.snapshots {
            before += shown.snapshots;
        }
        all.push(shown);
    }
    let report = SessionsReport::new(all, None);
    if report.names.is_empty() {
        let mut message = "no login found, so nothing was compared".to_owned();
        for one in &report.not_read {
            message.push_str("\n  ");
            message.push_str(one);
        }
        return Err(Failure::error(&message));
    }
    Ok(report)
}

/// Asks the target here, as often as there are to be snapshots.
fn ask(options: &Options, source: from::Source) -> Result<SessionsReport, Failure> {
    let root = options.root.as_deref().unwrap_or(Path::new("/"));
    let root = Root::open(root)?;
    let (mut all, mut seen) = (Vec::new(), String::new());
    for snapshot in 0..options.watch.unwrap_or(1) {
        if snapshot > 0 {
            std::thread::sleep(INTERVAL);
        }
        let before = usize::try_from(snapshot).unwrap_or(usize::MAX);
        let (shown, there) =
            from::read(source, &root, before).map_err(|error| Failure::error(&error))?;
        all.push(shown);
        seen = there;
    }
    let report = SessionsReport::new(all, Some(SystemTime::now()));
    if report.names.is_empty() {
        let mut message =
            format!("no initiator is logged in now ({seen}), so nothing was compared");
        for one in &report.not_read {
            message.push_str("\n  not read: ");
            message.push_str(one);
        }
        return Err(Failure::error(&message));
    }
    Ok(report)
}

/// As many logins of a name as a person reads.
const SHOWN: usize = 10;

fn text(report: &SessionsReport) -> Page {
    let mut page = Page::new();
    for one in &report.names {
        name(&mut page, one, report.snapshots > 1);
    }
    for (what, all) in [
        ("not read", &report.not_read),
        ("not shown", &report.not_shown),
    ] {
        for one in all {
            page.line(format!("{what}: {one}"));
        }
    }
    let count = |verdict: &str| {
        let names = report.names.iter();
        names.filter(|one| one.verdict == verdict).count()
    };
    let plural = |count: usize| if count == 1 { "" } else { "s" };
    let (names, snapshots) = (report.names.len(), report.snapshots);
    page.line(format!(
        "{names} name{} in {snapshots} snapshot{}: {} shared, {} to ask about, {} unproven",
        plural(names),
        plural(snapshots),
        count("shared"),
        count("ask"),
        count("unproven"),
    ));
    if count("shared") > 0 {
        page.line("Machines that share a name can write to each other's volumes. Unmount them on one machine first, then give it names of its own: sanid reseed, or sanid apply --replace.");
    }
    if count("ask") > 0 {
        page.line("To tell one host with two paths from two machines, compare with the hosts' reports: sanid-fleet audit --sessions FILE REPORTS");
    }
    if count("shared") + count("ask") == 0 {
        page.line("This is not an all-clear: machines that end each other's session are seen one at a time (--watch), and a machine with a copied name that is not logged in now is not seen.");
    }
    page
}

fn name(page: &mut Page, one: &LoggedIn, with_snapshot: bool) {
    let tone = match one.verdict.as_str() {
        "shared" => Tone::Danger,
        "ask" => Tone::Warning,
        _ => Tone::Plain,
    };
    let heading = format!("{}  {}", page.tone(tone, &one.verdict), one.name);
    page.line(heading);
    for why in &one.why {
        page.detail(why);
    }
    let row = |login: &LoginReport| {
        let from = login
            .address
            .as_ref()
            .map_or("no address".to_owned(), |one| format!("from {one}"));
        let mut what: Vec<String> = Vec::new();
        what.extend(login.alias.as_ref().map(|alias| format!("alias {alias}")));
        what.extend(login.host_id.as_ref().map(|id| format!("Host ID {id}")));
        what.extend(login.session.map(|number| format!("session {number}")));
        what.extend(login.target.as_ref().map(|target| format!("at {target}")));
        if with_snapshot {
            what.push(format!("snapshot {}", login.snapshot));
        }
        [(Tone::Plain, from), (Tone::Faint, what.join(", "))]
    };
    let mut rows: Vec<[(Tone, String); 2]> = one.logins.iter().take(SHOWN).map(row).collect();
    if one.logins.len() > SHOWN {
        let more = format!("and {} more", one.logins.len() - SHOWN);
        rows.push([(Tone::Plain, more), (Tone::Plain, String::new())]);
    }
    page.rows(2, &rows);
    page.gap();
}
