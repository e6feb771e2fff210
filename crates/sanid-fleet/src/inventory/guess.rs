//! What an inventory is, by its first bytes.

/// The first line that says something: no blank line and no comment.
pub(super) fn first_line(start: &[u8]) -> &[u8] {
    let mut lines = start.split(|&byte| byte == b'\n').map(<[u8]>::trim_ascii);
    lines
        .find(|line| !line.is_empty() && !line.starts_with(b"#") && !line.starts_with(b";"))
        .unwrap_or_default()
}
