//! A machine-id is never repeated, wherever it stands, also where it should not.

use super::{ID, derive};

/// Half of one is bad enough.
fn assert_secret(what: &str, text: &str) {
    let plain = text.to_lowercase().replace('-', "");
    for half in [&ID[..16], &ID[16..]] {
        assert!(!plain.contains(half), "{what}: {text}");
    }
}

#[test]
fn no_inventory_makes_it_show_a_machine_id() {
    let dashed = format!(
        "{}-{}-{}-{}-{}",
        &ID[..8],
        &ID[8..12],
        &ID[12..16],
        &ID[16..20],
        &ID[20..]
    );
    let upper = ID.to_uppercase();
    let inventories = [
        "host,machine_id\nn1,ID\n",
        "host,machine_id\nID,n1\n",
        "host,machine_id\nID,ID\n",
        "host,machine_id\nn-ID,ID\n",
        "host,machine_id\nn1,ID0\nn1,xID\nn1,ID ID\n\"n1,ID\nn1,ID,ID\n",
        "n1,ID\n",
        "ID\n",
        "host,ID\nn1,ID\n",
        "host,machine_id,scheme,iqn_prefix,iqn,host_nqn,host_id\n\
         n1,ID,ID,,,,\nn1,ID,,ID,,,\nn1,ID,,,ID,,\nn1,ID,,,,ID,\nn1,ID,,,,,ID\nn1,ID,,iqn.2024-01.com.example:ID,,,\n",
        "host,system_uuid,scheme\nn1,ID,nvme-cli-2\n",
        "{\"host\":\"n1\",\"machine_id\":\"ID\"}\n{\"host\":\"ID\",\"machine_id\":\"ID\"}\n{\"host\":\"n1\",\"machine_id\":[\"ID\"]}\n\
         {\"host\":\"n1\",\"ID\":1}\n{\"host\":\"n1\",\"machine_id\":\"ID\n{\"host\":\"n1\",\"machine_id\":\"ID\" ID}\n\"ID\"\n",
        "[{\"host\":\"n1\",\"machine_id\":\"ID\"},\"ID\",ID]",
        "{\"ID\":[]}",
        "{\"_meta\":{\"hostvars\":{\"ID\":{\"machine_id\":\"ID\"},\"n1\":{\"id\":\"ID\"}}}}",
        "[web]\nn1 machine_id=ID\nID machine_id=x\nn1 ID\n",
        "[ID\n",
        "[web]\nn1 machine_id='ID\n",
        "all:\n  hosts:\n    n1: {machine_id: ID}\n    ID: {machine_id: ID}\n",
        "all:\n  hosts:\n    n1: {machine_id: !vault ID, ID: 1}\n",
        "all:\n  ID: {}\n",
        "all:\n  hosts: ID\n",
        "all: *ID\n",
        "all: 'ID\n",
    ];
    for inventory in inventories {
        for id in [ID, &upper, &dashed] {
            let text = inventory.replace("ID", id);
            for format in ["csv", "ndjson", "json", "table"] {
                let ran = derive(&[], &["--format", format], text.as_bytes());
                assert!(matches!(ran.code, Some(0..=2)), "{text}: {ran:#?}");
                // A dashed one in the place of a host ID or of a system UUID is a UUID that is given.
                if id == dashed && (text.contains("system_uuid") || text.contains("host_id")) {
                    assert_secret("standard error", &ran.stderr);
                    continue;
                }
                assert_secret("standard output", &ran.stdout);
                assert_secret("standard error", &ran.stderr);
            }
        }
    }
}

#[test]
fn what_the_command_line_names_is_not_repeated_either_where_it_could_be_one() {
    let inventory = format!("host,machine_id\nn1,{ID}\n");
    for words in [
        &["--column", &format!("machine-id={ID}")][..],
        &["--column", ID],
        &["--column", &format!("{ID}=x")],
        &[ID],
    ] {
        let ran = derive(&[], words, inventory.as_bytes());
        assert_eq!(ran.code, Some(2));
        assert_secret("standard error", &ran.stderr);
    }
}

#[test]
fn a_scheme_that_publishes_the_machine_id_says_so() {
    let inventory = format!("host,machine_id\nn1,{ID}\n");
    let all = derive(&[], &["--scheme", "talos"], inventory.as_bytes());
    let row = derive(
        &[],
        &[],
        format!("host,machine_id,scheme\nn1,{ID},talos\n").as_bytes(),
    );
    let given = derive(
        &[],
        &[],
        format!(
            "host,machine_id,iqn,host_id\nn1,{ID},iqn.2017-11.dev.talos:{ID},{}\n",
            super::UUID
        )
        .as_bytes(),
    );
    for ran in [all, row, given] {
        assert_eq!(ran.code, Some(0), "{ran:#?}");
        assert!(ran.stdout.contains(ID), "the scheme is talos: {ran:#?}");
        for word in ["talos", "machine-id", "confidential"] {
            assert!(ran.stderr.contains(word), "{word}: {ran:#?}");
        }
    }
}

#[test]
fn the_sweep_finds_what_it_looks_for() {
    let found = std::panic::catch_unwind(|| assert_secret("a text", &format!("it has {ID}")));
    assert!(found.is_err());
}
