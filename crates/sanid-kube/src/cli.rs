//! The command line of `sanid-kube`, and the loop of the agent.

use std::cell::RefCell;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::ExitCode;
use std::rc::Rc;
use std::time::{Duration, Instant, SystemTime};

use clap::{Args, CommandFactory as _, Parser, Subcommand};
use sanid_host::Root;
use tokio::net::TcpListener;
use tokio::signal::unix::{SignalKind, signal};
use tokio::time::Instant as Moment;
use tracing::{error, info, warn};
use tracing_subscriber::filter::Targets;
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::util::SubscriberInitExt as _;

use crate::agent::{self, Agent};
use crate::api::Address;
use crate::resources::{ConditionStatus, NodeStorageIdentityStatus};
use crate::web::{self, Shared, Shown};

/// The storage identity of every Kubernetes node: published, verified and unique.
#[derive(Debug, Parser)]
#[command(name = "sanid-kube", version, arg_required_else_help = true)]
pub struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Publish the identity of the node that this runs on, and hold its claims
    ///
    /// Exits with 0 when it is told to end. With --once: 0 when the node is Applied, Verified and Unique, 1
    /// when it is not, 2 when it could not be published.
    Agent(AgentOptions),
    /// Print the definitions of the resources, for kubectl apply -f -
    Definitions,
}

#[derive(Debug, Args)]
struct AgentOptions {
    /// The name of the node
    #[arg(long, value_name = "NAME", env = "NODE_NAME")]
    node_name: String,
    /// Where the host's files are
    #[arg(long, value_name = "DIR", default_value = "/host")]
    root: PathBuf,
    /// Publish once and end
    #[arg(long)]
    once: bool,
    /// How often to look at the host; looking asks the API server nothing
    #[arg(long, value_name = "SECONDS", default_value_t = 30, value_parser = clap::value_parser!(u64).range(1..=3600))]
    look_every: u64,
    /// How often to publish where nothing changes, and to look at one of the claims
    #[arg(long, value_name = "SECONDS", default_value_t = 600, value_parser = clap::value_parser!(u64).range(1..=86_400))]
    publish_every: u64,
    /// Remove the taint with this key from the node when it is Verified and Unique
    #[arg(long, value_name = "KEY")]
    startup_taint: Option<String>,
    /// Where to answer /healthz, /readyz and /metrics
    #[arg(long, value_name = "ADDRESS", conflicts_with = "once")]
    listen: Option<SocketAddr>,
    /// The API server; as in a pod where it is not given
    #[arg(long, value_name = "URL")]
    server: Option<String>,
    /// The bearer token; that of the pod where it is not given
    #[arg(long, value_name = "FILE")]
    token_file: Option<PathBuf>,
    /// Who signed the API server's certificate; as in a pod where it is not given
    #[arg(long, value_name = "FILE")]
    ca_file: Option<PathBuf>,
}

/// The definition of the command line, for man pages and completions.
///
/// ```
/// assert_eq!(sanid_kube::cli::command().get_name(), "sanid-kube");
/// ```
pub fn command() -> clap::Command {
    Arguments::command()
}

/// Runs the command line.
pub fn main() -> ExitCode {
    let arguments = Arguments::parse();
    match arguments.command {
        Command::Agent(options) => agent(&options),
        Command::Definitions => definitions(),
    }
}

/// A List, which kubectl takes as it is.
fn definitions() -> ExitCode {
    use std::io::Write as _;
    let list = serde_json::json!({
        "apiVersion": "v1",
        "kind": "List",
        "items": crate::resources::definitions(),
    });
    let written = serde_json::to_string_pretty(&list)
        .map_err(std::io::Error::from)
        .and_then(|text| writeln!(std::io::stdout(), "{text}"));
    match written {
        Err(error) if error.kind() != std::io::ErrorKind::BrokenPipe => {
            // With nobody to read it there is nobody to tell; the exit code remains.
            let _ = writeln!(
                std::io::stderr(),
                "sanid-kube: cannot write the answer: {error}"
            );
            ExitCode::from(2)
        }
        // A reader that has seen enough, such as head, is not an error.
        _ => ExitCode::SUCCESS,
    }
}

fn agent(options: &AgentOptions) -> ExitCode {
    // What a library fails at comes back as an error, which is told once and with its cause.
    let ours = Targets::new().with_target("sanid", tracing::Level::INFO);
    tracing_subscriber::fmt()
        .json()
        .flatten_event(true)
        .with_target(false)
        .with_writer(std::io::stderr)
        .finish()
        .with(ours)
        .init();
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        // Files are read on this thread; the pool is for claims, and for names that are looked up meanwhile.
        .max_blocking_threads(2)
        .thread_stack_size(2 * 1024 * 1024)
        .build();
    let outcome = match runtime {
        Ok(runtime) => {
            let local = tokio::task::LocalSet::new();
            local.block_on(&runtime, run(options))
        }
        Err(error) => Err(error.to_string()),
    };
    match outcome {
        Ok(code) => code,
        Err(message) => {
            error!("{message}");
            ExitCode::from(2)
        }
    }
}

async fn run(options: &AgentOptions) -> Result<ExitCode, String> {
    let root = Root::open(&options.root).map_err(|error| {
        format!(
            "--root {} cannot be opened: {error}; mount the host's files below it, read-only",
            options.root.display()
        )
    })?;
    let address = Address {
        server: options.server.clone(),
        token_file: options.token_file.clone(),
        ca_file: options.ca_file.clone(),
    };
    let cluster = address.connect().await.map_err(|error| error.to_string())?;
    let told = agent::Options {
        node: options.node_name.clone(),
        look_every: Duration::from_secs(options.look_every),
        publish_every: Duration::from_secs(options.publish_every),
        startup_taint: options.startup_taint.clone(),
    };
    let mut agent = Agent::new(told.clone(), cluster, root);
    if options.once {
        agent.look();
        agent.publish().await.map_err(|error| error.to_string())?;
        return Ok(ExitCode::from(u8::from(
            !agent.status().is_some_and(all_is_well),
        )));
    }
    let shown: Shared = Rc::new(RefCell::new(Shown {
        stuck_after: told.look_every * 4 + Duration::from_secs(60),
        requests: agent.requests(),
        ..Shown::default()
    }));
    if let Some(at) = options.listen {
        let listener = TcpListener::bind(at)
            .await
            .map_err(|error| format!("--listen {at} cannot be used: {error}"))?;
        tokio::task::spawn_local(web::serve(listener, Rc::clone(&shown)));
    }
    let mut term = signal(SignalKind::terminate()).map_err(|error| error.to_string())?;
    let mut int = signal(SignalKind::interrupt()).map_err(|error| error.to_string())?;
    tokio::select! {
        () = forever(&mut agent, &told, &shown) => {}
        _ = term.recv() => {}
        _ = int.recv() => {}
    }
    info!("ended");
    Ok(ExitCode::SUCCESS)
}

/// Until a file is replaced that is mounted by itself.
async fn forever(agent: &mut Agent, options: &agent::Options, shown: &Shared) {
    let mut due = Moment::now();
    // After a failure a change is not said at once, too: the API server is to be spared.
    let mut failing = false;
    loop {
        if let Some(file) = agent.replaced() {
            info!(
                file,
                "replaced beneath its mount; ending, to be started with a new one"
            );
            return;
        }
        let changed = agent.look();
        shown.borrow_mut().looked = Some(Instant::now());
        if Moment::now() >= due || (changed && !failing) {
            match agent.publish().await {
                Ok(()) => {
                    failing = false;
                    due = Moment::now() + agent.interval();
                    let mut shown = shown.borrow_mut();
                    shown.status = agent.status().cloned();
                    shown.published_at = SystemTime::now()
                        .duration_since(SystemTime::UNIX_EPOCH)
                        .ok()
                        .map(|since| since.as_secs());
                }
                Err(error) => {
                    failing = true;
                    let wait = agent.backoff();
                    due = Moment::now() + wait;
                    shown.borrow_mut().failures += 1;
                    warn!(seconds = wait.as_secs_f64(), "{error}; tried again later");
                }
            }
        }
        let next = (Moment::now() + options.look_every).min(due);
        tokio::time::sleep_until(next).await;
    }
}

fn all_is_well(status: &NodeStorageIdentityStatus) -> bool {
    status
        .conditions
        .iter()
        .all(|one| one.status == ConditionStatus::True)
}
