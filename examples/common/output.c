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

static bool check(output *file, bool good)
{
    if (!good && !file->failed) {
        complain("cannot write %s: no space, or the device failed", file->path);
        file->failed = true;
    }
    return !file->failed;
}

bool output_flush(output *file)
{
    return !file->stream || check(file, fflush(file->stream) == 0 && !ferror(file->stream));
}

bool output_close(output *file)
{
    bool good;

    if (!file->stream)
        return true;
    good = ferror(file->stream) == 0;
    good = fclose(file->stream) == 0 && good;
    file->stream = NULL;
    return check(file, good);
}
