//! What an audit found, before the hosts are given their names.

use sanid_host::findings::Severity;

use super::cause::Cause;
use super::code::Code;

/// One finding.
#[derive(Debug, Clone)]
pub(crate) struct Finding {
    pub(crate) code: Code,
    pub(crate) severity: Severity,
    /// What else is true of exactly the same hosts.
    pub(crate) also: Vec<Code>,
    pub(crate) cause: Option<Cause>,
    /// What it is about: the values that hosts share, the code of their own finding.
    pub(crate) about: Vec<String>,
    /// What was seen.
    pub(crate) seen: String,
    /// Why it matters.
    pub(crate) why: &'static str,
    /// What to do.
    pub(crate) fix: Vec<String>,
    /// One line for each thing that needs its own.
    pub(crate) details: Vec<String>,
    /// How many hosts, or documents.
    pub(crate) hosts: u64,
    /// The places of the first of them.
    pub(crate) named: Vec<u64>,
}

impl Finding {
    pub(crate) fn new(code: Code, seen: String, why: &'static str) -> Self {
        Self {
            code,
            severity: code.severity(),
            also: Vec::new(),
            cause: None,
            about: Vec::new(),
            seen,
            why,
            fix: Vec::new(),
            details: Vec::new(),
            hosts: 0,
            named: Vec::new(),
        }
    }
}

/// `1 host`, `2 hosts`.
pub(crate) fn hosts(count: u64) -> String {
    match count {
        1 => "1 host".to_owned(),
        _ => format!("{count} hosts"),
    }
}
