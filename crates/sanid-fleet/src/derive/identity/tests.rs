use super::*;

const ID: &str = "3d1219c7c4c5404aaa1f6d2a48adfda4";
const UUID: &str = "652f5d50-a689-4520-b87b-fe2552ef6b8b";
const IQN: &str = "iqn.2016-04.com.open-iscsi:652f5d50a6894520b87bfe2552ef6b8b";
const NQN: &str = "nqn.2014-08.org.nvmexpress:uuid:652f5d50-a689-4520-b87b-fe2552ef6b8b";

/// A row, as columns with what they say.
type Words<'a> = &'a [(Column, &'a str)];

fn rule() -> Rule {
    Rule::parse("sanid-v1", "iqn.2016-04.com.open-iscsi", None).unwrap()
}

/// A row of `column=value` words, and what becomes of it: three names, or why not.
fn derived(rule: &Rule, words: &[(Column, &str)]) -> Result<[String; 3], String> {
    let mut row = Row::default();
    for (column, text) in words {
        row.set(*column, text.as_bytes());
    }
    let identity = rule.identity(&row).map_err(|fault| fault.why)?;
    let nvme = &identity.nvme;
    Ok([
        identity.iqn.to_string(),
        nvme.host_nqn.to_string(),
        nvme.host_id.to_string(),
    ])
}

#[test]
fn a_row_has_the_names_that_its_host_will_have() {
    use Column::{Host, HostId, HostNqn, Iqn, IqnPrefix, MachineId, Scheme, SystemUuid};
    let own = [IQN, NQN, UUID];
    let old = "a3b1c2d4-0000-4000-8000-0123456789ab";
    let old_nqn = "nqn.2014-08.org.nvmexpress:uuid:a3b1c2d4-0000-4000-8000-0123456789ab";
    let upper = "nqn.2014-08.org.nvmexpress:uuid:4C4C4544-0051-3610-8052-B4C04F303132";
    let cases: &[(Words<'_>, [&str; 3])] = &[
        (&[(MachineId, ID)], own),
        (&[(MachineId, "3D1219C7C4C5404AAA1F6D2A48ADFDA4")], own),
        (
            &[(MachineId, ID), (IqnPrefix, "iqn.1994-05.com.redhat")],
            [
                "iqn.1994-05.com.redhat:652f5d50a6894520b87bfe2552ef6b8b",
                NQN,
                UUID,
            ],
        ),
        (
            &[
                (MachineId, ID),
                (Iqn, "iqn.1993-08.org.debian:01:5ca1ab1e0042"),
            ],
            ["iqn.1993-08.org.debian:01:5ca1ab1e0042", NQN, UUID],
        ),
        (&[(MachineId, ID), (HostId, old)], [IQN, old_nqn, old]),
        (&[(MachineId, ID), (HostNqn, old_nqn)], [IQN, old_nqn, old]),
        (
            &[(MachineId, ID), (HostNqn, old_nqn), (HostId, UUID)],
            [IQN, old_nqn, UUID],
        ),
        (&[(Iqn, IQN), (HostId, UUID)], own),
        (
            &[
                (Scheme, "nvme-cli-2"),
                (SystemUuid, "4C4C4544-0051-3610-8052-B4C04F303132"),
                (MachineId, "x"),
            ],
            ["", upper, "4c4c4544-0051-3610-8052-b4c04f303132"],
        ),
    ];
    for (words, expected) in cases {
        let words = [&[(Host, "node-1")], *words].concat();
        let mut names = derived(&rule(), &words).unwrap_or_else(|why| panic!("{words:?}: {why}"));
        if expected[0].is_empty() {
            names[0].clear();
        }
        assert_eq!(names, *expected, "{words:?}");
    }
}

/// Each row is refused for this reason, and the reason shows nothing of a seed.
fn refuses(rows: &[(&[(Column, &str)], &str)]) {
    for (words, word) in rows {
        let why = derived(&rule(), words).unwrap_err();
        assert!(why.contains(word), "{words:?}: {why}");
        for secret in [ID, DASHED, &ID[..16]] {
            assert!(!why.contains(secret), "{words:?}: {why}");
        }
    }
}

const DASHED: &str = "3d1219c7-c4c5-404a-aa1f-6d2a48adfda4";

#[test]
fn rejects_machine_ids_without_showing_them() {
    use Column::{Host, Iqn, MachineId};
    let node = (Host, "node-1");
    let with_more = format!("{DASHED}0");
    refuses(&[
        (&[(MachineId, ID)], "names no host"),
        (&[node], "machine-id is empty"),
        (&[node, (Iqn, IQN)], "machine-id is empty"),
        (&[node, (MachineId, &ID[..31])], "not 32 hexadecimal digits"),
        (&[node, (MachineId, DASHED)], "take the hyphens out"),
        (
            &[node, (MachineId, &with_more)],
            "not 32 hexadecimal digits",
        ),
        (&[node, (MachineId, "1.2E+31")], "export the column as text"),
        (
            &[node, (MachineId, "1,20E+31")],
            "export the column as text",
        ),
        (&[node, (MachineId, "3e31")], "export the column as text"),
        (
            &[node, (MachineId, "12345678901234500000000000000000")],
            "export the column as text",
        ),
        (
            &[node, (MachineId, "12345678901234567000000000000000")],
            "export the column as text",
        ),
        (
            &[node, (MachineId, "1.2.E+31")],
            "not 32 hexadecimal digits",
        ),
        (&[node, (MachineId, "E+31")], "not 32 hexadecimal digits"),
        (&[node, (MachineId, "uninitialized")], "uninitialized"),
        (
            &[node, (MachineId, "00000000000000000000000000000000")],
            "all zeros",
        ),
        (
            &[node, (MachineId, "03000200040005000006000700080009")],
            "many machines share",
        ),
    ]);
}

#[test]
fn rejects_other_columns_without_showing_a_seed() {
    use Column::{Host, HostId, HostNqn, Iqn, IqnPrefix, MachineId, Scheme, SystemUuid};
    let node = (Host, "node-1");
    let inside = format!("n-{ID}");
    let prefix = format!("iqn.2024-01.com.example:{ID}");
    refuses(&[
        (&[(Host, ID), (MachineId, "node-1")], "columns exchanged"),
        (&[(Host, &inside), (MachineId, ID)], "columns exchanged"),
        (&[(Host, DASHED), (MachineId, ID)], "columns exchanged"),
        (
            &[(Host, "a\u{1b}[2Jb"), (MachineId, ID)],
            "control character",
        ),
        (
            &[node, (MachineId, ID), (Scheme, ID)],
            "scheme is none; there are sanid-v1",
        ),
        (
            &[node, (MachineId, ID), (Scheme, "nvme-tool")],
            "asks the nvme",
        ),
        (
            &[node, (MachineId, ID), (IqnPrefix, &prefix)],
            "no name may show",
        ),
        (
            &[node, (MachineId, ID), (IqnPrefix, "redhat")],
            "iqn-prefix is none",
        ),
        (&[node, (MachineId, ID), (Iqn, ID)], "iqn is none"),
        (&[node, (MachineId, ID), (HostId, ID)], "host-id is none"),
        (
            &[
                node,
                (MachineId, ID),
                (HostNqn, "nqn.2024-01.com.example:a"),
            ],
            "needs a host-id",
        ),
        (
            &[node, (Scheme, "nvme-cli-2"), (MachineId, ID)],
            "system-uuid is empty",
        ),
        (
            &[node, (Scheme, "nvme-cli-2"), (SystemUuid, ID)],
            "not a UUID",
        ),
        (
            &[
                node,
                (Scheme, "nvme-cli-2"),
                (SystemUuid, "03000200-0400-0500-0006-000700080009"),
            ],
            "many machines share",
        ),
    ]);
}

#[test]
fn nvme_cli_3_needs_a_row_that_tells_whether_the_host_has_a_uuid() {
    use Column::{Host, MachineId, Scheme, SystemUuid};
    let row = [(Host, "node-1"), (Scheme, "nvme-cli-3")];
    let why = derived(&rule(), &row).unwrap_err();
    assert_eq!(why, "its system-uuid and its machine-id are empty");
    // What Ansible gathers without root: the host may have a UUID, so the machine-id is not used.
    let gathered = [&row[..], &[(SystemUuid, "NA"), (MachineId, ID)]].concat();
    let why = derived(&rule(), &gathered).unwrap_err();
    assert!(why.contains("not a UUID"), "{why}");
}

#[test]
fn a_template_makes_the_initiator_name_of_the_host_in_the_row() {
    let template = Some("iqn.2004-05.com.example:{hostname}-{id12}");
    let rule = Rule::parse("sanid-v1", "iqn.2016-04.com.open-iscsi", template).unwrap();
    let row = [(Column::Host, "Web1"), (Column::MachineId, ID)];
    assert_eq!(
        derived(&rule, &row).unwrap()[0],
        "iqn.2004-05.com.example:web1-652f5d50a689"
    );
    let row = [(Column::Host, "localhost"), (Column::MachineId, ID)];
    assert!(derived(&rule, &row).unwrap_err().contains("without a name"));
    for template in [
        "iqn.2004-05.com.example:{hostname}",
        "iqn.2004-05.com.example:{mac}",
    ] {
        assert!(
            Rule::parse("sanid-v1", "iqn.2016-04.com.open-iscsi", Some(template)).is_err(),
            "{template}"
        );
    }
}
