//! openssl, with which docs/schemes.md recomputes a name whose seed is not the machine-id.

use libtest_mimic::Trial;

use super::private::Private;
use super::systemd;
use testkit::trial::{Need, UNSHARE, trial};

const NEEDS: &[Need] = &[Need::Root, UNSHARE, Need::Program("openssl", "openssl")];
const PAGE: &str = include_str!("../../../../docs/schemes.md");
/// The seed of the page's example.
const SEED: &str = "4c4c4544005136108052b4c04f303132";

pub(crate) fn trials() -> Vec<Trial> {
    vec![trial(
        "openssl_recomputes_sanid_v1_by_the_command_of_the_page",
        NEEDS,
        || {
            let (_, block) = PAGE.split_once("```sh\n").unwrap();
            let (command, after) = block.split_once("```").unwrap();
            let mut seeds = systemd::machine_ids(50);
            seeds.push(SEED.to_owned());
            let commands: String = seeds
                .iter()
                .map(|seed| command.replace(SEED, seed))
                .collect();
            let ran = Private::default().run(&commands, &[], "").expect(0);
            let answers: Vec<&str> = ran
                .stdout
                .lines()
                .map(|line| line.rsplit(' ').next().unwrap())
                .collect();
            let derived = systemd::derive("sanid-v1", &seeds);
            assert_eq!(answers.len(), derived.len());
            for ([_, _, host_id], answer) in derived.iter().zip(&answers) {
                assert_eq!(*host_id, marked(answer));
            }
            let last = answers.last().unwrap();
            assert!(after.contains(&format!("`{}…`", &last[..32])), "{last}");
        },
    )]
}

/// The rest of the recipe: 32 digits, of which the 13th becomes 4 and the 17th 8, 9, a or b.
fn marked(answer: &str) -> String {
    let variant = u8::from_str_radix(&answer[16..17], 16);
    let variant = ["8", "9", "a", "b"][usize::from(variant.unwrap() % 4)];
    format!(
        "{}-{}-4{}-{variant}{}-{}",
        &answer[..8],
        &answer[8..12],
        &answer[13..16],
        &answer[17..20],
        &answer[20..32]
    )
}
