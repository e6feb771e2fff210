//! One row for each place: what is found there, and what of it is clean.

use std::fs;
use std::os::unix::fs::symlink;

use sanid_image::cpio;

use crate::support::{
    Files, ID, IQN, MACHINE_ID, NQN, lint, lint_tar, pairs, said, sanid_image, tar, tree,
};

/// A path, its bytes, and the code of what is found there.
type Row<'a> = (&'a str, &'a [u8], Option<&'a str>);

fn rows(rows: &[Row<'_>]) {
    for (path, bytes, code) in rows {
        let files: Files<'_> = &[(path, bytes), ("etc/hostname", b"n1\n")];
        let shown = sanid_image::report::without_ids(&format!("/{path}"));
        let wanted = code
            .map(|code| pairs(&[(code, &shown)]))
            .unwrap_or_default();
        let wanted = (i32::from(code.is_some()), wanted);
        let shown = String::from_utf8_lossy(bytes);
        assert_eq!(lint(tree(files).path()), wanted, "{path}: {shown}");
        assert_eq!(lint_tar(&tar(files)), wanted, "tar, {path}: {shown}");
    }
}

#[test]
fn machine_ids() {
    let id = format!("{MACHINE_ID}\n");
    let set = Some("machine-id-set");
    rows(&[
        ("etc/machine-id", id.as_bytes(), set),
        ("etc/machine-id", b"uninitialized\n", None),
        ("etc/machine-id", b"uninitialized", None),
        ("etc/machine-id", b"", None),
        ("etc/machine-id", b"nonsense\n", set),
        ("var/lib/dbus/machine-id", id.as_bytes(), set),
        ("usr/share/factory/etc/machine-id", id.as_bytes(), set),
        ("srv/machine-id", id.as_bytes(), None),
    ]);
}

#[test]
fn initiator_names() {
    let set = Some("initiator-name-set");
    rows(&[
        ("etc/iscsi/initiatorname.iscsi", IQN.as_bytes(), set),
        ("etc/iscsi/initiatorname.iscsi", b"", None),
        // No reader takes a name without its key; a build script meant it for one.
        (
            "etc/iscsi/initiatorname.iscsi",
            b"# ours\n iqn.2004-05.com.example:a\n",
            set,
        ),
        (
            "etc/iscsi/initiatorname.iscsi",
            b"# iqn.2004-05.com.example:a\n",
            None,
        ),
        ("etc/iscsi/initiatorname.iscsi", b"# none yet\n", None),
        ("etc/iscsi/initiatorname.iscsi", b"GenerateName=yes\n", None),
        ("etc/iscsi/initiatorname.iscsi.rpmsave", IQN.as_bytes(), set),
        (
            "etc/iscsi/.initiatorname.iscsi.sanid-tmp",
            IQN.as_bytes(),
            set,
        ),
        ("usr/etc/iscsi/initiatorname.iscsi", IQN.as_bytes(), set),
        ("usr/lib/iscsi/initiatorname.iscsi", IQN.as_bytes(), set),
        (
            "etc/iscsi/iscsi.initramfs",
            b"ISCSI_INITIATOR=iqn.2004-05.com.example:a\n",
            set,
        ),
        (
            "etc/iscsi.initramfs",
            b"ISCSI_TARGET_NAME=iqn.2004-05.com.example:t\n",
            None,
        ),
        (
            "run/sanid/etc/iscsi/initiatorname.iscsi",
            IQN.as_bytes(),
            set,
        ),
    ]);
}

#[test]
fn nvme_pairs() {
    let (nqn, id) = (Some("host-nqn-set"), Some("host-id-set"));
    rows(&[
        ("etc/nvme/hostnqn", NQN.as_bytes(), nqn),
        ("etc/nvme/hostnqn", b"\n", None),
        ("usr/etc/nvme/hostnqn", NQN.as_bytes(), nqn),
        ("usr/local/etc/nvme/hostnqn", NQN.as_bytes(), nqn),
        ("etc/nvme/hostid", ID.as_bytes(), id),
        ("usr/etc/nvme/hostid", ID.as_bytes(), id),
        ("usr/local/etc/nvme/hostid", ID.as_bytes(), id),
        ("usr/lib/nvme/hostid", ID.as_bytes(), id),
        ("etc/nvme/hostid.dpkg-old", ID.as_bytes(), id),
    ]);
}

#[test]
fn the_uuid_of_an_lxd_server() {
    let set = Some("lxd-server-uuid");
    rows(&[
        ("var/snap/lxd/common/lxd/server.uuid", ID.as_bytes(), set),
        ("var/lib/lxd/server.uuid", ID.as_bytes(), set),
        ("var/lib/lxd/server.uuid", b"", None),
    ]);
}

#[test]
fn nvme_configuration() {
    let set = Some("nvme-config-host");
    rows(&[
        (
            "etc/nvme/config.json",
            br#"[{"hostnqn":"nqn.2014-08.com.example:a","subsystems":[]}]"#,
            set,
        ),
        (
            "etc/nvme/config.json",
            br#"{"hosts":[{"hostid":"a3b1c2d4"}]}"#,
            set,
        ),
        (
            "etc/nvme/config.json",
            br#"[{"subsystems":[{"nqn":"nqn.2014-08.com.example:s"}]}]"#,
            None,
        ),
        (
            "etc/nvme/nvme-stas.conf",
            b"[Host]\nhostnqn = nqn.2014-08.com.example:a\n",
            set,
        ),
        (
            "usr/local/etc/stas/sys.conf",
            b"[Host]\nnqn =\n  nqn.2014-08.com.example:a\n",
            set,
        ),
        (
            "etc/nvme/config.json",
            b"/* no JSON */ {\"hostnqn\": 1",
            set,
        ),
        ("etc/nvme/config.json", b"", None),
        (
            "etc/nvme/discovery.conf",
            b"-t tcp -a 192.0.2.1 --hostnqn=nqn.2014-08.com.example:a\n",
            set,
        ),
        (
            "etc/nvme/discovery.conf",
            b"-t tcp -a 192.0.2.1 -q nqn.2014-08.com.example:a\n",
            set,
        ),
        (
            "etc/nvme/discovery.conf",
            b"-t tcp -I a3b1c2d4-0000-4000-8000-0123456789ab\n",
            set,
        ),
        (
            "etc/nvme/discovery.conf",
            b"# -q nqn.2014-08.com.example:a\n-t tcp -a 192.0.2.1\n",
            None,
        ),
        // nvme-cli#3566
        (
            "etc/nvme/nvme-fabrics.conf",
            b"[Host]\nhostnqn = nqn.2014-08.com.example:a\n",
            set,
        ),
        (
            "etc/nvme/nvme-fabrics.conf.d/10-tenant.conf",
            b"[Host]\nhostid=a3b1c2d4-0000-4000-8000-0123456789ab\n",
            set,
        ),
        (
            "usr/local/etc/nvme/nvme-fabrics.conf.d/a.conf",
            b"[Host]\nhostnqn=nqn.2014-08.com.example:a\n",
            set,
        ),
        (
            "etc/nvme/nvme-fabrics.conf",
            b"[Host]\n# hostnqn = a\nhostid =\nhostsymname = a\n[Subsystem]\nnqn = nqn.2014-08.com.example:s\n",
            None,
        ),
        (
            "etc/stas/sys.conf",
            b"[Host]\nnqn=nqn.2014-08.com.example:a\n",
            set,
        ),
        (
            "etc/stas/sys.conf",
            b"[Host]\nnqn=file:///etc/nvme/hostnqn\n",
            None,
        ),
    ]);
}

#[test]
fn secrets_of_configurations() {
    let set = Some("storage-secret");
    rows(&[
        ("etc/nvme/hostkey", b"DHHC-1:00:AAAA:\n", set),
        ("etc/nvme/tls-keys", b"# keys\nNVMeTLSkey-1:01:AAAA:\n", set),
        ("etc/nvme/hostkey", b"\n", None),
        (
            "etc/nvme/config.json",
            br#"[{"x":[{"dhchap_ctrl_key":"DHHC-1:00:AAAA:"}]}]"#,
            set,
        ),
        (
            "etc/nvme/config.json",
            br#"[{"x":[{"dhchap_key":""}]}]"#,
            None,
        ),
        (
            "etc/nvme/discovery.conf",
            b"-t tcp -S DHHC-1:00:AAAA:\n",
            set,
        ),
        (
            "etc/nvme/nvme-fabrics.conf",
            b"[Host]\ntls-key = NVMeTLSkey-1:01:AAAA:\n",
            set,
        ),
        (
            "etc/stas/stacd.conf",
            b"[Controllers]\ncontroller = transport=tcp;traddr=a;dhchap-secret=DHHC-1:00:A:\n",
            set,
        ),
        ("etc/stas/sys.conf", b"[Host]\nkey = DHHC-1:00:AAAA:\n", set),
        (
            "etc/iscsi/iscsid.conf",
            b"node.session.auth.password = x\n",
            set,
        ),
        (
            "var/lib/iscsi/send_targets/p/st_config",
            b"discovery.sendtargets.auth.password_in = x\n",
            set,
        ),
        (
            "etc/iscsi/iscsid.conf",
            b"#node.session.auth.password = x\n",
            None,
        ),
    ]);
}

#[test]
fn iscsi_records() {
    let set = Some("iscsi-record-initiator");
    let record = b"node.name = iqn.t\niface.initiatorname = iqn.2004-05.com.example:a\n";
    rows(&[
        (
            "var/lib/iscsi/nodes/iqn.t/192.0.2.1,3260,1/default",
            record,
            set,
        ),
        ("var/lib/iscsi/ifaces/eth0", record, set),
        (
            "etc/iscsi/nodes/iqn.t/192.0.2.1,3260,1/default",
            record,
            set,
        ),
        ("etc/iscsi/ifaces/eth0", record, set),
        (
            "var/lib/iscsi/ifaces/eth0",
            b"iface.initiatorname = <empty>\n",
            None,
        ),
        (
            "var/lib/iscsi/nodes/iqn.t/192.0.2.1,3260,1/default",
            b"node.name = iqn.t\n",
            None,
        ),
    ]);
}

#[test]
fn credentials() {
    let set = Some("credential-identity");
    rows(&[
        ("etc/credstore/sanid.iqn", b"x", set),
        ("etc/credstore.encrypted/sanid.hostnqn", b"x", set),
        ("usr/lib/credstore/system.machine_id", b"x", set),
        ("run/credstore/sanid.hostid", b"x", set),
        ("boot/loader/credentials/sanid.iqn.cred", b"x", set),
        ("etc/credstore/passwd.hashed-password.root", b"x", None),
    ]);
}

#[test]
fn boot_entries_and_command_lines() {
    let line = |key: &str| format!("options root=/dev/sda1 {key} quiet\n");
    let given = Some("kernel-command-line-identity");
    for key in [
        format!("systemd.machine_id={MACHINE_ID}"),
        "rd.iscsi.initiator=iqn.2004-05.com.example:a".into(),
        "iscsi_initiator=iqn.2004-05.com.example:a".into(),
        "rd.initiatorname=iqn.2004-05.com.example:a".into(),
        "rd.nvmf.hostnqn=nqn.2014-08.com.example:a".into(),
        "rd.nvmf.hostid=a3b1c2d4-0000-4000-8000-0123456789ab".into(),
        "systemd.set_credential=sanid.iqn:iqn.2004-05.com.example:a".into(),
    ] {
        rows(&[
            (
                "boot/loader/entries/debian.conf",
                line(&key).as_bytes(),
                given,
            ),
            ("boot/grub/grub.cfg", line(&key).as_bytes(), given),
            ("etc/kernel/cmdline", line(&key).as_bytes(), given),
            (
                "etc/default/grub",
                format!("GRUB_CMDLINE_LINUX=\"{key}\"\n").as_bytes(),
                given,
            ),
            (
                "etc/default/grub",
                format!("# GRUB_CMDLINE_LINUX=\"{key}\"\n").as_bytes(),
                None,
            ),
        ]);
    }
    let token = Some("boot-entry-machine-id");
    let id = format!("{MACHINE_ID}\n");
    rows(&[
        (
            "boot/loader/entries/debian.conf",
            b"options systemd.machine_id=firmware\n",
            None,
        ),
        (
            "boot/loader/entries/debian.conf",
            format!("machine-id {id}").as_bytes(),
            token,
        ),
        (
            &format!("efi/loader/entries/{MACHINE_ID}-6.1.conf"),
            b"title x\n",
            token,
        ),
        ("etc/kernel/entry-token", id.as_bytes(), token),
        ("etc/kernel/entry-token", b"debian\n", None),
        (
            "etc/machine-info",
            format!("KERNEL_INSTALL_MACHINE_ID={id}").as_bytes(),
            token,
        ),
        ("etc/machine-info", b"CHASSIS=vm\n", None),
    ]);
}

#[test]
fn records_and_pins_of_sanid() {
    let pin = Some("pinned-identity");
    rows(&[
        ("var/lib/sanid/record.json", b"{}\n", Some("sanid-record")),
        ("var/lib/sanid/hardware.json", b"{}\n", Some("sanid-record")),
        (
            "etc/sanid/config.d/50-adopted.toml",
            b"[pin]\niqn = \"iqn.2004-05.com.example:a\"\n",
            pin,
        ),
        ("etc/sanid/config.toml", b"pin.hostid = \"a3b1c2d4\"\n", pin),
        (
            "usr/lib/sanid/config.d/10-a.toml",
            b"pin = { hostnqn = \"nqn.2014-08.com.example:a\" }\n",
            pin,
        ),
        (
            "etc/sanid/config.toml",
            b"scheme = \"sanid-v1\"\niqn-prefix = \"iqn.2004-05.com.example\"\n",
            None,
        ),
    ]);
}

#[test]
fn initramfs_images() {
    let set = Some("initramfs-identity");
    let carries = cpio::archive(&[("etc/initiatorname.iscsi", IQN.as_bytes())]);
    let clean = cpio::archive(&[("init", b"#!/bin/sh\n"), ("etc/machine-id", b"")]);
    let id = cpio::archive(&[("etc/machine-id", MACHINE_ID.as_bytes())]);
    let appended = [clean.clone(), crate::support::gzip(&carries)].concat();
    rows(&[
        ("boot/initrd.img-6.1", &carries, set),
        ("boot/initramfs-6.1.img", &id, set),
        (&format!("boot/{MACHINE_ID}/6.1/initrd"), &appended, set),
        ("usr/lib/modules/6.1/initramfs.img", &carries, set),
        ("boot/initrd.img-6.1", &clean, None),
        ("boot/vmlinuz-6.1", &carries, None),
        ("boot/initrd.img-6.1", b"nonsense", Some("not-readable")),
    ]);
}

/// An image with deployments has its systems there, and nothing in its root.
#[test]
fn deployments_of_ostree() {
    let id = format!("{MACHINE_ID}\n");
    let hidden = cpio::archive(&[("etc/nvme/hostid", ID.as_bytes())]);
    let at = |path: &str| format!("ostree/deploy/fedora/deploy/0123abcd.0/{path}");
    rows(&[
        (&at("etc/machine-id"), id.as_bytes(), Some("machine-id-set")),
        (&at("etc/machine-id"), b"uninitialized\n", None),
        (&at("etc/nvme/hostid"), ID.as_bytes(), Some("host-id-set")),
        (
            &at("usr/etc/nvme/hostnqn"),
            NQN.as_bytes(),
            Some("host-nqn-set"),
        ),
        (
            &at("usr/lib/modules/6.1/initramfs.img"),
            &hidden,
            Some("initramfs-identity"),
        ),
        (
            "ostree/deploy/fedora/var/lib/iscsi/ifaces/a",
            b"iface.initiatorname = iqn.2004-05.com.example:a\n",
            Some("iscsi-record-initiator"),
        ),
        ("ostree/deploy/fedora/etc/nvme/hostid", ID.as_bytes(), None),
        (
            "srv/deploy/fedora/deploy/0.0/etc/nvme/hostid",
            ID.as_bytes(),
            None,
        ),
    ]);
    // Only their /var is looked for beside the deployments: a link in a circle there does not matter.
    let image = tree(&[("ostree/deploy/fedora/deploy/0123abcd.0/etc/x", b"")]);
    symlink("etc", image.path().join("ostree/deploy/fedora/etc")).unwrap();
    assert_eq!(lint(image.path()), (0, Vec::new()));
}

#[test]
fn each_deployment_of_ostree_is_sealed() {
    let id = format!("{MACHINE_ID}\n");
    let at = |number: u8, path: &str| format!("ostree/deploy/os/deploy/{number}.0/{path}");
    let image = tree(&[
        (&at(0, "etc/machine-id"), id.as_bytes()),
        (&at(0, "etc/nvme/hostid"), ID.as_bytes()),
        (&at(1, "etc/machine-id"), id.as_bytes()),
        (&at(1, "usr/etc/iscsi/initiatorname.iscsi"), IQN.as_bytes()),
    ]);
    let root = image.path().to_str().unwrap();
    let output = sanid_image(&["seal", "--root", root]);
    assert_eq!(output.status.code(), Some(0), "{}", said(&output));
    assert_eq!(lint(image.path()), (0, Vec::new()));
    for number in [0, 1] {
        let sealed = fs::read(image.path().join(at(number, "etc/machine-id"))).unwrap();
        assert_eq!(sealed, b"uninitialized\n");
    }
}

/// What is in them is tested with real ones (`images`).
#[test]
fn unified_kernel_images() {
    let odd = Some("not-readable");
    rows(&[
        ("boot/EFI/Linux/debian-6.1.efi", b"nonsense", odd),
        ("efi/EFI/Linux/a.efi.extra.d/b.addon.efi", b"MZ", odd),
        ("boot/efi/loader/addons/b.addon.efi", b"", odd),
        (
            "boot/efi/EFI/systemd/systemd-bootx64.efi",
            b"nonsense",
            None,
        ),
    ]);
}

/// Debian's D-Bus keeps a link; the finding is about the file that it leads to.
#[test]
fn reports_a_link_to_a_listed_path_once() {
    let image = tree(&[("etc/machine-id", format!("{MACHINE_ID}\n").as_bytes())]);
    fs::create_dir_all(image.path().join("var/lib/dbus")).unwrap();
    symlink(
        "/etc/machine-id",
        image.path().join("var/lib/dbus/machine-id"),
    )
    .unwrap();
    symlink("etc", image.path().join("usr")).unwrap();
    let wanted = (1, pairs(&[("machine-id-set", "/etc/machine-id")]));
    assert_eq!(lint(image.path()), wanted);
}

#[test]
fn follows_a_link_in_a_tree_and_names_it_in_a_tar() {
    let image = tree(&[("srv/id", ID.as_bytes()), ("etc/nvme/x", b"")]);
    symlink("../../srv/id", image.path().join("etc/nvme/hostid")).unwrap();
    let wanted = (1, pairs(&[("host-id-set", "/etc/nvme/hostid")]));
    assert_eq!(lint(image.path()), wanted);
    let mut builder = tar::Builder::new(Vec::new());
    let link = tar::EntryType::Symlink;
    crate::support::raw(&mut builder, "./etc/nvme/hostid", link, "../../srv/id", b"");
    crate::support::raw(&mut builder, "./etc/nvme/hostnqn", link, "/dev/null", b"");
    let wanted = (1, pairs(&[("link-not-followed", "/etc/nvme/hostid")]));
    assert_eq!(lint_tar(&builder.into_inner().unwrap()), wanted);
}

#[test]
fn a_clean_image_has_no_finding() {
    let files: Files<'_> = &[
        ("etc/machine-id", b"uninitialized\n"),
        ("etc/iscsi/iscsid.conf", b"node.startup = manual\n"),
        ("etc/nvme/discovery.conf", b"# -t tcp\n"),
        ("etc/default/grub", b"GRUB_CMDLINE_LINUX=\"quiet\"\n"),
    ];
    assert_eq!(lint(tree(files).path()), (0, Vec::new()));
    assert_eq!(lint_tar(&tar(files)), (0, Vec::new()));
}
