/* Observations stay in memory: a library that was built without files. */
#include "recorder.h"

#include "status.h"

fa_status fa_recorder_open(fa_recorder *rec, const char *path, fa_record_format format)
{
    (void)rec;
    (void)path;
    (void)format;
    return status_set(FA_ERR_UNSUPPORTED, "%s: this libfa was built without files (-Dio=disabled)", __func__);
}

fa_status fa_recorder_close(fa_recorder *rec)
{
    return rec != NULL ? FA_OK : status_null(__func__, "rec");
}

fa_status recorder_write(fa_recorder *rec, uint64_t epoch, uint64_t batch)
{
    (void)rec;
    (void)epoch;
    (void)batch;
    return FA_OK;
}
