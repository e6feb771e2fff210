//! The situations a person meets, in the order in which they meet them.

use std::fs;
use std::os::unix::fs::{PermissionsExt as _, symlink};

use crate::support::host::{FOREIGN, Host, MACHINE_ID, OTHER_MACHINE_ID};
use crate::transcript::{compare, on, plain};

#[test]
fn help() {
    let host = Host::new(MACHINE_ID);
    let help = |words: &[&str]| plain(words, "");
    compare(
        "help",
        &host,
        &[
            help(&["--help"]),
            help(&["apply", "--help"]),
            help(&["aply"]),
            help(&[]),
        ],
    );
}

#[test]
fn a_new_host() {
    let host = Host::new(MACHINE_ID);
    compare(
        "new-host",
        &host,
        &[
            on(&["show"]),
            on(&["status"]),
            on(&["apply", "--dry-run"]),
            on(&["apply"]),
            on(&["apply"]),
            on(&["status"]),
            on(&["show", "--explain"]),
            on(&["adopt"]),
        ],
    );
}

#[test]
fn an_established_host() {
    let host = Host::foreign(MACHINE_ID);
    compare(
        "established-host",
        &host,
        &[
            on(&["status"]),
            on(&["apply"]),
            on(&["apply", "--keep"]),
            on(&["adopt", "--dry-run"]),
            on(&["adopt"]),
            on(&["apply"]),
            on(&["status"]),
            on(&["show", "--explain"]),
            on(&["config"]),
        ],
    );
    host.write(
        "etc/iscsi/initiatorname.iscsi",
        "InitiatorName=iqn.2001-04.com.example:new\n",
    );
    compare(
        "established-host-replaced",
        &host,
        &[
            on(&["apply", "--replace", "--dry-run"]),
            on(&["apply", "--replace"]),
        ],
    );
}

#[test]
fn a_template_whose_machine_id_was_reset() {
    let host = Host::new(MACHINE_ID);
    host.apply();
    host.write("etc/machine-id", format!("{OTHER_MACHINE_ID}\n"));
    compare(
        "reset-template",
        &host,
        &[on(&["status"]), on(&["apply", "--keep"]), on(&["status"])],
    );
}

#[test]
fn an_initramfs_with_the_names_of_before() {
    let host = Host::in_memory(MACHINE_ID);
    host.apply();
    host.write("run/initiatorname.iscsi", FOREIGN[0]);
    for (file, text) in ["hostnqn", "hostid"].into_iter().zip(&FOREIGN[1..]) {
        host.write(&format!("run/sanid/initramfs/used/nvme/{file}"), text);
        host.write(&format!("run/sanid/initramfs/image/nvme/{file}"), text);
    }
    let stale = "run/sanid/initramfs/image/iscsi/initiatorname.iscsi";
    host.write(
        stale,
        "InitiatorName=iqn.1993-08.org.debian:01:5ad1c7d3f9e2\n",
    );
    compare("initramfs", &host, &[on(&["status"])]);
}

/// An image builder's `on-existing`, at boot and by hand.
#[test]
fn an_image_builder_has_the_baked_names_replaced_at_every_boot() {
    let host = Host::foreign(MACHINE_ID);
    let configured = |value: &str| {
        host.write(
            "usr/lib/sanid/config.d/50-image.toml",
            format!("on-existing = \"{value}\"\n"),
        );
    };
    let before = host.three();
    let boot = |expected: i32| {
        let ran = host.run(&["apply", "--boot"]);
        assert_eq!(ran.code, Some(expected), "{ran:#?}");
    };
    boot(0);
    assert_eq!(host.three(), before, "without a word, boot keeps");
    configured("refuse");
    boot(3);
    configured("keep");
    boot(0);
    assert_eq!(host.three(), before);
    configured("replace");
    let ran = host.run(&["apply", "--keep"]);
    assert_eq!(
        (ran.code, host.three()),
        (Some(0), before),
        "a flag outranks"
    );
    boot(0);
    let derived = crate::support::host::derived(MACHINE_ID);
    assert_eq!(host.three(), derived);
    // What the next image bakes is replaced at the next boot.
    host.write("etc/nvme/hostid", FOREIGN[2]);
    host.write("etc/nvme/hostnqn", FOREIGN[1]);
    boot(0);
    assert_eq!(host.three(), derived);
}

/// Safety rule 3: not while a live session uses it, and the boot goes on.
#[test]
fn at_boot_a_baked_name_in_use_is_kept_and_the_rest_replaced() {
    let host = Host::foreign(MACHINE_ID);
    host.write(
        "etc/sanid/config.d/50-image.toml",
        "on-existing = \"replace\"\n",
    );
    host.write("sys/class/nvme/nvme3/transport", "tcp\n");
    host.write("sys/class/nvme/nvme3/hostnqn", FOREIGN[1]);
    host.write("sys/class/nvme/nvme3/hostid", FOREIGN[2]);
    compare(
        "boot-replace-live",
        &host,
        &[on(&["apply"]), on(&["apply", "--boot"])],
    );
    let [iqn, nqn, id] = host.three().map(Option::unwrap);
    assert_ne!(iqn, FOREIGN[0].as_bytes());
    assert_eq!((nqn, id), (FOREIGN[1].into(), FOREIGN[2].into()));
}

#[test]
fn live_sessions() {
    let host = Host::foreign(MACHINE_ID);
    host.write("sys/class/nvme/nvme3/transport", "tcp\n");
    host.write("sys/class/nvme/nvme3/hostnqn", FOREIGN[1]);
    host.write("sys/class/nvme/nvme3/hostid", FOREIGN[2]);
    host.write(
        "sys/class/nvme/nvme3/subsysnqn",
        "nqn.2014-08.com.example:array\n",
    );
    host.write(
        "sys/class/iscsi_session/session2/initiatorname",
        "iqn.1993-08.org.debian:01:5ca1ab1e0042\n",
    );
    host.write(
        "sys/class/iscsi_session/session2/targetname",
        "iqn.2001-04.com.example:array\n",
    );
    compare(
        "live",
        &host,
        &[
            on(&["apply", "--replace"]),
            on(&["apply", "--replace", "--disrupt"]),
            on(&["status"]),
        ],
    );
}

#[test]
fn a_machine_id_that_cannot_be_a_seed() {
    let host = Host::new(MACHINE_ID);
    let contents: [(&str, &str); 7] = [
        ("31 digits", "3d1219c7c4c5404aaa1f6d2a48adfda\n"),
        (
            "two lines",
            "3d1219c7c4c5404aaa1f6d2a48adfda4\n3d1219c7c4c5404aaa1f6d2a48adfda4\n",
        ),
        ("not hexadecimal", "xyz219c7c4c5404aaa1f6d2a48adfda4\n"),
        ("empty", ""),
        ("uninitialized", "uninitialized\n"),
        ("zeros", "00000000000000000000000000000000\n"),
        ("a vendor's default", "03000200040005000006000700080009\n"),
    ];
    for (name, content) in contents {
        host.write("etc/machine-id", content);
        let name = format!("machine-id-{}", name.replace(' ', "-").replace('\'', ""));
        compare(&name, &host, &[on(&["apply"])]);
    }
    fs::remove_file(host.at("etc/machine-id")).unwrap();
    compare(
        "machine-id-missing",
        &host,
        &[
            on(&["show"]),
            on(&["status"]),
            on(&["show", "--format", "json"]),
        ],
    );
    fs::create_dir(host.at("etc/machine-id")).unwrap();
    compare("machine-id-directory", &host, &[on(&["apply"])]);
    assert_eq!(host.three(), [None, None, None]);
}

#[test]
fn a_configuration_that_cannot_be_used() {
    let table = [
        (
            "config-typo",
            "scheme = \"sanid-v1\"\niqn-prefx = \"iqn.2001-04.com.example\"\n",
        ),
        ("config-syntax", "scheme = sanid-v1\n"),
        (
            "config-name",
            "[pin]\niqn = \"iqn.2017-13.com.example:x\"\n",
        ),
        (
            "config-half-pair",
            "[pin]\nhostnqn = \"nqn.2014-08.com.example:host1\"\n",
        ),
        (
            "config-template",
            "iqn-template = \"iqn.2001-04.com.example:all\"\n",
        ),
    ];
    for (name, text) in table {
        let host = Host::new(MACHINE_ID);
        host.write("etc/sanid/config.toml", text);
        compare(name, &host, &[on(&["apply"])]);
        let [iqn, nqn, id] = host.three();
        // A fault in one part does not withhold the other.
        assert_eq!(iqn.is_some(), name == "config-half-pair", "{name}");
        assert_eq!([nqn, id], [None, None], "{name}");
    }
}

#[test]
fn a_site_with_its_own_convention() {
    let host = Host::new(MACHINE_ID);
    host.write("etc/hostname", "DB1\n");
    host.write(
        "usr/lib/sanid/config.d/10-site.toml",
        "iqn-prefix = \"iqn.2001-04.com.example\"\non-existing = \"keep\"\n",
    );
    symlink("/dev/null", host.at("etc/10")).unwrap();
    compare("site-prefix", &host, &[on(&["show"]), on(&["config"])]);
    host.write(
        "etc/sanid/config.d/10-site.toml",
        "iqn-template = \"iqn.2001-04.com.example:{hostname}.{id12}\"\n",
    );
    compare("site-template", &host, &[on(&["show"]), on(&["config"])]);
}

#[test]
fn an_old_scheme_is_flagged() {
    for scheme in ["talos", "nvme-cli-1", "nvme-stas"] {
        let host = Host::new(MACHINE_ID);
        host.write("etc/sanid/config.toml", format!("scheme = \"{scheme}\"\n"));
        compare(
            &format!("scheme-{scheme}"),
            &host,
            &[on(&["show", "--explain"]), on(&["apply"]), on(&["status"])],
        );
    }
}

#[test]
fn files_in_the_way() {
    let host = Host::new(MACHINE_ID);
    fs::create_dir_all(host.at("etc/nvme/hostid")).unwrap();
    compare(
        "directory-for-a-file",
        &host,
        &[on(&["apply"]), on(&["status"])],
    );
    assert!(host.read("etc/iscsi/initiatorname.iscsi").is_none());

    let host = Host::new(MACHINE_ID);
    host.write("etc/nvme", "");
    compare("file-for-a-directory", &host, &[on(&["apply"])]);
    assert!(host.read("etc/iscsi/initiatorname.iscsi").is_none());

    let host = Host::foreign(MACHINE_ID);
    host.write(
        "etc/nvme/hostnqn",
        "# made by hand\nnqn.2014-08.com.example:host1\n",
    );
    host.write(
        "etc/iscsi/initiatorname.iscsi",
        "InitiatorName=iqn.2017.11.dev.talos:x # why not\n",
    );
    compare(
        "invalid-files",
        &host,
        &[on(&["status"]), on(&["apply", "--replace", "--dry-run"])],
    );
}

#[test]
fn a_private_hostnqn_is_opened_to_its_readers() {
    let host = Host::new(MACHINE_ID);
    host.apply();
    fs::set_permissions(
        host.at("etc/nvme/hostnqn"),
        fs::Permissions::from_mode(0o600),
    )
    .unwrap();
    compare(
        "private-hostnqn",
        &host,
        &[on(&["status"]), on(&["apply"]), on(&["status"])],
    );
}

#[test]
fn derive() {
    let host = Host::new(MACHINE_ID);
    let ids = "3d1219c7c4c5404aaa1f6d2a48adfda4\nbe871ac0d0dd31fa4caca753b0f3f1b2\n";
    let bad = "3d1219c7c4c5404aaa1f6d2a48adfda4\nhello\n\n00000000000000000000000000000000\nffffffffffffffffffffffffffffffff\r\n";
    compare(
        "derive",
        &host,
        &[
            plain(&["derive"], ids),
            plain(&["derive", "--format", "csv"], ids),
            plain(&["derive", "--format", "ndjson"], ids),
            plain(&["derive", "--format", "json"], ids),
            plain(&["derive", "--format", "json"], ""),
            plain(&["derive", "--iqn-prefix", "iqn.2001-04.com.example"], ids),
            plain(&["derive", "--iqn-prefix", "iqn.2001-13.com.example"], ids),
            plain(&["derive", "--scheme", "talos"], ids),
            plain(&["derive", "--scheme", "sanid-v2"], ids),
            plain(&["derive"], bad),
            plain(&["derive"], ""),
            plain(&["derive", "3d1219c7c4c5404aaa1f6d2a48adfda4"], ""),
            plain(&["derive", "--shceme", "talos"], ""),
        ],
    );
}

#[test]
fn check() {
    let host = Host::new(MACHINE_ID);
    let long = format!("iqn.2001-04.com.example:{}", "a".repeat(200));
    compare(
        "check",
        &host,
        &[
            plain(
                &[
                    "check",
                    "iqn.1993-08.org.debian:01:5ca1ab1e0042",
                    "652f5d50-a689-4520-b87b-fe2552ef6b8b",
                ],
                "",
            ),
            plain(&["check", "iqn.2017.11.dev.talos:abc"], ""),
            plain(
                &[
                    "check",
                    "nqn.2014-08.org.nvmexpress:uuid:652f5d50a6894520b87bfe2552ef6b8b",
                ],
                "",
            ),
            plain(&["check", &long], ""),
            plain(&["check", "iqn.2001-04.com.example:ABC"], ""),
            plain(&["check", "--portable", "iqn.2001-04.com.example:ABC"], ""),
            plain(&["check", "hello"], ""),
            plain(&["check", "--kind", "nqn", "hello"], ""),
            plain(&["check", ""], ""),
            plain(
                &["check", "-"],
                "iqn.2001-04.com.example:x\nnqn.2014-08.com.example:y\n\u{1b}[31m\n",
            ),
            plain(
                &[
                    "check",
                    "--format",
                    "json",
                    "iqn.2017-13.com.example:x",
                    "nqn.2014-08.com.example:a,b",
                ],
                "",
            ),
            plain(&["check"], ""),
        ],
    );
}

#[test]
fn documents() {
    let host = Host::foreign(MACHINE_ID);
    compare(
        "documents",
        &host,
        &[
            on(&["show", "--format", "json", "--explain"]),
            on(&["status", "--format", "json"]),
            on(&["apply", "--format", "json"]),
            on(&["apply", "--format", "json", "--keep"]),
            on(&["apply", "--format", "json", "--replace", "--dry-run"]),
            on(&["adopt", "--format", "json"]),
            on(&["config", "--format", "json"]),
        ],
    );
}

#[test]
fn completions() {
    let host = Host::new(MACHINE_ID);
    for shell in ["bash", "zsh", "fish"] {
        let text = plain(&["completions", shell], "").stdout(&host);
        assert!(text.contains("status"), "{shell}");
    }
}

#[test]
fn seeds_that_are_not_the_machine_id() {
    let host = Host::typical(MACHINE_ID);
    let config = |text: &str| host.write("etc/sanid/config.toml", text);
    config("seed = [\"dmi\", \"machine-id\"]\n");
    let config_and = [on(&["config"]), on(&["show", "--explain"]), on(&["apply"])];
    compare("seed-dmi", &host, &config_and);
    // Back to the machine-id: a change of configuration, which needs consent.
    config("");
    compare(
        "seed-changed",
        &host,
        &[on(&["apply"]), on(&["apply", "--keep"])],
    );
    config("seed = [\"device-tree\"]\n");
    compare("seed-none", &host, &[on(&["show"]), on(&["status"])]);
    config("denylist = [\"3d1219c7-c4c5-404a-aa1f-6d2a48adfda4\"]\n");
    compare("seed-denylisted", &host, &[on(&["config"]), on(&["show"])]);
}

#[test]
fn the_schemes_of_nvme_cli_2() {
    let host = Host::typical(MACHINE_ID);
    let config = |text: &str| host.write("etc/sanid/config.toml", text);
    config("scheme = \"nvme-cli-2\"\n");
    let explained = on(&["show", "--explain"]);
    compare(
        "nvme-cli-2",
        &host,
        &[
            explained,
            on(&["apply"]),
            on(&["status", "--format", "json"]),
        ],
    );
    host.write(
        "sys/class/dmi/id/product_uuid",
        "03000200-0400-0500-0006-000700080009\n",
    );
    compare("nvme-cli-2-shared", &host, &[on(&["show"])]);
    config("scheme = \"nvme-tool\"\n");
    compare("nvme-tool-elsewhere", &host, &[on(&["show"])]);
    let uuids = "4c4c4544-0051-3610-8052-b4c04f303132\n\
                 4C4C4544-0051-3610-8052-B4C04F303132\n\
                 00000000-0000-0000-0000-000000000000\n\
                 3d1219c7c4c5404aaa1f6d2a48adfda4\n";
    compare(
        "nvme-cli-2-derive",
        &host,
        &[
            plain(&["derive", "--scheme", "nvme-cli-2"], uuids),
            plain(&["derive", "--scheme", "nvme-tool"], uuids),
        ],
    );
}

#[test]
fn output_for_other_monitors() {
    let runs = [
        on(&["status", "--format", "nfd"]),
        on(&["status", "--format", "npd"]),
        on(&["apply", "--keep"]),
        on(&["status", "--format", "nfd"]),
        on(&["status", "--format", "npd"]),
    ];
    compare("monitors-new-host", &Host::new(MACHINE_ID), &runs);
    compare(
        "monitors-established-host",
        &Host::foreign(MACHINE_ID),
        &runs,
    );
    // A program that shows only standard output prints that nothing is known, and where the reason is.
    let host = Host::new(MACHINE_ID);
    host.write("etc/sanid/config.d/50-site.toml", "scheme =\n");
    compare("monitors-unknown", &host, &runs[..2]);
}
