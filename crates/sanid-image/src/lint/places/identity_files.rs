//! The files that iscsid and nvme-cli read, wherever a build of them or a distribution has them, and the
//! copies that package managers and editors leave beside them.

use sanid_host::IdentityFile;
use sanid_host::parse::{Hazard, initiatorname, shell};
use sanid_host::root::escape;

use super::{Content, Place, Reads, file_name};
use crate::lint::finding::{self, Finding, Rule};

pub(super) static INITIATOR_NAME: Place = Place {
    patterns: &[
        "etc/iscsi/*initiatorname.iscsi*",
        "etc/initiatorname.iscsi",
        "etc/iscsi.initramfs",
        "etc/iscsi/iscsi.initramfs",
        "usr/etc/iscsi/*initiatorname.iscsi*",
        "usr/local/etc/iscsi/*initiatorname.iscsi*",
        "usr/lib/iscsi/*initiatorname.iscsi*",
        "usr/share/factory/etc/iscsi/*initiatorname.iscsi*",
        "run/initiatorname.iscsi",
        "run/sanid/etc/iscsi/*",
    ],
    reads: Reads::Text,
    judge: |path, content| {
        let bytes = content.bytes();
        let name = if file_name(path) == "iscsi.initramfs" {
            match shell::assigned(bytes, "ISCSI_INITIATOR") {
                Ok(Some(value)) if !value.is_empty() => Ok(escape(&value)),
                Ok(_) => Err(Hazard::NoValue),
                Err(hazard) => Err(Hazard::Shell(hazard)),
            }
        } else {
            initiatorname::iscsid(bytes).map(|name| escape(name.as_bytes()))
        };
        if let (Err(Hazard::NoValue), Some(name)) = (&name, initiatorname::name_without_key(bytes))
        {
            let name = escape(name.as_bytes());
            let seen = format!(
                "{name} without InitiatorName= before it: iscsid takes no name from the file"
            );
            return vec![Finding::removable(&finding::INITIATOR_NAME, path, seen)];
        }
        judge(&finding::INITIATOR_NAME, "initiator name", path, name)
    },
};

pub(super) static HOST_NQN: Place = Place {
    patterns: &[
        "etc/nvme/*hostnqn*",
        "usr/etc/nvme/*hostnqn*",
        "usr/local/etc/nvme/*hostnqn*",
        "usr/lib/nvme/*hostnqn*",
        "usr/share/factory/etc/nvme/*hostnqn*",
        "run/sanid/etc/nvme/*hostnqn*",
    ],
    reads: Reads::Text,
    judge: |path, content| nvme(IdentityFile::HostNqn, &finding::HOST_NQN, path, content),
};

pub(super) static HOST_ID: Place = Place {
    patterns: &[
        "etc/nvme/*hostid*",
        "usr/etc/nvme/*hostid*",
        "usr/local/etc/nvme/*hostid*",
        "usr/lib/nvme/*hostid*",
        "usr/share/factory/etc/nvme/*hostid*",
        "run/sanid/etc/nvme/*hostid*",
    ],
    reads: Reads::Text,
    judge: |path, content| nvme(IdentityFile::HostId, &finding::HOST_ID, path, content),
};

fn nvme(file: IdentityFile, rule: &'static Rule, path: &str, content: &Content) -> Vec<Finding> {
    let value = file.effective(content.bytes());
    let value = value.map(|text| escape(text.as_bytes()));
    judge(rule, file.holds(), path, value)
}

fn judge(
    rule: &'static Rule,
    holds: &str,
    path: &str,
    value: Result<String, Hazard>,
) -> Vec<Finding> {
    let seen = match value {
        Ok(value) => format!("{holds} {value}"),
        Err(Hazard::NoValue | Hazard::Empty) => return Vec::new(),
        Err(hazard) => {
            let why = escape(hazard.to_string().as_bytes());
            format!("something that may be its {holds}: its reader {why}")
        }
    };
    vec![Finding::removable(rule, path, seen)]
}
