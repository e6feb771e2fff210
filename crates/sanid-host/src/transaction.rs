//! One change of a host, from the lock to the comparison at its end:
//!
//! ```text
//! lock → observe → decide → act → publish → verify
//! ```
//!
//! Every command that writes is a [`Change`]: it says what to observe, decides, and names the [`Step`]s that
//! follow. The sequence, and the rules that hold for all of them, are here.

use crate::act::{self, ActError, Lock, NewMachineId, Receipt};
use crate::config::ConfigError;
use crate::facts::Facts;
use crate::hardware::HardwareRecord;
use crate::plan::Plan;
use crate::resolve::Part;
use crate::root::Root;
use crate::unique::ConfirmedBy;

/// Whether anything may be written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// Decides, and writes nothing.
    DryRun,
    /// Decides, and carries it out.
    Write,
}

impl Mode {
    /// The mode of a command with this value of `--dry-run`.
    pub fn of_dry_run(dry_run: bool) -> Self {
        if dry_run { Self::DryRun } else { Self::Write }
    }
}

/// When a host is observed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Moment {
    /// Before the lock: is there anything to do?
    Before,
    /// Under the lock: a second sanid may have changed the host since.
    Locked,
}

/// A plan for a transaction.
pub trait Change {
    /// What is observed.
    type Seen;
    /// What is decided.
    type Decision;
    /// Why it is not done.
    type Error: From<ConfigError> + From<ActError>;

    /// Observes the host.
    ///
    /// # Errors
    /// A configuration that cannot be read or understood.
    fn observe(&self, root: &Root, moment: Moment) -> Result<Self::Seen, Self::Error>;

    /// The host as it is, for the rules that hold for every change.
    fn facts(seen: &Self::Seen) -> &Facts;

    /// Decides what to do, from what was observed alone.
    ///
    /// # Errors
    /// Why it may not or cannot be done.
    fn decide(&self, seen: Self::Seen) -> Result<Self::Decision, Self::Error>;

    /// What the decision writes, in order; empty where there is nothing to do or nothing may be done.
    fn steps<'d>(&'d self, decision: &'d Self::Decision) -> Vec<Step<'d>>;

    /// What other programs are to find in `/run` afterwards; `None` where they have it already.
    fn publishes(&self, _decision: &Self::Decision) -> Option<Vec<u8>> {
        None
    }

    /// Compares the host with the decision once it is carried out. Names need no second look: their step reads
    /// them back while it can still put the old ones in place again.
    ///
    /// # Errors
    /// What is not as decided.
    fn verify(&self, _root: &Root, _decision: &Self::Decision) -> Result<(), Self::Error> {
        Ok(())
    }
}

/// One thing that a change writes.
#[derive(Clone, Copy)]
pub enum Step<'d> {
    /// The names of the plan, which was made from these facts.
    Names(&'d Facts, &'d Plan),
    /// A new machine-id, and the names of the plan that was made from facts with it.
    MachineId(&'d Facts, &'d Plan, &'d NewMachineId),
    /// A fragment of the configuration: its file name and its text.
    Fragment(&'static str, &'d str),
    /// The note that no other host has these names.
    Unique(&'d Facts, &'d [(Part, Vec<String>)], ConfirmedBy),
    /// The hardware that this installation is on.
    Hardware(&'d HardwareRecord),
}

/// How a transaction ended.
#[derive(Debug)]
pub struct Done<D> {
    /// The last decision: the one under the lock where one was made there.
    pub decision: D,
    /// What was done; `None` where nothing was.
    pub receipt: Option<Receipt>,
}

/// A change of one host.
#[derive(Debug, Clone, Copy)]
pub struct Transaction<'r> {
    root: &'r Root,
    mode: Mode,
}

impl<'r> Transaction<'r> {
    /// Of this host.
    pub fn new(root: &'r Root, mode: Mode) -> Self {
        Self { root, mode }
    }

    /// Observes and decides without the lock: what would be done.
    ///
    /// # Errors
    /// Those of the change, and [`ActError::SourceNotRead`].
    pub fn propose<C: Change>(&self, change: &C) -> Result<C::Decision, C::Error> {
        let seen = change.observe(self.root, Moment::Before)?;
        self.decide(change, seen)
    }

    /// Carries a proposal out, unless this is a dry run or there is nothing to do. Under the lock the host is
    /// observed and everything decided again.
    ///
    /// # Errors
    /// Those of the change, and [`ActError`].
    pub fn carry_out<C: Change>(
        &self,
        change: &C,
        proposal: C::Decision,
    ) -> Result<Done<C::Decision>, C::Error> {
        if self.mode == Mode::DryRun || is_settled(change, &proposal) {
            return Ok(nothing(proposal));
        }
        let lock = act::lock(self.root)?;
        let seen = self.uncovered(change, &lock)?;
        let decision = self.decide(change, seen)?;
        if is_settled(change, &decision) {
            return Ok(nothing(decision));
        }
        let receipt = self.act(change, &lock, &decision)?;
        change.verify(self.root, &decision)?;
        Ok(Done {
            decision,
            receipt: Some(receipt),
        })
    }

    /// Observes the host below what a killed run left over it.
    fn uncovered<C: Change>(&self, change: &C, lock: &Lock) -> Result<C::Seen, C::Error> {
        let mut seen = change.observe(self.root, Moment::Locked)?;
        for _ in 0..act::COVERS {
            if !C::facts(&seen).places.is_covered() {
                break;
            }
            act::uncover(self.root, lock, C::facts(&seen))?;
            seen = change.observe(self.root, Moment::Locked)?;
        }
        Ok(seen)
    }

    /// Writes nothing while a source of names could not be read: it may give different names.
    fn decide<C: Change>(&self, change: &C, seen: C::Seen) -> Result<C::Decision, C::Error> {
        match &C::facts(&seen).credentials.unseen {
            Some(error) if self.mode == Mode::Write => {
                Err(ActError::SourceNotRead(error.to_string()).into())
            }
            _ => change.decide(seen),
        }
    }

    fn act<C: Change>(
        &self,
        change: &C,
        lock: &Lock,
        decision: &C::Decision,
    ) -> Result<Receipt, ActError> {
        let mut receipt = Receipt::default();
        let steps = change.steps(decision);
        for step in &steps {
            match *step {
                Step::Names(facts, plan) => receipt = act::act(self.root, lock, facts, plan)?,
                Step::MachineId(facts, plan, new) => {
                    receipt = act::reseed(self.root, lock, facts, plan, new)?;
                }
                Step::Fragment(name, text) => act::write_config(self.root, lock, name, text)?,
                Step::Unique(facts, names, by) => {
                    act::confirm_unique(self.root, lock, facts, names, by)?;
                }
                Step::Hardware(record) => act::record_hardware(self.root, lock, record)?,
            }
        }
        if let Some(bytes) = change.publishes(decision) {
            match act::publish(self.root, lock, &bytes) {
                Ok(()) => {}
                Err(error) if steps.is_empty() => return Err(error),
                // The names are in place all the same; the next run publishes them.
                Err(error) => receipt.not_published = Some(error.brief()),
            }
        }
        Ok(receipt)
    }
}

fn is_settled<C: Change>(change: &C, decision: &C::Decision) -> bool {
    change.steps(decision).is_empty() && change.publishes(decision).is_none()
}

fn nothing<D>(decision: D) -> Done<D> {
    Done {
        decision,
        receipt: None,
    }
}

#[cfg(test)]
mod tests;
