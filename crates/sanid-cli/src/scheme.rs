//! The names of schemes, for completions.

use std::ffi::OsStr;

use clap::builder::{PossibleValue, StringValueParser, TypedValueParser};
use sanid_core::{SCHEMES, Takes};

/// A value that is to be a scheme. Every text is accepted, since the command itself answers which schemes there are;
/// the shells complete those that derive names from an id alone.
#[derive(Debug, Clone, Copy)]
pub struct SchemeParser;

impl TypedValueParser for SchemeParser {
    type Value = String;

    fn parse_ref(
        &self,
        command: &clap::Command,
        argument: Option<&clap::Arg>,
        value: &OsStr,
    ) -> Result<String, clap::Error> {
        StringValueParser::new().parse_ref(command, argument, value)
    }

    fn possible_values(&self) -> Option<Box<dyn Iterator<Item = PossibleValue> + '_>> {
        let schemes = SCHEMES
            .iter()
            .filter(|scheme| scheme.takes() != Takes::NvmeTool);
        Some(Box::new(schemes.map(|scheme| scheme.name().into())))
    }
}
