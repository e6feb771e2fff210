//! What a file is, by its first bytes.

/// What begins so is compressed or an archive.
const PACKED: &[(&[u8], &str)] = &[
    (
        b"PK\x03\x04",
        "it is a ZIP archive, as spreadsheets are; save the sheet as CSV",
    ),
    (
        b"\xd0\xcf\x11\xe0",
        "it is a spreadsheet or another document; save the sheet as CSV",
    ),
    (
        b"\xfd7zXZ\0",
        "it is compressed with xz; xz -dc FILE | sanid-fleet derive -",
    ),
    (
        b"\x28\xb5\x2f\xfd",
        "it is compressed with zstd; zstd -dc FILE | sanid-fleet derive -",
    ),
    (
        b"BZh",
        "it is compressed with bzip2; bzip2 -dc FILE | sanid-fleet derive -",
    ),
    (
        b"$ANSIBLE_VAULT;",
        "it is encrypted; ansible-vault view FILE | sanid-fleet derive -",
    ),
    (
        b"age-encryption.org/",
        "it is encrypted; age -d FILE | sanid-fleet derive -",
    ),
];
const UTF_16: &str =
    "it is UTF-16, as Windows programs write; iconv -f UTF-16 -t UTF-8 FILE | sanid-fleet derive -";

/// Whether this is the beginning of a text, and if not, why not and what to do.
pub(super) fn is_text(start: &[u8]) -> Result<(), String> {
    if start.trim_ascii().is_empty() {
        return Err("it is empty: an inventory has at least one host".to_owned());
    }
    if let Some((_, why)) = PACKED.iter().find(|(magic, _)| start.starts_with(magic)) {
        return Err((*why).to_owned());
    }
    let nul = start.iter().position(|&byte| byte == 0);
    if start.starts_with(b"\xff\xfe")
        || start.starts_with(b"\xfe\xff")
        || nul.is_some_and(|at| at < 2)
    {
        return Err(UTF_16.to_owned());
    }
    if nul.is_some() {
        return Err("it is no text: it has bytes that are zero".to_owned());
    }
    Ok(())
}

/// The first line that says something: no blank line and no comment.
pub(super) fn first_line(start: &[u8]) -> &[u8] {
    let mut lines = start.split(|&byte| byte == b'\n').map(<[u8]>::trim_ascii);
    lines
        .find(|line| !line.is_empty() && !line.starts_with(b"#") && !line.starts_with(b";"))
        .unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_text_is_said_with_the_way_to_one() {
        for (start, word) in [
            (&b""[..], "it is empty"),
            (b" \r\n\t\n", "it is empty"),
            (b"PK\x03\x04\x14\0", "save the sheet as CSV"),
            (b"\xfd7zXZ\0\0", "xz -dc"),
            (b"\xff\xfeh\0o\0", "iconv -f UTF-16"),
            (b"\xfe\xff\0h\0o", "iconv -f UTF-16"),
            (b"h\0o\0s\0t\0", "iconv -f UTF-16"),
            (b"\x7fELF\x02\x01\x01\0", "bytes that are zero"),
        ] {
            assert!(is_text(start).unwrap_err().contains(word), "{start:?}");
        }
        assert_eq!(is_text(b"host,machine_id\n"), Ok(()));
    }
}
