# What the hypervisor hands over reaches sanid through the unit, in its sandbox.
status() { systemctl show --property=ExecMainStatus --value sanid.service; }
case $1 in
names)
    same "the unit ends well" "$(status)" 0
    read_files
    same "the initiator name is that of the credential" "$iqn" iqn.2004-05.com.example:vm7
    same "the Host ID is that of the configuration" "$hostid" 7c9e6679-7425-40de-944b-e07fc1f90ae7
    check "and is said to be" grep -q '"place":"credential sanid.config:1"' /run/sanid/identity.json
    ;;
nvme-tool)
    same "the unit has no seed" "$(status)" 4
    exits 0 "there is a journal" journalctl --unit=sanid.service --no-pager
    says "asked twice it gave two names"
    ;;
esac
end
