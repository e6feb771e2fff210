# Print an optspec for argparse to handle cmd's options that are independent of any subcommand.
function __fish_sanid_image_global_optspecs
    string join \n h/help V/version
end

function __fish_sanid_image_needs_command
    # Figure out if the current invocation already has a command.
    set -l cmd (commandline -opc)
    set -e cmd[1]
    argparse -s (__fish_sanid_image_global_optspecs) -- $cmd 2>/dev/null
    or return
    if set -q argv[1]
        # Also print the command, so this can be used to figure out what it is.
        echo $argv[1]
        return 1
    end
    return 0
end

function __fish_sanid_image_using_subcommand
    set -l cmd (__fish_sanid_image_needs_command)
    test -z "$cmd"
    and return 1
    contains -- $cmd[1] $argv
end

complete -c sanid-image -n "__fish_sanid_image_needs_command" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c sanid-image -n "__fish_sanid_image_needs_command" -s V -l version -d 'Print version'
complete -c sanid-image -n "__fish_sanid_image_needs_command" -f -a "initramfs" -d 'Show the identities that initramfs images carry, and whether they are this host\'s'
complete -c sanid-image -n "__fish_sanid_image_needs_command" -f -a "lint" -d 'List the identities that an image has: in its files, its initramfs images, its boot entries'
complete -c sanid-image -n "__fish_sanid_image_needs_command" -f -a "seal" -d 'Make an image clean: remove its identities, set its machine-id to uninitialized'
complete -c sanid-image -n "__fish_sanid_image_needs_command" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c sanid-image -n "__fish_sanid_image_using_subcommand initramfs" -l root -d 'Compare with the system below DIR, and read its /boot, instead of the running one' -r -f -a "(__fish_complete_directories)"
complete -c sanid-image -n "__fish_sanid_image_using_subcommand initramfs" -l format -d 'Text for people, which may change, or JSON for programs, which will not' -r -f -a "text\t''
json\t''"
complete -c sanid-image -n "__fish_sanid_image_using_subcommand initramfs" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c sanid-image -n "__fish_sanid_image_using_subcommand lint" -l root -d 'A mounted image, a chroot or an unpacked layer' -r -f -a "(__fish_complete_directories)"
complete -c sanid-image -n "__fish_sanid_image_using_subcommand lint" -l tar -d 'A tar, compressed or not: of a whole system, of a layer, or of container images (OCI Image Layout, docker save); - for standard input' -r -F
complete -c sanid-image -n "__fish_sanid_image_using_subcommand lint" -l format -d 'Text for people, which may change; JSON for programs, which will not; SARIF 2.1.0 for CI systems' -r -f -a "text\t''
json\t''
sarif\t''"
complete -c sanid-image -n "__fish_sanid_image_using_subcommand lint" -l fatal -d 'Exit with 1 when there is any finding, of whatever severity; this is so without it, too'
complete -c sanid-image -n "__fish_sanid_image_using_subcommand lint" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c sanid-image -n "__fish_sanid_image_using_subcommand seal" -l root -d 'A mounted image or a chroot' -r -f -a "(__fish_complete_directories)"
complete -c sanid-image -n "__fish_sanid_image_using_subcommand seal" -l format -d 'Text for people, which may change, or JSON for programs, which will not' -r -f -a "text\t''
json\t''"
complete -c sanid-image -n "__fish_sanid_image_using_subcommand seal" -l dry-run -d 'Show what would be done, and do nothing'
complete -c sanid-image -n "__fish_sanid_image_using_subcommand seal" -l keep-foreign -d 'Keep and report names that sanid did not derive'
complete -c sanid-image -n "__fish_sanid_image_using_subcommand seal" -l this-host -d 'Continue although DIR is the root of a running machine, which is about to become an image'
complete -c sanid-image -n "__fish_sanid_image_using_subcommand seal" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c sanid-image -n "__fish_sanid_image_using_subcommand help; and not __fish_seen_subcommand_from initramfs lint seal help" -f -a "initramfs" -d 'Show the identities that initramfs images carry, and whether they are this host\'s'
complete -c sanid-image -n "__fish_sanid_image_using_subcommand help; and not __fish_seen_subcommand_from initramfs lint seal help" -f -a "lint" -d 'List the identities that an image has: in its files, its initramfs images, its boot entries'
complete -c sanid-image -n "__fish_sanid_image_using_subcommand help; and not __fish_seen_subcommand_from initramfs lint seal help" -f -a "seal" -d 'Make an image clean: remove its identities, set its machine-id to uninitialized'
complete -c sanid-image -n "__fish_sanid_image_using_subcommand help; and not __fish_seen_subcommand_from initramfs lint seal help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
