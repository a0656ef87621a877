/* How many threads work for a pass. */
#include "pass.h"

#include "status.h"

fa_status fa_pass_set_threads(fa_pass *pass, size_t n)
{
    team *made = NULL;

    if (!pass)
        return status_null(__func__, "pass");
    if (n < 1 || n > TEAM_MAX)
        return status_set(FA_ERR_ARGUMENT, "a pass has 1 to %d threads, not %zu", TEAM_MAX, n);
    if (n == team_size(pass->team))
        return FA_OK;
    if (n > 1 && !(made = team_create(n)))
        return FA_ERR_MEMORY;
    team_destroy(pass->team);
    pass->team = made;
    return FA_OK;
}

size_t fa_pass_threads(const fa_pass *pass)
{
    return pass ? team_size(pass->team) : 0;
}
