#include "status.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

enum { SENTENCE_SIZE = 512 };

static _Thread_local char          sentence[SENTENCE_SIZE];
static _Thread_local unsigned long sentences;

const char *fa_status_string(fa_status status)
{
    switch (status) {
    case FA_OK:
        return "no error";
    case FA_ERR_ARGUMENT:
        return "wrong argument";
    case FA_ERR_SHAPE:
        return "wrong shape";
    case FA_ERR_DTYPE:
        return "wrong element type";
    case FA_ERR_MEMORY:
        return "out of memory";
    case FA_ERR_NOT_FINITE:
        return "not finite";
    case FA_ERR_STATE:
        return "call out of order";
    case FA_ERR_UNSUPPORTED:
        return "unsupported";
    case FA_ERR_IO:
        return "input or output failed";
    case FA_ERR_FORMAT:
        return "wrong file format";
    case FA_ERR_RULE:
        return "learning rule failed";
    }
    return "unknown status";
}

const char *fa_last_error(void)
{
    return sentence;
}

void status_say(const char *format, ...)
{
    char text[SENTENCE_SIZE]; /* an argument may be fa_last_error() itself */
    va_list arguments;

    va_start(arguments, format);
    if (vsnprintf(text, sizeof(text), format, arguments) < 0)
        text[0] = '\0';
    va_end(arguments);
    memcpy(sentence, text, strlen(text) + 1);
    sentences++;
}

unsigned long status_count(void)
{
    return sentences;
}
