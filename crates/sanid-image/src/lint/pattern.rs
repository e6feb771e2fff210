//! Paths with `*` for a part of a name and `**` for everything below.

/// Whether a name matches a pattern with any number of `*`, which also matches a leading dot: temporary
/// files have one.
pub(crate) fn name(pattern: &str, text: &str) -> bool {
    let mut parts = pattern.split('*');
    let first = parts.next().unwrap_or_default();
    let Some(mut rest) = text.strip_prefix(first) else {
        return false;
    };
    let mut parts: Vec<&str> = parts.collect();
    let Some(last) = parts.pop() else {
        return rest.is_empty();
    };
    for part in parts {
        let Some(at) = rest.find(part) else {
            return false;
        };
        rest = rest.get(at + part.len()..).unwrap_or_default();
    }
    rest.ends_with(last)
}

/// Whether a path below the root matches.
pub(crate) fn path(pattern: &str, path: &str) -> bool {
    let mut parts = path.split('/');
    for part in pattern.split('/') {
        let Some(here) = parts.next() else {
            return false;
        };
        if part == "**" {
            return true;
        }
        if !name(part, here) {
            return false;
        }
    }
    parts.next().is_none()
}

/// Whether a path is a directory above what the pattern matches.
pub(crate) fn is_above(pattern: &str, path: &str) -> bool {
    let mut parts = pattern.split('/');
    for here in path.split('/') {
        match parts.next() {
            Some("**") => return true,
            Some(part) if name(part, here) => {}
            _ => return false,
        }
    }
    parts.next().is_some()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_star_is_any_part_of_one_name() {
        for (pattern, text, yes) in [
            ("etc/machine-id", "etc/machine-id", true),
            ("etc/machine-id", "etc/machine-id/x", false),
            ("etc/machine-id", "etc", false),
            ("etc/nvme/*.conf", "etc/nvme/discovery.conf", true),
            ("etc/nvme/*.conf", "etc/nvme/a/b.conf", false),
            ("boot/*/*/initrd", "boot/token/6.1/initrd", true),
            ("boot/initrd.img-*", "boot/initrd.img-6.1", true),
            ("a*b*c", "aXbYbc", true),
            ("a*b*c", "ac", false),
            ("a*a", "a", false),
            ("var/lib/iscsi/**", "var/lib/iscsi/nodes/x/y", true),
            ("var/lib/iscsi/**", "var/lib/iscsi", false),
        ] {
            assert_eq!(path(pattern, text), yes, "{pattern} {text}");
        }
    }

    #[test]
    fn directories_above_a_pattern_are_known() {
        for (pattern, text, yes) in [
            ("etc/nvme/hostid", "etc", true),
            ("etc/nvme/hostid", "etc/nvme", true),
            ("etc/nvme/hostid", "etc/nvme/hostid", false),
            ("boot/*/*/initrd", "boot/x", true),
            ("var/lib/iscsi/**", "var/lib/iscsi/nodes", true),
        ] {
            assert_eq!(is_above(pattern, text), yes, "{pattern} {text}");
        }
    }
}
