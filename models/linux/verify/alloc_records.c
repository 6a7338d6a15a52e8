/*
 * alloc_records.c - reading a state of the page allocator, record by record
 */
#include "models/linux/verify/alloc_records.h"

#include <stdlib.h>
#include <string.h>

void dump_wrong(struct dump_reader *d, const char *what)
{
	if (!d->failed)
		verify_error(d->c, "%s:%d: %s", d->path, d->line, what);
	d->failed = true;
}

int64_t dump_number(struct dump_reader *d, char **words, int64_t max)
{
	int64_t v;

	if (verify_parse(verify_word(words), &v) && v >= 0 && v <= max)
		return v;
	dump_wrong(d, "a number is missing or out of range");
	return 0;
}

int64_t dump_field(struct dump_reader *d, const char *line, const char *key, int64_t max)
{
	int64_t v;

	if (verify_field(line, key, &v) && v >= 0 && v <= max)
		return v;
	dump_wrong(d, "a field is missing or out of range");
	return 0;
}

bool dump_frame(struct dump_reader *d, char **words, uint64_t *pfn)
{
	const char *word = verify_word(words);
	char *end;

	if (!*word)
		return false;
	*pfn = strtoull(word, &end, 16);
	if (*end || !*pfn || *pfn >= d->vm->max_pfn) {
		dump_wrong(d, "no frame of this machine");
		return false;
	}
	return true;
}

void dump_skip_colon(struct dump_reader *d, char **words)
{
	const char *word;

	do
		word = verify_word(words);
	while (*word && strcmp(word, ":") != 0);
	if (!*word && !**words && strcmp(word, ":") != 0)
		dump_wrong(d, "a colon is missing");
}

int dump_type(struct dump_reader *d, const char *letter)
{
	const char *p = *letter ? strchr(alloc_type_letters, *letter) : NULL;

	if (!p)
		dump_wrong(d, "no migratetype; accepted: U, M, E, H, I");
	return p ? (int)(p - alloc_type_letters) : 0;
}

bool dump_read(struct dump_reader *d, const struct dump_kind *kinds, size_t n)
{
	struct verify_text t;
	char *line;

	if (!verify_read(d->c, d->path, &t)) {
		verify_error(d->c, "%s is needed", d->path);
		return false;
	}
	while ((line = verify_line(&t)) && !d->failed) {
		size_t len = strcspn(line, " ");

		d->line = t.line;
		for (size_t i = 0; i < n; i++) {
			if (strlen(kinds[i].name) != len || memcmp(kinds[i].name, line, len) != 0)
				continue;

			char *record = sim_strdup(line), *words = line;

			verify_word(&words);
			kinds[i].read(d, record, words);
			sim_free(record);
		}
	}
	verify_text_free(&t);
	return !d->failed;
}

struct zone *dump_zone(struct dump_reader *d, char **words)
{
	int64_t nid = dump_number(d, words, MACHINE_MAX_NODES - 1);
	struct zone *zone = alloc_find_zone(d->vm, nid, verify_word(words));

	if (!zone)
		dump_wrong(d, "no zone of this machine");
	return zone;
}
