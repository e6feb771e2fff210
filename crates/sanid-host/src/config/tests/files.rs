//! Which files are read, in which order, and which cannot be.

use super::*;

#[test]
fn without_configuration_everything_is_default_and_little_is_touched() {
    let root = Memory::default();
    let settings = load(&root).unwrap();
    assert!(
        settings
            .explain()
            .iter()
            .all(|line| line.origin == "default")
    );
    assert_eq!(settings.scheme.value.name(), "sanid-v1");
    assert_eq!(settings.on_existing.value, OnExisting::Refuse);
    assert_eq!(settings.firmware.value, Firmware::Use);
    assert_eq!(
        *root.calls.borrow(),
        [
            "list usr/lib/sanid/config.d",
            "list run/sanid/config.d",
            "list etc/sanid/config.d",
            "read etc/sanid/config.toml",
        ]
    );
}

#[test]
fn files_apply_by_name_and_the_higher_directory_replaces_a_name() {
    let name = |name: &str| format!("iqn-prefix = 'iqn.2004-05.com.{name}'");
    let vendor = name("vendor");
    let vendor_late = name("vendor-late");
    let runtime = name("runtime");
    let admin = name("admin");
    let main = name("main");
    let cases: &[(&[(&str, &str)], &str)] = &[
        // A vendor file with a later name beats an administrator's with an earlier one.
        (
            &[
                ("usr/lib/sanid/config.d/90-a.toml", vendor_late.as_str()),
                ("etc/sanid/config.d/10-a.toml", admin.as_str()),
            ],
            "/usr/lib/sanid/config.d/90-a.toml:1",
        ),
        // One name in all three directories.
        (
            &[
                ("usr/lib/sanid/config.d/10-a.toml", vendor.as_str()),
                ("run/sanid/config.d/10-a.toml", runtime.as_str()),
                ("etc/sanid/config.d/10-a.toml", admin.as_str()),
            ],
            "/etc/sanid/config.d/10-a.toml:1",
        ),
        (
            &[
                ("usr/lib/sanid/config.d/10-a.toml", vendor.as_str()),
                ("run/sanid/config.d/10-a.toml", runtime.as_str()),
            ],
            "/run/sanid/config.d/10-a.toml:1",
        ),
        // The main file comes last, whatever the others are called.
        (
            &[
                ("etc/sanid/config.d/zz.toml", admin.as_str()),
                ("etc/sanid/config.toml", main.as_str()),
            ],
            "/etc/sanid/config.toml:1",
        ),
        // An empty file replaces the lower one, and says nothing.
        (
            &[
                ("usr/lib/sanid/config.d/10-a.toml", vendor.as_str()),
                ("etc/sanid/config.d/10-a.toml", ""),
            ],
            "default",
        ),
        // Neither hidden files nor other suffixes are configuration.
        (
            &[
                ("etc/sanid/config.d/.10-a.toml", "syntax error"),
                ("etc/sanid/config.d/10-a.toml.rpmsave", "syntax error"),
                ("etc/sanid/config.d/10-a.conf", "syntax error"),
                ("etc/sanid/config.d/.toml", "syntax error"),
            ],
            "default",
        ),
    ];
    for (files, origin) in cases {
        let settings = load(&Memory::with(files)).unwrap();
        assert_eq!(settings.iqn_prefix.origin.to_string(), *origin, "{files:?}");
    }
}

#[test]
fn a_link_to_dev_null_masks_lower_files_and_can_be_lifted() {
    let vendor = "usr/lib/sanid/config.d/10-a.toml";
    let masked = Memory::with(&[(vendor, "scheme = 'talos'")])
        .node("run/sanid/config.d/10-a.toml", Node::Mask);
    assert_eq!(load(&masked).unwrap().scheme.origin, Origin::Default);
    assert!(
        !masked
            .calls
            .borrow()
            .iter()
            .any(|call| call.ends_with("10-a.toml"))
    );

    let lifted = masked.node(
        "etc/sanid/config.d/10-a.toml",
        Node::File(b"scheme = 'nvme-cli-1'".to_vec()),
    );
    assert_eq!(load(&lifted).unwrap().scheme.value.name(), "nvme-cli-1");

    let main = Memory::default().node("etc/sanid/config.toml", Node::Mask);
    assert_eq!(load(&main).unwrap().scheme.origin, Origin::Default);
}

#[test]
fn a_file_that_cannot_be_read_is_an_error() {
    let at = "etc/sanid/config.d/10-a.toml";
    let root = |node| Memory::default().node(at, node);
    for (root, expected) in [
        (
            root(Node::Fails(io::ErrorKind::IsADirectory)),
            "/etc/sanid/config.d/10-a.toml: not a regular file; replace it with one, or remove it",
        ),
        (
            root(Node::Fails(io::ErrorKind::PermissionDenied)),
            "/etc/sanid/config.d/10-a.toml: cannot read the file: permission denied; \
             make it readable or remove it",
        ),
        (
            root(Node::Dangling),
            "/etc/sanid/config.d/10-a.toml: listed but missing, like a dangling symbolic \
             link; remove it, or link it to /dev/null to mask a file of that name",
        ),
        (
            root(Node::File(vec![b'#'; 64 * 1024 + 1])),
            "/etc/sanid/config.d/10-a.toml: larger than 64 KiB, and a configuration is smaller; \
             remove what does not belong",
        ),
        (
            root(Node::Fails(io::ErrorKind::FileTooLarge)),
            "/etc/sanid/config.d/10-a.toml: larger than 64 KiB, and a configuration is smaller; \
             remove what does not belong",
        ),
        (
            root(Node::File(b"# caf\xe9".to_vec())),
            "/etc/sanid/config.d/10-a.toml: not UTF-8 text from byte 5 on; save the file as UTF-8",
        ),
        (
            Memory {
                unlistable: Some("run/sanid/config.d"),
                ..Memory::default()
            },
            "/run/sanid/config.d: cannot list the directory: permission denied; \
             make it readable or remove it",
        ),
    ] {
        assert_eq!(message(&root), expected);
    }
    assert!(load(&root(Node::File(vec![b'#'; 64 * 1024]))).is_ok());
}

#[test]
fn the_credential_applies_last_of_all_and_is_named() {
    let root = Memory::with(&[
        (
            "etc/sanid/config.d/99-a.toml",
            "firmware = 'ignore'\nplacement = 'bind'",
        ),
        ("etc/sanid/config.toml", "on-existing = 'keep'"),
    ]);
    let credential = Memory::with(&[(
        "sanid.config",
        "\non-existing = 'replace'\nfirmware = 'use'",
    )]);
    let last = fragments::credential(&credential).unwrap();
    let settings = load_with(&root, last).unwrap();
    assert_eq!(settings.on_existing.value, OnExisting::Replace);
    assert_eq!(
        settings.on_existing.origin.to_string(),
        "credential sanid.config:2"
    );
    assert_eq!(
        settings.firmware.origin.to_string(),
        "credential sanid.config:3"
    );
    assert_eq!(settings.placement.value, Placement::Bind);

    assert_eq!(fragments::credential(&Memory::default()).unwrap(), None);
    let broken = Memory::with(&[("sanid.config", "shceme = 'talos'")]);
    let broken = fragments::credential(&broken).unwrap();
    let message = load_with(&root, broken).unwrap_err().to_string();
    assert!(
        message.starts_with("credential sanid.config:1:1: unknown key"),
        "{message}"
    );
}
