//! Names on disk that follow from this host's own seeds: by the rule of a scheme that is not the configured one, or
//! with the seed itself in them.

use sanid_core::{Derived, HostUuid, SCHEMES, Seed, Takes};

use crate::config::Origin;
use crate::config::seed::MACHINE_ID;
use crate::facts::{Facts, RootFacts};
use crate::file::IdentityFile;
use crate::observed::Observed;
use crate::part::{Part, files, part_of};
use crate::resolve::{Resolution, SourceKind, derived};

/// Every name that sanid derived for this host: from the present seed, or from an earlier one by its own record.
///
/// # Examples
/// ```
/// let dir = tempfile::tempdir().unwrap();
/// std::fs::create_dir(dir.path().join("etc")).unwrap();
/// std::fs::write(dir.path().join("etc/machine-id"), "3d1219c7c4c5404aaa1f6d2a48adfda4\n").unwrap();
/// let root = sanid_host::Root::open(dir.path()).unwrap();
///
/// let facts = sanid_host::observe(&root, &sanid_host::Look::default()).unwrap();
/// let names = sanid_host::derived_names(&facts);
/// assert_eq!(names[2], "652f5d50-a689-4520-b87b-fe2552ef6b8b");
/// ```
pub fn derived_names(facts: &Facts) -> Vec<String> {
    let resolution = crate::resolve::resolve(facts);
    let mut names = Vec::new();
    for part in Part::ALL {
        let derived = SourceKind::Derived;
        let is_derived = matches!(resolution.origin(part), Ok((source, _)) if source == derived);
        let recorded = facts.record.of(part);
        let recorded = recorded.filter(|one| one.origin.source == derived.as_str());
        for file in files(part) {
            names.extend(resolution.value(*file).filter(|_| is_derived));
            names.extend(
                recorded
                    .and_then(|one| one.names.of(*file))
                    .map(str::to_owned),
            );
        }
    }
    names
}

/// The scheme that the names of a part on disk are made by, where configuring it would keep them.
pub(crate) fn scheme_of(
    facts: &Facts,
    resolution: &Resolution,
    part: Part,
) -> Option<&'static str> {
    let settings = &facts.settings;
    let is_derived = |part: Part| matches!(resolution.origin(part), Ok((SourceKind::Derived, _)));
    if !is_derived(part) || settings.seed.origin != Origin::Default {
        return None;
    }
    let as_desired = |part: Part| {
        let mut files = files(part).iter();
        files.all(|file| facts.disk.effective_text(*file) == resolution.value(*file))
    };
    let fits = |made: &Made| {
        // A name that the scheme takes over from a different one is not evidence of it.
        let is_sign =
            made.is_own(part) || Part::ALL.into_iter().all(|part| made.keeps(facts, part));
        let mut parts = Part::ALL.into_iter();
        is_sign
            && made.keeps(facts, part)
            && parts.all(|part| !is_derived(part) || !as_desired(part) || made.keeps(facts, part))
    };
    let others = SCHEMES.iter().map(|scheme| scheme.name());
    let mut others = others.filter(|name| *name != resolution.scheme);
    others.find(|name| Made::by(facts, name).is_some_and(|made| fits(&made)))
}

/// The names that a scheme gives this host.
struct Made {
    scheme: &'static str,
    derived: Derived,
    /// The parts that a setting, such as a template, makes in its place.
    left_out: Vec<Part>,
}

impl Made {
    fn by(facts: &Facts, name: &str) -> Option<Self> {
        let scheme = sanid_core::scheme(name)?;
        let machine_id = machine_id(facts);
        let firmware = match &facts.firmware_seeds {
            Observed::Saw(seeds) => Some(seeds),
            Observed::NotLooked | Observed::Failed(_) => None,
        };
        let seed = match scheme.takes() {
            Takes::Any | Takes::MachineId => machine_id?,
            Takes::SystemUuid => firmware?.nvme_cli_2.as_ref()?,
            Takes::SystemUuidOrMachineId => firmware?.nvme_cli_3.as_ref().or(machine_id)?,
            // Its answer would have to be asked for.
            Takes::NvmeTool => return None,
        };
        let derived = scheme.derive(seed, &facts.settings.iqn_prefix.value);
        let is_left_out =
            |part: &Part| !matches!(part.kind().by_setting(facts, &derived, ""), Ok(None));
        Some(Self {
            scheme: scheme.name(),
            left_out: Part::ALL.into_iter().filter(is_left_out).collect(),
            derived,
        })
    }

    fn is_own(&self, part: Part) -> bool {
        part.kind().derived_by(&self.derived) == self.scheme
    }

    /// Whether the scheme would give the names of a part that are on disk.
    fn keeps(&self, facts: &Facts, part: Part) -> bool {
        let is_kept = |file: &IdentityFile| {
            let on_disk = facts.disk.effective_text(*file);
            let may_lack = part.kind().may_lack(*file) && on_disk.is_none();
            may_lack || (on_disk.is_some() && on_disk == self.value(*file))
        };
        files(part).iter().all(is_kept)
    }

    fn value(&self, file: IdentityFile) -> Option<String> {
        let is_left_out = self.left_out.contains(&part_of(file));
        (!is_left_out).then(|| file.value(&self.derived))
    }
}

fn machine_id(facts: &Facts) -> Option<&Seed> {
    let id: &Seed = facts.machine_id.seed()?;
    Some(id)
}

/// The command that configures a scheme.
pub(crate) fn set_scheme(root: &RootFacts, scheme: &str) -> String {
    let below = if root.running_host {
        ""
    } else {
        root.path.trim_end_matches('/')
    };
    let directory = format!("{below}/etc/sanid/config.d");
    format!("mkdir -p {directory} && echo 'scheme = \"{scheme}\"' >{directory}/60-scheme.toml")
}

/// The files of a part with a name in which the machine-id can be read, or the seed that names are derived from in
/// its place.
pub(crate) fn publishing(facts: &Facts, part: Part) -> Vec<IdentityFile> {
    let is_public = |file: &IdentityFile| {
        let names = facts.disk.names_in_use(*file);
        names.iter().any(|name| shows_seed(facts, name))
    };
    files(part).iter().copied().filter(is_public).collect()
}

fn shows_seed(facts: &Facts, name: &str) -> bool {
    let uuids = uuids(name);
    let machine_id = machine_id(facts);
    let talos = sanid_core::scheme("talos");
    let half = machine_id.and_then(|id| {
        let derived = talos?.derive(id, &facts.settings.iqn_prefix.value);
        Some(derived.host_uuid)
    });
    // A scheme that takes nothing but the firmware's UUID publishes it by design, and says so.
    let chosen = derived::seed(facts).ok().filter(|chosen| {
        chosen.name != MACHINE_ID && facts.settings.scheme.value.takes() == Takes::Any
    });
    let seeds = machine_id
        .into_iter()
        .chain(chosen.map(|chosen| chosen.seed));
    let in_plain = |seed: &Seed| seed.is_one_of(&uuids);
    half.is_some_and(|half| uuids.contains(&half)) || seeds.into_iter().any(in_plain)
}

/// Each run of 32 hexadecimal digits in a name, whatever hyphens are in it.
fn uuids(name: &str) -> Vec<HostUuid> {
    let runs = name.split(|char: char| !char.is_ascii_hexdigit() && char != '-');
    runs.flat_map(|run| {
        let digits: Vec<char> = run.chars().filter(|char| *char != '-').collect();
        let windows = digits.windows(32);
        let parsed =
            windows.map(|digits| HostUuid::parse_simple(&digits.iter().collect::<String>()));
        parsed.flatten().collect::<Vec<_>>()
    })
    .collect()
}
