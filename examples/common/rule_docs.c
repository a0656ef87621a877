#include "rule_docs.h"

#include <fa/fa.h>
#include <string.h>

enum { WIDTH = 90, INDENT = 4 };

/* A paragraph below an indent; the first line has begun already with so many characters. */
static void wrap(FILE *stream, int indent, int begun, const char *text)
{
    int column = begun;

    while (*text) {
        size_t length = strcspn(text, " ");

        if (column > indent && column + 1 + (int)length > WIDTH) {
            fprintf(stream, "\n%*s", indent, "");
            column = indent;
        } else if (column > indent && column != begun) {
            fputc(' ', stream);
            column++;
        }
        column += fprintf(stream, "%.*s", (int)length, text);
        text += length + strspn(text + length, " ");
    }
    fputc('\n', stream);
}

/* The name of choice number i. */
static const char *choice_at(const fa_param *known, size_t i, int *length)
{
    const char *choice = known->choices;

    for (; i > 0; i--)
        choice += strcspn(choice, "|") + 1;
    *length = (int)strcspn(choice, "|");
    return choice;
}

static void describe_default(const fa_param *known, char *text, size_t size)
{
    int length;

    if (known->type == FA_PARAM_CHOICE) {
        const char *name = choice_at(known, (size_t)known->default_value, &length);

        snprintf(text, size, "%.*s", length, name);
    } else {
        snprintf(text, size, "%g", known->default_value);
    }
}

static void describe_values(const fa_param *known, char *text, size_t size)
{
    if (known->type == FA_PARAM_CHOICE)
        snprintf(text, size, "%s", known->choices);
    else
        snprintf(text, size, "%g..%g%s", known->min, known->max, known->type == FA_PARAM_INTEGER ? " (whole)" : "");
}

/* Choices as words, between which a line can break. */
static void list_choices(const fa_param *known, char *text, size_t size)
{
    int length = 0;

    for (const char *choice = known->choices; *choice && length < (int)size;) {
        size_t end = strcspn(choice, "|");

        length += snprintf(text + length, size - (size_t)length, "%s%.*s", length ? ", " : "", (int)end, choice);
        choice += end + (choice[end] == '|');
    }
}

static void print_param(const fa_param *known, FILE *stream)
{
    char usual[64], values[200], text[600];
    int begun;

    describe_default(known, usual, sizeof usual);
    if (known->type == FA_PARAM_CHOICE)
        list_choices(known, values, sizeof values);
    else
        describe_values(known, values, sizeof values);
    snprintf(text, sizeof text, "%.300s; %s", known->doc ? known->doc : "", values);
    begun = fprintf(stream, "%*s%s=%s", INDENT, "", known->name, usual);
    begun += fprintf(stream, "%*s", begun < 22 ? 22 - begun : 2, "");
    wrap(stream, 22, begun, text);
}

static void print_rule(const fa_rule *rule, FILE *stream)
{
    fprintf(stream, "%s\n%*s", rule->name, INDENT, "");
    wrap(stream, INDENT, INDENT, rule->summary ? rule->summary : "");
    if (rule->source) {
        fprintf(stream, "%*s", INDENT, "");
        wrap(stream, INDENT, INDENT, rule->source);
    }
    if (rule->learning_rate > 0.0)
        fprintf(stream, "%*slearning rate %g (sgd, batches of 64)\n", INDENT, "", rule->learning_rate);
    for (size_t i = 0; i < rule->n_params; i++)
        print_param(&rule->params[i], stream);
}

void rule_docs_print(FILE *stream)
{
    size_t count;
    const fa_param *common = fa_feedback_params(&count);

    for (size_t i = 0; i < fa_rule_count(); i++)
        print_rule(fa_rule_at(i), stream);
    fputs("[every rule that keeps a B, beside its own parameters]\n", stream);
    for (size_t i = 0; i < count; i++)
        print_param(&common[i], stream);
}

/* Text of a table's cell. */
static void put_escaped(FILE *stream, const char *text)
{
    for (; *text; text++) {
        if (strchr("|*_`<\\", *text))
            fputc('\\', stream);
        fputc(*text, stream);
    }
}

/* Between backticks only the bar means something in a table. */
static void put_code(FILE *stream, const char *text)
{
    fputc('`', stream);
    for (; *text; text++)
        fprintf(stream, *text == '|' ? "\\|" : "%c", *text);
    fputc('`', stream);
}

/* "what it is: formula" makes two cells. */
static void put_summary(FILE *stream, const char *summary)
{
    const char *colon = strstr(summary, ": ");
    char before[200];

    snprintf(before, sizeof before, "%.*s", colon ? (int)(colon - summary) : (int)strlen(summary), summary);
    put_escaped(stream, before);
    fputs(" | ", stream);
    if (colon)
        put_code(stream, colon + 2);
}

static void put_param(FILE *stream, const char *owner, const fa_param *known)
{
    char usual[64], values[200];

    describe_default(known, usual, sizeof usual);
    describe_values(known, values, sizeof values);
    fprintf(stream, "| %s | `%s` | %s | ", owner, known->name, usual);
    put_escaped(stream, values);
    fputs(" | ", stream);
    put_escaped(stream, known->doc ? known->doc : "");
    fputs(" |\n", stream);
}

void rule_docs_print_markdown(FILE *stream)
{
    char owner[64];
    size_t count;
    const fa_param *common = fa_feedback_params(&count);

    fputs("| rule | what it is | error signal | learning rate | source |\n| --- | --- | --- | --- | --- |\n", stream);
    for (size_t i = 0; i < fa_rule_count(); i++) {
        const fa_rule *rule = fa_rule_at(i);

        fprintf(stream, "| `%s` | ", rule->name);
        put_summary(stream, rule->summary ? rule->summary : "");
        fputs(" | ", stream);
        if (rule->learning_rate > 0.0)
            fprintf(stream, "%g", rule->learning_rate);
        fputs(" | ", stream);
        put_escaped(stream, rule->source ? rule->source : "");
        fputs(" |\n", stream);
    }
    fputs("\n| rule | parameter | default | values | meaning |\n| --- | --- | --- | --- | --- |\n", stream);
    for (size_t i = 0; i < fa_rule_count(); i++)
        for (size_t k = 0; k < fa_rule_at(i)->n_params; k++) {
            snprintf(owner, sizeof owner, "`%s`", fa_rule_at(i)->name);
            put_param(stream, owner, &fa_rule_at(i)->params[k]);
        }
    for (size_t i = 0; i < count; i++)
        put_param(stream, "every one that keeps a B", &common[i]);
}
