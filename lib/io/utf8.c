#include "io/utf8.h"

/* Bytes of a character by its first byte; 0 where none begins. 0xc0 and 0xc1 would begin what one byte says. */
static size_t length_by_first(unsigned char c)
{
    if (c < 0x80)
        return 1;
    if (c < 0xc2 || c > 0xf4)
        return 0;
    return c < 0xe0 ? 2 : c < 0xf0 ? 3 : 4;
}

/* Bytes of the character that begins here; 0 if none does: too long a form of a smaller one, half of a pair, or beyond
 * Unicode's end. */
static size_t character_length(const unsigned char *text, size_t left)
{
    static const uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
    const size_t length = length_by_first(text[0]);
    uint32_t c = length < 2 ? text[0] : text[0] & (0x7fu >> length);

    if (length > left)
        return 0;
    for (size_t i = 1; i < length; i++) {
        if ((text[i] & 0xc0) != 0x80)
            return 0;
        c = c << 6 | (text[i] & 0x3fu);
    }
    return c < least[length] || c > 0x10ffff || (c >= 0xd800 && c < 0xe000) ? 0 : length;
}

bool utf8_check(const char *text, size_t length, size_t *at)
{
    for (size_t step, i = 0; i < length; i += step) {
        step = character_length((const unsigned char *)text + i, length - i);
        if (step == 0) {
            *at = i;
            return false;
        }
    }
    return true;
}

size_t utf8_put(char *to, uint32_t c)
{
    static const unsigned first[] = {0, 0xc0, 0xe0, 0xf0};
    const size_t more = c < 0x80 ? 0 : c < 0x800 ? 1 : c < 0x10000 ? 2 : 3;

    to[0] = (char)(unsigned char)(first[more] | c >> (6 * more));
    for (size_t i = 1; i <= more; i++)
        to[i] = (char)(unsigned char)(0x80 | (c >> (6 * (more - i)) & 0x3f));
    return more + 1;
}
