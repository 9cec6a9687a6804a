// exec_chain LENGTH MILLISECONDS: burns CPU time and then becomes itself with a length of one less.
#include <stdio.h>
#include "use.h"

int main(int count, char **words) {
    if (count < 3) return 2;
    int length = atoi(words[1]);
    double begin = cpu_seconds(CLOCK_PROCESS_CPUTIME_ID);
    burn(CLOCK_PROCESS_CPUTIME_ID, atoi(words[2]) / 1e3);
    if (length <= 1) return begin < 0;
    char left[16];
    snprintf(left, sizeof left, "%d", length - 1);
    execl("/proc/self/exe", words[0], left, words[2], (char *)NULL);
    return 1;
}
