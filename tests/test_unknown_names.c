/* A name that is not known: the sentence lists, one after the other, those that are. */
#include "session.h"

#include <stdio.h>
#include <string.h>

enum { MANY = 1024 };

static void add(char list[MANY], const char *name)
{
    const size_t length = strlen(list);
    (void)snprintf(list + length, MANY - length, "%s%s", length > 0 ? ", " : "", name);
}

/* The sentence ends with the whole list. */
static void expect_list(const char *intro, const char *list)
{
    char wanted[MANY + 64];
    (void)snprintf(wanted, sizeof wanted, "%s%s", intro, list);
    const char *sentence = fa_last_error();
    const size_t length = strlen(sentence), end = strlen(wanted);
    ck_assert_msg(length >= end && strcmp(sentence + length - end, wanted) == 0, "\"%s\" does not end with \"%s\"",
                  sentence, wanted);
}

START_TEST(registries)
{
    net_spec spec = make_spec(FA_FLOAT64, 2, 3, FA_TANH, true);
    fa_network *net = make_network(&spec, 1);
    char rules[MANY] = "", optimizers[MANY] = "", quantities[MANY] = "";
    fa_optimizer *opt;
    fa_recorder *rec;
    for (size_t i = 0; i < fa_rule_count(); i++)
        add(rules, fa_rule_at(i)->name);
    for (size_t i = 0; i < fa_optimizer_count(); i++)
        add(optimizers, fa_optimizer_name_at(i));
    for (size_t i = 0; i < fa_quantity_count(); i++)
        add(quantities, fa_quantity_at(i)->name);
    ck_assert_ptr_null(fa_rule_find("none"));
    expect_list("there is no rule \"none\"; known: ", rules);
    expect_failure(FA_ERR_ARGUMENT, fa_optimizer_create(&opt, net, "none"));
    expect_list("; known: ", optimizers);
    expect_failure(FA_ERR_ARGUMENT, fa_recorder_create(&rec, net, "none", 1));
    expect_list("there is no quantity \"none\"; known: ", quantities);
}
END_TEST

/* Of a long name so much as tells it. */
START_TEST(long_names_are_cut)
{
    net_spec spec = make_spec(FA_FLOAT64, 2, 3, FA_TANH, true);
    fa_network *net = make_network(&spec, 1);
    char name[100], cut[100];
    fa_recorder *rec;
    memset(name, 'x', sizeof name - 1);
    name[sizeof name - 1] = '\0';
    (void)snprintf(cut, sizeof cut, "\"%.40s\";", name);
    expect_failure(FA_ERR_ARGUMENT, fa_recorder_create(&rec, net, name, 1));
    ck_assert_ptr_nonnull(strstr(fa_last_error(), cut));
    name[40] = '\0';
    expect_failure(FA_ERR_ARGUMENT, fa_recorder_create(&rec, net, name, 1));
    ck_assert_ptr_nonnull(strstr(fa_last_error(), cut));
}
END_TEST

START_TEST(enumerations)
{
    char list[MANY] = "";
    fa_activation activation;
    fa_loss loss;
    fa_init init;
    for (int i = 1; strcmp(fa_activation_name((fa_activation)i), "unknown") != 0; i++)
        add(list, fa_activation_name((fa_activation)i));
    expect_failure(FA_ERR_ARGUMENT, fa_activation_find("none", &activation));
    expect_list("there is no activation \"none\"; known: ", list);
    list[0] = '\0';
    for (int i = 1; strcmp(fa_loss_name((fa_loss)i), "unknown") != 0; i++)
        add(list, fa_loss_name((fa_loss)i));
    expect_failure(FA_ERR_ARGUMENT, fa_loss_find("none", &loss));
    expect_list("there is no loss \"none\"; known: ", list);
    list[0] = '\0';
    for (int i = 1; strcmp(fa_init_name((fa_init)i), "unknown") != 0; i++)
        add(list, fa_init_name((fa_init)i));
    expect_failure(FA_ERR_ARGUMENT, fa_init_find("none", &init));
    expect_list("; known: ", list);
}
END_TEST

START_TEST(parameters_and_choices)
{
    net_spec spec = make_spec(FA_FLOAT64, 2, 3, FA_TANH, true);
    fa_optimizer *opt = make_optimizer(make_network(&spec, 1), 0.1);
    size_t count;
    const fa_param *params = fa_optimizer_params("sgd", &count);
    char list[MANY] = "";
    for (size_t i = 0; i < count; i++)
        add(list, params[i].name);
    expect_failure(FA_ERR_ARGUMENT, fa_optimizer_set(opt, "none", 1));
    expect_list("sgd has no parameter \"none\"; it has ", list);
    expect_failure(FA_ERR_ARGUMENT, fa_optimizer_set_choice(opt, "nesterov", "perhaps"));
    expect_list("sgd: nesterov = \"perhaps\" has to be one of ", "no, yes");
    expect_failure(FA_ERR_ARGUMENT, fa_optimizer_set_choice(opt, "momentum", "yes"));
    expect_list("", "sgd: momentum is a number, not a choice");
    expect_failure(FA_ERR_ARGUMENT, fa_optimizer_set(opt, "momentum", 1.5));
    expect_list("", "sgd: momentum = 1.5 has to be a number in 0 .. 1");
    expect_failure(FA_ERR_ARGUMENT, fa_optimizer_set(opt, "nesterov", 0.5));
    expect_list("", "sgd: nesterov = 0.5 has to be a whole number in 0 .. 1");
    expect_failure(FA_ERR_ARGUMENT, fa_optimizer_set(opt, "nesterov", 2));
    expect_list("", "sgd: nesterov = 2 has to be a whole number in 0 .. 1");
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("unknown_names");
    TCase *tcase = support_case(suite);
    tcase_add_test(tcase, registries);
    tcase_add_test(tcase, long_names_are_cut);
    tcase_add_test(tcase, enumerations);
    tcase_add_test(tcase, parameters_and_choices);
    return support_run(suite, true);
}
