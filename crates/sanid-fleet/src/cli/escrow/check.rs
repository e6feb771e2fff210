//! `sanid-fleet escrow check`: whether somebody still holds a claim on an identity that was kept.

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use clap::Args;
use sanid_claims::config::{self, Config};
use sanid_claims::{Identity, Lease, Seen};
use sanid_host::NAMED_FILES;

use super::super::claim::{lease, store_failed};
use super::super::{Exit, Failure, complain, print};
use crate::escrow::EscrowRecord;

/// Ask the claim store whether a host still holds the identity in a record
///
/// sanid adopt --from asks it by itself where /etc/sanid/claim.toml names a store. Exits with 1 where a claim
/// on one of the three names has not expired, and with 2 where the store gives no answer.
#[derive(Debug, Args)]
#[command(after_help = "\
Example:
  age -d -i key.txt db-1.age | sanid-fleet escrow check --store sqlite:/var/lib/sanid/claims.db -")]
pub(super) struct Check {
    /// A record of sanid-fleet escrow, decrypted; - is standard input
    #[arg(value_name = "RECORD")]
    record: PathBuf,
    /// sqlite:FILE or etcd:URL[,URL…] (default: store in the configuration)
    #[arg(long, value_name = "STORE")]
    store: Option<String>,
    /// A file instead of /etc/sanid/claim.toml
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
    /// The host whose /etc/sanid/claim.toml names the store; every file that it names is below DIR, too
    #[arg(long, value_name = "DIR", value_hint = clap::ValueHint::DirPath, conflicts_with = "config")]
    root: Option<PathBuf>,
    /// Do not ask a store on the network
    #[arg(long)]
    offline: bool,
    /// How long to wait for the store, such as 10s
    #[arg(long, value_name = "TIME", value_parser = config::parse_time)]
    wait: Option<Duration>,
}

pub(super) fn run(options: &Check) -> Result<Exit, Failure> {
    let (name, text) = super::document(&options.record)?;
    let record =
        EscrowRecord::read(&text).map_err(|why| Failure::error(&format!("{name}: {why}")))?;
    let claimed = NAMED_FILES.map(|file| record.names.of(file).unwrap_or_default());
    let [iqn, host_nqn, host_id] = claimed;
    let identity = Identity::parse(iqn, host_nqn, host_id)
        .map_err(|error| Failure::error(&format!("{name}: {error}")))?;
    let claims = holders(options, &identity)?;
    if claims.is_empty() {
        print(&format!(
            "nobody holds a claim on the identity of {}\n",
            crate::shown(&record.host)
        ))?;
    }
    let mut held = false;
    for seen in &claims {
        let own = is_here(seen, &record);
        held |= !own && seen.lease != Lease::Expired;
        print(&format!("{}\n", line(seen, &identity, own)))?;
    }
    if !held {
        return Ok(Exit::Fine);
    }
    complain(&format!(
        "the identity of {} is claimed\n\
         Ways out:\n  \
         sanid-fleet claim release                         on the host that has it\n  \
         sanid-fleet claim release --fenced --for RECORD  where that host is gone, or cut off from its storage",
        crate::shown(&record.host)
    ));
    Ok(Exit::Findings)
}

fn holders(options: &Check, identity: &Identity) -> Result<Vec<Seen>, Failure> {
    let config = match &options.root {
        Some(root) => Config::below(root),
        None => Config::read(options.config.as_deref()),
    };
    let config = config.map_err(|bad| Failure::error(&bad))?;
    let address = options.store.as_deref().or(config.store.as_deref());
    let address = address.ok_or_else(|| {
        let file = options.config.as_deref().unwrap_or(Path::new(config::PATH));
        Failure::error(&format!(
            "no store is named\nWays out:\n  --store sqlite:FILE  or etcd:URL[,URL…]\n  store = \"…\"          in {}",
            sanid_host::root::printable(file)
        ))
    })?;
    if options.offline && !address.starts_with("sqlite:") {
        return Err(Failure::error(
            &"the claim store is on the network, and with --offline it is not asked (sanid adopt --check-claims asks it)",
        ));
    }
    let mut how = config.store_options();
    how.untouched = true;
    how.below.clone_from(&options.root);
    let mut store = sanid_claims::open(address, &how).map_err(|error| store_failed(&error))?;
    let wait = options.wait.or(config.wait).unwrap_or(config::WAIT);
    store.wait_until(Instant::now() + wait);
    Ok(store
        .read(identity)
        .map_err(|error| store_failed(&error))?
        .claims)
}

/// Whether this boot of this kernel made the claim, as another installation than that of the record: the
/// replacement has taken the identity over already.
fn is_here(seen: &Seen, record: &EscrowRecord) -> bool {
    let holder = &seen.record.holder;
    holder.boot_id.is_some()
        && holder.boot_id == sanid_claims::host::boot_id()
        && holder.seed != record.seed_fingerprint
}

fn line(seen: &Seen, wanted: &Identity, own: bool) -> String {
    let wanted = wanted.identifiers();
    let theirs = seen.record.identity.identifiers();
    let names: Vec<String> = theirs
        .iter()
        .filter(|name| wanted.contains(name))
        .map(|name| name.kind.to_string())
        .collect();
    let holder = if own {
        "this host".to_owned()
    } else {
        crate::shown(&seen.record.holder.name)
    };
    format!(
        "{holder} has {} since {} (generation {}); {}",
        names.join(", "),
        seen.record.since,
        seen.version,
        lease(seen)
    )
}
