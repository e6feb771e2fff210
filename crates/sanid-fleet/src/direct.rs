//! Files that are larger than memory, read past the page cache.
//!
//! What does not stay in the page cache is copied through it in vain, and drives out what others read again.
//! So it is read around it (`O_DIRECT`, open(2)), one block ahead of who asks for it.

use std::fs::File;
use std::io::{self, Read};
use std::os::unix::fs::FileExt as _;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread;

use rustix::fs::OFlags;

/// Offsets, lengths and memory are multiples of the blocks of the file system; none has larger ones.
const ALIGN: usize = 4096;
const BLOCK: usize = 1 << 20;
/// So many blocks are read, or wait to be asked for.
const AHEAD: usize = 4;

/// Some of a file.
struct Block {
    bytes: Vec<u8>,
    /// Where the memory is aligned.
    begin: usize,
    /// What of it was read, and not yet asked for.
    left: std::ops::Range<usize>,
}

impl Block {
    fn new() -> Self {
        let bytes = vec![0; BLOCK + ALIGN];
        Self {
            begin: bytes.as_ptr().align_offset(ALIGN),
            left: 0..0,
            bytes,
        }
    }

    /// Reads as much as there is room for, and less only at the end of the file.
    fn fill(&mut self, file: &File, at: u64) -> io::Result<()> {
        self.left = self.begin..self.begin;
        if at % ALIGN as u64 != 0 {
            // Behind an end that is not aligned there is nothing, and not every file system says so.
            return Ok(());
        }
        let room = self.bytes.get_mut(self.begin..self.begin + BLOCK);
        let room = room.unwrap_or_default();
        let mut read = 0;
        // The end of a file need not be that of a block of it; behind it nothing is aligned.
        while read < BLOCK && read % ALIGN == 0 {
            let rest = room.get_mut(read..).unwrap_or_default();
            match file.read_at(rest, at + read as u64) {
                Ok(0) => break,
                Ok(more) => read += more,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        self.left = self.begin..self.begin + read;
        Ok(())
    }
}

/// A file that is read past the page cache.
pub(crate) struct Direct {
    read: Receiver<io::Result<Block>>,
    used: SyncSender<Block>,
    block: Option<Block>,
}

/// Whether so many bytes are too many for the page cache.
pub(crate) fn is_large(size: u64) -> bool {
    let info = rustix::system::sysinfo();
    size > (info.totalram as u64).saturating_mul(info.mem_unit.into()) / 2
}

impl Direct {
    /// Gives the file back where it cannot be read so, which is for its file system to say.
    pub(crate) fn new(file: File) -> Result<Self, File> {
        let Ok(again) = file.try_clone() else {
            return Err(file);
        };
        let Ok(flags) = rustix::fs::fcntl_getfl(&file) else {
            return Err(file);
        };
        let set = |flags| rustix::fs::fcntl_setfl(&file, flags);
        let mut first = Block::new();
        if set(flags | OFlags::DIRECT).is_ok() && first.fill(&file, 0).is_ok() {
            let (send, read) = sync_channel(AHEAD);
            let (used, free) = sync_channel(AHEAD);
            let reader = move || ahead(&again, first, &free, &send);
            if thread::Builder::new().spawn(reader).is_ok() {
                let block = None;
                return Ok(Self { read, used, block });
            }
        }
        // Whoever reads it then does so as usual.
        let _ = set(flags);
        Err(file)
    }
}

/// Reads one block after the other, as long as there is one that is not in use.
fn ahead(file: &File, first: Block, free: &Receiver<Block>, send: &SyncSender<io::Result<Block>>) {
    let mut at = first.left.len() as u64;
    let mut blocks: Vec<Block> = (1..AHEAD).map(|_| Block::new()).collect();
    let mut next = Ok(first);
    loop {
        let ended = next.as_ref().map_or(true, |block| block.left.is_empty());
        if send.send(next).is_err() || ended {
            return;
        }
        let Some(mut block) = blocks.pop().or_else(|| free.recv().ok()) else {
            return;
        };
        let read = block.fill(file, at);
        at += block.left.len() as u64;
        next = read.map(|()| block);
    }
}

impl Read for Direct {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        loop {
            if let Some(block) = &mut self.block {
                let left = block.bytes.get(block.left.clone()).unwrap_or_default();
                let length = left.len().min(out.len());
                if length > 0 || out.is_empty() {
                    // As a slice is read: what fits is copied.
                    let read = (&mut &*left).read(out)?;
                    block.left.start += read;
                    return Ok(read);
                }
            }
            if let Some(block) = self.block.take() {
                // Whoever reads has ended where nobody takes it.
                let _ = self.used.send(block);
            }
            // It ends with a block of nothing.
            match self.read.recv() {
                Err(_) => return Ok(0),
                Ok(block) => self.block = Some(block?),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rustix::fs::Mode;
    use std::io::{Seek as _, Write as _};

    fn file(bytes: &[u8]) -> File {
        let mut file = tempfile::tempfile().unwrap();
        file.write_all(bytes).unwrap();
        file.rewind().unwrap();
        file
    }

    /// As it is read, past the page cache where the file system of temporary files can do that.
    fn text(file: File) -> Vec<u8> {
        let mut text = Vec::new();
        match Direct::new(file) {
            Ok(mut direct) => direct.read_to_end(&mut text),
            Err(mut file) => file.read_to_end(&mut text),
        }
        .unwrap();
        text
    }

    #[test]
    fn every_byte_is_read_once_and_in_order() {
        for length in [
            0,
            1,
            ALIGN,
            ALIGN + 1,
            BLOCK,
            2 * BLOCK - 1,
            9 * BLOCK + 4097,
        ] {
            let bytes: Vec<u8> = (0..=250).cycle().take(length).collect();
            assert!(text(file(&bytes)) == bytes, "{length}");
        }
    }

    #[test]
    fn behind_an_end_that_is_not_aligned_nothing_is_read() {
        let mut block = Block::new();
        block.fill(&file(b"0123456789"), 9).unwrap();
        assert!(block.left.is_empty());
    }

    #[test]
    fn what_cannot_be_read_so_is_read_as_usual() {
        // Of /proc the kernel says so at once, of a pipe where it is read at a place.
        let directory = tempfile::tempdir().unwrap();
        let pipe = directory.path().join("pipe");
        rustix::fs::mkfifoat(rustix::fs::CWD, &pipe, Mode::RWXU).unwrap();
        let mut pipe = File::options().read(true).write(true).open(pipe).unwrap();
        pipe.write_all(b"text").unwrap();
        for file in [File::open("/proc/self/cmdline").unwrap(), pipe] {
            let mut kept = Direct::new(file).err().unwrap();
            let flags = rustix::fs::fcntl_getfl(&kept).unwrap();
            assert!(!flags.contains(OFlags::DIRECT));
            kept.read_exact(&mut [0; 4]).unwrap();
        }
    }

    #[test]
    fn who_stops_reading_waits_for_nobody() {
        let mut some = [0; 10];
        if let Ok(mut direct) = Direct::new(file(&vec![7; 9 * BLOCK])) {
            direct.read_exact(&mut some).unwrap();
            assert_eq!(some, [7; 10]);
        }
    }

    #[test]
    fn only_what_is_larger_than_half_the_memory_is_large() {
        assert!(!is_large(1 << 20));
        assert!(is_large(1 << 60));
    }
}
