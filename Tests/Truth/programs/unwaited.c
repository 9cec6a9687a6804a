// unwaited ignored|flag|mixed CHILDREN MILLISECONDS: children that burn CPU time, and that nobody waits for: SIGCHLD is ignored,
// or SA_NOCLDWAIT is set; mixed: every second one is waited for before the signal is ignored.
#include <signal.h>
#include <string.h>
#include <sys/wait.h>
#include "use.h"

static void ignore(int by_flag) {
    struct sigaction action = {.sa_handler = by_flag ? SIG_DFL : SIG_IGN, .sa_flags = by_flag ? SA_NOCLDWAIT : 0};
    sigaction(SIGCHLD, &action, NULL);
}

int main(int count, char **words) {
    if (count < 4) return 2;
    int mixed = !strcmp(words[1], "mixed");
    if (!mixed) ignore(!strcmp(words[1], "flag"));
    for (int child = 0; child < atoi(words[2]); child++) {
        if (mixed) signal(SIGCHLD, child % 2 ? SIG_IGN : SIG_DFL);
        pid_t pid = fork();
        if (pid == 0) {
            burn(CLOCK_PROCESS_CPUTIME_ID, atoi(words[3]) / 1e3);
            _exit(0);
        }
        waitpid(pid, NULL, 0);
    }
    return 0;
}
