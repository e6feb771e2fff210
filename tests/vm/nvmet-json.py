# save FILE, restore FILE: nvmet's configuration in the format of nvmetcli, and what nvmetcli does with it,
# since nvmetcli itself is in no package of Debian. By nvmetcli(8) and the keys of its examples: all ports,
# subsystems and hosts go first; then come the hosts, the subsystems with namespaces, allowed hosts and
# attributes, and the ports. What an attribute does not take is told and left out; anything else that fails
# is the end, as there.
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
    config = {"hosts": [], "ports": [], "subsystems": []}
    for nqn in entries("hosts"):
        config["hosts"].append({"nqn": nqn})
    for nqn in entries("subsystems"):
        path = below("subsystems", nqn)
        subsystem = dict(attributes(path, "attr"), nqn=nqn, namespaces=[])
        subsystem["allowed_hosts"] = entries("subsystems", nqn, "allowed_hosts")
        for nsid in entries("subsystems", nqn, "namespaces"):
            namespace = os.path.join(path, "namespaces", nsid)
            group = int(read(os.path.join(namespace, "ana_grpid")))
            subsystem["namespaces"].append(
                dict(attributes(namespace, "device"), nsid=int(nsid), ana_grpid=group)
            )
        config["subsystems"].append(subsystem)
    for number in entries("ports"):
        path = below("ports", number)
        port = dict(attributes(path, "addr", "param"), portid=int(number), ana_groups=[], referrals=[])
        port["subsystems"] = entries("ports", number, "subsystems")
        for group in entries("ports", number, "ana_groups"):
            state = attributes(os.path.join(path, "ana_groups", group), "ana")
            port["ana_groups"].append(dict(state, grpid=int(group)))
        config["ports"].append(port)
    return config


def clear():
    for number in entries("ports"):
        for nqn in entries("ports", number, "subsystems"):
            os.unlink(below("ports", number, "subsystems", nqn))
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
        os.makedirs(below("hosts", host["nqn"]), exist_ok=True)
    for subsystem in config.get("subsystems", []):
        path = below("subsystems", subsystem["nqn"])
        os.mkdir(path)
        for namespace in subsystem.get("namespaces", []):
            inner = os.path.join(path, "namespaces", str(namespace["nsid"]))
            os.mkdir(inner)
            set_attributes(inner, namespace, "device")
            if "ana_grpid" in namespace:
                write(os.path.join(inner, "ana_grpid"), namespace["ana_grpid"])
        for host in subsystem.get("allowed_hosts", []):
            os.symlink(below("hosts", host), os.path.join(path, "allowed_hosts", host))
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


what, name = sys.argv[1:]
if what == "save":
    with open(name, "w") as file:
        json.dump(save(), file, indent=2, sort_keys=True)
        file.write("\n")
else:
    with open(name) as file:
        config = json.load(file)
    clear()
    load(config)
