//! The findings about logins, in words.

use std::collections::HashSet;
use std::time::{Duration, UNIX_EPOCH};

use sanid_host::findings::Severity;

use super::seen::{Doubt, OfName, Unplaced};
use crate::audit::checks::name;
use crate::audit::code::Code;
use crate::audit::finding::Finding;
use crate::audit::record::Fleet;
use crate::sessions::{Judged, Login};
use crate::shown;

/// More lines about one name are counted only.
const MOST: usize = 10;

const ASK_AGAIN: &str = "sanid-fleet collect --ssh HOSTS    collects the report again: if it has this address then, nothing is wrong";

/// `from 192.0.2.12, alias db-02, at TARGET (FILE:LINE)`.
fn line(login: &Login) -> String {
    let mut line = login
        .address
        .map_or("no address".to_owned(), |address| format!("from {address}"));
    let mut add = |word: &str, text: Option<&str>| {
        if let Some(text) = text {
            line.push_str(", ");
            line.push_str(word);
            line.push_str(text);
        }
    };
    add("alias ", login.alias.as_deref());
    add("with Host ID ", login.host_id.as_deref());
    add("at ", login.target.as_deref());
    let place = &login.place;
    shown(&format!("{line} ({place})"))
}

/// Each login once, however many snapshots it is in.
fn lines<'l>(logins: impl Iterator<Item = &'l Login>) -> Vec<String> {
    let mut seen = HashSet::new();
    let mut all = Vec::new();
    for login in logins {
        let is_new = seen.insert((login.address, &login.host_id, &login.alias, &login.target));
        if is_new && seen.len() <= MOST {
            all.push(line(login));
        }
    }
    if seen.len() > MOST {
        all.push(format!("and {} more", seen.len() - MOST));
    }
    all
}

/// `db-01 has 192.0.2.11, 198.51.100.11 (report of 2026-11-29T10:00:00Z)`.
fn of_host(fleet: &Fleet, place: u64) -> String {
    let Some(record) = fleet.get(place) else {
        return String::new();
    };
    let all = record.addresses();
    let mut addresses: Vec<String> = all.iter().take(MOST).map(ToString::to_string).collect();
    if all.len() > MOST {
        addresses.push(format!("{} more", all.len() - MOST));
    }
    let has = if addresses.is_empty() {
        "has no addresses in its report".to_owned()
    } else {
        format!("has {}", addresses.join(", "))
    };
    let time = UNIX_EPOCH + Duration::from_secs(record.time.into());
    let time = match record.time {
        0 => String::new(),
        _ => format!(" (report of {})", humantime::format_rfc3339_seconds(time)),
    };
    format!("{} {has}{time}", name(fleet, place))
}

/// A finding about one name and some hosts.
fn finding(code: Code, login: &Login, hosts: &[u64], seen: String, why: &'static str) -> Finding {
    Finding {
        about: vec![shown(&login.name)],
        hosts: hosts.len() as u64,
        named: hosts.iter().copied().take(MOST).collect(),
        ..Finding::new(code, seen, why)
    }
}

fn logins<'l>(name: &OfName<'l>) -> impl Iterator<Item = &'l Login> {
    name.logins.iter().map(|(_, _, login)| *login)
}

/// Two machines, by what the target shows alone; or one, where every address is that of one host.
pub(super) fn shared(
    fleet: &Fleet,
    judged: &Judged<'_>,
    holders: &[u64],
    one_host: Option<u64>,
) -> Finding {
    let mut details: Vec<String> = judged.why.iter().map(|why| shown(why)).collect();
    details.extend(lines(judged.logins.iter().copied()));
    if let Some(host) = one_host {
        details.push(format!(
            "{}: every address is its own, so this may be one machine that was renamed or that logs in again and again",
            of_host(fleet, host)
        ));
    }
    Finding {
        severity: match one_host {
            Some(_) => Severity::Warning,
            None => Severity::Danger,
        },
        about: vec![shown(&judged.name)],
        details,
        hosts: holders.len() as u64,
        named: holders.iter().copied().take(MOST).collect(),
        fix: vec![
            "unmount its volumes on one of the machines first".to_owned(),
            "sanid reseed    on the machine that is a copy, or sanid apply --replace where only the names are copied".to_owned(),
        ],
        ..Finding::new(
            Code::LoginShared,
            format!("the target shows two machines as {}", shown(&judged.name)),
            "A target takes them for one host: each reaches the other's volumes, and one's login ends the other's session.",
        )
    }
}

/// A login from an address, or with a Host ID, that no host with its name has.
pub(super) fn elsewhere(
    fleet: &Fleet,
    name: &OfName<'_>,
    holders: &[u64],
    doubt: Doubt,
) -> Finding {
    let Some(first) = logins(name).next() else {
        return Finding::new(Code::LoginFromElsewhere, String::new(), "");
    };
    let mut details = lines(logins(name));
    details.extend(
        holders
            .iter()
            .take(MOST)
            .map(|place| of_host(fleet, *place)),
    );
    let mut fix = vec![ASK_AGAIN.to_owned()];
    match doubt {
        Doubt::Little => {}
        Doubt::OldReport => details.push("the report is more than a day older than the login: the host may have got this address since".to_owned()),
        Doubt::Translated => details.push("hosts with different names log in from this address: it may belong to a NAT gateway".to_owned()),
    }
    fix.push("find the machine at this address in ARP, DHCP or NAT tables; if it is not one of these hosts, unmount its volumes, then give it its own names".to_owned());
    let by = if first.host_id.is_some() && first.address.is_none() {
        "with a Host ID"
    } else {
        "from an address"
    };
    let seen = format!(
        "{} is logged in {by} that no host with this {} has",
        shown(&first.name),
        first.kind.label()
    );
    Finding {
        severity: if doubt == Doubt::Little {
            Severity::Danger
        } else {
            Severity::Warning
        },
        details,
        fix,
        ..finding(
            Code::LoginFromElsewhere,
            first,
            holders,
            seen,
            "A second machine uses this name, such as a copy without sanid, unless the host got the address after its report or NAT changed it. Two machines with one name reach each other's volumes.",
        )
    }
}

/// A host that is logged in with a name that it does not report.
pub(super) fn differs(
    fleet: &Fleet,
    of_it: &OfName<'_>,
    owner: u64,
    holders: &[u64],
    is_certain: bool,
) -> Finding {
    let Some(first) = logins(of_it).next() else {
        return Finding::new(Code::LoginNameDiffers, String::new(), "");
    };
    let host = name(fleet, owner);
    let mut details = lines(logins(of_it));
    details.push(of_host(fleet, owner));
    for holder in holders.iter().take(MOST) {
        details.push(format!(
            "it is the {} of {}",
            first.kind.label(),
            name(fleet, *holder)
        ));
    }
    if !is_certain {
        details.push("the report is more than a day older than the login: a different machine may have this address now".to_owned());
    }
    Finding {
        severity: if is_certain {
            Severity::Danger
        } else {
            Severity::Warning
        },
        details,
        fix: vec![
            format!("sanid status    on {host} says which names are in use, and where each comes from"),
            "sanid-fleet collect --ssh HOSTS    collects the report again: if it lacks this address then, a different machine has it".to_owned(),
        ],
        ..finding(
            Code::LoginNameDiffers,
            first,
            &[owner],
            format!("{} is logged in from an address of {host}, which does not report this {}", shown(&first.name), first.kind.label()),
            "Either the host uses a name that its report does not show, or a different machine now has its address. The target gives it the volumes of this name.",
        )
    }
}

/// Lines about the first of many names.
fn first(logins: &[&Login]) -> Vec<String> {
    let line = |one: &&Login| format!("{} {}", shown(&one.name), line(one));
    let mut details: Vec<String> = logins.iter().take(MOST).map(line).collect();
    if logins.len() > MOST {
        details.push(format!("and {} more", logins.len() - MOST));
    }
    details
}

/// How many names are logged in.
fn logged_in(count: usize) -> String {
    match count {
        1 => "1 name is logged in".to_owned(),
        _ => format!("{count} names are logged in"),
    }
}

/// Names that no host reports.
pub(super) fn unknown(strangers: &[&Login]) -> Option<Finding> {
    (!strangers.is_empty()).then(|| Finding {
        about: strangers.iter().take(MOST).map(|one| shown(&one.name)).collect(),
        details: first(strangers),
        fix: vec![
            "sanid-fleet collect --ssh HOSTS    collects the reports of these machines, once sanid is installed there".to_owned(),
            "remove the names that no machine uses from the target".to_owned(),
        ],
        ..Finding::new(
            Code::LoginNameUnknown,
            format!("{} that no host reports", logged_in(strangers.len())),
            "Machines without a report use storage, and a copy of one of them is not found.",
        )
    })
}

/// Logins that nothing places: the target shows no address, or the reports have none.
pub(super) fn untold(fleet: &Fleet, unplaced: &[Unplaced<'_>], at_target: bool) -> Option<Finding> {
    let logins: Vec<&Login> = unplaced.iter().map(|(login, _)| *login).collect();
    let hosts = || unplaced.iter().flat_map(|(_, hosts)| hosts).copied();
    let mut details = first(&logins);
    let (seen, fix) = if at_target {
        (
            "and the target shows no address",
            "read the target in a way that shows addresses: docs/two-logins.md lists them",
        )
    } else {
        details.extend(hosts().take(MOST).map(|place| of_host(fleet, place)));
        (
            "and a report of the host has no addresses",
            "sanid-fleet collect --ssh HOSTS    collects reports with addresses, once sanid 0.2 or later is on the hosts",
        )
    };
    (!logins.is_empty()).then(|| Finding {
        about: logins
            .iter()
            .take(MOST)
            .map(|one| shown(&one.name))
            .collect(),
        details,
        fix: vec![fix.to_owned()],
        hosts: hosts().count() as u64,
        named: hosts().take(MOST).collect(),
        ..Finding::new(
            Code::LoginUnplaced,
            format!("{} {seen}", logged_in(logins.len())),
            "These may be the hosts, or second machines with their names.",
        )
    })
}
