// share_memory MIB READERS MILLISECONDS: a parent touches memory and forks readers of all of it, which share its pages.
#include <sys/wait.h>
#include "use.h"

int main(int count, char **words) {
    if (count < 4) return 2;
    size_t bytes = (size_t)atol(words[1]) << 20;
    char *memory = touch(bytes, 0);
    for (int reader = 0; reader < atoi(words[2]); reader++)
        if (fork() == 0) {
            long sum = 0;
            for (size_t place = 0; place < bytes; place += 4096) sum += memory[place];
            usleep(atoi(words[3]) * 1000);
            _exit(sum == 0);
        }
    while (wait(NULL) > 0) {}
    usleep(atoi(words[3]) * 1000);
    return 0;
}
