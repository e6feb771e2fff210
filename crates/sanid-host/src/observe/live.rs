//! The kernel's sessions, from sysfs (`drivers/scsi/scsi_transport_iscsi.c`,
//! `drivers/nvme/host/sysfs.c`).

use crate::facts::{IscsiHost, IscsiSession, Live, NvmeController};
use crate::observed::Observed;
use crate::root::{Root, escape};

/// Reads the active sessions of the kernel whose sysfs is below the root; none where there is no sysfs.
///
/// A session can end while it is read: one that is gone half-way is left out.
pub(crate) fn live(root: &Root) -> Live {
    Live {
        iscsi: each(root, "sys/class/iscsi_session", iscsi_session),
        iscsi_hosts: each(root, "sys/class/iscsi_host", iscsi_host),
        nvme: each(root, "sys/class/nvme", nvme_controller),
    }
}

fn each<T>(root: &Root, class: &str, read: fn(&Device<'_>) -> Option<T>) -> Observed<Vec<T>> {
    let all = root.list(class).map(|names| {
        let device = |name: String| Device {
            root,
            path: format!("{class}/{name}"),
            name,
        };
        let devices = names.into_iter().map(device);
        devices.filter_map(|device| read(&device)).collect()
    });
    all.into()
}

fn iscsi_session(device: &Device<'_>) -> Option<IscsiSession> {
    Some(IscsiSession {
        initiator: there(device.attribute("initiatorname"))?,
        target: device.shown("targetname"),
        state: device.shown("state"),
        name: device.name.clone(),
    })
}

fn iscsi_host(device: &Device<'_>) -> Option<IscsiHost> {
    Some(IscsiHost {
        initiator: device.shown("initiatorname")?,
        offload: is_offload(device),
        name: device.name.clone(),
    })
}

/// Whether the host is hardware. That of `iscsi_tcp` is on the platform bus, and iSER's driver has a name.
fn is_offload(device: &Device<'_>) -> bool {
    let link = device.root.link_target(&device.path);
    let on_a_bus = link.is_some_and(|link| !link.contains("/platform/"));
    let driver = format!("sys/class/scsi_host/{}/proc_name", device.name);
    let driver = device.root.attribute(&driver).ok().flatten();
    let by_iscsid = driver.is_some_and(|driver| {
        let driver = driver.trim();
        driver == "iscsi_tcp" || driver.ends_with("iser")
    });
    on_a_bus && !by_iscsid
}

fn nvme_controller(device: &Device<'_>) -> Option<NvmeController> {
    // One whose transport cannot be read may be a fabric's.
    let transport = match there(device.attribute("transport"))? {
        Observed::Saw(transport) => transport,
        _ => "unknown".to_owned(),
    };
    if transport == "pcie" || transport == "apple-nvme" {
        return None;
    }
    Some(NvmeController {
        host_nqn: device.attribute("hostnqn"),
        host_id: device.attribute("hostid"),
        subsystem_nqn: device.shown("subsysnqn"),
        state: device.shown("state"),
        transport,
        name: device.name.clone(),
    })
}

/// An attribute without which the device is not of its kind, or is gone.
fn there(attribute: Observed<Option<String>>) -> Option<Observed<String>> {
    match attribute {
        Observed::Saw(value) => value.map(Observed::Saw),
        Observed::Failed(why) => Some(Observed::Failed(why)),
        Observed::NotLooked => Some(Observed::NotLooked),
    }
}

/// One device of a class.
struct Device<'a> {
    root: &'a Root,
    path: String,
    name: String,
}

impl Device<'_> {
    /// An attribute that has a value: drivers without one write nothing, `(null)` or `<NULL>`.
    fn attribute(&self, name: &str) -> Observed<Option<String>> {
        let read = self.root.attribute(&format!("{}/{name}", self.path));
        Observed::from(read).map(|text| {
            let text = text?;
            let text = text.trim();
            // A peer chooses some of these words; they are shown on a terminal.
            (!text.is_empty() && text != "(null)" && text != "<NULL>")
                .then(|| escape(text.as_bytes()))
        })
    }

    /// An attribute that nothing is decided by.
    fn shown(&self, name: &str) -> Option<String> {
        match self.attribute(name) {
            Observed::Saw(value) => value,
            Observed::NotLooked | Observed::Failed(_) => None,
        }
    }
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
        let session = IscsiSession {
            name: "session1".into(),
            initiator: Observed::Saw("iqn.2001-04.com.example:a".into()),
            target: Some("iqn.2001-04.com.example:t".into()),
            state: Some("LOGGED_IN".into()),
        };
        assert_eq!(live.iscsi, Observed::Saw(vec![session]));
        assert_eq!(
            live.iscsi_hosts,
            Observed::Saw(Vec::new()),
            "a host without a name of its own is left out"
        );
        let [controller] = live.nvme.seen() else {
            panic!("a PCIe controller has no host identity: {live:?}");
        };
        assert_eq!(
            controller.host_nqn,
            Observed::Saw(Some("nqn.2014-08.com.example:h".into()))
        );
        assert_eq!(controller.subsystem_nqn, None);
    }

    /// A root with these files and symlinks, each symlink with its target.
    fn sysfs(files: &[(&str, &str)], links: &[(&str, &str)]) -> (tempfile::TempDir, Root) {
        let dir = tempfile::tempdir().unwrap();
        let parent = |path: &str| {
            let path = dir.path().join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            path
        };
        for (path, text) in files {
            fs::write(parent(path), text).unwrap();
        }
        for (path, target) in links {
            symlink(target, parent(path)).unwrap();
        }
        let root = Root::open(dir.path()).unwrap();
        (dir, root)
    }

    #[test]
    fn an_adapter_is_an_offload_unless_its_driver_takes_the_name_from_iscsid() {
        let (_dir, root) = sysfs(
            &[
                ("sys/class/scsi_host/host3/proc_name", "iscsi_iser\n"),
                ("sys/class/scsi_host/host4/proc_name", "qla4xxx\n"),
                (
                    "sys/devices/pci0000:00/host3/iscsi_host/host3/initiatorname",
                    "iqn.2001-04.com.example:a\n",
                ),
                (
                    "sys/devices/pci0000:00/host4/iscsi_host/host4/initiatorname",
                    "iqn.2001-04.com.example:b\n",
                ),
            ],
            &[
                (
                    "sys/class/iscsi_host/host3",
                    "../../devices/pci0000:00/host3/iscsi_host/host3",
                ),
                (
                    "sys/class/iscsi_host/host4",
                    "../../devices/pci0000:00/host4/iscsi_host/host4",
                ),
            ],
        );
        let live = live(&root);
        let hosts = live.iscsi_hosts.seen().iter();
        let mut offload: Vec<_> = hosts.map(|host| (&*host.name, host.offload)).collect();
        offload.sort_unstable();
        assert_eq!(offload, [("host3", false), ("host4", true)]);
    }

    #[test]
    fn a_controller_whose_transport_cannot_be_read_may_be_one_of_a_fabric() {
        let (_dir, root) = sysfs(
            &[
                ("sys/class/nvme/nvme2/transport/x", ""),
                ("sys/class/nvme/nvme2/hostnqn", "nqn.2014-08.com.example:h"),
            ],
            &[],
        );
        let live = live(&root);
        let [controller] = live.nvme.seen() else {
            panic!("{live:?}");
        };
        assert_eq!(controller.transport, "unknown");
        assert_eq!(
            controller.host_nqn,
            Observed::Saw(Some("nqn.2014-08.com.example:h".into()))
        );
    }
}
