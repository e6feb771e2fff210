//! SCST's scst.conf; a difference is commands.

use std::io::Write;

use super::scst_conf::{self, escape, group, object};
use super::scstadmin::Scstadmin;
use super::{
    Choice, Format, Member, Plan, Present, Protocol, Scope, TargetError, plain_iscsi, target,
};

/// A group of scst.conf.
pub(super) struct Scst;

const NAME: &str = "scst";

impl Format for Scst {
    fn name(&self) -> &'static str {
        NAME
    }

    fn about(&self) -> &'static str {
        "SCST: a group of scst.conf (reads scst.conf)"
    }

    fn loading(&self) -> &'static str {
        "is one group without its LUNs: put its lines into /etc/scst.conf, since scstadmin -config takes away what its file does not have"
    }

    fn removal(&self) -> &'static str {
        Scstadmin.removal()
    }

    fn protocol(&self) -> Protocol {
        Protocol::Iscsi
    }

    fn takes(&self) -> &'static [Choice] {
        &[Choice::Target, Choice::Group]
    }

    fn object(&self, scope: &Scope) -> Result<Option<String>, TargetError> {
        object(scope, NAME).map(Some)
    }

    fn within(&self, scope: &Scope, present: &Present) -> Result<Option<Vec<String>>, TargetError> {
        scst_conf::within(scope, NAME, present)
    }

    fn admissible(&self, name: &str, _host: Option<&str>) -> Result<(), String> {
        plain_iscsi(name)
    }

    fn export(
        &self,
        members: &[Member<'_>],
        scope: &Scope,
        out: &mut dyn Write,
    ) -> Result<(), TargetError> {
        writeln!(
            out,
            "# The initiators of one group of SCST. Made by sanid-fleet."
        )?;
        writeln!(out, "TARGET_DRIVER iscsi {{")?;
        writeln!(out, "\tTARGET {} {{", escape(target(scope, NAME)?))?;
        writeln!(out, "\t\tGROUP {} {{", escape(group(scope, NAME)?))?;
        for member in members {
            writeln!(out, "\t\t\tINITIATOR {}", escape(&member.name))?;
        }
        writeln!(out, "\t\t}}\n\t}}\n}}")?;
        Ok(())
    }

    fn read(&self, text: &str) -> Result<Present, TargetError> {
        scst_conf::read(text, NAME)
    }

    fn change(
        &self,
        plan: &Plan<'_>,
        scope: &Scope,
        out: &mut dyn Write,
    ) -> Result<(), TargetError> {
        Scstadmin.change(plan, scope, out)
    }
}
