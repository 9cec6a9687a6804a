"""The workloads. `short` ones are part of `make test`."""
import glob
import pathlib
import resource
import shutil
import subprocess

from measure import MEBIBYTE, NotRun, Workload


def shell(text):
    return ["sh", "-c", text]


def own(name, *arguments):
    """A program of this folder."""
    return lambda bench: [bench.program(name), *arguments]


def python(text):
    return lambda bench: [bench.python, "-I", "-c", text]


def python_file(text):
    """Multiprocessing by spawn imports the main module, so that it must be a file."""
    def words(bench):
        (bench.work / "workload.py").write_text(text)
        return [bench.python, "-I", "workload.py"]
    return words


def stress(*arguments):
    return ["stress-ng", "-q", *arguments]


def c_files(bench):
    for number in range(12):
        body = "\n".join(f"int f{number}_{each}(int x) {{ return x * {each} + printf(\"%d\", x); }}" for each in range(150))
        (bench.work / f"f{number}.c").write_text(f"#include <stdio.h>\n{body}\n")
    objects = " ".join(f"f{number}.o" for number in range(12))
    (bench.work / "Makefile").write_text(f"all: {objects}\n%.o: %.c\n\tgcc -O1 -c -o $@ $<\n")


def some_files(bench):
    folder = bench.work / "files"
    folder.mkdir()
    for number in range(300):
        (folder / f"{number}.txt").write_text(f"line {number} of some text that repeats\n" * 1500)


def repository(bench):
    some_files(bench)
    git = ["git", "-c", "user.name=truth", "-c", "user.email=truth@localhost", "-c", "init.defaultBranch=main"]
    for words in (["init", "-q"], ["add", "."], ["commit", "-q", "-m", "files"]):
        subprocess.run([*git, *words], cwd=bench.work / "files", check=True)


CONFIGURE = """
for name in stdio stdlib string unistd errno fcntl signal time math ctype; do
  echo "#include <$name.h>" > conftest.c; echo "int main(void) { return 0; }" >> conftest.c
  if gcc -o conftest conftest.c 2>conftest.err && ./conftest; then echo "$name yes"; else echo "$name no"; fi | sed s/yes/1/ >> config
done"""

POOL = """
import multiprocessing, sys
def work(number): return sum(each * each for each in range(300000 + number))
if __name__ == "__main__":
    with multiprocessing.get_context("%s").Pool(4) as pool: pool.map(work, range(16), 1)
    pool.join()
"""


def postgres(bench):
    found = sorted(glob.glob("/usr/lib/postgresql/*/bin"))
    if not found or not shutil.which("setpriv"):
        raise NotRun("PostgreSQL is not installed")
    return shell(
        f"PATH={found[-1]}:$PATH; initdb -D data -A trust -U truth >log && "
        "pg_ctl -D data -w -o \"-c listen_addresses='' -k $PWD -c shared_buffers=64MB\" -l server start >log && "
        "pgbench -h $PWD -U truth -i -s 4 postgres >log 2>&1 && pgbench -h $PWD -U truth -c 4 -j 2 -T 4 postgres >log 2>&1; "
        "rc=$?; pg_ctl -D data -m fast -w stop >log; exit $rc")


SERVER = """
import os, signal, socket
listening = socket.create_server(("127.0.0.1", 0))
port = listening.getsockname()[1]
def serve():
    for _ in range(50):
        client, _ = listening.accept()
        client.recv(1000); client.sendall(b"x" * sum(1 for _ in range(20000))); client.close()
    os._exit(0)
workers = [os.fork() or serve() for _ in range(4)]
for _ in range(200):
    with socket.create_connection(("127.0.0.1", port)) as client:
        client.sendall(b"GET")
        while client.recv(65536): pass
for _ in workers: os.wait()
"""


def gunicorn(bench):
    (bench.work / "application.py").write_text(
        "def application(environ, start):\n    start('200 OK', [])\n    return [b'%d' % sum(range(20000))]\n")
    if subprocess.run([bench.python, "-c", "import gunicorn"], capture_output=True).returncode:
        raise NotRun("gunicorn is not installed")
    return shell(
        f"{bench.python} -m gunicorn -w 3 -b unix:socket --pid pid application:application 2>log & "
        "until test -S socket && test -s pid; do sleep .1; done; "
        "for n in $(seq 100); do curl -s --unix-socket socket http://localhost/ >/dev/null; done; kill $(cat pid); wait")


POOL_SIZE = pathlib.Path("/proc/sys/vm/nr_hugepages")


def huge_pages(bench):
    before = POOL_SIZE.read_text()
    if int(before) < 40:
        try:
            POOL_SIZE.write_text("40")
        except OSError as error:
            raise NotRun(f"vm.nr_hugepages cannot be set: {error.strerror}") from None
        bench.afterwards.append(lambda: POOL_SIZE.write_text(before))
    return [bench.program("hold_pages"), "huge", "64", "400"]


WORKLOADS = [
    Workload("shell loop of 200 true", shell("for n in $(seq 200); do /bin/true; done"), processes=202, short=True),
    Workload("5000 short lives", shell("i=0; while test $i -lt 5000; do /bin/true; i=$((i+1)); done"), processes=5001),
    Workload("pipelines", shell("for n in 1 2 3 4 5 6 7 8 9 10; do seq 20000 | sort -rn | uniq | tail -1 >/dev/null; done"),
             processes=41, short=True),
    Workload("subshells", shell("for n in $(seq 100); do (x=$(echo a); : $x); done; (sleep .1 & wait)"), short=True),
    Workload("make -j4 with gcc", ["make", "-s", "-j4"], prepare=c_files, needs=("make", "gcc")),
    Workload("configure-like script", shell(CONFIGURE), needs=("gcc",)),
    Workload("xargs -P 4", shell("seq 40 | xargs -P 4 -n 1 sh -c 'seq 20000 | sha256sum >/dev/null'"), processes=123),
    Workload("exec chain", own("exec_chain", "20", "10"), processes=1, short=True),
    Workload("ping-pong over pipes", own("ping_pong", "20000"), processes=2, short=True),
    Workload("thread storm", own("threads", "storm", "800"), processes=1, short=True),
    Workload("first thread ends early", own("threads", "leader", "4"), processes=1, short=True),
    Workload("daemon, forked twice", own("become_daemon", "300"), processes=3, short=True),
    Workload("SIGCHLD ignored", own("unwaited", "ignored", "10", "50"), processes=11, reaped=False, short=True),
    Workload("SA_NOCLDWAIT", own("unwaited", "flag", "10", "50"), processes=11, reaped=False, short=True),
    Workload("every second child waited for", own("unwaited", "mixed", "20", "50"), processes=21, reaped=False, short=True),
    Workload("SIGCHLD ignored, short children", own("unwaited", "ignored", "500", "1"), processes=501, reaped=False),
    Workload("forked readers of 400 MiB", own("share_memory", "400", "8", "300"), processes=9, memory=400 * MEBIBYTE, short=True),
    Workload("posix_spawn from 400 MiB", own("spawn_from_big", "400", "100"), processes=101, memory=400 * MEBIBYTE, short=True),
    Workload("4 KiB pages held", own("hold_pages", "ordinary", "100", "300"), processes=1, memory=100 * MEBIBYTE, short=True),
    Workload("huge pages held", huge_pages, processes=1, memory=64 * MEBIBYTE),
    Workload("PID namespace", ["unshare", "--pid", "--fork", "--mount-proc", "sh", "-c",
                               "for n in $(seq 50); do /bin/true; done; seq 200000 | sha256sum"], processes=55, needs=("unshare",)),
    Workload("dd to a disk", shell("dd if=/dev/zero of=file bs=1M count=64 conv=fsync 2>/dev/null; dd if=file of=/dev/null bs=4k 2>/dev/null"),
             processes=3, short=True),
    Workload("sqlite", shell(
        "(echo 'create table t(a, b);'; for n in $(seq 200); do echo \"insert into t values($n, hex(randomblob(500)));\"; done; "
        "echo 'select count(*), sum(length(b)) from t;') | sqlite3 base >/dev/null"), needs=("sqlite3",)),
    Workload("tar and gzip", shell("tar cf - files | gzip > archive.gz && mkdir out && tar xzf archive.gz -C out"), prepare=some_files,
             needs=("tar", "gzip")),
    Workload("git clone", shell("git clone -q --no-local files copy"), prepare=repository, needs=("git",)),
    Workload("Python pool, fork", python_file(POOL % "fork")),
    Workload("Python pool, spawn", python_file(POOL % "spawn")),
    Workload("prefork server", python(SERVER), processes=5),
    Workload("gunicorn", gunicorn, needs=("curl",)),
    Workload("PostgreSQL under pgbench", postgres, user="postgres", ends=(0,), needs=("pgbench", "setpriv")),
    Workload("node", ["node", "-e",
                      "const c = require('child_process'); for (let i = 0; i < 5; i++) c.execFileSync('/bin/true'); "
                      "let s = 0; for (let i = 0; i < 3e8; i++) s += i"], needs=("node",)),
    *[Workload(f"stress-ng {' '.join(arguments[:2])}", stress(*arguments), needs=("stress-ng",), reaped=reaped)
      for reaped, arguments in (
          (True, ("--cpu", "2", "--cpu-ops", "200")),
          (True, ("--vm", "2", "--vm-bytes", "128M", "--vm-ops", "20000")),
          (True, ("--fork", "2", "--fork-ops", "3000")),
          (True, ("--vfork", "1", "--vfork-ops", "2000")),
          (False, ("--clone", "1", "--clone-ops", "500")),
          (False, ("--shm", "1", "--shm-ops", "10")),
          (True, ("--hdd", "1", "--hdd-ops", "200", "--hdd-bytes", "32M")),
          (True, ("--pipe", "1", "--pipe-ops", "50000")),
          (True, ("--switch", "1", "--switch-ops", "20000")),
      )],
    Workload("32 open files allowed", shell("for n in $(seq 30); do sleep 1 & done; seq 300000 | sha256sum >/dev/null; wait"),
             processes=34, limits={resource.RLIMIT_NOFILE: 32}),
    Workload("recording full at 4 MiB", shell("for n in $(seq 300); do /bin/true; done; seq 1000000 | sha256sum >/dev/null; sleep 2"),
             options=("--max-size", "4MiB", "-i", "1ms"), processes=305),
    Workload("files of 8 MiB allowed (ulimit -f)", shell("seq 1000000 | sha256sum >/dev/null; for n in $(seq 50); do /bin/true; done"),
             processes=54, limits={resource.RLIMIT_FSIZE: 8 * MEBIBYTE}),
    Workload("attach --children, used before", own("resume", "3", "800", "20"), attach=True, options=("--children",), short=True),
    Workload("attach --children, idle since", own("resume", "2", "20", "50"), attach=True, options=("--children",)),
    Workload("SIGCHLD ignored, calls of children", own("tree", "ignored", "30"), processes=31, reaped=False, short=True),
    Workload("SA_NOCLDWAIT, calls of children", own("tree", "no-zombies", "30"), processes=31, reaped=False),
    Workload("SIGCHLD ignored between waits", own("tree", "mixed", "20"), processes=61, reaped=False),
    Workload("SIGCHLD ignored by a child", own("tree", "ignored-below", "30"), processes=32, reaped=False),
    Workload("children killed at work", own("tree", "killed", "20"), processes=21),
    Workload("3 writers of half of 128 MiB of a parent", own("tree", "writers", "3", "128"), processes=4, memory=320 * MEBIBYTE, short=True),
    Workload("5 readers of 128 MiB of shared memory", own("tree", "sharers", "5", "128"), processes=6, memory=128 * MEBIBYTE),
    Workload("3 times 150 MiB in turn", own("tree", "in-turn", "3", "150"), processes=4, memory=150 * MEBIBYTE),
    Workload("3 times 100 MiB together", own("tree", "together", "3", "100"), processes=4, memory=300 * MEBIBYTE),
    Workload("vfork 300 times beside 200 MiB", own("tree", "vforks", "300", "200"), processes=301, memory=200 * MEBIBYTE),
    Workload("5 times 64 MiB touched", own("tree", "faults", "5", "64"), processes=1, memory=64 * MEBIBYTE),
]
