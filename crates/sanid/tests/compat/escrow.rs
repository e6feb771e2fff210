//! Records of `sanid-fleet escrow` are taken over on other hardware.

use crate::releases::releases;
use crate::{HOST_ID, OTHER_MACHINE_ID, read, sanid};

const RECORDS: [&str; 3] = [
    "escrow/db-1.json",
    "escrow/of-show.json",
    "escrow/with-machine-id.json",
];

fn new_host() -> tempfile::TempDir {
    let host = tempfile::tempdir().unwrap();
    std::fs::create_dir(host.path().join("etc")).unwrap();
    std::fs::write(host.path().join("etc/machine-id"), OTHER_MACHINE_ID).unwrap();
    host
}

#[test]
fn a_record_gives_a_new_host_the_names_of_the_lost_one() {
    for release in releases() {
        for name in RECORDS {
            let host = new_host();
            let root = host.path();
            let record = release.path(name);
            let adopt = ["adopt", "--from", record.to_str().unwrap()];
            // Another installation: nobody has said that the old host is gone.
            let refused = sanid(root, &adopt).expect(3);
            assert!(refused.stderr.contains("record is of db-1"), "{refused:?}");
            sanid(root, &[&adopt[..], &["--old-host-is-gone"]].concat()).expect(0);
            sanid(root, &["apply"]).expect(0);
            assert_eq!(
                read(root, "etc/nvme/hostid"),
                format!("{HOST_ID}\n"),
                "{name}"
            );
            assert_eq!(
                read(root, "etc/iscsi/initiatorname.iscsi"),
                format!(
                    "InitiatorName=iqn.2016-04.com.open-iscsi:{}\n",
                    HOST_ID.replace('-', "")
                )
            );
        }
    }
}

/// The fingerprint of the seed says that this is the host of the record.
#[test]
fn the_host_of_a_record_needs_no_consent() {
    for release in releases() {
        for name in ["escrow/db-1.json", "escrow/with-machine-id.json"] {
            let host = release.copy("host");
            let record = release.path(name);
            sanid(host.path(), &["adopt", "--from", record.to_str().unwrap()]).expect(0);
        }
    }
}

#[test]
fn an_encrypted_record_is_recognized() {
    for release in releases() {
        let record = release.path("escrow/db-1.age");
        let ran = sanid(
            new_host().path(),
            &["adopt", "--from", record.to_str().unwrap()],
        )
        .expect(2);
        assert!(ran.stderr.contains("it is encrypted; age -d"), "{ran:?}");
    }
}
