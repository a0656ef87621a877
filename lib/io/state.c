#include "io/state.h"

#include "alloc.h"
#include "status.h"

#include <string.h>

json_t *state_metadata(void)
{
    return json_pack("{s:s, s:s, s:s}", "format", "libfa", STATE_FORMAT, STATE_FORMAT_NUMBER, "libfa.version",
                     fa_version());
}

fa_status state_put(json_t *metadata, const char *key, json_t *object)
{
    size_t length = 0;
    char *text = NULL;
    fa_status status = metadata != NULL && object != NULL ? fields_write(object, &text, &length) : FA_ERR_MEMORY;

    if (status == FA_OK && json_object_set_new(metadata, key, json_stringn(text, length)) != 0)
        status = FA_ERR_MEMORY;
    mem_free(text);
    json_decref(object);
    return status == FA_ERR_MEMORY ? status_set(status, "out of memory: what a file says of itself") : status;
}

static fa_status check_format(const safetensors *file)
{
    const char *format = safetensors_metadata(file, STATE_FORMAT);

    if (format == NULL)
        return file_fail(FA_ERR_FORMAT, file->in.path, "is not a file of libfa's: its metadata has no " STATE_FORMAT);
    if (strcmp(format, STATE_FORMAT_NUMBER) == 0)
        return FA_OK;
    return file_fail(FA_ERR_UNSUPPORTED, file->in.path,
                     "is of form \"%.16s\", and libfa %s knows form \"" STATE_FORMAT_NUMBER "\"",
                     format, fa_version());
}

fa_status state_take(const safetensors *file, const char *key, const char *what, json_t **object, fields *from)
{
    const char *text = safetensors_metadata(file, key);
    fa_status status = check_format(file);

    *object = NULL;
    if (status == FA_OK)
        status = text != NULL ? fields_parse(file->in.path, what, text, strlen(text), object)
                              : file_fail(FA_ERR_FORMAT, file->in.path, "says nothing about %s", what);
    *from = (fields){file->in.path, what, *object};
    return status;
}
