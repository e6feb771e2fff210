"""Starts the real iscsid on a kernel without the iSCSI modules.

iscsid asks for a netlink socket of the iSCSI family before it reads its name.
strace answers that one call with a socket of another family; all the rest is
iscsid's own doing. The argument is the file with the initiator name.
"""

import os
import socket
import sys

KERNEL = 9

stand_in = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, socket.NETLINK_USERSOCK)
os.dup2(stand_in.fileno(), KERNEL, inheritable=True)
# The first socket is iscsid's own listener, the second one the kernel's.
inject = f"inject=socket:retval={KERNEL}:when=2"
iscsid = ["iscsid", "-f", "-d", "8", "-i", sys.argv[1]]
os.execvp("strace", ["strace", "-f", "-o", "/dev/null", "-e", inject, *iscsid])
