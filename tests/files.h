/* What the tests of files share: a directory of the test's own and files in it. */
#ifndef LIBFA_TESTS_FILES_H
#define LIBFA_TESTS_FILES_H

#include "support.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { PATH_SIZE = 512 };

static char directory[PATH_SIZE / 2];

static inline void make_directory(void)
{
    const char *parent = getenv("TMPDIR");
    snprintf(directory, sizeof directory, "%s/libfa-test-XXXXXX", parent ? parent : "/tmp");
    ck_assert_ptr_nonnull(mkdtemp(directory));
}

static inline void path_of(const char *name, char path[PATH_SIZE])
{
    snprintf(path, PATH_SIZE, "%s/%s", directory, name);
}

/* Number of files and directories in it; they are removed if that is wanted. */
static inline size_t list_directory(bool clear)
{
    size_t count = 0;
    DIR *list = opendir(directory);
    ck_assert_ptr_nonnull(list);
    for (struct dirent *entry; (entry = readdir(list)) != NULL;) {
        char path[PATH_SIZE];
        if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
            continue;
        count++;
        path_of(entry->d_name, path);
        if (clear)
            remove(path);
    }
    closedir(list);
    return count;
}

static inline void remove_directory(void)
{
    list_directory(true);
    rmdir(directory);
}

static inline TCase *file_case(Suite *suite)
{
    TCase *tcase = support_case(suite);
    tcase_add_checked_fixture(tcase, make_directory, remove_directory);
    return tcase;
}

static inline void fixture_path(const char *name, char path[PATH_SIZE])
{
    const char *data = getenv("LIBFA_TEST_DATA");
    ck_assert_msg(data != NULL, "LIBFA_TEST_DATA has to name tests/data");
    snprintf(path, PATH_SIZE, "%s/npy/%s.npy", data, name);
}

static inline void put_file(const char *path, const void *bytes, size_t size)
{
    FILE *file = fopen(path, "wb");
    ck_assert_ptr_nonnull(file);
    ck_assert(fwrite(bytes, 1, size, file) == size && fclose(file) == 0);
}

/* At most `room` bytes of a file; the number. */
static inline size_t get_file(const char *path, void *bytes, size_t room)
{
    FILE *file = fopen(path, "rb");
    ck_assert_msg(file != NULL, "no file %s", path);
    const size_t size = fread(bytes, 1, room, file);
    fclose(file);
    return size;
}

/* The sentence names the file. */
#define expect_failure_of_file(status, path, call)                                                                     \
    (expect_failure(status, call), ck_assert_msg(strncmp(fa_last_error(), path, strlen(path)) == 0,                    \
                                                 "line %d: \"%s\" does not name the file", __LINE__, fa_last_error()))

#endif
