# Print an optspec for argparse to handle cmd's options that are independent of any subcommand.
function __fish_sanid_kube_global_optspecs
    string join \n h/help V/version
end

function __fish_sanid_kube_needs_command
    # Figure out if the current invocation already has a command.
    set -l cmd (commandline -opc)
    set -e cmd[1]
    argparse -s (__fish_sanid_kube_global_optspecs) -- $cmd 2>/dev/null
    or return
    if set -q argv[1]
        # Also print the command, so this can be used to figure out what it is.
        echo $argv[1]
        return 1
    end
    return 0
end

function __fish_sanid_kube_using_subcommand
    set -l cmd (__fish_sanid_kube_needs_command)
    test -z "$cmd"
    and return 1
    contains -- $cmd[1] $argv
end

complete -c sanid-kube -n "__fish_sanid_kube_needs_command" -s h -l help -d 'Print help'
complete -c sanid-kube -n "__fish_sanid_kube_needs_command" -s V -l version -d 'Print version'
complete -c sanid-kube -n "__fish_sanid_kube_needs_command" -f -a "agent" -d 'Publish the identity of the node that this runs on, and hold its claims'
complete -c sanid-kube -n "__fish_sanid_kube_needs_command" -f -a "definitions" -d 'Print the definitions of the resources, for kubectl apply -f -'
complete -c sanid-kube -n "__fish_sanid_kube_needs_command" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c sanid-kube -n "__fish_sanid_kube_using_subcommand agent" -l node-name -d 'The name of the node' -r
complete -c sanid-kube -n "__fish_sanid_kube_using_subcommand agent" -l root -d 'Where the host\'s files are' -r -F
complete -c sanid-kube -n "__fish_sanid_kube_using_subcommand agent" -l look-every -d 'How often to look at the host; looking asks the API server nothing' -r
complete -c sanid-kube -n "__fish_sanid_kube_using_subcommand agent" -l publish-every -d 'How often to publish where nothing changes, and to look at one of the claims' -r
complete -c sanid-kube -n "__fish_sanid_kube_using_subcommand agent" -l startup-taint -d 'Remove the taint with this key from the node when it is Verified and Unique' -r
complete -c sanid-kube -n "__fish_sanid_kube_using_subcommand agent" -l listen -d 'Where to answer /healthz, /readyz and /metrics' -r
complete -c sanid-kube -n "__fish_sanid_kube_using_subcommand agent" -l server -d 'The API server; as in a pod where it is not given' -r
complete -c sanid-kube -n "__fish_sanid_kube_using_subcommand agent" -l token-file -d 'The bearer token; that of the pod where it is not given' -r -F
complete -c sanid-kube -n "__fish_sanid_kube_using_subcommand agent" -l ca-file -d 'Who signed the API server\'s certificate; as in a pod where it is not given' -r -F
complete -c sanid-kube -n "__fish_sanid_kube_using_subcommand agent" -l once -d 'Publish once and end'
complete -c sanid-kube -n "__fish_sanid_kube_using_subcommand agent" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c sanid-kube -n "__fish_sanid_kube_using_subcommand definitions" -s h -l help -d 'Print help'
complete -c sanid-kube -n "__fish_sanid_kube_using_subcommand help; and not __fish_seen_subcommand_from agent definitions help" -f -a "agent" -d 'Publish the identity of the node that this runs on, and hold its claims'
complete -c sanid-kube -n "__fish_sanid_kube_using_subcommand help; and not __fish_seen_subcommand_from agent definitions help" -f -a "definitions" -d 'Print the definitions of the resources, for kubectl apply -f -'
complete -c sanid-kube -n "__fish_sanid_kube_using_subcommand help; and not __fish_seen_subcommand_from agent definitions help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
