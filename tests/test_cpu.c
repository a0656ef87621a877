/* FA_CPU chooses among the levels that the processor has; it is read once. Each wish is one of a process of its own. */
#include "support.h"

#include "cpu.h"

#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

/* The level in a child process with that wish; NULL: none. Another wish afterwards comes too late. */
static int level_with(const char *wish)
{
    const pid_t child = fork();
    int status = 0;
    if (child == 0) {
        if (wish)
            setenv("FA_CPU", wish, 1);
        else
            unsetenv("FA_CPU");
        const cpu_level level = cpu_level_now();
        setenv("FA_CPU", level == CPU_BASELINE ? "avx512" : "baseline", 1);
        const bool stays = cpu_level_now() == level && strstr(fa_build_info(), cpu_level_name(level)) != NULL;
        exit(stays ? (int)level : 99);
    }
    ck_assert(child > 0 && waitpid(child, &status, 0) == child && WIFEXITED(status));
    ck_assert_int_ne(WEXITSTATUS(status), 99);
    return WEXITSTATUS(status);
}

START_TEST(wishes)
{
    static const char *const names[] = {"baseline", "avx2", "avx512"};
    const int best = (int)cpu_level_best();
    ck_assert_int_eq(level_with(NULL), best);
    ck_assert_int_eq(level_with(""), best);
    ck_assert_int_eq(level_with("AVX2"), best);
    ck_assert_int_eq(level_with("baseline "), best);
    for (int level = 0; level < 3; level++) {
        ck_assert_str_eq(cpu_level_name((cpu_level)level), names[level]);
        ck_assert_int_eq(level_with(names[level]), level < best ? level : best); /* no more than there is */
    }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("cpu");
    TCase *tcase = support_case(suite);
    tcase_add_test(tcase, wishes);
    return support_run(suite, false); /* before anything in this process has asked for the level */
}
