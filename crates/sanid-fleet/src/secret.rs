//! What messages do not repeat: text that could be a machine-id.

/// A name as messages may show it: not where it could be a machine-id, as in a file without a header.
pub(crate) fn shown(name: &str) -> String {
    const LONGEST: usize = 64;
    if is_secret(name.as_bytes()) {
        return "(a value, which is not repeated)".to_owned();
    }
    let escaped = sanid_host::root::escape(name.as_bytes());
    if escaped.is_empty() {
        return "(one without a name)".to_owned();
    }
    escaped.chars().take(LONGEST).collect()
}

/// Whether a text has 16 or more hexadecimal digits in a row, hyphens aside: half a machine-id, or a whole one.
pub(crate) fn is_secret(text: &[u8]) -> bool {
    const ENOUGH: u32 = 16;
    let mut run = 0;
    text.iter().any(|byte| {
        run = match byte {
            b'-' => run,
            byte if byte.is_ascii_hexdigit() => run + 1,
            _ => 0,
        };
        run >= ENOUGH
    })
}
