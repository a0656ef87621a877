/* JSON that is written where the locale's decimal point is a character of several bytes, as in Pashto.
 *
 * Hardly any machine has such a locale installed, so what jansson makes of its numbers is imitated: a dot in the place
 * of the point's first byte, and the others behind it. */
#include "support.h"

#include <string.h>

#include "alloc.h"
#include "io/fields.h"

size_t __real_json_dumpb(const json_t *json, char *buffer, size_t size, size_t flags);
size_t __wrap_json_dumpb(const json_t *json, char *buffer, size_t size, size_t flags);

enum { MOST = 1000 };

size_t __wrap_json_dumpb(const json_t *json, char *buffer, size_t size, size_t flags)
{
    char text[MOST], longer[2 * MOST];
    size_t length = __real_json_dumpb(json, text, MOST, flags), count = 0;
    ck_assert_uint_le(length, MOST);
    for (size_t i = 0; i < length; i++) {
        longer[count++] = text[i];
        if (text[i] == '.')
            longer[count++] = '\xab';
    }
    if (count <= size)
        memcpy(buffer, longer, count);
    return count;
}

START_TEST(decimal_point_of_two_bytes)
{
    fields back = {"file", "the object", NULL};
    json_t *object = json_pack("{s:f, s:f, s:s}", "a", 0.1, "b", -2.5e-300, "c", "\xd9\xab\xc3\xab");
    size_t length = 0;
    char *text = NULL;
    double a = 0, b = 0;
    const char *c = "";
    ck_assert_int_eq(fields_write(object, &text, &length), FA_OK);
    ck_assert_uint_eq(strlen(text), length);
    json_decref(object);
    ck_assert_int_eq(fields_parse(back.path, back.what, text, length, &object), FA_OK);
    back.object = object;
    ck_assert_int_eq(fields_real(&back, "a", &a), FA_OK);
    ck_assert_int_eq(fields_real(&back, "b", &b), FA_OK);
    ck_assert_int_eq(fields_text(&back, "c", &c), FA_OK);
    ck_assert(a == 0.1 && b == -2.5e-300);
    ck_assert_str_eq(c, "\xd9\xab\xc3\xab");
    json_decref(object);
    mem_free(text);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("fields_write");
    tcase_add_test(support_case(suite), decimal_point_of_two_bytes);
    return support_run(suite, true);
}
