# Print an optspec for argparse to handle cmd's options that are independent of any subcommand.
function __fish_sanid_fleet_global_optspecs
    string join \n h/help V/version
end

function __fish_sanid_fleet_needs_command
    # Figure out if the current invocation already has a command.
    set -l cmd (commandline -opc)
    set -e cmd[1]
    argparse -s (__fish_sanid_fleet_global_optspecs) -- $cmd 2>/dev/null
    or return
    if set -q argv[1]
        # Also print the command, so this can be used to figure out what it is.
        echo $argv[1]
        return 1
    end
    return 0
end

function __fish_sanid_fleet_using_subcommand
    set -l cmd (__fish_sanid_fleet_needs_command)
    test -z "$cmd"
    and return 1
    contains -- $cmd[1] $argv
end

complete -c sanid-fleet -n "__fish_sanid_fleet_needs_command" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c sanid-fleet -n "__fish_sanid_fleet_needs_command" -s V -l version -d 'Print version'
complete -c sanid-fleet -n "__fish_sanid_fleet_needs_command" -f -a "derive" -d 'Derive the identities of the hosts in inventories'
complete -c sanid-fleet -n "__fish_sanid_fleet_needs_command" -f -a "diff" -d 'Write what has to change at a storage target to admit a list of hosts'
complete -c sanid-fleet -n "__fish_sanid_fleet_needs_command" -f -a "duplicates" -d 'Find hosts that share a storage name, in any table, dump or export'
complete -c sanid-fleet -n "__fish_sanid_fleet_needs_command" -f -a "sessions" -d 'Find machines that share a storage name, seen from the target'
complete -c sanid-fleet -n "__fish_sanid_fleet_needs_command" -f -a "export" -d 'Write a list of hosts in the format of a storage target'
complete -c sanid-fleet -n "__fish_sanid_fleet_needs_command" -f -a "import" -d 'Write what a storage target admits as a list'
complete -c sanid-fleet -n "__fish_sanid_fleet_needs_command" -f -a "audit" -d 'Find hosts that share an identity, and what else is wrong across a fleet'
complete -c sanid-fleet -n "__fish_sanid_fleet_needs_command" -f -a "collect" -d 'Bring the reports of many hosts into one stream'
complete -c sanid-fleet -n "__fish_sanid_fleet_needs_command" -f -a "report" -d 'Show an audit as a page for people'
complete -c sanid-fleet -n "__fish_sanid_fleet_needs_command" -f -a "escrow" -d 'Keep the identity of a host for the day on which its hardware is lost'
complete -c sanid-fleet -n "__fish_sanid_fleet_needs_command" -f -a "claim" -d 'Claim this host\'s identity, so that no other host has it'
complete -c sanid-fleet -n "__fish_sanid_fleet_needs_command" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c sanid-fleet -n "__fish_sanid_fleet_using_subcommand derive" -l column -d 'Which column of the inventory is which: host=NAME, machine-id=NAME and so on; in objects a path, with dots between its names' -r
complete -c sanid-fleet -n "__fish_sanid_fleet_using_subcommand derive" -l from -d 'What the inventories are, instead of telling by their look' -r -f -a "ndjson\t''
json\t''
ansible-yaml\t''
ansible-ini\t''
csv\t''"
complete -c sanid-fleet -n "__fish_sanid_fleet_using_subcommand derive" -l scheme -d 'The rule of hosts whose row names none: sanid-v1, talos, nvme-cli-1 or nvme-stas from machine-ids, nvme-cli-2 from system UUIDs, nvme-cli-3 from system UUIDs or else machine-ids' -r -f -a "sanid-v1\t''
talos\t''
nvme-cli-1\t''
nvme-cli-2\t''
nvme-cli-3\t''
nvme-stas\t''"
complete -c sanid-fleet -n "__fish_sanid_fleet_using_subcommand derive" -l iqn-prefix -d 'What stands before the \':\' of the initiator name, where the row has none' -r
complete -c sanid-fleet -n "__fish_sanid_fleet_using_subcommand derive" -l iqn-template -d 'The initiator name with {id}, {id12} and {hostname} in it, as in the configuration of hosts' -r
complete -c sanid-fleet -n "__fish_sanid_fleet_using_subcommand derive" -l format -d 'csv and ndjson are what the other commands read, json is one document, table is for people' -r -f -a "csv\t'A header, and one line for a host: what every other command reads'
ndjson\t'One object to a line: what every other command reads, too'
json\t'One document'
table\t'Columns for people'"
complete -c sanid-fleet -n "__fish_sanid_fleet_using_subcommand derive" -l threads -d 'How many cores to use; all of them unless given' -r
complete -c sanid-fleet -n "__fish_sanid_fleet_using_subcommand derive" -l memory -d 'Of 0.1, where it limited memory; without effect' -r
complete -c sanid-fleet -n "__fish_sanid_fleet_using_subcommand derive" -l strict -d 'End at the first bad row'
complete -c sanid-fleet -n "__fish_sanid_fleet_using_subcommand derive" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c sanid-fleet -n "__fish_sanid_fleet_using_subcommand diff" -l to -d 'The format' -r -f -a "lio\t'LIO: a script for targetcli (reads saveconfig.json)'
lio-json\t'LIO: a saveconfig.json to restore; with --base, the given one and the hosts'
nvmet\t'nvmet: a script for configfs (reads nvmetcli\'s JSON or a listing of configfs)'
nvmet-json\t'nvmet: a configuration for nvmetcli restore; with --base, the given one and the hosts'
spdk-nvmf\t'SPDK\'s NVMe target: JSON-RPC requests, one to a line (reads nvmf_get_subsystems, save_config)'
spdk-iscsi\t'SPDK\'s iSCSI target: JSON-RPC requests, one to a line (reads iscsi_get_initiator_groups, save_config)'
tgt\t'tgt: a <target> of targets.conf (reads tgt-admin --dump, targets.conf, tgtadm --op show)'
tgtadm\t'tgt: a script of tgtadm commands for the running tgtd (reads what tgt reads)'
scst\t'SCST: a group of scst.conf (reads scst.conf)'
scstadmin\t'SCST: a script of scstadmin commands (reads scst.conf)'
ceph-nvmeof\t'Ceph\'s NVMe gateway: a script of nvmeof-cli commands (reads host list --format json)'
truenas-iscsi\t'TrueNAS iSCSI: a script of midclt calls for a group of initiators (reads iscsi.initiator.query)'
truenas-nvmet\t'TrueNAS NVMe: a script of midclt calls (reads nvmet.host_subsys.query)'
ontap-igroup\t'ONTAP iSCSI: Ansible variables for na_ontap_igroup (reads REST\'s /protocols/san/igroups)'
ontap-nvme\t'ONTAP NVMe: Ansible variables for na_ontap_nvme_subsystem (reads REST\'s /protocols/nvme/subsystems)'
pure\t'Pure FlashArray: Ansible variables for purefa_host (reads purefa_info\'s hosts)'
powerstore\t'Dell PowerStore: Ansible variables for the host module (reads REST\'s /host)'
terraform\t'Terraform: the variable sanid_hosts, a map of hosts, as tfvars.json (reads the same)'
csv\t'CSV: host,iqn,host_nqn,host_id; diff puts a column \'change\' before them'
ndjson\t'NDJSON: one host to a line; diff adds a member \'change\''"
complete -c sanid-fleet -n "__fish_sanid_fleet_using_subcommand diff" -l against -d 'What the target has now, as its own tool says it; - is standard input' -r -F
complete -c sanid-fleet -n "__fish_sanid_fleet_using_subcommand diff" -l target -d 'The iSCSI target' -r
complete -c sanid-fleet -n "__fish_sanid_fleet_using_subcommand diff" -l tpg -d 'The tag of the target\'s portal group [default: 1]' -r
complete -c sanid-fleet -n "__fish_sanid_fleet_using_subcommand diff" -l subsystem -d 'The NVMe subsystem' -r
complete -c sanid-fleet -n "__fish_sanid_fleet_using_subcommand diff" -l group -d 'The group of initiators: its name, or its number or numbers' -r
complete -c sanid-fleet -n "__fish_sanid_fleet_using_subcommand diff" -l vserver -d 'The storage virtual machine of ONTAP' -r
complete -c sanid-fleet -n "__fish_sanid_fleet_using_subcommand diff" -l protocol -d 'Which names, for formats that hold either' -r -f -a "iscsi\t'Initiator names'
nvme\t'Host NQNs'"
complete -c sanid-fleet -n "__fish_sanid_fleet_using_subcommand diff" -l prune -d 'Also remove names that belong to no host of the list; wildcards and addresses stay'
complete -c sanid-fleet -n "__fish_sanid_fleet_using_subcommand diff" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c sanid-fleet -n "__fish_sanid_fleet_using_subcommand duplicates" -l format -d 'As text for people, or as JSON for programs' -r -f -a "text\t'For people'
json\t'For programs: apiVersion sanid/v1'"
complete -c sanid-fleet -n "__fish_sanid_fleet_using_subcommand duplicates" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c sanid-fleet -n "__fish_sanid_fleet_using_subcommand sessions" -l from -d 'Ask the target on this machine' -r -f -a "lio\t'LIO, the iSCSI target of the kernel (targetcli), by its configfs'
nvmet\t'nvmet, the NVMe target of the kernel, by its debugfs (Linux 6.11)'
scst\t'SCST, by its sysfs'
tgt\t'tgtd, by tgtadm'
spdk\t'SPDK\'s NVMe target, by /var/tmp/spdk.sock'"
complete -c sanid-fleet -n "__fish_sanid_fleet_using_subcommand sessions" -l watch -d 'Take N snapshots, half a second apart, and compare them' -r
complete -c sanid-fleet -n "__fish_sanid_fleet_using_subcommand sessions" -l root -d 'Where the root of the target is mounted' -r -F
complete -c sanid-fleet -n "__fish_sanid_fleet_using_subcommand sessions" -l format -d 'As text for people, or as JSON for programs' -r -f -a "text\t'For people'
json\t'For programs: apiVersion sanid/v1'"
complete -c sanid-fleet -n "__fish_sanid_fleet_using_subcommand sessions" -l snapshots -d 'The files are snapshots of one target, in their order'
complete -c sanid-fleet -n "__fish_sanid_fleet_using_subcommand sessions" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c sanid-fleet -n "__fish_sanid_fleet_using_subcommand export" -l to -d 'The format' -r -f -a "lio\t'LIO: a script for targetcli (reads saveconfig.json)'
lio-json\t'LIO: a saveconfig.json to restore; with --base, the given one and the hosts'
nvmet\t'nvmet: a script for configfs (reads nvmetcli\'s JSON or a listing of configfs)'
nvmet-json\t'nvmet: a configuration for nvmetcli restore; with --base, the given one and the hosts'
spdk-nvmf\t'SPDK\'s NVMe target: JSON-RPC requests, one to a line (reads nvmf_get_subsystems, save_config)'
spdk-iscsi\t'SPDK\'s iSCSI target: JSON-RPC requests, one to a line (reads iscsi_get_initiator_groups, save_config)'
tgt\t'tgt: a <target> of targets.conf (reads tgt-admin --dump, targets.conf, tgtadm --op show)'
tgtadm\t'tgt: a script of tgtadm commands for the running tgtd (reads what tgt reads)'
scst\t'SCST: a group of scst.conf (reads scst.conf)'
scstadmin\t'SCST: a script of scstadmin commands (reads scst.conf)'
ceph-nvmeof\t'Ceph\'s NVMe gateway: a script of nvmeof-cli commands (reads host list --format json)'
truenas-iscsi\t'TrueNAS iSCSI: a script of midclt calls for a group of initiators (reads iscsi.initiator.query)'
truenas-nvmet\t'TrueNAS NVMe: a script of midclt calls (reads nvmet.host_subsys.query)'
ontap-igroup\t'ONTAP iSCSI: Ansible variables for na_ontap_igroup (reads REST\'s /protocols/san/igroups)'
ontap-nvme\t'ONTAP NVMe: Ansible variables for na_ontap_nvme_subsystem (reads REST\'s /protocols/nvme/subsystems)'
pure\t'Pure FlashArray: Ansible variables for purefa_host (reads purefa_info\'s hosts)'
powerstore\t'Dell PowerStore: Ansible variables for the host module (reads REST\'s /host)'
terraform\t'Terraform: the variable sanid_hosts, a map of hosts, as tfvars.json (reads the same)'
csv\t'CSV: host,iqn,host_nqn,host_id; diff puts a column \'change\' before them'
ndjson\t'NDJSON: one host to a line; diff adds a member \'change\''"
complete -c sanid-fleet -n "__fish_sanid_fleet_using_subcommand export" -l target -d 'The iSCSI target' -r
complete -c sanid-fleet -n "__fish_sanid_fleet_using_subcommand export" -l tpg -d 'The tag of the target\'s portal group [default: 1]' -r
complete -c sanid-fleet -n "__fish_sanid_fleet_using_subcommand export" -l subsystem -d 'The NVMe subsystem' -r
complete -c sanid-fleet -n "__fish_sanid_fleet_using_subcommand export" -l group -d 'The group of initiators: its name, or its number or numbers' -r
complete -c sanid-fleet -n "__fish_sanid_fleet_using_subcommand export" -l vserver -d 'The storage virtual machine of ONTAP' -r
complete -c sanid-fleet -n "__fish_sanid_fleet_using_subcommand export" -l protocol -d 'Which names, for formats that hold either' -r -f -a "iscsi\t'Initiator names'
nvme\t'Host NQNs'"
complete -c sanid-fleet -n "__fish_sanid_fleet_using_subcommand export" -l base -d 'Write the hosts into this configuration of the target (lio-json, nvmet-json)' -r -F
complete -c sanid-fleet -n "__fish_sanid_fleet_using_subcommand export" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c sanid-fleet -n "__fish_sanid_fleet_using_subcommand import" -l from -d 'The format' -r -f -a "lio\t'LIO: a script for targetcli (reads saveconfig.json)'
lio-json\t'LIO: a saveconfig.json to restore; with --base, the given one and the hosts'
nvmet\t'nvmet: a script for configfs (reads nvmetcli\'s JSON or a listing of configfs)'
nvmet-json\t'nvmet: a configuration for nvmetcli restore; with --base, the given one and the hosts'
spdk-nvmf\t'SPDK\'s NVMe target: JSON-RPC requests, one to a line (reads nvmf_get_subsystems, save_config)'
spdk-iscsi\t'SPDK\'s iSCSI target: JSON-RPC requests, one to a line (reads iscsi_get_initiator_groups, save_config)'
tgt\t'tgt: a <target> of targets.conf (reads tgt-admin --dump, targets.conf, tgtadm --op show)'
tgtadm\t'tgt: a script of tgtadm commands for the running tgtd (reads what tgt reads)'
scst\t'SCST: a group of scst.conf (reads scst.conf)'
scstadmin\t'SCST: a script of scstadmin commands (reads scst.conf)'
ceph-nvmeof\t'Ceph\'s NVMe gateway: a script of nvmeof-cli commands (reads host list --format json)'
truenas-iscsi\t'TrueNAS iSCSI: a script of midclt calls for a group of initiators (reads iscsi.initiator.query)'
truenas-nvmet\t'TrueNAS NVMe: a script of midclt calls (reads nvmet.host_subsys.query)'
ontap-igroup\t'ONTAP iSCSI: Ansible variables for na_ontap_igroup (reads REST\'s /protocols/san/igroups)'
ontap-nvme\t'ONTAP NVMe: Ansible variables for na_ontap_nvme_subsystem (reads REST\'s /protocols/nvme/subsystems)'
pure\t'Pure FlashArray: Ansible variables for purefa_host (reads purefa_info\'s hosts)'
powerstore\t'Dell PowerStore: Ansible variables for the host module (reads REST\'s /host)'
terraform\t'Terraform: the variable sanid_hosts, a map of hosts, as tfvars.json (reads the same)'
csv\t'CSV: host,iqn,host_nqn,host_id; diff puts a column \'change\' before them'
ndjson\t'NDJSON: one host to a line; diff adds a member \'change\''"
complete -c sanid-fleet -n "__fish_sanid_fleet_using_subcommand import" -l inventory -d 'Hosts that there should be: a list as sanid-fleet derive or kubectl writes it' -r -F
complete -c sanid-fleet -n "__fish_sanid_fleet_using_subcommand import" -l format -d 'How to write the list' -r -f -a "csv\t'Rows with a header'
ndjson\t'One object to a line'"
complete -c sanid-fleet -n "__fish_sanid_fleet_using_subcommand import" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c sanid-fleet -n "__fish_sanid_fleet_using_subcommand audit" -l inventory -d 'Hosts that there should be: a list as sanid-fleet derive or kubectl writes it' -r -F
complete -c sanid-fleet -n "__fish_sanid_fleet_using_subcommand audit" -l sessions -d 'Logins at a target: its own output, or sanid-fleet sessions --format json; repeatable' -r -F
complete -c sanid-fleet -n "__fish_sanid_fleet_using_subcommand audit" -l names -d 'Names that arrays, hypervisors or inventories list: any file that sanid-fleet duplicates reads; repeatable' -r -F
complete -c sanid-fleet -n "__fish_sanid_fleet_using_subcommand audit" -l limit -d 'List at most N sets of hosts that share something, N findings of each other code and N hosts of a finding; totals count all' -r
complete -c sanid-fleet -n "__fish_sanid_fleet_using_subcommand audit" -l memory -d 'Of 0.1, where it limited memory; without effect' -r
complete -c sanid-fleet -n "__fish_sanid_fleet_using_subcommand audit" -l format -d 'As text for people, or as JSON for programs' -r -f -a "text\t'For people'
json\t'For programs: apiVersion sanid/v1'"
complete -c sanid-fleet -n "__fish_sanid_fleet_using_subcommand audit" -l strict -d 'Stop at the first document that is no report'
complete -c sanid-fleet -n "__fish_sanid_fleet_using_subcommand audit" -l hosts -d 'With --format json: list every host, too, as sanid-fleet report uses it'
complete -c sanid-fleet -n "__fish_sanid_fleet_using_subcommand audit" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c sanid-fleet -n "__fish_sanid_fleet_using_subcommand collect" -l ssh -d 'Ask the hosts in this file, one on each line as ssh takes it; - is standard input' -r -F
complete -c sanid-fleet -n "__fish_sanid_fleet_using_subcommand collect" -l jobs -d 'Ask so many hosts at a time' -r
complete -c sanid-fleet -n "__fish_sanid_fleet_using_subcommand collect" -l connect-timeout -d 'Seconds that a connection may take' -r
complete -c sanid-fleet -n "__fish_sanid_fleet_using_subcommand collect" -l timeout -d 'Seconds that a host may take altogether' -r
complete -c sanid-fleet -n "__fish_sanid_fleet_using_subcommand collect" -l command -d 'What to run there, where it is not in the usual place' -r
complete -c sanid-fleet -n "__fish_sanid_fleet_using_subcommand collect" -l ssh-config -d 'Another configuration of ssh than the usual one' -r -F
complete -c sanid-fleet -n "__fish_sanid_fleet_using_subcommand collect" -l ssh-option -d 'An option for ssh, as its -o takes it' -r
complete -c sanid-fleet -n "__fish_sanid_fleet_using_subcommand collect" -l sudo -d 'Run the command there as root, by sudo -n'
complete -c sanid-fleet -n "__fish_sanid_fleet_using_subcommand collect" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c sanid-fleet -n "__fish_sanid_fleet_using_subcommand report" -l html -d 'Write the page to this file, or to standard output' -r -F
complete -c sanid-fleet -n "__fish_sanid_fleet_using_subcommand report" -l title -d 'What stands at its top' -r
complete -c sanid-fleet -n "__fish_sanid_fleet_using_subcommand report" -l inventory -d 'Hosts that there should be: a list as sanid-fleet derive or kubectl writes it' -r -F
complete -c sanid-fleet -n "__fish_sanid_fleet_using_subcommand report" -l sessions -d 'Logins at a target: its own output, or sanid-fleet sessions --format json; repeatable' -r -F
complete -c sanid-fleet -n "__fish_sanid_fleet_using_subcommand report" -l names -d 'Names that arrays, hypervisors or inventories list: any file that sanid-fleet duplicates reads; repeatable' -r -F
complete -c sanid-fleet -n "__fish_sanid_fleet_using_subcommand report" -l limit -d 'List at most N sets of hosts that share something, N findings of each other code and N hosts of a finding; totals count all' -r
complete -c sanid-fleet -n "__fish_sanid_fleet_using_subcommand report" -l memory -d 'Of 0.1, where it limited memory; without effect' -r
complete -c sanid-fleet -n "__fish_sanid_fleet_using_subcommand report" -l strict -d 'Stop at the first document that is no report'
complete -c sanid-fleet -n "__fish_sanid_fleet_using_subcommand report" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c sanid-fleet -n "__fish_sanid_fleet_using_subcommand escrow; and not __fish_seen_subcommand_from check help" -l root -d 'The host below DIR; / is this one' -r -f -a "(__fish_complete_directories)"
complete -c sanid-fleet -n "__fish_sanid_fleet_using_subcommand escrow; and not __fish_seen_subcommand_from check help" -l host -d 'What the host is called; unless given, its /etc/hostname, or what the report says, or the name of FILE' -r
complete -c sanid-fleet -n "__fish_sanid_fleet_using_subcommand escrow; and not __fish_seen_subcommand_from check help" -l address -d 'Where the host answers, for sanid adopt --probe; may be given again' -r
complete -c sanid-fleet -n "__fish_sanid_fleet_using_subcommand escrow; and not __fish_seen_subcommand_from check help" -s r -l recipient -d 'Encrypt to this recipient of age, such as age1…; may be given again' -r
complete -c sanid-fleet -n "__fish_sanid_fleet_using_subcommand escrow; and not __fish_seen_subcommand_from check help" -s R -l recipients-file -d 'Encrypt to the recipients in this file of age; may be given again' -r -F
complete -c sanid-fleet -n "__fish_sanid_fleet_using_subcommand escrow; and not __fish_seen_subcommand_from check help" -s o -l output -d 'Write to this new file, which its owner alone can read' -r -F
complete -c sanid-fleet -n "__fish_sanid_fleet_using_subcommand escrow; and not __fish_seen_subcommand_from check help" -l with-machine-id -d 'Keep the machine-id, too; only with --root, and only encrypted'
complete -c sanid-fleet -n "__fish_sanid_fleet_using_subcommand escrow; and not __fish_seen_subcommand_from check help" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c sanid-fleet -n "__fish_sanid_fleet_using_subcommand escrow; and not __fish_seen_subcommand_from check help" -a "check" -d 'Ask the claim store whether a host still holds the identity in a record'
complete -c sanid-fleet -n "__fish_sanid_fleet_using_subcommand escrow; and not __fish_seen_subcommand_from check help" -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c sanid-fleet -n "__fish_sanid_fleet_using_subcommand escrow; and __fish_seen_subcommand_from check" -l store -d 'sqlite:FILE or etcd:URL[,URL…] (default: store in the configuration)' -r
complete -c sanid-fleet -n "__fish_sanid_fleet_using_subcommand escrow; and __fish_seen_subcommand_from check" -l config -d 'A file instead of /etc/sanid/claim.toml' -r -F
complete -c sanid-fleet -n "__fish_sanid_fleet_using_subcommand escrow; and __fish_seen_subcommand_from check" -l root -d 'The host whose /etc/sanid/claim.toml names the store; every file that it names is below DIR, too' -r -f -a "(__fish_complete_directories)"
complete -c sanid-fleet -n "__fish_sanid_fleet_using_subcommand escrow; and __fish_seen_subcommand_from check" -l wait -d 'How long to wait for the store, such as 10s' -r
complete -c sanid-fleet -n "__fish_sanid_fleet_using_subcommand escrow; and __fish_seen_subcommand_from check" -l offline -d 'Do not ask a store on the network'
complete -c sanid-fleet -n "__fish_sanid_fleet_using_subcommand escrow; and __fish_seen_subcommand_from check" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c sanid-fleet -n "__fish_sanid_fleet_using_subcommand escrow; and __fish_seen_subcommand_from help" -f -a "check" -d 'Ask the claim store whether a host still holds the identity in a record'
complete -c sanid-fleet -n "__fish_sanid_fleet_using_subcommand escrow; and __fish_seen_subcommand_from help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c sanid-fleet -n "__fish_sanid_fleet_using_subcommand claim; and not __fish_seen_subcommand_from release list watch takeover gate metrics request help" -l store -d 'sqlite:FILE or etcd:URL[,URL…] (default: store in the configuration)' -r
complete -c sanid-fleet -n "__fish_sanid_fleet_using_subcommand claim; and not __fish_seen_subcommand_from release list watch takeover gate metrics request help" -l config -d 'A file instead of /etc/sanid/claim.toml' -r -F
complete -c sanid-fleet -n "__fish_sanid_fleet_using_subcommand claim; and not __fish_seen_subcommand_from release list watch takeover gate metrics request help" -l lease -d 'For how long the claim holds without being renewed, such as 24h; none: until it is released' -r
complete -c sanid-fleet -n "__fish_sanid_fleet_using_subcommand claim; and not __fish_seen_subcommand_from release list watch takeover gate metrics request help" -l wait -d 'How long to wait for the store, such as 10s' -r
complete -c sanid-fleet -n "__fish_sanid_fleet_using_subcommand claim; and not __fish_seen_subcommand_from release list watch takeover gate metrics request help" -l for -d 'Claim for a different host: what claim request or sanid status --format json printed there, or its escrow record; - is standard input' -r -F
complete -c sanid-fleet -n "__fish_sanid_fleet_using_subcommand claim; and not __fish_seen_subcommand_from release list watch takeover gate metrics request help" -l name -d 'The host\'s name in the claim' -r
complete -c sanid-fleet -n "__fish_sanid_fleet_using_subcommand claim; and not __fish_seen_subcommand_from release list watch takeover gate metrics request help" -l root -d 'Where the root of the host is mounted that claims' -r -f -a "(__fish_complete_directories)"
complete -c sanid-fleet -n "__fish_sanid_fleet_using_subcommand claim; and not __fish_seen_subcommand_from release list watch takeover gate metrics request help" -l ca -d 'Who signs etcd\'s certificates' -r -F
complete -c sanid-fleet -n "__fish_sanid_fleet_using_subcommand claim; and not __fish_seen_subcommand_from release list watch takeover gate metrics request help" -l cert -d 'This host\'s certificate for etcd' -r -F
complete -c sanid-fleet -n "__fish_sanid_fleet_using_subcommand claim; and not __fish_seen_subcommand_from release list watch takeover gate metrics request help" -l key -d 'Its key' -r -F
complete -c sanid-fleet -n "__fish_sanid_fleet_using_subcommand claim; and not __fish_seen_subcommand_from release list watch takeover gate metrics request help" -l format -d 'How to print' -r -f -a "text\t'For people'
json\t'For programs: apiVersion sanid/v1'"
complete -c sanid-fleet -n "__fish_sanid_fleet_using_subcommand claim; and not __fish_seen_subcommand_from release list watch takeover gate metrics request help" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c sanid-fleet -n "__fish_sanid_fleet_using_subcommand claim; and not __fish_seen_subcommand_from release list watch takeover gate metrics request help" -f -a "release" -d 'Give the claim back'
complete -c sanid-fleet -n "__fish_sanid_fleet_using_subcommand claim; and not __fish_seen_subcommand_from release list watch takeover gate metrics request help" -f -a "list" -d 'Show every claim'
complete -c sanid-fleet -n "__fish_sanid_fleet_using_subcommand claim; and not __fish_seen_subcommand_from release list watch takeover gate metrics request help" -f -a "watch" -d 'Print what happens to claims, one JSON object to a line, as it happens'
complete -c sanid-fleet -n "__fish_sanid_fleet_using_subcommand claim; and not __fish_seen_subcommand_from release list watch takeover gate metrics request help" -f -a "takeover" -d 'Take the claim of a host that is cut off from its storage, or whose lease has expired'
complete -c sanid-fleet -n "__fish_sanid_fleet_using_subcommand claim; and not __fish_seen_subcommand_from release list watch takeover gate metrics request help" -f -a "gate" -d 'At boot: claim by the policy in the configuration; exit code 1 holds back the storage clients'
complete -c sanid-fleet -n "__fish_sanid_fleet_using_subcommand claim; and not __fish_seen_subcommand_from release list watch takeover gate metrics request help" -f -a "metrics" -d 'Print figures for monitoring, in Prometheus\' text format'
complete -c sanid-fleet -n "__fish_sanid_fleet_using_subcommand claim; and not __fish_seen_subcommand_from release list watch takeover gate metrics request help" -f -a "request" -d 'Print what this host would claim, for --for on a different machine; asks no store'
complete -c sanid-fleet -n "__fish_sanid_fleet_using_subcommand claim; and not __fish_seen_subcommand_from release list watch takeover gate metrics request help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c sanid-fleet -n "__fish_sanid_fleet_using_subcommand claim; and __fish_seen_subcommand_from release" -l store -d 'sqlite:FILE or etcd:URL[,URL…] (default: store in the configuration)' -r
complete -c sanid-fleet -n "__fish_sanid_fleet_using_subcommand claim; and __fish_seen_subcommand_from release" -l config -d 'A file instead of /etc/sanid/claim.toml' -r -F
complete -c sanid-fleet -n "__fish_sanid_fleet_using_subcommand claim; and __fish_seen_subcommand_from release" -l lease -d 'For how long the claim holds without being renewed, such as 24h; none: until it is released' -r
complete -c sanid-fleet -n "__fish_sanid_fleet_using_subcommand claim; and __fish_seen_subcommand_from release" -l wait -d 'How long to wait for the store, such as 10s' -r
complete -c sanid-fleet -n "__fish_sanid_fleet_using_subcommand claim; and __fish_seen_subcommand_from release" -l for -d 'Claim for a different host: what claim request or sanid status --format json printed there, or its escrow record; - is standard input' -r -F
complete -c sanid-fleet -n "__fish_sanid_fleet_using_subcommand claim; and __fish_seen_subcommand_from release" -l name -d 'The host\'s name in the claim' -r
complete -c sanid-fleet -n "__fish_sanid_fleet_using_subcommand claim; and __fish_seen_subcommand_from release" -l root -d 'Where the root of the host is mounted that claims' -r -f -a "(__fish_complete_directories)"
complete -c sanid-fleet -n "__fish_sanid_fleet_using_subcommand claim; and __fish_seen_subcommand_from release" -l ca -d 'Who signs etcd\'s certificates' -r -F
complete -c sanid-fleet -n "__fish_sanid_fleet_using_subcommand claim; and __fish_seen_subcommand_from release" -l cert -d 'This host\'s certificate for etcd' -r -F
complete -c sanid-fleet -n "__fish_sanid_fleet_using_subcommand claim; and __fish_seen_subcommand_from release" -l key -d 'Its key' -r -F
complete -c sanid-fleet -n "__fish_sanid_fleet_using_subcommand claim; and __fish_seen_subcommand_from release" -l format -d 'How to print' -r -f -a "text\t'For people'
json\t'For programs: apiVersion sanid/v1'"
complete -c sanid-fleet -n "__fish_sanid_fleet_using_subcommand claim; and __fish_seen_subcommand_from release" -l fenced -d 'The host that has it can write to no volume any more: you have cut it off, or it is gone'
complete -c sanid-fleet -n "__fish_sanid_fleet_using_subcommand claim; and __fish_seen_subcommand_from release" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c sanid-fleet -n "__fish_sanid_fleet_using_subcommand claim; and __fish_seen_subcommand_from list" -l store -d 'sqlite:FILE or etcd:URL[,URL…] (default: store in the configuration)' -r
complete -c sanid-fleet -n "__fish_sanid_fleet_using_subcommand claim; and __fish_seen_subcommand_from list" -l config -d 'A file instead of /etc/sanid/claim.toml' -r -F
complete -c sanid-fleet -n "__fish_sanid_fleet_using_subcommand claim; and __fish_seen_subcommand_from list" -l lease -d 'For how long the claim holds without being renewed, such as 24h; none: until it is released' -r
complete -c sanid-fleet -n "__fish_sanid_fleet_using_subcommand claim; and __fish_seen_subcommand_from list" -l wait -d 'How long to wait for the store, such as 10s' -r
complete -c sanid-fleet -n "__fish_sanid_fleet_using_subcommand claim; and __fish_seen_subcommand_from list" -l for -d 'Claim for a different host: what claim request or sanid status --format json printed there, or its escrow record; - is standard input' -r -F
complete -c sanid-fleet -n "__fish_sanid_fleet_using_subcommand claim; and __fish_seen_subcommand_from list" -l name -d 'The host\'s name in the claim' -r
complete -c sanid-fleet -n "__fish_sanid_fleet_using_subcommand claim; and __fish_seen_subcommand_from list" -l root -d 'Where the root of the host is mounted that claims' -r -f -a "(__fish_complete_directories)"
complete -c sanid-fleet -n "__fish_sanid_fleet_using_subcommand claim; and __fish_seen_subcommand_from list" -l ca -d 'Who signs etcd\'s certificates' -r -F
complete -c sanid-fleet -n "__fish_sanid_fleet_using_subcommand claim; and __fish_seen_subcommand_from list" -l cert -d 'This host\'s certificate for etcd' -r -F
complete -c sanid-fleet -n "__fish_sanid_fleet_using_subcommand claim; and __fish_seen_subcommand_from list" -l key -d 'Its key' -r -F
complete -c sanid-fleet -n "__fish_sanid_fleet_using_subcommand claim; and __fish_seen_subcommand_from list" -l format -d 'How to print' -r -f -a "text\t'For people'
json\t'For programs: apiVersion sanid/v1'"
complete -c sanid-fleet -n "__fish_sanid_fleet_using_subcommand claim; and __fish_seen_subcommand_from list" -l history -d 'What happened, instead of what is'
complete -c sanid-fleet -n "__fish_sanid_fleet_using_subcommand claim; and __fish_seen_subcommand_from list" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c sanid-fleet -n "__fish_sanid_fleet_using_subcommand claim; and __fish_seen_subcommand_from watch" -l after -d 'Begin after the event with this number; 0 is from the first one on' -r
complete -c sanid-fleet -n "__fish_sanid_fleet_using_subcommand claim; and __fish_seen_subcommand_from watch" -l limit -d 'End after so many events' -r
complete -c sanid-fleet -n "__fish_sanid_fleet_using_subcommand claim; and __fish_seen_subcommand_from watch" -l idle -d 'End when nothing has happened for so long' -r
complete -c sanid-fleet -n "__fish_sanid_fleet_using_subcommand claim; and __fish_seen_subcommand_from watch" -l store -d 'sqlite:FILE or etcd:URL[,URL…] (default: store in the configuration)' -r
complete -c sanid-fleet -n "__fish_sanid_fleet_using_subcommand claim; and __fish_seen_subcommand_from watch" -l config -d 'A file instead of /etc/sanid/claim.toml' -r -F
complete -c sanid-fleet -n "__fish_sanid_fleet_using_subcommand claim; and __fish_seen_subcommand_from watch" -l lease -d 'For how long the claim holds without being renewed, such as 24h; none: until it is released' -r
complete -c sanid-fleet -n "__fish_sanid_fleet_using_subcommand claim; and __fish_seen_subcommand_from watch" -l wait -d 'How long to wait for the store, such as 10s' -r
complete -c sanid-fleet -n "__fish_sanid_fleet_using_subcommand claim; and __fish_seen_subcommand_from watch" -l for -d 'Claim for a different host: what claim request or sanid status --format json printed there, or its escrow record; - is standard input' -r -F
complete -c sanid-fleet -n "__fish_sanid_fleet_using_subcommand claim; and __fish_seen_subcommand_from watch" -l name -d 'The host\'s name in the claim' -r
complete -c sanid-fleet -n "__fish_sanid_fleet_using_subcommand claim; and __fish_seen_subcommand_from watch" -l root -d 'Where the root of the host is mounted that claims' -r -f -a "(__fish_complete_directories)"
complete -c sanid-fleet -n "__fish_sanid_fleet_using_subcommand claim; and __fish_seen_subcommand_from watch" -l ca -d 'Who signs etcd\'s certificates' -r -F
complete -c sanid-fleet -n "__fish_sanid_fleet_using_subcommand claim; and __fish_seen_subcommand_from watch" -l cert -d 'This host\'s certificate for etcd' -r -F
complete -c sanid-fleet -n "__fish_sanid_fleet_using_subcommand claim; and __fish_seen_subcommand_from watch" -l key -d 'Its key' -r -F
complete -c sanid-fleet -n "__fish_sanid_fleet_using_subcommand claim; and __fish_seen_subcommand_from watch" -l format -d 'How to print' -r -f -a "text\t'For people'
json\t'For programs: apiVersion sanid/v1'"
complete -c sanid-fleet -n "__fish_sanid_fleet_using_subcommand claim; and __fish_seen_subcommand_from watch" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c sanid-fleet -n "__fish_sanid_fleet_using_subcommand claim; and __fish_seen_subcommand_from takeover" -l store -d 'sqlite:FILE or etcd:URL[,URL…] (default: store in the configuration)' -r
complete -c sanid-fleet -n "__fish_sanid_fleet_using_subcommand claim; and __fish_seen_subcommand_from takeover" -l config -d 'A file instead of /etc/sanid/claim.toml' -r -F
complete -c sanid-fleet -n "__fish_sanid_fleet_using_subcommand claim; and __fish_seen_subcommand_from takeover" -l lease -d 'For how long the claim holds without being renewed, such as 24h; none: until it is released' -r
complete -c sanid-fleet -n "__fish_sanid_fleet_using_subcommand claim; and __fish_seen_subcommand_from takeover" -l wait -d 'How long to wait for the store, such as 10s' -r
complete -c sanid-fleet -n "__fish_sanid_fleet_using_subcommand claim; and __fish_seen_subcommand_from takeover" -l for -d 'Claim for a different host: what claim request or sanid status --format json printed there, or its escrow record; - is standard input' -r -F
complete -c sanid-fleet -n "__fish_sanid_fleet_using_subcommand claim; and __fish_seen_subcommand_from takeover" -l name -d 'The host\'s name in the claim' -r
complete -c sanid-fleet -n "__fish_sanid_fleet_using_subcommand claim; and __fish_seen_subcommand_from takeover" -l root -d 'Where the root of the host is mounted that claims' -r -f -a "(__fish_complete_directories)"
complete -c sanid-fleet -n "__fish_sanid_fleet_using_subcommand claim; and __fish_seen_subcommand_from takeover" -l ca -d 'Who signs etcd\'s certificates' -r -F
complete -c sanid-fleet -n "__fish_sanid_fleet_using_subcommand claim; and __fish_seen_subcommand_from takeover" -l cert -d 'This host\'s certificate for etcd' -r -F
complete -c sanid-fleet -n "__fish_sanid_fleet_using_subcommand claim; and __fish_seen_subcommand_from takeover" -l key -d 'Its key' -r -F
complete -c sanid-fleet -n "__fish_sanid_fleet_using_subcommand claim; and __fish_seen_subcommand_from takeover" -l format -d 'How to print' -r -f -a "text\t'For people'
json\t'For programs: apiVersion sanid/v1'"
complete -c sanid-fleet -n "__fish_sanid_fleet_using_subcommand claim; and __fish_seen_subcommand_from takeover" -l fenced -d 'The host that has it can write to no volume any more: you have cut it off, or it is gone'
complete -c sanid-fleet -n "__fish_sanid_fleet_using_subcommand claim; and __fish_seen_subcommand_from takeover" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c sanid-fleet -n "__fish_sanid_fleet_using_subcommand claim; and __fish_seen_subcommand_from gate" -l store -d 'sqlite:FILE or etcd:URL[,URL…] (default: store in the configuration)' -r
complete -c sanid-fleet -n "__fish_sanid_fleet_using_subcommand claim; and __fish_seen_subcommand_from gate" -l config -d 'A file instead of /etc/sanid/claim.toml' -r -F
complete -c sanid-fleet -n "__fish_sanid_fleet_using_subcommand claim; and __fish_seen_subcommand_from gate" -l lease -d 'For how long the claim holds without being renewed, such as 24h; none: until it is released' -r
complete -c sanid-fleet -n "__fish_sanid_fleet_using_subcommand claim; and __fish_seen_subcommand_from gate" -l wait -d 'How long to wait for the store, such as 10s' -r
complete -c sanid-fleet -n "__fish_sanid_fleet_using_subcommand claim; and __fish_seen_subcommand_from gate" -l for -d 'Claim for a different host: what claim request or sanid status --format json printed there, or its escrow record; - is standard input' -r -F
complete -c sanid-fleet -n "__fish_sanid_fleet_using_subcommand claim; and __fish_seen_subcommand_from gate" -l name -d 'The host\'s name in the claim' -r
complete -c sanid-fleet -n "__fish_sanid_fleet_using_subcommand claim; and __fish_seen_subcommand_from gate" -l root -d 'Where the root of the host is mounted that claims' -r -f -a "(__fish_complete_directories)"
complete -c sanid-fleet -n "__fish_sanid_fleet_using_subcommand claim; and __fish_seen_subcommand_from gate" -l ca -d 'Who signs etcd\'s certificates' -r -F
complete -c sanid-fleet -n "__fish_sanid_fleet_using_subcommand claim; and __fish_seen_subcommand_from gate" -l cert -d 'This host\'s certificate for etcd' -r -F
complete -c sanid-fleet -n "__fish_sanid_fleet_using_subcommand claim; and __fish_seen_subcommand_from gate" -l key -d 'Its key' -r -F
complete -c sanid-fleet -n "__fish_sanid_fleet_using_subcommand claim; and __fish_seen_subcommand_from gate" -l format -d 'How to print' -r -f -a "text\t'For people'
json\t'For programs: apiVersion sanid/v1'"
complete -c sanid-fleet -n "__fish_sanid_fleet_using_subcommand claim; and __fish_seen_subcommand_from gate" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c sanid-fleet -n "__fish_sanid_fleet_using_subcommand claim; and __fish_seen_subcommand_from metrics" -l textfile -d 'Put them into this file, whole or not at all' -r -F
complete -c sanid-fleet -n "__fish_sanid_fleet_using_subcommand claim; and __fish_seen_subcommand_from metrics" -l socket -d 'Give them to whoever connects to this Unix socket, by HTTP, until the command is ended' -r -F
complete -c sanid-fleet -n "__fish_sanid_fleet_using_subcommand claim; and __fish_seen_subcommand_from metrics" -l store -d 'sqlite:FILE or etcd:URL[,URL…] (default: store in the configuration)' -r
complete -c sanid-fleet -n "__fish_sanid_fleet_using_subcommand claim; and __fish_seen_subcommand_from metrics" -l config -d 'A file instead of /etc/sanid/claim.toml' -r -F
complete -c sanid-fleet -n "__fish_sanid_fleet_using_subcommand claim; and __fish_seen_subcommand_from metrics" -l lease -d 'For how long the claim holds without being renewed, such as 24h; none: until it is released' -r
complete -c sanid-fleet -n "__fish_sanid_fleet_using_subcommand claim; and __fish_seen_subcommand_from metrics" -l wait -d 'How long to wait for the store, such as 10s' -r
complete -c sanid-fleet -n "__fish_sanid_fleet_using_subcommand claim; and __fish_seen_subcommand_from metrics" -l for -d 'Claim for a different host: what claim request or sanid status --format json printed there, or its escrow record; - is standard input' -r -F
complete -c sanid-fleet -n "__fish_sanid_fleet_using_subcommand claim; and __fish_seen_subcommand_from metrics" -l name -d 'The host\'s name in the claim' -r
complete -c sanid-fleet -n "__fish_sanid_fleet_using_subcommand claim; and __fish_seen_subcommand_from metrics" -l root -d 'Where the root of the host is mounted that claims' -r -f -a "(__fish_complete_directories)"
complete -c sanid-fleet -n "__fish_sanid_fleet_using_subcommand claim; and __fish_seen_subcommand_from metrics" -l ca -d 'Who signs etcd\'s certificates' -r -F
complete -c sanid-fleet -n "__fish_sanid_fleet_using_subcommand claim; and __fish_seen_subcommand_from metrics" -l cert -d 'This host\'s certificate for etcd' -r -F
complete -c sanid-fleet -n "__fish_sanid_fleet_using_subcommand claim; and __fish_seen_subcommand_from metrics" -l key -d 'Its key' -r -F
complete -c sanid-fleet -n "__fish_sanid_fleet_using_subcommand claim; and __fish_seen_subcommand_from metrics" -l format -d 'How to print' -r -f -a "text\t'For people'
json\t'For programs: apiVersion sanid/v1'"
complete -c sanid-fleet -n "__fish_sanid_fleet_using_subcommand claim; and __fish_seen_subcommand_from metrics" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c sanid-fleet -n "__fish_sanid_fleet_using_subcommand claim; and __fish_seen_subcommand_from request" -l store -d 'sqlite:FILE or etcd:URL[,URL…] (default: store in the configuration)' -r
complete -c sanid-fleet -n "__fish_sanid_fleet_using_subcommand claim; and __fish_seen_subcommand_from request" -l config -d 'A file instead of /etc/sanid/claim.toml' -r -F
complete -c sanid-fleet -n "__fish_sanid_fleet_using_subcommand claim; and __fish_seen_subcommand_from request" -l lease -d 'For how long the claim holds without being renewed, such as 24h; none: until it is released' -r
complete -c sanid-fleet -n "__fish_sanid_fleet_using_subcommand claim; and __fish_seen_subcommand_from request" -l wait -d 'How long to wait for the store, such as 10s' -r
complete -c sanid-fleet -n "__fish_sanid_fleet_using_subcommand claim; and __fish_seen_subcommand_from request" -l for -d 'Claim for a different host: what claim request or sanid status --format json printed there, or its escrow record; - is standard input' -r -F
complete -c sanid-fleet -n "__fish_sanid_fleet_using_subcommand claim; and __fish_seen_subcommand_from request" -l name -d 'The host\'s name in the claim' -r
complete -c sanid-fleet -n "__fish_sanid_fleet_using_subcommand claim; and __fish_seen_subcommand_from request" -l root -d 'Where the root of the host is mounted that claims' -r -f -a "(__fish_complete_directories)"
complete -c sanid-fleet -n "__fish_sanid_fleet_using_subcommand claim; and __fish_seen_subcommand_from request" -l ca -d 'Who signs etcd\'s certificates' -r -F
complete -c sanid-fleet -n "__fish_sanid_fleet_using_subcommand claim; and __fish_seen_subcommand_from request" -l cert -d 'This host\'s certificate for etcd' -r -F
complete -c sanid-fleet -n "__fish_sanid_fleet_using_subcommand claim; and __fish_seen_subcommand_from request" -l key -d 'Its key' -r -F
complete -c sanid-fleet -n "__fish_sanid_fleet_using_subcommand claim; and __fish_seen_subcommand_from request" -l format -d 'How to print' -r -f -a "text\t'For people'
json\t'For programs: apiVersion sanid/v1'"
complete -c sanid-fleet -n "__fish_sanid_fleet_using_subcommand claim; and __fish_seen_subcommand_from request" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c sanid-fleet -n "__fish_sanid_fleet_using_subcommand claim; and __fish_seen_subcommand_from help" -f -a "release" -d 'Give the claim back'
complete -c sanid-fleet -n "__fish_sanid_fleet_using_subcommand claim; and __fish_seen_subcommand_from help" -f -a "list" -d 'Show every claim'
complete -c sanid-fleet -n "__fish_sanid_fleet_using_subcommand claim; and __fish_seen_subcommand_from help" -f -a "watch" -d 'Print what happens to claims, one JSON object to a line, as it happens'
complete -c sanid-fleet -n "__fish_sanid_fleet_using_subcommand claim; and __fish_seen_subcommand_from help" -f -a "takeover" -d 'Take the claim of a host that is cut off from its storage, or whose lease has expired'
complete -c sanid-fleet -n "__fish_sanid_fleet_using_subcommand claim; and __fish_seen_subcommand_from help" -f -a "gate" -d 'At boot: claim by the policy in the configuration; exit code 1 holds back the storage clients'
complete -c sanid-fleet -n "__fish_sanid_fleet_using_subcommand claim; and __fish_seen_subcommand_from help" -f -a "metrics" -d 'Print figures for monitoring, in Prometheus\' text format'
complete -c sanid-fleet -n "__fish_sanid_fleet_using_subcommand claim; and __fish_seen_subcommand_from help" -f -a "request" -d 'Print what this host would claim, for --for on a different machine; asks no store'
complete -c sanid-fleet -n "__fish_sanid_fleet_using_subcommand claim; and __fish_seen_subcommand_from help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c sanid-fleet -n "__fish_sanid_fleet_using_subcommand help; and not __fish_seen_subcommand_from derive diff duplicates sessions export import audit collect report escrow claim help" -f -a "derive" -d 'Derive the identities of the hosts in inventories'
complete -c sanid-fleet -n "__fish_sanid_fleet_using_subcommand help; and not __fish_seen_subcommand_from derive diff duplicates sessions export import audit collect report escrow claim help" -f -a "diff" -d 'Write what has to change at a storage target to admit a list of hosts'
complete -c sanid-fleet -n "__fish_sanid_fleet_using_subcommand help; and not __fish_seen_subcommand_from derive diff duplicates sessions export import audit collect report escrow claim help" -f -a "duplicates" -d 'Find hosts that share a storage name, in any table, dump or export'
complete -c sanid-fleet -n "__fish_sanid_fleet_using_subcommand help; and not __fish_seen_subcommand_from derive diff duplicates sessions export import audit collect report escrow claim help" -f -a "sessions" -d 'Find machines that share a storage name, seen from the target'
complete -c sanid-fleet -n "__fish_sanid_fleet_using_subcommand help; and not __fish_seen_subcommand_from derive diff duplicates sessions export import audit collect report escrow claim help" -f -a "export" -d 'Write a list of hosts in the format of a storage target'
complete -c sanid-fleet -n "__fish_sanid_fleet_using_subcommand help; and not __fish_seen_subcommand_from derive diff duplicates sessions export import audit collect report escrow claim help" -f -a "import" -d 'Write what a storage target admits as a list'
complete -c sanid-fleet -n "__fish_sanid_fleet_using_subcommand help; and not __fish_seen_subcommand_from derive diff duplicates sessions export import audit collect report escrow claim help" -f -a "audit" -d 'Find hosts that share an identity, and what else is wrong across a fleet'
complete -c sanid-fleet -n "__fish_sanid_fleet_using_subcommand help; and not __fish_seen_subcommand_from derive diff duplicates sessions export import audit collect report escrow claim help" -f -a "collect" -d 'Bring the reports of many hosts into one stream'
complete -c sanid-fleet -n "__fish_sanid_fleet_using_subcommand help; and not __fish_seen_subcommand_from derive diff duplicates sessions export import audit collect report escrow claim help" -f -a "report" -d 'Show an audit as a page for people'
complete -c sanid-fleet -n "__fish_sanid_fleet_using_subcommand help; and not __fish_seen_subcommand_from derive diff duplicates sessions export import audit collect report escrow claim help" -f -a "escrow" -d 'Keep the identity of a host for the day on which its hardware is lost'
complete -c sanid-fleet -n "__fish_sanid_fleet_using_subcommand help; and not __fish_seen_subcommand_from derive diff duplicates sessions export import audit collect report escrow claim help" -f -a "claim" -d 'Claim this host\'s identity, so that no other host has it'
complete -c sanid-fleet -n "__fish_sanid_fleet_using_subcommand help; and not __fish_seen_subcommand_from derive diff duplicates sessions export import audit collect report escrow claim help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c sanid-fleet -n "__fish_sanid_fleet_using_subcommand help; and __fish_seen_subcommand_from escrow" -f -a "check" -d 'Ask the claim store whether a host still holds the identity in a record'
complete -c sanid-fleet -n "__fish_sanid_fleet_using_subcommand help; and __fish_seen_subcommand_from claim" -f -a "release" -d 'Give the claim back'
complete -c sanid-fleet -n "__fish_sanid_fleet_using_subcommand help; and __fish_seen_subcommand_from claim" -f -a "list" -d 'Show every claim'
complete -c sanid-fleet -n "__fish_sanid_fleet_using_subcommand help; and __fish_seen_subcommand_from claim" -f -a "watch" -d 'Print what happens to claims, one JSON object to a line, as it happens'
complete -c sanid-fleet -n "__fish_sanid_fleet_using_subcommand help; and __fish_seen_subcommand_from claim" -f -a "takeover" -d 'Take the claim of a host that is cut off from its storage, or whose lease has expired'
complete -c sanid-fleet -n "__fish_sanid_fleet_using_subcommand help; and __fish_seen_subcommand_from claim" -f -a "gate" -d 'At boot: claim by the policy in the configuration; exit code 1 holds back the storage clients'
complete -c sanid-fleet -n "__fish_sanid_fleet_using_subcommand help; and __fish_seen_subcommand_from claim" -f -a "metrics" -d 'Print figures for monitoring, in Prometheus\' text format'
complete -c sanid-fleet -n "__fish_sanid_fleet_using_subcommand help; and __fish_seen_subcommand_from claim" -f -a "request" -d 'Print what this host would claim, for --for on a different machine; asks no store'
