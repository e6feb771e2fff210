use super::*;
use crate::own::{FABRICS, Own, OwnName};
use crate::parse::hostfile::LIBNVME_3;
use crate::part::Names;
use crate::testing::{ID, IQN, NQN, OTHER_ID, OTHER_NQN, facts, saw};

/// `(reader, names, from)` of each program that takes something else.
fn listed(facts: &Facts) -> Vec<(&'static str, String, String)> {
    let one = |found: ReaderName| {
        let names = [
            found.names.iqn(),
            found.names.host_nqn(),
            found.names.host_id(),
        ];
        let names: Vec<&str> = names.into_iter().flatten().collect();
        (found.reader, names.join(" "), found.from)
    };
    differing(facts).into_iter().map(one).collect()
}

#[test]
fn lists_nothing_where_all_take_the_files() {
    assert_eq!(listed(&facts().on_disk(IQN, NQN, ID)), []);
}

/// nvme-cli 3.1 ignores a hostnqn without dashes.
#[test]
fn libnvme_3_sends_the_host_id_for_a_hostnqn_without_dashes() {
    let dashless = NQN.replace('-', "").replace("nqn.201408", "nqn.2014-08");
    let facts_of = |nqn: &str| facts().on_disk(IQN, nqn, ID);
    let facts = facts_of(&dashless);
    let found = listed(&facts);
    assert_eq!(
        found,
        [(LIBNVME_3, NQN.to_owned(), "/etc/nvme/hostid".to_owned())]
    );
    // In the bytes that sanid writes it is the name that does not conform.
    let commented = facts_of(&dashless).raw(
        IdentityFile::HostNqn,
        format!("{dashless}\n# x\n").as_bytes(),
    );
    for (facts, code) in [
        (facts, "name-not-conformant"),
        (commented, "readers-disagree"),
    ] {
        let found = crate::findings::findings(&facts, &crate::resolve::resolve(&facts));
        let all: Vec<&str> = found.iter().map(|one| one.code.as_str()).collect();
        let found = found.iter().find(|one| one.code.as_str() == code);
        let found = found.unwrap_or_else(|| panic!("{code} not in {all:?}"));
        assert!(
            found.seen.contains(&format!("sends {NQN}")),
            "{}",
            found.seen
        );
    }
}

#[test]
fn a_reader_that_refuses_both_files_sends_no_known_name() {
    let facts = facts().on_disk(IQN, &format!("{NQN} "), "none");
    let found = differing(&facts);
    let found = found.iter().find(|one| one.reader == LIBNVME_3).unwrap();
    assert_eq!((found.names.host_nqn(), found.why.is_some()), (None, true));
}

#[test]
fn lists_own_names_with_their_file_and_line() {
    let mut facts = facts().on_disk(IQN, NQN, ID);
    let own = |nqn: &str, id: &str| OwnName {
        reader: &FABRICS,
        path: "etc/nvme/nvme-fabrics.conf".into(),
        own: Own {
            line: 2,
            names: Names::from([(IdentityFile::HostNqn, nqn), (IdentityFile::HostId, id)]),
            ..Own::default()
        },
    };
    let names = &mut saw(&mut facts.others.own_names).names;
    names.push(own(NQN, &ID.to_uppercase()));
    names.push(own(OTHER_NQN, OTHER_ID));
    let from = "/etc/nvme/nvme-fabrics.conf:2".to_owned();
    assert_eq!(
        listed(&facts),
        [("nvme-cli 3.1", format!("{OTHER_NQN} {OTHER_ID}"), from)]
    );
}
