//! Every format in, every format out.

use std::fmt::Write as _;

use super::{HEADER, ID, OTHER, UUID, derive, line};

#[test]
fn every_format_of_inventories_gives_the_same_identity() {
    let cases: &[(&str, &str, &[&str])] = &[
        ("plain.csv", "host,machine_id\nn1,ID\n", &[]),
        ("crlf.csv", "rack,Machine-Id,Name\r\n1,ID,n1\r\n", &[]),
        ("semicolon.csv", "host;note;machine_id\nn1;a, b;ID\n", &[]),
        ("tab.tsv", "host\tmachine_id\nn1\tID\n", &[]),
        (
            "quoted.csv",
            "\"host\",\"machine_id\"\n\"n1\",\"ID\"\n",
            &[],
        ),
        (
            "named.csv",
            "fqdn,serial\nn1,ID\n",
            &["--column", "host=fqdn", "--column", "machine-id=serial"],
        ),
        (
            "lines.ndjson",
            "{\"host\":\"n1\",\"machine_id\":\"ID\",\"x\":{\"y\":[1,2]}}\n\n",
            &[],
        ),
        (
            "list.json",
            "[\n  {\"host\": \"n1\", \"machineId\": \"ID\"}\n]\n",
            &[],
        ),
        (
            "items.json",
            "{\"items\":[{\"host\":\"n1\",\"machine_id\":\"ID\"}]}",
            &[],
        ),
        (
            "netbox.json",
            "{\"count\":1,\"next\":null,\"results\":[{\"id\":7,\"name\":\"n1\",\"custom_fields\":{\"machine_id\":\"ID\",\"x\":null}}]}",
            &[],
        ),
        (
            "maas.json",
            "[{\"hostname\":\"n1\",\"hardware_uuid\":null,\"owner_data\":{\"mid\":\"ID\"}}]",
            &["--column", "machine-id=owner_data.mid"],
        ),
        (
            "hosts",
            "# web\n[web]\nn1 ansible_host=192.0.2.1 machine_id=ID\n",
            &[],
        ),
        (
            "hosts.yml",
            "all:\n  hosts:\n    n1:\n      machine_id: ID\n",
            &[],
        ),
        (
            "facts.yml",
            "---\nweb:\n  hosts:\n    n1: {ansible_facts: {machine_id: 'ID'}}\n",
            &[],
        ),
        (
            "list",
            "{\"_meta\":{\"hostvars\":{\"n1\":{\"ansible_machine_id\":\"ID\"}}},\"all\":{\"children\":[\"ungrouped\"]},\"ungrouped\":{\"hosts\":[\"n1\"]}}",
            &[],
        ),
        (
            "named-list",
            "{\"_meta\":{\"hostvars\":{\"x\":{\"fqdn\":\"n1\",\"machine_id\":\"ID\"}}}}",
            &["--column", "host=fqdn"],
        ),
    ];
    for (name, text, words) in cases {
        let text = text.replace("ID", ID);
        let ran = derive(
            &[(name, text.as_bytes())],
            &[&[*name], *words].concat(),
            b"",
        );
        assert_eq!(
            ran.stdout,
            format!("{HEADER}{}", line("n1")),
            "{name}: {ran:#?}"
        );
        assert_eq!(ran.stderr, "sanid-fleet: 1 identity derived\n", "{name}");
        assert_eq!(ran.code, Some(0), "{name}");
        // The same from a pipe, where there is no name to go by.
        let piped = derive(&[], words, text.as_bytes());
        assert_eq!(piped.stdout, ran.stdout, "{name}: {piped:#?}");
    }
}

#[test]
fn identities_come_out_in_every_format() {
    let digits = UUID.replace('-', "");
    let inventory = format!("host,machine_id\n\"a,\"\"b\"\"\",{ID}\n");
    let iqn = format!("iqn.2016-04.com.open-iscsi:{digits}");
    let nqn = format!("nqn.2014-08.org.nvmexpress:uuid:{UUID}");
    let object = format!(
        "{{\"host\":\"a,\\\"b\\\"\",\"iqn\":\"{iqn}\",\"hostNqn\":\"{nqn}\",\"hostId\":\"{UUID}\"}}"
    );
    for (format, expected) in [
        (
            "csv",
            format!("{HEADER}\"a,\"\"b\"\"\",{iqn},{nqn},{UUID}\n"),
        ),
        ("ndjson", format!("{object}\n")),
        (
            "json",
            format!(
                "{{\"apiVersion\":\"sanid/v1\",\"kind\":\"HostList\",\"items\":[\n{object}\n]}}\n"
            ),
        ),
    ] {
        let ran = derive(&[], &["--format", format], inventory.as_bytes());
        assert_eq!(ran.stdout, expected);
    }
    let table = derive(&[], &["--format", "table"], inventory.as_bytes()).stdout;
    let lines: Vec<_> = table.lines().collect();
    assert_eq!(lines.len(), 2);
    assert_eq!(lines[0].find("HOST NQN"), lines[1].find("nqn."));
    assert_eq!(lines[0].find("HOST ID"), lines[1].rfind(UUID));
}

#[test]
fn order_is_kept_whatever_the_number_of_threads() {
    let mut inventory = "host,machine_id\n".to_owned();
    let names: Vec<_> = (0..20_000_u128).map(|at| format!("n{at}")).collect();
    for (at, name) in (1_u128..).zip(&names) {
        let id = at.wrapping_mul(0x9e37_79b9_7f4a_7c15_f39c_c060_5ced_c835);
        writeln!(inventory, "{name},{id:032x}").unwrap();
    }
    for format in ["csv", "json"] {
        let one = derive(
            &[],
            &["--threads", "1", "--format", format],
            inventory.as_bytes(),
        );
        let many = derive(
            &[],
            &["--threads", "7", "--format", format],
            inventory.as_bytes(),
        );
        assert!(one.stdout == many.stdout, "{format}");
        if format == "csv" {
            let hosts = one
                .stdout
                .lines()
                .skip(1)
                .map(|line| line.split(',').next().unwrap());
            assert!(hosts.eq(names.iter()));
        } else {
            let list: serde_json::Value = serde_json::from_str(&one.stdout).unwrap();
            assert_eq!(list["items"].as_array().unwrap().len(), names.len());
        }
    }
}

#[test]
fn a_row_may_have_a_scheme_a_prefix_and_fixed_names() {
    let inventory = format!(
        "host,machine_id,scheme,iqn_prefix,iqn,host_nqn,host_id,system_uuid\n\
         a,{ID},,iqn.1994-05.com.redhat,,,,\n\
         b,{OTHER},nvme-stas,,iqn.2024-01.com.example:b,,,\n\
         c,,nvme-cli-2,,iqn.2024-01.com.example:c,,,4c4c4544-0051-3610-8052-b4c04f303132\n\
         d,,,,iqn.2024-01.com.example:d,,a3b1c2d4-0000-4000-8000-0123456789ab,\n"
    );
    let ran = derive(&[], &[], inventory.as_bytes());
    assert_eq!(ran.code, Some(0), "{ran:#?}");
    let lines: Vec<_> = ran.stdout.lines().skip(1).collect();
    assert!(
        lines[0].starts_with("a,iqn.1994-05.com.redhat:652f5d50"),
        "{lines:#?}"
    );
    assert!(
        lines[1].starts_with("b,iqn.2024-01.com.example:b,nqn.2014-08.org.nvmexpress:uuid:"),
        "{lines:#?}"
    );
    assert!(
        lines[2].ends_with(
            "uuid:4c4c4544-0051-3610-8052-b4c04f303132,4c4c4544-0051-3610-8052-b4c04f303132"
        ),
        "{lines:#?}"
    );
    assert!(
        lines[3].contains("uuid:a3b1c2d4-0000-4000-8000-0123456789ab,a3b1"),
        "{lines:#?}"
    );
}

/// Hosts and their arrays agree only if this is what `sanid` on a host derives.
#[test]
fn what_comes_out_is_what_the_other_commands_read() {
    let inventory = format!("host,machine_id\nn1,{ID}\n\"n, 2\",{OTHER}\n");
    for format in ["csv", "ndjson"] {
        let ran = derive(&[], &["--format", format], inventory.as_bytes());
        let input = sanid_fleet::input::Input::of("list", std::io::Cursor::new(ran.stdout));
        let hosts: Vec<_> = sanid_fleet::hosts::read(input)
            .map(Result::unwrap)
            .collect();
        assert_eq!(hosts.len(), 2);
        assert_eq!(hosts[0].host_id.unwrap().to_string(), UUID);
        assert_eq!(hosts[1].name, "n, 2");
    }
}
