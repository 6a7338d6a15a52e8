/*
 * api_dma.c - calls of dma_pool and dmam_pool
 *
 *	dma_pool_create 3 60 64 0 = ok 64 4096 4096     block, chunk, boundary
 *	dma_pool_alloc 3 17 ATOMIC = 1 64 0             chunk, place in it, CPU - bus address
 *	pools 0 = poolinfo - 0.1;p3 1 64 64 1;          the device's attribute
 *
 * A call names a pool and a slot for its block.  All pools are of one device.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "models/linux/pools/dma_pool.h"
#include "models/linux/task.h"
#include "models/linux/verify/api_case.h"
#include "models/linux/verify/api_machine.h"

#define MAX_SLOTS   65536
#define MAX_POOLS   4096
#define SHOWN_POOLS 2900 /* characters of the attribute that are compared: it is cut at a page */

struct dma_run {
	struct api_case *a;
	struct api_machine machine;
	struct device *dev;
	struct dma_pool *pool[MAX_POOLS];
	bool managed[MAX_POOLS];
	uint64_t *dma; /* owned; MAX_SLOTS: addresses of blocks */
	const struct api_line *line;
	struct str *out; /* its answer */
};

static uint64_t number(struct dma_run *run, int i, uint64_t limit)
{
	return api_number_below(run->a, run->line, i, limit);
}

static struct dma_pool *existing_pool(struct dma_run *run)
{
	struct dma_pool *pool = run->pool[number(run, 1, MAX_POOLS)];

	if (!pool)
		api_error(run->a, run->line, "no such pool");
	return pool;
}

static void create(struct dma_run *run, bool managed)
{
	uint64_t i = number(run, 1, MAX_POOLS), size = number(run, 2, INT64_MAX);
	uint64_t align = number(run, 3, INT64_MAX), boundary = number(run, 4, INT64_MAX);
	struct linux_vm *vm = run->machine.vm;
	struct dma_pool *pool;
	char name[16];

	snprintf(name, sizeof(name), "p%" PRIu64, i);
	pool = managed ? dmam_pool_create(vm, name, run->dev, size, align, boundary)
		       : dma_pool_create(vm, name, run->dev, size, align, boundary);
	run->pool[i] = pool;
	run->managed[i] = managed;
	if (pool)
		str_addf(run->out, "ok %u %u %u", pool->size, pool->allocation, pool->boundary);
	else
		str_add(run->out, "NULL");
}

static void do_dma_pool_create(struct dma_run *run, struct task *t)
{
	(void)t;
	create(run, false);
}

static void do_dmam_pool_create(struct dma_run *run, struct task *t)
{
	(void)t;
	create(run, true);
}

static void do_dma_pool_alloc(struct dma_run *run, struct task *t)
{
	struct dma_pool *pool = existing_pool(run);
	uint64_t slot = number(run, 2, MAX_SLOTS);
	gfp_t gfp = api_gfp(run->a, run->line, 3);
	struct dma_block b = { NULL, 0 };

	if (pool)
		b = dma_pool_alloc(t, pool, gfp);
	if (!b.chunk) {
		str_add(run->out, "NULL");
		return;
	}
	run->dma[slot] = dma_block_addr(&b);
	str_addf(run->out, "%d %u 0", b.chunk->number, b.offset);
}

static void do_dma_pool_free(struct dma_run *run, struct task *t)
{
	struct dma_pool *pool = existing_pool(run);

	(void)t;
	if (pool)
		dma_pool_free(run->machine.vm, pool, run->dma[number(run, 2, MAX_SLOTS)]);
	str_add(run->out, "-");
}

static void do_dma_pool_destroy(struct dma_run *run, struct task *t)
{
	dma_pool_destroy(t, existing_pool(run));
	run->pool[number(run, 1, MAX_POOLS)] = NULL;
	str_add(run->out, "-");
}

static void do_dmam_pool_destroy(struct dma_run *run, struct task *t)
{
	struct dma_pool *pool = existing_pool(run);

	if (pool && dmam_pool_destroy(t, pool) == 0)
		run->pool[number(run, 1, MAX_POOLS)] = NULL;
	str_add(run->out, "-");
}

/* The attribute with its lines ended by ";", and single blanks. */
static void do_pools(struct dma_run *run, struct task *t)
{
	struct str text = { 0 };
	char last = ' ';

	(void)t;
	if (!run->dev->pools_file) {
		str_addf(run->out, "error %d", -ENOENT);
		return;
	}
	dma_pools_show(run->dev, &text);
	for (const char *p = str_get(&text); *p; p++) {
		char c = *p == '\n' ? ';' : *p;

		if (c == ' ' && last == ' ')
			continue;
		last = c;
		str_addf(run->out, "%c", c);
	}
	str_free(&text);
}

static const struct dma_call {
	struct api_call call;
	void (*run)(struct dma_run *run, struct task *t);
} calls[] = {
	{ { "dma_pool_create", 4 }, do_dma_pool_create },
	{ { "dmam_pool_create", 4 }, do_dmam_pool_create },
	{ { "dma_pool_alloc", 3 }, do_dma_pool_alloc },
	{ { "dma_pool_free", 2 }, do_dma_pool_free },
	{ { "dma_pool_destroy", 1 }, do_dma_pool_destroy },
	{ { "dmam_pool_destroy", 1 }, do_dmam_pool_destroy },
	{ { "pools", 1 }, do_pools },
};

static void run_script(struct task *t, void *arg)
{
	struct dma_run *run = arg;
	struct api_case *a = run->a;

	run->dev = device_get(run->machine.vm, "device");
	for (size_t i = 0; i < a->n && !diag_failed(a->c->diag); i++) {
		struct api_line *l = &a->lines[i];
		struct str answer = { 0 };
		int c;

		if (!l->is_call)
			continue;
		run->line = l;
		run->out = &answer;
		c = api_find_call(a, l, &calls[0].call, ARRAY_LEN(calls), sizeof(calls[0]));
		if (c >= 0)
			calls[c].run(run, t);
		l->answer = sim_strdup(str_get(&answer));
		str_free(&answer);
	}
}

static bool dma_run(struct api_case *a)
{
	struct dma_run *run = sim_calloc(1, sizeof(*run));

	run->a = a;
	run->dma = sim_calloc(MAX_SLOTS, sizeof(*run->dma));
	if (api_machine_start(a->c, &run->machine, 0))
		api_machine_run(&run->machine, run_script, run);
	api_machine_stop(&run->machine);
	sim_free(run->dma);
	sim_free(run);
	return !diag_failed(a->c->diag);
}

enum { Q_ANSWERS, Q_STATISTICS };

static const char *const quantities[] = { "answers", "statistics", NULL };

static void dma_compare(const struct api_line *l, struct verify_quantity *q)
{
	bool pools = strcmp(l->word[0], "pools") == 0;
	bool equal = strcmp(l->answer, l->recorded) == 0;

	/* the kernel's text ends with its page */
	if (pools && strlen(l->recorded) > SHOWN_POOLS)
		equal = strncmp(l->answer, l->recorded, SHOWN_POOLS) == 0;
	verify_count(&q[pools ? Q_STATISTICS : Q_ANSWERS], equal, "line %d %s: %s, recorded %s",
		     l->number, l->text, l->answer, l->recorded);
}

const struct api_group api_dma = {
	.name = "dma",
	.run = dma_run,
	.compare = dma_compare,
	.quantities = quantities,
};
