//! `sanid adopt --from` reads old records of `sanid-fleet escrow`.

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
fn adopts_the_names_of_a_lost_host() {
    for release in releases() {
        for name in RECORDS {
            let host = new_host();
            let root = host.path();
            let record = release.path(name);
            let adopt = ["adopt", "--from", record.to_str().unwrap()];
            // This is another installation, and the old host may still run.
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

/// The seed's fingerprint shows that the record is this host's own.
#[test]
fn adopts_its_own_record_without_consent() {
    for release in releases() {
        for name in ["escrow/db-1.json", "escrow/with-machine-id.json"] {
            let host = release.copy("host");
            let record = release.path(name);
            sanid(host.path(), &["adopt", "--from", record.to_str().unwrap()]).expect(0);
        }
    }
}

#[test]
fn rejects_an_encrypted_record_and_names_age() {
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
