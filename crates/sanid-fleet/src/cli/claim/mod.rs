//! `sanid-fleet claim`: the identity of one host, claimed in a store that many hosts share.

mod gate;
mod metrics;
mod state;
mod text;

use std::io::{Read as _, Write as _};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use clap::{Args, Subcommand};
use sanid_claims::config::{self, Config, LeaseTime};
use sanid_claims::host::{Claimant, HostError};
use sanid_claims::{
    Action, ClaimReport, ClaimsReport, EventReport, Outcome, Request, Store, StoreError,
};
use serde::Serialize;

use self::state::State;
pub(super) use self::text::lease;
use super::{Exit, Failure, Format};
use crate::input::Input;

const AFTER_HELP: &str = "\
Exit codes: 0 held, renewed, taken over or released; 1 another host has it; 2 no answer; 3 refused.
Start with: sanid-fleet claim --store sqlite:/var/lib/sanid/claims.db";

/// Claim this host's identity, so that no other host has it
///
/// All of its names (initiator name, host NQN, Host ID) or none, for a lease. The same command renews it.
#[derive(Debug, Args)]
#[command(after_help = AFTER_HELP, subcommand_negates_reqs = true)]
pub(super) struct Options {
    #[command(flatten)]
    shared: Shared,
    #[command(subcommand)]
    command: Option<Command>,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Give the claim back
    Release(Fenced),
    /// Show every claim
    List(List),
    /// Print what happens to claims, one JSON object to a line, as it happens
    Watch(Watch),
    /// Take the claim of a host that is cut off from its storage, or whose lease has expired
    Takeover(Fenced),
    /// At boot: claim by the policy in the configuration; exit code 1 holds back the storage clients
    Gate,
    /// Print figures for monitoring, in Prometheus' text format
    Metrics(metrics::Options),
    /// Print what this host would claim, for --for on a different machine; asks no store
    Request,
}

#[derive(Debug, Args)]
struct Fenced {
    /// The host that has it can write to no volume any more: you have cut it off, or it is gone
    #[arg(long)]
    fenced: bool,
}

#[derive(Debug, Args)]
struct List {
    /// What happened, instead of what is
    #[arg(long)]
    history: bool,
}

#[derive(Debug, Args)]
struct Watch {
    /// Begin after the event with this number; 0 is from the first one on
    #[arg(long, value_name = "SEQUENCE", default_value_t = 0)]
    after: u64,
    /// End after so many events
    #[arg(long, value_name = "N")]
    limit: Option<u64>,
    /// End when nothing has happened for so long
    #[arg(long, value_name = "TIME", value_parser = config::parse_time)]
    idle: Option<Duration>,
}

/// Options of all of them.
#[derive(Debug, Args)]
struct Shared {
    /// sqlite:FILE or etcd:URL[,URL…] (default: store in the configuration)
    #[arg(long, global = true, value_name = "STORE")]
    store: Option<String>,
    /// A file instead of /etc/sanid/claim.toml
    #[arg(long, global = true, value_name = "FILE")]
    config: Option<PathBuf>,
    /// For how long the claim holds without being renewed, such as 24h; none: until it is released
    #[arg(long, global = true, value_name = "TIME", value_parser = config::parse_lease)]
    lease: Option<LeaseTime>,
    /// How long to wait for the store, such as 10s
    #[arg(long, global = true, value_name = "TIME", value_parser = config::parse_time)]
    wait: Option<Duration>,
    /// Claim for a different host: what claim request or sanid status --format json printed there, or its escrow record; - is standard input
    #[arg(long = "for", alias = "from", global = true, value_name = "FILE")]
    other: Option<PathBuf>,
    /// The host's name in the claim
    #[arg(long, global = true, value_name = "NAME")]
    name: Option<String>,
    /// Where the root of the host is mounted that claims
    #[arg(long, global = true, value_name = "DIR", value_hint = clap::ValueHint::DirPath)]
    root: Option<PathBuf>,
    /// Who signs etcd's certificates
    #[arg(long, global = true, value_name = "FILE")]
    ca: Option<PathBuf>,
    /// This host's certificate for etcd
    #[arg(long, global = true, value_name = "FILE")]
    cert: Option<PathBuf>,
    /// Its key
    #[arg(long, global = true, value_name = "FILE")]
    key: Option<PathBuf>,
    /// How to print
    #[arg(long, global = true, value_enum, default_value_t = Format::Text)]
    format: Format,
}

/// A document for a list that came to its end.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Listed<T> {
    api_version: &'static str,
    kind: &'static str,
    items: Vec<T>,
}

/// Everything that a command starts with.
struct Setting<'a> {
    shared: &'a Shared,
    config: Config,
    deadline: Instant,
}

impl Options {
    pub(super) fn json(&self) -> bool {
        self.shared.format == Format::Json
    }
}

pub(super) fn run(options: &Options) -> Result<Exit, Failure> {
    let config = match Config::read(options.shared.config.as_deref()) {
        Ok(config) => config,
        Err(error) if matches!(options.command, Some(Command::Gate)) => {
            return Ok(gate::unusable(&error));
        }
        Err(error) => return Err(Failure::error(&error)),
    };
    let wait = options.shared.wait.or(config.wait).unwrap_or(config::WAIT);
    let wait = match options.command {
        Some(Command::Gate) => wait.min(gate::LONGEST_WAIT),
        _ => wait,
    };
    let setting = Setting {
        shared: &options.shared,
        config,
        deadline: Instant::now() + wait,
    };
    match &options.command {
        None => setting.ask(Action::Claim),
        Some(Command::Takeover(with)) => setting.ask(Action::TakeOver {
            fenced: with.fenced,
        }),
        Some(Command::Release(with)) => setting.ask(Action::Release {
            fenced: with.fenced,
        }),
        Some(Command::List(with)) if with.history => setting.history(),
        Some(Command::List(_)) => setting.list(),
        Some(Command::Watch(with)) => setting.watch(with),
        Some(Command::Gate) => Ok(gate::run(&setting)),
        Some(Command::Metrics(with)) => metrics::run(&setting, with),
        Some(Command::Request) => {
            super::json(&setting.claimant()?)?;
            Ok(Exit::Fine)
        }
    }
}

impl Setting<'_> {
    fn address(&self) -> Result<&str, Failure> {
        let given = self.shared.store.as_deref();
        given.or(self.config.store.as_deref()).ok_or_else(|| {
            Failure::error(&format!(
                "no store is named\nWays out:\n  --store sqlite:FILE  or etcd:URL[,URL…]\n  store = \"…\"          in {}",
                config::PATH
            ))
        })
    }

    fn open(&self, read_only: bool) -> Result<Box<dyn Store>, Failure> {
        let mut options = self.config.store_options();
        let tls = &mut options.tls;
        for (given, used) in [
            (&self.shared.ca, &mut tls.ca),
            (&self.shared.cert, &mut tls.cert),
            (&self.shared.key, &mut tls.key),
        ] {
            if given.is_some() {
                used.clone_from(given);
            }
        }
        options.read_only = read_only;
        let mut store =
            sanid_claims::open(self.address()?, &options).map_err(|error| store_failed(&error))?;
        store.wait_until(self.deadline);
        Ok(store)
    }

    fn claimant(&self) -> Result<Claimant, Failure> {
        let Some(other) = &self.shared.other else {
            let mut claimant = Claimant::of_host(self.shared.root.as_deref())
                .map_err(|error| host_failed(&error))?;
            if let Some(name) = &self.shared.name {
                name.clone_into(&mut claimant.holder.name);
            }
            return Ok(claimant);
        };
        let input = Input::open(other).map_err(|error| Failure::error(&error))?;
        let name = input.name.clone();
        let failed = |why: &dyn std::fmt::Display| Failure::error(&format!("{name}: {why}"));
        let mut bytes = Vec::new();
        let mut text = input.text().map_err(|error| failed(&error))?;
        text.by_ref()
            .take(DOCUMENT)
            .read_to_end(&mut bytes)
            .map_err(|error| failed(&error))?;
        Claimant::from_json(&bytes, self.shared.name.as_deref()).map_err(|error| failed(&error))
    }

    fn lease(&self) -> Option<Duration> {
        let given = self.shared.lease.or(self.config.lease);
        given.map_or(Some(config::LEASE), |lease| lease.0)
    }

    /// Whether the claim is this host's own: one for a document or a different root leaves nothing in `/run`.
    fn is_of_this_host(&self) -> bool {
        let root = self.shared.root.as_deref();
        self.shared.other.is_none() && root.is_none_or(|root| root == Path::new("/"))
    }

    /// Asks the store, with what this host knows of its claim from before.
    fn submit(&self, action: Action, claimant: Claimant) -> Result<(Request, Outcome), Failure> {
        let mut store = self.open(false)?;
        let state = State::of(self.is_of_this_host(), self.address()?);
        let request = Request::new(action, claimant.identity, claimant.holder, self.lease());
        let known = state.known(&request.identity);
        let answer = sanid_claims::submit(store.as_mut(), &request, known.as_ref());
        state.keep(answer.as_ref());
        if self.shared.other.is_none() {
            if let Err(failure) = metrics::after_a_claim(self) {
                super::complain(&failure.message);
            }
        }
        Ok((request, answer.map_err(|error| store_failed(&error))?))
    }

    fn ask(&self, action: Action) -> Result<Exit, Failure> {
        let (request, outcome) = self.submit(action, self.claimant()?)?;
        match self.shared.format {
            Format::Json => super::json(&ClaimReport::new(&request, &outcome))?,
            Format::Text => sanid_cli::print_wrapped(&text::outcome(&request, &outcome))?,
        }
        Ok(exit(&outcome))
    }

    fn list(&self) -> Result<Exit, Failure> {
        let mut store = self.open(true)?;
        let mut claims = Vec::new();
        store
            .list(&mut |seen| claims.push(ClaimsReport::new(&seen)))
            .map_err(|error| store_failed(&error))?;
        match self.shared.format {
            Format::Json => super::json(&Listed {
                api_version: sanid_host::API_VERSION,
                kind: "Claims",
                items: claims,
            })?,
            Format::Text => sanid_cli::print_wrapped(&text::claims(&claims))?,
        }
        Ok(Exit::Fine)
    }

    fn history(&self) -> Result<Exit, Failure> {
        let mut store = self.open(true)?;
        let mut events = Vec::new();
        let mut after = 0;
        loop {
            let more = store
                .history(after, PAGE, Duration::ZERO)
                .map_err(|error| store_failed(&error))?;
            let Some(last) = more.last() else { break };
            after = last.sequence;
            events.extend(more.iter().map(EventReport::new));
        }
        match self.shared.format {
            Format::Json => super::json(&Listed {
                api_version: sanid_host::API_VERSION,
                kind: "ClaimEvents",
                items: events,
            })?,
            Format::Text => sanid_cli::print_wrapped(&text::events(&events))?,
        }
        Ok(Exit::Fine)
    }

    fn watch(&self, with: &Watch) -> Result<Exit, Failure> {
        let mut store = self.open(true)?;
        let (mut after, mut left) = (with.after, with.limit.unwrap_or(u64::MAX));
        let mut quiet = Instant::now();
        while left > 0 {
            let page = usize::try_from(left).unwrap_or(PAGE).min(PAGE);
            let idle = with.idle.map(|idle| idle.saturating_sub(quiet.elapsed()));
            store.wait_until(Instant::now() + config::WAIT);
            let events = store
                .history(after, page, idle.unwrap_or(LOOK).min(LOOK))
                .map_err(|error| store_failed(&error))?;
            // Only a look at the end of the time tells that nothing has happened in it.
            if events.is_empty() && idle == Some(Duration::ZERO) {
                break;
            }
            for stored in &events {
                let mut line = serde_json::to_string(&EventReport::new(stored))
                    .map_err(std::io::Error::from)?;
                line.push('\n');
                let mut out = std::io::stdout();
                match out.write_all(line.as_bytes()).and_then(|()| out.flush()) {
                    Err(error) if error.kind() == std::io::ErrorKind::BrokenPipe => {
                        return Ok(Exit::Fine);
                    }
                    other => other?,
                }
                after = stored.sequence;
                left -= 1;
                quiet = Instant::now();
            }
        }
        Ok(Exit::Fine)
    }
}

/// Longer is no document about a host.
const DOCUMENT: u64 = 1 << 20;
const PAGE: usize = 1000;
/// The longest that a store is waited for when nothing happens.
const LOOK: Duration = Duration::from_secs(30);

fn exit(outcome: &Outcome) -> Exit {
    match outcome {
        Outcome::Conflict(_) => Exit::Findings,
        Outcome::Refused(_) => Exit::Refused,
        _ => Exit::Fine,
    }
}

/// The failure of a store, with the exit code of its kind.
pub(super) fn store_failed(error: &StoreError) -> Failure {
    let refused = matches!(error, StoreError::Refused(_));
    failed(error, refused)
}

fn host_failed(error: &HostError) -> Failure {
    let refused = matches!(error, HostError::Refused(_));
    failed(error, refused)
}

fn failed(error: &dyn std::fmt::Display, refused: bool) -> Failure {
    let mut failure = Failure::error(&error);
    if refused {
        failure.exit = Exit::Refused;
    }
    failure
}
