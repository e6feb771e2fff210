use super::*;
use crate::testing::{ID, IQN, NQN, facts};

fn root(volatile_run: bool) -> RootFacts {
    RootFacts {
        path: "/".into(),
        running_host: true,
        volatile_run,
    }
}

#[test]
fn the_way_is_the_one_asked_for_else_configured_else_what_the_directory_allows() {
    let writable = PlaceFacts {
        exists: true,
        ..PlaceFacts::default()
    };
    let read_only = PlaceFacts {
        read_only: true,
        ..writable.clone()
    };
    let mounted = PlaceFacts {
        mounted: Mounted::Files(vec![IdentityFile::HostId]),
        ..writable.clone()
    };
    let taken_away = PlaceFacts {
        content: true,
        ..writable.clone()
    };
    #[allow(clippy::type_complexity, reason = "a table")]
    let table: &[(&PlaceFacts, Option<Via>, Placement, bool, Option<Via>)] = &[
        (&writable, None, Placement::Auto, true, Some(Via::File)),
        (&read_only, None, Placement::Auto, true, Some(Via::Bind)),
        (&read_only, None, Placement::Auto, false, Some(Via::File)),
        (&mounted, None, Placement::Auto, true, Some(Via::Bind)),
        (&taken_away, None, Placement::Auto, true, Some(Via::Bind)),
        (&mounted, None, Placement::File, true, Some(Via::File)),
        (&writable, None, Placement::Bind, true, Some(Via::Bind)),
        (&writable, None, Placement::Bind, false, None),
        (
            &writable,
            Some(Via::Bind),
            Placement::File,
            true,
            Some(Via::Bind),
        ),
        (&writable, Some(Via::Bind), Placement::File, false, None),
        (
            &read_only,
            Some(Via::File),
            Placement::Bind,
            true,
            Some(Via::File),
        ),
    ];
    for (place, asked, setting, volatile, expected) in table {
        let way = decide(place, *asked, *setting, &root(*volatile));
        assert_eq!(
            way.ok(),
            *expected,
            "{place:?} {asked:?} {setting:?} {volatile}"
        );
    }
}

#[test]
fn the_form_follows_from_what_is_there_to_mount_over() {
    let there = facts().on_disk(IQN, NQN, ID).disk;
    let half = facts().file(IdentityFile::HostNqn, NQN).disk;
    let place = |exists, read_only| PlaceFacts {
        exists,
        read_only,
        ..PlaceFacts::default()
    };
    let table = [
        (place(true, false), &half, Form::Files),
        (place(false, false), &half, Form::Files),
        (place(true, true), &there, Form::Files),
        (place(true, true), &half, Form::Directory),
        (place(false, true), &half, Form::Impossible),
    ];
    for (place, disk, expected) in table {
        assert_eq!(form(Part::Nvme, &place, disk), expected, "{place:?}");
    }
}
