//! Text for people: lines, columns and colours.

use std::fmt::{Display, Write as _};
use std::io::{self, IsTerminal as _};

use sanid_host::findings::Severity;

use crate::print::print;
use crate::tone::{Tone, colour_wanted, paint};
use crate::wrap::{columns, width, wrapped};

/// A finding as text shows it.
#[derive(Debug, Clone, Copy)]
pub struct FindingText<'a> {
    /// How bad it is.
    pub severity: Severity,
    /// Its stable code.
    pub code: &'a str,
    /// The file it is about, where it is about one.
    pub path: Option<&'a str>,
    /// What was seen.
    pub seen: &'a str,
    /// Why it matters.
    pub why: &'a str,
    /// Commands or short instructions.
    pub fix: &'a [String],
}

/// A page of text in the making: plain, or coloured for a terminal that wants it.
#[derive(Debug)]
pub struct Page {
    text: String,
    colour: bool,
    /// How wide the terminal is.
    columns: Option<usize>,
}

impl Page {
    /// A page for standard output.
    #[expect(clippy::new_without_default, reason = "it depends on standard output")]
    pub fn new() -> Self {
        Self {
            text: String::new(),
            colour: colour_wanted(io::stdout().is_terminal()),
            columns: columns(io::stdout()),
        }
    }

    /// A page that will be [included](Self::include) with this indent.
    #[must_use]
    pub fn inner(&self, indent: usize) -> Self {
        Self {
            text: String::new(),
            colour: self.colour,
            columns: self.columns.map(|columns| columns.saturating_sub(indent)),
        }
    }

    /// Text in a tone.
    pub fn tone(&self, tone: Tone, text: impl Display) -> String {
        paint(self.colour, tone, text)
    }

    /// A line.
    pub fn line(&mut self, line: impl Display) {
        // Writing to a String cannot fail.
        let _ = writeln!(self.text, "{line}");
    }

    /// A line indented below the line that it belongs to.
    pub fn detail(&mut self, line: impl Display) {
        let _ = writeln!(self.text, "  {line}");
    }

    /// An empty line, unless the page is at its top.
    pub fn gap(&mut self) {
        if !self.text.is_empty() {
            self.text.push('\n');
        }
    }

    /// A finding: one line that names it, and its details.
    pub fn finding(&mut self, finding: &FindingText<'_>) {
        let severity = self.tone(finding.severity.into(), finding.severity.as_str());
        let code = self.tone(Tone::Heading, finding.code);
        let path = finding.path.map(|path| format!("  {path}"));
        self.line(format!("{severity}  {code}{}", path.unwrap_or_default()));
        self.detail(finding.seen);
        self.detail(self.tone(Tone::Faint, finding.why));
        for fix in finding.fix {
            self.detail(format!("→ {fix}"));
        }
    }

    /// Rows in aligned columns. A cell has its tone beside it, so that the width is that of the text alone. Where
    /// the terminal is too narrow for one of the rows, each cell has a line of its own.
    pub fn rows<const N: usize>(&mut self, indent: usize, rows: &[[(Tone, String); N]]) {
        let width = |column: usize| {
            let cells = rows.iter().filter_map(|row| row.get(column));
            cells
                .map(|(_, text)| text.chars().count())
                .max()
                .unwrap_or_default()
        };
        let widths: Vec<usize> = (0..N).map(width).collect();
        let whole = indent + widths.iter().sum::<usize>() + 2 * widths.len().saturating_sub(1);
        if let Some(columns) = self.columns.filter(|columns| whole > *columns) {
            return self.stacked(indent, columns, rows);
        }
        for row in rows {
            let mut line = " ".repeat(indent);
            let last = row
                .iter()
                .rposition(|(_, text)| !text.is_empty())
                .unwrap_or_default();
            for (column, ((tone, text), width)) in
                row.iter().zip(&widths).enumerate().take(last + 1)
            {
                line.push_str(&paint(self.colour, *tone, text));
                if column < last {
                    let gap = width + 2 - text.chars().count();
                    line.push_str(&" ".repeat(gap));
                }
            }
            self.line(line);
        }
    }

    /// Each cell on a line of its own, below the first one of its row. Short rows stay on one line.
    fn stacked<const N: usize>(
        &mut self,
        indent: usize,
        columns: usize,
        rows: &[[(Tone, String); N]],
    ) {
        let gap = " ".repeat(indent);
        for row in rows {
            let cells = row.iter().filter(|(_, text)| !text.is_empty());
            let cells: Vec<_> = cells.map(|(tone, text)| self.tone(*tone, text)).collect();
            let line = format!("{gap}{}", cells.join("  "));
            if width(&line) <= columns / 2 {
                self.line(line);
            } else {
                self.line(format!("{gap}{}", cells.join(&format!("\n{gap}  "))));
            }
        }
    }

    /// Another page's lines, further in.
    pub fn include(&mut self, indent: usize, page: &Self) {
        for line in page.text.lines() {
            let _ = writeln!(self.text, "{:indent$}{line}", "");
        }
    }

    /// The page as text, without the last line end.
    pub fn into_text(self) -> String {
        self.text.trim_end().to_owned()
    }

    /// Prints the page, in lines that fit on the terminal.
    ///
    /// # Errors
    /// Those of [`print()`].
    pub fn print(self) -> io::Result<()> {
        print(&wrapped(&self.text, self.columns))
    }
}
