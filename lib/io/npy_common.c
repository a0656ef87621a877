#include "npy.h"

#include "status.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

bool npy_host_is_big_endian(void)
{
    const uint16_t one = 1;
    unsigned char first;

    memcpy(&first, &one, 1);
    return first == 0;
}

void npy_swap(void *elements, size_t count, size_t size)
{
    unsigned char *element = elements;

    for (size_t i = 0; i < count; i++, element += size)
        for (size_t low = 0, high = size - 1; low < high; low++, high--) {
            const unsigned char kept = element[low];

            element[low] = element[high];
            element[high] = kept;
        }
}

fa_status npy_fail(fa_status status, const char *path, const char *format, ...)
{
    const size_t length = strlen(path), shown = 256;
    char text[224];
    va_list arguments;

    va_start(arguments, format);
    if (vsnprintf(text, sizeof(text), format, arguments) < 0)
        text[0] = '\0';
    va_end(arguments);
    return status_set(status, "%s%s: %s", length > shown ? "..." : "", length > shown ? path + length - shown : path,
                      text);
}

fa_status npy_fail_io(const char *path, const char *what, int error)
{
    char reason[128];

    if (strerror_r(error, reason, sizeof(reason)) != 0)
        snprintf(reason, sizeof(reason), "error %d", error);
    return npy_fail(FA_ERR_IO, path, "%s: %s", what, reason);
}
