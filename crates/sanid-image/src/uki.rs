//! Unified kernel images: a kernel, its command line and its initramfs as sections of one PE file for the
//! firmware (the UAPI Group's specification "Unified Kernel Image"; Microsoft's "PE Format"). Addons are
//! PE files of the same kind with a command line alone.
//!
//! Only the table of sections is believed, and no further than the file goes: it is read from its beginning
//! to its end, once, and a section is skipped or read where the table says that it is.

use std::io::{self, Read};

use crate::budget::Budget;
use crate::initramfs::{self, Image};
use crate::limits::Limits;

/// The table is at the beginning; linkers put it into the first page or the second.
const HEAD: u64 = 64 * 1024;
/// Bytes of a command line; the kernel takes 2048 to 4096.
const COMMAND_LINE: u64 = 64 * 1024;
/// Sections of a file: an image with several profiles has some tens.
const SECTIONS: usize = 1024;

/// What a unified kernel image carries.
#[derive(Debug, Default)]
pub struct Uki {
    /// Each kernel command line: one of the image, and one of each of its profiles.
    pub command_lines: Vec<Vec<u8>>,
    /// Each initramfs.
    pub images: Vec<Image>,
    /// Why it was not read to its end, where it was not.
    pub damage: Option<String>,
}

/// A section that is of interest.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Section {
    at: u64,
    size: u64,
    is_initramfs: bool,
}

/// Reads a PE file; one without such sections, a boot loader for example, carries nothing.
///
/// # Examples
/// ```
/// use sanid_image::{Limits, uki};
///
/// let seen = uki::read(&b"neither"[..], &Limits::default());
/// assert!(seen.damage.is_some());
/// ```
pub fn read<R: Read>(source: R, limits: &Limits) -> Uki {
    read_within(source, limits, &Budget::default())
}

/// The same for one of the files of a larger image.
pub(crate) fn read_within<R: Read>(source: R, limits: &Limits, budget: &Budget) -> Uki {
    let mut uki = Uki::default();
    if let Err(damage) = uki.fill(budget.of(source), limits, budget) {
        uki.damage = Some(damage);
    }
    uki
}

impl Uki {
    fn fill<R: Read>(
        &mut self,
        mut source: R,
        limits: &Limits,
        budget: &Budget,
    ) -> Result<(), String> {
        let failed = |error: io::Error| error.to_string();
        let mut head = Vec::new();
        source
            .by_ref()
            .take(HEAD)
            .read_to_end(&mut head)
            .map_err(failed)?;
        let sections = sections(&head).ok_or("it is not a PE file that firmware can boot")?;
        let mut rest = head.as_slice().chain(source);
        let mut at = 0;
        for section in sections {
            let skip = section.at.checked_sub(at).ok_or("its sections overlap")?;
            let skipped = io::copy(&mut rest.by_ref().take(skip), &mut io::sink());
            if skipped.map_err(failed)? < skip {
                return Err("it ends before its sections".to_owned());
            }
            let mut data = rest.by_ref().take(section.size);
            if section.is_initramfs {
                let image = initramfs::read_within(&mut data, limits, budget);
                self.images.push(image);
            } else {
                let mut line = Vec::new();
                data.by_ref()
                    .take(COMMAND_LINE)
                    .read_to_end(&mut line)
                    .map_err(failed)?;
                self.command_lines.push(line);
            }
            let left = io::copy(&mut data, &mut io::sink()).map_err(failed)?;
            if data.limit() > 0 {
                return Err("it ends within a section".to_owned());
            }
            if left > 0 && !section.is_initramfs {
                return Err("its command line is longer than any can be".to_owned());
            }
            at = section.at + section.size;
        }
        Ok(())
    }
}

/// The sections of interest in the order of the file; `None` if it is not a PE file.
fn sections(head: &[u8]) -> Option<Vec<Section>> {
    const ENTRY: usize = 40;
    (head.get(..2)? == b"MZ").then_some(())?;
    let header = number(head, 0x3c, 4)?;
    (head.get(header..header.checked_add(4)?)? == b"PE\0\0").then_some(())?;
    let count = number(head, header + 6, 2)?;
    let table = header + 24 + number(head, header + 20, 2)?;
    if count > SECTIONS {
        return None;
    }
    let mut found = Vec::new();
    for index in 0..count {
        let entry = table + index * ENTRY;
        let is_initramfs = match head.get(entry..entry + 8)? {
            b".initrd\0" => true,
            b".cmdline" => false,
            _ => continue,
        };
        // What is in the file is filled up to whole blocks; an older linker leaves the first at zero.
        let (real, stored) = (number(head, entry + 8, 4)?, number(head, entry + 16, 4)?);
        let size = if real == 0 { stored } else { real.min(stored) };
        found.push(Section {
            at: number(head, entry + 20, 4)? as u64,
            size: size as u64,
            is_initramfs,
        });
    }
    found.sort_unstable();
    Some(found)
}

/// A number of `bytes` bytes, the least first.
fn number(head: &[u8], at: usize, bytes: usize) -> Option<usize> {
    let part = head.get(at..at.checked_add(bytes)?)?;
    Some(
        part.iter()
            .rev()
            .fold(0, |number, byte| number << 8 | usize::from(*byte)),
    )
}

#[cfg(test)]
mod tests;
