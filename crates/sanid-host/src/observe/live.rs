//! The kernel's sessions, from sysfs (`drivers/scsi/scsi_transport_iscsi.c`,
//! `drivers/nvme/host/sysfs.c`).

use crate::facts::{IscsiHost, IscsiSession, Live, NvmeController};
use crate::root::{Root, escape};

/// Sees the live sessions of the kernel whose sysfs is below the root; none where there is no sysfs.
///
/// A session can end while it is read: what is gone half-way is left out.
pub(crate) fn live(root: &Root) -> Live {
    Live {
        iscsi: iscsi_sessions(root),
        iscsi_hosts: iscsi_hosts(root),
        nvme: nvme_controllers(root),
    }
}

fn iscsi_sessions(root: &Root) -> Vec<IscsiSession> {
    each(root, "sys/class/iscsi_session", |base, name| {
        Some(IscsiSession {
            initiator: named(root, &format!("{base}/initiatorname"))?,
            target: named(root, &format!("{base}/targetname")),
            state: named(root, &format!("{base}/state")),
            name,
        })
    })
}

fn iscsi_hosts(root: &Root) -> Vec<IscsiHost> {
    each(root, "sys/class/iscsi_host", |base, name| {
        Some(IscsiHost {
            initiator: named(root, &format!("{base}/initiatorname"))?,
            name,
        })
    })
}

fn nvme_controllers(root: &Root) -> Vec<NvmeController> {
    each(root, "sys/class/nvme", |base, name| {
        let transport = named(root, &format!("{base}/transport"))?;
        if transport == "pcie" || transport == "apple-nvme" {
            return None;
        }
        Some(NvmeController {
            host_nqn: named(root, &format!("{base}/hostnqn")),
            host_id: named(root, &format!("{base}/hostid")),
            subsystem_nqn: named(root, &format!("{base}/subsysnqn")),
            state: named(root, &format!("{base}/state")),
            transport,
            name,
        })
    })
}

fn each<T>(root: &Root, class: &str, read: impl Fn(&str, String) -> Option<T>) -> Vec<T> {
    let names = root.list(class).unwrap_or_default();
    names
        .into_iter()
        .filter_map(|name| read(&format!("{class}/{name}"), name))
        .collect()
}

/// An attribute that has a value: drivers without one say nothing, `(null)` or `<NULL>`.
fn named(root: &Root, attribute: &str) -> Option<String> {
    let text = root.attribute(attribute)?;
    let text = text.trim();
    // A peer chooses some of these words; they are shown on a terminal.
    (!text.is_empty() && text != "(null)" && text != "<NULL>").then(|| escape(text.as_bytes()))
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::os::unix::fs::symlink;

    use super::*;

    #[test]
    fn sessions_and_fabric_controllers_are_seen_through_the_links_of_sysfs() {
        let dir = tempfile::tempdir().unwrap();
        let put = |path: &str, text: &str| {
            let path = dir.path().join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        };
        put(
            "sys/devices/platform/host2/session1/initiatorname",
            "iqn.2001-04.com.example:a\n",
        );
        put(
            "sys/devices/platform/host2/session1/targetname",
            "iqn.2001-04.com.example:t\n",
        );
        put("sys/devices/platform/host2/session1/state", "LOGGED_IN\n");
        put("sys/devices/nvme-fabrics/ctl/nvme1/transport", "tcp\n");
        put(
            "sys/devices/nvme-fabrics/ctl/nvme1/hostnqn",
            "nqn.2014-08.com.example:h\n",
        );
        put(
            "sys/devices/nvme-fabrics/ctl/nvme1/hostid",
            "652f5d50-a689-4520-b87b-fe2552ef6b8b\n",
        );
        put("sys/devices/pci/nvme0/transport", "pcie\n");
        put(
            "sys/devices/platform/host2/iscsi_host/initiatorname",
            "(null)\n",
        );
        for class in ["iscsi_session", "iscsi_host", "nvme"] {
            fs::create_dir_all(dir.path().join("sys/class").join(class)).unwrap();
        }
        let link = |to: &str, at: &str| symlink(to, dir.path().join(at)).unwrap();
        link(
            "../../devices/platform/host2/session1",
            "sys/class/iscsi_session/session1",
        );
        link(
            "../../devices/platform/host2/iscsi_host",
            "sys/class/iscsi_host/host2",
        );
        link(
            "../../devices/nvme-fabrics/ctl/nvme1",
            "sys/class/nvme/nvme1",
        );
        link("../../devices/pci/nvme0", "sys/class/nvme/nvme0");

        let live = live(&Root::open(dir.path()).unwrap());
        assert_eq!(live.iscsi.len(), 1);
        assert_eq!(live.iscsi[0].name, "session1");
        assert_eq!(live.iscsi[0].initiator, "iqn.2001-04.com.example:a");
        assert_eq!(
            live.iscsi[0].target.as_deref(),
            Some("iqn.2001-04.com.example:t")
        );
        assert!(
            live.iscsi_hosts.is_empty(),
            "a host without a name of its own is left out"
        );
        assert_eq!(live.nvme.len(), 1, "a PCIe controller has no host identity");
        assert_eq!(
            live.nvme[0].host_nqn.as_deref(),
            Some("nqn.2014-08.com.example:h")
        );
        assert_eq!(live.nvme[0].subsystem_nqn, None);
    }
}
