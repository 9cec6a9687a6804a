// ping_pong TURNS: two processes hand one byte to and fro over two pipes, so that each waits at least TURNS times.
#include <sys/wait.h>
#include "use.h"

int main(int count, char **words) {
    int there[2], back[2], turns = count > 1 ? atoi(words[1]) : 1000;
    char byte = 0;
    if (pipe(there) || pipe(back)) return 1;
    pid_t child = fork();
    for (int turn = 0; turn < turns; turn++) {
        if (child == 0 && (read(there[0], &byte, 1) != 1 || write(back[1], &byte, 1) != 1)) return 1;
        if (child != 0 && (write(there[1], &byte, 1) != 1 || read(back[0], &byte, 1) != 1)) return 1;
    }
    if (child) wait(NULL);
    return 0;
}
