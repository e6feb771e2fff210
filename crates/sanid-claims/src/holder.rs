//! Who holds a claim, and whether two holders are one host.

use sanid_host::hardware::{Evidence, Match, Verdict, compare};
use serde::{Deserialize, Serialize};

/// A host as it shows itself: what people call it, and what tells its machine and its boot from others.
///
/// The digests of the hardware are keyed with the machine-id, so that those of a clone, which has the same
/// machine-id, can be compared, and those of any other host cannot.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Holder {
    /// The host name; it proves nothing.
    pub name: String,
    /// The fingerprint of the machine-id that the evidence is keyed with.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub seed: Option<String>,
    /// Digests of the hardware (docs/clones.md).
    #[serde(default)]
    pub evidence: Evidence,
    /// `/proc/sys/kernel/random/boot_id`: one for each boot of one kernel, and never the same again.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub boot_id: Option<String>,
    /// What somebody else vouches for: the cluster that it is a node of.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub node: Option<Node>,
}

/// One registration of a node: a cluster has no two of one name at a time.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Node {
    /// The name.
    pub name: String,
    /// Another one after the node was deleted and registered again.
    pub uid: String,
}

/// What a claimant is to the holder of a claim.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Likeness {
    /// The same boot of the same machine.
    SameBoot,
    /// The same machine, booted again or installed again.
    SameMachine,
    /// The same machine with other parts.
    PartsChanged,
    /// The same name, where neither has evidence: claims made from a list of hosts.
    SameName,
    /// The same registration of a node, where nothing of the hardware can be compared.
    SameNode,
    /// Another node of the cluster, whatever the hardware says: each has a registration of its own.
    OtherNode,
    /// Another machine with the same machine-id: a clone, or a disk that was moved.
    Clone,
    /// A boot that the claim has already left behind: two machines that look alike take turns.
    TwoMachines,
    /// An installation with another machine-id; the hardware cannot be compared.
    OtherInstallation,
    /// Nothing tells.
    Unknown,
}

impl Likeness {
    /// Whether the claimant is the holder, and so may have the claim.
    pub fn is_holder(self) -> bool {
        matches!(
            self,
            Self::SameBoot
                | Self::SameMachine
                | Self::PartsChanged
                | Self::SameName
                | Self::SameNode
        )
    }

    /// The word in reports: API.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::SameBoot => "same-boot",
            Self::SameMachine => "same-machine",
            Self::PartsChanged => "parts-changed",
            Self::SameName => "same-name",
            Self::SameNode => "same-node",
            Self::OtherNode => "other-node",
            Self::Clone => "clone",
            Self::TwoMachines => "two-machines",
            Self::OtherInstallation => "other-installation",
            Self::Unknown => "unknown",
        }
    }

    /// What it means, for people.
    pub fn words(self) -> &'static str {
        match self {
            Self::SameBoot => "it is this boot of this host",
            Self::SameMachine => "it is this machine",
            Self::PartsChanged => "it is this machine with other parts",
            Self::SameName => "it goes by the same name, and there is no hardware to compare",
            Self::SameNode => "it is this node of the cluster, and there is no hardware to compare",
            Self::OtherNode => "it is another node of the cluster",
            Self::Clone => {
                "it has the same machine-id and other hardware: one of the two is a clone, or its disk was moved"
            }
            Self::TwoMachines => {
                "the claim has already gone from this boot to another one: two machines with the same hardware evidence use one identity"
            }
            Self::OtherInstallation => {
                "it has another machine-id: another host with the same names, or this one after a reinstallation that kept only the names"
            }
            Self::Unknown => {
                "nothing tells whether it is this host: there is no hardware evidence to compare"
            }
        }
    }
}

impl Holder {
    /// What `claimant` is to this holder, whose claim has left these boots behind.
    pub fn likeness(&self, left: &[String], claimant: &Self) -> Likeness {
        let came_back = claimant
            .boot_id
            .as_ref()
            .is_some_and(|boot| left.contains(boot));
        if came_back {
            return Likeness::TwoMachines;
        }
        let nodes = self.node.as_ref().zip(claimant.node.as_ref());
        if nodes.is_some_and(|(one, other)| one.name != other.name) {
            return Likeness::OtherNode;
        }
        let nothing_compares = |otherwise| match nodes {
            Some((one, other)) if one.uid == other.uid => Likeness::SameNode,
            _ => otherwise,
        };
        if self.seed != claimant.seed {
            return nothing_compares(Likeness::OtherInstallation);
        }
        let same_boot = self.boot_id.is_some() && self.boot_id == claimant.boot_id;
        match compare(&self.evidence, &claimant.evidence).verdict() {
            Verdict::CloneSuspected => Likeness::Clone,
            _ if same_boot => Likeness::SameBoot,
            Verdict::Unknown if self.is_declared() && claimant.is_declared() => {
                if self.name == claimant.name {
                    Likeness::SameName
                } else {
                    Likeness::Unknown
                }
            }
            Verdict::Unknown => nothing_compares(Likeness::Unknown),
            // The root file system alone is what a copied disk has, too.
            Verdict::SameHost | Verdict::PartsChanged if !self.machine_agrees(claimant) => {
                nothing_compares(Likeness::Unknown)
            }
            Verdict::SameHost => Likeness::SameMachine,
            Verdict::PartsChanged => Likeness::PartsChanged,
        }
    }

    /// Whether nothing but a name is known: it comes from a list and not from the host.
    fn is_declared(&self) -> bool {
        self.boot_id.is_none() && self.evidence == Evidence::default()
    }

    /// Whether something of the machine itself is the same.
    fn machine_agrees(&self, other: &Self) -> bool {
        let compared = compare(&self.evidence, &other.evidence);
        [compared.firmware_uuid, compared.board_serial, compared.macs].contains(&Match::Same)
    }

    /// This claimant with what it could not see now and the holder had seen: early in a boot the drivers of
    /// network cards are still to come.
    #[must_use]
    pub fn completed(&self, recorded: &Self) -> Self {
        let mut whole = self.clone();
        let (new, old) = (&mut whole.evidence, &recorded.evidence);
        for (new, old) in [
            (&mut new.firmware_uuid, &old.firmware_uuid),
            (&mut new.board_serial, &old.board_serial),
            (&mut new.root_fs, &old.root_fs),
        ] {
            if new.is_none() {
                new.clone_from(old);
            }
        }
        if new.macs.is_empty() {
            new.macs.clone_from(&old.macs);
        }
        whole
    }
}
