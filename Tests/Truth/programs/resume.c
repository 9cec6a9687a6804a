// resume CHILDREN MILLISECONDS MIB: children burn CPU time and write MIB to a file each, then say `ready` and wait for a line; after
// it they burn half as long, and the parent waits for them. It prints what was used from then on, by getrusage(2) of each.
#include <fcntl.h>
#include <stdio.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include "use.h"

static struct rusage usage(void) {
    struct rusage now;
    getrusage(RUSAGE_SELF, &now);
    return now;
}

static double seconds(struct rusage use) {
    return use.ru_utime.tv_sec + use.ru_stime.tv_sec + (use.ru_utime.tv_usec + use.ru_stime.tv_usec) / 1e6;
}

static void fill(int mebibytes) {
    static char block[1 << 20];
    char name[] = "resume-XXXXXX";
    int file = mkstemp(name);
    for (int each = 0; each < mebibytes; each++)
        if (write(file, block, sizeof block) < 0) _exit(1);
    fsync(file);
    unlink(name);
}

int main(int count, char **words) {
    if (count < 4) return 2;
    int children = atoi(words[1]), start[2], told[2], ready[2];
    if (pipe(start) || pipe(told) || pipe(ready)) return 1;
    for (int child = 0; child < children; child++)
        if (fork() == 0) {
            close(start[1]);
            burn(CLOCK_PROCESS_CPUTIME_ID, atoi(words[2]) / 1e3);
            fill(atoi(words[3]));
            char byte = 1;
            if (write(ready[1], &byte, 1) != 1) _exit(1);
            if (read(start[0], &byte, 1) < 0) _exit(1);
            struct rusage before = usage();
            burn(CLOCK_PROCESS_CPUTIME_ID, atoi(words[2]) / 2e3);
            struct rusage after = usage();
            double used[2] = {seconds(after) - seconds(before), after.ru_minflt - before.ru_minflt};
            _exit(write(told[1], used, sizeof used) != sizeof used);
        }
    char byte;
    for (int child = 0; child < children; child++)
        if (read(ready[0], &byte, 1) != 1) return 1;
    puts("ready");
    fflush(stdout);
    if (read(0, &byte, 1) < 0) return 1;
    struct rusage before = usage();
    close(start[1]);
    double cpu = 0, faults = 0, used[2];
    for (int child = 0; child < children; child++) {
        if (read(told[0], used, sizeof used) != sizeof used) return 1;
        cpu += used[0], faults += used[1];
        wait(NULL);
    }
    struct rusage after = usage();
    printf("{\"cpu_seconds\": %.6f, \"minor_faults\": %.0f}\n", cpu + seconds(after) - seconds(before),
        faults + after.ru_minflt - before.ru_minflt);
    return 0;
}
