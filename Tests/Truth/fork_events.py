"""Who forked whom, told by the kernel's process connector (CAP_NET_ADMIN): a witness that knows every process of a tree."""
import os
import socket
import struct
import threading

NETLINK_CONNECTOR = 11
CN_IDX_PROC, CN_VAL_PROC = 1, 1
PROC_EVENT_FORK = 1
SO_RCVBUFFORCE = 33
HEADERS = 16 + 20  # struct nlmsghdr, struct cn_msg
EVENT = 16  # struct proc_event up to its union


class ForkEvents:
    """Listens from its making to `close`; `None` of a count says that events were lost."""

    def __init__(self):
        self.forks, self.lost = [], False
        self.socket = socket.socket(socket.AF_NETLINK, socket.SOCK_DGRAM, NETLINK_CONNECTOR)
        self.socket.setsockopt(socket.SOL_SOCKET, SO_RCVBUFFORCE, 64 << 20)
        self.socket.bind((0, CN_IDX_PROC))
        self._say(1)
        self.socket.settimeout(0.2)
        self.ending = threading.Event()
        self.thread = threading.Thread(target=self._listen, daemon=True)
        self.thread.start()

    def _say(self, operation):
        message = struct.pack("=IIIIHHI", CN_IDX_PROC, CN_VAL_PROC, 0, 0, 4, 0, operation)
        self.socket.send(struct.pack("=IHHII", 16 + len(message), 3, 0, 0, os.getpid()) + message)

    def _listen(self):
        while True:
            try:
                message = self.socket.recv(4096)
            except TimeoutError:
                if self.ending.is_set():
                    return
                continue
            except OSError:  # ENOBUFS
                self.lost = True
                continue
            if len(message) >= HEADERS + EVENT + 16 and struct.unpack_from("=I", message, HEADERS)[0] == PROC_EVENT_FORK:
                _, parent, pid, process = struct.unpack_from("=iiii", message, HEADERS + EVENT)
                if pid == process:
                    self.forks.append((parent, process))

    def close(self):
        self.ending.set()
        self.thread.join()
        self._say(2)
        self.socket.close()

    def processes_below(self, root):
        """How many processes the tree of `root` had, itself included."""
        if self.lost:
            return None
        tree, count = {root}, 1
        for parent, process in self.forks:
            if parent in tree:
                tree.add(process)
                count += 1
        return count


def offered():
    """Why this witness cannot be asked here, or nothing."""
    try:
        ForkEvents().close()
    except OSError as error:
        return str(error)
    return None
