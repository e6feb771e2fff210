//! tgt's targets.conf; a difference is commands for the running tgtd.
//!
//! tgtd lets in who comes from an address of its list *or* has a name of it, compared byte for byte. tgt-admin
//! adds the address `ALL` to a target whose file has none, names or not, so an export has an address that
//! nobody comes from. (Seen with tgt 1.0.85.) Source: tgt-admin(8), targets.conf(5).

use std::borrow::Cow;
use std::io::Write;

use super::tgt_lists::{self, NOBODY};
use super::tgtadm::Tgtadm;
use super::{
    Choice, Format, Member, Plan, Present, Protocol, Scope, TargetError, plain_iscsi, target,
};

/// A `<target>` of targets.conf.
pub(super) struct Tgt;

const NAME: &str = "tgt";

impl Format for Tgt {
    fn name(&self) -> &'static str {
        NAME
    }

    fn about(&self) -> &'static str {
        "tgt: a <target> of targets.conf (reads tgt-admin --dump, targets.conf, tgtadm --op show)"
    }

    fn loading(&self) -> &'static str {
        "is one <target> without its backing store: put its lines into the <target> that is in /etc/tgt already, since tgt-admin does not join two of one name"
    }

    fn removal(&self) -> &'static str {
        Tgtadm.removal()
    }

    fn protocol(&self) -> Protocol {
        Protocol::Iscsi
    }

    fn takes(&self) -> &'static [Choice] {
        &[Choice::Target]
    }

    fn object(&self, scope: &Scope) -> Result<Option<String>, TargetError> {
        target(scope, NAME).map(|name| Some(name.to_owned()))
    }

    fn admissible(&self, name: &str, _host: Option<&str>) -> Result<(), String> {
        plain_iscsi(name)
    }

    fn key<'n>(&self, name: &'n str) -> Cow<'n, str> {
        Cow::Borrowed(name)
    }

    fn export(
        &self,
        members: &[Member<'_>],
        scope: &Scope,
        out: &mut dyn Write,
    ) -> Result<(), TargetError> {
        writeln!(
            out,
            "# The initiators that tgt admits to one target. Made by sanid-fleet."
        )?;
        writeln!(out, "<target {}>", target(scope, NAME)?)?;
        for member in members {
            writeln!(out, "    initiator-name {}", member.name)?;
        }
        writeln!(
            out,
            "    # Nobody comes from it; without any address tgt-admin lets all of them in."
        )?;
        writeln!(out, "    initiator-address {NOBODY}")?;
        writeln!(out, "</target>")?;
        Ok(())
    }

    fn read(&self, text: &str) -> Result<Present, TargetError> {
        tgt_lists::read(text, NAME)
    }

    fn change(
        &self,
        plan: &Plan<'_>,
        scope: &Scope,
        out: &mut dyn Write,
    ) -> Result<(), TargetError> {
        Tgtadm.change(plan, scope, out)
    }
}
