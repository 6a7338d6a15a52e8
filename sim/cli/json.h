/*
 * json.h - writes JSON, a value at a time
 */
#ifndef MMSIM_CLI_JSON_H
#define MMSIM_CLI_JSON_H

#include "sim/base/str.h"

struct json {
	struct str out;
	int depth;
	bool more; /* a comma is due before the next value */
};

/* key: of the object we are in; NULL in a list or at the top. */
void json_object(struct json *j, const char *key);
void json_list(struct json *j, const char *key);
void json_end_object(struct json *j);
void json_end_list(struct json *j);
void json_text(struct json *j, const char *key, const char *text);
void json_number(struct json *j, const char *key, int64_t number);
/* As json_print_real shows it. */
void json_real(struct json *j, const char *key, double number);
/* A whole number with all its digits, else the shortest text that reads back as the same number;
 * "null" for what is not finite. */
void json_print_real(struct str *out, double number);
void json_bool(struct json *j, const char *key, bool b);
/* A number that is already text. */
void json_raw(struct json *j, const char *key, const char *number);
void json_null(struct json *j, const char *key);
/* Prints everything to standard output and frees it. */
void json_print(struct json *j);
#endif
