/*
 * booted_machine.h - machines of memory alone, built and booted
 */
#ifndef MMSIM_TESTS_BOOTED_MACHINE_H
#define MMSIM_TESTS_BOOTED_MACHINE_H

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "models/linux/alloc/buddy.h"
#include "models/linux/alloc/watermark.h"
#include "models/linux/boot/boot.h"
#include "models/linux/tunables.h"

#define GIB_PAGES 262144ULL

/* ---- a machine in memory ---- */

struct fixture {
	struct sim *sim;
	struct tables tables;
	struct linux_vm vm;
	struct diag diag;
	struct machine_conf machine;
	struct linux_conf conf;
	struct node_conf nodes[MACHINE_MAX_NODES];
	struct key_ints rows[MACHINE_MAX_NODES][8];
	int64_t values[MACHINE_MAX_NODES][8][2];
	struct key_ints distance_rows[MACHINE_MAX_NODES];
	struct zone_fact facts[16];
};

static inline struct fixture *fixture_new(void)
{
	struct fixture *f = calloc(1, sizeof(*f));

	assert_non_null(f);
	f->sim = sim_new(1);
	f->sim->tables = &f->tables;
	f->machine.nodes.items = f->nodes;
	f->conf.numa = 1;
	f->conf.zones.items = f->facts;
	return f;
}

static inline void fixture_free(struct fixture *f)
{
	linux_free_memory(&f->vm);
	if (f->vm.machine)
		machine_free(f->vm.machine);
	sim_free_run(f->sim);
	diag_free(&f->diag);
	free(f);
}

static inline void add_node(struct fixture *f, int64_t cpus)
{
	struct node_conf *n = &f->nodes[f->machine.nodes.n];

	n->cpus = cpus;
	n->ranges.rows = f->rows[f->machine.nodes.n++];
}

static inline void add_range(struct fixture *f, int node, pfn_t start, pfn_t end)
{
	struct key_rows *r = &f->nodes[node].ranges;
	int64_t *v = f->values[node][r->n];

	v[0] = (int64_t)start;
	v[1] = (int64_t)end;
	r->rows[r->n++] = (struct key_ints){ v, 2 };
}

static inline void add_fact(struct fixture *f, int node, int zone, int64_t managed, int64_t late)
{
	f->facts[f->conf.zones.n++] =
	    (struct zone_fact){ .node = node, .zone = zone, .managed = managed, .late = late };
}

/* The machine of the section, without a kernel on it. */
static inline void build(struct fixture *f)
{
	machine_check(&f->diag, &f->machine);
	diag_print(&f->diag, stderr);
	assert_false(diag_failed(&f->diag));
	f->vm.sim = f->sim;
	f->vm.machine = machine_new(f->sim, &f->machine);
	f->sim->kernel = &f->vm;
}

static inline void boot(struct fixture *f)
{
	build(f);
	bool ok = linux_boot_memory(&f->vm, &f->conf, &f->diag);

	diag_print(&f->diag, stderr);
	assert_true(ok);
}

static inline struct zone *zone_of(struct fixture *f, int node, int zone)
{
	return &f->vm.nodes[node].zones[zone];
}

static inline void v1_machine(struct fixture *f)
{
	add_node(f, 1);
	add_range(f, 0, 1, 0x9f);
	add_range(f, 0, 0x100, 0xbffe0);
	add_range(f, 0, 0x100000, 0x140000);
}

static inline void v2_machine(struct fixture *f)
{
	add_node(f, 2);
	add_range(f, 0, 1, 0x9f);
	add_range(f, 0, 0x100, 0xbffe0);
	add_range(f, 0, 0x100000, 0x140000);
	add_node(f, 2);
	add_range(f, 1, 0x140000, 0x1c0000);
	f->conf.movablecore = "1G";
}
#endif
