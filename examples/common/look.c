#include "look.h"

#include <string.h>

typedef struct appearance {
    const char *rule; /* NULL: for rules that are not named here, in the order of the library's list */
    const char *color;
    int         mark;
} appearance;

/* Okabe & Ito's seven for the rules that are compared most; the others are as far from them and from each other as a
 * search could bring them, for normal eyes and for those without red or green cones. Of rules with the same mark one
 * color is much darker. */
static const appearance looks[] = {
    {"bp", "#0072b2", 7},
    {"brsf", "#774400", 4},
    {"dfa", "#009e73", 9},
    {"dkp", "#bbcc77", 8},
    {"drtp", "#cc79a7", 1},
    {"fa", "#d55e00", 5},
    {"frsf", "#bb33ff", 6},
    {"ifa", "#8899ff", 10},
    {"kolen_pollack", "#e69f00", 11},
    {"node_perturbation", "#665544", 2},
    {"pepita", "#ff5577", 12},
    {"pfa", "#ddbbbb", 14},
    {"pseudo_backprop", "#0011ff", 3},
    {"sdfa", "#660011", 11},
    {"shallow", "#000000", 13},
    {"usf", "#660066", 5},
    {"weight_mirror", "#56b4e9", 13},
    {"weight_perturbation", "#bb0077", 11},
    {NULL, "#3300aa", 9},
    {NULL, "#552244", 15},
    {NULL, "#2244aa", 14},
};

enum { N_LOOKS = sizeof looks / sizeof looks[0], MARKS = 8 };

/* The look of that rule; without a name the first of those that are left; N_LOOKS if there is none. */
static size_t find(const char *rule)
{
    size_t i = 0;

    while (i < N_LOOKS && (looks[i].rule && rule ? strcmp(looks[i].rule, rule) != 0 : looks[i].rule != rule))
        i++;
    return i;
}

size_t look_of(const fa_rule *rule)
{
    size_t look = find(rule->name);

    if (look < N_LOOKS)
        return look;
    look = find(NULL);
    for (size_t i = 0; i < fa_rule_count() && fa_rule_at(i) != rule; i++)
        look += find(fa_rule_at(i)->name) == N_LOOKS;
    return look < N_LOOKS ? look : N_LOOKS - 1;
}

const char *look_color(size_t look)
{
    return looks[look].color;
}

int look_mark(size_t look)
{
    return looks[look].mark;
}

void look_put_every(FILE *script, size_t points, size_t curve, size_t count)
{
    size_t stride = points > MARKS ? points / MARKS : 1;

    fprintf(script, "every %zu::%zu", stride, stride * curve / count);
}

void look_put_points(FILE *script, size_t look, double size)
{
    fprintf(script, "points pt %d ps %g lc '%s'", look_mark(look), size, look_color(look));
}
