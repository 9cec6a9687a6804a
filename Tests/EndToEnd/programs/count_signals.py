"""count_signals: says ready, waits for a signal, then says the name of each that came within half a second; exits 9.

No wait for a second signal is ever long enough to prove that none comes; half a second finds one that is sent twice.
"""
import os
import signal
import sys

counted = {signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT, signal.SIGUSR1}
signal.pthread_sigmask(signal.SIG_BLOCK, counted)
print("ready", os.getpid(), flush=True)
names = [signal.Signals(signal.sigwait(counted)).name]
while True:
    again = signal.sigtimedwait(counted, 0.5)
    if again is None:
        break
    names.append(signal.Signals(again.si_signo).name)
print("got", *names, flush=True)
sys.exit(9)
