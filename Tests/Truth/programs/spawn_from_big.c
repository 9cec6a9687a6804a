// spawn_from_big MIB TIMES: a big parent starts /bin/true by posix_spawn, whose child has the parent's pages until it execs.
#include <spawn.h>
#include <sys/wait.h>
#include "use.h"

extern char **environ;

int main(int count, char **words) {
    if (count < 3) return 2;
    touch((size_t)atol(words[1]) << 20, 0);
    char *arguments[] = {"true", NULL};
    for (int turn = 0; turn < atoi(words[2]); turn++) {
        pid_t child;
        if (posix_spawn(&child, "/bin/true", NULL, NULL, arguments, environ)) return 1;
        waitpid(child, NULL, 0);
    }
    return 0;
}
