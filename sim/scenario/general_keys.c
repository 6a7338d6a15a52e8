/*
 * general_keys.c - the keys of a scenario that every kernel has: duration, seed, record ...
 *
 * The table of them, and whether what stands at the top of a scenario is one, a section of the
 * personality, or a map of tunables.
 */
#include <fnmatch.h>
#include <inttypes.h>
#include <string.h>

#include "sim/scenario/expect.h"
#include "sim/scenario/places.h"
#include "sim/scenario/reading.h"
#include "sim/scenario/words.h"

#define MAX_TIME    1000000000000000000 /* ns, about 31 years: sums of two stay in 64 bits */
#define MAX_SAMPLES 10000000

/* Kernels that a scenario may have settings for, whether they are built in or not. */
static const char *const kernels[] = { "linux", "freebsd" };

#define FIELD(type, field) offsetof(struct type, field)

static const struct key record_keys[] = {
	{ .name = "interval",
	  .type = KEY_INT,
	  .unit = UNIT_NS,
	  .offset = FIELD(record_conf, interval),
	  .def = "100 ms",
	  .max = MAX_TIME,
	  .meaning = "time between samples; 0: only the first and the last" },
	{ .name = "trace",
	  .type = KEY_NODE,
	  .offset = FIELD(record_conf, trace),
	  .meaning = "tracepoints to record, a list of names or shell patterns" },
};

static const struct key_schema record_schema = {
	.name = "record",
	.keys = record_keys,
	.nr_keys = ARRAY_LEN(record_keys),
	.size = sizeof(struct record_conf),
	.seen = SIZE_MAX,
};

static const struct key_word version_words[] = {
	{ "1", 1, "this version of the language" },
	{ NULL, 0, NULL },
};

enum { TOP_MMSIM };

static const struct key top_keys[] = {
	[TOP_MMSIM] = { .name = "mmsim",
			.type = KEY_ENUM,
			.offset = FIELD(top, mmsim),
			.words = version_words,
			.required = true,
			.meaning = "version of the scenario language" },
	{ .name = "personality",
	  .type = KEY_NAME,
	  .offset = FIELD(top, personality),
	  .meaning = "kernel to simulate; the first one built in if not given" },
	{ .name = "seed",
	  .type = KEY_INT,
	  .offset = FIELD(top, seed),
	  .def = "1",
	  .max = INT64_MAX,
	  .meaning = "of all chance in the run" },
	{ .name = "duration",
	  .type = KEY_INT,
	  .unit = UNIT_NS,
	  .offset = FIELD(top, duration),
	  .min = 1,
	  .max = MAX_TIME,
	  .meaning =
	      "simulated time after which the run ends; until all tasks have ended if not given" },
	{ .name = "quantum",
	  .type = KEY_INT,
	  .unit = UNIT_NS,
	  .offset = FIELD(top, quantum),
	  .def = "10 us",
	  .max = 1000000000,
	  .meaning = "how far a task may run ahead of the clock; 0: not at all" },
	{ .name = "large",
	  .type = KEY_BOOL,
	  .offset = FIELD(top, large),
	  .def = "false",
	  .meaning = "run it even if it may need more memory or time than this computer is "
		     "thought to have" },
	{ .name = "record",
	  .type = KEY_MAP,
	  .offset = FIELD(top, record),
	  .sub = &record_schema,
	  .meaning = "what goes into the results" },
	{ .name = "compare",
	  .type = KEY_NODE,
	  .offset = FIELD(top, compare),
	  .meaning = "tunables or paths of values, each with a list of values to compare" },
	{ .name = "expect",
	  .type = KEY_NODE,
	  .offset = FIELD(top, expect),
	  .meaning = "what the run is expected to show" },
	{ .name = "tasks",
	  .type = KEY_NODE,
	  .offset = FIELD(top, tasks),
	  .meaning = "programs and kernel threads of the workload" },
	{ .name = "interrupts",
	  .type = KEY_NODE,
	  .offset = FIELD(top, interrupts),
	  .meaning = "sources of interrupts and what their handlers do" },
	{ .name = "sysctl",
	  .type = KEY_NODE,
	  .offset = FIELD(top, sysctl),
	  .meaning = "tunables by their full names" },
};

const struct key_schema scenario_schema = {
	.name = "scenario",
	.keys = top_keys,
	.nr_keys = ARRAY_LEN(top_keys),
	.size = sizeof(struct top),
	.seen = SIZE_MAX,
};

const struct personality *find_personality(const struct reading *r, const char *name)
{
	for (int i = 0; r->personalities[i]; i++)
		if (!strcmp(r->personalities[i]->name, name))
			return r->personalities[i];
	return NULL;
}

static bool is_kernel(const struct reading *r, const char *name)
{
	for (size_t i = 0; i < ARRAY_LEN(kernels); i++)
		if (!strcmp(kernels[i], name))
			return true;
	return find_personality(r, name) != NULL;
}

static void unknown_top_key(struct reading *r, struct words *words, const struct yaml_node *key)
{
	struct str elsewhere = { 0 };

	if (words_offered(r->d) && key_places(r->sc->personality, key->text, &elsewhere))
		words->elsewhere = str_get(&elsewhere);
	words_unknown(words, r->d, key->at, "no key", key->text, " in a scenario");
	words->elsewhere = NULL;
	str_free(&elsewhere);
}

void check_top_keys(struct reading *r)
{
	const struct personality *p = r->sc->personality;
	const struct tunable_class *const *classes = r->p->tables.tunables;
	const struct yaml_node *root = r->p->root;
	struct words words = { 0 };

	for (int i = 0; i < scenario_schema.nr_keys; i++)
		words_add(&words, top_keys[i].name);
	for (int i = 0; i < p->nr_sections; i++)
		words_add(&words, p->sections[i]->name);
	for (int c = 0; classes[c]; c++)
		if (classes[c]->objects)
			words_add(&words, classes[c]->prefix);
	for (size_t i = 0; i < ARRAY_LEN(kernels); i++)
		if (!find_section(p, kernels[i]))
			words_add(&words, kernels[i]);
	for (size_t i = 0; i < root->n; i++) {
		const char *key = root->keys[i]->text;

		if (!has_row(&scenario_schema, key) && !find_section(p, key) &&
		    !is_tunable_map(r, key) && !is_kernel(r, key))
			unknown_top_key(r, &words, root->keys[i]);
	}
	words_free(&words);
}

/* Keys of kernels that have no section: of this one nothing may be left, others are not looked at.
 */
void check_kernels(struct reading *r)
{
	const struct yaml_node *root = r->p->root;

	for (size_t i = 0; i < root->n; i++) {
		const char *key = root->keys[i]->text;
		const struct yaml_node *settings = root->items[i];

		if (!is_kernel(r, key) || find_section(r->sc->personality, key))
			continue;
		if (settings->kind != YAML_KIND_MAP)
			diag_error(r->d, settings->at,
				   "%s: found %s; accepted: a mapping (settings "
				   "of that kernel)",
				   key, yaml_describe(settings));
		else if (!strcmp(key, r->sc->personality->name) && settings->n)
			diag_error(r->d, settings->keys[0]->at,
				   "%s: no key \"%.60s\"; accepted: sysctl", key,
				   settings->keys[0]->text);
	}
}

void read_top(struct reading *r, struct top *top)
{
	struct bind b = { .d = r->d, .arena = &r->p->arena, .personality = r->sc->personality };
	const struct yaml_node *root = r->p->root;

	bind_defaults(&b, &scenario_schema, top);
	for (int i = 0; i < scenario_schema.nr_keys; i++) {
		const struct yaml_node *value = yaml_get(root, top_keys[i].name);

		if (value)
			bind_value(&b, &top_keys[i], value, top);
	}
	if (!yaml_get(root, top_keys[TOP_MMSIM].name))
		diag_error(r->d, root->at, "key \"mmsim\" is missing in a scenario; accepted: 1");
}

static void read_trace(struct reading *r, const struct yaml_node *node)
{
	const struct personality *p = r->sc->personality;
	bool is_list = node->kind == YAML_KIND_LIST;
	size_t n = is_list ? node->n : 1;
	struct words words = { .shown_by = "mmsim list trace" };

	for (int i = 0; i < p->nr_traces; i++)
		words_add(&words, p->traces[i].name);
	r->sc->trace = arena_calloc(&r->p->arena, n + 1, sizeof(*r->sc->trace));
	for (size_t i = 0; i < n; i++) {
		const struct yaml_node *glob = is_list ? node->items[i] : node;
		bool found = false;

		if (glob->kind != YAML_KIND_SCALAR || !glob->len) {
			diag_error(r->d, glob->at,
				   "trace: found %s; accepted: a tracepoint or a shell pattern",
				   glob->kind == YAML_KIND_SCALAR ? "nothing"
								  : yaml_describe(glob));
			continue;
		}
		for (int k = 0; k < p->nr_traces && !found; k++)
			found = fnmatch(glob->text, p->traces[k].name, 0) == 0;
		if (found)
			r->sc->trace[r->sc->nr_trace++] = glob->text;
		else
			words_unknown(&words, r->d, glob->at, "trace: no tracepoint", glob->text,
				      "");
	}
	words_free(&words);
}

static void check_samples(struct reading *r)
{
	const struct scenario *sc = r->sc;
	const struct yaml_node *record = yaml_get(r->p->root, "record");
	const struct yaml_node *interval = record ? yaml_get(record, "interval") : NULL;
	const struct yaml_node *duration = yaml_get(r->p->root, "duration");

	if (!sc->interval || sc->duration == FOREVER || sc->duration / sc->interval <= MAX_SAMPLES)
		return;
	diag_error(r->d, interval ? interval->at : duration->at,
		   "record.interval: %" PRIu64 " samples in the run; accepted: at most %d",
		   sc->duration / sc->interval, MAX_SAMPLES);
}

void use_top(struct reading *r, const struct top *top)
{
	struct scenario *sc = r->sc;

	sc->seed = top->seed;
	sc->duration = top->duration ? (sim_time)top->duration : FOREVER;
	sc->quantum = (sim_time)top->quantum;
	sc->large = top->large;
	sc->interval = (sim_time)top->record.interval;
	sc->tasks = top->tasks;
	sc->interrupts = top->interrupts;
	check_samples(r);
	if (top->record.trace)
		read_trace(r, top->record.trace);
	if (top->expect && !r->is_trial)
		sc->expect = expect_parse(r->d, sc->personality, top->expect);
}
