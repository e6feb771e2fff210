//! An inventory means to `sanid-fleet derive` what it means to the real Ansible: the identities of the file
//! are those of what `ansible-inventory --list` prints of it.

use std::fmt::Write as _;

use libtest_mimic::Trial;

use super::scene::Scene;
use testkit::trial::{Need, trial};

const NEEDS: &[Need] = &[Need::Program("ansible-inventory", "ansible")];

pub(crate) fn trials() -> Vec<Trial> {
    vec![
        trial("an_ini_inventory_means_what_ansible_says", NEEDS, || {
            let derived = both_ways("hosts.ini", INI);
            assert_eq!(derived.len(), 1 + 20 + 5 + 2 + 2 + 1, "{derived:#?}");
            // What inherits a prefix has it, so the comparison is not one of empty words.
            for start in [
                "lone,iqn.2016-04.com.open-iscsi:",
                "web01,iqn.2024-01.test.web:",
                "web20,iqn.2024-01.test.web:",
                "db-c.example,iqn.2024-01.test.last:",
                "alias,iqn.2024-01.test.site:",
                "quoted,iqn.2024-01.test.own:",
            ] {
                assert!(
                    derived.iter().any(|line| line.starts_with(start)),
                    "{start}: {derived:#?}"
                );
            }
        }),
        trial("a_yaml_inventory_means_what_ansible_says", NEEDS, || {
            let derived = both_ways("hosts.yml", YAML);
            assert_eq!(derived.len(), 1 + 20 + 2 + 1, "{derived:#?}");
            for start in [
                "lone,iqn.2024-01.test.all:",
                "web07,iqn.2024-01.test.web:",
                "db-b,iqn.2024-01.test.merged:",
            ] {
                assert!(
                    derived.iter().any(|line| line.starts_with(start)),
                    "{start}: {derived:#?}"
                );
            }
        }),
        trial("groups_of_groups_outrank_as_in_ansible", NEEDS, || {
            for seed in 1..=4 {
                let derived = both_ways("hosts", &tangle(seed));
                let all = derived.join("\n");
                let groups = (0..GROUPS).filter(|group| all.contains(&format!("test.g{group}:")));
                // Many groups win somewhere.
                assert!(groups.count() > 6, "{all}");
            }
        }),
    ]
}

/// What is derived of a file, and of what the real Ansible prints of it; the two are one.
fn both_ways(name: &str, inventory: &str) -> Vec<String> {
    let scene = Scene::new();
    scene.write(name, inventory);
    scene.run(&format!(
        "export ANSIBLE_HOME=\"$PWD\" HOME=\"$PWD\" ANSIBLE_LOCAL_TEMP=\"$PWD/local\"
        ansible-inventory --list -i {name} >list.json
        fleet derive {name} >file.csv || [ $? = 1 ]
        fleet derive list.json >list.csv || [ $? = 1 ]"
    ));
    let rows = |name: &str| {
        let text = std::fs::read_to_string(scene.path().join(name)).unwrap();
        let mut rows: Vec<String> = text.lines().skip(1).map(str::to_owned).collect();
        rows.sort();
        rows
    };
    let (file, list) = (rows("file.csv"), rows("list.csv"));
    let differ = |one: &[String], other: &[String]| -> Vec<String> {
        let only = one.iter().filter(|row| !other.contains(row));
        only.cloned().collect()
    };
    let (of_file, of_list) = (differ(&file, &list), differ(&list, &file));
    assert!(
        of_file.is_empty() && of_list.is_empty(),
        "{name}: the file gives {of_file:#?}\nand what Ansible prints {of_list:#?}\n{inventory}"
    );
    file
}

/// Ranges share a machine-id no less than a prefix, so each host of one has a scheme and names by its own.
const INI: &str = r#"
# Above every section.
lone machine_id=3d1219c7c4c5404aaa1f6d2a48adfda4   # a comment

[web]
web[01:20] machine_id=00112233445566778899aabbccddeeff ansible_port=2222
[db]
db-[a:e].example machine_id="0f1e2d3c4b5a69788796a5b4c3d2e1f0"
r[1:3:2] machine_id='aa112233445566778899aabbccddeeff' note="two words"
[named]
alias ansible_host=192.0.2.7 machine_id=bb112233445566778899aabbccddeeff
other:2200 machine_id=cc112233445566778899aabbccddeeff
quoted machine_id="dd112233445566778899aabbccddeeff" iqn_prefix='iqn.2024-01.test.own' note='a # no comment'

; A host may be in many groups.
[last]
db-c.example

[web:vars]
iqn_prefix = iqn.2024-01.test.web
note=a = b

[db:vars]
iqn_prefix="iqn.2024-01.test.db"

[last:vars]
iqn_prefix=iqn.2024-01.test.last

[site:children]
web
db
named
last

[site:vars]
iqn_prefix=iqn.2024-01.test.site
"#;

const YAML: &str = r#"---
all:
  vars:
    iqn_prefix: iqn.2024-01.test.all
  hosts:
    lone:
      machine_id: 3d1219c7c4c5404aaa1f6d2a48adfda4
  children:
    site:
      children:
        web:
          vars: &web
            iqn_prefix: "iqn.2024-01.test.web"
            note: 'it''s "quoted": yes'
          hosts:
            web[01:20]:
              machine_id: "00112233445566778899001122334455"
        db:
          hosts:
            db-a: &a
              ansible_host: 192.0.2.8
              machine_id: >-
                0f1e2d3c4b5a69788796a5b4c3d2e1f0
            db-b:
              <<: *a
              iqn_prefix: iqn.2024-01.test.merged
      vars:
        iqn_prefix: iqn.2024-01.test.site
named:
  hosts:
    alias: {ansible_host: 192.0.2.7, ansible_machine_id: bb112233445566778899aabbccddeeff}
"#;

const GROUPS: u64 = 24;

/// Groups below groups at random, the same for the same seed. Nearly every group has a prefix of its own, some
/// a priority; which one a host has tells who outranks whom.
fn tangle(seed: u64) -> String {
    let mut state = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15);
    let mut below = |limit: u64| {
        // xorshift64: any generator will do.
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state % limit
    };
    let mut text = String::new();
    for host in 0..120_u32 {
        let group = below(GROUPS);
        writeln!(
            text,
            "[g{group}]\nh{host} machine_id={:032x}",
            0x1234_5678_u128 << 64 | u128::from(host)
        )
        .unwrap();
        if below(3) == 0 {
            writeln!(text, "[g{}]\nh{host}", below(GROUPS)).unwrap();
        }
    }
    for group in 0..GROUPS {
        writeln!(text, "[g{group}]\n[g{group}:vars]").unwrap();
        if below(6) != 0 {
            writeln!(text, "iqn_prefix=iqn.2024-01.test.g{group}").unwrap();
        }
        if below(4) == 0 {
            writeln!(text, "ansible_group_priority={}", below(12)).unwrap();
        }
        // Only downwards, so that no group is below itself.
        for child in group + 1..GROUPS {
            if below(8) == 0 {
                writeln!(text, "[g{group}:children]\ng{child}").unwrap();
            }
        }
    }
    writeln!(text, "[all:children]\ng{}", below(GROUPS)).unwrap();
    writeln!(text, "[all:vars]\niqn_prefix=iqn.2024-01.test.all").unwrap();
    text
}
