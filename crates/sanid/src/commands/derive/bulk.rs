//! The usual lines, thousands at a time: a machine-id and a newline in, a line of text out.

use sanid_core::{IqnPrefix, MachineId, SanidV1Line};

/// A machine-id and its newline.
pub(super) const USUAL_LINE: usize = 33;
/// Together longer than the buffer of the output, which then hands them on without a copy.
const LINES: usize = 4096;

pub(super) struct Bulk {
    line: SanidV1Line,
    /// Copies of the line, in which only the digits change.
    copies: Vec<u8>,
}

impl Bulk {
    pub(super) fn new(prefix: &IqnPrefix) -> Self {
        let line = SanidV1Line::new(prefix);
        let copies = line.as_bytes().repeat(LINES);
        Self { line, copies }
    }

    /// The identities of the lines that are nothing but a usable machine-id, up to the first that needs a
    /// closer look; how many there are.
    pub(super) fn fill(&mut self, lines: &[u8]) -> usize {
        let copies = self.copies.chunks_exact_mut(self.line.as_bytes().len());
        lines
            .chunks_exact(USUAL_LINE)
            .zip(copies)
            .map_while(|(line, copy)| match MachineId::parse_file(line) {
                Ok(id) if !id.is_denylisted() => {
                    self.line.fill(copy, &id);
                    Some(())
                }
                _ => None,
            })
            .count()
    }

    /// The first of the filled lines, as text.
    pub(super) fn filled(&self, lines: usize) -> &[u8] {
        // There are as many as were filled.
        self.copies
            .get(..lines * self.line.as_bytes().len())
            .unwrap_or_default()
    }
}
