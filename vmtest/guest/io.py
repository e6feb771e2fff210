# Writes and reads the begin of a block device without a cache between, and knows what every block must hold.
# io.py DEVICE REPORT: until it gets SIGTERM; then reads everything once more and says what it has seen.
import mmap, os, random, signal, sys, time

BLOCK = 4096
device, report = sys.argv[1:]
going = True


def stop(*_):
    global going
    going = False


signal.signal(signal.SIGTERM, stop)
disk = os.open(device, os.O_RDWR | os.O_DIRECT)
blocks = 512
# O_DIRECT asks for memory that is aligned as pages are.
buffer = mmap.mmap(-1, BLOCK)
held = [0] * blocks
writes = reads = 0
slowest = 0.0
failed = []


def content(block, version):
    return b"%015d %015d\n" % (block, version) * (BLOCK // 32) if version else bytes(BLOCK)


def attempt(block, version=None):
    """Writes a version of a block, or looks whether it has the last one."""
    global slowest
    began = time.monotonic()
    try:
        if version is None:
            os.preadv(disk, [buffer], block * BLOCK)
            if buffer[:] != content(block, held[block]):
                failed.append("block %d has not version %d" % (block, held[block]))
        else:
            buffer[:] = content(block, version)
            os.pwritev(disk, [buffer], block * BLOCK)
            held[block] = version
    except OSError as error:
        failed.append("block %d: %s" % (block, error))
    slowest = max(slowest, time.monotonic() - began)


def say(word):
    with open(report + ".new", "w") as file:
        print(word, writes, reads, int(slowest * 1000), len(failed), *failed[:3], file=file)
    os.rename(report + ".new", report)


for block in range(blocks):
    writes += 1
    attempt(block, writes)
told = 0.0
while going and not failed:
    writes += 1
    attempt(random.randrange(blocks), writes)
    reads += 1
    attempt(random.randrange(blocks))
    # An emulated processor would do nothing else.
    time.sleep(0.02)
    if time.monotonic() - told > 0.2:
        told = time.monotonic()
        say("running")
for block in range(blocks):
    reads += 1
    attempt(block)
say("ended")
