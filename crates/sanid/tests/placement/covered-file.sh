placeholders
ends 0 apply --via bind; ends 0 status
# A package in another mount namespace, or an image update, writes the file itself.
mount --bind "$root" "$beneath"
echo "nqn.2014-08.org.nvmexpress:uuid:$foreign_uuid" > "$beneath/$nqn"
ends 1 status; says covered-file; says $foreign_uuid
ends 0 apply; says unchanged; has $uuid; mounts 3
# A file that a package renames into place, as dpkg does, takes the mount with it.
echo $foreign_uuid > "$beneath/etc/nvme/hostid.dpkg-new"
unshare --mount --propagation private sh -euc 'umount "$1/$2"; mv "$1/etc/nvme/hostid.dpkg-new" "$1/$2"' sh "$root" $id
holds $id $foreign_uuid
ends 3 apply
ends 0 apply --via bind --replace; has $uuid; mounts 3
