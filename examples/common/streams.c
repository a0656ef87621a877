#include "streams.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "complain.h"

void streams_occupy(void)
{
    /* open() takes the lowest number that is free. Reading from the first fails, and writing to the others. */
    for (int stream = STDIN_FILENO; stream <= STDERR_FILENO; stream++)
        if (fcntl(stream, F_GETFD) < 0 && open("/dev/null", stream == STDIN_FILENO ? O_WRONLY : O_RDONLY) != stream)
            _exit(1);
}

int streams_end(int status)
{
    /* Of an earlier failure the reason is not known any more. */
    const char *reason = fflush(stdout) != 0 ? strerror(errno) : NULL;

    if (!reason && !ferror(stdout))
        return status;
    complain("cannot write to the standard output%s%s", reason ? ": " : "", reason ? reason : "");
    return 1;
}
