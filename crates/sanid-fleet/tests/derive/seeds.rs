//! The table of seeds that `sanid` runs through the commands of a host, as an inventory.

use serde::Deserialize;

use crate::derive;

#[derive(Debug, Deserialize)]
struct Case {
    scheme: String,
    machine_id: Option<String>,
    system_uuid: Option<String>,
    iqn: Option<String>,
    host_nqn: Option<String>,
    host_id: Option<String>,
}

#[test]
fn an_inventory_gives_the_names_that_each_host_derives() {
    let table = include_str!("../../../sanid-core/tests/vectors/seeds.json");
    let cases: Vec<Case> = serde_json::from_str(table).unwrap();
    for case in &cases {
        let inventory = format!(
            "host,machine_id,system_uuid,scheme\nn1,{},{},{}\n",
            case.machine_id.as_deref().unwrap_or_default(),
            case.system_uuid.as_deref().unwrap_or_default(),
            case.scheme
        );
        let ran = derive(&[], &[], inventory.as_bytes());
        let names = [&case.iqn, &case.host_nqn, &case.host_id];
        let expected = match names {
            [Some(iqn), Some(nqn), Some(id)] => format!("n1,{iqn},{nqn},{id}\n"),
            _ => String::new(),
        };
        let derived = ran.stdout.split_once('\n').map(|(_, rows)| rows);
        assert_eq!(derived.unwrap_or_default(), expected, "{case:?}\n{ran:?}");
    }
}
