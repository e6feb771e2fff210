//! Files that the real tools wrote: targetcli 2.1.53 with rtslib 2.1.75 on Linux 6.1, tgt-admin 1.0.85,
//! and a listing of nvmet's configfs.

use sanid_fleet::targets::{self, Kind, Present};

use super::support::real;

fn entries(format: &str, file: &str) -> Vec<(String, String, Kind)> {
    let present: Present = targets::format(format).unwrap().read(&real(file)).unwrap();
    let mut entries: Vec<_> = present
        .entries
        .into_iter()
        .map(|entry| (entry.object, entry.name, entry.kind))
        .collect();
    entries.sort_by(|one, other| (&one.0, &one.1).cmp(&(&other.0, &other.1)));
    entries
}

fn expected(rows: &[(&str, &str, Kind)]) -> Vec<(String, String, Kind)> {
    rows.iter()
        .map(|(object, name, kind)| ((*object).to_owned(), (*name).to_owned(), *kind))
        .collect()
}
