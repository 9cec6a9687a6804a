// count_calls READS WRITES: makes so many read and write calls, then says what the kernel counted up to the last two.
#include "self_io.h"

int main(int count, char **arguments) {
    if (count != 3) return 64;
    int zero = open("/dev/zero", O_RDONLY), null = open("/dev/null", O_WRONLY);
    char byte;
    for (int i = atoi(arguments[1]); i > 0; i--) if (read(zero, &byte, 1) != 1) return 70;
    for (int i = atoi(arguments[2]); i > 0; i--) if (write(null, &byte, 1) != 1) return 70;
    end_with_io();
}
