#include "replay.h"

#include <errno.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "../common/complain.h"
#include "environment.h"
#include "jsonl.h"
#include "settings.h"

/* The first line of the file as JSON; NULL after a complaint. */
static json_t *read_header(const char *path)
{
    FILE *file = fopen(path, "r");
    json_error_t error = {.text = ""};
    json_t *header;

    if (!file) {
        complain("cannot read %s: %s", path, strerror(errno));
        return NULL;
    }
    errno = 0;
    header = json_loadf(file, JSON_DISABLE_EOF_CHECK, &error);
    if (!header && ferror(file))
        complain("cannot read %s: %s", path, strerror(errno));
    else if (!header)
        complain("%s is no file of JSON lines: %s", path, error.text);
    fclose(file);
    return header;
}

static const char *text_of(const json_t *object, const char *name)
{
    const char *text = json_string_value(json_object_get(object, name));

    return text ? text : "";
}

/* A difference may change the last bits, or more. */
static void compare(const char *what, const char *then, const char *now)
{
    if (strcmp(then, now) != 0)
        complain("note: %s was '%s' in the file and is '%s' now", what, then, now);
}

void replay_compare(const json_t *header)
{
    const json_t *environment = json_object_get(header, "environment");

    compare("the version", text_of(header, "version"), fa_version());
    compare("the library", text_of(header, "build"), fa_build_info());
    for (size_t i = 0; environment_variables[i]; i++) {
        const char *now = getenv(environment_variables[i]);

        compare(environment_variables[i], text_of(environment, environment_variables[i]), now ? now : "");
    }
}

static bool add_parameter(const char *path, given *texts, const char *name, const json_t *value)
{
    char flag[64];
    const option *known;
    size_t number = 0;

    snprintf(flag, sizeof flag, "--%s", name);
    known = options_find(texts->groups, texts->n_groups, flag, strlen(flag));
    if (known)
        number = given_number(texts, flag);
    if (!known || !settings_is_parameter(number) || (known->value ? !json_is_string(value) : !json_is_true(value))) {
        complain("%s: '%s' is no parameter of this program, or has a wrong value", path, name);
        return false;
    }
    return texts->texts[number] || given_add(texts, number, known->value ? json_string_value(value) : "yes");
}

bool replay_read(const char *path, given *texts)
{
    json_t *header = read_header(path), *parameters = json_object_get(header, "parameters"), *value;
    const char *name;
    bool good = header != NULL;

    if (good)
        good = jsonl_is_header(path, header);
    if (good) {
        replay_compare(header);
        json_object_foreach(parameters, name, value)
            good = good && add_parameter(path, texts, name, value);
    }
    json_decref(header);
    return good;
}
