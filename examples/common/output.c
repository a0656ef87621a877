#include "output.h"

#include <errno.h>
#include <string.h>

#include "complain.h"

bool output_open(output *file, const char *path)
{
    *file = (output){.path = path};
    if (!path)
        return true;
    file->stream = fopen(path, "w");
    if (!file->stream)
        complain("cannot write %s: %s", path, strerror(errno));
    return file->stream != NULL;
}

/* reason: an errno, or 0 where it is not known any more. */
static bool check(output *file, bool good, int reason)
{
    if (!good && !file->failed) {
        complain("cannot write %s: %s", file->path, reason ? strerror(reason) : "no space, or the device failed");
        file->failed = true;
    }
    return !file->failed;
}

bool output_flush(output *file)
{
    int reason = 0;

    if (file->stream && fflush(file->stream) != 0)
        reason = errno;
    return !file->stream || check(file, reason == 0 && !ferror(file->stream), reason);
}

bool output_close(output *file)
{
    bool good;
    int reason = 0;

    if (!file->stream)
        return true;
    good = ferror(file->stream) == 0;
    if (fclose(file->stream) != 0)
        reason = errno;
    file->stream = NULL;
    return check(file, good && reason == 0, reason);
}
