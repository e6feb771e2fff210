//! A new machine-id and, with it, a new identity, as one change.
//!
//! The note in the record comes first and names both identities; then the machine-id takes its place with one
//! rename; then the files. Killed before the rename, everything is as it was; killed after it, the next
//! `apply` finds the note and completes the change. There is no moment without a machine-id, which systemd's
//! own tool would leave: it makes one only where there is none, and in a virtual machine it takes the UUID of
//! the firmware, which a clone may share with its template (systemd-machine-id-setup(1)).

use rustix::rand::{GetRandomFlags, getrandom};
use sanid_core::{HostUuid, MachineId};

use super::{ActError, Lock, Receipt, Recorded, Step, act_after, dir, note, noted, restore_record};
use crate::facts::{Facts, MachineIdState};
use crate::plan::Plan;
use crate::root::{Root, describe};

/// The file of systemd, and the one that D-Bus had before there was that.
const DIRECTORY: &str = "etc";
const DBUS: &str = "var/lib/dbus";
pub(super) const NAME: &str = "machine-id";
/// Directories where this change may leave a temporary file.
pub(super) const DIRECTORIES: [&str; 2] = [DIRECTORY, DBUS];

/// A machine-id that no host has yet: 122 random bits of the kernel, marked as a version 4 UUID as
/// machine-id(5) asks for. As confidential as any.
pub struct NewMachineId([u8; 16]);

impl NewMachineId {
    /// Makes one; waits until the kernel's generator is seeded.
    ///
    /// # Errors
    /// A sentence, where the kernel has no generator to ask.
    pub fn generate() -> Result<Self, String> {
        let mut bytes = [0; 16];
        let mut filled = 0;
        while let Some(rest) = bytes.get_mut(filled..).filter(|rest| !rest.is_empty()) {
            match getrandom(rest, GetRandomFlags::empty()) {
                Ok(count) => filled += count,
                Err(rustix::io::Errno::INTR) => {}
                Err(errno) => {
                    return Err(format!(
                        "the kernel gives no random bytes: {}; nothing was changed",
                        describe(errno)
                    ));
                }
            }
        }
        let [.., version, _, variant, _, _, _, _, _, _, _] = &mut bytes;
        *version = *version & 0x0f | 0x40;
        *variant = *variant & 0x3f | 0x80;
        Ok(Self(bytes))
    }

    /// The content of the file.
    fn line(&self) -> String {
        HostUuid::from_bytes(self.0).simple().to_string() + "\n"
    }

    fn is_in_place(&self, root: &Root) -> bool {
        let found = root.read("etc/machine-id", 64);
        found.is_ok_and(|file| file.is_some_and(|file| file.bytes == self.line().as_bytes()))
    }

    /// The state of a host that has it.
    pub fn state(&self) -> MachineIdState {
        MachineIdState::Stable(MachineId::from_bytes(self.0))
    }
}

/// Gives the host the new machine-id, and carries out the plan that was made from facts with it.
///
/// # Errors
/// [`ActError`]. Where it comes before the rename the old state is whole; [`ActError::Reseeded`] after it.
pub(crate) fn reseed(
    root: &Root,
    lock: &Lock,
    facts: &Facts,
    plan: &Plan,
    new: &NewMachineId,
) -> Result<Receipt, ActError> {
    let before = Recorded::of(facts);
    note(root, before, plan)?;
    if let Err(error) = replace(root, new) {
        // Even after a failed fsync the file may be in place.
        if new.is_in_place(root) {
            return Err(ActError::Reseeded(error.brief()));
        }
        restore_record(root, before, plan);
        return Err(error);
    }
    // After this point a failure leaves the note in the record, and the next `apply` continues.
    let noted = noted(before, plan);
    let before = Recorded {
        record: Some(&noted),
        in_run: plan.record_in_run,
    };
    act_after(root, lock, facts, before, plan).map_err(|error| ActError::Reseeded(error.brief()))
}

fn replace(root: &Root, new: &NewMachineId) -> Result<(), ActError> {
    // From here on the two cannot differ, whenever this is stopped.
    link_dbus(root)?;
    dir::replace(root, DIRECTORY, NAME, 0o444, new.line().as_bytes())
}

/// A copy of D-Bus becomes a link to the file of systemd, as systemd's tmpfiles.d makes it (dbus.conf).
fn link_dbus(root: &Root) -> Result<(), ActError> {
    const PATH: &str = "var/lib/dbus/machine-id";
    let step = Step {
        root,
        what: "install",
        path: PATH,
    };
    if root.link_target(PATH).is_some() || !root.exists(PATH).unwrap_or(false) {
        return Ok(());
    }
    let made = root.open_dir(DBUS).and_then(|dir| {
        let temporary = dir::temporary(NAME);
        dir::unlink(&dir, &temporary)?;
        rustix::fs::symlinkat("/etc/machine-id", &dir, temporary.as_str())?;
        let renamed = rustix::fs::renameat(&dir, temporary.as_str(), &dir, NAME);
        if renamed.is_err() {
            let _ = dir::unlink(&dir, &temporary);
        }
        renamed?;
        rustix::fs::fsync(&dir)
    });
    made.map_err(|errno| step.failed(errno))
}
