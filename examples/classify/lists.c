#include "lists.h"

#include <fa/fa.h>
#include <string.h>

/* The name of choice number i. */
static void print_choice(const fa_param *known, FILE *stream)
{
    const char *choice = known->choices;

    for (int i = (int)known->default_value; i > 0; i--)
        choice += strcspn(choice, "|") + 1;
    fprintf(stream, "%.*s of %s", (int)strcspn(choice, "|"), choice, known->choices);
}

void list_optimizers(FILE *stream)
{
    for (size_t i = 0; i < fa_optimizer_count(); i++) {
        size_t count;
        const fa_param *table = fa_optimizer_params(fa_optimizer_name_at(i), &count);

        fprintf(stream, "%s\n", fa_optimizer_name_at(i));
        for (size_t k = 0; k < count; k++) {
            fprintf(stream, "  %-24s  %s; default ", table[k].name, table[k].doc);
            if (table[k].type == FA_PARAM_CHOICE)
                print_choice(&table[k], stream);
            else
                fprintf(stream, "%g", table[k].default_value);
            fputc('\n', stream);
        }
    }
}
