# Print an optspec for argparse to handle cmd's options that are independent of any subcommand.
function __fish_sanid_global_optspecs
    string join \n h/help V/version
end

function __fish_sanid_needs_command
    # Figure out if the current invocation already has a command.
    set -l cmd (commandline -opc)
    set -e cmd[1]
    argparse -s (__fish_sanid_global_optspecs) -- $cmd 2>/dev/null
    or return
    if set -q argv[1]
        # Also print the command, so this can be used to figure out what it is.
        echo $argv[1]
        return 1
    end
    return 0
end

function __fish_sanid_using_subcommand
    set -l cmd (__fish_sanid_needs_command)
    test -z "$cmd"
    and return 1
    contains -- $cmd[1] $argv
end

complete -c sanid -n "__fish_sanid_needs_command" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c sanid -n "__fish_sanid_needs_command" -s V -l version -d 'Print version'
complete -c sanid -n "__fish_sanid_needs_command" -f -a "show" -d 'Show the identity this host should have, and where it comes from'
complete -c sanid -n "__fish_sanid_needs_command" -f -a "status" -d 'Compare the desired, stored and active identity, and list what differs'
complete -c sanid -n "__fish_sanid_needs_command" -f -a "apply" -d 'Put the identity into the files that storage programs read'
complete -c sanid -n "__fish_sanid_needs_command" -f -a "adopt" -d 'Pin the identity that is on disk, so that it becomes the desired one'
complete -c sanid -n "__fish_sanid_needs_command" -f -a "reseed" -d 'Make a clone a host of its own: a new machine-id, and with it a new identity'
complete -c sanid -n "__fish_sanid_needs_command" -f -a "hardware" -d 'Compare the hardware with its record, or accept it as it is'
complete -c sanid -n "__fish_sanid_needs_command" -f -a "derive" -d 'Compute identities from machine-ids on standard input'
complete -c sanid -n "__fish_sanid_needs_command" -f -a "check" -d 'Check whether names follow the standards, and name the rule that is broken'
complete -c sanid -n "__fish_sanid_needs_command" -f -a "lint" -d 'List the identities that an image has (runs sanid-image lint)'
complete -c sanid -n "__fish_sanid_needs_command" -f -a "seal" -d 'Make an image clean: remove its identities (runs sanid-image seal)'
complete -c sanid -n "__fish_sanid_needs_command" -f -a "fleet" -d 'Derive, audit and export the identities of many hosts (runs sanid-fleet)'
complete -c sanid -n "__fish_sanid_needs_command" -f -a "config" -d 'Show the merged configuration and where each value comes from'
complete -c sanid -n "__fish_sanid_needs_command" -f -a "completions" -d 'Print the completions for a shell'
complete -c sanid -n "__fish_sanid_needs_command" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c sanid -n "__fish_sanid_using_subcommand show" -l root -d 'Work on the system below DIR instead of the running one' -r -f -a "(__fish_complete_directories)"
complete -c sanid -n "__fish_sanid_using_subcommand show" -l format -d 'Text for people, which may change, or JSON for programs, which will not' -r -f -a "text\t''
json\t''"
complete -c sanid -n "__fish_sanid_using_subcommand show" -l explain -d 'List every candidate of every source, why it was chosen or not, and how to recompute it without sanid'
complete -c sanid -n "__fish_sanid_using_subcommand show" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c sanid -n "__fish_sanid_using_subcommand status" -l root -d 'Work on the system below DIR instead of the running one' -r -f -a "(__fish_complete_directories)"
complete -c sanid -n "__fish_sanid_using_subcommand status" -l format -d 'text for people, which may change; json for programs, which will not; nfd as a feature file of node-feature-discovery; npd as a plugin of node-problem-detector prints' -r -f -a "text\t''
json\t''
nfd\t''
npd\t''"
complete -c sanid -n "__fish_sanid_using_subcommand status" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c sanid -n "__fish_sanid_using_subcommand apply" -l root -d 'Work on the system below DIR instead of the running one' -r -f -a "(__fish_complete_directories)"
complete -c sanid -n "__fish_sanid_using_subcommand apply" -l format -d 'Text for people, which may change, or JSON for programs, which will not' -r -f -a "text\t''
json\t''"
complete -c sanid -n "__fish_sanid_using_subcommand apply" -l via -d 'Write files, or keep the names in memory and bind-mount them over the files; placement in the configuration sets it for every run' -r -f -a "file\t''
bind\t''"
complete -c sanid -n "__fish_sanid_using_subcommand apply" -l dry-run -d 'Print what would be done, and do nothing'
complete -c sanid -n "__fish_sanid_using_subcommand apply" -l boot -d 'As the boot units run it: like --keep, unless on-existing in the configuration says otherwise; names that an active session uses are kept in any case'
complete -c sanid -n "__fish_sanid_using_subcommand apply" -l keep -d 'Keep a valid identity on disk, report it and write only what is missing'
complete -c sanid -n "__fish_sanid_using_subcommand apply" -l replace -d 'Replace a valid identity that is on disk; the arrays must know the new one'
complete -c sanid -n "__fish_sanid_using_subcommand apply" -l disrupt -d 'Continue even while an active session or controller uses the old identity'
complete -c sanid -n "__fish_sanid_using_subcommand apply" -l reload -d 'Restart the units that still have the old name, unless a session or a controller is active'
complete -c sanid -n "__fish_sanid_using_subcommand apply" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c sanid -n "__fish_sanid_using_subcommand adopt" -l root -d 'Work on the system below DIR instead of the running one' -r -f -a "(__fish_complete_directories)"
complete -c sanid -n "__fish_sanid_using_subcommand adopt" -l format -d 'Text for people, which may change, or JSON for programs, which will not' -r -f -a "text\t''
json\t''"
complete -c sanid -n "__fish_sanid_using_subcommand adopt" -l confirm-unique -d 'Record that no other host has these names, and how that is known: by an administrator, or by an audit of all hosts' -r -f -a "administrator\t''
audit\t''"
complete -c sanid -n "__fish_sanid_using_subcommand adopt" -l from -d 'Take over the identity in this record of sanid-fleet escrow, decrypted; - is standard input' -r -F
complete -c sanid -n "__fish_sanid_using_subcommand adopt" -l probe -d 'Run this shell command to find out whether the host of the record answers: exit 0 for yes, 1 for no; its environment names the host' -r
complete -c sanid -n "__fish_sanid_using_subcommand adopt" -l dry-run -d 'Print what would be written, and write nothing'
complete -c sanid -n "__fish_sanid_using_subcommand adopt" -l old-host-is-gone -d 'Confirm that the host of the record is gone for good and that nothing uses its identity'
complete -c sanid -n "__fish_sanid_using_subcommand adopt" -l check-claims -d 'With --root: also ask a claim store on the network that the configuration below DIR names'
complete -c sanid -n "__fish_sanid_using_subcommand adopt" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c sanid -n "__fish_sanid_using_subcommand reseed" -l root -d 'Work on the system below DIR instead of the running one' -r -f -a "(__fish_complete_directories)"
complete -c sanid -n "__fish_sanid_using_subcommand reseed" -l format -d 'Text for people, which may change, or JSON for programs, which will not' -r -f -a "text\t''
json\t''"
complete -c sanid -n "__fish_sanid_using_subcommand reseed" -l dry-run -d 'Print what would be done, and do nothing; the new names are known only after the run'
complete -c sanid -n "__fish_sanid_using_subcommand reseed" -l yes -d 'Do not ask for confirmation; required without a terminal'
complete -c sanid -n "__fish_sanid_using_subcommand reseed" -l disrupt -d 'Continue even while an active session or controller uses the old identity'
complete -c sanid -n "__fish_sanid_using_subcommand reseed" -l lose-credentials -d 'Continue although systemd then deletes the key of this host, and data encrypted with it is lost'
complete -c sanid -n "__fish_sanid_using_subcommand reseed" -l lose-var -d 'Continue although systemd then no longer mounts the /var that it finds by its partition UUID'
complete -c sanid -n "__fish_sanid_using_subcommand reseed" -l lose-volume-groups -d 'Continue although LVM then no longer activates volume groups with a system id from the machine-id'
complete -c sanid -n "__fish_sanid_using_subcommand reseed" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c sanid -n "__fish_sanid_using_subcommand hardware; and not __fish_seen_subcommand_from show record accept help" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c sanid -n "__fish_sanid_using_subcommand hardware; and not __fish_seen_subcommand_from show record accept help" -f -a "show" -d 'Show how the hardware compares with the recorded one'
complete -c sanid -n "__fish_sanid_using_subcommand hardware; and not __fish_seen_subcommand_from show record accept help" -f -a "record" -d 'Record parts that are not recorded yet'
complete -c sanid -n "__fish_sanid_using_subcommand hardware; and not __fish_seen_subcommand_from show record accept help" -f -a "accept" -d 'Record the hardware as it is now, after a board or other parts were replaced'
complete -c sanid -n "__fish_sanid_using_subcommand hardware; and not __fish_seen_subcommand_from show record accept help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c sanid -n "__fish_sanid_using_subcommand hardware; and __fish_seen_subcommand_from show" -l root -d 'Work on the system below DIR instead of the running one' -r -f -a "(__fish_complete_directories)"
complete -c sanid -n "__fish_sanid_using_subcommand hardware; and __fish_seen_subcommand_from show" -l format -d 'Text for people, which may change, or JSON for programs, which will not' -r -f -a "text\t''
json\t''"
complete -c sanid -n "__fish_sanid_using_subcommand hardware; and __fish_seen_subcommand_from show" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c sanid -n "__fish_sanid_using_subcommand hardware; and __fish_seen_subcommand_from record" -l root -d 'Work on the system below DIR instead of the running one' -r -f -a "(__fish_complete_directories)"
complete -c sanid -n "__fish_sanid_using_subcommand hardware; and __fish_seen_subcommand_from record" -l format -d 'Text for people, which may change, or JSON for programs, which will not' -r -f -a "text\t''
json\t''"
complete -c sanid -n "__fish_sanid_using_subcommand hardware; and __fish_seen_subcommand_from record" -l dry-run -d 'Print what would be recorded, and record nothing'
complete -c sanid -n "__fish_sanid_using_subcommand hardware; and __fish_seen_subcommand_from record" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c sanid -n "__fish_sanid_using_subcommand hardware; and __fish_seen_subcommand_from accept" -l root -d 'Work on the system below DIR instead of the running one' -r -f -a "(__fish_complete_directories)"
complete -c sanid -n "__fish_sanid_using_subcommand hardware; and __fish_seen_subcommand_from accept" -l format -d 'Text for people, which may change, or JSON for programs, which will not' -r -f -a "text\t''
json\t''"
complete -c sanid -n "__fish_sanid_using_subcommand hardware; and __fish_seen_subcommand_from accept" -l dry-run -d 'Print what would be recorded, and record nothing'
complete -c sanid -n "__fish_sanid_using_subcommand hardware; and __fish_seen_subcommand_from accept" -s h -l help -d 'Print help'
complete -c sanid -n "__fish_sanid_using_subcommand hardware; and __fish_seen_subcommand_from help" -f -a "show" -d 'Show how the hardware compares with the recorded one'
complete -c sanid -n "__fish_sanid_using_subcommand hardware; and __fish_seen_subcommand_from help" -f -a "record" -d 'Record parts that are not recorded yet'
complete -c sanid -n "__fish_sanid_using_subcommand hardware; and __fish_seen_subcommand_from help" -f -a "accept" -d 'Record the hardware as it is now, after a board or other parts were replaced'
complete -c sanid -n "__fish_sanid_using_subcommand hardware; and __fish_seen_subcommand_from help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c sanid -n "__fish_sanid_using_subcommand derive" -l scheme -d 'The rule: sanid-v1, talos, nvme-cli-1 or nvme-stas from machine-ids, nvme-cli-2 from system UUIDs, nvme-cli-3 from either' -r -f -a "sanid-v1\t''
talos\t''
nvme-cli-1\t''
nvme-cli-2\t''
nvme-cli-3\t''
nvme-stas\t''"
complete -c sanid -n "__fish_sanid_using_subcommand derive" -l iqn-prefix -d 'The text before the \':\' of the initiator name' -r
complete -c sanid -n "__fish_sanid_using_subcommand derive" -l format -d 'text and csv are one line per machine-id, ndjson one object, json one document' -r -f -a "text\t''
json\t''
ndjson\t''
csv\t''"
complete -c sanid -n "__fish_sanid_using_subcommand derive" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c sanid -n "__fish_sanid_using_subcommand check" -l kind -d 'Check every name as this kind instead of detecting the kind' -r -f -a "iscsi\t''
nqn\t''
hostid\t''"
complete -c sanid -n "__fish_sanid_using_subcommand check" -l format -d 'Text for people, which may change, or JSON for programs, which will not' -r -f -a "text\t''
json\t''"
complete -c sanid -n "__fish_sanid_using_subcommand check" -l portable -d 'Also require that every known storage program and array accepts the name in this form'
complete -c sanid -n "__fish_sanid_using_subcommand check" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c sanid -n "__fish_sanid_using_subcommand config" -l root -d 'Work on the system below DIR instead of the running one' -r -f -a "(__fish_complete_directories)"
complete -c sanid -n "__fish_sanid_using_subcommand config" -l format -d 'Text for people, which may change, or JSON for programs, which will not' -r -f -a "text\t''
json\t''"
complete -c sanid -n "__fish_sanid_using_subcommand config" -s h -l help -d 'Print help'
complete -c sanid -n "__fish_sanid_using_subcommand completions" -s h -l help -d 'Print help'
complete -c sanid -n "__fish_sanid_using_subcommand help; and not __fish_seen_subcommand_from show status apply adopt reseed hardware derive check lint seal fleet config completions help" -f -a "show" -d 'Show the identity this host should have, and where it comes from'
complete -c sanid -n "__fish_sanid_using_subcommand help; and not __fish_seen_subcommand_from show status apply adopt reseed hardware derive check lint seal fleet config completions help" -f -a "status" -d 'Compare the desired, stored and active identity, and list what differs'
complete -c sanid -n "__fish_sanid_using_subcommand help; and not __fish_seen_subcommand_from show status apply adopt reseed hardware derive check lint seal fleet config completions help" -f -a "apply" -d 'Put the identity into the files that storage programs read'
complete -c sanid -n "__fish_sanid_using_subcommand help; and not __fish_seen_subcommand_from show status apply adopt reseed hardware derive check lint seal fleet config completions help" -f -a "adopt" -d 'Pin the identity that is on disk, so that it becomes the desired one'
complete -c sanid -n "__fish_sanid_using_subcommand help; and not __fish_seen_subcommand_from show status apply adopt reseed hardware derive check lint seal fleet config completions help" -f -a "reseed" -d 'Make a clone a host of its own: a new machine-id, and with it a new identity'
complete -c sanid -n "__fish_sanid_using_subcommand help; and not __fish_seen_subcommand_from show status apply adopt reseed hardware derive check lint seal fleet config completions help" -f -a "hardware" -d 'Compare the hardware with its record, or accept it as it is'
complete -c sanid -n "__fish_sanid_using_subcommand help; and not __fish_seen_subcommand_from show status apply adopt reseed hardware derive check lint seal fleet config completions help" -f -a "derive" -d 'Compute identities from machine-ids on standard input'
complete -c sanid -n "__fish_sanid_using_subcommand help; and not __fish_seen_subcommand_from show status apply adopt reseed hardware derive check lint seal fleet config completions help" -f -a "check" -d 'Check whether names follow the standards, and name the rule that is broken'
complete -c sanid -n "__fish_sanid_using_subcommand help; and not __fish_seen_subcommand_from show status apply adopt reseed hardware derive check lint seal fleet config completions help" -f -a "lint" -d 'List the identities that an image has (runs sanid-image lint)'
complete -c sanid -n "__fish_sanid_using_subcommand help; and not __fish_seen_subcommand_from show status apply adopt reseed hardware derive check lint seal fleet config completions help" -f -a "seal" -d 'Make an image clean: remove its identities (runs sanid-image seal)'
complete -c sanid -n "__fish_sanid_using_subcommand help; and not __fish_seen_subcommand_from show status apply adopt reseed hardware derive check lint seal fleet config completions help" -f -a "fleet" -d 'Derive, audit and export the identities of many hosts (runs sanid-fleet)'
complete -c sanid -n "__fish_sanid_using_subcommand help; and not __fish_seen_subcommand_from show status apply adopt reseed hardware derive check lint seal fleet config completions help" -f -a "config" -d 'Show the merged configuration and where each value comes from'
complete -c sanid -n "__fish_sanid_using_subcommand help; and not __fish_seen_subcommand_from show status apply adopt reseed hardware derive check lint seal fleet config completions help" -f -a "completions" -d 'Print the completions for a shell'
complete -c sanid -n "__fish_sanid_using_subcommand help; and not __fish_seen_subcommand_from show status apply adopt reseed hardware derive check lint seal fleet config completions help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c sanid -n "__fish_sanid_using_subcommand help; and __fish_seen_subcommand_from hardware" -f -a "show" -d 'Show how the hardware compares with the recorded one'
complete -c sanid -n "__fish_sanid_using_subcommand help; and __fish_seen_subcommand_from hardware" -f -a "record" -d 'Record parts that are not recorded yet'
complete -c sanid -n "__fish_sanid_using_subcommand help; and __fish_seen_subcommand_from hardware" -f -a "accept" -d 'Record the hardware as it is now, after a board or other parts were replaced'
# These subcommands are other programs, which complete their own words.
function __fish_sanid_companion
    set -l words (commandline -opc)
    set -l rest (string join -- " " (string escape -- $words[3..]))
    set -l word (commandline -ct)
    complete -C "$argv $rest $word"
end
complete -c sanid -n "__fish_sanid_using_subcommand lint" -f -a "(__fish_sanid_companion sanid-image lint)"
complete -c sanid -n "__fish_sanid_using_subcommand seal" -f -a "(__fish_sanid_companion sanid-image seal)"
complete -c sanid -n "__fish_sanid_using_subcommand fleet" -f -a "(__fish_sanid_companion sanid-fleet)"
