// become_daemon MILLISECONDS: forks twice into a session of its own; the daemon burns CPU time after its parents have ended.
#include "use.h"

int main(int count, char **words) {
    if (fork()) return 0;
    setsid();
    if (fork()) _exit(0);
    usleep(50000);
    burn(CLOCK_PROCESS_CPUTIME_ID, (count > 1 ? atoi(words[1]) : 300) / 1e3);
    _exit(0);
}
