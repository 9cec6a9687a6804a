// witness FILE GROUP:GROUP:… COMMAND… runs the command, waits for it and all that it leaves behind, and writes what wait4(2),
// getrusage(2) and /proc/self/io say of the whole tree, itself included, as JSON.
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

static void enter(char *groups) {
    for (char *group = strtok(groups, ":"); group; group = strtok(NULL, ":")) {
        char path[4096];
        snprintf(path, sizeof path, "%s/cgroup.procs", group);
        int file = open(path, O_WRONLY);
        if (file < 0 || write(file, "0", 1) != 1) { perror(path); exit(120); }
        close(file);
    }
}

static double seconds(struct timeval time) { return time.tv_sec + time.tv_usec / 1e6; }

int main(int count, char **words) {
    if (count < 4) return 120;
    enter(words[2]);
    prctl(PR_SET_CHILD_SUBREAPER, 1);
    pid_t first = fork();
    if (first == 0) {
        execvp(words[3], words + 3);
        perror(words[3]);
        _exit(127);
    }
    int status = 0, one, waited = 0;
    pid_t ended;
    while ((ended = wait(&one)) > 0 || errno == EINTR) {
        if (ended > 0) waited++;
        if (ended == first) status = one;
    }
    struct rusage own, children;
    getrusage(RUSAGE_CHILDREN, &children);
    char text[1024], report[2048];
    int io = open("/proc/self/io", O_RDONLY);
    ssize_t length = io < 0 ? 0 : read(io, text, sizeof text - 1);
    text[length > 0 ? length : 0] = 0;
    getrusage(RUSAGE_SELF, &own);
    int end = snprintf(report, sizeof report,
        "{\"cpu_seconds\": %.6f, \"minor_faults\": %ld, \"major_faults\": %ld, \"switches\": %ld, \"greatest_rss_bytes\": %ld, "
        "\"waited\": %d, \"status\": %d, \"pid\": %d",
        seconds(own.ru_utime) + seconds(own.ru_stime) + seconds(children.ru_utime) + seconds(children.ru_stime),
        own.ru_minflt + children.ru_minflt, own.ru_majflt + children.ru_majflt,
        own.ru_nvcsw + own.ru_nivcsw + children.ru_nvcsw + children.ru_nivcsw, children.ru_maxrss * 1024, waited, status, getpid());
    for (char *line = strtok(text, "\n"); line; line = strtok(NULL, "\n")) {
        char *colon = strchr(line, ':');
        if (!colon) continue;
        *colon = 0;
        end += snprintf(report + end, sizeof report - end, ", \"%s\": %s", line, colon + 2);
    }
    end += snprintf(report + end, sizeof report - end, "}\n");
    int file = open(words[1], O_WRONLY | O_CREAT | O_TRUNC, 0644);
    if (file < 0 || write(file, report, end) != end) return 121;
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}
