/*
 * scenario.c - what to run, read from a file and checked against the tables
 *
 * assemble.c makes one complete tree of the file, of what it includes and of
 * what was set; here each of its keys goes to whoever reads it: the general
 * keys below, the sections of the personality, the tunables (settings.c),
 * expectations (expect.c).  Tasks and interrupts are left to sim/workload.
 */
#include "sim/scenario/scenario.h"

#include <fnmatch.h>
#include <inttypes.h>
#include <string.h>
#include <xxhash.h>

#include "sim/base/mem.h"
#include "sim/scenario/expect.h"
#include "sim/scenario/places.h"
#include "sim/scenario/reading.h"
#include "sim/scenario/words.h"

#define MAX_TIME    1000000000000000000 /* ns, about 31 years: sums of two stay in 64 bits */
#define MAX_SAMPLES 10000000
#define MAX_NAME    64

/* Kernels that a scenario may have settings for, whether they are built in or not. */
static const char *const kernels[] = { "linux", "freebsd" };

/* ---- the general keys ---- */

struct record_conf {
	int64_t interval;
	const struct yaml_node *trace;
};

struct top {
	int64_t mmsim;
	const char *personality;
	int64_t seed, duration, quantum;
	bool large;
	struct record_conf record;
	const struct yaml_node *compare, *expect, *tasks, *interrupts, *sysctl;
};

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

/* ---- names ---- */

static const struct personality *find_personality(const struct reading *r, const char *name)
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

/* ---- reading ---- */

static void unknown_top_key(struct reading *r, struct words *words, const struct yaml_node *key)
{
	struct str elsewhere = { 0 };

	if (words_offered(r->d) && key_places(r->sc->personality, key->text, &elsewhere))
		words->elsewhere = str_get(&elsewhere);
	words_unknown(words, r->d, key->at, "no key", key->text, " in a scenario");
	words->elsewhere = NULL;
	str_free(&elsewhere);
}

static void check_top_keys(struct reading *r)
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
static void check_kernels(struct reading *r)
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

static void read_top(struct reading *r, struct top *top)
{
	struct bind b = { r->d, &r->p->arena, r->sc->personality };
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
	struct words words = { 0 };

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

static void use_top(struct reading *r, const struct top *top)
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

static bool read_section(struct reading *r, const struct section *section, void **data)
{
	struct bind b = { r->d, &r->p->arena, r->sc->personality };
	const struct yaml_node *node = yaml_get(r->p->root, section->name);
	struct key list = { .name = section->name, .type = KEY_LIST, .sub = section->schema };

	*data = arena_calloc(&r->p->arena, 1,
			     section->list ? sizeof(struct key_list) : section->schema->size);
	if (!node && section->required) {
		diag_error(r->d, r->p->root->at,
			   "key \"%s\" is missing in a scenario; accepted: a %s (%s)",
			   section->name, section->list ? "list of mappings" : "mapping",
			   section->schema->name);
		return false;
	}
	if (section->list)
		return !node || bind_value(&b, &list, node, *data);
	if (node)
		return bind_map(&b, section->schema, node, *data);
	bind_defaults(&b, section->schema, *data);
	return true;
}

static void read_sections(struct reading *r)
{
	const struct personality *p = r->sc->personality;
	bool good = true;

	r->p->sections = arena_calloc(&r->p->arena, (size_t)p->nr_sections + 1, sizeof(void *));
	for (int i = 0; i < p->nr_sections; i++)
		good &= read_section(r, p->sections[i], &r->p->sections[i]);
	/* One section may speak of another: only whole ones are tested further. */
	for (int i = 0; good && i < p->nr_sections; i++)
		if (p->sections[i]->check)
			p->sections[i]->check(r->d, r->sc, r->p->sections[i]);
}

/* Everything that is read from the complete tree. */
static void read_root(struct reading *r)
{
	struct top top;

	check_top_keys(r);
	check_kernels(r);
	read_top(r, &top);
	read_sections(r);
	use_top(r, &top);
	read_tunables(r);
	if (top.compare && !r->is_trial)
		read_compare(r, top.compare);
}

static void begin_scenario(struct reading *r, const struct personality *personality)
{
	r->sc->personality = personality;
	tables_init(&r->p->tables, personality);
}

static struct scenario *new_scenario(void)
{
	struct scenario *sc = sim_calloc(1, sizeof(*sc));

	sc->p = sim_calloc(1, sizeof(*sc->p));
	return sc;
}

static bool same_place(const struct place *a, const struct place *b)
{
	return a->file == b->file && a->line == b->line && a->column == b->column;
}

char *try_root(const struct reading *r, const struct yaml_node *root, struct place at)
{
	struct diag d = { 0 };
	struct scenario *sc = new_scenario();
	struct reading trial = { &d, sc, sc->p, r->personalities, true };
	char *why = NULL;

	begin_scenario(&trial, r->sc->personality);
	sc->p->root = root;
	read_root(&trial);
	for (size_t i = 0; i < d.nr_errors && !why; i++)
		if (same_place(&d.errors[i].at, &at))
			why = sim_strdup(d.errors[i].text);
	if (diag_failed(&d) && !why && !diag_failed(r->d)) /* it shows elsewhere */
		why = sim_strdup(d.errors[0].text);
	scenario_free(sc);
	diag_free(&d);
	return why;
}

/* ---- the file ---- */

/* The file's name without folder and ".yaml", as it may be used for files of results. */
static char *scenario_name(struct arena *a, const char *path)
{
	const char *slash = strrchr(path, '/');
	const char *base = !strcmp(path, "-") ? "stdin" : slash ? slash + 1 : path;
	size_t len = strlen(base);
	char *name;

	if (len > 5 && !strcmp(base + len - 5, ".yaml"))
		len -= 5;
	else if (len > 4 && !strcmp(base + len - 4, ".yml"))
		len -= 4;
	name = arena_strndup(a, base, len < MAX_NAME ? len : MAX_NAME);
	for (char *p = name; *p; p++) {
		bool letter = (*p >= 'a' && *p <= 'z') || (*p >= 'A' && *p <= 'Z') ||
			      (*p >= '0' && *p <= '9') || *p == '_';

		if (!letter && (p == name || (*p != '.' && *p != '-')))
			*p = '_';
	}
	return name;
}

/* The first paragraph of the comment at the head of the file, in one line. */
static char *leading_comment(struct arena *a, const char *text)
{
	struct str question = { 0 };
	char *copy;

	while (*text == '#') {
		size_t len = strcspn(text, "\r\n");
		const char *p = text + strspn(text, "# \t");

		if (p >= text + len) {
			if (question.len)
				break;
		} else {
			str_add(&question, question.len ? " " : "");
			str_addn(&question, p, (size_t)(text + len - p));
		}
		text += len + strspn(text + len, "\r");
		text += *text == '\n';
	}
	copy = arena_strndup(a, str_get(&question), question.len);
	str_free(&question);
	return copy;
}

static uint64_t hash_files(const struct diag *d, size_t from, const struct setting *sets,
			   int nr_sets)
{
	XXH64_state_t *state = XXH64_createState();
	uint64_t hash;

	XXH64_reset(state, 0);
	for (size_t i = from; i < d->nr_files; i++)
		XXH64_update(state, d->files[i]->text, d->files[i]->len);
	for (int i = 0; i < nr_sets; i++) {
		char *text = str_format("%s=%s\n", sets[i].key, sets[i].value);

		XXH64_update(state, text, strlen(text));
		sim_free(text);
	}
	hash = XXH64_digest(state);
	XXH64_freeState(state);
	return hash;
}

/* The personality by --set, by the file, or by what it includes; NULL: there is none such. */
static const struct personality *choose_personality(struct reading *r, const struct yaml_node *root,
						    const struct set *sets, int nr_sets)
{
	const struct yaml_node *machine = yaml_get(root, "machine");
	const struct yaml_node *node = machine ? yaml_get(machine, "personality") : NULL;
	const struct personality *found = NULL;
	struct words words = { 0 };

	node = yaml_get(root, "personality") ? yaml_get(root, "personality") : node;
	for (int i = 0; i < nr_sets; i++)
		if (!strcmp(sets[i].setting->key, "personality") && sets[i].value)
			node = sets[i].value;
	if (!node)
		return r->personalities[0];
	if (node->kind == YAML_KIND_SCALAR)
		found = find_personality(r, node->text);
	for (int i = 0; r->personalities[i]; i++)
		words_add(&words, r->personalities[i]->name);
	if (!found)
		words_unknown(&words, r->d, node->at, "no personality",
			      node->kind == YAML_KIND_SCALAR ? node->text : "", "");
	words_free(&words);
	return found;
}

/* From the file's tree to the scenario; false: nothing can be made of it. */
static bool read_document(struct reading *r, const struct yaml_node *root,
			  const struct setting *settings, int nr_sets)
{
	struct set *sets = arena_calloc(&r->p->arena, (size_t)nr_sets + 1, sizeof(*sets));
	const struct personality *personality;

	if (root->kind != YAML_KIND_MAP) {
		diag_error(r->d, root->at, "found %s; accepted: a mapping (scenario)",
			   yaml_describe(root));
		return false;
	}
	for (int i = 0; i < nr_sets; i++)
		sets[i] = assemble_set(r, &settings[i]);
	personality = choose_personality(r, root, sets, nr_sets);
	if (!personality)
		return false;
	begin_scenario(r, personality);
	r->p->root = assemble(r, root, sets, nr_sets);
	read_root(r);
	for (int i = 0; i < nr_sets; i++) {
		const char *name = settings[i].key;

		if (sets[i].value && is_tunable_name(&r->p->tables, &name))
			set_tunable(r, name, sets[i].value);
	}
	return true;
}

struct scenario *scenario_load(struct diag *d, const char *path,
			       const struct personality *const *personalities,
			       const struct setting *sets, int nr_sets)
{
	size_t first_file = d->nr_files;
	struct yaml_doc *doc = yaml_load(d, path);
	struct scenario *sc;

	if (!doc)
		return NULL;
	sc = new_scenario();

	struct reading r = { d, sc, sc->p, personalities, false };

	sc->personalities = personalities;

	sc->p->docs = sim_alloc(sizeof(*sc->p->docs));
	sc->p->docs[sc->p->nr_docs++] = doc;
	sc->p->cap_docs = 1;
	sc->path = arena_strndup(&sc->p->arena, path, strlen(path));
	sc->name = scenario_name(&sc->p->arena, path);
	sc->question = leading_comment(&sc->p->arena, d->files[first_file]->text);
	sc->hash = hash_files(d, first_file, sets, nr_sets);
	if (read_document(&r, yaml_root(doc), sets, nr_sets))
		return sc;
	scenario_free(sc);
	return NULL;
}

void scenario_free(struct scenario *sc)
{
	if (!sc)
		return;
	if (sc->expect)
		expect_free(sc->expect);
	if (sc->personality)
		tables_free(&sc->p->tables);
	for (size_t i = 0; i < sc->p->nr_docs; i++)
		yaml_doc_free(sc->p->docs[i]);
	sim_free(sc->p->docs);
	sim_free(sc->p->tunables);
	arena_free(&sc->p->arena);
	sim_free(sc->p);
	sim_free(sc);
}

/* ---- for others ---- */

const void *scenario_section(const struct scenario *sc, const char *name)
{
	for (int i = 0; i < sc->personality->nr_sections; i++)
		if (!strcmp(sc->personality->sections[i]->name, name))
			return sc->p->sections[i];
	return NULL;
}

static void collect_name(struct words *words, const struct key_schema *schema,
			 const struct yaml_node *item)
{
	const struct yaml_node *name = yaml_get(item, "name");

	if (!name && schema->short_key && !strcmp(schema->short_key, "name"))
		name = item;
	if (name && name->kind == YAML_KIND_SCALAR && name->len)
		words_add(words, name->text);
}

static void collect_map(struct words *words, const char *kind, const struct key_schema *schema,
			const struct yaml_node *map);

/* A list of schema's mappings.  Recursion follows the file: at most YAML_MAX_DEPTH levels. */
static void collect_list(struct words *words, const char *kind, const struct key_schema *schema,
			 const struct yaml_node *list)
{
	if (list->kind != YAML_KIND_LIST)
		return;
	for (size_t i = 0; i < list->n; i++) {
		if (!strcmp(schema->name, kind))
			collect_name(words, schema, list->items[i]);
		collect_map(words, kind, schema, list->items[i]);
	}
}

static void collect_map(struct words *words, const char *kind, const struct key_schema *schema,
			const struct yaml_node *map)
{
	for (int i = 0; i < schema->nr_keys; i++) {
		const struct key *key = &schema->keys[i];
		bool nests = key->type == KEY_LIST || key->type == KEY_MAP;
		const struct yaml_node *value = nests ? yaml_get(map, key->name) : NULL;

		if (value && key->type == KEY_LIST)
			collect_list(words, kind, key->sub, value);
		else if (value)
			collect_map(words, kind, key->sub, value);
	}
}

const char *const *scenario_names(const struct scenario *sc, const char *kind, size_t *n)
{
	const struct personality *p = sc->personality;
	struct words words = { 0 };
	const char **names;

	for (int i = 0; i < p->nr_sections; i++) {
		const struct section *section = p->sections[i];
		const struct yaml_node *node = yaml_get(sc->p->root, section->name);

		if (node && section->list)
			collect_list(&words, kind, section->schema, node);
		else if (node)
			collect_map(&words, kind, section->schema, node);
	}
	*n = words.n;
	names = arena_calloc(&sc->p->arena, words.n + 1, sizeof(*names));
	if (words.n)
		memcpy(names, words.w, words.n * sizeof(*names));
	words_free(&words);
	return names;
}
