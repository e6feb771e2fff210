//! systemd credentials (systemd.exec(5), `ImportCredential=`): how a hypervisor or a provisioning
//! system hands a name to one machine without touching its disk.

use super::error::ResolveError;
use super::source::{Given, Source, SourceKind, named};
use crate::facts::Facts;
use crate::part::{Part, files};

pub(super) struct Credential;

impl Source for Credential {
    fn kind(&self) -> SourceKind {
        SourceKind::Credential
    }

    fn give(&self, facts: &Facts, part: Part) -> Result<Option<Given>, ResolveError> {
        // What is there and cannot be read may be a name: without it the host would have another one.
        let mut unreadable = facts.credentials.unreadable.iter();
        let is_one = |error: &&crate::root::ReadError| {
            let mut files = files(part).iter();
            files.any(|file| error.path().ends_with(&file.credential()))
        };
        if let Some(error) = unreadable.find(is_one) {
            return Err(ResolveError::Undecided(format!("a credential: {error}")));
        }
        named(part, |file| {
            let text = facts.credentials.names.of(file)?;
            Some((text.to_owned(), format!("credential {}", file.credential())))
        })
    }
}
