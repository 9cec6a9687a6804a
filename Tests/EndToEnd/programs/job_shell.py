"""job_shell SAY HEAR COMMAND...: the part of a shell that stops and continues a job; SAY and HEAR are descriptors.

Runs COMMAND as the terminal's foreground job. Says `stopped` or `exited CODE` when that happens; continues the job
when it hears a byte.
"""
import os
import signal
import sys

say, hear = int(sys.argv[1]), int(sys.argv[2])
terminal = 0


def to_foreground(group):
    os.tcsetpgrp(terminal, group)


signal.signal(signal.SIGTTOU, signal.SIG_IGN)
os.set_inheritable(say, False)
os.set_inheritable(hear, False)
job = os.fork()
if job == 0:
    os.setpgid(0, 0)
    to_foreground(os.getpgrp())
    signal.signal(signal.SIGTTOU, signal.SIG_DFL)
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    signal.signal(signal.SIGPIPE, signal.SIG_DFL)
    os.execvp(sys.argv[3], sys.argv[3:])
while True:
    _, status = os.waitpid(job, os.WUNTRACED)
    to_foreground(os.getpgrp())
    if not os.WIFSTOPPED(status):
        os.write(say, f"exited {os.waitstatus_to_exitcode(status)}\n".encode())
        break
    os.write(say, b"stopped\n")
    os.read(hear, 1)
    to_foreground(job)
    os.killpg(job, signal.SIGCONT)
