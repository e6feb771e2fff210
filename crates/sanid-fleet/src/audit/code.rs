//! The codes of an audit's findings: API. docs/fleet-findings.md describes each; a test keeps the two
//! together.

use sanid_host::findings::Severity;

macro_rules! codes {
    ($($(#[$doc:meta])* $variant:ident = $text:literal, $severity:ident;)*) => {
        /// What kind of finding it is. Codes are API: they are added, never changed or reused.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[non_exhaustive]
        pub enum Code {
            $($(#[$doc])* $variant,)*
        }

        impl Code {
            /// Every code.
            pub const ALL: &'static [Self] = &[$(Self::$variant),*];

            /// The code in reports: API.
            pub fn as_str(self) -> &'static str {
                match self {
                    $(Self::$variant => $text,)*
                }
            }

            /// How bad it is.
            pub fn severity(self) -> Severity {
                match self {
                    $(Self::$variant => Severity::$severity,)*
                }
            }
        }
    };
}

codes! {
    /// Hosts have one seed.
    DuplicateSeed = "duplicate-seed", Danger;
    /// Hosts use one Host ID.
    DuplicateHostId = "duplicate-host-id", Danger;
    /// Hosts use one host NQN.
    DuplicateHostNqn = "duplicate-host-nqn", Danger;
    /// Hosts use one initiator name.
    DuplicateIqn = "duplicate-iqn", Danger;
    /// One host NQN is used with more than one Host ID.
    HostNqnWithTwoIds = "host-nqn-with-two-ids", Danger;
    /// One Host ID is used with more than one host NQN.
    HostIdWithTwoNqns = "host-id-with-two-nqns", Danger;
    /// A host uses other names than the inventory says.
    IdentityUnexpected = "identity-unexpected", Danger;
    /// Rows of the inventory have one name of storage, or one host name.
    InventoryDuplicate = "inventory-duplicate", Danger;
    /// Several hosts are listed with one name.
    ListedShared = "listed-shared", Danger;
    /// A host is listed with a different name than it reports.
    ListedDiffers = "listed-differs", Danger;
    /// A name is listed several times, for one host or for several.
    ListedUnclear = "listed-unclear", Warning;
    /// Listed names that no host reports.
    ListedUnknown = "listed-unknown", Warning;
    /// Parts of the lists could not be read.
    ListsIncomplete = "lists-incomplete", Warning;
    /// One name is used at a target with two Host IDs or two aliases, or by machines that take turns.
    LoginShared = "login-shared", Danger;
    /// A name is logged in from an address that no host with this name has.
    LoginFromElsewhere = "login-from-elsewhere", Danger;
    /// A host is logged in with a name that it does not report.
    LoginNameDiffers = "login-name-differs", Danger;
    /// A name is logged in that no host reports.
    LoginNameUnknown = "login-name-unknown", Warning;
    /// A login cannot be compared with the host's addresses.
    LoginUnplaced = "login-unplaced", Warning;
    /// What targets print was not read, or does not show all.
    SessionsIncomplete = "sessions-incomplete", Warning;
    /// One running machine is reported under several names.
    MachineWithSeveralNames = "machine-with-several-names", Warning;
    /// A host of the inventory gave no report.
    HostMissing = "host-missing", Warning;
    /// A host reports and is not in the inventory.
    HostUnexpected = "host-unexpected", Warning;
    /// Hosts with different seeds have one name.
    HostNameShared = "host-name-shared", Warning;
    /// A name is valid, and some program refuses or misreads it.
    NameNotPortable = "name-not-portable", Warning;
    /// What hosts say of themselves.
    HostFinding = "host-finding", Warning;
    /// A document is no report, or a host gave none.
    NoReport = "no-report", Warning;
    /// A line of the inventory is no host.
    InventoryRow = "inventory-row", Warning;
    /// Hosts derive their names by different schemes.
    SchemesMixed = "schemes-mixed", Info;
    /// A host is reported more than once.
    ReportedTwice = "reported-twice", Info;
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeMap;

    /// `| `code` | severity |` of the table.
    fn documented() -> BTreeMap<String, String> {
        let page = include_str!("../../../../docs/fleet-findings.md");
        let (page, _) = page.split_once("## Causes").unwrap();
        let rows = page.lines().filter(|line| line.starts_with("| `"));
        rows.map(|row| {
            let mut cells = row.split('|').map(str::trim);
            cells.next();
            let code = cells.next().unwrap().trim_matches('`').to_owned();
            (code, cells.next().unwrap().to_owned())
        })
        .collect()
    }

    #[test]
    fn the_page_lists_every_code_with_its_severity() {
        let codes: BTreeMap<String, String> = Code::ALL
            .iter()
            .map(|code| {
                (
                    code.as_str().to_owned(),
                    code.severity().as_str().to_owned(),
                )
            })
            .collect();
        assert_eq!(documented(), codes);
    }
}
