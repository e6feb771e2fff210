//! Standard output that may be closed early: `cargo xtask test | head` ends
//! quietly.

/// One line.
macro_rules! say {
    ($($part:tt)*) => {{
        use std::io::Write as _;
        let _ = writeln!(std::io::stdout().lock(), $($part)*);
    }};
}

pub(crate) use say;
