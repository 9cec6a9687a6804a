// hold_pages ordinary|huge MIB MILLISECONDS: touches private memory in 4 KiB pages, or in huge pages of the pool; 77: there is none.
#include <string.h>
#include "use.h"

int main(int count, char **words) {
    if (count < 4) return 2;
    touch((size_t)atol(words[2]) << 20, strcmp(words[1], "huge") ? 0 : MAP_HUGETLB);
    usleep(atoi(words[3]) * 1000);
    return 0;
}
