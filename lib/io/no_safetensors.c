/* Weights and checkpoints of a library that was built without files, or without jansson. */
#include <fa/io.h>

#include "config.h"
#include "status.h"

static fa_status unsupported(const char *function)
{
    return status_set(FA_ERR_UNSUPPORTED, "%s: this libfa was built without %s", function,
                      FA_HAVE_FILES ? "jansson" : "files (-Dio=disabled)");
}

fa_status fa_network_save(const fa_network *net, const char *path)
{
    (void)net;
    (void)path;
    return unsupported(__func__);
}

fa_status fa_network_load(fa_network *net, const char *path, uint32_t flags)
{
    (void)net;
    (void)path;
    (void)flags;
    return unsupported(__func__);
}

fa_status fa_network_open(fa_network **out, const char *path, uint32_t flags)
{
    (void)path;
    (void)flags;
    if (out != NULL)
        *out = NULL;
    return unsupported(__func__);
}

fa_status fa_checkpoint_save(const char *path, const fa_network *net, const fa_feedback *fb, const fa_optimizer *opt,
                             const fa_pass *pass, const fa_trainer *trainer)
{
    (void)path;
    (void)net;
    (void)fb;
    (void)opt;
    (void)pass;
    (void)trainer;
    return unsupported(__func__);
}

fa_status fa_checkpoint_load(const char *path, fa_network *net, fa_feedback *fb, fa_optimizer *opt, fa_pass *pass,
                             fa_trainer *trainer, uint32_t flags)
{
    (void)path;
    (void)net;
    (void)fb;
    (void)opt;
    (void)pass;
    (void)trainer;
    (void)flags;
    return unsupported(__func__);
}
