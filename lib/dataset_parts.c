/* Parts of a data set: ranges, random parts, copies. */
#include "dataset.h"

#include "alloc.h"
#include "matrix.h"
#include "status.h"

#include <string.h>
#include <fa/random.h>

fa_status fa_dataset_rows(fa_dataset **out, const fa_dataset *data, size_t first, size_t count)
{
    if (out == NULL)
        return status_null(__func__, "out");
    *out = NULL;
    if (data == NULL)
        return status_null(__func__, "data");
    if (count == 0)
        return status_set(FA_ERR_SHAPE, "%s: no sample asked for", __func__);
    if (first >= data->count || count > data->count - first)
        return status_set(FA_ERR_SHAPE, "%s: %zu samples from number %zu on end after the data set's %zu samples",
                          __func__, count, first, data->count);

    const bool scattered = !dataset_is_contiguous(data, first, count);
    *out = dataset_part(data->storage, dataset_place(data, first), count, scattered);
    if (*out == NULL)
        return FA_ERR_MEMORY;
    if (scattered)
        memcpy((*out)->places, data->places + first, count * sizeof(size_t));
    return FA_OK;
}
