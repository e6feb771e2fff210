//! The programs that do not take the names in the identity files (`sanid status`).

use super::report;
use crate::facts::Facts;
use crate::readers::{ReaderName, differing};

report! {
    /// What one program takes in place of the names in the files.
    pub struct ReaderReport {
        /// The program.
        pub reader: &'static str,
        /// `iqn` or `nvme`.
        pub part: &'static str,
        /// The initiator name that it takes.
        pub iqn: Option<String>,
        /// The host NQN that it takes.
        pub host_nqn: Option<String>,
        /// The Host ID that it takes.
        pub host_id: Option<String>,
        /// The file, with the line where it is the program's own configuration.
        pub from: String,
        /// Why it refuses the name in the file.
        pub why: Option<String>,
    }
}

pub(super) fn list(facts: &Facts) -> Option<Vec<ReaderReport>> {
    let report = |taken: ReaderName| {
        let [iqn, host_nqn, host_id] = taken.names.named();
        ReaderReport {
            reader: taken.reader,
            part: taken.part.key(),
            iqn,
            host_nqn,
            host_id,
            from: taken.from,
            why: taken.why,
        }
    };
    let all: Vec<ReaderReport> = differing(facts).into_iter().map(report).collect();
    (!all.is_empty()).then_some(all)
}
