//! Text of reports is hostile until it is escaped.

/// Text for the content of an element and for an attribute in double quotes.
pub(super) fn text(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for char in crate::shown(text).chars() {
        match char {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            _ => out.push(char),
        }
    }
    out
}

/// JSON for a script element, whose end nothing in it may look like (HTML, "Restrictions for contents of
/// script elements").
pub(super) fn json(json: &str) -> String {
    json.replace('<', "\\u003c")
        .replace('>', "\\u003e")
        .replace('&', "\\u0026")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_ends_what_it_is_in() {
        assert_eq!(
            text("</script><b a=\"'&\u{202e}"),
            "&lt;/script&gt;&lt;b a=&quot;&#39;&amp;\\u{202e}"
        );
        let document = serde_json::json!({"a": "</script><!--"}).to_string();
        let embedded = json(&document);
        assert!(!embedded.contains('<'));
        let read: serde_json::Value = serde_json::from_str(&embedded).unwrap();
        assert_eq!(read["a"], "</script><!--");
    }
}
