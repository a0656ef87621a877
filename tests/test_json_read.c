/* Reading JSON: what is JSON and what is not, jansson's own opinion of the same texts, and no other value when memory
 * is out. */
#include "io/json_read.h"
#include "support.h"
#include "watch.h"

#include <stdio.h>
#include <string.h>

static const fields from = {"file", "the header", NULL};

static fa_status read_text(const char *text, size_t length, json_t **value)
{
    /* Memory of just that length, so that nothing beyond it is looked at. */
    char *copy = make_memory(length + (length == 0), 1);
    memcpy(copy, text, length);
    return json_read(&from, copy, length, value);
}

/* --- what it is --- */

/* Text and what jansson writes of it, sorted and without white space. */
static const char *const sound[][2] = {
    {"{}", "{}"},
    {" \t\r\n{ \"a\" : [ ] , \"b\":{\"c\":[1,[2]]} } ", "{\"a\":[],\"b\":{\"c\":[1,[2]]}}"},
    {"[true,false,null]", "[true,false,null]"},
    {"[0,-0,-1,9223372036854775807,-9223372036854775808]", "[0,0,-1,9223372036854775807,-9223372036854775808]"},
    {"[0.5,-2.5e+1,1E2,1e-2,123456789.125]", "[0.5,-25.0,100.0,0.01,123456789.125]"},
    {"[\"\",\"\\\"\\\\\\/\\b\\f\\n\\r\\t\"]", "[\"\",\"\\\"\\\\/\\b\\f\\n\\r\\t\"]"},
    {"[\"\\u0041\\u00e9\\u20AC\\ud83d\\uDE00\"]", "[\"A\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80\"]"},
    {"[\"\xc2\x80\xdf\xbf\xe0\xa0\x80\xed\x9f\xbf\xee\x80\x80\xef\xbf\xbf\xf0\x90\x80\x80\xf4\x8f\xbf\xbf\"]",
     "[\"\xc2\x80\xdf\xbf\xe0\xa0\x80\xed\x9f\xbf\xee\x80\x80\xef\xbf\xbf\xf0\x90\x80\x80\xf4\x8f\xbf\xbf\"]"},
    {"[\"\\u007f\\u0080\\u07ff\\u0800\\uffff\\ud800\\udc00\\udbff\\udfff\"]",
     "[\"\x7f\xc2\x80\xdf\xbf\xe0\xa0\x80\xef\xbf\xbf\xf0\x90\x80\x80\xf4\x8f\xbf\xbf\"]"},
    {"\"alone\"", "\"alone\""},
    {"[[[[[[[[1]]]]]]]]", "[[[[[[[[1]]]]]]]]"},
};

START_TEST(what_is_json)
{
    json_t *value;
    char    text[256];
    expect_ok(read_text(sound[_i][0], strlen(sound[_i][0]), &value));
    const size_t length = json_dumpb(value, text, sizeof text, JSON_COMPACT | JSON_SORT_KEYS | JSON_ENCODE_ANY);
    ck_assert(length < sizeof text);
    text[length] = '\0';
    ck_assert_str_eq(text, sound[_i][1]);
    json_decref(value);
}
END_TEST

/* Text and what its sentence says. */
static const char *const wrong[][2] = {
    {"", "invalid token (byte 0)"},
    {"{", "string or '}' expected (byte 1)"},
    {"{\"a\"", "':' expected (byte 4)"},
    {"{\"a\" 1}", "':' expected (byte 5)"},
    {"{\"a\":}", "invalid token (byte 5)"},
    {"{\"a\":1", "'}' expected (byte 6)"},
    {"{\"a\":1,}", "string or '}' expected (byte 7)"},
    {"{\"a\":1 \"b\":2}", "'}' expected (byte 7)"},
    {"{1:2}", "string or '}' expected (byte 1)"},
    {"{\"a\":1,\"b\":{},\"a\":2}", "a name is there twice (byte 17)"},
    {"{\"a\":1,\"\\u0061\":2}", "a name is there twice (byte 15)"},
    {"[1,2", "']' expected (byte 4)"},
    {"[1,,2]", "invalid token (byte 3)"},
    {"[1]]", "something follows its end (byte 3)"},
    {"[1] {}", "something follows its end (byte 4)"},
    {"[nul]", "invalid token (byte 1)"},
    {"[True]", "invalid token (byte 1)"},
    {"[NaN]", "invalid token (byte 1)"},
    {"[01]", "invalid token (byte 1)"},
    {"[-]", "invalid token (byte 1)"},
    {"[+1]", "invalid token (byte 1)"},
    {"[.5]", "invalid token (byte 1)"},
    {"[1.]", "invalid token (byte 1)"},
    {"[1e]", "invalid token (byte 1)"},
    {"[1e+]", "invalid token (byte 1)"},
    {"[9223372036854775808]", "a number is too large (byte 1)"},
    {"[-9223372036854775809]", "a number is too large (byte 1)"},
    {"[1e400]", "real number overflow (byte 1)"},
    {"[-1e400]", "real number overflow (byte 1)"},
    {"[\"a]", "a string does not end (byte 4)"},
    {"[\"a\nb\"]", "a control character in a string (byte 3)"},
    {"[\"\\x\"]", "an escape that means nothing"},
    {"[\"\\", "an escape that means nothing"},
    {"[\"\\u12\"]", "an escape that means nothing"},
    {"[\"\\u12g4\"]", "an escape that means nothing"},
    {"[\"\\u0000\"]", "a text has a character of value 0"},
    {"[\"\\ud800\"]", "an escape that means nothing"},
    {"[\"\\ud800\\n\"]", "an escape that means nothing"},
    {"[\"\\ud800\\u0041\"]", "an escape that means nothing"},
    {"[\"\\ud800\\ue000\"]", "an escape that means nothing"},
    {"[\"\\udc00\"]", "an escape that means nothing"},
    {"[\"\x80\"]", "is not UTF-8 (byte 2)"},
    {"[\"\xc1\xbf\"]", "is not UTF-8 (byte 2)"},
    {"[\"\xc3\"]", "is not UTF-8 (byte 2)"},
    {"[\"\xe0\x9f\xbf\"]", "is not UTF-8 (byte 2)"},
    {"[\"\xed\xa0\x80\"]", "is not UTF-8 (byte 2)"},
    {"[\"\xf0\x8f\xbf\xbf\"]", "is not UTF-8 (byte 2)"},
    {"[\"\xf4\x90\x80\x80\"]", "is not UTF-8 (byte 2)"},
    {"[\"\xf5\x80\x80\x80\"]", "is not UTF-8 (byte 2)"},
    {"[1]\xe2\x82", "is not UTF-8 (byte 3)"},
    {"[[[[[[[[[1]]]]]]]]]", "JSON is nested more than 8 deep"},
};

START_TEST(what_is_not)
{
    json_t *value;
    expect_failure(FA_ERR_FORMAT, read_text(wrong[_i][0], strlen(wrong[_i][0]), &value));
    ck_assert_ptr_null(value);
    ck_assert_msg(strncmp(fa_last_error(), "file: the header: ", 18) == 0 && strstr(fa_last_error(), wrong[_i][1]),
                  "%s: %s", wrong[_i][0], fa_last_error());
}
END_TEST

/* A byte 0 is no end. */
START_TEST(zeros_end_nothing)
{
    json_t *value;
    expect_failure(FA_ERR_FORMAT, read_text("{}\0", 3, &value));
    expect_failure(FA_ERR_FORMAT, read_text("[\"a\0\"]", 6, &value));
    expect_failure(FA_ERR_FORMAT, read_text("\0{}", 3, &value));
    expect_failure(FA_ERR_FORMAT, read_text("[\"\\\0\"]", 6, &value));
}
END_TEST

START_TEST(long_numbers)
{
    char    text[200];
    json_t *value;
    for (int zeros = 120; zeros < 130; zeros++) { /* "0." besides */
        const int length = snprintf(text, sizeof text, "0.%0*d", zeros, 1);
        const fa_status status = read_text(text, (size_t)length, &value);
        ck_assert_int_eq(status, length <= 127 ? FA_OK : FA_ERR_FORMAT);
        json_decref(value);
    }
}
END_TEST

START_TEST(many_values)
{
    const size_t most = FIELDS_VALUES;
    char        *text = make_memory(2 * most + 8, 1);
    json_t      *value;
    for (size_t extra = 0; extra < 2; extra++) {
        const size_t elements = most - 2 + extra; /* the array counts twice */
        text[0] = '[';
        for (size_t i = 0; i < elements; i++)
            memcpy(text + 1 + 2 * i, "1,", 2);
        text[2 * elements] = ']';
        const fa_status status = json_read(&from, text, 2 * elements + 1, &value);
        ck_assert_int_eq(status, extra ? FA_ERR_FORMAT : FA_OK);
        json_decref(value);
    }
    ck_assert_ptr_nonnull(strstr(fa_last_error(), "more than 1048576 values"));
}
END_TEST

/* --- jansson's opinion --- */

static const char *const seeds[] = {
    "{\"__metadata__\":{\"format\":\"pt\",\"n\":\"1\"},\"w\":{\"dtype\":\"F32\",\"shape\":[2,3],"
    "\"data_offsets\":[0,24]}}",
    "{\"a\":[1,-2.5e3,true,false,null,\"\\u00e9\\ud83d\\ude00\\n\"],\"b\":{\"c\":[[],{}]}, "
    "\"d\" : 1234567890123456789}",
    "{\"\xc3\xa9\":\"\xe2\x82\xac\",\"x\":0.1,\"y\":[0,0.0,1E+2]}",
};

/* Some bytes changed, put in or left out. */
static size_t change(const char *seed, char *text, uint64_t *state)
{
    static const char favorites[] = "{}[]\",:\\u0e+-.19atn \x80\xc3";
    size_t length = strlen(seed);
    memcpy(text, seed, length);
    for (size_t changes = 1 + draw_index(state, 3); changes > 0; changes--) {
        const size_t at = draw_index(state, length), kind = draw_index(state, 3);
        const char   c = draw_index(state, 4) ? favorites[draw_index(state, sizeof favorites - 1)]
                                              : (char)draw_index(state, 256);
        if (kind == 2) {
            memmove(text + at, text + at + 1, length - at - 1);
            length--;
        } else {
            memmove(text + at + kind, text + at, length - at);
            length += kind;
            text[at] = c;
        }
    }
    return length;
}

START_TEST(jansson_agrees)
{
    enum { TEXTS = 100000 };
    char         text[256];
    uint64_t     state = (uint64_t)_i + 1;
    long         good = 0;
    for (int i = 0; i < TEXTS; i++) {
        json_error_t error;
        json_t      *value, *expected;
        const size_t length = change(seeds[_i], text, &state);
        if (text[0] != '{' || memchr(text, '\0', length) != NULL) /* jansson overlooks a byte 0 behind a number */
            continue;
        const fa_status status = json_read(&from, text, length, &value);
        expected = json_loadb(text, length, JSON_REJECT_DUPLICATES, &error);
        ck_assert_msg((status == FA_OK) == (expected != NULL), "%.*s: %s, jansson: %s", (int)length, text,
                      status == FA_OK ? "fine" : fa_last_error(), expected ? "fine" : error.text);
        ck_assert_msg(!expected || json_equal(value, expected), "%.*s: another value", (int)length, text);
        good += expected != NULL;
        json_decref(value);
        json_decref(expected);
    }
    ck_assert(good > TEXTS / 20 && good < TEXTS - TEXTS / 20);
}
END_TEST

/* --- without memory --- */

START_TEST(no_memory_no_value)
{
    char    text[1024] = "{\"long\":\"";
    json_t *expected, *value;
    for (int i = 0; i < 60; i++)
        strcat(text, "0123456789");
    strcat(text, "\",\"list\":[1,2.5,true,{\"a\":\"b\"}],\"number\":\"12345678901234567890\"}");
    expect_ok(json_read(&from, text, strlen(text), &expected));
    fa_status status = FA_ERR_MEMORY;
    for (long fail = 0; status != FA_OK; fail++) {
        support_forget();
        watch(fail, _i);
        status = json_read(&from, text, strlen(text), &value);
        unwatch();
        if (status != FA_OK) {
            support_failed(FA_ERR_MEMORY, status, "json_read", __LINE__);
            ck_assert(value == NULL && live == 0);
        } else {
            ck_assert(fail > 10 && json_equal(value, expected));
        }
    }
    json_decref(value);
    json_decref(expected);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("json read");
    TCase *tcase = support_case(suite);
    tcase_add_loop_test(tcase, what_is_json, 0, (int)(sizeof sound / sizeof *sound));
    tcase_add_loop_test(tcase, what_is_not, 0, (int)(sizeof wrong / sizeof *wrong));
    tcase_add_test(tcase, zeros_end_nothing);
    tcase_add_test(tcase, long_numbers);
    tcase_add_test(tcase, many_values);
    tcase_add_loop_test(tcase, jansson_agrees, 0, 3);
    tcase_add_loop_test(tcase, no_memory_no_value, 0, 2);
    return support_run(suite, false);
}
