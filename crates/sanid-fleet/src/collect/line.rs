//! A document as one line.

use sanid_host::report::ErrorReport;
use serde::Serialize;

/// The same document without the blanks between its parts, and with the name by which it was reached.
/// The text is a JSON object, as [`parse`](crate::reports::parse) has seen.
pub(crate) fn compact(document: &str, collected_as: Option<&str>) -> String {
    let mut out = String::with_capacity(document.len());
    let (mut string, mut escape) = (false, false);
    for char in document.trim().chars() {
        if !string && char.is_ascii_whitespace() {
            continue;
        }
        out.push(char);
        if string && !escape && char == '\\' {
            escape = true;
            continue;
        }
        if char == '"' && !escape {
            string = !string;
        }
        escape = false;
        if out.len() == 1 {
            if let Some(name) = collected_as {
                out.push_str("\"collectedAs\":");
                out.push_str(&serde_json::Value::from(name).to_string());
                out.push(',');
            }
        }
    }
    out
}

/// What stands in the place of a report that did not come.
pub(crate) fn failure(host: &str, message: &str) -> String {
    #[derive(Serialize)]
    #[serde(rename_all = "camelCase")]
    struct Failure<'a> {
        collected_as: &'a str,
        #[serde(flatten)]
        error: ErrorReport,
    }
    let failure = Failure {
        collected_as: host,
        error: ErrorReport::new(2, message.to_owned()),
    };
    // A struct of strings always serialises.
    serde_json::to_string(&failure).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::reports::{NoReport, parse};
    use serde_json::Value;

    #[test]
    fn a_document_stays_what_it_was() {
        let document = "{\n  \"kind\": \"Status\",\r\n  \"apiVersion\": \"sanid/v1\",\n  \"a b\": \"c \\\" d\\\\\", \"e\\\\\": \" }\"\n}\n";
        let line = compact(document, None);
        assert!(!line.contains('\n'));
        let value = |text: &str| serde_json::from_str::<Value>(text).unwrap();
        assert_eq!(value(&line), value(document));
        let named = compact(document, Some("n\"1"));
        assert_eq!(parse(&named).unwrap().collected_as.as_deref(), Some("n\"1"));
    }

    #[test]
    fn a_failure_is_told_apart_from_a_report() {
        let line = failure("n1", "no \"route\"\nto host");
        assert!(!line.contains('\n'));
        let error = parse(&line).unwrap_err();
        assert!(matches!(error, NoReport::NoAnswer { host, .. } if host == "n1"));
    }
}
