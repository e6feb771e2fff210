use super::*;
use crate::config::IqnTemplate;
use crate::facts::{Credentials, MachineIdState};
use crate::observed::Observed;
use crate::testing::{ID, IQN, NQN, OTHER_ID, OTHER_IQN, OTHER_NQN, facts, unset};

fn chosen(facts: &Facts) -> (String, &'static str, String, &'static str) {
    let found = resolve(facts).unwrap();
    let pair = &found.nvme.value;
    (
        found.iqn.value.to_string(),
        found.iqn.source.as_str(),
        format!("{} {}", pair.host_nqn, pair.host_id),
        found.nvme.source.as_str(),
    )
}

#[test]
fn without_any_source_the_scheme_gives_all_three_names() {
    let found = resolve(&facts()).unwrap();
    assert_eq!(found.iqn.value.as_str(), IQN);
    assert_eq!(found.nvme.value.host_nqn.as_str(), NQN);
    assert_eq!(found.nvme.value.host_id.to_string(), ID);
    assert_eq!(
        (found.iqn.source.as_str(), found.nvme.source.as_str()),
        ("derived", "derived")
    );
}

#[test]
fn a_higher_source_wins_and_the_order_is_the_documented_one() {
    let names: Vec<&str> = SOURCES
        .iter()
        .map(|source| source.kind().as_str())
        .collect();
    assert_eq!(
        names,
        ["command-line", "credential", "pin", "firmware", "derived"]
    );

    let pin = || {
        facts()
            .pin_iqn("iqn.2001-04.com.example:pin")
            .pin_id(OTHER_ID)
    };
    let credential = || {
        let credentials = Credentials {
            unreadable: Vec::new(),
            unseen: None,
            names: Names::from([
                (
                    IdentityFile::InitiatorName,
                    "iqn.2001-04.com.example:credential",
                ),
                (IdentityFile::HostNqn, NQN),
            ]),
        };
        Facts {
            credentials,
            ..pin()
        }
    };
    let cmdline = Facts {
        cmdline: Observed::Saw(format!(
            "quiet rd.iscsi.initiator={OTHER_IQN} rd.nvmf.hostid={OTHER_ID}"
        )),
        ..credential()
    };
    let other_pair = format!("{OTHER_NQN} {OTHER_ID}");
    let own_pair = format!("{NQN} {ID}");
    assert_eq!(
        chosen(&pin()),
        (
            "iqn.2001-04.com.example:pin".into(),
            "pin",
            other_pair.clone(),
            "pin"
        )
    );
    assert_eq!(
        chosen(&credential()),
        (
            "iqn.2001-04.com.example:credential".into(),
            "credential",
            own_pair,
            "credential"
        )
    );
    assert_eq!(
        chosen(&cmdline),
        (OTHER_IQN.into(), "command-line", other_pair, "command-line")
    );
}

#[test]
fn each_known_parameter_of_the_kernel_command_line_gives_the_initiator_name() {
    for key in ["rd.iscsi.initiator", "iscsi_initiator", "rd.initiatorname"] {
        let facts = Facts {
            cmdline: Observed::Saw(format!("{key}={OTHER_IQN}")),
            ..facts()
        };
        let found = resolve(&facts).unwrap();
        assert_eq!(found.iqn.value.as_str(), OTHER_IQN, "{key}");
        assert_eq!(
            found.iqn.place,
            format!("{key}= on the kernel command line")
        );
    }
}

#[test]
fn one_half_of_the_pair_gives_the_other() {
    let from_nqn = resolve(&facts().pin_nqn(OTHER_NQN)).unwrap();
    assert_eq!(from_nqn.nvme.value.host_id.to_string(), OTHER_ID);
    let from_id = resolve(&facts().pin_id(OTHER_ID)).unwrap();
    assert_eq!(from_id.nvme.value.host_nqn.as_str(), OTHER_NQN);
}

#[test]
fn the_halves_of_the_pair_never_come_from_two_sources() {
    let facts = Facts {
        cmdline: Observed::Saw(format!("rd.nvmf.hostnqn={NQN}")),
        ..facts().pin_id(OTHER_ID)
    };
    let found = resolve(&facts).unwrap();
    assert_eq!(found.nvme.value.host_id.to_string(), ID);
    assert_eq!(found.nvme.source.as_str(), "command-line");
}

#[test]
fn a_host_nqn_without_a_uuid_needs_its_host_id_beside_it() {
    let alone = facts().pin_nqn("nqn.2014-08.com.example:host1");
    let error = resolve(&alone).unwrap_err();
    assert!(matches!(error, ResolveError::HalfPair { .. }), "{error}");
    assert!(
        error
            .to_string()
            .starts_with("/etc/sanid/config.toml:3 gives the host NQN")
    );
    let both = facts()
        .pin_nqn("nqn.2014-08.com.example:host1")
        .pin_id(OTHER_ID);
    assert_eq!(
        resolve(&both).unwrap().nvme.value.host_id.to_string(),
        OTHER_ID
    );
}

#[test]
fn an_invalid_value_is_an_error_that_names_its_source_unless_it_is_outranked() {
    let table: &[(&str, &str)] = &[
        (
            "rd.iscsi.initiator=host-1",
            "rd.iscsi.initiator= on the kernel command line",
        ),
        (
            "rd.nvmf.hostnqn=nonsense",
            "rd.nvmf.hostnqn= on the kernel command line",
        ),
        (
            "rd.nvmf.hostid=00000000-0000-0000-0000-000000000000",
            "rd.nvmf.hostid=",
        ),
    ];
    for (cmdline, place) in table {
        let facts = Facts {
            cmdline: Observed::Saw((*cmdline).into()),
            ..facts()
        };
        let error = resolve(&facts).unwrap_err().to_string();
        assert!(error.starts_with(place), "{error}");
    }
    let lower = Facts {
        cmdline: Observed::Saw(format!("rd.iscsi.initiator={OTHER_IQN}")),
        credentials: Credentials {
            names: Names::from([(IdentityFile::InitiatorName, "nonsense")]),
            ..Credentials::default()
        },
        ..facts()
    };
    let found = resolve(&lower);
    assert_eq!(found.names().iqn(), Some(OTHER_IQN));
    let [(Part::Iqn, error)] = &found.outranked_faults[..] else {
        panic!("{:?}", found.outranked_faults);
    };
    let error = error.to_string();
    assert!(
        error.starts_with("credential sanid.iqn gives \"nonsense\""),
        "{error}"
    );
}

#[test]
fn an_empty_parameter_says_nothing() {
    let facts = Facts {
        cmdline: Observed::Saw("rd.iscsi.initiator= rd.nvmf.hostid=".into()),
        ..facts()
    };
    assert_eq!(resolve(&facts).unwrap().iqn.source.as_str(), "derived");
}

#[test]
fn of_several_parameters_the_last_counts_and_its_place_says_so() {
    let place = |cmdline: &str| {
        let found = resolve(&Facts {
            cmdline: Observed::Saw(cmdline.into()),
            ..facts()
        })
        .unwrap();
        (found.nvme.value.host_id.to_string(), found.nvme.place)
    };
    let (value, seen) = place(&format!("rd.nvmf.hostid={ID} rd.nvmf.hostid={OTHER_ID}"));
    assert_eq!(
        (value.as_str(), seen.as_str()),
        (
            OTHER_ID,
            "rd.nvmf.hostid= on the kernel command line (last of 2)"
        )
    );
    let (_, seen) = place(&format!(
        "rd.nvmf.hostid rd.nvmf.hostid={ID} rd.nvmf.hostid={OTHER_ID}"
    ));
    assert!(seen.ends_with("(last of 3)"), "{seen}");
    let (_, seen) = place(&format!("rd.nvmf.hostid={ID} rd.nvmf.hostid={ID}"));
    assert_eq!(
        seen, "rd.nvmf.hostid= on the kernel command line",
        "the same value twice hides nothing"
    );
}

/// dracut asks for the others only where the first is not there at all.
#[test]
fn a_parameter_without_a_value_hides_those_that_are_asked_after_it() {
    for first in ["rd.iscsi.initiator", "rd.iscsi.initiator="] {
        let cmdline = format!("iscsi_initiator={OTHER_IQN} {first} nvmf.hostid={OTHER_ID}");
        let found = resolve(&Facts {
            cmdline: Observed::Saw(cmdline),
            ..facts()
        })
        .unwrap();
        assert_eq!(found.iqn.source.as_str(), "derived", "{first}");
        assert_eq!(
            found.candidates[0].place.as_deref(),
            Some(
                "iscsi_initiator= on the kernel command line is ignored, since rd.iscsi.initiator is set without a value"
            )
        );
        assert_eq!(found.nvme.place, "nvmf.hostid= on the kernel command line");
    }
}

/// dracut takes no value then; falling back to the earlier one would name the host twice.
#[test]
fn a_later_parameter_without_a_value_undoes_an_earlier_one_and_that_is_explained() {
    for undo in ["rd.iscsi.initiator", "rd.iscsi.initiator="] {
        let cmdline = format!("rd.iscsi.initiator={OTHER_IQN} {undo}");
        let found = resolve(&Facts {
            cmdline: Observed::Saw(cmdline),
            ..facts()
        })
        .unwrap();
        assert_eq!(found.iqn.source.as_str(), "derived");
        let word = &found.candidates[0];
        assert_eq!(
            (word.source.as_str(), word.verdict),
            ("command-line", Verdict::Silent)
        );
        let place = word.place.as_deref().unwrap();
        assert_eq!(
            place,
            "rd.iscsi.initiator= on the kernel command line is reset by a later rd.iscsi.initiator without a value"
        );
    }
    let plain = resolve(&Facts {
        cmdline: Observed::Saw("rd.iscsi.initiator".into()),
        ..facts()
    })
    .unwrap();
    assert_eq!(plain.candidates[0].place, None);
}

/// linux-nvme/nvme-cli#3977: a tool without a stable source made up a random name and went on.
#[test]
fn nvme_cli_3977_no_random_fallback() {
    let error = resolve(&unset()).unwrap_err();
    assert_eq!(error, ResolveError::NoSeed(NoSeed::Unset));
    assert_eq!(
        resolve(&unset()).unwrap_err(),
        error,
        "the same answer again"
    );
}

#[test]
fn no_seed_is_no_error_where_nothing_is_derived() {
    let pinned = unset().pin_iqn(OTHER_IQN).pin_id(OTHER_ID);
    assert_eq!(resolve(&pinned).unwrap().iqn.value.as_str(), OTHER_IQN);
    let half = unset().pin_iqn(OTHER_IQN);
    assert_eq!(
        resolve(&half).unwrap_err(),
        ResolveError::NoSeed(NoSeed::Unset)
    );
}

#[test]
fn every_state_of_the_machine_id_has_its_own_sentence() {
    use sanid_core::MachineIdError;
    let table: &[(MachineIdState, &str)] = &[
        (MachineIdState::Missing, "is missing"),
        (
            MachineIdState::Unset(MachineIdError::Empty),
            "is not set yet",
        ),
        (MachineIdState::Unset(MachineIdError::Zero), "is all zeros"),
        (
            MachineIdState::Invalid(MachineIdError::Length { found: 31 }),
            "31",
        ),
        (MachineIdState::Transient, "Three ways to make it stable"),
        (MachineIdState::Denylisted, "many machines share"),
        (
            MachineIdState::Unreadable("cannot read x".into()),
            "cannot read x",
        ),
    ];
    for (state, words) in table {
        let facts = Facts {
            machine_id: copy(state),
            ..facts()
        };
        let error = resolve(&facts).unwrap_err();
        assert!(matches!(error, ResolveError::NoSeed(_)));
        assert!(error.to_string().contains(words), "{error}");
    }
}

/// The states without a secret can be copied.
fn copy(state: &MachineIdState) -> MachineIdState {
    match state {
        MachineIdState::Stable(_) | MachineIdState::Missing => MachineIdState::Missing,
        MachineIdState::Transient => MachineIdState::Transient,
        MachineIdState::Unset(error) => MachineIdState::Unset(*error),
        MachineIdState::Invalid(error) => MachineIdState::Invalid(*error),
        MachineIdState::Denylisted => MachineIdState::Denylisted,
        MachineIdState::Unreadable(text) => MachineIdState::Unreadable(text.clone()),
    }
}

#[test]
fn a_template_names_the_host_and_says_what_it_misses() {
    let mut facts = facts();
    let template = IqnTemplate::parse("iqn.2001-04.com.example:{hostname}.{id12}").unwrap();
    facts.settings.iqn_template = Some(crate::config::Setting {
        value: template,
        origin: crate::config::Origin::Default,
    });
    let error = resolve(&facts).unwrap_err().to_string();
    assert!(error.contains("iqn-template"), "{error}");
    facts.hostname = Observed::Saw(Some("DB1".into()));
    let found = resolve(&facts).unwrap();
    assert_eq!(
        found.iqn.value.as_str(),
        "iqn.2001-04.com.example:db1.652f5d50a689"
    );
}

#[test]
fn every_source_is_explained_for_every_part() {
    let found = resolve(&facts().pin_iqn(OTHER_IQN)).unwrap();
    let words: Vec<(&str, &str, Verdict)> = found
        .candidates
        .iter()
        .map(|one| (one.part.key(), one.source.as_str(), one.verdict))
        .collect();
    assert_eq!(
        words,
        [
            ("iqn", "command-line", Verdict::Silent),
            ("iqn", "credential", Verdict::Silent),
            ("iqn", "pin", Verdict::Chosen),
            ("iqn", "firmware", Verdict::Silent),
            ("iqn", "derived", Verdict::Outranked(SourceKind::Pin)),
            ("nvme", "command-line", Verdict::Silent),
            ("nvme", "credential", Verdict::Silent),
            ("nvme", "pin", Verdict::Silent),
            ("nvme", "firmware", Verdict::Silent),
            ("nvme", "derived", Verdict::Chosen),
        ]
    );
}
