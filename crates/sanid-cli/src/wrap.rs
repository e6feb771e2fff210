//! Text for a narrow terminal: lines end between words, and never inside a name.

use std::os::fd::AsFd;

use rustix::termios::tcgetwinsize;

/// A terminal that is narrower than this, or that does not know its size, gets the text as it is.
const NARROWEST: usize = 20;

/// The columns of a terminal. Anything that is not a terminal has no columns: programs read whole lines.
pub(crate) fn columns(output: impl AsFd) -> Option<usize> {
    let size = tcgetwinsize(output).ok()?;
    Some(usize::from(size.ws_col)).filter(|columns| *columns >= NARROWEST)
}

/// Text whose lines have at most so many columns, where their words allow it.
pub(crate) fn wrapped(text: &str, columns: Option<usize>) -> String {
    let Some(columns) = columns else {
        return text.to_owned();
    };
    let mut wrapped = String::new();
    for line in text.split_inclusive('\n') {
        if width(line.trim_end()) <= columns {
            wrapped += line;
        } else {
            wrap(&mut wrapped, line, columns);
        }
    }
    wrapped
}

/// A line that is too long. What follows is indented below it.
fn wrap(wrapped: &mut String, line: &str, columns: usize) {
    let text = line.trim_start_matches(' ');
    let indent = line.len() - text.len();
    let below = format!("\n{:1$}", "", indent + 2);
    wrapped.extend(std::iter::repeat_n(' ', indent));
    let mut used = indent;
    let mut is_first = true;
    // The blanks before a word go with it, so that columns that still fit stay where they are.
    for piece in pieces(text.trim_end()) {
        let word = piece.trim_start_matches(' ');
        if !is_first && used + width(piece) > columns {
            *wrapped += &below;
            *wrapped += word;
            used = indent + 2 + width(word);
        } else {
            *wrapped += piece;
            used += width(piece);
        }
        is_first = false;
    }
    if line.ends_with('\n') {
        wrapped.push('\n');
    }
}

/// The words of a line, each with the blanks before it.
fn pieces(line: &str) -> impl Iterator<Item = &str> {
    let mut rest = line;
    std::iter::from_fn(move || {
        let blanks = rest.len() - rest.trim_start_matches(' ').len();
        let (_, words) = rest.split_at(blanks);
        let end = blanks + words.find(' ').unwrap_or(words.len());
        let (piece, after) = rest.split_at(end);
        rest = after;
        (!piece.is_empty()).then_some(piece)
    })
}

/// The columns that a text takes: colours take none.
pub(crate) fn width(text: &str) -> usize {
    let mut width = 0;
    let mut is_escape = false;
    for char in text.chars() {
        match char {
            '\x1b' => is_escape = true,
            'm' if is_escape => is_escape = false,
            _ if is_escape => {}
            _ => width += 1,
        }
    }
    width
}

#[cfg(test)]
mod tests {
    use super::*;

    const ID: &str = "652f5d50-a689-4520-b87b-fe2552ef6b8b";

    #[test]
    fn long_lines_end_between_words_and_continue_indented() {
        let text = "short\n  one two three four five six\n";
        let expected = "short\n  one two three four\n    five six\n";
        assert_eq!(wrapped(text, Some(20)), expected);
    }

    #[test]
    fn a_name_is_never_cut() {
        let expected = format!("  Host ID\n    {ID}\n    as desired\n");
        let line = format!("  Host ID         {ID}          as desired\n");
        assert_eq!(wrapped(&line, Some(20)), expected);
    }

    #[test]
    fn lines_that_fit_keep_their_columns() {
        let line = format!("  Host ID         {ID}\n");
        assert_eq!(wrapped(&line, Some(54)), line);
    }

    #[test]
    fn colours_take_no_columns() {
        let line = "\x1b[1;31mdanger\x1b[0m  \x1b[1mclone-suspected\x1b[0m\n";
        assert_eq!(wrapped(line, Some(23)), line);
        assert_ne!(wrapped(line, Some(22)), line);
    }

    #[test]
    fn what_is_not_a_terminal_gets_whole_lines() {
        let line = "word ".repeat(100);
        assert_eq!(wrapped(&line, None), line);
        let file = std::fs::File::open("/dev/null").expect("the null device");
        assert_eq!(columns(file), None);
    }
}
