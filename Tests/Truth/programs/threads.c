// threads storm NUMBER: threads that burn 1 ms each and end, eight at a time; threads leader NUMBER: the first thread ends before
// the others, which go on for 200 ms of CPU time each.
#include <pthread.h>
#include <string.h>
#include "use.h"

static void *work(void *milliseconds) {
    burn(CLOCK_THREAD_CPUTIME_ID, (long)milliseconds / 1e3);
    return NULL;
}

int main(int count, char **words) {
    if (count < 3) return 2;
    int number = atoi(words[2]), leader = !strcmp(words[1], "leader");
    pthread_t threads[8];
    for (int first = 0; first < number; first += 8) {
        int now = number - first < 8 ? number - first : 8;
        for (int each = 0; each < now; each++) pthread_create(&threads[each], NULL, work, (void *)(leader ? 200L : 1L));
        if (leader) pthread_exit(NULL);
        for (int each = 0; each < now; each++) pthread_join(threads[each], NULL);
    }
    return 0;
}
