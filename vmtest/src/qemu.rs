//! QEMU under software emulation: a kernel, an initramfs or a disk, a serial console.

use std::ffi::OsStr;
use std::path::Path;
use std::process::Command;

use anyhow::Result;

use crate::artefacts::Artefact;
use crate::debian::Debian;
use crate::guest;
use crate::layer::version;
use crate::trial::Trial;

/// A machine in the making.
pub(crate) struct Qemu<'a> {
    trial: &'a Trial<'a>,
    command: Command,
    /// The kernel's command line.
    words: Vec<String>,
}

impl<'a> Qemu<'a> {
    /// A machine without any device but a console.
    pub(crate) fn new(trial: &'a Trial<'a>, debian: Debian, memory: u64) -> Result<Self> {
        let kernel = Artefact::Kernel(debian).get()?;
        let image = kernel.join(format!("boot/vmlinuz-{}", version(&kernel)?));
        let mut command = Command::new("qemu-system-x86_64");
        // KVM would be faster, and is on no machine that this must run on.
        command.args(["-accel", "tcg", "-smp", "1", "-m", &memory.to_string()]);
        command.args(["-nodefaults", "-display", "none", "-no-reboot"]);
        // QEMU 7.2 now and then spoils the flags in cmpxchg16b, and Linux 6.12 falls over in its allocator;
        // without that instruction the kernel takes another way.
        command.args(["-cpu", "qemu64,-cx16"]);
        command.arg("-kernel").arg(image);
        command.current_dir(&trial.bench.root);
        // Mitigations cost an emulated processor a third of its speed; on a busy machine its timer fails the
        // kernel's test of it.
        let words = "console=ttyS0 panic=-1 mitigations=off no_timer_check quiet TERM=dumb";
        Ok(Self {
            trial,
            command,
            words: vec![words.to_owned()],
        })
    }

    pub(crate) fn arg(mut self, option: &str, value: impl AsRef<OsStr>) -> Self {
        self.command.arg(option).arg(value);
        self
    }

    pub(crate) fn args(mut self, options: &[&str]) -> Self {
        self.command.args(options);
        self
    }

    /// The directory of relative paths, in place of the top of the project.
    pub(crate) fn directory(mut self, path: &Path) -> Self {
        self.command.current_dir(path);
        self
    }

    /// A virtio disk. What QEMU has taken outlives the process, so flushes to the disk below would cost time and
    /// change nothing.
    pub(crate) fn disk(self, image: &Path) -> Self {
        let image = image.display();
        let drive = format!("if=virtio,format=raw,cache=unsafe,file={image}");
        self.arg("-drive", drive)
    }

    /// A network card; nothing is at the other end of it unless `netdev` says so.
    pub(crate) fn card(self, mac: &str, netdev: &str) -> Self {
        self.arg(
            "-device",
            format!("virtio-net-pci,romfile=,mac={mac}{netdev}"),
        )
    }

    /// A word of the kernel's command line.
    pub(crate) fn word(mut self, word: impl Into<String>) -> Self {
        self.words.push(word.into());
        self
    }

    /// The words that make systemd run the script of the case when it has booted.
    pub(crate) fn systemd(self) -> Self {
        let unit = self.trial.unit();
        self.word(format!("systemd.unit={unit} systemd.show_status=false"))
    }

    /// The command, with the console on standard input and output.
    pub(crate) fn command(mut self) -> Command {
        self.command.arg("-append").arg(self.words.join(" "));
        self.command.args(["-serial", "stdio"]);
        self.command
    }

    /// Boots it and judges what it reports; in a shell, Ctrl-C goes to the guest.
    pub(crate) fn boot(mut self, what: &str) -> Result<()> {
        let trial = self.trial;
        if !trial.options.shell {
            return guest::boot(trial, self.command(), what);
        }
        self.words.push("vm.shell".to_owned());
        self.command.arg("-append").arg(self.words.join(" "));
        self.command.args(["-serial", "mon:stdio"]);
        guest::boot(trial, self.command, what)
    }
}

/// How a person leaves it when the guest does not listen.
pub(crate) const LEAVE: &str = "(Ctrl-A X ends it at once.)";
