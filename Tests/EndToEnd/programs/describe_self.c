// describe_self: everything a process inherits, one line a fact, to compare two ways of starting it.
#include <dirent.h>
#include <sched.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include "self_io.h"

extern char **environ;

static void print_file(const char *path, const char *const *names) {
    char line[4096];
    FILE *file = fopen(path, "r");
    if (!file) return;
    while (fgets(line, sizeof line, file)) {
        if (!names) { printf("%s: %s", path, line); continue; }
        for (const char *const *name = names; *name; name++) if (strncmp(line, *name, strlen(*name)) == 0) printf("%s", line);
    }
    fclose(file);
}

// Kind and open flags of each descriptor; pipes have numbers of their own each time, so only the kind.
static void print_descriptors(void) {
    for (int descriptor = 0; descriptor < 1024; descriptor++) {
        struct stat status;
        int flags = fcntl(descriptor, F_GETFL);
        if (flags < 0 || fstat(descriptor, &status) != 0) continue;
        printf("descriptor %d: kind %o flags %o close-on-exec %d\n", descriptor, status.st_mode & S_IFMT, flags, fcntl(descriptor, F_GETFD));
    }
}

int main(int count, char **arguments) {
    static const char *const inherited[] = {"SigBlk", "SigIgn", "SigCgt", "SigPnd", "ShdPnd", "Cap", "NoNewPrivs", "Seccomp:",
        "Cpus_allowed_list", "Mems_allowed_list", "Groups", "Uid", "Gid", "Umask", "Threads", "CoreDumping", "TracerPid", NULL};
    print_descriptors();
    for (int i = 0; i < count; i++) printf("argument %d: %s\n", i, arguments[i]);
    for (char **variable = environ; *variable; variable++) printf("environment %s\n", *variable);
    print_file("/proc/self/status", inherited);
    print_file("/proc/self/limits", NULL);
    print_file("/proc/self/timerslack_ns", NULL);
    print_file("/proc/self/oom_score_adj", NULL);
    print_file("/proc/self/coredump_filter", NULL);
    print_file("/proc/self/cgroup", NULL);
    int reaper = 0, death = 0;
    prctl(PR_GET_CHILD_SUBREAPER, &reaper);
    prctl(PR_GET_PDEATHSIG, &death);
    char folder[4096];
    printf("folder %s\nnice %d\nscheduler %d\nsubreaper %d\ndumpable %d\nparent death signal %d\n", getcwd(folder, sizeof folder),
        getpriority(PRIO_PROCESS, 0), sched_getscheduler(0), reaper, prctl(PR_GET_DUMPABLE), death);
    fflush(stdout);
    dprintf(1, "session %d\ngroup %d\n", getsid(0), getpgrp());
}
