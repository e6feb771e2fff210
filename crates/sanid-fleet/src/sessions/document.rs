//! What `sanid-fleet sessions` says to programs. API, `sanid/v1`: fields are added, never renamed or removed.

use std::time::SystemTime;

use serde::{Deserialize, Serialize};

use super::{Judged, Login, Output, Verdict, judge};
use crate::duplicates::Kind;
use crate::shown;

macro_rules! document {
    ($(#[$meta:meta])* pub(crate) struct $($rest:tt)*) => {
        #[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
        #[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
        #[serde(rename_all = "camelCase")]
        $(#[$meta])*
        pub(crate) struct $($rest)*
    };
}

document! {
    /// Who is logged in at a target.
    pub(crate) struct SessionsReport {
        /// `sanid/v1`.
        #[cfg_attr(feature = "schema", schemars(extend("const" = "sanid/v1")))]
        pub(crate) api_version: String,
        /// `Sessions`.
        #[cfg_attr(feature = "schema", schemars(extend("const" = "Sessions")))]
        pub(crate) kind: String,
        /// When the last snapshot was taken, as RFC 3339; absent where files were read.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pub(crate) time: Option<String>,
        /// How many snapshots were compared.
        pub(crate) snapshots: usize,
        /// The names, the certain verdicts first.
        pub(crate) names: Vec<LoggedIn>,
        /// What was not read, and where.
        pub(crate) not_read: Vec<String>,
        /// What the source never shows.
        #[serde(default)]
        pub(crate) not_shown: Vec<String>,
    }
}

document! {
    /// A name that is logged in.
    pub(crate) struct LoggedIn {
        /// `iqn` or `hostNqn`.
        pub(crate) part: String,
        /// The name; letters are small where their size makes no difference.
        pub(crate) name: String,
        /// `shared`: two machines use it. `ask`: only somebody who knows the hosts can tell. `unproven`: one address at
        /// most was seen, which proves nothing.
        pub(crate) verdict: String,
        /// What shows it.
        pub(crate) why: Vec<String>,
        /// Its logins.
        pub(crate) logins: Vec<LoginReport>,
    }
}

document! {
    /// One login.
    pub(crate) struct LoginReport {
        /// The Host ID beside an NQN.
        pub(crate) host_id: Option<String>,
        /// What the initiator calls itself.
        pub(crate) alias: Option<String>,
        /// The address from which it came.
        pub(crate) address: Option<String>,
        /// The target or the subsystem, by its name or as `id 1`.
        pub(crate) target: Option<String>,
        /// The number of the session or of the controller.
        pub(crate) session: Option<u64>,
        /// The snapshot, counted from 1.
        pub(crate) snapshot: usize,
        /// File and line.
        pub(crate) place: String,
    }
}

const KIND: &str = "Sessions";

impl SessionsReport {
    /// The document about these outputs.
    pub(crate) fn new(all: Vec<Output>, now: Option<SystemTime>) -> Self {
        let mut logins = Vec::new();
        let (mut not_read, mut not_shown) = (Vec::new(), Vec::new());
        for one in all {
            logins.extend(one.logins);
            add(&mut not_read, one.not_read);
            add(&mut not_shown, one.not_shown);
        }
        let snapshots = logins.iter().map(|login| login.snapshot).max();
        Self {
            api_version: sanid_host::API_VERSION.to_owned(),
            kind: KIND.to_owned(),
            time: now.map(|now| humantime::format_rfc3339_seconds(now).to_string()),
            snapshots: snapshots.unwrap_or_default(),
            names: judge(&logins).into_iter().map(logged_in).collect(),
            not_read,
            not_shown,
        }
    }

    /// Whether somebody has to do something: what was not read is no all-clear.
    pub(crate) fn has_findings(&self) -> bool {
        let unproven = Verdict::Unproven.as_str();
        let is_found = self.names.iter().any(|one| one.verdict != unproven);
        is_found || !self.not_read.is_empty()
    }

    /// The document in a file; `None` for anything else.
    pub(super) fn read(bytes: &[u8]) -> Option<Self> {
        let start = bytes.get(..bytes.len().min(512)).unwrap_or_default();
        memchr::memmem::find(start, KIND.as_bytes())?;
        let report: Self = serde_json::from_slice(bytes).ok()?;
        (report.kind == KIND && report.api_version == sanid_host::API_VERSION).then_some(report)
    }

    /// The logins in it again.
    pub(super) fn shown(self, file: &str, before: usize) -> Output {
        let time = self.time.as_deref().map(humantime::parse_rfc3339_weak);
        let mut all = Output {
            logins: Vec::new(),
            not_read: self.not_read,
            not_shown: self.not_shown,
            time: time.and_then(Result::ok),
            snapshots: self.snapshots.max(1),
        };
        for name in self.names {
            let kind = match name.part.as_str() {
                "iqn" => Kind::Iscsi,
                "hostNqn" => Kind::Nqn,
                other => {
                    all.not_read
                        .push(format!("{file}: names of the part {other}"));
                    continue;
                }
            };
            let login = |one: LoginReport| Login {
                kind,
                name: name.name.clone(),
                host_id: one.host_id,
                alias: one.alias,
                address: one.address.and_then(|address| address.parse().ok()),
                target: one.target,
                session: one.session,
                snapshot: before.saturating_add(one.snapshot),
                place: one.place,
            };
            all.logins.extend(name.logins.into_iter().map(login));
        }
        all
    }
}

/// Adds texts, each once: snapshots of one target have the same.
fn add(all: &mut Vec<String>, more: Vec<String>) {
    for text in more {
        let text = shown(&text);
        if !all.contains(&text) {
            all.push(text);
        }
    }
}

fn logged_in(one: Judged<'_>) -> LoggedIn {
    let login = |login: &Login| LoginReport {
        host_id: login.host_id.clone(),
        alias: login.alias.as_deref().map(shown),
        address: login.address.map(|address| address.to_string()),
        target: login.target.as_deref().map(shown),
        session: login.session,
        snapshot: login.snapshot,
        place: shown(&login.place),
    };
    LoggedIn {
        part: one.kind.part().to_owned(),
        name: shown(&one.name),
        verdict: one.verdict.as_str().to_owned(),
        why: one.why.iter().map(|why| shown(why)).collect(),
        logins: one.logins.into_iter().map(login).collect(),
    }
}
