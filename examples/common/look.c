#include "look.h"

typedef struct look {
    const char *color;
    int         mark;
} look;

/* Okabe & Ito's seven for the rules that are compared most; the others are as far from them and from each other as a
 * search could bring them, for normal eyes and for those without red or green cones. Of rules with the same mark one
 * color is much darker. The order is that of the library's list. */
static const look looks[] = {
    {"#0072b2", 7},  {"#774400", 4},  {"#009e73", 9},  {"#bbcc77", 8},  {"#cc79a7", 1},  {"#d55e00", 5},
    {"#bb33ff", 6},  {"#8899ff", 10}, {"#e69f00", 11}, {"#665544", 2},  {"#ff5577", 12}, {"#ddbbbb", 14},
    {"#0011ff", 3},  {"#660011", 11}, {"#000000", 13}, {"#660066", 5},  {"#56b4e9", 13}, {"#bb0077", 11},
    {"#3300aa", 9},  {"#552244", 15}, {"#2244aa", 14},
};

enum { N_LOOKS = sizeof looks / sizeof looks[0], MARKS = 8 };

const char *look_color(size_t place)
{
    return looks[place % N_LOOKS].color;
}

int look_mark(size_t place)
{
    return looks[place % N_LOOKS].mark;
}

void look_put_every(FILE *script, size_t points, size_t curve, size_t count)
{
    size_t stride = points > MARKS ? points / MARKS : 1;

    fprintf(script, "every %zu::%zu", stride, stride * curve / count);
}

void look_put_points(FILE *script, size_t place, double size)
{
    fprintf(script, "points pt %d ps %g lc '%s'", look_mark(place), size, look_color(place));
}
