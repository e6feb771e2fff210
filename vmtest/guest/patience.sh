# Sourced by dracut after its nvmf module has read the command line. A guest that waits for a processor is not a
# connection that is lost: the kernel's keep-alive timeout of 5 s cuts off a root file system on a busy machine.
sed -i 's/$/ --keep-alive-tmo=600/' /etc/nvme/discovery.conf
