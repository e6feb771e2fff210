//! The parser.

use super::*;

#[test]
fn the_short_way_reads_what_the_whole_definition_reads() {
    let lines = [
        "apply",
        "apply --keep --root /x",
        "apply --replace --disrupt --format json",
        "apply --keep --replace",
        "apply --boot --via bind",
        "apply --boot --keep",
        "apply --help",
        "apply --kep",
        "apply extra",
        "show --explain --root=/x",
        "show --format yaml",
        "status --format json",
        "status --format npd",
        "status --root",
        "config",
        "",
    ];
    for line in lines {
        let words: Vec<OsString> = std::iter::once("sanid")
            .chain(line.split_whitespace())
            .map(Into::into)
            .collect();
        let whole = Arguments::try_parse_from(&words)
            .ok()
            .map(|whole| format!("{:?}", whole.command));
        let short = boot(&words).map(|short| format!("{short:?}"));
        if !line.starts_with("config") {
            assert_eq!(short, whole, "{line:?}");
        }
    }
}
