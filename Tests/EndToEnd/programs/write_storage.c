// write_storage FILE MEBIBYTES [MILLISECONDS]: writes so much, waits until it is on the disk, lives on for a while,
// says what the kernel counted.
#include <time.h>
#include "self_io.h"

int main(int count, char **arguments) {
    if (count < 3) return 64;
    static char block[1 << 20];
    memset(block, 7, sizeof block);
    int file = open(arguments[1], O_WRONLY | O_CREAT | O_TRUNC, 0600);
    for (int i = atoi(arguments[2]); i > 0; i--) if (write(file, block, sizeof block) != sizeof block) return 70;
    if (fsync(file) != 0) return 70;
    long milliseconds = count > 3 ? atol(arguments[3]) : 0;
    struct timespec rest = {milliseconds / 1000, milliseconds % 1000 * 1000000};
    nanosleep(&rest, NULL);
    end_with_io();
}
