# save FILE, restore FILE: nvmet's configuration in the format of nvmetcli, and what nvmetcli does with it,
# since Debian 12 and 13 have no nvmetcli: all ports, subsystems and hosts go first; then come the hosts, the
# subsystems with namespaces, allowed hosts and attributes, and the ports. What an attribute does not take is
# told and left out; anything else that fails is the end, as there.
# same FILE: whether what nvmetcli has saved is what this would save.
#
# Run by hand beside nvmetcli 0.9 (Debian's 0.9-1), Linux 6.1.0-56 and 6.12.107, on 23 November 2026: it saves
# the same keys and values, and restores the same. docs/vm.md says how to repeat that, and what was compared.
import difflib
import json
import os
import sys

TOP = "/sys/kernel/config/nvmet"


def below(*names):
    return os.path.join(TOP, *map(str, names))


def entries(*names):
    try:
        return sorted(os.listdir(below(*names)))
    except FileNotFoundError:
        return []


def read(path):
    with open(path) as file:
        return file.read().strip()


def write(path, value):
    with open(path, "w") as file:
        file.write(str(value))


NAMESPACE = ("device", "ana", "resv")
# What a passed-through controller has beside its groups.
PASSTHRU = ("clear_ids", "admin_timeout", "io_timeout")


# The attributes of a directory that can be written, by the word before the first underscore.
def attributes(path, *groups):
    found = {group: {} for group in groups}
    for name in sorted(os.listdir(path)):
        group, _, attribute = name.partition("_")
        file = os.path.join(path, name)
        if group in found and os.path.isfile(file) and os.stat(file).st_mode & 0o200:
            found[group][attribute] = read(file)
    if os.path.isfile(os.path.join(path, "enable")):
        found["enable"] = int(read(os.path.join(path, "enable")))
    return found


def set_attributes(path, config, *groups):
    for group in groups:
        for attribute, value in config.get(group, {}).items():
            try:
                write(os.path.join(path, group + "_" + attribute), value)
            except OSError as error:
                print("left out:", path, group, attribute, error)
    if "enable" in config:
        write(os.path.join(path, "enable"), config["enable"])


def save():
    config = dict(attributes(TOP, "discovery"), hosts=[], ports=[], subsystems=[])
    for nqn in entries("hosts"):
        config["hosts"].append(dict(attributes(below("hosts", nqn), "dhchap"), nqn=nqn))
    for nqn in entries("subsystems"):
        path = below("subsystems", nqn)
        subsystem = dict(attributes(path, "attr"), nqn=nqn, namespaces=[])
        subsystem["allowed_hosts"] = entries("subsystems", nqn, "allowed_hosts")
        for nsid in entries("subsystems", nqn, "namespaces"):
            namespace = os.path.join(path, "namespaces", nsid)
            group = int(read(os.path.join(namespace, "ana_grpid")))
            subsystem["namespaces"].append(
                dict(attributes(namespace, *NAMESPACE), nsid=int(nsid), ana_grpid=group)
            )
        passthru = os.path.join(path, "passthru")
        if os.path.isdir(passthru):
            found = attributes(passthru, "device")
            # Whether it is on is not saved.
            del found["enable"]
            found.update((name, int(read(os.path.join(passthru, name)))) for name in PASSTHRU)
            subsystem["passthru"] = [found]
        config["subsystems"].append(subsystem)
    for number in entries("ports"):
        path = below("ports", number)
        port = dict(attributes(path, "addr", "param"), portid=int(number), ana_groups=[], referrals=[])
        port["subsystems"] = entries("ports", number, "subsystems")
        for group in entries("ports", number, "ana_groups"):
            state = attributes(os.path.join(path, "ana_groups", group), "ana")
            port["ana_groups"].append(dict(state, grpid=int(group)))
        for name in entries("ports", number, "referrals"):
            found = attributes(os.path.join(path, "referrals", name), "addr")
            port["referrals"].append(dict(found, name=name))
        config["ports"].append(port)
    return config


def clear():
    for number in entries("ports"):
        for nqn in entries("ports", number, "subsystems"):
            os.unlink(below("ports", number, "subsystems", nqn))
        for group in entries("ports", number, "ana_groups"):
            # The first one is the kernel's.
            if group != "1":
                os.rmdir(below("ports", number, "ana_groups", group))
        for name in entries("ports", number, "referrals"):
            os.rmdir(below("ports", number, "referrals", name))
        os.rmdir(below("ports", number))
    for nqn in entries("subsystems"):
        for nsid in entries("subsystems", nqn, "namespaces"):
            os.rmdir(below("subsystems", nqn, "namespaces", nsid))
        for host in entries("subsystems", nqn, "allowed_hosts"):
            os.unlink(below("subsystems", nqn, "allowed_hosts", host))
        os.rmdir(below("subsystems", nqn))
    for nqn in entries("hosts"):
        os.rmdir(below("hosts", nqn))


def load(config):
    for host in config.get("hosts", []):
        path = below("hosts", host["nqn"])
        os.makedirs(path, exist_ok=True)
        set_attributes(path, host, "dhchap")
    for subsystem in config.get("subsystems", []):
        path = below("subsystems", subsystem["nqn"])
        os.mkdir(path)
        for namespace in subsystem.get("namespaces", []):
            inner = os.path.join(path, "namespaces", str(namespace["nsid"]))
            os.mkdir(inner)
            set_attributes(inner, namespace, *NAMESPACE)
            if "ana_grpid" in namespace:
                write(os.path.join(inner, "ana_grpid"), namespace["ana_grpid"])
        for host in subsystem.get("allowed_hosts", []):
            os.symlink(below("hosts", host), os.path.join(path, "allowed_hosts", host))
        for passthru in subsystem.get("passthru", []):
            inner = os.path.join(path, "passthru")
            set_attributes(inner, passthru, "device")
            for name in PASSTHRU:
                if name in passthru:
                    write(os.path.join(inner, name), passthru[name])
        set_attributes(path, subsystem, "attr")
    for port in config.get("ports", []):
        path = below("ports", port["portid"])
        os.mkdir(path)
        set_attributes(path, port, "addr", "param")
        for nqn in port.get("subsystems", []):
            os.symlink(below("subsystems", nqn), os.path.join(path, "subsystems", nqn))
        for group in port.get("ana_groups", []):
            inner = os.path.join(path, "ana_groups", str(group["grpid"]))
            os.makedirs(inner, exist_ok=True)
            set_attributes(inner, group, "ana")
        for referral in port.get("referrals", []):
            inner = os.path.join(path, "referrals", referral["name"])
            os.makedirs(inner, exist_ok=True)
            set_attributes(inner, referral, "addr")


# nvmetcli writes lists in the order in which the kernel names what is in them.
def ordered(value):
    if isinstance(value, dict):
        return {key: ordered(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return sorted(map(ordered, value), key=lambda inner: json.dumps(inner, sort_keys=True))
    return value


def lines(config):
    return json.dumps(ordered(config), indent=1, sort_keys=True).splitlines()


what, name = sys.argv[1:]
if what == "save":
    with open(name, "w") as file:
        json.dump(save(), file, indent=2, sort_keys=True)
        file.write("\n")
elif what == "same":
    with open(name) as file:
        saved = json.load(file)
    different = list(difflib.unified_diff(lines(saved), lines(save()), name, "here", lineterm=""))
    print("\n".join(different))
    sys.exit(bool(different))
else:
    with open(name) as file:
        config = json.load(file)
    clear()
    load(config)
