/* Weights in safetensors files. */
#include <fa/io.h>

#include "io/state.h"
#include "network.h"
#include "status.h"

#include <string.h>

#define KNOWN_FLAGS ((uint32_t)(FA_LOAD_NOT_FINITE | FA_LOAD_EXTRA | FA_LOAD_CONVERT))

fa_status fa_network_save(const fa_network *net, const char *path)
{
    tensor_list list = {0};

    if (net == NULL || path == NULL)
        return status_null("fa_network_save", net == NULL ? "net" : "path");
    fa_status status = network_check_built(net, "fa_network_save");
    if (status != FA_OK)
        return status;
    json_t *metadata = state_metadata();
    status = state_put(metadata, STATE_NETWORK, network_describe(net, NULL, false));
    network_list(&list, net, "", false);
    if (status == FA_OK)
        status = safetensors_write(path, metadata, &list);
    tensor_list_free(&list);
    json_decref(metadata);
    return status;
}

/* Tensors of a checkpoint that are not weights. */
static bool is_of_checkpoint(const void *data, const char *name)
{
    static const char *const starts[] = {"rule.", "optimizer.", "trainer."};
    const char *mask = strstr(name, ".weight_mask");

    (void)data;
    for (size_t i = 0; i < sizeof(starts) / sizeof(starts[0]); i++)
        if (strncmp(name, starts[i], strlen(starts[i])) == 0)
            return true;
    return strncmp(name, "layers.", 7) == 0 && mask != NULL && strcmp(mask, ".weight_mask") == 0;
}

static bool is_nothing(const void *data, const char *name)
{
    (void)data;
    (void)name;
    return false;
}

/* The tensors of a list, which are all that there is. */
static fa_status read_weights(safetensors *file, tensor_list *list, uint32_t flags)
{
    const bool ours = safetensors_metadata(file, STATE_FORMAT) != NULL;
    fa_status status = FA_OK;

    if (!(flags & FA_LOAD_EXTRA))
        status = safetensors_check_names(file, list, ours ? is_of_checkpoint : is_nothing, NULL);
    return status == FA_OK ? safetensors_read(file, list, flags) : status;
}

/* Weights into a copy, which then becomes the network. */
static fa_status load(fa_network *net, safetensors *file, uint32_t flags)
{
    const fields from = {file->in.path, "the network", NULL};
    tensor_list list = {0};
    fa_network *staged = NULL;
    fa_status status = fa_network_copy(&staged, net);

    if (status == FA_OK) {
        network_list(&list, staged, "", false);
        status = read_weights(file, &list, flags);
    }
    if (status == FA_OK)
        status = network_settle(&from, staged);
    if (status == FA_OK)
        network_commit(net, staged);
    tensor_list_free(&list);
    fa_network_destroy(staged);
    return status;
}

static fa_status check_call(const char *function, const void *handle, const char *handle_name, const char *path,
                            uint32_t flags)
{
    if (handle == NULL || path == NULL)
        return status_null(function, handle == NULL ? handle_name : "path");
    if (flags & ~KNOWN_FLAGS)
        return status_set(FA_ERR_ARGUMENT, "%s: there is no flag %#x", function, flags & ~KNOWN_FLAGS);
    return FA_OK;
}

fa_status fa_network_load(fa_network *net, const char *path, uint32_t flags)
{
    safetensors file;
    fa_status status = check_call("fa_network_load", net, "net", path, flags);

    if (status == FA_OK)
        status = network_check_built(net, "fa_network_load");
    if (status == FA_OK)
        status = safetensors_open(&file, path);
    if (status != FA_OK)
        return status;
    status = load(net, &file, flags);
    safetensors_close(&file);
    return status;
}

static fa_status open_network(fa_network **out, safetensors *file, uint32_t flags)
{
    tensor_list list = {0};
    json_t *object = NULL;
    fields from;
    fa_network *made = NULL;
    fa_status status = state_take(file, STATE_NETWORK, "the network", &object, &from);

    if (status == FA_OK)
        status = network_make(&from, file, &made);
    if (status == FA_OK) {
        network_list(&list, made, "", true);
        status = read_weights(file, &list, flags);
    }
    if (status == FA_OK)
        status = network_settle(&from, made);
    tensor_list_free(&list);
    json_decref(object);
    if (status == FA_OK)
        *out = made;
    else
        fa_network_destroy(made);
    return status;
}

fa_status fa_network_open(fa_network **out, const char *path, uint32_t flags)
{
    safetensors file;
    fa_status status = check_call("fa_network_open", out, "out", path, flags);

    if (out != NULL)
        *out = NULL;
    if (status == FA_OK)
        status = safetensors_open(&file, path);
    if (status != FA_OK)
        return status;
    status = open_network(out, &file, flags);
    safetensors_close(&file);
    return status;
}
