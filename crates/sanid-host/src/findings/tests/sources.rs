//! Where the identity comes from.

use super::{Case, clean};
use crate::facts::{Credentials, Facts, MachineIdState, TableContent};
use crate::file::IdentityFile;
use crate::observed::Observed;
use crate::resolve::resolve;
use crate::testing::{ID, IQN, NQN, OTHER_ID, OTHER_NQN, facts};

/// What Dell's firmware gives: the Host ID is the NQN's UUID in the byte order of SMBIOS.
const DELL_NQN: &str = "nqn.2014-08.org.nvmexpress:uuid:4c4c4544-0044-4410-8030-b8c04f445833";
const DELL_ID: &str = "44454c4c-4400-1044-8030-b8c04f445833";

pub(super) fn cases() -> Vec<Case> {
    let mut published = facts();
    published.settings.scheme.value = sanid_core::scheme("talos").unwrap();
    let derived = resolve(&published).unwrap().identity();
    let published = published.on_disk(
        derived.iqn.as_str(),
        derived.nvme.host_nqn.as_str(),
        &derived.nvme.host_id.to_string(),
    );
    let mut shared = clean();
    shared.settings.iqn_template = Some(crate::config::Setting {
        value: crate::config::IqnTemplate::parse("iqn.2001-04.com.example:all").unwrap(),
        origin: crate::config::Origin::Default,
    });
    let mut unseen = clean();
    unseen.credentials.unseen = Some(crate::root::ReadError::Io {
        path: "/run/credentials/@system".into(),
        errno: rustix::io::Errno::ACCESS,
    });
    vec![
        ("credentials unseen", unseen, vec!["credentials-unseen"]),
        (
            "no machine-id",
            Facts {
                machine_id: MachineIdState::Missing,
                ..clean()
            },
            vec!["no-seed"],
        ),
        (
            "bad parameter",
            Facts {
                cmdline: Observed::Saw("rd.nvmf.hostid=x".into()),
                ..clean()
            },
            vec!["source-invalid"],
        ),
        (
            "a credential that the command line outranks",
            Facts {
                cmdline: Observed::Saw(format!("rd.iscsi.initiator={IQN}")),
                credentials: Credentials {
                    names: crate::Names::from([(IdentityFile::InitiatorName, "host-1")]),
                    ..Credentials::default()
                },
                ..clean()
            },
            vec!["source-fault"],
        ),
        (
            "a command line that cannot be read",
            Facts {
                cmdline: Observed::Failed("Permission denied".into()),
                ..clean()
            },
            vec!["source-invalid"],
        ),
        (
            "an NBFT of a later revision",
            clean().nbft(TableContent::Identity(crate::parse::nbft::Host {
                minor: 1,
                ..crate::facts::host(7, NQN, ID)
            })),
            vec!["firmware-newer"],
        ),
        (
            "a table of a later version",
            {
                let mut facts = clean();
                facts.settings.unknown = vec![("[nfs]".into(), crate::config::Origin::Default)];
                facts
            },
            vec!["config-unknown"],
        ),
        ("talos", published, vec!["seed-published"]),
        (
            "one name for all",
            shared.file(IdentityFile::InitiatorName, "iqn.2001-04.com.example:all"),
            vec!["template-not-unique"],
        ),
        (
            "pinned over the firmware",
            clean().pin_id(ID).nbft_pair(OTHER_NQN, OTHER_ID),
            vec!["firmware-differs"],
        ),
        (
            "Dell's NBFT",
            facts()
                .on_disk(IQN, DELL_NQN, DELL_ID)
                .nbft_pair(DELL_NQN, DELL_ID),
            vec!["firmware-byte-order"],
        ),
    ]
}
