//! Reports of an invented fleet: `reports COUNT` writes COUNT reports as NDJSON, each as `sanid status --format
//! json` prints it, on one line. The same count gives the same reports.
//!
//! A part of the hosts has the faults of real fleets: clones in groups, names that an image brought, copied pins,
//! a different scheme, drift.

use std::io::{self, BufWriter, Write};

use sanid_core::{Derived, IqnPrefix, MachineId};

const USUAL: &str = "sanid-v1";

fn main() -> io::Result<()> {
    let argument = std::env::args().nth(1);
    let count: u64 = argument
        .and_then(|count| count.parse().ok())
        .unwrap_or(1000);
    let mut out = BufWriter::with_capacity(1 << 20, io::stdout().lock());
    for number in 0..count {
        report(&mut out, number)?;
    }
    out.flush()
}

/// Splitmix64: no clock, no randomness.
fn mixed(number: u64) -> u64 {
    let z = number.wrapping_add(1).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    let z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

fn failed(what: &str) -> io::Error {
    io::Error::other(what.to_owned())
}

fn machine_id(number: u64) -> io::Result<MachineId> {
    let digits = format!("{:016x}{:016x}", mixed(number), mixed(!number));
    MachineId::parse(&digits).map_err(|_| failed("no machine-id"))
}

fn derived(number: u64, scheme: &str) -> io::Result<Derived> {
    let scheme = sanid_core::scheme(scheme).ok_or_else(|| failed("no scheme"))?;
    let seed = machine_id(number)?;
    Ok(scheme.derive(&seed, &IqnPrefix::default()))
}

fn names(derived: &Derived) -> [String; 3] {
    let pair = &derived.nvme;
    [
        derived.iqn.to_string(),
        pair.host_nqn.to_string(),
        pair.host_id.to_string(),
    ]
}

/// Writes the report of one host.
pub(crate) fn report(out: &mut impl Write, number: u64) -> io::Result<()> {
    let kind = mixed(number ^ 0x5eed) % 10_000;
    let scheme = if (20..220).contains(&kind) {
        "nvme-cli-1"
    } else {
        USUAL
    };
    let source = if (220..420).contains(&kind) {
        "pin"
    } else {
        "derived"
    };
    // A clone is a copy of the first host of its row of racks.
    let original = if kind < 8 {
        number - number % 1000
    } else {
        number
    };
    let pinned = if (220..224).contains(&kind) {
        7
    } else {
        original
    };
    let [iqn, nqn, id] = names(&derived(pinned, scheme)?);
    let fingerprint = machine_id(original)?.fingerprint();
    let baked = (8..18).contains(&kind);
    let drifts = baked || (420..900).contains(&kind);
    let other = if baked {
        kind
    } else {
        number ^ (0xd41f7 << 32)
    };
    let disk = if drifts {
        names(&derived(other, USUAL)?)
    } else {
        [iqn.clone(), nqn.clone(), id.clone()]
    };
    let [used_iqn, used_name, used_id] = &disk;
    let place = match source {
        "pin" => "/etc/sanid/config.d/50-adopted.toml".to_owned(),
        _ => format!("scheme {scheme} from the machine-id"),
    };
    let (rack, slot, array) = (number / 40, number % 40, number % 16);
    let place = format!("{{\"source\":\"{source}\",\"place\":\"{place}\"}}");
    let file = |path: &str, value: &str| {
        format!(
            "{{\"path\":\"{path}\",\"state\":\"valid\",\"value\":\"{value}\",\"why\":null,\"via\":\"file\"}}"
        )
    };
    write!(
        out,
        "{{\"apiVersion\":\"sanid/v1\",\"kind\":\"Status\",\"host\":\"r{rack:05}-n{slot:02}.dc1.example.net\",\
         \"desired\":{{\"apiVersion\":\"sanid/v1\",\"kind\":\"Identity\",\"iqn\":\"{iqn}\",\"hostNqn\":\"{nqn}\",\"hostId\":\"{id}\",\
         \"scheme\":\"{scheme}\",\"provenance\":{{\"iqn\":{place},\"nvme\":{place}}}}},\
         \"seed\":{{\"name\":\"machine-id\",\"state\":\"stable\",\"fingerprint\":\"{fingerprint}\"}},\
         \"onDisk\":{{\"iqn\":{},\"hostNqn\":{},\"hostId\":{}}},",
        file("/etc/iscsi/initiatorname.iscsi", used_iqn),
        file("/etc/nvme/hostnqn", used_name),
        file("/etc/nvme/hostid", used_id),
    )?;
    write!(
        out,
        "\"live\":{{\"iscsi\":[{{\"name\":\"session1\",\"iqn\":\"{used_iqn}\",\"target\":\"iqn.2003-01.org.linux-iscsi.array{array}:vol\",\"state\":\"LOGGED_IN\"}}],\"iscsiHosts\":[],\
         \"nvme\":[{{\"name\":\"nvme1\",\"transport\":\"tcp\",\"hostNqn\":\"{used_name}\",\"hostId\":\"{used_id}\",\"subsystemNqn\":\"nqn.2014-08.com.example:array{array}\",\"state\":\"live\"}}]}},\
         \"hardware\":{{\"verdict\":\"same-host\",\"weight\":9,\"evidence\":[{{\"name\":\"firmware UUID\",\"compared\":\"same\"}},{{\"name\":\"board serial number\",\"compared\":\"same\"}},{{\"name\":\"MAC addresses\",\"compared\":\"same\"}},{{\"name\":\"root file system\",\"compared\":\"same\"}}]}},\
         \"findings\":["
    )?;
    if drifts {
        differs(out, "iqn", used_iqn, &iqn)?;
        out.write_all(b",")?;
        differs(
            out,
            "nvme",
            &format!("{used_name} {used_id}"),
            &format!("{nqn} {id}"),
        )?;
    } else if (900..960).contains(&kind) {
        out.write_all(b"{\"code\":\"file-mode\",\"severity\":\"danger\",\"part\":\"nvme\",\"seen\":\"/etc/nvme/hostnqn has mode 0600\",\"why\":\"os-brick overwrites what it may not read.\",\"fix\":[\"sanid apply\"]}")?;
    }
    out.write_all(b"]}\n")
}

fn differs(out: &mut impl Write, part: &str, disk: &str, desired: &str) -> io::Result<()> {
    write!(
        out,
        "{{\"code\":\"{part}-differs\",\"severity\":\"warning\",\"part\":\"{part}\",\"seen\":\"on disk: {disk}; desired: {desired}\",\
         \"why\":\"The host shows a different identity than the one that follows from its machine-id and configuration; after a reinstall it would change.\",\
         \"fix\":[\"sanid adopt   to make the one on disk the desired one\",\"sanid apply --replace   to change it, once the arrays know the new one\"]}}"
    )
}
