#include "io/file.h"

#include "status.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* Bytes of a character of UTF-8 that is no control character, else 0. Some impossible forms pass: who decodes them
 * shows something of his own, which does no harm. */
static size_t printable(const unsigned char *text)
{
    const size_t length = text[0] < 0x80 ? 1 : text[0] < 0xc2 ? 0 : text[0] < 0xe0 ? 2 : text[0] < 0xf0 ? 3
                          : text[0] < 0xf5 ? 4 : 0;

    if (text[0] < 0x20 || text[0] == 0x7f || (text[0] == 0xc2 && text[1] < 0xa0))
        return 0;
    for (size_t i = 1; i < length; i++)
        if ((text[i] & 0xc0) != 0x80)
            return 0;
    return length;
}

/* Sentences quote names out of files, cut somewhere: no terminal must obey them, and they have to be UTF-8. */
static void make_printable(char *text)
{
    for (unsigned char *c = (unsigned char *)text; *c != '\0';) {
        const size_t length = printable(c);

        if (length == 0)
            *c = '?';
        c += length > 0 ? length : 1;
    }
}

fa_status file_fail(fa_status status, const char *path, const char *format, ...)
{
    const size_t length = strlen(path), shown = 256;
    char text[224];
    va_list arguments;

    va_start(arguments, format);
    if (vsnprintf(text, sizeof(text), format, arguments) < 0)
        text[0] = '\0';
    va_end(arguments);
    make_printable(text);
    return status_set(status, "%s%s: %s", length > shown ? "..." : "", length > shown ? path + length - shown : path,
                      text);
}

fa_status file_fail_io(const char *path, const char *what, int error)
{
    char reason[128];

    if (strerror_r(error, reason, sizeof(reason)) != 0)
        (void)snprintf(reason, sizeof(reason), "error %d", error);
    return file_fail(FA_ERR_IO, path, "%s: %s", what, reason);
}

fa_status file_fail_again(fa_status status, const char *path)
{
    return file_fail(status, path, "%s", fa_last_error());
}

/* O_NONBLOCK: opening a FIFO must not wait for a writer. */
fa_status input_open(input *in, const char *path)
{
    struct stat info;

    in->path = path;
    do
        in->fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    while (in->fd < 0 && errno == EINTR);
    if (in->fd < 0)
        return file_fail_io(path, "cannot be opened", errno);

    fa_status status = FA_OK;
    if (fstat(in->fd, &info) != 0)
        status = file_fail_io(path, "cannot be examined", errno);
    else if (!S_ISREG(info.st_mode))
        status = file_fail(FA_ERR_IO, path, "is not a regular file");
    else
        in->left = in->size = (uint64_t)info.st_size;
    if (status != FA_OK)
        close(in->fd);
    return status;
}

fa_status input_take(input *in, void *buffer, size_t count)
{
    const size_t most = (size_t)1 << 30; /* some systems refuse more at a time */
    char *to = buffer;

    in->left -= count;
    while (count > 0) {
        const ssize_t got = read(in->fd, to, count < most ? count : most);

        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return file_fail_io(in->path, "cannot be read", errno);
        if (got == 0)
            return file_fail(FA_ERR_FORMAT, in->path, "became shorter while it was read");
        to += got;
        count -= (size_t)got;
    }
    return FA_OK;
}

fa_status input_peek(const input *in, void *buffer, size_t count, size_t *found)
{
    input copy = *in;

    *found = count < in->left ? count : (size_t)in->left;
    const fa_status status = input_take(&copy, buffer, *found);
    if (status == FA_OK && lseek(in->fd, -(off_t)*found, SEEK_CUR) < 0)
        return file_fail_io(in->path, "cannot be read", errno);
    return status;
}

void input_close(input *in)
{
    close(in->fd);
}
