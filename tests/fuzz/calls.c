/*
 * calls.c - writes a random small scenario of calls with random arguments: calls SEED [wrong]
 *
 * The calls, their words and what these accept come from the tables of the program itself, as
 * mmsim schema prints them: a call or a word that is new comes up by itself.  Nothing is
 * done to make sense: pages are freed twice, names stand for what is gone, numbers are those at the
 * ends of what is accepted.  What the kernel would not survive is a simulated BUG then, which is a
 * result of the run.
 *
 * Some scenarios, with "wrong" all, have one value, word or call more that is not accepted; their
 * second line says "refused".
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "models/registry.h"
#include "sim/workload/workload.h"
#include "tests/fuzz/gen.h"

#define MAX_OPS     512
#define MAX_RESULTS 256
#define MAX_MODELS  64

struct calls {
	struct gen g;
	const struct personality *p;
	const struct op *ops[MAX_OPS]; /* of which steps are drawn */
	int nr_ops;
	struct {
		const char *kind; /* as calls give it */
		char name[16];
	} results[MAX_RESULTS];
	int nr_results;
	bool first_word; /* of a call that is being written */
};

/* One word after the other of "pool, gfp = GFP_KERNEL, node ="; see struct op. */
struct taken {
	const struct key *key; /* how its value is read */
	bool optional;
};

static bool next_taken(const struct calls *c, const struct op *op, const char **rest,
		       struct taken *w)
{
	const char *word = *rest ? *rest + strspn(*rest, " ,") : "";
	size_t item = strcspn(word, ","), len = strcspn(word, " =,");

	if (!*word)
		return false;
	w->key = NULL;
	if (op->flags & OP_STREAM)
		w->key = key_find(&workload_stream_schema, word, len);
	if (!w->key)
		w->key = op_word(c->p->args, op, word, len);
	w->optional = memchr(word, '=', item) != NULL;
	*rest = word + item;
	return true;
}

/* ---- values ---- */

/* Up to where numbers of a word mean something on a small machine; others go to 5000 or so. */
static const struct {
	const char *word;
	uint64_t most;
} plausible[] = {
	{ "pfn", 25000 },    { "start", 25000 },  { "end", 25000 },     { "start_pfn", 25000 },
	{ "index", 300 },    { "nr_pages", 600 }, { "end_pfn", 25000 }, { "max_low_pfn", 25000 },
	{ "max_scan", 300 }, { "min_nr", 64 },    { "new_min_nr", 64 },
};

static const char *const files[] = { "f0", "f1", "f2", "f3", "f4" };

static int64_t lowest(const struct key *k)
{
	return k->min == 0 && k->max == 0 ? 0 : k->min;
}

static int64_t highest(const struct key *k)
{
	return k->min == 0 && k->max == 0 ? INT64_MAX : k->max;
}

static int64_t within(const struct key *k, uint64_t v)
{
	if (v > (uint64_t)INT64_MAX || (int64_t)v > highest(k))
		return highest(k);
	return (int64_t)v < lowest(k) ? lowest(k) : (int64_t)v;
}

static int64_t draw_number(struct gen *g, const struct key *k)
{
	static const uint64_t usual[] = { 4, 16, 300, 5000 };
	uint64_t most = usual[below(g, LEN(usual))];

	switch (below(g, 20)) {
	case 0:
		return lowest(k);
	case 1:
		return highest(k);
	case 2:
		return lowest(k) < highest(k) ? lowest(k) + 1 : lowest(k);
	case 3:
		return within(k, scaled(g, 1, INT64_MAX));
	default:
		break;
	}
	for (size_t i = 0; i < LEN(plausible); i++)
		if (!strcmp(plausible[i].word, k->name))
			most = plausible[i].most;
	/* near the beginning, where files and pools are, as often as anywhere */
	return within(k, chance(g, 50) ? scaled(g, 1, most) - 1 : below(g, most + 1));
}

static int64_t draw_bytes(struct gen *g, const struct key *k)
{
	if (chance(g, 35))
		return within(k, 4096 * below(g, 65));
	if (chance(g, 80))
		return within(k, scaled(g, 1, 4 << 20) - 1);
	if (chance(g, 50))
		return within(k, scaled(g, 1, 1ULL << 40));
	switch (below(g, 5)) {
	case 0:
		return lowest(k);
	case 1:
		return highest(k);
	case 2:
		return within(k, (1ULL << 43) - 4096);
	default:
		return within(k, 4095 + below(g, 3));
	}
}

static void write_int(struct gen *g, const struct op *op, const struct key *k)
{
	/* a writer does all of it, and after each event all memory is recounted: 1 GiB takes 40 s
	 */
	static const int64_t most_written = 32 << 20;

	if (!strcmp(op->name, "write") && !strcmp(k->name, "len")) {
		int64_t len = draw_bytes(g, k);

		printf("%" PRId64, len < most_written ? len : most_written);
		return;
	}
	if (k->unit == UNIT_NS)
		printf("%" PRIu64 " us", below(g, 10) ? scaled(g, 1, 20000) : 0);
	else if (k->unit == UNIT_BYTES || k->unit == UNIT_BYTES_PER_SEC)
		printf("%" PRId64, draw_bytes(g, k));
	else
		printf("%" PRId64, draw_number(g, k));
}

static void write_words(struct gen *g, const struct key *k)
{
	int n = 0;

	while (k->words[n].name)
		n++;
	printf("%s", k->words[below(g, (uint64_t)n)].name);
	for (uint64_t more = k->type == KEY_FLAGS ? below(g, 3) : 0; more; more--)
		printf("|%s", k->words[below(g, (uint64_t)n)].name);
}

/* How many names a call may use for a kind of object: those of earlier calls. */
static int count_results(const struct calls *c, const char *kind)
{
	int n = 0;

	for (int i = 0; i < c->nr_results; i++)
		n += !strcmp(c->results[i].kind, kind);
	return n;
}

/* declared: of the scenario's own files alone, not of opened ones. */
static void write_ref(struct calls *c, const struct key *k, bool declared)
{
	int n = count_results(c, k->ref_kind);
	bool is_file = !strcmp(k->ref_kind, "file");

	if (is_file && (!n || declared || chance(&c->g, 70))) {
		printf("%s", one_of(&c->g, files, (size_t)c->g.files));
		return;
	}

	/* mostly one of the last: what is named long after is often gone */
	int back = (int)below(&c->g, (uint64_t)(n > 6 && chance(&c->g, 80) ? 6 : n));

	for (int i = c->nr_results - 1; i >= 0; i--)
		if (!strcmp(c->results[i].kind, k->ref_kind) && back-- == 0)
			printf("%s", c->results[i].name);
}

static void write_value(struct calls *c, const struct op *op, const struct key *k)
{
	static const char *const behaviours[] = { "ok",           "ok",         "error:EIO",
						  "error:ENOMEM", "delay:1 ms", "fail:2" };
	static const char *const sets[] = { "\"0\"", "\"1\"", "\"0-1\"", "\"\"", "\"0,63\"" };
	static const char *const names[] = { "x", "y" };
	struct gen *g = &c->g;

	switch (k->type) {
	case KEY_BOOL:
		printf(chance(g, 50) ? "true" : "false");
		break;
	case KEY_ENUM:
	case KEY_FLAGS:
		write_words(g, k);
		break;
	case KEY_INTS:
		printf("[%" PRId64, draw_number(g, k));
		for (uint64_t n = below(g, 5); n; n--)
			printf(", %" PRId64, draw_number(g, k));
		putchar(']');
		break;
	case KEY_SET:
		printf("%s", one_of(g, sets, LEN(sets)));
		break;
	case KEY_BEHAVIOUR:
		printf("%s", one_of(g, behaviours, LEN(behaviours)));
		break;
	case KEY_REF:
		write_ref(c, k, op->flags & OP_NAMES);
		break;
	case KEY_NAME:
		printf("%s", !strcmp(k->name, "swap_area") ? "a0" : one_of(g, names, LEN(names)));
		break;
	case KEY_INT:
		write_int(g, op, k);
		break;
	case KEY_TEXT:
	case KEY_TABLE:
	case KEY_MAP:
	case KEY_LIST:
	case KEY_NODE:
		fprintf(stderr, "calls: no value for %s: a kind of word calls never had\n",
			k->name);
		exit(3);
	}
}

/* Anything but what is accepted. */
static void write_wrong_value(struct gen *g, const struct key *k)
{
	if (k->type != KEY_INT || chance(g, 30))
		printf(k->type == KEY_SET ? "\"0-64\"" : "\"what nobody / accepts\"");
	else if (chance(g, 50))
		printf("%s%" PRIu64, lowest(k) > 0 ? "" : "-",
		       lowest(k) > 0 ? (uint64_t)lowest(k) - 1 : (uint64_t)-lowest(k) + 1);
	else
		printf("%s%" PRIu64, highest(k) < 0 ? "-" : "",
		       (uint64_t)(highest(k) < 0 ? -highest(k) : highest(k)) + 1);
}

/* ---- calls ---- */

static void write_word(struct calls *c, const char *name)
{
	printf("%s%s: ", c->first_word ? " " : ", ", name);
	c->first_word = false;
}

/* Whether there are names for all words that it needs. */
static bool can_be_called(const struct calls *c, const struct op *op)
{
	const char *rest = op->takes;
	struct taken w;

	while (next_taken(c, op, &rest, &w))
		if (!w.optional && w.key->type == KEY_REF && strcmp(w.key->ref_kind, "file") != 0 &&
		    !count_results(c, w.key->ref_kind))
			return false;
	return true;
}

static const struct op *draw_op(struct calls *c)
{
	const struct op *op = NULL;

	for (int tries = 0; tries < 50; tries++) {
		op = c->ops[below(&c->g, (uint64_t)c->nr_ops)];
		if (can_be_called(c, op) && (op->gives || chance(&c->g, 50)))
			break;
	}
	return can_be_called(c, op) ? op : NULL;
}

/* What calls on a stretch of a file or mapping have. */
static void write_stretch(struct calls *c)
{
	static const char *const patterns[] = { "sequential", "reverse", "random", "zipf 1.1" };
	struct gen *g = &c->g;
	int64_t block = 1 << 20; /* at least as much as without the word */

	for (int i = 0; i < workload_stream_schema.nr_keys; i++) {
		const struct key *k = &workload_stream_schema.keys[i];
		bool is_block = !strcmp(k->name, "block"), is_span = !strcmp(k->name, "span");

		if ((!is_block && !is_span && k->type != KEY_NODE) || chance(g, 50))
			continue;
		write_word(c, k->name);
		if (is_block)
			block = draw_bytes(g, k);
		if (is_block || is_span)
			printf("%" PRId64, is_block ? block : block * (int64_t)between(g, 1, 20));
		else if (chance(g, 20))
			printf("stride %" PRId64, block * (int64_t)between(g, 1, 20));
		else
			printf("%s", one_of(g, patterns, LEN(patterns)));
	}
}

/* What every call has: how often. */
static void write_repetition(struct calls *c, const struct op *op, bool has_len)
{
	struct gen *g = &c->g;

	if (!(op->flags & OP_STREAM)) {
		if (!op->gives && chance(g, 10)) {
			write_word(c, "count");
			printf("%" PRIu64, between(g, 1, 3));
		}
		return;
	}
	if (!has_len)
		write_stretch(c);
	if (!has_len || chance(g, 30)) {
		write_word(c, "count");
		printf("%" PRIu64, scaled(g, 1, 20));
	}
	if (chance(g, 10)) {
		write_word(c, "think");
		printf("%" PRIu64 " us", scaled(g, 1, 2000));
	}
}

/* What gives a page by name or by number is given once. */
static bool excludes(const char *before, const char *name)
{
	return before && !strcmp(before, "pfn") && !strcmp(name, "page");
}

static void write_words_of(struct calls *c, const struct op *op, int wrong)
{
	const char *rest = op->takes, *before = NULL;
	bool has_len = false;
	struct taken w;

	for (int i = 0; next_taken(c, op, &rest, &w); i++) {
		bool has_names = w.key->type != KEY_REF || !strcmp(w.key->ref_kind, "file") ||
				 count_results(c, w.key->ref_kind);

		if (i != wrong && (excludes(before, w.key->name) ||
				   (w.optional && (!has_names || chance(&c->g, 35)))))
			continue;
		has_len |= !strcmp(w.key->name, "len");
		before = w.key->name;
		write_word(c, w.key->name);
		if (i == wrong)
			write_wrong_value(&c->g, w.key);
		else
			write_value(c, op, w.key);
	}
	write_repetition(c, op, has_len);
}

static void write_call(struct calls *c)
{
	const struct op *op = draw_op(c);

	if (!op)
		return;
	printf("      - %s: {", op->name);
	c->first_word = true;
	write_words_of(c, op, -1);
	puts(" }");
	if (!op->gives || c->nr_results == MAX_RESULTS)
		return;
	snprintf(c->results[c->nr_results].name, sizeof(c->results[0].name), "%c%d.%d", *op->gives,
		 c->g.task, c->nr_results);
	printf("        as: %s\n", c->results[c->nr_results].name);
	c->results[c->nr_results++].kind = op->gives;
}

/* A value, a word or a call that there is not. */
static void write_wrong_call(struct calls *c)
{
	const struct op *op;
	const char *rest;
	struct taken w;
	int n = 0;

	do
		op = draw_op(c);
	while (!op);
	rest = op->takes;
	while (next_taken(c, op, &rest, &w))
		n++;
	c->first_word = true;
	if (chance(&c->g, 10)) {
		printf("      - no_such_%s: {}\n", op->name);
		return;
	}
	printf("      - %s: {", op->name);

	int wrong = (int)below(&c->g, (uint64_t)n + 1);

	write_words_of(c, op, wrong);
	if (wrong == n) {
		write_word(c, "no_such_word");
		putchar('1');
	}
	puts(" }");
}

/* ---- the scenario ---- */

/* Mostly of a few models, so that calls meet what others of them made. */
static void choose_ops(struct calls *c)
{
	bool chosen[MAX_MODELS] = { false };
	int models = 0;

	while (c->p->models[models])
		models++;
	for (uint64_t n = between(&c->g, 1, 3); n; n--)
		chosen[below(&c->g, (uint64_t)models)] = true;

	bool all = chance(&c->g, 25);

	for (int again = 0; again < 2 && c->nr_ops < 4; again++) { /* some models have no calls */
		c->nr_ops = 0;
		for (int m = 0; m < models; m++)
			for (int i = 0; (all || again || chosen[m]) &&
					i < c->p->models[m]->nr_ops && c->nr_ops < MAX_OPS;
			     i++)
				c->ops[c->nr_ops++] = &c->p->models[m]->ops[i];
	}
}

static void write_machine_of(struct calls *c)
{
	static const char *const fs[] = { "xfs", "ext2", "ext4" };
	static const uint64_t times[] = { 10, 200, 3000 };
	struct gen *g = &c->g;

	puts(chance(g, 30)
		 ? "machine:\n  nodes: [{ cpus: 1, memory: 64 MiB }, { cpus: 1, memory: 32 "
		   "MiB }]"
		 : "machine:\n  nodes: [{ cpus: 2, memory: 72 MiB }]");
	printf("  disks: [{ name: d0, request_time: %" PRIu64 " us, slots: 4%s }]\n",
	       times[below(g, LEN(times))],
	       chance(g, 50) ? "" : ", errors: [{ error: EIO, on: both, every: 20 }]");
	if (!g->freebsd)
		printf("linux: { transparent_hugepage: %s, hugepages: 2, swap: [{ name: a0, disk: "
		       "d0, size: 8 MiB }]%s }\n",
		       chance(g, 50) ? "never" : "always", chance(g, 50) ? "" : ", cma: 4M");
	else
		puts("freebsd: { swap: [{ name: a0, disk: d0, size: 8 MiB }] }");
	printf("files:\n  - { name: f0, disk: d0, size: 1 MiB }\n  - { name: f1, disk: d0, fs: %s "
	       "}\n  - { name: f2, disk: d0, size: 300000, fs: %s }\n",
	       one_of(g, fs, LEN(fs)), one_of(g, fs, LEN(fs)));
	if (!g->freebsd)
		puts("  - { name: f3, fs: tmpfs, size: 1 MiB }\n  - { name: f4, fs: hugetlbfs, "
		     "size: 4 "
		     "MiB }");
	g->files = g->freebsd ? 3 : 5;
}

static void write_tasks_of(struct calls *c, bool wrong)
{
	uint64_t tasks = between(&c->g, 1, 3);

	puts("tasks:");
	for (c->g.task = 0; (uint64_t)c->g.task < tasks; c->g.task++) {
		printf("  - name: t%d\n", c->g.task);
		if (c->g.task)
			printf("    start: %" PRIu64 " us\n", below(&c->g, 5000));
		puts("    do:");
		for (uint64_t n = between(&c->g, 5, 45); n; n--)
			write_call(c);
		puts("      - sleep: 1 us");
	}
	if (wrong)
		write_wrong_call(c);
}

int main(int argc, char **argv)
{
	static struct calls c;
	uint64_t seed;
	int kernels = 0;

	if (argc < 2 || argc > 3 || (argc == 3 && strcmp(argv[2], "wrong") != 0)) {
		fprintf(stderr, "usage: calls SEED [wrong]\n");
		return 2;
	}
	seed = strtoull(argv[1], NULL, 10);
	rng_init(&c.g.rng, seed, "calls");
	while (personalities[kernels])
		kernels++;
	/* the first one has most of the calls */
	c.p = personalities[chance(&c.g, 85) ? 0 : below(&c.g, (uint64_t)kernels)];
	c.g.freebsd = !strcmp(c.p->name, "freebsd");
	choose_ops(&c);

	bool wrong = chance(&c.g, 10) || argc == 3;

	printf("# Does a workload of calls with random arguments keep all rules?  Seed %" PRIu64
	       "\n# check: event%s\n",
	       seed, wrong ? ", refused" : "");
	printf("mmsim: 1\nseed: %" PRIu64 "\nduration: %d ms\npersonality: %s\n", seed,
	       chance(&c.g, 50) ? 100 : 300, c.p->name);
	puts("record: { interval: 20 ms }");
	write_machine_of(&c);
	write_tasks_of(&c, wrong);
	return 0;
}
