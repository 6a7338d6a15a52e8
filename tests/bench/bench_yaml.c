/*
 * bench_yaml.c - reading a scenario, against a bare loop over libyaml's events
 */
#include <string.h>
#include <yaml.h>

#include "sim/base/diag.h"
#include "sim/base/mem.h"
#include "sim/base/str.h"
#include "sim/scenario/yaml.h"
#include "tests/bench/bench.h"

static double ours(void *arg)
{
	const struct str *text = arg;
	struct diag d = { 0 };
	struct yaml_doc *doc = yaml_parse_text(&d, "bench", text->s, text->len);

	if (!doc)
		exit(1);
	yaml_doc_free(doc);
	diag_free(&d);
	return (double)text->len / 1e6;
}

static double bare(void *arg)
{
	const struct str *text = arg;
	yaml_parser_t p;
	yaml_event_t e;
	int done = 0;

	yaml_parser_initialize(&p);
	yaml_parser_set_input_string(&p, (const unsigned char *)text->s, text->len);
	while (!done) {
		if (!yaml_parser_parse(&p, &e))
			exit(1);
		done = e.type == YAML_STREAM_END_EVENT;
		yaml_event_delete(&e);
	}
	yaml_parser_delete(&p);
	return (double)text->len / 1e6;
}

int main(void)
{
	struct str text = { 0 };

	str_add(&text, "mmsim: 1\ntasks:\n");
	for (int i = 0; i < 20000; i++)
		str_addf(&text,
			 "  - name: task%d\n    start: %d ms\n    do:\n"
			 "      - read: { file: data, block: 64 KiB, count: %d, think: 10 us }\n"
			 "      - write: { file: log, bytes: 1 MiB, block: 4 KiB }\n",
			 i, i, i + 1);

	int ok = bench_pair("13 scenario loading", "MB", ours, &text, bare, &text, 0.3, 0.5);

	str_free(&text);
	return !ok;
}
