//! A document as one line.

use sanid_host::report::ErrorReport;
use serde::Serialize;
use serde_json::{Map, Value};

/// The same document on one line, with the name by which the host was reached: whatever the document says of that
/// itself is left out, since a report does not speak for a different host.
///
/// # Errors
/// It is not one JSON object.
pub(crate) fn compact(document: &str, collected_as: Option<&str>) -> Result<String, String> {
    let mut members: Map<String, Value> =
        serde_json::from_str(document).map_err(|error| format!("not a JSON object: {error}"))?;
    match collected_as {
        Some(name) if members.contains_key("collectedAs") => {
            members.insert("collectedAs".to_owned(), Value::from(name));
            Ok(Value::Object(members).to_string())
        }
        _ => Ok(without_blanks(document, collected_as)),
    }
}

/// The text of an object as it is, without the blanks between its parts and with a first member.
fn without_blanks(document: &str, collected_as: Option<&str>) -> String {
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
                out.push_str(&Value::from(name).to_string());
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

    #[test]
    fn a_document_stays_what_it_was() {
        let document = "{\n  \"kind\": \"Status\",\r\n  \"apiVersion\": \"sanid/v1\",\n  \"a b\": \"c \\\" d\\\\\", \"e\\\\\": \" }\"\n}\n";
        let line = compact(document, None).unwrap();
        assert!(!line.contains('\n'));
        let value = |text: &str| serde_json::from_str::<Value>(text).unwrap();
        assert_eq!(value(&line), value(document));
        let named = compact(document, Some("n\"1")).unwrap();
        assert_eq!(parse(&named).unwrap().collected_as.as_deref(), Some("n\"1"));
        // What a host says of the way to it does not count.
        let forged = document.replacen('{', "{\"collectedAs\": \"db1\",", 1);
        let named = compact(&forged, Some("n1")).unwrap();
        assert_eq!(parse(&named).unwrap().collected_as.as_deref(), Some("n1"));
        assert!(!named.contains("db1"), "{named}");
    }

    #[test]
    fn a_failure_is_told_apart_from_a_report() {
        let line = failure("n1", "no \"route\"\nto host");
        assert!(!line.contains('\n'));
        let error = parse(&line).unwrap_err();
        assert!(matches!(error, NoReport::NoAnswer { host, .. } if host == "n1"));
    }
}
