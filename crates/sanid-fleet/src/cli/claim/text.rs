//! What people read.

use std::fmt::Write as _;

use sanid_claims::{
    ClaimsReport, Ended, EventReport, Grant, Kind, Lease, Outcome, Request, Rival, Seen, Why,
};

/// What came of it, and the ways out.
pub(super) fn outcome(request: &Request, outcome: &Outcome) -> String {
    let mut page = String::new();
    let host = &request.holder.name;
    match outcome {
        Outcome::Held(grant) => granted(&mut page, &format!("{host} holds its identity"), grant),
        Outcome::Renewed(grant) => {
            granted(
                &mut page,
                &format!("{host} still holds its identity"),
                grant,
            );
        }
        Outcome::TakenOver(grant, why) => {
            let why = match why {
                Why::Expired => "the lease of who had it had expired",
                Why::Fenced => "who had it is fenced, as you say",
            };
            granted(
                &mut page,
                &format!("{host} has taken its identity over: {why}"),
                grant,
            );
            ended(&mut page, &grant.ended);
        }
        Outcome::Released(claims) => {
            line(&mut page, "released");
            ended(&mut page, claims);
        }
        Outcome::NotHeld => line(&mut page, "nobody holds any of these names"),
        Outcome::Conflict(rivals) | Outcome::Refused(rivals) => {
            page.push_str(&conflict(request, rivals));
        }
    }
    page
}

/// Who has it, since when, what tells, and what to do.
pub(super) fn conflict(request: &Request, rivals: &[Rival]) -> String {
    let mut page = String::new();
    let host = &request.holder.name;
    line(
        &mut page,
        &format!(
            "{host} does not have its identity: {} another claim; two hosts with one identity write to each other's volumes",
            if rivals.len() == 1 {
                "there is"
            } else {
                "there is more than"
            }
        ),
    );
    for rival in rivals {
        rival_lines(&mut page, request, rival);
    }
    line(&mut page, "Ways out:");
    for (command, when) in [
        (
            "sanid reseed",
            "if this host is the clone: it gets an identity of its own",
        ),
        (
            "sanid-fleet claim release",
            "on the other host, if that one is to give it up",
        ),
        (
            "sanid-fleet claim takeover --fenced",
            "if the other host is gone, or cut off from its storage: this one",
        ),
    ] {
        line(&mut page, &format!("  {command:<37}{when}"));
    }
    page
}

fn rival_lines(page: &mut String, request: &Request, rival: &Rival) {
    let record = &rival.seen.record;
    let names: Vec<String> = rival
        .shares
        .iter()
        .map(|name| name.kind.to_string())
        .collect();
    line(
        page,
        &format!(
            "  {} has {} since {} (generation {})",
            record.holder.name,
            names.join(", "),
            record.since,
            rival.seen.version
        ),
    );
    let lease = lease(&rival.seen);
    line(page, &format!("  {lease}; {}", rival.likeness.words()));
    let compared = sanid_host::hardware::compare(&record.holder.evidence, &request.holder.evidence);
    let compared: Vec<String> = compared
        .by_name()
        .iter()
        .map(|(name, found)| format!("{name} {}", found.as_str()))
        .collect();
    line(page, &format!("  hardware: {}", compared.join(", ")));
}

/// For how long a claim holds, in words.
pub(in crate::cli) fn lease(seen: &Seen) -> String {
    match (seen.lease, seen.record.lease_seconds) {
        (Lease::Expired, _) => "its lease has expired".to_owned(),
        (Lease::Live(_), None) => "it holds until it is released".to_owned(),
        (Lease::Live(Some(left)), _) => {
            format!(
                "its lease ends in {} s, unless it is renewed",
                left.as_secs()
            )
        }
        (Lease::Live(None), Some(lease)) => {
            format!("its lease ends {lease} s after it was last renewed")
        }
    }
}

fn granted(page: &mut String, what: &str, grant: &Grant) {
    line(page, what);
    let identity = &grant.record.identity;
    for kind in [Kind::Iqn, Kind::HostNqn, Kind::HostId] {
        if let Some(name) = identity.name(&kind) {
            line(page, &format!("  {name}"));
        }
    }
    for one in identity.names() {
        if let Kind::Other(_) = one.kind {
            line(page, &format!("  {} {}", one.kind, one.name));
        }
    }
    let lease = grant.record.lease_seconds.map_or_else(
        || "until it is released".to_owned(),
        |seconds| format!("for {seconds} s from now"),
    );
    line(
        page,
        &format!(
            "  since {}, {lease}, generation {}",
            grant.record.since, grant.generation
        ),
    );
}

fn ended(page: &mut String, claims: &[Ended]) {
    for one in claims {
        line(
            page,
            &format!(
                "  ended: the claim of {}, since {} (generation {})",
                one.holder.name, one.since, one.generation
            ),
        );
    }
}

pub(super) fn claims(claims: &[ClaimsReport]) -> String {
    let mut page = String::new();
    for one in claims {
        let Some(lease) = one.lease_seconds else {
            row(&mut page, one, "no end");
            continue;
        };
        row(&mut page, one, &format!("{} ({lease} s)", one.lease));
    }
    if claims.is_empty() {
        line(&mut page, "no claims");
    }
    page
}

fn row(page: &mut String, one: &ClaimsReport, lease: &str) {
    let anchor = one.identity.anchor();
    let iqn = one.identity.name(&Kind::Iqn);
    let iqn = iqn.filter(|_| anchor.kind != Kind::Iqn);
    let iqn = iqn.map_or_else(String::new, |iqn| format!("  {iqn}"));
    line(
        page,
        &format!(
            "{}  {}{}  since {}  {lease}  generation {}",
            anchor.name, one.holder.name, iqn, one.since, one.generation
        ),
    );
}

pub(super) fn events(events: &[EventReport]) -> String {
    let mut page = String::new();
    for one in events {
        line(
            &mut page,
            &format!(
                "{}  {}  {:<18}  {}  {}",
                one.sequence,
                one.at,
                one.what,
                one.holder.name,
                one.identity.anchor().name
            ),
        );
    }
    page
}

fn line(page: &mut String, text: &str) {
    // Writing to a string cannot fail.
    let _ = writeln!(page, "{text}");
}
