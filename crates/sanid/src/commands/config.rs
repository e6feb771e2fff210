//! `sanid config`: the merged configuration, and who said what.

use sanid_cli::{Exit, Failure, Page, Tone, json};
use sanid_host::Look;
use sanid_host::config::Explained;
use serde::Serialize;

use crate::args::{Format, HostOptions};

#[derive(Debug, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
/// The merged configuration.
pub(crate) struct ConfigReport {
    /// `sanid/v1`.
    #[cfg_attr(feature = "schema", schemars(extend("const" = "sanid/v1")))]
    api_version: &'static str,
    /// `Config`.
    #[cfg_attr(feature = "schema", schemars(extend("const" = "Config")))]
    kind: &'static str,
    /// Every setting, in the order of the documentation.
    settings: Vec<SettingReport>,
}

#[derive(Debug, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
/// One setting.
struct SettingReport {
    /// The key, with its table.
    key: &'static str,
    /// The value as TOML text.
    value: String,
    /// `default`, or the file and line.
    origin: String,
}

pub(crate) fn run(options: &HostOptions) -> Result<Exit, Failure> {
    let root = crate::host::open(options.root.as_deref(), crate::host::Access::Read)?;
    let facts = sanid_host::observe(&root, &Look::default())?;
    let settings = facts.settings.explain();
    match options.format {
        Format::Json => json(&report(settings))?,
        Format::Text => page(&settings).print()?,
    }
    if let Some(notice) = crate::host::unseen(&facts) {
        crate::complain(&notice);
    }
    Ok(Exit::Fine)
}

fn report(settings: Vec<Explained>) -> ConfigReport {
    let setting = |one: Explained| SettingReport {
        key: one.key,
        value: one.value,
        origin: one.origin,
    };
    ConfigReport {
        api_version: sanid_host::API_VERSION,
        kind: "Config",
        settings: settings.into_iter().map(setting).collect(),
    }
}

fn page(settings: &[Explained]) -> Page {
    let mut page = Page::new();
    let row = |one: &Explained| {
        let tone = if one.origin == "default" {
            Tone::Faint
        } else {
            Tone::Plain
        };
        [
            (Tone::Plain, one.key.to_owned()),
            (tone, format!("= {}", one.value)),
            (Tone::Faint, format!("# {}", one.origin)),
        ]
    };
    page.rows(0, &settings.iter().map(row).collect::<Vec<_>>());
    page
}
